"""Connections to a SQLite database: how each is set up, and how they are lent.

A connection does not outlive a fork: in the child it has none of its locks, and SQLite there takes them for held, also
for connections that the child opens itself. So those that are idle are closed before; those that are lent are left
alone in the child, never used and never closed, since closing one writes to the file.
"""

from __future__ import annotations

import ctypes
import os
import sqlite3
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from eventsourcing.persistence import ConnectionPoolClosedError, ConnectionUnavailableError
from eventsourcing.sqlite import (
    SQLITE3_DEFAULT_LOCK_TIMEOUT,
    SQLiteConnection,
    SQLiteConnectionPool,
    SQLiteDatastore,
)

from ventanilla.adapters.store.opener import Opener

T = TypeVar("T")

SETTINGS = (
    "synchronous = FULL",
    "secure_delete = ON",  # what is erased is overwritten, not just forgotten
    "cache_size = -65536",  # KiB: the claims' index is hit at random during an import
    "wal_autocheckpoint = 8192",  # pages: and each checkpoint writes its hot pages again
)
"""Of every connection, besides WAL mode."""

SETTINGS_BESIDE = ("synchronous = NORMAL", "cache_size = -65536")
"""Of a file that is made from the log: what a power cut takes from it is made again."""

_MANY = 10_000


class Datastore(SQLiteDatastore):
    """The package's datastore with a pool of our own settings."""

    pool: _Pool

    def __init__(self, name: str, *, settings: Sequence[str] = SETTINGS, lock_timeout: int, pool_size: int) -> None:
        # A file's connections never go back to the pool, so nobody waits there for one.
        self.pool = _Pool(db_name=name, lock_timeout=lock_timeout, pool_size=pool_size, max_overflow=_MANY)
        self.pool.settings = settings
        self.pool.opener = Opener("memory" if self.pool.is_sqlite_memory_mode else name)
        self.single_row_tracking = True
        self.originator_id_type = "text"
        self._idle: list[SQLiteConnection] = []
        self._writing = threading.Lock()
        _OPEN[id(self)] = self

    @contextmanager
    def get_connection(self, *, commit: bool) -> Iterator[SQLiteConnection]:
        """Lend a connection: to a file, one that was lent before, past the pool's queue, which costs more than a read.

        Threads write one after the other, so that none of them waits for the file's lock, which is polled.

        Raises:
            Unavailable: It was opened before a fork.
        """
        self.pool.opener.refuse_child()
        if self.pool.closed:
            raise ConnectionPoolClosedError
        if self.pool.is_sqlite_memory_mode:
            with super().get_connection(commit=commit) as connection:
                connection.rollback()
                yield connection
            return
        if commit and not self._writing.acquire(timeout=self.pool.pool_timeout):
            raise ConnectionUnavailableError("timed out waiting for another thread to end its transaction")
        try:
            try:
                connection = self._idle.pop()
            except IndexError:
                connection = self.pool.get_connection()
            try:
                connection.rollback()  # what Ctrl-C may have left open: nothing, as nearly always
                yield connection
            finally:
                self._idle.append(connection)
        finally:
            if commit:
                self._writing.release()

    def close_idle(self) -> None:
        """Close the connections to a file that nobody uses now: the next to need one opens it."""
        while self._idle and not self.pool.closed:
            connection = self._idle.pop()
            connection.close()
            self.pool.put_connection(connection)  # which forgets it

    def leave_lent(self) -> None:
        """Let no connection ever be closed in this process, which is a child; not at its end, either."""
        for connection in self.pool.taken():
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(connection))


_OPEN: weakref.WeakValueDictionary[int, Datastore] = weakref.WeakValueDictionary()


def _of_all(do: Callable[[Datastore], None]) -> None:
    for reference in _OPEN.valuerefs():
        if (datastore := reference()) is not None:
            do(datastore)


if hasattr(os, "register_at_fork"):  # where there are forks
    os.register_at_fork(
        before=lambda: _of_all(Datastore.close_idle), after_in_child=lambda: _of_all(Datastore.leave_lent)
    )


class _Pool(SQLiteConnectionPool):
    settings: Sequence[str] = SETTINGS
    opener: Opener

    def taken(self) -> list[SQLiteConnection]:
        """Return the connections that are lent."""
        return list(self._in_use.values())

    def close(self) -> None:
        """Close all connections, of this process: in a child they are its parent's, and so is the pool's lock."""
        if self.opener.is_here():
            super().close()

    def _create_connection(self) -> SQLiteConnection:
        # As the package does, but that it keeps one prepared statement, and so prepares every statement every time.
        connection = sqlite3.connect(
            self.db_name,
            uri=True,
            check_same_thread=False,
            isolation_level=None,
            timeout=self.lock_timeout or SQLITE3_DEFAULT_LOCK_TIMEOUT,
        )
        try:
            if not self.is_sqlite_memory_mode:
                patiently(lambda: connection.execute("PRAGMA journal_mode = WAL").fetchone())
            for setting in self.settings:
                connection.execute(f"PRAGMA {setting}")
        except BaseException:
            connection.close()
            raise
        connection.row_factory = sqlite3.Row  # which the package's own statements rely on
        return SQLiteConnection(sqlite_conn=connection, max_age=self.max_age)


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
