"""Business-time and SLA cases in the neutral form ``sla-cases/1``, run against the calendars and the one clock engine.

The form is plain values, as JSON gives them: see :func:`run`. An ``sla`` case's events become events of our own
vocabulary, its policies and calendars become versions of settings, and both go through the
:class:`~ventanilla.projections.timekeeper.Timekeeper` that runs a desk's tickets. A status is recorded as the fact
``status``, as a desk does that has words of its own for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias

from attrs import frozen

from ventanilla.core.errors import NotUnderstood
from ventanilla.projections.calendar import ALWAYS, BusinessTime, Calendar, CalendarNotUnderstood, InForce, calendar
from ventanilla.projections.cases_sla import read_clocks
from ventanilla.projections.plain import Given, instant, say, take

FORMAT = "sla-cases/1"

Plain: TypeAlias = Any  # what JSON gives


@frozen(kw_only=True)
class Result:
    """What came of a case.

    Attributes:
        id: The case's id.
        kind: The case's kind.
        agrees: Whether we say what it expects.
        expected: What it expects.
        got: What we say of the same fields, in the same form.
        why: How we come to that.
    """

    id: str
    kind: str
    agrees: bool
    expected: Plain
    got: Plain
    why: str


def run(document: Plain) -> Iterator[Result]:
    """Run all cases of *document*, in its order.

    A case that is not of the form agrees with nothing, and says why; it silences no other.

    Raises:
        NotUnderstood: The document is not of the form.
    """
    whole = Given(document, "the file")
    if whole.value.get("format") != FORMAT:
        raise NotUnderstood(f"the file's format is {whole.value.get('format')!r}, not {FORMAT!r}")
    calendars = whole.mapping("calendars", {})
    defaults = whole.mapping("option_defaults", {})
    for number, case in enumerate(whole.list("cases"), 1):
        name = case.get("id", number) if isinstance(case, Mapping) else number
        try:
            yield _run(Given(case, f"case {name}"), calendars, defaults)
        except NotUnderstood as error:
            given = case if isinstance(case, Mapping) else {}
            yield Result(
                id=str(name),
                kind=str(given.get("kind", "")),
                agrees=False,
                expected=given.get("expect"),
                got={"error": "not_understood"},
                why=" ".join(str(error).split()),
            )


def _run(case: Given, calendars: Mapping[str, Plain], defaults: Mapping[str, Plain]) -> Result:
    name, kind = case.text("id"), case.text("kind")
    if kind not in _KINDS:
        raise NotUnderstood(f"{case.place}: no kind {kind!r}; there are {', '.join(_KINDS)}")
    expected = case.mapping("expect")
    try:
        got, why = _KINDS[kind](case, calendars, defaults)
    except CalendarNotUnderstood as error:
        got, why = {"error": error.code}, str(error)
    shown, differences = _compare(expected, got)
    return Result(
        id=name,
        kind=kind,
        agrees=not differences,
        expected=expected,
        got=shown,
        why="; ".join([*differences, why] if why else differences),
    )


def _compare(expected: Plain, got: Plain) -> tuple[Plain, list[str]]:
    """Return what *got* says of the fields that *expected* names, and in which they differ."""
    if "error" in got and "error" not in expected:
        return got, [f"refused as {got['error']}"]
    shown: dict[str, Plain] = {}
    differences: list[str] = []
    for name, wanted in expected.items():
        if isinstance(wanted, Mapping) and isinstance(got.get(name), Mapping):
            shown[name], found = _compare(wanted, got[name])
            differences += [f"{name}.{difference}" for difference in found]
        elif isinstance(wanted, list) and isinstance(got.get(name), list):
            shown[name], found = _compare_lists(wanted, got[name])
            differences += [f"{name}{difference}" for difference in found]
        else:
            value = got.get(name)
            shown[name] = say(value)
            if not _same(wanted, value):
                differences.append(f"{name} is {say(value)}, expected {wanted}")
    return shown, differences


def _compare_lists(wanted: Sequence[Plain], got: Sequence[Plain]) -> tuple[Plain, list[str]]:
    shown: list[Plain] = []
    differences: list[str] = []
    for number, found in enumerate(got):
        here = wanted[number] if number < len(wanted) else None
        one, its = _compare(here if isinstance(here, Mapping) else dict.fromkeys(("start", "state")), found)
        shown.append(one)
        differences += [f"[{number}].{difference}" for difference in its] if number < len(wanted) else []
    if len(wanted) != len(got):
        differences.insert(0, f" has {len(got)} instances, expected {len(wanted)}")
    return shown, differences


def _same(wanted: Plain, got: Plain) -> bool:
    if isinstance(got, datetime):
        try:
            return isinstance(wanted, str) and instant(wanted) == got
        except ValueError:
            return False
    if isinstance(got, bool) or isinstance(wanted, bool):
        return wanted is got
    if isinstance(wanted, int | float) and isinstance(got, int | float):
        return got - 1e-6 < wanted < got + 1e-6
    return bool(wanted == got)


def _hours(case: Given, calendars: Mapping[str, Plain]) -> BusinessTime:
    """Return the calendar, or the calendars one after the other, of a case."""
    if "calendar_timeline" not in case.value:
        return _calendar(case.need("calendar"), calendars, case.place)
    return InForce(tuple(_timeline(case, calendars)))


def _timeline(case: Given, calendars: Mapping[str, Plain]) -> list[tuple[datetime | None, Calendar]]:
    segments: list[tuple[datetime | None, Calendar]] = []
    for segment in case.list("calendar_timeline"):
        part = Given(segment, f"{case.place}, calendar_timeline")
        since = None if part.value.get("from") is None else part.instant("from")
        segments.append((since, _calendar(part.need("calendar"), calendars, part.place)))
    segments.sort(key=lambda found: (found[0] is not None, found[0] or instant("1970-01-01T00:00:00Z")))
    if len({since for since, _ in segments}) != len(segments):
        raise NotUnderstood(f"{case.place}: calendar_timeline has two calendars from the same instant")
    if not segments or segments[0][0] is not None:
        raise NotUnderstood(f"{case.place}: calendar_timeline does not begin with a calendar from null")
    return segments


def _calendar(named: Plain, calendars: Mapping[str, Plain], place: str) -> Calendar:
    if isinstance(named, Mapping):
        return calendar(named, name="unnamed")
    if not isinstance(named, str) or named not in calendars:
        raise NotUnderstood(f"{place}: there is no calendar {named!r} in the file")
    return calendar(Given(calendars[named], f"calendar {named}").value, name=named)


_Found: TypeAlias = tuple[Mapping[str, Plain], str]


def _add(case: Given, calendars: Mapping[str, Plain], _: Mapping[str, Plain]) -> _Found:
    start, seconds = case.instant("start"), case.number("seconds")
    hours = _hours(case, calendars)
    # No time at all has passed at once; as a target it would be refused, and the case would say that it is one.
    due = hours.add(start, seconds) if seconds or case.flag("policy_target", False) else start
    return {"due": due}, f"{seconds:g} open seconds after {say(start)}"


def _subtract(case: Given, calendars: Mapping[str, Plain], _: Mapping[str, Plain]) -> _Found:
    start, seconds = case.instant("start"), case.number("seconds")
    return {"time": _hours(case, calendars).subtract(start, seconds)}, f"{seconds:g} open seconds before {say(start)}"


def _elapsed(case: Given, calendars: Mapping[str, Plain], _: Mapping[str, Plain]) -> _Found:
    hours, start, end = _hours(case, calendars), case.instant("start"), case.instant("end")
    whole, paused, upto = hours.elapsed(start, end), 0.0, start
    pauses = [take(pair, f"{case.place}, pauses") for pair in case.list("pauses", [])]
    for begins, ends in sorted((begins, ends or end) for begins, ends in pauses):
        paused += hours.elapsed(max(begins, upto), min(ends, end))
        upto = max(upto, ends)
    why = f"open from {say(start)} to {say(end)}: {whole:g} s"
    return {"seconds": whole - paused}, why + (f", {paused:g} s of them paused" if pauses else "")


def _next_open(case: Given, calendars: Mapping[str, Plain], _: Mapping[str, Plain]) -> _Found:
    return {"time": _hours(case, calendars).next_open(case.instant("at"))}, "the first open instant at or after"


def _is_open(case: Given, calendars: Mapping[str, Plain], _: Mapping[str, Plain]) -> _Found:
    return {"open": _hours(case, calendars).is_open(case.instant("at"))}, "windows are half-open"


def _add_days(case: Given, calendars: Mapping[str, Plain], _: Mapping[str, Plain]) -> _Found:
    start, days = case.instant("start"), case.whole_number("days")
    return {
        "time": _hours(case, calendars).add_days(start, days)
    }, f"{days} local days with open time from {say(start)}"


def _invalid(case: Given, calendars: Mapping[str, Plain], defaults: Mapping[str, Plain]) -> _Found:
    """Return no error, if nothing is refused; what is refused raises."""
    if "policy" in case.value:
        _sla(case, calendars, defaults)
    else:
        hours = _hours(case, calendars) if {"calendar", "calendar_timeline"} & case.value.keys() else ALWAYS
        start = case.instant("start") if "start" in case.value else instant("2024-01-01T00:00:00Z")
        if "seconds" in case.value:
            hours.add(start, case.number("seconds"))
        if "days" in case.value:
            hours.add_days(start, case.whole_number("days"))
        hours.next_open(start)
    return {"error": None}, "nothing is wrong with it"


def _sla(case: Given, calendars: Mapping[str, Plain], defaults: Mapping[str, Plain]) -> _Found:
    def find(named: Plain, place: str) -> Calendar:
        return _calendar(named, calendars, place)

    timeline = _timeline(case, calendars) if "calendar_timeline" in case.value else []
    return read_clocks(case, timeline, find, {**defaults, **case.mapping("options", {})})


_KINDS: dict[str, Callable[[Given, Mapping[str, Plain], Mapping[str, Plain]], _Found]] = {
    "add": _add,
    "subtract": _subtract,
    "elapsed": _elapsed,
    "next_open": _next_open,
    "is_open": _is_open,
    "add_days": _add_days,
    "invalid": _invalid,
    "sla": _sla,
}
