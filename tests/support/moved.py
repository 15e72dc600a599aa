"""Desks to be carried elsewhere."""

from __future__ import annotations

from pathlib import Path

from lived_in import NINE, live_in

from ventanilla import Desk
from ventanilla.adapters.moving import export_log
from ventanilla.adapters.store import Commit
from ventanilla.core.events import TicketOpened


def opened(number: int, *, padding: str = "") -> Commit:
    event = TicketOpened(at=NINE, channel="phone", facts={"x": padding})
    return Commit(stream=f"T-{number}", version=0, events=(event,), actor="agent:a1", cause="c:1", allowed_by="1/agent")


def export_lived_in(folder: Path) -> Path:
    """Write an export of a desk in which everything has happened, as plain lines, and return where."""
    path = folder / "plain.jsonl"
    with Desk("sqlite:///:memory:") as desk:
        live_in(desk, folder)
        export_log(desk.store, path)
    return path
