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
