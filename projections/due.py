"""The next instants of a ticket: when its clocks warn, are due, and call for the next level. A pure function of events.

Nobody needs to look at a ticket before the first of them: until something happens to the ticket, or to the settings,
nothing about its clocks changes but the time.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from attrs import frozen

from ventanilla.projections.account import NO_TARGET
from ventanilla.projections.calendar import BusinessTime, CalendarNotUnderstood
from ventanilla.projections.clock import Instance
from ventanilla.projections.measure import Measure
from ventanilla.projections.policy import LevelKind, Target
from ventanilla.projections.settings import Settings
from ventanilla.projections.ticket_clocks import Slot, TicketClocks
from ventanilla.projections.timekeeper import Timekeeper


@frozen(kw_only=True)
class Instant:
    """An instant at which a clock wants attention.

    Attributes:
        at: When; never before its present target was set.
        slot: The clock's slot.
        clock: The clock's name.
        number: Which instance of it.
        kind: It warns, is due (still in time at that very instant), or calls for a level of escalation.
        level: 1, 2, 3, … of warnings and of escalation; 0 for due.
    """

    at: datetime
    slot: str
    clock: str
    number: int
    kind: LevelKind
    level: int


def instants(keeper: Timekeeper, state: TicketClocks) -> list[Instant]:
    """Return the instants of all clocks that run, past ones included, by time.

    Args:
        keeper: The engine, with its policies.
        state: The ticket's clocks, advanced to the present.
    """
    slots = {slot.name: slot for slot in state.slots}
    found: list[Instant] = []
    for instance in state.instances:
        if instance.state == "running" and keeper.shown(instance, state.situation) == "running":
            found += _of(instance, keeper.measure(instance, state), slots[instance.slot], keeper.settings, state)
    return sorted(found, key=lambda one: (one.at, one.slot, one.clock, one.number, one.level))


def _of(instance: Instance, measure: Measure, slot: Slot, settings: Settings, state: TicketClocks) -> Iterator[Instant]:
    aim = slot.choice.rule.targets.get(instance.clock, NO_TARGET) if slot.choice else NO_TARGET
    if instance.due_set is not None:
        levels = _by_date(instance, aim, settings.calendar(aim.calendar, state.now))
    else:
        levels = _by_target(measure, instance.target or 0.0, aim)
    for kind, level, at in levels:
        if at is not None:
            at = max(at, instance.started_at, instance.aimed_at or at)
            yield Instant(
                at=at, slot=instance.slot, clock=instance.clock, number=instance.number, kind=kind, level=level
            )


def _by_target(measure: Measure, target: float, aim: Target) -> Iterator[tuple[LevelKind, int, datetime | None]]:
    for level, margin in enumerate(aim.warn, 1):
        yield "warn", level, measure.reached(margin.reached(target))
    yield "due", 0, measure.reached(target)
    for level, after in enumerate(aim.escalate, 1):
        yield "escalate", level, measure.reached(target + after)


def _by_date(instance: Instance, aim: Target, hours: BusinessTime) -> Iterator[tuple[LevelKind, int, datetime | None]]:
    due = instance.due_set
    if due is None:
        return
    whole = hours.elapsed(instance.started_at, due)
    for level, margin in enumerate(aim.warn, 1):
        before = whole - margin.reached(whole)
        yield "warn", level, _subtract(hours, due, before)
    yield "due", 0, due
    for level, after in enumerate(aim.escalate, 1):
        yield "escalate", level, _add(hours, due, after)


def _add(hours: BusinessTime, at: datetime, seconds: float) -> datetime | None:
    try:
        return hours.add(at, seconds) if seconds > 0 else at
    except CalendarNotUnderstood:
        return None  # it does not open again


def _subtract(hours: BusinessTime, at: datetime, seconds: float) -> datetime | None:
    try:
        return hours.subtract(at, seconds) if seconds > 0 else at
    except CalendarNotUnderstood:
        return None
