"""Whether all tables are there, and all positions that were given out."""

from __future__ import annotations

import re

from ventanilla.adapters.doctor.finding import Findings
from ventanilla.adapters.store.database import Dialect, Snapshot
from ventanilla.adapters.store.schema import tables

_MADE = re.compile(r"CREATE (TABLE|INDEX|VIEW) (?:IF NOT EXISTS )?(\w+)")
_THERE = {
    "sqlite": "SELECT name FROM sqlite_master",
    "postgresql": "SELECT relname::text FROM pg_class WHERE relnamespace = current_schema()::regnamespace",
}
_GAPS = (
    "SELECT before + 1, position - 1 FROM (SELECT rowid AS position, lag(rowid, 1, 0) OVER (ORDER BY rowid) AS before "
    "FROM events WHERE rowid > 0) WHERE position > before + 1 ORDER BY 1"
)


def look_at_schema(snapshot: Snapshot, dialect: Dialect, found: Findings) -> None:
    """Look whether every table, index and view that a desk is made with is there."""
    there = {name for (name,) in snapshot.rows(_THERE[dialect.name])}
    for kind, name in (match.groups() for statement in tables(dialect) if (match := _MADE.match(statement))):
        if name not in there:
            found.add("schema.missing", f"the {kind.lower()} {name} is not there: restore a backup, or make it anew")


def look_at_gaps(snapshot: Snapshot, found: Findings) -> None:
    """Warn of positions of a SQLite file at which nothing is: there, what is not recorded takes none.

    On PostgreSQL gaps are natural: each command that was refused by the database leaves one.
    """
    for first, last in snapshot.rows(_GAPS):
        _warn(found, first, last, "is in the log: it was taken out, or came from PostgreSQL, where gaps are natural")
    ((head,),) = snapshot.rows("SELECT coalesce(max(rowid), 0) FROM events")
    for (given,) in snapshot.rows("SELECT seq FROM sqlite_sequence WHERE name = 'events'"):
        if given > head:
            _warn(found, head + 1, given, "is in the log, and all were given out: the log lost its end")


def _warn(found: Findings, first: int, last: int, said: str) -> None:
    place = f"position {first:,}" if first == last else f"positions {first:,} to {last:,}"
    found.warn("position.gap", f"nothing at {place} {said}")
