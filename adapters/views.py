"""The fact table of tickets in a SQLite file of its own: disposable, rebuilt from the log, readable by any BI tool.

A file of its own, so that projecting never takes the log's write lock; and ``synchronous=NORMAL``, because what a power
cut takes is folded again. Instants are ISO 8601 text in UTC, ``facts`` is a JSON object.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import attrs

from ventanilla.adapters.store.sqlite import patiently
from ventanilla.core.errors import Unavailable
from ventanilla.projections.tickets import TicketFacts

COLUMNS = tuple(field.name for field in attrs.fields(TicketFacts))
VERSION = 3
"""Raised whenever the fold would make other rows of the same log: an older view is then thrown away and rebuilt."""

_INTEGERS = {"version", "reopens"} | {name for name in COLUMNS if name.endswith("_position")}
_DECLARED = ", ".join(f"{name} {'INTEGER' if name in _INTEGERS else 'TEXT'}" for name in COLUMNS)
_TABLES = (
    f"CREATE TABLE IF NOT EXISTS tickets ({_DECLARED}, PRIMARY KEY (ticket)) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS position (position INTEGER NOT NULL, last_at TEXT NOT NULL, log TEXT NOT NULL)",
    "INSERT INTO position SELECT 0, '', '' WHERE NOT EXISTS (SELECT 1 FROM position)",
    "CREATE INDEX IF NOT EXISTS tickets_by_customer ON tickets (customer) WHERE customer IS NOT NULL",
    "CREATE INDEX IF NOT EXISTS tickets_by_merge ON tickets (merged_into) WHERE merged_into IS NOT NULL",
    f"PRAGMA user_version = {VERSION}",
)


class SqliteView:
    """Meets :class:`~ventanilla.projections.runner.View`.

    Args:
        path: The file; ``None``: in memory.

    Raises:
        Unavailable: The file cannot be used.
    """

    def __init__(self, path: Path | None) -> None:
        self._where = str(path) if path else "memory"
        with self._explained():
            self._connection = patiently(lambda: _connect(path))
            with self._transaction() as cursor:
                (version,) = cursor.execute("PRAGMA user_version").fetchone()
                if version not in (0, VERSION):
                    _drop(cursor)
                _make(cursor)

    def belong_to(self, log: str, head: int) -> None:
        """Throw all rows away unless they were folded from the log called *log*, no further than its *head*."""
        with self._explained(), self._transaction() as cursor:
            mine, position = cursor.execute("SELECT log, position FROM position").fetchone()
            if mine != log or position > head:
                _drop(cursor)
                _make(cursor)
                cursor.execute("UPDATE position SET log = ?", (log,))

    def position(self) -> int:
        """See :meth:`View.position`."""
        with self._explained():
            (position,) = self._connection.execute("SELECT position FROM position").fetchone()
        return int(position)

    def rows_of(self, tickets: Collection[str]) -> dict[str, TicketFacts]:
        """See :meth:`View.rows_of`."""
        found: dict[str, TicketFacts] = {}
        todo = list(tickets)
        with self._explained():
            for start in range(0, len(todo), 500):  # SQLite limits the number of parameters
                some = todo[start : start + 500]
                places = ", ".join("?" * len(some))
                statement = f"SELECT {', '.join(COLUMNS)} FROM tickets WHERE ticket IN ({places})"
                found |= {row[0]: _from_columns(row) for row in self._connection.execute(statement, some)}
        return found

    def rows(self) -> Iterator[TicketFacts]:
        """Return all rows, by ticket."""
        with self._explained():
            for row in self._connection.execute(f"SELECT {', '.join(COLUMNS)} FROM tickets ORDER BY ticket"):
                yield _from_columns(row)

    def rows_where(self, name: Literal["customer", "merged_into"], value: str) -> list[TicketFacts]:
        """Return the rows with *value* in the column *name*, by ticket."""
        statement = f"SELECT {', '.join(COLUMNS)} FROM tickets WHERE {name} = ? ORDER BY ticket"
        with self._explained():
            return [_from_columns(row) for row in self._connection.execute(statement, (value,))]

    def last_at(self) -> datetime | None:
        """Return the newest instant of any event in the rows; ``None`` for an empty view."""
        with self._explained():
            (newest,) = self._connection.execute("SELECT last_at FROM position").fetchone()
        return _instant(newest or None)

    def save(self, rows: Collection[TicketFacts], before: int, after: int) -> bool:
        """See :meth:`View.save`."""
        newest = _text(max((row.last_at for row in rows), default=None)) or ""
        with self._explained(), self._transaction() as cursor:
            moved = cursor.execute(
                "UPDATE position SET position = ?, last_at = max(last_at, ?) WHERE position = ?",
                (after, newest, before),
            ).rowcount
            if moved:
                places = ", ".join("?" * len(COLUMNS))
                cursor.executemany(f"INSERT OR REPLACE INTO tickets VALUES ({places})", map(_to_columns, rows))
        return bool(moved)

    def clear(self) -> None:
        """Throw all rows away; the next catch-up folds the whole log again."""
        with self._explained(), self._transaction() as cursor:
            (log,) = cursor.execute("SELECT log FROM position").fetchone()
            _drop(cursor)
            _make(cursor)
            cursor.execute("UPDATE position SET log = ?", (log,))

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield self._connection
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise Unavailable(f"{self._where}: {error}; it holds nothing that the log does not") from error


def _drop(cursor: sqlite3.Connection) -> None:
    cursor.execute("DROP TABLE IF EXISTS tickets")
    cursor.execute("DROP TABLE IF EXISTS position")


def _make(cursor: sqlite3.Connection) -> None:
    for statement in _TABLES:
        cursor.execute(statement)


def _connect(path: Path | None) -> sqlite3.Connection:
    connection = sqlite3.connect(path or ":memory:", isolation_level=None, check_same_thread=False, timeout=5)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _text(instant: datetime | None) -> str | None:
    return None if instant is None else instant.isoformat(timespec="microseconds")


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _facts_to_text(facts: Mapping[str, str]) -> str:
    return json.dumps(dict(facts), ensure_ascii=False, sort_keys=True)


_WRITE: dict[str, Callable[[Any], Any]] = {name: _text for name in COLUMNS if name.endswith("_at")}
_READ: dict[str, Callable[[Any], Any]] = dict.fromkeys(_WRITE, _instant)
_WRITE["facts"], _READ["facts"] = _facts_to_text, json.loads
_WRITERS = [(name, _WRITE.get(name)) for name in COLUMNS]
_READERS = [_READ.get(name) for name in COLUMNS]


def _to_columns(row: TicketFacts) -> tuple[Any, ...]:
    return tuple([write(getattr(row, name)) if write else getattr(row, name) for name, write in _WRITERS])


def _from_columns(row: tuple[Any, ...]) -> TicketFacts:
    values = [read(value) if read else value for read, value in zip(_READERS, row, strict=True)]
    return TicketFacts(**dict(zip(COLUMNS, values, strict=True)))
