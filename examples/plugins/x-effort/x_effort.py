"""Customer effort: how often must people write before their matter is settled?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import attrs
from attrs import frozen

from ventanilla import Recorded, hookimpl
from ventanilla.core.events import MessageReceived, TicketOpened, TicketReopened, TicketResolved
from ventanilla.projections import FactTable, Metric
from ventanilla.projections.expressions import column
from ventanilla.projections.summaries import Quantile


@frozen(kw_only=True)
class Effort:
    """What a ticket took.

    Attributes:
        ticket: The ticket; by its name, rows are joined with its dimensions.
        wrote: How many messages came from outside.
        settled_at: When it was settled; ``None`` if it is not.
        evidence: The positions of the events behind it.
    """

    ticket: str
    wrote: int = 0
    settled_at: datetime | None = None
    evidence: tuple[int, ...] = ()


def fold(before: Effort | None, recorded: Recorded) -> Effort:
    """Return the effort after one more event."""
    now = before or Effort(ticket=recorded.stream)
    now = attrs.evolve(now, evidence=(*now.evidence, recorded.position))
    match recorded.event:
        case MessageReceived():
            return attrs.evolve(now, wrote=now.wrote + 1)
        case TicketResolved(at=at):
            return attrs.evolve(now, settled_at=at)
        case TicketReopened():
            return attrs.evolve(now, settled_at=None)
        case _:
            return now


def rows(effort: Effort | None, as_of: datetime) -> Sequence[Effort]:
    """Return the one row of a ticket."""
    return () if effort is None else (effort,)


@hookimpl
def tables() -> list[FactTable[Effort | None]]:
    """Add the table of what each ticket took."""
    return [
        FactTable(
            name="effort.tickets",
            about="one row a ticket",
            row=Effort,
            reads=frozenset({TicketOpened, MessageReceived, TicketResolved, TicketReopened}),
            initial=None,
            fold=fold,
            rows=rows,
        )
    ]


@hookimpl
def metrics() -> list[Metric]:
    """Add the question."""
    return [
        Metric(
            name="effort.messages",
            question="How many messages did half of the settled tickets take at most?",
            table="effort.tickets",
            unit="count",
            better="lower",
            where=column("settled_at").given(),
            value=column("wrote"),
            summary=Quantile(0.5),
            dated=column("settled_at"),
        )
    ]
