"""Desks to be carried elsewhere."""

from __future__ import annotations

from lived_in import NINE

from ventanilla.adapters.store import Commit
from ventanilla.core.events import TicketOpened


def opened(number: int, *, padding: str = "") -> Commit:
    event = TicketOpened(at=NINE, channel="phone", facts={"x": padding})
    return Commit(stream=f"T-{number}", version=0, events=(event,), actor="a:1", cause="c:1", allowed_by="1/agent")
