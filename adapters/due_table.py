"""The table of due instants in a SQLite file of its own: disposable, filled from the log, read by time.

What was handed out is remembered by claims in the log's store, not here: the table may be lost at any time.
Instants are whole microseconds since 1970.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from attrs import frozen

from ventanilla.core.errors import Unavailable
from ventanilla.projections.due import Instant
from ventanilla.projections.policy import LevelKind

VERSION = 1
WAKE = "wake"
"""The kind of rows that say when to look at a ticket again: a pause ends by itself then."""

_TABLES = (
    """CREATE TABLE IF NOT EXISTS instants (
        ticket TEXT NOT NULL, slot TEXT NOT NULL, clock TEXT NOT NULL, number INTEGER NOT NULL, kind TEXT NOT NULL,
        level INTEGER NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (ticket, slot, clock, number, kind, level)
    ) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS instants_by_time ON instants (at)",
    "CREATE TABLE IF NOT EXISTS settings (stream TEXT PRIMARY KEY) WITHOUT ROWID",
    """CREATE TABLE IF NOT EXISTS position (
        log TEXT NOT NULL, seen INTEGER NOT NULL, folded INTEGER NOT NULL, binds INTEGER NOT NULL,
        stale INTEGER NOT NULL
    )""",
    "INSERT INTO position SELECT '', 0, 0, 0, 0 WHERE NOT EXISTS (SELECT 1 FROM position)",
    f"PRAGMA user_version = {VERSION}",
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@frozen(kw_only=True)
class Due:
    """A clock of a ticket wants attention.

    Attributes:
        ticket: Which ticket.
        slot: The clock's slot.
        clock: The clock's name.
        number: Which instance of it.
        kind: ``warn``, ``due`` or ``escalate``.
        level: 1, 2, 3, … of warnings and of escalation; 0 for due.
        at: Since when.
    """

    ticket: str
    slot: str
    clock: str
    number: int
    kind: LevelKind
    level: int
    at: datetime

    @property
    def key(self) -> str:
        """What tells it apart for ever; an idempotency key for whatever is done about it."""
        return f"due:{self.ticket}:{self.slot}:{self.clock}:{self.number}:{self.kind}:{self.level}"


class DueTable:
    """The table.

    Args:
        path: The file; ``None``: in memory.

    Raises:
        Unavailable: The file cannot be used.
    """

    def __init__(self, path: Path | None) -> None:
        self._where = str(path) if path else "memory"
        with self._explained():
            self._connection = sqlite3.connect(path or ":memory:", isolation_level=None, check_same_thread=False)
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = NORMAL")
        with self.transaction():
            ((version,),) = self._all("PRAGMA user_version")
            if version not in (0, VERSION):
                for table in ("instants", "settings", "position"):
                    self._all(f"DROP TABLE IF EXISTS {table}")
            for statement in _TABLES:
                self._all(statement)

    def belong_to(self, log: str, head: int) -> None:
        """Empty the table unless it was filled from the log called *log*, no further than its *head*."""
        with self.transaction():
            ((mine, seen),) = self._all("SELECT log, seen FROM position")
            if mine != log or seen > head:
                self._all("DELETE FROM instants")
                self._all("DELETE FROM settings")
                self._all("UPDATE position SET log = ?, seen = 0, folded = 0, binds = 0, stale = 0", (log,))

    # How far it has come.

    def seen(self) -> int:
        """Return the position up to which the log was searched for settings."""
        ((seen,),) = self._all("SELECT seen FROM position")
        return int(seen)

    def settings(self) -> list[str]:
        """Return the streams of settings, by name."""
        return [stream for (stream,) in self._all("SELECT stream FROM settings ORDER BY stream")]

    def saw(self, seen: int, settings: Collection[str]) -> None:
        """Keep that the log was searched up to *seen* and what was found; settings make all instants stale."""
        with self.transaction():
            self._many("INSERT OR IGNORE INTO settings VALUES (?)", [(stream,) for stream in settings])
            self._all("UPDATE position SET seen = max(seen, ?), stale = stale OR ?", (seen, bool(settings)))

    def folded(self) -> tuple[int, int, bool]:
        """Return up to which position tickets were folded, how many policies had bound then, and whether in vain."""
        ((folded, binds, stale),) = self._all("SELECT folded, binds, stale FROM position")
        return int(folded), int(binds), bool(stale)

    def begin_again(self, binds: int) -> None:
        """Forget all instants, to fold all tickets anew under *binds* policies."""
        with self.transaction():
            self._all("DELETE FROM instants")
            self._all("UPDATE position SET folded = 0, binds = ?, stale = 0", (binds,))

    # What is in it.

    def put(self, ticket: str, found: Iterable[Instant], wake: datetime | None) -> None:
        """Let *found* be the instants of *ticket*, within a transaction."""
        self._all("DELETE FROM instants WHERE ticket = ?", (ticket,))
        rows: list[tuple[object, ...]] = [
            (ticket, one.slot, one.clock, one.number, one.kind, one.level, micros(one.at)) for one in found
        ]
        if wake is not None:
            rows.append((ticket, "", "", 0, WAKE, 0, micros(wake)))
        self._many("INSERT INTO instants VALUES (?, ?, ?, ?, ?, ?, ?)", rows)

    def move(self, before: int, after: int) -> bool:
        """Move the folded position, within a transaction; false if somebody else has moved it."""
        with self._explained():
            return bool(
                self._connection.execute("UPDATE position SET folded = ? WHERE folded = ?", (after, before)).rowcount
            )

    def until(self, now: datetime, limit: int) -> tuple[list[Due], list[str]]:
        """Return up to *limit* rows whose instant has come, and tickets to look at again, by time."""
        rows = self._all(
            "SELECT ticket, slot, clock, number, kind, level, at FROM instants WHERE at <= ? ORDER BY at LIMIT ?",
            (micros(now), limit),
        )
        due = [
            Due(
                ticket=ticket,
                slot=slot,
                clock=clock,
                number=number,
                kind=kind,
                level=level,
                at=_EPOCH + timedelta(microseconds=at),
            )
            for ticket, slot, clock, number, kind, level, at in rows
            if kind != WAKE
        ]
        return due, [row[0] for row in rows if row[4] == WAKE]

    def next_at(self) -> datetime | None:
        """Return the next instant in the table; ``None`` if it is empty."""
        ((at,),) = self._all("SELECT min(at) FROM instants")
        return None if at is None else _EPOCH + timedelta(microseconds=at)

    def drop(self, dues: Iterable[Due]) -> None:
        """Take rows out: they were handed out, now or before."""
        keys = [(due.ticket, due.slot, due.clock, due.number, due.kind, due.level) for due in dues]
        with self.transaction():
            self._many(
                "DELETE FROM instants WHERE ticket = ? AND slot = ? AND clock = ? AND number = ? AND kind = ? "
                "AND level = ?",
                keys,
            )

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Keep all that is written within, or nothing."""
        self._all("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._all("COMMIT")

    def _all(self, statement: str, values: Sequence[object] = ()) -> list[Any]:
        with self._explained():
            return self._connection.execute(statement, values).fetchall()

    def _many(self, statement: str, rows: Sequence[tuple[object, ...]]) -> None:
        with self._explained():
            self._connection.executemany(statement, rows)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise Unavailable(f"{self._where}: {error}; it holds nothing that the log does not") from error


def micros(at: datetime) -> int:
    """Return *at* in whole microseconds since 1970."""
    since = at - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
