"""The fact table of opportunities: one row a ticket that might become a sale, with whether it did."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from attrs import frozen

from ventanilla.core import events as on
from ventanilla.projections.facts.history import History, history_table
from ventanilla.projections.facts.standing import VOIDING, Void, opening, void

LEAD = "lead"
"""The kind of a ticket that is an opportunity from the beginning."""

ATTRIBUTION = timedelta(days=30)
"""How soon after the opening a sale must come, to be one of this contact."""

Fate: TypeAlias = Literal["won", "lost", "open"]


@frozen(kw_only=True)
class Opportunity:
    """A ticket that might become a sale: a lead, or any of which it was told that it did, or did not.

    Attributes:
        ticket: The ticket.
        opened_at: When it arrived.
        fate: ``won`` within :data:`ATTRIBUTION` of the opening; ``lost``, by word or by time; ``open``.
        void: Why it counts in no rate.
        evidence: The opening, and what decided it.
    """

    ticket: str
    opened_at: datetime
    fate: Fate
    void: Void | None
    evidence: tuple[int, ...]


def _rows(history: History, as_of: datetime) -> Iterable[Opportunity]:
    opened = opening(history)
    if opened is None:
        return
    start, position = opened
    kind, limit = start.kind, start.at + ATTRIBUTION
    won = lost = None
    for recorded in history:
        match recorded.event:
            case on.TicketClassified(kind=kind):
                pass
            case on.OpportunityWon(at=at):
                won, lost = (won or recorded, lost) if at <= limit else (won, lost or recorded)
            case on.OpportunityLost():
                lost = lost or recorded
            case _:
                pass
    if kind != LEAD and not won and not lost:
        return
    fate: Fate = "won" if won else "lost" if lost or as_of > limit else "open"
    decided = won or lost
    yield Opportunity(
        ticket=history[0].stream,
        opened_at=start.at,
        fate=fate,
        void=void(history),
        evidence=(position, decided.position) if decided else (position,),
    )


OPPORTUNITIES = history_table(
    name="opportunities",
    about="one row a ticket that might become a sale",
    row=Opportunity,
    reads=VOIDING | {on.TicketOpened, on.TicketClassified, on.OpportunityWon, on.OpportunityLost},
    rows=_rows,
    dimensions=("fate",),
)
"""The table."""
