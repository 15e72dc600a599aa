"""The store in SQLite: reads with lean statements, writes through the recorder."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from eventsourcing.persistence import IntegrityError, PersistenceError
from eventsourcing.sqlite import SQLiteCursor

from ventanilla.adapters.store.codec import decode, encode
from ventanilla.adapters.store.port import Claimed, Commit, PutAside
from ventanilla.adapters.store.recorder import APPLICATION_ID, FORMAT, Datastore, Recorder, instant, stamp
from ventanilla.core.errors import Conflict, Unavailable
from ventanilla.core.events import Event
from ventanilla.core.recorded import Recorded

_PAGE = 2_000


class SqliteStore:
    """The log in one SQLite file, or in memory. Meets :class:`~ventanilla.adapters.store.port.Store`.

    Args:
        path: The database file; made if it is not there. ``None``: in memory, gone when closed.
        lock_timeout: How long to wait, in whole seconds, while another process writes.

    Raises:
        Unavailable: The file is no desk, or cannot be used.
    """

    def __init__(self, path: Path | None, *, lock_timeout: int = 5) -> None:
        self._where = str(path) if path else "memory"
        # A memory of its own for every desk of a process; the one pooled connection keeps it alive.
        name = str(path.absolute()) if path else f"file:{uuid4().hex}?mode=memory&cache=shared"
        self._datastore = Datastore(name, lock_timeout=lock_timeout, pool_size=5 if path else 1)
        self._recorder = Recorder(self._datastore)
        self._prepare()

    def append(
        self,
        commits: Sequence[Commit],
        *,
        recorded_at: datetime,
        aside: Sequence[PutAside] = (),
        released: Collection[str] = (),
    ) -> range:
        """See :meth:`Store.append`."""
        now = stamp(recorded_at)
        events = [
            (commit.stream, version, event.TOPIC, encode(event), now, commit.actor, commit.cause, commit.allowed_by)
            for commit in commits
            for version, event in enumerate(commit.events, commit.version + 1)
        ]
        claims = [(c.key, c.stream, c.version, len(c.events)) for c in commits if c.key is not None]
        with self._explained(), self._datastore.transaction(commit=True) as cursor:
            positions = self._recorder.insert_rows(cursor, events, claims, aside, released)
            for commit in commits:
                if commit.personal or commit.erases:
                    _keep(cursor, commit)
        if any(commit.erases for commit in commits):
            self._select("PRAGMA wal_checkpoint(TRUNCATE)")  # else the text could be read from the write-ahead log
        return positions

    def claimed(self, keys: Collection[str]) -> dict[str, Claimed]:
        """See :meth:`Store.claimed`."""
        return {
            key: Claimed(stream=stream, version=version, events=events)
            for key, stream, version, events in self._select_in(
                "SELECT key, stream, version, events FROM claims WHERE key IN ({})", keys
            )
        }

    def load(self, stream: str) -> list[Recorded]:
        """See :meth:`Store.load`."""
        rows = self._select(
            "SELECT rowid, originator_version, topic, state, recorded_at, actor, cause, allowed_by FROM events "
            "WHERE originator_id = ? ORDER BY originator_version",
            (stream,),
        )
        return [
            Recorded(
                position=position,
                stream=stream,
                version=version,
                recorded_at=instant(recorded_at),
                actor=actor,
                cause=cause,
                allowed_by=allowed_by,
                event=decode(position, topic, state),
            )
            for position, version, topic, state, recorded_at, actor, cause, allowed_by in rows
        ]

    def personal(self, stream: str, version: int) -> dict[str, str]:
        """See :meth:`Store.personal`."""
        return dict(self._select("SELECT field, text FROM vault WHERE stream = ? AND version = ?", (stream, version)))

    def events_of(self, streams: Collection[str]) -> dict[str, list[Event]]:
        """See :meth:`Store.events_of`."""
        statement = (
            "SELECT originator_id, rowid, topic, state FROM events WHERE originator_id IN ({}) "
            "ORDER BY originator_id, originator_version"
        )
        found: dict[str, list[Event]] = {}
        for stream, position, topic, state in self._select_in(statement, streams):
            found.setdefault(stream, []).append(decode(position, topic, state))
        return found

    def page(self, after: int, limit: int) -> list[tuple[int, str, Event]]:
        """See :meth:`Store.page`."""
        rows = self._select(
            "SELECT rowid, originator_id, topic, state FROM events WHERE rowid > ? ORDER BY rowid LIMIT ?",
            (after, limit),
        )
        return [(position, stream, decode(position, topic, state)) for position, stream, topic, state in rows]

    def histories(self, until: int) -> Iterator[tuple[str, list[tuple[int, Event]]]]:
        """See :meth:`Store.histories`."""
        for stream, rows in itertools.groupby(self._by_stream(until), key=lambda row: row[0]):
            yield stream, [(position, decode(position, topic, state)) for _, _, position, topic, state in rows]

    def head(self) -> int:
        """See :meth:`Store.head`."""
        with self._explained():
            return self._recorder.max_notification_id() or 0

    def identity(self) -> str:
        """See :meth:`Store.identity`."""
        ((identity,),) = self._select("SELECT id FROM identity")
        return str(identity)

    def aside(self) -> list[PutAside]:
        """See :meth:`Store.aside`."""
        rows = self._select(
            "SELECT id, source, line, mapping, row, column_name, value, rule, reason FROM quarantine "
            "ORDER BY source, line, id"
        )
        names = ("id", "source", "line", "mapping", "row", "column", "value", "rule", "reason")
        return [PutAside(**dict(zip(names, row, strict=True))) for row in rows]

    def close(self) -> None:
        """See :meth:`Store.close`."""
        self._datastore.close()

    def _prepare(self) -> None:
        """Make the tables, or see that they are ours."""
        ((tables,),) = self._select("SELECT count(*) FROM sqlite_master")
        ((owner,),) = self._select("PRAGMA application_id")
        ((version,),) = self._select("PRAGMA user_version")
        if tables and owner != APPLICATION_ID:
            raise Unavailable(f"{self._where} is a database of another program, not a desk")
        if version > FORMAT:
            raise Unavailable(f"{self._where} has format {version}; this ventanilla reads up to {FORMAT}: upgrade it")
        if not tables:
            with self._explained():
                self._recorder.create_table()

    def _by_stream(self, until: int) -> Iterator[tuple[Any, ...]]:
        """Return (stream, version, position, topic, payload), a page a transaction: no lock is held between."""
        place: tuple[Any, ...] = ("", 0)
        while rows := self._select(
            "SELECT originator_id, originator_version, rowid, topic, state FROM events "
            "WHERE (originator_id, originator_version) > (?, ?) AND rowid <= ? "
            "ORDER BY originator_id, originator_version LIMIT ?",
            (*place, until, _PAGE),
        ):
            yield from rows
            place = rows[-1][:2]

    def _select(self, statement: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        with self._explained(), self._datastore.transaction(commit=False) as cursor:
            raw = cursor.sqlite_cursor
            raw.row_factory = None  # tuples: half the price of rows by name
            return raw.execute(statement, values).fetchall()

    def _select_in(self, statement: str, values: Collection[str]) -> Iterator[tuple[Any, ...]]:
        """Run *statement* for all of *values*, some hundred at a time: SQLite limits the number of parameters."""
        todo = list(values)
        for start in range(0, len(todo), 500):
            some = todo[start : start + 500]
            yield from self._select(statement.format(",".join("?" * len(some))), some)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (IntegrityError, sqlite3.IntegrityError) as error:
            raise Conflict(f"{self._where}: {error}") from error
        except (PersistenceError, sqlite3.Error) as error:
            raise Unavailable(f"{self._where}: {error}; nothing was recorded") from error


def _keep(cursor: SQLiteCursor, commit: Commit) -> None:
    """Put the personal texts of *commit* into the vault, and take out those of the persons whom it erases."""
    cursor.executemany(
        "INSERT INTO vault VALUES (?, ?, ?, ?, ?, ?, ?)",
        [(commit.stream, k.version, k.field, k.of, k.digest, k.salt, k.text) for k in commit.personal],
    )
    cursor.executemany("DELETE FROM vault WHERE subject = ?", [(subject,) for subject in commit.erases])
