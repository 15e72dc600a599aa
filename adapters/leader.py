"""One worker leads and the others stand by, so that no two do the same work; if two ever do, nothing is counted twice.

On PostgreSQL the leader holds an advisory lock of its session, on a connection of its own: it ends with the process,
the connection or the server, and the next one has it. On SQLite all lead: a page that another one was faster to fold is
dropped.
"""

from __future__ import annotations

import hashlib
from types import TracebackType
from typing import Any, Protocol, Self

from ventanilla.adapters.store.database import Database
from ventanilla.core.errors import Unavailable


class Leader(Protocol):
    """A candidate for one lock."""

    def leads(self) -> bool:
        """Return whether this one leads, now that it has tried."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def open_leader(database: Database, projection: str) -> Leader:
    """Return a candidate for the lead of *projection* on *database*."""
    return Everybody() if database.dialect.name == "sqlite" else SessionLock(database, projection)


class Everybody:
    """Leads."""

    def leads(self) -> bool:
        """See :meth:`Leader.leads`."""
        return True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass


class SessionLock:
    """Leads if its session has the lock, which nobody else then has.

    Args:
        database: The database that the workers share.
        projection: What there is to lead.
    """

    def __init__(self, database: Database, projection: str) -> None:
        postgres: Any = database  # a PostgresDatabase, whose module is not imported where psycopg is not installed
        name = f"ventanilla:{postgres.schema}:{projection}"
        self._where, self._connect = database.where, postgres.datastore.connect
        self._key = int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), signed=True)
        self._connection: Any = None
        self._has_it = False

    def leads(self) -> bool:
        """See :meth:`Leader.leads`. A connection that is lost has lost the lock, and another one tries anew."""
        import psycopg

        try:
            if self._connection is None:
                self._connection = self._connect()
            statement = "SELECT true" if self._has_it else "SELECT pg_try_advisory_lock(%s)"
            values = None if self._has_it else (self._key,)
            (self._has_it,) = self._connection.execute(statement, values).fetchone()
        except psycopg.Error as error:
            self._let_go()
            raise Unavailable(f"{self._where}: the lead was lost: {error}") from error
        return self._has_it

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._let_go()

    def _let_go(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection, self._has_it = None, False
