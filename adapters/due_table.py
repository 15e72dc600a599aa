"""The table of due instants: disposable, filled from the log, read by time.

It lies where views lie: on SQLite in a file of their own, on a server beside the log. It knows what is on loan, and
until when; what was acknowledged is remembered by claims in the log's store, not here: the table may be lost at any
time. Whoever changes instants or lends them is alone. Instants are whole microseconds since 1970.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from attrs import frozen

from ventanilla.adapters.store.database import CHUNK, Cursor, Database
from ventanilla.adapters.store.instants import instant, stamp
from ventanilla.adapters.store.port import Store
from ventanilla.adapters.views.tables import alone
from ventanilla.core.errors import Unavailable
from ventanilla.projections.due import Instant
from ventanilla.projections.policy import LevelKind

VERSION = 3
WAKE = "wake"
"""The kind of rows that say when to look at a ticket again: a pause ends by itself then."""

_TABLES = (
    """CREATE TABLE due_instants (
        ticket {text} NOT NULL, slot {text} NOT NULL, clock {text} NOT NULL, number BIGINT NOT NULL,
        kind {text} NOT NULL, level BIGINT NOT NULL, at BIGINT NOT NULL, free_at BIGINT NOT NULL,
        PRIMARY KEY (ticket, slot, clock, number, kind, level)){rowless}""",
    "CREATE INDEX due_instants_by_time ON due_instants (free_at)",
    "CREATE TABLE due_settings (stream {text} PRIMARY KEY)",
    "CREATE TABLE due_ties (ticket {text} NOT NULL, other {text} NOT NULL, PRIMARY KEY (ticket, other)){rowless}",
    "CREATE INDEX due_ties_by_other ON due_ties (other)",
)
_PROGRESS = (
    "CREATE TABLE IF NOT EXISTS due_progress (only_one BIGINT PRIMARY KEY, version BIGINT NOT NULL, "
    "log {text} NOT NULL, seen BIGINT NOT NULL, folded BIGINT NOT NULL, binds BIGINT NOT NULL, stale BIGINT NOT NULL)"
)


_ROW = "ticket = ? AND slot = ? AND clock = ? AND number = ? AND kind = ? AND level = ?"


@frozen(kw_only=True)
class Due:
    """A clock of a ticket wants attention.

    Attributes:
        ticket: Which ticket.
        slot: The clock's slot.
        clock: The clock's name.
        number: Which instance of it.
        kind: ``warn``, ``due`` or ``escalate``.
        level: 1, 2, 3, … of warnings and of escalation; 0 for due.
        at: Since when.
    """

    ticket: str
    slot: str
    clock: str
    number: int
    kind: LevelKind
    level: int
    at: datetime

    @property
    def key(self) -> str:
        """What tells it apart for ever; an idempotency key for whatever is done about it."""
        return f"due:{self.ticket}:{self.slot}:{self.clock}:{self.number}:{self.kind}:{self.level}"


@frozen(kw_only=True)
class Coming:
    """What is to come of a ticket.

    Attributes:
        ticket: The ticket.
        instants: When its clocks warn, are due and escalate.
        wake: When to look at it again; ``None``: only when something happens to it.
    """

    ticket: str
    instants: tuple[Instant, ...] = ()
    wake: datetime | None = None


def open_due_table(store: Store) -> DueTable:
    """Return the table of *store*'s log.

    Raises:
        Unavailable: It cannot be used.
    """
    database = store.database.beside()
    try:
        table = DueTable(database)
        table.belong_to(store.identity(), store.head)
    except BaseException:
        database.close()
        raise
    return table


class DueTable:
    """The table.

    Args:
        database: Where it lies; it is made if it is not there, thrown away if it is of another version.

    Raises:
        Unavailable: The database cannot be used.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        try:
            if database.select("SELECT 1 FROM due_progress WHERE version = ?", (VERSION,)):
                return
        except Unavailable:
            pass  # no such table, or no database at all, which the next statement says
        with self._alone() as cursor:
            cursor.execute(database.dialect.say(_PROGRESS))
            cursor.execute("SELECT version FROM due_progress")
            if cursor.fetchall() != [(VERSION,)]:  # look again: another process may have made it
                self._begin(cursor)

    def belong_to(self, log: str, head: Callable[[], int]) -> None:
        """Empty the table unless it was filled from the log called *log*, no further than its *head*."""
        statement = "SELECT log, seen FROM due_progress"
        ((mine, seen),) = self._database.select(statement)
        if mine == log and seen <= head():  # asked after what was seen: both grow meanwhile
            return
        with self._alone() as cursor:
            cursor.execute(statement)
            if cursor.fetchall() == [(mine, seen)]:  # else another process was faster
                self._begin(cursor)
                cursor.execute("UPDATE due_progress SET log = ?", (log,))

    # How far it has come.

    def seen(self) -> int:
        """Return the position up to which the log was searched for settings."""
        ((seen,),) = self._database.select("SELECT seen FROM due_progress")
        return int(seen)

    def settings(self) -> list[str]:
        """Return the streams of settings, by name."""
        return [stream for (stream,) in self._database.select("SELECT stream FROM due_settings ORDER BY stream")]

    def tied_to(self, ticket: str) -> list[str]:
        """Return the tickets that were ever merged into *ticket*, or from which it was split."""
        return [other for (other,) in self._database.select("SELECT other FROM due_ties WHERE ticket = ?", (ticket,))]

    def tied_from(self, others: Collection[str]) -> list[str]:
        """Return the tickets that any of *others* was ever merged into, or that were split from one of them."""
        names, found = list(others), []
        for start in range(0, len(names), CHUNK):
            some = names[start : start + CHUNK]
            marks = ", ".join("?" * len(some))
            found += self._database.select(f"SELECT DISTINCT ticket FROM due_ties WHERE other IN ({marks})", some)
        return [ticket for (ticket,) in found]

    def saw(self, seen: int, settings: Collection[str], ties: Collection[tuple[str, str]]) -> None:
        """Keep that the log was searched up to *seen* and what was found; settings make all instants stale."""
        with self._database.write() as cursor:
            cursor.executemany(
                "INSERT INTO due_settings (stream) VALUES (?) ON CONFLICT DO NOTHING", [(name,) for name in settings]
            )
            cursor.executemany("INSERT INTO due_ties (ticket, other) VALUES (?, ?) ON CONFLICT DO NOTHING", ties)
            cursor.execute("UPDATE due_progress SET seen = ? WHERE seen < ?", (seen, seen))
            if settings:
                cursor.execute("UPDATE due_progress SET stale = 1")

    def folded(self) -> tuple[int, int, bool]:
        """Return up to which position tickets were folded, how many policies had bound then, and whether in vain."""
        ((folded, binds, stale),) = self._database.select("SELECT folded, binds, stale FROM due_progress")
        return int(folded), int(binds), bool(stale)

    def begin_again(self, binds: int) -> None:
        """Forget all instants but those on loan, to fold all tickets anew under *binds* policies."""
        with self._alone() as cursor:
            cursor.execute("DELETE FROM due_instants WHERE free_at = at")
            cursor.execute("UPDATE due_progress SET folded = 0, binds = ?, stale = 0", (binds,))

    # What is in it.

    def put(self, coming: Collection[Coming], before: int | None = None, after: int | None = None) -> bool:
        """Let *coming* be all that is to come of those tickets.

        Args:
            coming: Of each ticket.
            before: Where the table must stand, if it is to move on.
            after: Where it stands then.

        Returns:
            False, with nothing kept, if it does not stand at *before*: another process was faster.
        """
        with self._alone() as cursor:
            if after is not None:
                cursor.execute("UPDATE due_progress SET folded = ? WHERE folded = ?", (after, before))
                if not cursor.rowcount:
                    return False
            lent = self._lent(cursor, [one.ticket for one in coming])
            cursor.executemany("DELETE FROM due_instants WHERE ticket = ?", [(one.ticket,) for one in coming])
            cursor.executemany(
                "INSERT INTO due_instants (ticket, slot, clock, number, kind, level, at, free_at) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [(*row, max(row[-1], lent.get(row[:-1], row[-1]))) for one in coming for row in _rows(one)],
            )
        return True

    def lend(self, now: datetime, until: datetime, limit: int) -> tuple[list[Due], list[str]]:
        """Return up to *limit* rows whose instant has come and that are not on loan, by time, and lend them.

        Args:
            now: The instant of looking.
            until: The end of the loan.
            limit: How many rows at most.

        Returns:
            What is lent, and tickets to look at again.
        """
        columns = "ticket, slot, clock, number, kind, level, at"
        ready = f"SELECT {columns} FROM due_instants WHERE free_at <= ? ORDER BY free_at LIMIT ?"
        if not self._database.select(ready, (stamp(now), 1)):  # nobody has to be alone to find nothing
            return [], []
        with self._alone() as cursor:
            cursor.execute(ready, (stamp(now), limit))
            rows = cursor.fetchall()
            lent = [row[:-1] for row in rows if row[4] != WAKE]
            cursor.executemany(
                f"UPDATE due_instants SET free_at = ? WHERE {_ROW}", [(stamp(until), *row) for row in lent]
            )
        due = [
            Due(ticket=ticket, slot=slot, clock=clock, number=number, kind=kind, level=level, at=instant(at))
            for ticket, slot, clock, number, kind, level, at in rows
            if kind != WAKE
        ]
        return due, [row[0] for row in rows if row[4] == WAKE]

    def drop(self, dues: Iterable[Due]) -> None:
        """Take rows out: they are seen to."""
        keys = [(due.ticket, due.slot, due.clock, due.number, due.kind, due.level) for due in dues]
        if keys:
            with self._alone() as cursor:
                cursor.executemany(f"DELETE FROM due_instants WHERE {_ROW}", keys)

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()

    def _lent(self, cursor: Cursor, tickets: Sequence[str]) -> dict[tuple[str, str, str, int, str, int], int]:
        """Return until when what of *tickets* is on loan, by row."""
        found: dict[tuple[str, str, str, int, str, int], int] = {}
        for start in range(0, len(tickets), CHUNK):
            some = tickets[start : start + CHUNK]
            cursor.execute(
                "SELECT ticket, slot, clock, number, kind, level, free_at FROM due_instants WHERE free_at > at "
                f"AND ticket IN ({', '.join('?' * len(some))})",
                some,
            )
            found |= {row[:-1]: row[-1] for row in cursor.fetchall()}
        return found

    @contextmanager
    def _alone(self) -> Iterator[Cursor]:
        """Open a transaction that makes tables, or changes instants: one process at a time."""
        with self._database.write() as cursor:
            alone(cursor, self._database.dialect)
            yield cursor

    def _begin(self, cursor: Cursor) -> None:
        """Make the tables empty."""
        for table in ("due_instants", "due_settings", "due_ties"):
            cursor.execute(f"DROP TABLE IF EXISTS {table}")
        for statement in _TABLES:
            cursor.execute(self._database.dialect.say(statement))
        cursor.execute("DELETE FROM due_progress")
        cursor.execute(
            "INSERT INTO due_progress (only_one, version, log, seen, folded, binds, stale) "
            "VALUES (1, ?, '', 0, 0, 0, 0)",
            (VERSION,),
        )


def _rows(coming: Coming) -> Sequence[tuple[str, str, str, int, str, int, int]]:
    """Return the rows of a ticket."""
    rows = [
        (coming.ticket, one.slot, one.clock, one.number, str(one.kind), one.level, stamp(one.at))
        for one in coming.instants
    ]
    if coming.wake is not None:
        rows.append((coming.ticket, "", "", 0, WAKE, 0, stamp(coming.wake)))
    return rows
