"""The fact table of moves: one row whenever a ticket enters or leaves a stock, such as that of open complaints.

What was there, and what came, and what left, is what is there: at any instant, whatever was reopened or reclassified.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Literal, TypeAlias

from attrs import frozen

from ventanilla.core import events as on
from ventanilla.core.events import Event
from ventanilla.projections.facts.history import History, history_table
from ventanilla.projections.facts.outcomes import COMPLAINT
from ventanilla.projections.facts.standing import TEST, VOIDING

Stock: TypeAlias = Literal["tickets", "complaints"]
Move: TypeAlias = Literal["received", "returned", "settled", "withdrawn"]


@frozen(kw_only=True)
class Moved:
    """A ticket entered or left a stock.

    Attributes:
        ticket: The ticket.
        stock: ``tickets``: all that are open and count; ``complaints``: those of them that are complaints.
        move: It was ``received``, for the first time; ``returned``; was ``settled``; or was ``withdrawn``: it turned
            out to be spam, a test, part of another ticket, or no complaint.
        change: 1 or -1.
        at: When.
        evidence: The event.
    """

    ticket: str
    stock: Stock
    move: Move
    change: int
    at: datetime
    evidence: tuple[int, ...]


def _rows(history: History, _: datetime) -> Iterable[Moved]:
    here: dict[str, bool] = {}
    within: dict[Stock, bool] = {"tickets": False, "complaints": False}
    known: set[Stock] = set()
    for recorded in history:
        here.update(_told(recorded.event))
        counts = here.get("open", False) and not any(here.get(why, False) for why in ("spam", "merged", "test"))
        now: Mapping[Stock, bool] = {"tickets": counts, "complaints": counts and here.get("complaint", False)}
        for stock, inside in now.items():
            if inside == within[stock]:
                continue
            left: Move = "settled" if isinstance(recorded.event, on.TicketResolved | on.TicketClosed) else "withdrawn"
            yield Moved(
                ticket=recorded.stream,
                stock=stock,
                move=left if not inside else "returned" if stock in known else "received",
                change=1 if inside else -1,
                at=recorded.event.at,
                evidence=(recorded.position,),
            )
            within[stock] = inside
            known.add(stock)


def _told(event: Event) -> Mapping[str, bool]:
    match event:
        case on.TicketOpened(kind=kind):
            return {"open": True, "complaint": kind == COMPLAINT}
        case on.TicketReopened():
            return {"open": True}
        case on.TicketResolved() | on.TicketClosed():
            return {"open": False}
        case on.TicketClassified(kind=kind):
            return {"complaint": kind == COMPLAINT}
        case on.TicketMarkedSpam() | on.TicketClearedOfSpam():
            return {"spam": isinstance(event, on.TicketMarkedSpam)}
        case on.TicketMerged() | on.TicketUnmerged():
            return {"merged": isinstance(event, on.TicketMerged)}
        case on.TicketTagged(tag=tag) | on.TicketUntagged(tag=tag) if tag == TEST:
            return {"test": isinstance(event, on.TicketTagged)}
        case _:
            return {}


MOVES = history_table(
    name="moves",
    about="one row whenever a ticket enters or leaves the open ones",
    row=Moved,
    reads=VOIDING | {on.TicketOpened, on.TicketClassified, on.TicketResolved, on.TicketClosed, on.TicketReopened},
    rows=_rows,
    dimensions=("stock", "move"),
)
"""The table."""
