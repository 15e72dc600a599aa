"""From a database URL to a store."""

from __future__ import annotations

from pathlib import Path

from ventanilla.adapters.store.port import Store
from ventanilla.adapters.store.sqlite import SqliteStore
from ventanilla.core.errors import NotUnderstood, Unavailable

MEMORY = ":memory:"


def open_store(url: str, *, create: bool) -> tuple[Store, Path | None]:
    """Return the store at *url*, and its file: ``None`` in memory.

    Args:
        url: ``sqlite:///desk.db`` (relative), ``sqlite:////var/desk.db`` (absolute), ``sqlite:///:memory:``.
        create: Make the database if there is none.

    Raises:
        NotUnderstood: The URL is of no known kind.
        Unavailable: There is no desk there, or it cannot be used.
    """
    path = database_path(url)
    if path is None:
        return SqliteStore(None), None
    if not create and not path.exists():
        raise Unavailable(f"there is no desk at {path}: `ventanilla init` makes one")
    if path.is_dir() or not path.parent.is_dir():
        raise Unavailable(f"{path} cannot be a desk: it is a folder, or its folder does not exist")
    return SqliteStore(path), path


def database_path(url: str) -> Path | None:
    """Return the file that *url* names; ``None`` for a desk in memory.

    Raises:
        NotUnderstood: The URL is of no known kind.
    """
    scheme, separator, rest = url.partition(":///")
    if scheme != "sqlite" or not separator or not rest:
        raise NotUnderstood(f"{url!r} is no desk's address: write sqlite:///desk.db, or sqlite:///:memory: for a trial")
    return None if rest == MEMORY else Path(rest)
