"""The clock against the due instant that was set by hand: its verdict over the fact table, and its account.

It starts when the ticket is opened, is due at the due instant in force, ends when the matter is settled, and runs on
when it is reopened. Settled exactly at the due instant is on time; a breach is the due instant, never the moment when
somebody looked. It is :data:`~ventanilla.projections.standard.DUE_DATE`, told as a story of its own; all other clocks
are read from the :class:`~ventanilla.projections.timekeeper.Timekeeper`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal, TypeAlias, cast

from attrs import frozen

from ventanilla.core.events import TicketEvent
from ventanilla.core.recorded import Recorded
from ventanilla.projections.clock import Entry, Reading
from ventanilla.projections.expressions import AS_OF, Expression, column
from ventanilla.projections.standard import DUE_DATE
from ventanilla.projections.tickets import TicketFacts
from ventanilla.projections.timekeeper import Timekeeper

__all__ = ["BREACHED", "END", "JUDGED", "Account", "ClockState", "Entry", "account", "history_as_of", "verdict"]

ClockState: TypeAlias = Literal["met", "breached", "running", "none"]

END: Expression = column("settled_at").or_else(AS_OF)
"""The instant up to which the clock has run."""

BREACHED: Expression = column("due_at") < END
"""Whether it has run past its due instant; unknown without one."""

JUDGED: Expression = column("due_at").given() & (column("settled_at").given() | BREACHED)
"""Whether its verdict is known: it has ended, or is overdue already. Open and not yet due is no verdict."""


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
    """Return the account of the clock against the due instant at *as_of*; ``None`` before the ticket was opened.

    Args:
        history: The ticket's events; those that happened after *as_of* are left out.
        as_of: The instant at which to look.
    """
    events = history_as_of(history, as_of)
    readings = _KEEPER.read(_KEEPER.fold(events), as_of) if events else ()
    return next((_account(reading) for reading in readings if reading.clock == DUE_DATE.name), None)


def history_as_of(
    history: Sequence[Recorded], as_of: datetime, known_at: datetime | None = None
) -> list[tuple[int, TicketEvent]]:
    """Return the (position, event)s that had happened by *as_of*, as far as they were recorded by *known_at*.

    Args:
        history: A ticket's events.
        as_of: What happened later is left out.
        known_at: What was recorded later is left out; ``None``: all is known.
    """
    return [
        (recorded.position, cast("TicketEvent", recorded.event))
        for recorded in history
        if recorded.event.at <= as_of and (known_at is None or recorded.recorded_at <= known_at)
    ]


def _account(reading: Reading) -> Account:
    end = reading.met_at or reading.as_of
    state: ClockState = "none" if reading.due is None else "breached" if reading.breached else "running"
    if state == "running" and reading.met_at is not None:
        state = "met"
    return Account(
        clock="resolution",
        entries=reading.entries,
        state=state,
        due_at=reading.due,
        breached_at=reading.breached_at,
        seconds_left=None if reading.due is None else (reading.due - end) / timedelta(seconds=1),
        as_of=reading.as_of,
    )


_KEEPER = Timekeeper(clocks=(DUE_DATE,))
_breached = BREACHED.run()
