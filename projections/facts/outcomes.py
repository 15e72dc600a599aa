"""The fact table of outcomes: one row a ticket, complaint or not, with what became of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Literal, TypeAlias

from attrs import frozen

from ventanilla.core import events as on
from ventanilla.projections.facts.history import History, history_table
from ventanilla.projections.facts.standing import VOIDING, Void, opening, void

Outcome: TypeAlias = Literal["open", "solved", "goodwill", "unsolved"]

COMPLAINT = "complaint"
"""The kind of a ticket that is one."""

GOODWILL_CODE = "goodwill"
"""The code of what was settled by goodwill alone."""

UNSOLVED_CODES = ("unsolved", "unresolved", "not_solved", "rejected")
"""The codes of what was settled without being solved."""


@frozen(kw_only=True)
class Ended:
    """What became of a ticket.

    Attributes:
        ticket: The ticket.
        complaint: Whether it is a complaint, now.
        void: Why it counts in no rate.
        received_at: When it arrived.
        settled_at: When it was settled; ``None``: it is open.
        outcome: ``solved``; ``goodwill``: the customer got something, and the matter was not solved; ``unsolved``: put
            away without either; ``open``.
        compensated: Whether the customer got something, solved or not.
        evidence: The events behind it.
    """

    ticket: str
    complaint: bool
    void: Void | None
    received_at: datetime
    settled_at: datetime | None
    outcome: Outcome
    compensated: bool
    evidence: tuple[int, ...]


def _rows(history: History, _: datetime) -> Iterable[Ended]:
    opened = opening(history)
    if opened is None:
        return
    kind, compensated = opened[0].kind, False
    settled_at: datetime | None = None
    code: str | None = None
    for recorded in history:
        match recorded.event:
            case on.TicketClassified(kind=kind):
                pass
            case on.GoodwillGranted():
                compensated = True
            case on.TicketResolved(at=at) if settled_at is None:
                settled_at, code = at, recorded.event.code
            case on.TicketClosed(at=at) if settled_at is None:
                settled_at, code = at, None
            case on.TicketReopened():
                settled_at = code = None
            case _:
                pass
    yield Ended(
        ticket=history[0].stream,
        complaint=kind == COMPLAINT,
        void=void(history),
        received_at=opened[0].at,
        settled_at=settled_at,
        outcome=_outcome(settled_at, code, compensated=compensated),
        compensated=compensated,
        evidence=tuple(recorded.position for recorded in history if type(recorded.event) not in VOIDING),
    )


def _outcome(settled_at: datetime | None, code: str | None, *, compensated: bool) -> Outcome:
    if settled_at is None:
        return "open"
    if code is not None and code != GOODWILL_CODE and code not in UNSOLVED_CODES:
        return "solved"
    return "goodwill" if compensated or code == GOODWILL_CODE else "unsolved"


OUTCOMES = history_table(
    name="outcomes",
    about="one row a ticket: what became of it",
    row=Ended,
    reads=VOIDING
    | {
        on.TicketOpened,
        on.TicketClassified,
        on.TicketResolved,
        on.TicketClosed,
        on.TicketReopened,
        on.GoodwillGranted,
    },
    rows=_rows,
    dimensions=("outcome",),
)
"""The table."""
