"""What tests of a store record."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ventanilla.adapters.store import Commit, SealedRow
from ventanilla.core.events import Event, TicketClosed, TicketDueSet, TicketOpened, TicketRouted

AT = datetime(2026, 1, 5, 9, tzinfo=UTC)
NOW = datetime(2026, 2, 1, 12, 30, 15, 123456, tzinfo=UTC)
OPENED = TicketOpened(at=AT, channel="phone", facts={"district": "Roxbury"})
ROUTED = TicketRouted(at=AT, team="blue")
DUE = TicketDueSet(at=AT, due=AT + timedelta(hours=4))
CLOSED = TicketClosed(at=AT + timedelta(hours=1))


def commit(
    *events: Event, stream: str = "T-1", version: int = 0, key: str | None = None, actor: str = "agent:a7"
) -> Commit:
    return Commit(
        stream=stream, version=version, events=events, actor=actor, cause="command:open", allowed_by="1/agent", key=key
    )


def aside(id_: str, *, source: str = "a.csv", line: int = 2, sealed: bytes = b"\x00sealed\xff") -> SealedRow:
    return SealedRow(
        id=id_,
        source=source,
        line=line,
        mapping="acme",
        column="opened",
        rule="instant.unreadable",
        sealed_with=1,
        sealed=sealed,
    )
