"""The recorder of the package ``eventsourcing`` for SQLite, with our table, claims and quarantine.

- The position is an explicit AUTOINCREMENT key: an implicit one is reused after a deletion and renumbered by a dump.
- ``synchronous=FULL`` is set, not hoped for: an acknowledged commit survives a power cut.
- Events, idempotency keys and rows put aside go in with one transaction, whose first statement writes: a transaction
  that reads first cannot wait for the lock and fails at once when there is another writer.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias, TypeVar

from eventsourcing.persistence import StoredEvent
from eventsourcing.sqlite import (
    SQLiteApplicationRecorder,
    SQLiteConnection,
    SQLiteConnectionPool,
    SQLiteCursor,
    SQLiteDatastore,
)

from ventanilla.adapters.store.port import PutAside

T = TypeVar("T")
EventRow: TypeAlias = tuple[str, int, str, bytes, int, str, str, str]
ClaimRow: TypeAlias = tuple[str, str, int, int]

APPLICATION_ID = 0x76656E74  # "vent", so that another program's database is not taken for a desk
FORMAT = 1

# NOTE: storage format. The first five columns have the recorder's names; the view `log` is for people.
TABLES = (
    """CREATE TABLE IF NOT EXISTS events (
        rowid INTEGER PRIMARY KEY AUTOINCREMENT,
        originator_id TEXT NOT NULL,
        originator_version INTEGER NOT NULL,
        topic TEXT NOT NULL,
        state BLOB NOT NULL,
        recorded_at INTEGER NOT NULL,
        actor TEXT NOT NULL,
        cause TEXT NOT NULL,
        allowed_by TEXT NOT NULL,
        UNIQUE (originator_id, originator_version))""",
    """CREATE TABLE IF NOT EXISTS claims (
        key TEXT PRIMARY KEY,
        stream TEXT NOT NULL,
        version INTEGER NOT NULL,
        events INTEGER NOT NULL) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS quarantine (
        id TEXT PRIMARY KEY,
        source TEXT NOT NULL,
        line INTEGER NOT NULL,
        mapping TEXT NOT NULL,
        row TEXT NOT NULL,
        column_name TEXT,
        value TEXT,
        rule TEXT NOT NULL,
        reason TEXT NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS vault (
        stream TEXT NOT NULL,
        version INTEGER NOT NULL,
        field TEXT NOT NULL,
        subject TEXT NOT NULL,
        digest TEXT NOT NULL,
        salt BLOB NOT NULL,
        text TEXT NOT NULL,
        PRIMARY KEY (stream, version, field)) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS vault_by_subject ON vault (subject)",
    "CREATE TABLE IF NOT EXISTS identity (only_one INTEGER PRIMARY KEY CHECK (only_one = 1), id TEXT NOT NULL)",
    "INSERT OR IGNORE INTO identity VALUES (1, lower(hex(randomblob(16))))",
    """CREATE VIEW IF NOT EXISTS log AS SELECT
        rowid AS position, originator_id AS stream, originator_version AS version, topic, CAST(state AS TEXT) AS event,
        strftime('%Y-%m-%dT%H:%M:%fZ', recorded_at / 1e6, 'unixepoch') AS recorded_at, actor, cause, allowed_by
        FROM events""",
    f"PRAGMA application_id = {APPLICATION_ID}",
    f"PRAGMA user_version = {FORMAT}",
)

INSERT = (
    "INSERT INTO events (originator_id, originator_version, topic, state, recorded_at, actor, cause, allowed_by) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)

SETTINGS = (
    "synchronous = FULL",
    "secure_delete = ON",  # what is erased is overwritten, not just forgotten
    "cache_size = -65536",  # KiB: the claims' index is hit at random during an import
    "wal_autocheckpoint = 8192",  # pages: and each checkpoint writes its hot pages again
)
"""Of every connection, besides WAL mode."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def stamp(instant: datetime) -> int:
    """Return *instant* as it is stored: microseconds since 1970, UTC."""
    return (instant - _EPOCH) // _MICROSECOND


def instant(stamp: int) -> datetime:
    """Return the instant that was stored as *stamp*."""
    return _EPOCH + stamp * _MICROSECOND


def patiently(connect: Callable[[], T], seconds: float = 5) -> T:
    """Return what *connect* does, trying for *seconds*: a change to WAL mode does not wait for a lock by itself."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return connect()
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.02)


class Datastore(SQLiteDatastore):
    """The package's datastore with a pool of our own settings."""

    def __init__(self, name: str, *, lock_timeout: int, pool_size: int) -> None:
        self.pool = _Pool(db_name=name, lock_timeout=lock_timeout, pool_size=pool_size)
        self.single_row_tracking = True
        self.originator_id_type = "text"


class Recorder(SQLiteApplicationRecorder):
    """The package's recorder over our tables; positions are its notification ids."""

    def __init__(self, datastore: Datastore) -> None:
        super().__init__(datastore, events_table_name="events")
        self.insert_events_statement = INSERT

    def construct_create_table_statements(self) -> list[str]:
        """Return our tables in place of the package's."""
        return list(TABLES)

    def _insert_events(
        self,
        c: SQLiteCursor,
        stored_events: Sequence[StoredEvent],
        **envelope: Any,
    ) -> Sequence[int]:
        """Insert by the package's own way in; *envelope* has the columns around the event."""
        around = (stamp(envelope["recorded_at"]), envelope["actor"], envelope["cause"], envelope["allowed_by"])
        rows: list[EventRow] = [
            (str(s.originator_id), s.originator_version, s.topic, s.state, *around) for s in stored_events
        ]
        return self.insert_rows(c, rows, (), (), ())

    def insert_rows(
        self,
        c: SQLiteCursor,
        events: Sequence[EventRow],
        claims: Sequence[ClaimRow],
        aside: Sequence[PutAside],
        released: Collection[str],
    ) -> range:
        """Insert all of it in the transaction of *c*, and return the positions of the events."""
        positions = range(0)
        if events:
            c.executemany(self.insert_events_statement, events)
            # The writer is alone, so the positions are consecutive.
            c.execute("SELECT last_insert_rowid()")
            last: int = c.fetchone()[0]
            positions = range(last - len(events) + 1, last + 1)
        c.executemany("INSERT INTO claims VALUES (?, ?, ?, ?)", claims)
        # Out before in: a row that is tried again and still does not fit comes back with the reason that holds now.
        c.executemany("DELETE FROM quarantine WHERE id = ?", [(id_,) for id_ in released])
        c.executemany(
            "INSERT OR IGNORE INTO quarantine VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [(a.id, a.source, a.line, a.mapping, a.row, a.column, a.value, a.rule, a.reason) for a in aside],
        )
        return positions


class _Pool(SQLiteConnectionPool):
    def _create_connection(self) -> SQLiteConnection:
        connection = patiently(super()._create_connection)
        cursor = connection.cursor()
        for setting in SETTINGS:
            cursor.execute(f"PRAGMA {setting}")
        return connection
