"""The fact table of labour: one row a shift, an entry of working time, an arrival or a settlement.

Rows of different sorts stand in one table so that they can be divided by each other: settlements by paid hours.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Literal, TypeAlias

from attrs import frozen

from ventanilla.core import events as on
from ventanilla.core.streams import AGENT
from ventanilla.projections.facts.history import History, history_table
from ventanilla.projections.facts.standing import VOIDING, opening, settlement, void
from ventanilla.projections.facts.touches import resolver

Sort: TypeAlias = Literal["shift", "entry", "arrival", "settlement"]


@frozen(kw_only=True)
class Labour:
    """Something that agents' time is spent on, or spent.

    Attributes:
        sort: What it is: an agent's ``shift``, an ``entry`` of working time, a ticket's ``arrival`` or ``settlement``.
        ticket: Of which ticket; ``None``: it is a shift.
        agent: Of which agent, by whom it was settled; ``None``: of nobody.
        at: When.
        paid: Seconds paid for, of a shift.
        available: Seconds free to take work, of a shift.
        handled: Seconds of work, of an entry.
        ready: Seconds worked or free to work: ``handled + available``.
        arrived: 1 for an arrival.
        settled: 1 for a settlement.
        evidence: The event.
    """

    sort: Sort
    ticket: str | None = None
    agent: str | None = None
    at: datetime
    paid: int = 0
    available: int = 0
    handled: int = 0
    ready: int = 0
    arrived: int = 0
    settled: int = 0
    evidence: tuple[int, ...]


def _rows(history: History, _: datetime) -> Iterable[Labour]:
    stream = history[0].stream
    if stream.startswith(AGENT):
        for recorded in history:
            if isinstance(recorded.event, on.ShiftWorked):
                event = recorded.event
                yield Labour(
                    sort="shift",
                    agent=stream.removeprefix(AGENT),
                    at=event.at,
                    paid=event.paid,
                    available=event.available,
                    ready=event.available,
                    evidence=(recorded.position,),
                )
        return
    for recorded in history:
        if isinstance(recorded.event, on.TimeSpent):
            yield Labour(
                sort="entry",
                ticket=stream,
                agent=recorded.event.agent,
                at=recorded.event.at,
                handled=recorded.event.seconds,
                ready=recorded.event.seconds,
                evidence=(recorded.position,),
            )
    opened, settled = opening(history), settlement(history)
    if void(history) is not None:
        return
    if opened:
        yield Labour(sort="arrival", ticket=stream, at=opened[0].at, arrived=1, evidence=(opened[1],))
    if settled:
        who = resolver(history)
        yield Labour(sort="settlement", ticket=stream, agent=who, at=settled[0], settled=1, evidence=(settled[1],))


LABOUR = history_table(
    name="labour",
    about="one row a shift, an entry of working time, an arrival or a settlement",
    row=Labour,
    streams=("ticket", "agent"),
    reads=VOIDING
    | {
        on.TicketOpened,
        on.TicketResolved,
        on.TicketClosed,
        on.TicketReopened,
        on.TicketAssigned,
        on.TicketUnassigned,
        on.TimeSpent,
        on.ShiftWorked,
    },
    rows=_rows,
    dimensions=("agent", "sort"),
)
"""The table."""
