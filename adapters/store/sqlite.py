"""The log in SQLite, through the recorder of the package ``eventsourcing``.

- The position is an explicit AUTOINCREMENT key: an implicit one is reused after a deletion and renumbered by a dump.
- ``synchronous=FULL`` is set, not hoped for: an acknowledged commit survives a power cut.
- A transaction that writes takes the lock as it begins: one that reads first cannot wait for the lock and fails at once
  when there is another writer.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from eventsourcing.persistence import ConnectionPoolClosedError, PersistenceError, StoredEvent
from eventsourcing.sqlite import SQLiteApplicationRecorder, SQLiteCursor

from ventanilla.adapters.store.database import Dialect, Snapshot, upsert_statement
from ventanilla.adapters.store.instants import stamp
from ventanilla.adapters.store.log import EventRow, Rows, SqlStore, insert_others
from ventanilla.adapters.store.schema import FORMAT, INSERT_CLAIM, INSERT_EVENT, tables
from ventanilla.adapters.store.sqlite_pool import SETTINGS, SETTINGS_BESIDE, Datastore
from ventanilla.core.errors import Conflict, Unavailable

APPLICATION_ID = 0x76656E74  # "vent", so that another program's database is not taken for a desk

DIALECT = Dialect(
    name="sqlite",
    position="rowid",
    serial="INTEGER PRIMARY KEY AUTOINCREMENT",
    text="TEXT",
    blob="BLOB",
    rowless=" WITHOUT ROWID",
    shown=("CAST(state AS TEXT)", "strftime('%Y-%m-%dT%H:%M:%fZ', recorded_at / 1e6, 'unixepoch')"),
    holds="instr(state, ?) > 0",
)

_FOREIGN = "is a database of another program, not a desk"
_TAKEN = (sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_ROWID)

SAFE_FOR_MANY_WRITERS = (3, 51, 3)
"""Before it, two connections that write and checkpoint at the same time can damage a WAL file (SQLite, March 2026)."""


class SqliteDatabase:
    """A SQLite file, or one in memory. Meets :class:`~ventanilla.adapters.store.database.Database`.

    Args:
        path: The file; made if it is not there. ``None``: in memory, gone when closed.
        settings: The pragmas of every connection.
        lock_timeout: How long to wait, in whole seconds, while another process writes.
    """

    dialect = DIALECT

    def __init__(self, path: Path | None, settings: Sequence[str] = SETTINGS, *, lock_timeout: int = 5) -> None:
        self.where = str(path) if path else "memory"
        self._path = path
        # A memory of its own for every desk of a process; the one pooled connection keeps it alive.
        name = str(path.absolute()) if path else f"file:{uuid4().hex}?mode=memory&cache=shared"
        pool_size = 5 if path else 1
        self.datastore = Datastore(name, settings=settings, lock_timeout=lock_timeout, pool_size=pool_size)

    def select(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """See :meth:`Database.select`."""
        with self._explained(), self._cursor(writes=False) as cursor:
            return cursor.execute(statement, values).fetchall()

    def stream(self, statement: str, values: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        """See :meth:`Database.stream`."""
        if self.datastore.pool.is_sqlite_memory_mode:  # its one connection is wanted by others meanwhile
            yield from self.select(statement, values)
            return
        with self._explained(), self._cursor(writes=False) as cursor:
            yield from cursor.execute(statement, values)

    @contextmanager
    def write(self) -> Iterator[sqlite3.Cursor]:
        """See :meth:`Database.write`."""
        with self._explained(), self._cursor(writes=True) as cursor:
            try:
                cursor.execute("BEGIN IMMEDIATE")  # in here: Ctrl-C while it waits is raised when it has the lock
                yield cursor
                cursor.execute("COMMIT")
            except BaseException:
                cursor.connection.rollback()
                raise

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """See :meth:`Database.snapshot`."""
        with self._explained(), self._cursor(writes=False) as cursor:
            try:
                cursor.execute("BEGIN")
                cursor.execute("SELECT 1 FROM sqlite_master").fetchone()  # the first look is what it stays with
                yield _Snapshot(cursor.connection)
            finally:
                cursor.connection.rollback()

    def purge(self) -> bool:
        """See :meth:`Database.purge`. What was deleted is overwritten in the file, and still in the write-ahead log."""
        try:
            ((busy, *_),) = self.select("PRAGMA wal_checkpoint(TRUNCATE)")
        except Unavailable:
            return False
        return not busy

    def upsert(
        self, cursor: sqlite3.Cursor, table: str, columns: Mapping[str, str], rows: Collection[Sequence[Any]]
    ) -> None:
        """See :meth:`Database.upsert`."""
        cursor.executemany(upsert_statement(table, columns), rows)

    def beside(self) -> SqliteDatabase:
        """See :meth:`Database.beside`: a file of its own, ``desk.views.db`` beside ``desk.db``."""
        path = self._path and self._path.with_suffix(".views" + self._path.suffix)
        return SqliteDatabase(path, SETTINGS_BESIDE)

    def refuse_child(self) -> None:
        """See :meth:`Database.refuse_child`."""
        self.datastore.pool.opener.refuse_child()

    def close(self) -> None:
        """See :meth:`Database.close`."""
        self.datastore.close()

    @contextmanager
    def _cursor(self, *, writes: bool) -> Iterator[sqlite3.Cursor]:
        with self.datastore.get_connection(commit=writes) as connection, connection.cursor() as cursor:
            cursor.row_factory = None  # tuples: half the price of rows by name
            yield cursor

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (ConnectionPoolClosedError, PersistenceError, sqlite3.Error) as error:
            if isinstance(error, ConnectionPoolClosedError):
                raise Unavailable(f"{self.where}: this desk is closed") from error
            if _is_taken(error):
                raise Conflict(f"{self.where}: {error}") from error
            raise Unavailable(f"{self.where}: {error}; nothing was recorded") from error


def _refuse_foreign(path: Path, *, create: bool) -> None:
    """Raise :class:`Unavailable` if *path* is another program's, before a connection turns it to WAL mode for good."""
    size = path.stat().st_size if path.is_file() else None
    if size is not None and 0 < size < _SMALLEST:
        raise Unavailable(f"{path} {_FOREIGN}")
    if size == 0 and not create:
        raise Unavailable(f"there is no desk at {path}: it is empty; `ventanilla init` makes one")
    # By SQLite and not by ``open``: to close a file takes the locks on it from all others of this process.
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as file:
            ((journal,),) = file.execute("PRAGMA journal_mode").fetchall()
            ((owner,),) = file.execute("PRAGMA application_id").fetchall()
            ((there,),) = file.execute("SELECT count(*) FROM sqlite_master").fetchall()
    except sqlite3.Error:
        return  # it is not there, or whatever opens it says why not
    if there and journal != "wal" and owner != APPLICATION_ID:
        raise Unavailable(f"{path} {_FOREIGN}")


_SMALLEST = 512
"""Bytes of the smallest page: what has fewer, SQLite takes for an empty file."""


def _is_taken(error: Exception) -> bool:
    """Return whether a key is taken: what breaks another constraint would break it again."""
    cause = error if isinstance(error, sqlite3.Error) else error.__cause__
    return isinstance(cause, sqlite3.IntegrityError) and cause.sqlite_errorcode in _TAKEN


class _Snapshot:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def rows(self, statement: str, values: Sequence[Any] = (), /) -> Iterator[tuple[Any, ...]]:
        cursor = self._connection.cursor()
        cursor.row_factory = None
        return iter(cursor.execute(statement, values))


class SqliteStore(SqlStore[SqliteDatabase]):
    """The log in one SQLite file, or in memory. Meets :class:`~ventanilla.adapters.store.port.Store`.

    Args:
        path: The database file; made if it is not there. ``None``: in memory, gone when closed.
        create: Make the tables if there are none.
        lock_timeout: How long to wait, in whole seconds, while another process writes.

    Raises:
        Unavailable: The file is no desk, or cannot be used.
    """

    def __init__(self, path: Path | None, *, create: bool = True, lock_timeout: int = 5) -> None:
        if path:
            _refuse_foreign(path, create=create)
        self.database = SqliteDatabase(path, lock_timeout=lock_timeout)
        try:
            self._recorder = Recorder(self.database.datastore)
            self._prepare(create=create)
        except BaseException:
            self.database.close()
            raise
        super().__init__()

    def _insert(self, rows: Rows) -> range:
        with self.database.write() as cursor:
            positions = self._recorder.insert_rows(cursor, rows.events)
            cursor.executemany(INSERT_CLAIM, rows.claims)
            if not rows.only_log:
                insert_others(cursor, rows)
        return positions

    def _prepare(self, *, create: bool) -> None:
        """Make the tables, or see that they are ours."""
        ((found,),) = self.database.select("SELECT count(*) FROM sqlite_master")
        if not found and not create:
            raise Unavailable(f"there is no desk at {self.database.where}: it is empty; `ventanilla init` makes one")
        if not found:
            with self.database.write() as cursor:  # and look again: another process may have made them
                if cursor.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,):
                    for statement in self._recorder.construct_create_table_statements():
                        cursor.execute(statement)
        ((owner,),) = self.database.select("PRAGMA application_id")
        ((version,),) = self.database.select("PRAGMA user_version")
        if owner != APPLICATION_ID:
            raise Unavailable(f"{self.database.where} {_FOREIGN}")
        if version > FORMAT:
            reads = f"this ventanilla reads up to {FORMAT}: upgrade it"
            raise Unavailable(f"{self.database.where} has format {version}; {reads}")
        if version < FORMAT:
            raise Unavailable(f"{self.database.where} has format {version}, of before the first release: make it anew")


class Recorder(SQLiteApplicationRecorder):
    """The package's recorder over our tables; positions are its notification ids."""

    def __init__(self, datastore: Datastore) -> None:
        super().__init__(datastore, events_table_name="events")

    def construct_create_table_statements(self) -> list[str]:
        """Return our tables in place of the package's."""
        return [
            *tables(DIALECT),
            f"INSERT INTO desk VALUES (1, lower(hex(randomblob(16))), {FORMAT})",
            f"PRAGMA application_id = {APPLICATION_ID}",
            f"PRAGMA user_version = {FORMAT}",
        ]

    def insert_rows(self, cursor: sqlite3.Cursor, rows: Sequence[EventRow]) -> range:
        """Insert *rows* in the transaction of *cursor*, and return their positions."""
        if not rows:
            return range(0)
        if len(rows) == 1:  # as most commands write: there is no need to ask for the position
            position = cursor.execute(INSERT_EVENT, rows[0]).lastrowid or 0
            return range(position, position + 1)
        cursor.executemany(INSERT_EVENT, rows)
        # The writer is alone, so the positions are consecutive.
        ((last,),) = cursor.execute("SELECT last_insert_rowid()").fetchall()
        return range(last - len(rows) + 1, last + 1)

    def _insert_events(self, c: SQLiteCursor, stored_events: Sequence[StoredEvent], **envelope: Any) -> Sequence[int]:
        """Insert by the package's own way in; *envelope* has the columns around the event."""
        around = (stamp(envelope["recorded_at"]), envelope["actor"], envelope["cause"], envelope["allowed_by"])
        rows: list[EventRow] = [
            (str(s.originator_id), s.originator_version, s.topic, s.state, *around) for s in stored_events
        ]
        c.sqlite_cursor.row_factory = None
        return self.insert_rows(c.sqlite_cursor, rows)
