"""The log in PostgreSQL, through the recorder of the package ``eventsourcing`` and psycopg 3.

- A lock of the desk's own is held from before positions are given out until they are committed, so positions are
  committed in their order: a reader who goes through them misses nothing. The package's database functions take no
  such lock, and are refused.
- A command is one call of one function: one round trip, one commit. A batch goes in by ``COPY``.
- The connection may be lost after a commit and before its answer: that is :class:`~ventanilla.core.errors.InDoubt`, and
  the desk finds out.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from contextlib import closing
from typing import Any
from uuid import uuid4

import psycopg
from eventsourcing.persistence import StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder
from psycopg.rows import TupleRow
from psycopg.sql import SQL, Identifier, Literal

from ventanilla.adapters.store.instants import stamp
from ventanilla.adapters.store.log import ClaimRow, EventRow, Rows, SqlStore, insert_others
from ventanilla.adapters.store.postgres_database import (
    COPY_FROM,
    DIALECT,
    SCHEMA,
    MarkingCursor,
    PostgresDatabase,
    copy_rows,
)
from ventanilla.adapters.store.schema import FORMAT, tables
from ventanilla.core.errors import Unavailable

_EVENTS = "originator_id, originator_version, topic, state, recorded_at, actor, cause, allowed_by"
_EVENT_TYPES = ("text", "int8", "text", "bytea", "int8", "text", "text", "text")
_CLAIM_TYPES = ("text", "text", "int8", "int8")

# Claims first: whoever comes second with a key is told so before anything else is looked at.
_APPEND = """CREATE OR REPLACE FUNCTION {schema}.append(
    streams text[], versions bigint[], topics text[], states bytea[], recorded bigint,
    actors text[], causes text[], grants text[],
    keys text[], key_streams text[], key_versions bigint[], key_events bigint[]) RETURNS bigint
LANGUAGE plpgsql AS $body$
DECLARE
    last bigint;
BEGIN
    PERFORM pg_advisory_xact_lock({lock});
    INSERT INTO {schema}.claims (key, stream, version, events)
        SELECT * FROM unnest(keys, key_streams, key_versions, key_events);
    WITH inserted AS (
        INSERT INTO {schema}.events (originator_id, originator_version, topic, state, recorded_at, actor, cause,
            allowed_by)
        SELECT s, v, t, d, recorded, a, c, g
        FROM unnest(streams, versions, topics, states, actors, causes, grants)
            WITH ORDINALITY AS rows (s, v, t, d, a, c, g, n) ORDER BY n
        RETURNING notification_id)
    SELECT max(notification_id) INTO last FROM inserted;
    PERFORM pg_notify({channel}, '');
    RETURN last;
END $body$"""


class PostgresStore(SqlStore[PostgresDatabase]):
    """The log in PostgreSQL. Meets :class:`~ventanilla.adapters.store.port.Store`.

    Any number of processes may write to it and read from it at the same time.

    Args:
        url: ``postgresql://user@host/database``, as libpq reads it.
        schema: The schema that holds the tables: one for each desk.
        create: Make the tables if there are none.

    Raises:
        Unavailable: There is no desk there, it cannot be reached, or it is a replica that only reads.
    """

    def __init__(self, url: str, *, schema: str = SCHEMA, create: bool = True) -> None:
        self.database = PostgresDatabase(url, schema=schema)
        self._listening: psycopg.Connection[TupleRow] | None = None
        self._one_listens = threading.Lock()
        try:
            self._check_server()
            self._recorder = Recorder(self.database)
            self._prepare(create=create)
        except BaseException:
            self.database.close()
            raise
        super().__init__()

    def close(self) -> None:
        """See :meth:`Store.close`."""
        self._stop_listening()
        super().close()

    def _insert(self, rows: Rows) -> range:
        if rows.only_log and len(rows.events) < COPY_FROM:
            with self.database.explained(), self.database.connection() as connection:
                return self._recorder.append(connection, rows.events, rows.claims)
        with self.database.transaction() as connection:
            positions = self._recorder.copy(connection, rows.events, rows.claims)
            if not rows.only_log:
                insert_others(MarkingCursor(connection.cursor()), rows)
        return positions

    def _sleep(self, seconds: float) -> None:
        """Wait for the announcement of a commit; one that is lost costs no more than *seconds*."""
        if not self._one_listens.acquire(blocking=False):  # another thread does, and the connection is its own
            time.sleep(seconds)
            return
        try:
            if self._listening is None:  # and look once more: what came before was not heard
                self._listening = self.database.datastore.connect()
                self._listening.execute(SQL("LISTEN {}").format(Identifier(self.database.channel)))
                return
            for _ in self._listening.notifies(timeout=seconds, stop_after=1):
                pass
        except (psycopg.Error, Unavailable):
            self._stop_listening()
            time.sleep(seconds)
        finally:
            self._one_listens.release()

    def _stop_listening(self) -> None:
        if self._listening is not None and self.database.datastore.opener.is_here():
            self._listening.close()
            self._listening = None

    def _check_server(self) -> None:
        """See that the server is there, and that it can keep a log."""
        with self.database.explained(), closing(self.database.datastore.connect()) as connection:  # which says why not
            row = connection.execute("SELECT getdatabaseencoding(), pg_is_in_recovery()").fetchone()
        encoding, is_replica = row or (None, None)
        if encoding != "UTF8":
            raise Unavailable(f"{self.database.where} keeps {encoding} text: make the database with encoding UTF8")
        if is_replica:
            raise Unavailable(f"{self.database.where} is a replica that only reads: give the address of the primary")

    def _prepare(self, *, create: bool) -> None:
        """Make the tables, one process at a time, or see that they are ours."""
        if not self._is_there():
            if not create:
                raise Unavailable(f"there is no desk at {self.database.where}: `ventanilla init` makes one")
            with self.database.transaction() as connection:
                if not self._is_there():
                    self._recorder.make_tables(connection)
        ((version,),) = self.database.select("SELECT format FROM desk")
        if version != FORMAT:
            raise Unavailable(f"{self.database.where} has format {version}; this ventanilla reads {FORMAT}: upgrade it")

    def _is_there(self) -> bool:
        ((found,),) = self.database.select("SELECT to_regclass(?)", (f'"{self.database.schema}".desk',))
        return found is not None


class Recorder(PostgresApplicationRecorder):
    """The package's recorder over our tables; positions are its notification ids."""

    def __init__(self, database: PostgresDatabase) -> None:
        super().__init__(database.datastore, events_table_name="events")
        self._database = database
        self._call = f'SELECT "{database.schema}".append({", ".join(["%s"] * 12)})'

    def append(
        self, connection: psycopg.Connection[TupleRow], events: Sequence[EventRow], claims: Sequence[ClaimRow]
    ) -> range:
        """Write events and claims by one call, a transaction of its own, and return the positions of the events."""
        streams, versions, topics, states, recorded, actors, causes, grants = _columns(events, 8)
        now = recorded[0] if recorded else 0
        values = (streams, versions, topics, states, now, actors, causes, grants, *_columns(claims, 4))
        row = connection.execute(self._call.encode(), values, prepare=True, binary=True).fetchone()
        last = row[0] if row and row[0] is not None else len(events)
        return range(last - len(events) + 1, last + 1)

    def copy(
        self, connection: psycopg.Connection[TupleRow], events: Sequence[EventRow], claims: Sequence[ClaimRow]
    ) -> range:
        """Write many events and claims in the transaction of *connection*, and return the positions of the events."""
        copy_rows(connection, "claims (key, stream, version, events)", _CLAIM_TYPES, claims)
        if not events:
            return range(0)
        copy_rows(connection, f"events ({_EVENTS})", _EVENT_TYPES, events)
        # Only who holds the lock is given positions, so they are consecutive.
        row = connection.execute("SELECT lastval()").fetchone()
        last = row[0] if row else 0
        return range(last - len(events) + 1, last + 1)

    def make_tables(self, connection: psycopg.Connection[TupleRow]) -> None:
        """Make all tables of a desk in the transaction of *connection*."""
        schema = Identifier(self._database.schema)
        if not connection.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", (self._database.schema,)).fetchone():
            connection.execute(SQL("CREATE SCHEMA {}").format(schema))
        for statement in tables(DIALECT):
            connection.execute(statement.encode())
        connection.execute(
            SQL(_APPEND).format(
                schema=schema, lock=Literal(self._database.lock), channel=Literal(self._database.channel)
            )
        )
        connection.execute("INSERT INTO desk VALUES (1, %s, %s)", (uuid4().hex, FORMAT))

    def insert_events(self, stored_events: Sequence[StoredEvent], **envelope: Any) -> Sequence[int] | None:
        """Insert by the package's own way in; *envelope* has the columns around the event."""
        around = (stamp(envelope["recorded_at"]), envelope["actor"], envelope["cause"], envelope["allowed_by"])
        rows: list[EventRow] = [
            (str(s.originator_id), s.originator_version, s.topic, s.state, *around) for s in stored_events
        ]
        with self._database.connection() as connection:
            return self.append(connection, rows, ())


def _columns(rows: Sequence[Sequence[Any]], count: int) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in range(count)]
