"""Read a policy from plain values, as TOML gives them, and say in words what it says.

.. code-block:: toml

    format = "ventanilla-policy/1"
    name = "standard"
    since = 2026-01-01T00:00:00Z                # from when on; left out: always (of a setting, its own since counts)
    # restates = "the contract said so"         # only to judge the past anew, from since on, and why

    [calendars.madrid]                          # or published as settings of their own: calendar/madrid
    tz = "Europe/Madrid"
    weekly = { mon = [["09:00", "18:00"]], tue = [["09:00", "18:00"]] }

    [[rules]]                                   # the first rule of a slot that matches counts
    name = "gold"
    slot = "customer"                           # the customer's SLA; others: a team's OLA, a supplier's contract
    when = { segment = ["gold", "platinum"] }   # facts of the ticket, one of the values of each
    calendar = "madrid"                         # or "always", around the clock
    stop = ["resolved", "closed"]               # the statuses that end the work

    [rules.targets]
    first_response = "1h"
    resolution = { by = "priority", values = { urgent = "4h", high = "8h" }, otherwise = "24h", warn = ["75%", "30m"],
                   escalate = ["0m", "2h"] }

    [rules.pause]
    resolution = ["pending"]

    [rules.options]
    reopen = "resume"

    [[rules]]
    name = "no SLA for leads"
    when = { kind = ["lead"] }
    none = true
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import attrs

from ventanilla.core.errors import NotUnderstood
from ventanilla.projections.account import span
from ventanilla.projections.calendar import CalendarNotUnderstood
from ventanilla.projections.plain import Given, texts
from ventanilla.projections.policy import GIVEN, STOP, Margin, Options, Policy, Rule, Target, read_options
from ventanilla.projections.standard import STANDARD

FORMAT = "ventanilla-policy/1"
ALWAYS = "always"
"""The calendar that is said where a target is measured around the clock."""

_DURATION = re.compile(r"(?:(\d+)h)?\s*(?:(\d+)m)?\s*(?:(\d+)s)?")
_RULE = {"name", "slot", "when", "calendar", "stop", "none", "targets", "pause", "options"}
_TARGET = {"within", "by", "values", "otherwise", "calendar", "warn", "escalate"}


def read_policy(
    definition: Mapping[str, Any], *, calendars: Collection[str], clocks: Collection[str] | None = None
) -> Policy:
    """Return the policy that *definition* describes.

    Args:
        definition: Plain values.
        calendars: The names of all calendars there are, apart from the definition's own.
        clocks: The names of all clocks there are; ``None``: our own.

    Raises:
        NotUnderstood: Something in it makes no sense; the message names the place.
        CalendarNotUnderstood: A target is not more than zero (``bad_target``).
    """
    whole = Given(definition, "the policy")
    if whole.value.get("format") != FORMAT:
        raise NotUnderstood(f"the policy's format is {whole.value.get('format')!r}, not {FORMAT!r}")
    _refuse_unknown(whole, {"format", "name", "since", "restates", "calendars", "rules", "title"})
    known = {*calendars, *whole.mapping("calendars", {}), ALWAYS}
    declared = {clock.name for clock in STANDARD} if clocks is None else set(clocks)
    rules: list[Rule] = []
    for number, rule in enumerate(whole.list("rules"), 1):
        rules.append(_rule(Given(rule, f"rule {number}"), known, declared))
        if sum(rules[-1].name == other.name for other in rules) > 1:
            raise NotUnderstood(f"rule {number}: there is another rule called {rules[-1].name!r}")
    return Policy(name=whole.text("name"), rules=tuple(rules))


def duration(text: str, place: str) -> float:
    """Return the seconds that *text* says: ``"4h"``, ``"1h 30m"``, ``"45s"``.

    Raises:
        NotUnderstood: It says none. Days are none: a day has as many open hours as its calendar gives it.
    """
    match = _DURATION.fullmatch(text.strip())
    if match is None or not any(match.groups()):
        raise NotUnderstood(f"{place} is {text!r}, not a duration like '4h', '1h 30m' or '45s'")
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return float(hours * 3600 + minutes * 60 + seconds)


def explain(policy: Policy) -> Iterator[str]:
    """Yield *policy* line by line in words, with what can never be reached."""
    closed: dict[str, str] = {}
    for rule in policy.rules:
        when = " and ".join(f"{name} is {' or '.join(values)}" for name, values in rule.when.items()) or "any ticket"
        yield f"slot {rule.slot}, rule {rule.name!r}: {when}"
        if rule.slot in closed:
            yield f"    NEVER REACHED: rule {closed[rule.slot]!r} before it holds for every ticket"
        if not rule.when:
            closed.setdefault(rule.slot, rule.name)
        if not rule.targets:
            yield "    no target, and nothing further down counts"
        for name, target in rule.targets.items():
            yield f"    {name}: {', '.join(_say(target))}"
            if pauses := rule.pauses.get(name):
                yield f"        paused while {' or '.join(pauses)}"
        if rule.stop != STOP:
            yield f"    the work has ended when {' or '.join(rule.stop)}"
        for option in attrs.fields(Options):
            value = getattr(rule.options, option.name)
            if value != getattr(Options(), option.name):
                yield f"    {option.name}: {value}"


def _say(target: Target) -> Iterator[str]:
    for value, seconds in target.seconds.items():
        whose = "" if value is None and len(target.seconds) == 1 else " otherwise" if value is None else f" if {value}"
        yield f"{span(seconds)}{whose}"
    if target.seconds:
        yield "around the clock" if target.calendar is None else f"in the hours of {target.calendar!r}"
    for margin in target.warn:
        yield f"warn at {margin.part:.0%}" if margin.part is not None else f"warn {span(margin.seconds or 0)} before"
    for level, after in enumerate(target.escalate, 1):
        yield f"level {level} {span(after)} after it was due" if after else f"level {level} when it is due"


def _rule(rule: Given, calendars: Collection[str], clocks: Collection[str]) -> Rule:
    name = rule.text("name")
    rule.place = f"rule {name!r}"
    _refuse_unknown(rule, _RULE)
    slot = rule.text("slot", "customer")
    when = {fact: _words(values, f"{rule.place}, when {fact}") for fact, values in rule.mapping("when", {}).items()}
    targets = rule.mapping("targets", {})
    if bool(targets) == rule.flag("none", False):
        raise NotUnderstood(f"{rule.place} needs either targets, or none = true for explicitly no target")
    pause = Given(rule.mapping("pause", {}), f"{rule.place}, pause")
    for clock in {**targets, **pause.value}:
        if clock not in clocks:
            raise NotUnderstood(f"{rule.place}: there is no clock {clock!r}; there are {', '.join(sorted(clocks))}")
    hours = rule.value.get("calendar")
    return Rule(
        name=name,
        slot=slot,
        when=when,
        targets={
            clock: _target(said, f"{rule.place}, target of {clock}", hours, calendars, dated=slot == GIVEN)
            for clock, said in targets.items()
        },
        pauses={clock: pause.texts(clock) for clock in pause.value},
        stop=rule.texts("stop", STOP),
        options=read_options(rule.mapping("options", {}), rule.place),
    )


def _target(said: Any, place: str, hours: Any, calendars: Collection[str], *, dated: bool) -> Target:
    given = Given({"within": said} if isinstance(said, str) else said, place)
    _refuse_unknown(given, _TARGET)
    seconds: dict[str | None, float] = {}
    for value, text in given.mapping("values", {}).items():
        seconds[value] = duration(str(text), f"{place}, {value}")
    for name in ("within", "otherwise"):
        if name in given.value:
            seconds[None] = duration(given.text(name), place)
    by = given.text("by", None) if "by" in given.value else None
    if (by is None) != ("values" not in given.value):
        raise NotUnderstood(f"{place}: by and values go together")
    if not seconds and not dated:
        raise NotUnderstood(f"{place} says no duration")
    for text in seconds.values():
        if text <= 0:
            raise CalendarNotUnderstood("bad_target", f"{place} is not more than 0")
    calendar = given.value.get("calendar", hours)
    if calendar is None and not dated:
        raise NotUnderstood(f"{place} names no calendar; write calendar = {ALWAYS!r} for around the clock")
    if calendar is not None and calendar not in calendars:
        raise NotUnderstood(f"{place}: there is no calendar {calendar!r}; there are {', '.join(sorted(calendars))}")
    levels = [duration(text, f"{place}, escalate") for text in given.texts("escalate", ())]
    return Target(
        seconds=seconds,
        by=by,
        calendar=None if calendar == ALWAYS else calendar,
        warn=tuple(_margin(text, f"{place}, warn") for text in given.texts("warn", ())),
        escalate=tuple(sorted(levels)),
    )


def _margin(text: str, place: str) -> Margin:
    if not text.endswith("%"):
        return Margin(seconds=duration(text, place))
    try:
        part = float(text[:-1]) / 100
    except ValueError:
        part = 0.0
    if not 0 < part < 1:
        raise NotUnderstood(f"{place} is {text!r}, not a part between 0 % and 100 %, or a duration before it is due")
    return Margin(part=part)


def _words(values: Any, place: str) -> tuple[str, ...]:
    return (values,) if isinstance(values, str) else texts(values if isinstance(values, list) else [values], place)


def _refuse_unknown(given: Given, known: Collection[str]) -> None:
    if unknown := sorted(given.value.keys() - set(known)):
        raise NotUnderstood(f"{given.place} has an unknown {unknown[0]!r}; it may have {', '.join(sorted(known))}")
