"""The fact table of clocks: one row an instance, by the policies of the desk or by any others."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import cast

from attrs import frozen

from ventanilla.core.events import TicketEvent
from ventanilla.core.recorded import Recorded
from ventanilla.projections.clock import State
from ventanilla.projections.table import FactTable
from ventanilla.projections.ticket_clocks import TicketClocks
from ventanilla.projections.timekeeper import Timekeeper


@frozen(kw_only=True)
class ClockFacts:
    """What an instance of a clock came to; see :class:`~ventanilla.projections.clock.Reading` for each column.

    Attributes:
        ticket: The ticket.
        clock: The clock's name.
        slot: The slot whose rules apply.
        number: 1, 2, 3, … of this clock in this slot.
        each: Which promise, which team.
        state: Where it stands.
        started_at: From when on it counts.
        ended_at: When it was met, ended or became pointless; ``None``: it lives.
        target: In seconds.
        elapsed: Open seconds that it ran.
        paused: Open seconds of its pauses.
        due: When it is due.
        judged: Whether its verdict is known: it was met or has ended, or is overdue already.
        breached: Whether it was breached at any time.
        breached_at: When it was first breached.
        policy: Whose target it is.
        policy_version: Of the policy.
        rule: Of the policy.
        evidence: The events in its account.
    """

    ticket: str
    clock: str
    slot: str
    number: int
    each: str | None
    state: State
    started_at: datetime
    ended_at: datetime | None
    target: float | None
    elapsed: float
    paused: float
    due: datetime | None
    judged: bool
    breached: bool
    breached_at: datetime | None
    policy: str | None
    policy_version: int | None
    rule: str | None
    evidence: tuple[int, ...]


def clock_table(keeper: Timekeeper) -> FactTable[tuple[str, TicketClocks] | None]:
    """Return the table of the clocks that *keeper* keeps."""

    def fold(state: tuple[str, TicketClocks] | None, recorded: Recorded) -> tuple[str, TicketClocks]:
        event = cast("TicketEvent", recorded.event)
        if state is None:
            ties = keeper.ties(recorded.stream)
            return recorded.stream, keeper.step(None, recorded.position, event, ties)
        return recorded.stream, keeper.step(state[1], recorded.position, event)

    def rows(state: tuple[str, TicketClocks] | None, as_of: datetime) -> Iterable[ClockFacts]:
        return () if state is None else _rows(keeper, *state, as_of)

    return FactTable(
        name="clocks",
        about="one row an instance of a clock",
        row=ClockFacts,
        reads=None,
        initial=None,
        fold=fold,
        rows=rows,
        dimensions=("clock", "slot", "state", "each", "policy", "rule"),
        key=("ticket", "slot", "clock", "number"),
    )


def _rows(keeper: Timekeeper, ticket: str, state: TicketClocks, as_of: datetime) -> Iterable[ClockFacts]:
    for reading in keeper.read(state, as_of):
        ended_at = reading.met_at or reading.ended_at or reading.cancelled_at
        counts = reading.state not in ("none", "cancelled") and (reading.target is not None or reading.due is not None)
        yield ClockFacts(
            ticket=ticket,
            clock=reading.clock,
            slot=reading.slot,
            number=reading.number,
            each=reading.each,
            state=reading.state,
            started_at=reading.started_at,
            ended_at=ended_at,
            target=reading.target,
            elapsed=reading.elapsed,
            paused=reading.paused,
            due=reading.due,
            judged=counts and (ended_at is not None or reading.breached_at is not None),
            breached=reading.breached_at is not None,
            breached_at=reading.breached_at,
            policy=reading.policy,
            policy_version=reading.version,
            rule=reading.rule,
            evidence=tuple(dict.fromkeys(entry.position for entry in reading.entries if entry.position >= 0)),
        )


CLOCKS = clock_table(Timekeeper())
"""The table as it is without any policy: a desk puts its own policies in."""
