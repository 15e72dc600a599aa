"""The fact table of tickets over any database."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Literal, TypeAlias

from ventanilla.adapters.store.database import Cursor, Database, select_in
from ventanilla.adapters.store.port import Store
from ventanilla.adapters.views import tables
from ventanilla.adapters.views.tables import COLUMNS, PARKED, VERSION
from ventanilla.core.errors import Conflict, Unavailable
from ventanilla.projections.parked import Parked
from ventanilla.projections.runner import Mark
from ventanilla.projections.tickets import TicketFacts

Suffix: TypeAlias = Literal["", "_next"]
LIVE: Suffix = ""
NEXT: Suffix = "_next"


def open_view(store: Store) -> TicketView:
    """Return the view of *store*'s log.

    On SQLite it is a file of its own, ``desk.views.db``; on a server it lies beside the log. Neither holds up the log.

    Raises:
        Unavailable: The view cannot be used.
    """
    database = store.database.beside()
    try:
        view = TicketView(database)
        view.belong_to(store.identity(), store.head)
    except BaseException:
        database.close()
        raise
    return view


class TicketView:
    """Meets :class:`~ventanilla.projections.runner.View`.

    Args:
        database: Where its tables are; made if they are not there, thrown away if they are of another version.
        suffix: At the end of the tables' names.

    Raises:
        Unavailable: The database cannot be used.
    """

    def __init__(self, database: Database, *, suffix: Suffix = LIVE) -> None:
        self.database = database
        self._suffix = suffix
        self._name = f"tickets{suffix}"
        if suffix == LIVE:
            self._prepare()

    def belong_to(self, log: str, head: Callable[[], int]) -> None:
        """Throw all rows away unless they were folded from the log called *log*, no further than its *head*."""
        statement = "SELECT log, position FROM view_progress WHERE name = ?"
        ((mine, position),) = self.database.select(statement, (self._name,))
        if mine == log and position <= head():  # asked after the position: both grow meanwhile
            return
        with self._alone() as cursor:
            cursor.execute(statement, (self._name,))
            if cursor.fetchall() == [(mine, position)]:  # else another process was faster
                self._begin(cursor, log)

    def mark(self) -> Mark:
        """See :meth:`View.mark`.

        Raises:
            Conflict: It was finished, or thrown away, by another worker.
            Unavailable: Another version of ventanilla has made the view anew meanwhile.
        """
        found = self.database.select("SELECT position, build, version FROM view_progress WHERE name = ?", (self._name,))
        if not found:
            raise Conflict("another worker has made the view anew")
        ((position, build, version),) = found
        if version != VERSION:
            raise Unavailable(f"{self.database.where}: the view was made anew by another version of ventanilla")
        return Mark(position=position, build=build)

    def position(self) -> int:
        """Return the position of the last event that is in it, or parked beside it."""
        return self.mark().position

    def rows_of(self, tickets: Collection[str]) -> dict[str, TicketFacts]:
        """See :meth:`View.rows_of`."""
        statement = f"SELECT {', '.join(COLUMNS)} FROM view_tickets{self._suffix} WHERE ticket IN ({{}})"
        found = map(tables.from_columns, select_in(self.database, statement, list(map(tables.keep, tickets))))
        return {row.ticket: row for row in found}

    def rows(self) -> Iterator[TicketFacts]:
        """Return all rows, by ticket, as they stand now; memory stays flat."""
        statement = f"SELECT {', '.join(COLUMNS)} FROM view_tickets{self._suffix} ORDER BY ticket"
        return map(tables.from_columns, self.database.stream(statement))

    def rows_where(self, name: Literal["customer", "merged_into"], value: str) -> list[TicketFacts]:
        """Return the rows with *value* in the column *name*, by ticket."""
        statement = f"SELECT {', '.join(COLUMNS)} FROM view_tickets{self._suffix} WHERE {name} = ? ORDER BY ticket"
        return [tables.from_columns(row) for row in self.database.select(statement, (tables.keep(value),))]

    def parked(self) -> list[Parked]:
        """See :meth:`View.parked`."""
        statement = f"SELECT {', '.join(PARKED)} FROM view_parked{self._suffix} ORDER BY position"
        return [tables.parked_from_columns(row) for row in self.database.select(statement)]

    def parked_of(self, tickets: Collection[str]) -> dict[str, Parked]:
        """See :meth:`View.parked_of`."""
        if not self.database.select(f"SELECT 1 FROM view_parked{self._suffix} LIMIT 1"):
            return {}  # as nearly always: no need to ask for each
        statement = f"SELECT {', '.join(PARKED)} FROM view_parked{self._suffix} WHERE stream IN ({{}})"
        found = map(tables.parked_from_columns, select_in(self.database, statement, list(map(tables.keep, tickets))))
        return {row.stream: row for row in found}

    def last_at(self) -> datetime | None:
        """Return the newest instant of any event up to where the view stands; ``None`` for an empty view."""
        ((newest,),) = self.database.select("SELECT last_at FROM view_progress WHERE name = ?", (self._name,))
        return datetime.fromisoformat(newest) if newest else None

    def save(
        self,
        rows: Collection[TicketFacts],
        parked: Collection[Parked],
        before: Mark,
        after: Mark,
        freed: Collection[str] = (),
    ) -> bool:
        """See :meth:`View.save`."""
        newest = tables.to_text(after.newest) if after.newest else ""
        with self.database.write() as cursor:
            cursor.execute(
                "UPDATE view_progress SET position = ?, build = ?, "
                "last_at = CASE WHEN last_at < ? THEN ? ELSE last_at END "
                "WHERE name = ? AND version = ? AND position = ? AND build = ?",
                (after.position, after.build, newest, newest, self._name, VERSION, before.position, before.build),
            )
            if not cursor.rowcount:
                return False
            if rows:
                self.database.upsert(
                    cursor, f"view_tickets{self._suffix}", COLUMNS, [tables.to_columns(row) for row in rows]
                )
            if parked:
                self.database.upsert(
                    cursor, f"view_parked{self._suffix}", PARKED, [tables.parked_to_columns(found) for found in parked]
                )
            for stream in freed:
                cursor.execute(f"DELETE FROM view_parked{self._suffix} WHERE stream = ?", (tables.keep(stream),))
        return True

    def clear(self) -> None:
        """Throw all rows away; the next catch-up folds the whole log again."""
        with self._alone() as cursor:
            self._begin(cursor)

    def beside(self) -> TicketView:
        """Return an empty view beside this one, to be folded anew; one that was left half done is dropped."""
        other = TicketView(self.database, suffix=NEXT)
        with self._alone() as cursor:
            cursor.execute("SELECT log FROM view_progress WHERE name = ?", (self._name,))
            ((log,),) = cursor.fetchall()
            other._begin(cursor, log)
        return other

    def replace_by(self, other: TicketView) -> bool:
        """Put *other*, which was begun :meth:`beside` this view, in its place, in one transaction.

        Returns:
            False, with nothing changed, if this view is ahead of it: it has to catch up first.

        Raises:
            Conflict: Another worker was faster; the view has been made anew.
            Unavailable: On a server: somebody reads all rows of the old one, and does not come to an end.
        """
        with self._alone() as cursor:
            tables.impatiently(cursor, self.database.dialect)
            marks = []
            for view in (self, other):
                cursor.execute(
                    "UPDATE view_progress SET position = position WHERE name = ?", (view._name,)
                )  # no saving
                cursor.execute("SELECT position, build FROM view_progress WHERE name = ?", (view._name,))
                marks += cursor.fetchall()
            if len(marks) < 2:
                raise Conflict("another worker has made the view anew")
            (mine, build), (theirs, other_build) = marks
            if theirs < mine:
                return False
            tables.rename_tables(cursor, other._suffix, self._suffix)
            cursor.execute("DELETE FROM view_progress WHERE name = ?", (self._name,))
            cursor.execute(
                "UPDATE view_progress SET name = ?, build = ? WHERE name = ?",
                (self._name, max(build, other_build) + 1, other._name),
            )
        return True

    def close(self) -> None:
        """Let go of the database."""
        self.database.close()

    @contextmanager
    def _alone(self) -> Iterator[Cursor]:
        """Open a transaction that makes tables: one process at a time."""
        with self.database.write() as cursor:
            tables.alone(cursor, self.database.dialect)
            yield cursor

    def _prepare(self) -> None:
        """Make the tables, or see that they are of this version."""
        try:
            if self.database.select(
                "SELECT 1 FROM view_progress WHERE name = ? AND version = ?", (self._name, VERSION)
            ):
                return
        except Unavailable:
            pass  # no such table, or no database at all, which the next statement says
        try:
            with self._alone() as cursor:
                cursor.execute(self.database.dialect.say(tables.PROGRESS))
                cursor.execute("SELECT version FROM view_progress WHERE name = ?", (self._name,))
                if cursor.fetchall() != [(VERSION,)]:  # look again: another process may have made them
                    self._begin(cursor, "")
        except Unavailable as error:
            raise Unavailable(f"{error}; a view holds nothing that the log does not") from error

    def _begin(self, cursor: Cursor, log: str | None = None) -> None:
        """Make the tables empty, for the log called *log*; ``None``: the same as before."""
        cursor.execute("SELECT max(build) FROM view_progress")
        ((build,),) = cursor.fetchall()
        cursor.execute("SELECT log FROM view_progress WHERE name = ?", (self._name,))
        found = cursor.fetchall()
        if log is None:
            log = found[0][0] if found else ""
        cursor.execute("DELETE FROM view_progress WHERE name = ?", (self._name,))
        tables.make_tables(cursor, self.database.dialect, self._suffix, (build or 0) + 1)
        cursor.execute(
            "INSERT INTO view_progress (name, version, log, build, position, last_at) VALUES (?, ?, ?, ?, 0, '')",
            (self._name, VERSION, log, (build or 0) + 1),
        )
