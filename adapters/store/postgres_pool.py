"""Connections to a PostgreSQL server: a pool of our own settings, on any address that libpq understands."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import psycopg
from eventsourcing.postgres import ConnectionPool, PostgresDatastore
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import TupleRow, tuple_row
from psycopg_pool import PoolTimeout

from ventanilla.adapters.store.opener import Opener
from ventanilla.core.errors import Unavailable

SIZE = 8
"""How many connections a desk has at most for its commands, and how many for those who read at their leisure."""


class Datastore(PostgresDatastore):
    """The package's datastore with a pool of our own settings, opened on any address that libpq understands."""

    def __init__(self, url: str, schema: str) -> None:
        self.schema = schema
        self.originator_id_type = "text"
        self.single_row_tracking = True
        self.enable_db_functions = False
        self.lock_timeout = 5
        self.pool_open_timeout = None
        self.db_type_names = set()
        self.psycopg_type_adapters = {}
        self.psycopg_python_types = {}
        self._url = url
        self.opener = Opener(without_password(url))
        pool = functools.partial(
            ConnectionPool,
            url,
            connection_class=cast("Any", psycopg.Connection),
            kwargs={"row_factory": tuple_row, "autocommit": True},
            max_size=SIZE,
            open=False,
            configure=functools.partial(_configure, schema),
            reconnect_timeout=30,
            num_workers=1,
        )
        self.pool = pool(min_size=1, timeout=5)
        # Of its own, so that nobody who reads half an answer keeps a command waiting; dead connections are let go of.
        self.readers = pool(min_size=0, timeout=10, check=ConnectionPool.check_connection)

    def register_type_adapters(self) -> None:
        """Do nothing: the package's composite types are not used."""

    @contextmanager
    def get_connection(self) -> Iterator[psycopg.Connection[Any]]:
        """Lend a connection for a command, or for reading that is done at once.

        Raises:
            Unavailable: It was opened before a fork, as in :meth:`reader` and :meth:`connect`.
        """
        self.opener.refuse_child()
        with super().get_connection() as connection:
            yield connection

    @contextmanager
    def reader(self) -> Iterator[psycopg.Connection[TupleRow]]:
        """Lend a connection to somebody who reads for as long as they like.

        Raises:
            Unavailable: So many read already.
        """
        self.opener.refuse_child()
        self.readers.open(wait=False)
        try:
            connection = self.readers.getconn()
        except PoolTimeout:
            if self.readers.get_stats()["pool_size"] < SIZE:
                raise
            raise Unavailable(
                f"{without_password(self._url)}: {SIZE} answers are half read: read them to their end, or close them"
            ) from None
        try:
            yield connection
        finally:
            self.readers.putconn(connection)

    def close(self) -> None:
        """Close all connections that were lent, in the process that opened them: a child would end its parent's."""
        if self.opener.is_here():
            self.readers.close()
            super().close()

    def connect(self) -> psycopg.Connection[TupleRow]:
        """Return a connection of the caller's own, outside the pool.

        Raises:
            Unavailable: The server cannot be reached, or does not let us in.
        """
        self.opener.refuse_child()
        try:
            connection = psycopg.connect(self._url, autocommit=True, row_factory=tuple_row)
        except psycopg.Error as error:
            raise Unavailable(f"{without_password(self._url)}: {first_line(error)}") from error
        try:
            _configure(self.schema, connection)
        except BaseException:
            connection.close()
            raise
        return connection


def _configure(schema: str, connection: psycopg.Connection[Any]) -> None:
    connection.execute(
        "SELECT set_config('search_path', %s, false), set_config('synchronous_commit', 'on', false), "
        "set_config('lock_timeout', '5s', false), set_config('idle_in_transaction_session_timeout', '60s', false), "
        "set_config('timezone', 'UTC', false)",
        (f'"{schema}"',),
    )


def first_line(error: BaseException) -> str:
    """Return what *error* says, as far as one line goes."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def without_password(url: str) -> str:
    """Return what errors call the database at *url*: server and name, never a secret."""
    parts = None if _is_misread(url) else _parts(url)
    if parts is None:
        raise Unavailable(
            "the address of the database is not understood: write postgresql://user@host/database, with %, @ and / "
            "of a password as %25, %40 and %2F"
        )
    place = parts.get("host") or parts.get("service") or "localhost"
    return f"postgresql://{place}/{parts.get('dbname') or ''}"


def _parts(url: str) -> dict[str, Any] | None:
    """Return the parts of *url*; ``None`` if it has none, and not why: that might show the password."""
    try:
        return dict(conninfo_to_dict(url))
    except psycopg.Error:
        return None


def _is_misread(url: str) -> bool:
    """Return whether libpq takes the end of a password for the host or the database."""
    _, scheme, place = url.partition("?")[0].partition("://")
    before, _, _ = place.rpartition("@")
    return bool(scheme) and ("@" in before or "/" in before)
