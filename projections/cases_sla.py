"""An ``sla`` case as events of our own vocabulary and versions of settings, and its clocks as the case names them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeAlias, get_args

from ventanilla.core import events as on
from ventanilla.core.errors import NotUnderstood
from ventanilla.core.events import AuthorKind, TicketEvent
from ventanilla.projections.calendar import Calendar, CalendarNotUnderstood
from ventanilla.projections.clock import Reading
from ventanilla.projections.plain import Given, number, texts
from ventanilla.projections.policy import Options, Policy, Rule, Target, read_options
from ventanilla.projections.settings import CalendarVersion, Moment, PolicyVersion, Settings
from ventanilla.projections.timekeeper import Timekeeper

Plain: TypeAlias = Any  # what JSON gives
Find: TypeAlias = Callable[[Plain, str], Calendar]

SINGLE = ("first_response", "resolution", "agent_work", "requester_wait", "total_resolution")
LISTS = ("next_response", "periodic_update", "pausable_update", "ownership")

_BEGINNING: Moment = (datetime.min.replace(tzinfo=UTC), -1)
_ROOM = 10  # positions that an event of the case has for events of ours


def read_clocks(
    case: Given, timeline: Sequence[tuple[datetime | None, Calendar]], find: Find, options: Mapping[str, Plain]
) -> tuple[Mapping[str, Plain], str]:
    """Return what the clocks show that a case expects something of, and their accounts in one line.

    Args:
        case: The case.
        timeline: The calendars in force, if it has several; else its own counts.
        find: Returns a calendar by its name.
        options: The defaults of the file, and what the case sets.

    Raises:
        NotUnderstood: Something in it is not of the form.
        CalendarNotUnderstood: A calendar or a target is refused.
    """
    events = [Given(event, f"{case.place}, event {place}") for place, event in enumerate(case.list("events", []), 1)]
    instants = [event.instant("at") for event in events]
    as_of = case.instant("as_of") if case.value.get("as_of") is not None else max(instants, default=_BEGINNING[0])
    seen = [(at, place * _ROOM, event) for place, (at, event) in enumerate(zip(instants, events, strict=True), 1)]
    calendars = list(_calendars(case, timeline, seen, find))
    settings = Settings(
        policies=list(_policies(case, seen, read_options(options, case.place), measured=bool(calendars))),
        calendars={"case": calendars},
    )
    if not calendars and any(_needs_hours(version) for version in settings.policies):
        raise NotUnderstood(f"{case.place} has no calendar, and its policy no hours = 'calendar'")
    by_agent = any(event.value.get("from") == "agent" and event.value.get("initial") for event in events)
    opened_at = next((at for at, _, event in seen if event.value.get("type") == "created"), None)
    history = [
        found for at, place, event in seen if at <= as_of for found in _translate(event, at, place, by_agent, opened_at)
    ]
    keeper = Timekeeper(settings)
    readings = keeper.read(keeper.fold(history), as_of) if history else ()
    expected = case.mapping("expect", {})
    got: dict[str, Plain] = {}
    for metric in expected:
        if metric not in (*SINGLE, *LISTS, "error"):
            raise NotUnderstood(f"{case.place}: there is no metric {metric!r} to expect something of")
        mine = [one for one in readings if one.clock == metric and one.cancelled_at is None]
        if metric in LISTS:
            got[metric] = [_fields(reading) for reading in mine]
        elif metric in SINGLE:
            got[metric] = _fields(mine[-1]) if mine else dict(_NO_CLOCK)
    why = [
        f"{reading.clock} {reading.number}: {entry.at:%Y-%m-%dT%H:%M:%SZ} {entry.what}"
        for reading in readings
        if reading.clock in expected
        for entry in reading.entries
    ]
    return got, "; ".join(why)


_NO_CLOCK: Mapping[str, Plain] = {
    "start": None,
    "target_s": None,
    "elapsed_s": 0,
    "due": None,
    "met_at": None,
    "ended_at": None,
    "breached": False,
    "state": "none",
}


def _fields(reading: Reading) -> Mapping[str, Plain]:
    return {
        "start": reading.started_at,
        "target_s": reading.target,
        "elapsed_s": reading.elapsed,
        "due": reading.due,
        "met_at": reading.met_at,
        # A team's time ends with no answer to anybody: it is over, and that is all it was for.
        "ended_at": reading.met_at if reading.clock == "ownership" else reading.ended_at,
        "breached": reading.breached,
        "state": "none" if reading.state == "cancelled" else reading.state,
        "group": reading.each,
    }


def _needs_hours(version: PolicyVersion) -> bool:
    rules = version.content.rules if version.content else ()
    return any(target.seconds and target.calendar for rule in rules for target in rule.targets.values())


def _calendars(
    case: Given,
    timeline: Sequence[tuple[datetime | None, Calendar]],
    seen: Sequence[tuple[datetime, int, Given]],
    find: Find,
) -> Iterator[CalendarVersion]:
    if not timeline and case.value.get("calendar") is not None:
        timeline = [(None, find(case.value["calendar"], case.place))]
    for since, content in timeline:
        yield CalendarVersion(published=_BEGINNING, since=since, content=content)
    for at, place, event in sorted(seen, key=lambda found: found[:2]):
        if event.value.get("type") == "calendar":
            content = find(event.need("calendar"), event.place)
            yield CalendarVersion(published=(at, place), since=at, content=content)


def _policies(
    case: Given, seen: Sequence[tuple[datetime, int, Given]], options: Options, *, measured: bool
) -> Iterator[PolicyVersion]:
    """Yield the versions of the case's policy; a new one says nothing of what it leaves out, which stays as it was."""
    said: dict[str, Plain] = {}
    given: list[tuple[Moment, Plain, str]] = [(_BEGINNING, case.need("policy"), case.place)]
    for at, place, event in sorted(seen, key=lambda found: found[:2]):
        if event.value.get("type") == "policy":
            given.append(((at, place), event.need("policy"), event.place))
    for version, (since, policy, where) in enumerate(given, 1):
        content = None
        if policy is not None:
            part = Given(policy, f"{where}: policy")
            if {"targets", "targets_by_priority"} & part.value.keys():
                said = {name: value for name, value in said.items() if not name.startswith("targets")}
            said = {**said, **part.value}
            content = Policy(name="case", rules=(_rule(Given(said, part.place), options, measured=measured),))
        yield PolicyVersion(name="case", version=version, since=since, content=content)


def _rule(policy: Given, options: Options, *, measured: bool) -> Rule:
    hours = policy.text("hours", "business")
    if hours not in ("business", "calendar"):
        raise NotUnderstood(f"{policy.place}: hours are {hours!r}, not 'business' or 'calendar'")
    seconds: dict[str, dict[str | None, float]] = {}
    for metric, minutes in _set(policy.mapping("targets", {})):
        seconds.setdefault(metric, {})[None] = _seconds(metric, minutes, policy.place)
    for priority, targets in policy.mapping("targets_by_priority", {}).items():
        for metric, minutes in _set(Given(targets, f"{policy.place}, priority {priority}").value):
            seconds.setdefault(metric, {})[priority] = _seconds(metric, minutes, policy.place)
    calendar = "case" if hours == "business" else None
    pause = Given(policy.mapping("pause", {}), f"{policy.place}: pause")
    return Rule(
        name="case",
        # What has no target is measured all the same, in the hours of the case, if it has any.
        targets={
            name: Target(seconds=seconds.get(name, {}), by="priority", calendar=calendar)
            for name in (seconds if not measured else (*SINGLE, *LISTS))
        },
        pauses={name: texts(pause.value.get(name) or (), f"{pause.place}, {name}") for name in (*SINGLE, *LISTS)},
        stop=policy.texts("stop", ()),
        options=options,
    )


def _set(targets: Mapping[str, Plain]) -> Iterator[tuple[str, Plain]]:
    """Yield the targets without those that are null, which are none."""
    return ((metric, minutes) for metric, minutes in targets.items() if minutes is not None)


def _seconds(metric: str, minutes: Plain, place: str) -> float:
    if metric not in (*SINGLE, *LISTS):
        raise NotUnderstood(f"{place}: there is no metric {metric!r}; there are {', '.join((*SINGLE, *LISTS))}")
    try:
        found = number(minutes, f"{place}: the target of {metric}") * 60
    except NotUnderstood as error:
        raise CalendarNotUnderstood("bad_target", str(error)) from None
    if found <= 0:
        raise CalendarNotUnderstood("bad_target", f"{place}: the target of {metric} is {minutes} minutes, not above 0")
    return found


def _translate(
    event: Given, at: datetime, place: int, by_agent: bool, opened_at: datetime | None
) -> Iterator[tuple[int, TicketEvent]]:
    """Yield what an event of the case is in our vocabulary, with its position."""
    match event.text("type"):
        case "created":
            facts = {name: event.text(name) for name in ("status", "priority") if event.value.get(name) is not None}
            origin: on.Origin = "agent" if by_agent else "customer"
            yield place, on.TicketOpened(at=at, channel="case", origin=origin, facts=facts)
            if event.value.get("group") is not None:
                yield place + 1, on.TicketRouted(at=at, team=event.text("group"))
        case "message":
            yield place, _message(event, at, f"m{place}", opened_at)
        case "status":
            yield place, on.FactSet(at=at, name="status", value=event.text("to"))
        case "priority":
            yield place, on.TicketPrioritised(at=at, priority=_or_none(event))
        case "group":
            yield place, on.TicketRouted(at=at, team=_or_none(event))
        case "policy" | "calendar":
            pass  # versions of settings
        case other:
            raise NotUnderstood(f"{event.place}: there is no event of type {other!r}")


def _or_none(event: Given) -> str:
    return "" if event.need("to") is None else event.text("to")


def _message(event: Given, at: datetime, message: str, opened_at: datetime | None) -> TicketEvent:
    author: Any = event.text("from")
    if author not in get_args(AuthorKind):
        raise NotUnderstood(f"{event.place}: a message is from {author!r}, not {', '.join(get_args(AuthorKind))}")
    opening = event.flag("initial", False) and author == "agent"
    if not event.flag("public", True):
        author = "system" if opening else author  # nor is a note with which an agent opens it an answer
        return on.NoteWritten(at=at, message=message, author=author, author_kind=author)
    if author == "customer":
        return on.MessageReceived(at=at, message=message, channel="case", author_kind=author)
    if opening and at != opened_at:
        author = "system"  # the text that opens a ticket is no answer, whenever it was sent
    return on.ReplySent(at=at, message=message, channel="case", author=author, author_kind=author)
