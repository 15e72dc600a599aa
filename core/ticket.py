"""A ticket as the rules see it: just enough of its history to decide the next command.

Figures are not made from this: projections fold the log for themselves.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal, TypeAlias

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
    told: frozenset[Event] = frozenset()


def evolve(ticket: Ticket, event: Event) -> Ticket:
    """Return *ticket* after *event*."""
    match event:
        case TicketOpened():
            return Ticket(id=ticket.id, version=1, status="open", opened=event, last_at=event.at)
        case TicketCategorised(category=category):
            return _after(ticket, event, category=category)
        case TicketPrioritised(priority=priority):
            return _after(ticket, event, priority=priority)
        case TicketRouted(team=team):
            return _after(ticket, event, team=team)
        case TicketDueSet(due=due):
            return _after(ticket, event, due=due)
        case TicketResolved():
            return _after(ticket, event, status="resolved")
        case TicketReopened():
            return _after(ticket, event, status="open")
        case TicketClosed():
            return _after(ticket, event, status="closed")
        case VerdictStated():
            return _after(ticket, event)


def _after(ticket: Ticket, event: Event, **changes: object) -> Ticket:
    # Past __init__, which has nothing to check here and would be half the cost of an import's rules.
    after = object.__new__(Ticket)
    after.__dict__.update(ticket.__dict__, last_at=event.at, told=ticket.told | {event}, **changes)
    after.__dict__["version"] += 1
    return after
