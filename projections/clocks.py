"""Clocks over a ticket: when they start, what is due, what ends them, and the account of all that.

There is one so far, *resolution against the due instant*: it starts when the ticket is opened, is due at the due
instant in force, ends when the matter is settled, and runs on when it is reopened. Settled exactly at the due instant
is on time; a breach is the due instant, never the moment when somebody looked.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, TypeAlias, cast

from attrs import frozen

from ventanilla.core.events import (
    Event,
    TicketClosed,
    TicketDueSet,
    TicketEvent,
    TicketOpened,
    TicketReopened,
    TicketResolved,
    VerdictStated,
)
from ventanilla.core.recorded import Recorded
from ventanilla.projections.expressions import AS_OF, Expression, column
from ventanilla.projections.tickets import TicketFacts, fold

ClockState: TypeAlias = Literal["met", "breached", "running", "none"]

END: Expression = column("settled_at").or_else(AS_OF)
"""The instant up to which the clock has run."""

BREACHED: Expression = column("due_at") < END
"""Whether it has run past its due instant; unknown without one."""

JUDGED: Expression = column("due_at").given() & (column("settled_at").given() | BREACHED)
"""Whether its verdict is known: it has ended, or is overdue already. Open and not yet due is no verdict."""


@frozen(kw_only=True)
class Entry:
    """A line of a clock's account.

    Attributes:
        position: The event's position in the log.
        at: When it happened: aware, UTC.
        what: What it did to the clock.
    """

    position: int
    at: datetime
    what: str


@frozen(kw_only=True)
class Account:
    """How a clock came to its verdict.

    Attributes:
        clock: The clock's name.
        entries: What happened to it, in the log's order.
        state: The verdict: ``none`` without a due instant, ``running`` while open and not yet due.
        due_at: The due instant in force.
        breached_at: The first due instant that passed unsettled, even if a softer one was set later.
        seconds_left: From its end (or *as_of*) to its due instant; negative when late.
        as_of: The instant of the verdict.
    """

    clock: str
    entries: tuple[Entry, ...]
    state: ClockState
    due_at: datetime | None
    breached_at: datetime | None
    seconds_left: float | None
    as_of: datetime


def verdict(row: TicketFacts, as_of: datetime) -> ClockState:
    """Return the state of *row*'s resolution clock at *as_of*."""
    if row.due_at is None:
        return "none"
    if _breached(row, as_of):
        return "breached"
    return "running" if row.settled_at is None else "met"


def account(history: Sequence[Recorded], as_of: datetime) -> Account | None:
    """Return the account of the resolution clock at *as_of*; ``None`` before the ticket was opened.

    Args:
        history: The ticket's events by version; those that happened after *as_of* are left out.
        as_of: The instant at which to look.
    """
    row: TicketFacts | None = None
    entries: list[Entry] = []
    for recorded in history:
        event = recorded.event
        if event.at > as_of:
            continue
        if what := _say(event, row):
            entries.append(Entry(position=recorded.position, at=event.at, what=what))
        row = fold(row, recorded.stream, [(recorded.position, cast("TicketEvent", event))])
    if row is None:
        return None
    state = verdict(row, as_of)
    return Account(
        clock="resolution",
        entries=tuple(entries),
        state=state,
        due_at=row.due_at,
        breached_at=row.breached_at or (row.due_at if state == "breached" else None),
        seconds_left=_seconds_left(row, as_of),
        as_of=as_of,
    )


def _say(event: Event, before: TicketFacts | None) -> str | None:
    """Return what *event* does to the clock of a ticket that stood at *before*."""
    match event:
        case TicketOpened():
            return "started: the ticket was opened"
        case TicketDueSet(due=due):
            again = "" if before is None or before.due_at is None else f", no longer {_show(before.due_at)}"
            return f"due {_show(due)}{again}"
        case TicketResolved(code=code):
            return f"ended: resolved as {code!r}"
        case TicketClosed() if before is not None and before.settled_at is None:
            return "ended: closed without having been resolved"
        case TicketReopened():
            return "runs on: the ticket was reopened, so its settlement no longer counts"
        case VerdictStated(by=by, verdict=stated):
            return f"not ours: {by} says {stated}"
        case _:
            return None


def _show(at: datetime) -> str:
    return at.isoformat(sep=" ").replace("+00:00", "Z")


_breached = BREACHED.run()
_seconds_left = (column("due_at") - END).run()
