"""From a database URL to a store."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, quote, urlencode, urlsplit, urlunsplit

from ventanilla.adapters.store.port import Store
from ventanilla.adapters.store.sqlite import SqliteStore
from ventanilla.core.errors import NotUnderstood, Unavailable

MEMORY = ":memory:"
SERVER_SCHEMES = ("postgresql", "postgres")


def open_store(url: str, *, create: bool) -> tuple[Store, Path | None]:
    """Return the store at *url*, and its file: ``None`` in memory or on a server.

    Args:
        url: ``sqlite:///desk.db`` (relative), ``sqlite:////var/desk.db`` (absolute), ``sqlite:///:memory:``, or
            ``postgresql://user@host/database``, as libpq reads it, to which ``schema=name`` may be added: each desk of
            a database has a schema of its own, ``ventanilla`` if not said.
        create: Make the database's tables if there are none.

    Raises:
        NotUnderstood: The URL is of no known kind.
        Unavailable: There is no desk there, or it cannot be used.
    """
    if is_server(url):
        return _open_server(url, create=create), None
    path = database_path(url)
    if path is None:
        return SqliteStore(None), None
    if not create and not path.exists():
        raise Unavailable(f"there is no desk at {path}: `ventanilla init` makes one")
    if path.is_dir() or not path.parent.is_dir():
        raise Unavailable(f"{path} cannot be a desk: it is a folder, or its folder does not exist")
    return SqliteStore(path, create=create), path


def is_server(url: str) -> bool:
    """Return whether *url* names a database on a server."""
    return url.partition("://")[0] in SERVER_SCHEMES


def database_path(url: str) -> Path | None:
    """Return the file that *url* names; ``None`` for a desk in memory.

    Raises:
        NotUnderstood: The URL is of no known kind.
    """
    scheme, separator, rest = url.partition(":///")
    if scheme != "sqlite" or not separator or not rest:
        raise NotUnderstood(
            f"{_shown(url)!r} is no desk's address: write sqlite:///desk.db, sqlite:///:memory: for a trial, "
            "or postgresql://user@host/database"
        )
    return None if rest == MEMORY else Path(rest)


def _open_server(url: str, *, create: bool) -> Store:
    try:
        from ventanilla.adapters.store.postgres import PostgresStore
        from ventanilla.adapters.store.postgres_database import SCHEMA
    except ImportError as error:
        raise Unavailable(f'PostgreSQL needs `pip install "ventanilla[postgres]"`: {error}') from error
    # Every ":" and "@" of a password has its place: only the query is looked at.
    parts = _split(url)
    if parts is None:
        raise NotUnderstood(f"{_shown(url)!r} is no server's address: write [ and ] of a password as %5B and %5D")
    query = dict(parse_qsl(parts.query))
    schema = query.pop("schema", SCHEMA)
    if not schema.isidentifier() or len(schema.encode()) > 40:
        raise NotUnderstood(f"schema={schema!r} is no schema's name: letters, digits and _, 40 bytes at most")
    return PostgresStore(
        urlunsplit(parts._replace(query=urlencode(query, quote_via=quote))), schema=schema, create=create
    )


def _split(url: str) -> SplitResult | None:
    """Return the parts of *url*; ``None`` if it has none, and not why: that might show the password."""
    try:
        return urlsplit(url)
    except ValueError:
        return None


def _shown(url: str) -> str:
    """Return *url* as errors may show it: what stands before a host may be a password."""
    kind, separator, rest = url.rpartition("@")
    if separator:
        return f"{kind.partition('://')[0]}://…@{rest}" if "://" in kind else f"…@{rest}"
    return "…" if "password=" in url.lower() else url
