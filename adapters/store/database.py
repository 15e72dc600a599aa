"""A database as the store uses it: SQL with ``?`` for values, the same statements whatever the backend.

The few words in which the backends differ are a :class:`Dialect`; how a connection is kept, how a transaction begins
and what an error means is each backend's own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from attrs import frozen

CHUNK = 500
"""Values a statement: SQLite limits their number."""


@frozen(kw_only=True)
class Dialect:
    """The words in which a backend differs.

    Attributes:
        name: ``"sqlite"`` or ``"postgresql"``.
        position: The column of the log that holds the position, by the name that the recorder's package gives it.
        serial: The type of that column: a key that counts up and is never reused.
        text: The type of ids: text that is compared byte by byte.
        blob: The type of bytes.
        rowless: What follows a table whose key is all there is to it.
        shown: The expressions with which the view ``log`` shows payload and instant of recording to people.
        holds: The condition that a payload holds some bytes.
        given: The statement that tells the last position that was given out; empty if it looks after itself.
        go_on: What makes the next position follow the last one, after rows were written with theirs; empty if it does.
    """

    name: str
    position: str
    serial: str
    text: str
    blob: str
    rowless: str
    shown: tuple[str, str]
    holds: str
    given: str = ""
    go_on: str = ""

    def say(self, statement: str) -> str:
        """Return *statement* in this dialect: ``{blob}`` and the like filled in."""
        payload, recorded_at = self.shown
        words = {"position": self.position, "serial": self.serial, "text": self.text, "blob": self.blob}
        return statement.format(**words, rowless=self.rowless, shown_payload=payload, shown_recorded_at=recorded_at)


class Snapshot(Protocol):
    """A database as it stood at one moment, whatever others write meanwhile."""

    def rows(self, statement: str, values: Sequence[Any] = (), /) -> Iterator[tuple[Any, ...]]:
        """Return what *statement* finds, row by row: never all at once."""
        ...


class Cursor(Protocol):
    """What is done within one transaction."""

    @property
    def rowcount(self) -> int:
        """How many rows the last statement changed."""
        ...

    def execute(self, statement: str, values: Sequence[Any] = ..., /) -> object:
        """Run one statement."""
        ...

    def executemany(self, statement: str, values: Collection[Sequence[Any]], /) -> object:
        """Run one statement for each of *values*."""
        ...

    def fetchall(self) -> list[Any]:
        """Return the rows of the last statement, as tuples."""
        ...


class Database(Protocol):
    """A database that is open.

    Every method raises :class:`~ventanilla.core.errors.Unavailable` when it cannot be used, and
    :class:`~ventanilla.core.errors.Conflict` when a key is taken.
    """

    where: str
    """What errors call it: a file, or a server and database; never a password."""

    dialect: Dialect

    def select(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return the rows that *statement* finds."""
        ...

    def stream(self, statement: str, values: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        """Return the rows that *statement* finds, all as they stood when the first was read, however many they are."""
        ...

    def write(self) -> AbstractContextManager[Cursor]:
        """Open a transaction that may write from its first statement; it is kept at the end, or not at all."""
        ...

    def snapshot(self) -> AbstractContextManager[Snapshot]:
        """Look at everything as it stands now, for as long as it takes; nobody has to wait for it."""
        ...

    def purge(self) -> bool:
        """Take what was deleted out of the files as well: all of it, or else the keys without which nothing opens.

        Return False if it is still there: a reader holds it for now, or we may not clean up.
        """
        ...

    def beside(self) -> Database:
        """Return where tables go that are made from the log: writing there never holds up the log."""
        ...

    def upsert(self, cursor: Any, table: str, columns: Mapping[str, str], rows: Collection[Sequence[Any]]) -> None:
        """Put *rows* into *table*, in place of those with the same key.

        Args:
            cursor: The transaction, as :meth:`write` gives it.
            table: The table.
            columns: Its columns and whether each is ``"int8"`` or ``"text"``; the first is the key.
            rows: Their values; no two with the same key.
        """
        ...

    def refuse_child(self) -> None:
        """Raise :class:`~ventanilla.core.errors.Unavailable` in a process that was forked off the one that opened it.

        There every other method raises it, too, and :meth:`close` leaves to the parent what is the parent's.
        """
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


def upsert_statement(table: str, columns: Collection[str], values: str | None = None) -> str:
    """Return what inserts *values*, or one row of marks, in place of the row with the same key: the first column."""
    key, *others = columns
    values = values or f"VALUES ({', '.join('?' * len(columns))})"
    new = ", ".join(f"{name} = excluded.{name}" for name in others)
    return f"INSERT INTO {table} ({', '.join(columns)}) {values} ON CONFLICT ({key}) DO UPDATE SET {new}"


def select_in(database: Database, statement: str, values: Collection[str]) -> Iterator[tuple[Any, ...]]:
    """Return the rows that *statement* finds for all of *values*, which go where it says ``IN ({})``."""
    todo = list(values)
    for start in range(0, len(todo), CHUNK):
        some = todo[start : start + CHUNK]
        yield from database.select(statement.replace("IN ({})", f"IN ({', '.join('?' * len(some))})"), some)
