"""A good fact table, for others to be bad in one thing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from attrs import frozen

from ventanilla.core.events import TicketOpened
from ventanilla.core.recorded import Recorded
from ventanilla.projections import FactTable


@frozen(kw_only=True)
class Visit:
    ticket: str
    channel: str
    opened_at: datetime
    evidence: tuple[int, ...]


def fold(visits: tuple[Visit, ...], recorded: Recorded) -> tuple[Visit, ...]:
    event = recorded.event
    assert isinstance(event, TicketOpened)
    visit = Visit(ticket=recorded.stream, channel=event.channel, opened_at=event.at, evidence=(recorded.position,))
    return (*visits, visit)


def rows(visits: tuple[Visit, ...], as_of: datetime) -> Sequence[Visit]:
    return visits


def table(**changes: Any) -> FactTable[Any]:
    told: dict[str, Any] = {
        "name": "bad.visits",
        "about": "one row a ticket",
        "row": Visit,
        "reads": frozenset({TicketOpened}),
        "initial": (),
        "fold": fold,
        "rows": rows,
    }
    return FactTable(**told | changes)
