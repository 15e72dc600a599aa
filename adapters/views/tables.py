"""The tables of a view: names, columns, and how a row of facts becomes a row of SQL and comes back.

- ``view_tickets``: one row a ticket, the columns of :class:`~ventanilla.projections.tickets.TicketFacts`. Instants are
  ISO 8601 text in UTC, ``facts`` is a JSON object as text.
- ``view_parked``: the tickets whose row stands still, and why.
- ``view_progress``: one row a view: which version of the fold, which log, how far, the newest instant.

While a view is made anew its tables stand beside the old ones, by the same names with ``_next``.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import attrs
import msgspec

from ventanilla.adapters.store.database import Cursor, Dialect
from ventanilla.projections.parked import Parked
from ventanilla.projections.tickets import TicketFacts

VERSION = 6
"""Raised whenever the fold would make other rows of the same log: an older view is then thrown away and rebuilt."""

_INTEGERS = {"version", "reopens"}
COLUMNS = {
    name: "int8" if name in _INTEGERS or name.endswith("_position") else "text"
    for name in (field.name for field in attrs.fields(TicketFacts))
}
PARKED = {"stream": "text", "position": "int8", "topic": "text", "reason": "text", "events": "int8"}

PROGRESS = (
    "CREATE TABLE IF NOT EXISTS view_progress (name {text} PRIMARY KEY, version BIGINT NOT NULL, log {text} NOT NULL, "
    "build BIGINT NOT NULL, position BIGINT NOT NULL, last_at {text} NOT NULL)"
)
LOCK = 0x76656E7477  # "ventw": the lock under which one process makes tables, on a server

_DECLARED = ", ".join(f"{name} {'BIGINT' if kind == 'int8' else '{text}'}" for name, kind in COLUMNS.items())
_TABLES = (
    f"CREATE TABLE view_tickets~ ({_DECLARED}, PRIMARY KEY (ticket)){{rowless}}",
    "CREATE INDEX view_tickets_by_customer_^ ON view_tickets~ (customer) WHERE customer IS NOT NULL",
    "CREATE INDEX view_tickets_by_merge_^ ON view_tickets~ (merged_into) WHERE merged_into IS NOT NULL",
    "CREATE TABLE view_parked~ (stream {text} PRIMARY KEY, position BIGINT NOT NULL, topic {text} NOT NULL, "
    "reason {text} NOT NULL, events BIGINT NOT NULL)",
)


def make_tables(cursor: Cursor, dialect: Dialect, suffix: str, build: int) -> None:
    """Make the tables whose names end in *suffix*, empty, in place of those that are there."""
    drop_tables(cursor, suffix)
    for statement in _TABLES:  # the build is in the names of indexes: they keep them when their table gets another
        cursor.execute(dialect.say(statement.replace("~", suffix).replace("^", str(build))))


def drop_tables(cursor: Cursor, suffix: str) -> None:
    """Drop the tables whose names end in *suffix*."""
    cursor.execute(f"DROP TABLE IF EXISTS view_tickets{suffix}")
    cursor.execute(f"DROP TABLE IF EXISTS view_parked{suffix}")


def rename_tables(cursor: Cursor, old: str, new: str) -> None:
    """Let the tables whose names end in *old* take the place of those whose names end in *new*."""
    drop_tables(cursor, new)
    cursor.execute(f"ALTER TABLE view_tickets{old} RENAME TO view_tickets{new}")
    cursor.execute(f"ALTER TABLE view_parked{old} RENAME TO view_parked{new}")


def alone(cursor: Cursor, dialect: Dialect) -> None:
    """Wait until no other process makes tables, and keep them from it until the transaction ends."""
    if dialect.name == "postgresql":  # SQLite has one writer at a time anyway
        cursor.execute(f"SELECT pg_advisory_xact_lock({LOCK})")


def impatiently(cursor: Cursor, dialect: Dialect) -> None:
    """Wait but a second for those who read: others who come to read would have to wait, too."""
    if dialect.name == "postgresql":
        cursor.execute("SET LOCAL lock_timeout = '1s'")


def keep(text: str) -> str:
    """Return *text* as every database keeps it: PostgreSQL has no place for NUL."""
    if "\0" in text or "\x1b" in text:
        return text.replace("\x1b", "\x1b\x1b").replace("\0", "\x1b0")
    return text


def kept(text: str) -> str:
    """Return what :func:`keep` was given."""
    if "\x1b" in text:
        return "\x1b".join(part.replace("\x1b0", "\0") for part in text.split("\x1b\x1b"))
    return text


@functools.lru_cache(maxsize=4_096)
def to_text(instant: datetime) -> str:
    """Return *instant* as text that sorts as it does."""
    return instant.isoformat(timespec="microseconds")


def to_columns(row: TicketFacts) -> list[Any]:
    """Return *row* as the database keeps it."""
    values = list(_values_of(row.__dict__))
    for index in _INSTANTS:
        if values[index] is not None:
            values[index] = to_text(values[index])
    for index in _TEXTS:
        if values[index] is not None:
            values[index] = keep(values[index])
    values[_FACTS] = msgspec.json.encode(values[_FACTS], order="deterministic").decode() if values[_FACTS] else "{}"
    return values


def from_columns(row: Iterable[Any]) -> TicketFacts:
    """Return the facts that the database keeps as *row*."""
    values = list(row)
    for index in _INSTANTS:
        if values[index] is not None:
            values[index] = datetime.fromisoformat(values[index])
    for index in _TEXTS:
        if values[index] is not None and "\x1b" in values[index]:
            values[index] = kept(values[index])
    values[_FACTS] = msgspec.json.decode(values[_FACTS])
    facts = object.__new__(TicketFacts)  # as its class would make it, at a third of the price
    facts.__dict__.update(zip(COLUMNS, values, strict=True))
    return facts


def parked_to_columns(found: Parked) -> tuple[Any, ...]:
    """Return *found* as the database keeps it."""
    return keep(found.stream), found.position, keep(found.topic), keep(found.reason), found.events


def parked_from_columns(row: tuple[Any, ...]) -> Parked:
    """Return what the database keeps as *row*."""
    stream, position, topic, reason, events = row
    return Parked(stream=kept(stream), position=position, topic=kept(topic), reason=kept(reason), events=events)


_values_of = operator.itemgetter(*COLUMNS)
_NAMES = list(COLUMNS)
_FACTS = _NAMES.index("facts")
_INSTANTS = [index for index, name in enumerate(_NAMES) if name.endswith("_at")]
_CODED = {_FACTS, _NAMES.index("status"), _NAMES.index("stated"), *_INSTANTS}  # words of ours
_TEXTS = [index for index, kind in enumerate(COLUMNS.values()) if kind == "text" and index not in _CODED]
