"""A ticket as the rules see it: just enough of its history to decide the next command.

Figures are not made from this: projections fold the log for themselves.
"""

from __future__ import annotations

from collections.abc import Set
from datetime import datetime
from typing import Literal, TypeAlias, assert_never

from attrs import frozen

from ventanilla.core.events import (
    Event,
    TicketCategorised,
    TicketClosed,
    TicketDueSet,
    TicketOpened,
    TicketPrioritised,
    TicketReopened,
    TicketResolved,
    TicketRouted,
    VerdictStated,
)

Status: TypeAlias = Literal["unborn", "open", "resolved", "closed"]


@frozen(kw_only=True, slots=False)
class Ticket:
    """One matter of one customer.

    Attributes:
        id: Its id.
        version: How many events it has; 0 before the first.
        status: Where it stands.
        opened: The event that opened it; ``None`` while unborn.
        last_at: The instant of its newest event; ``None`` while unborn.
        category: The present category; ``None`` before the first.
        priority: The present priority; ``None`` before the first.
        team: The present team; ``None`` before the first.
        due: The present due instant; ``None`` without one.
        told: Every event after the opening, so that a command that comes again is known for what it is.
    """

    id: str
    version: int = 0
    status: Status = "unborn"
    opened: TicketOpened | None = None
    last_at: datetime | None = None
    category: str | None = None
    priority: str | None = None
    team: str | None = None
    due: datetime | None = None
    told: Set[Event] = frozenset()


def evolve(ticket: Ticket, *events: Event) -> Ticket:
    """Return *ticket* after *events*, oldest first."""
    after = draft(ticket)
    for event in events:
        happen(after, event)
    return after


def draft(ticket: Ticket) -> Ticket:
    """Return a copy of *ticket* that only the caller holds, for :func:`happen`."""
    copy = object.__new__(Ticket)
    copy.__dict__.update(ticket.__dict__, told=set(ticket.told))
    return copy


def happen(draft: Ticket, event: Event) -> None:
    """Let *event* happen to *draft* itself.

    A new value for every event would copy all that a ticket has been told, each time: a long history would cost its
    square. So whoever folds many events makes one draft, and hands it on when it is done.
    """
    now = draft.__dict__
    now["version"] += 1
    now["last_at"] = event.at
    match event:
        case TicketOpened():
            now["opened"] = event
            now["status"] = "open"
            return
        case TicketCategorised():
            now["category"] = event.category
        case TicketPrioritised():
            now["priority"] = event.priority
        case TicketRouted():
            now["team"] = event.team
        case TicketDueSet():
            now["due"] = event.due
        case TicketResolved():
            now["status"] = "resolved"
        case TicketReopened():
            now["status"] = "open"
        case TicketClosed():
            now["status"] = "closed"
        case VerdictStated():
            pass
        case _:
            assert_never(event)
    now["told"].add(event)
