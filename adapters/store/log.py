"""The store over any database: one implementation, whose fast way in is each backend's own."""

from __future__ import annotations

import itertools
import operator
import time
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any, Generic, TypeAlias, TypeVar

from attrs import frozen

from ventanilla.adapters.store.codec import CATALOGUE, decode, decoders_for, encode, try_decode, try_decode_all
from ventanilla.adapters.store.database import Cursor, Database, select_in
from ventanilla.adapters.store.instants import instant, stamp
from ventanilla.adapters.store.limits import MAX_EVENT, MAX_KEY, refuse_bad_ids, refuse_large_event
from ventanilla.adapters.store.personal import NO_CHANGES, PersonalChanges, change, drop_idle_keys
from ventanilla.adapters.store.personal_rows import PersonalRows
from ventanilla.adapters.store.port import Claimed, Commit, RawRow, Reads, SealedRow, Stored
from ventanilla.core.errors import Conflict, Damaged
from ventanilla.core.events import Event
from ventanilla.core.recorded import Recorded, Unreadable
from ventanilla.core.streams import StreamKind, ranges

D = TypeVar("D", bound=Database)
EventRow: TypeAlias = tuple[str, int, str, bytes, int, str, str, str]
ClaimRow: TypeAlias = tuple[str, str, int, int]

_PAGE = 2_000
_LAST = 2**63 - 1
_POLL = 0.25
"""Seconds between two looks at a log that nobody announces."""


@frozen(kw_only=True)
class Rows:
    """What one transaction writes.

    Attributes:
        events: Rows of the log, in order.
        claims: Idempotency keys.
        requires: Streams, with the versions that they must still have.
        changes: What changes in the vault, in order.
        aside: Rows to put aside.
        released: Ids to take out of quarantine.
    """

    events: Sequence[EventRow]
    claims: Sequence[ClaimRow]
    requires: Sequence[tuple[str, int]]
    changes: Sequence[PersonalChanges]
    aside: Sequence[SealedRow]
    released: Collection[str]

    @property
    def only_log(self) -> bool:
        """Whether it writes nothing but events and keys, as nearly every command does."""
        return not (self.requires or self.changes or self.aside or self.released)


class SqlStore(ABC, Generic[D]):
    """Meets :class:`~ventanilla.adapters.store.port.Store` over a database."""

    database: D

    def __init__(self) -> None:
        self.personal = PersonalRows(self.database)
        self._position = self.database.dialect.position

    def append(
        self,
        commits: Sequence[Commit],
        *,
        recorded_at: datetime,
        aside: Sequence[SealedRow] = (),
        released: Collection[str] = (),
        changes: PersonalChanges | None = None,
    ) -> range:
        """See :meth:`Store.append`."""
        now = stamp(recorded_at)
        events: list[EventRow] = []
        claims: list[ClaimRow] = []
        for commit in commits:
            stream, actor, cause, allowed_by = commit.stream, commit.actor, commit.cause, commit.allowed_by
            refuse_bad_ids(stream, actor, cause)
            for version, event in enumerate(commit.events, commit.version + 1):
                state = encode(event)
                if len(state) > MAX_EVENT:
                    refuse_large_event(event.TOPIC, stream, len(state))
                events.append((stream, version, event.TOPIC, state, now, actor, cause, allowed_by))
            if commit.key is not None:
                refuse_bad_ids(commit.key, longest=MAX_KEY)
                claims.append((commit.key, stream, commit.version, len(commit.events)))
        found = [commit.changes for commit in commits if commit.changes is not NO_CHANGES and commit.changes]
        found += [changes] if changes else []
        requires = [required for commit in commits if commit.requires for required in commit.requires.items()]
        return self._insert(
            Rows(events=events, claims=claims, requires=requires, changes=found, aside=aside, released=released)
        )

    def claimed(self, keys: Collection[str]) -> dict[str, Claimed]:
        """See :meth:`Store.claimed`."""
        statement = "SELECT key, stream, version, events FROM claims WHERE key IN ({})"
        return {
            key: Claimed(stream=stream, version=version, events=events)
            for key, stream, version, events in select_in(self.database, statement, keys)
        }

    def load(self, stream: str) -> list[Recorded]:
        """See :meth:`Store.load`."""
        return [_intact(found) for found in self.story(stream)]

    def story(self, stream: str) -> list[Recorded | Unreadable]:
        """See :meth:`Store.story`."""
        rows = self.database.select(
            f"SELECT originator_id, originator_version, {self._position}, topic, state, recorded_at, actor, cause, "
            "allowed_by FROM events WHERE originator_id = ? ORDER BY originator_version",
            (stream,),
        )
        return list(map(_read, rows))

    def events_of(self, streams: Collection[str]) -> dict[str, list[Event]]:
        """See :meth:`Store.events_of`."""
        statement = (
            f"SELECT originator_id, {self._position}, topic, state FROM events WHERE originator_id IN ({{}}) "
            "ORDER BY originator_id, originator_version"
        )
        found: dict[str, list[Event]] = {}
        for stream, position, topic, state in select_in(self.database, statement, streams):
            found.setdefault(stream, []).append(decode(position, topic, state))
        return found

    def page(self, after: int, limit: int, reads: Reads = None) -> list[tuple[int, str, Event | Unreadable]]:
        """See :meth:`Store.page`."""
        rows = self.database.select(
            f"SELECT {self._position}, originator_id, topic, state FROM events "
            f"WHERE {self._position} > ? ORDER BY {self._position} LIMIT ?",
            (after, limit),
        )
        return try_decode_all(rows, decoders_for(reads))

    def histories(self, until: int, reads: Reads = None) -> Iterator[tuple[str, list[tuple[int, Event | Unreadable]]]]:
        """See :meth:`Store.histories`."""
        decoders = decoders_for(reads)
        for stream, rows in itertools.groupby(self._by_stream(until), key=lambda row: row[0]):
            yield (
                stream,
                [(position, try_decode(position, topic, state, decoders)) for _, _, position, topic, state in rows],
            )

    def histories_of(
        self, streams: Collection[str], until: int, reads: Reads = None
    ) -> Iterator[tuple[str, list[tuple[int, Event | Unreadable]]]]:
        """See :meth:`Store.histories_of`."""
        statement = (
            f"SELECT originator_id, {self._position}, topic, state FROM events WHERE originator_id IN ({{}}) "
            "ORDER BY originator_id, originator_version"
        )
        found = select_in(self.database, statement, streams)
        for stream, rows in itertools.groupby(found, key=lambda row: row[0]):
            history = [
                (position, try_decode(position, topic, state, decoders_for(reads)))
                for _, position, topic, state in rows
            ]
            if history := [pair for pair in history if pair[0] <= until]:
                yield stream, history

    def stories(
        self, kinds: Collection[StreamKind], until: int, *, reads: Reads = None, known_at: datetime | None = None
    ) -> Iterator[tuple[str, list[Recorded | Unreadable]]]:
        """See :meth:`Store.stories`."""
        # Left out by what they are known to be: an event of a topic that nobody knows must be told.
        passed_over = [] if reads is None else [topic for topic, cls in CATALOGUE.items() if cls not in reads]
        narrowed = f" AND topic NOT IN ({', '.join('?' * len(passed_over))})" if passed_over else ""
        values: list[Any] = [until, *passed_over]
        if known_at is not None:
            narrowed, values = f"{narrowed} AND recorded_at <= ?", [*values, stamp(known_at)]
        for first, end in sorted((pair for kind in kinds for pair in ranges(kind)), key=lambda pair: pair[0]):
            rows = self._around(first, end, narrowed, values)
            for stream, found in itertools.groupby(rows, key=operator.itemgetter(0)):
                yield stream, [*map(_read, found)]

    def behind(self, after: int) -> tuple[int, datetime | None]:
        """See :meth:`Store.behind`."""
        ((count,),) = self.database.select(f"SELECT count(*) FROM events WHERE {self._position} > ?", (after,))
        first = self.database.select(
            f"SELECT recorded_at FROM events WHERE {self._position} > ? ORDER BY {self._position} LIMIT 1", (after,)
        )
        return int(count), instant(first[0][0]) if first else None

    def stored(self, after: int, limit: int) -> list[Stored]:
        """See :meth:`Store.stored`."""
        names = ("position", "stream", "version", "topic", "state", "recorded_at", "actor", "cause", "allowed_by")
        rows: list[tuple[Any, ...]] = [*self.raw(after, _LAST, limit)]
        return [Stored(**dict(zip(names, row, strict=True))) for row in rows]

    def raw(self, after: int, until: int, limit: int) -> list[RawRow]:
        """See :meth:`Store.raw`."""
        return self.database.select(
            f"SELECT {self._position}, originator_id, originator_version, topic, state, recorded_at, actor, cause, "
            f"allowed_by FROM events WHERE {self._position} > ? AND {self._position} <= ? "
            f"ORDER BY {self._position} LIMIT ?",
            (after, until, limit),
        )

    def head(self) -> int:
        """See :meth:`Store.head`."""
        ((head,),) = self.database.select(f"SELECT max({self._position}) FROM events")
        return int(head or 0)

    def wait(self, after: int, seconds: float) -> bool:
        """See :meth:`Store.wait`."""
        deadline = time.monotonic() + seconds
        while self.head() <= after:
            if (left := deadline - time.monotonic()) <= 0:
                return False
            self._sleep(min(left, _POLL))
        return True

    def identity(self) -> str:
        """See :meth:`Store.identity`."""
        ((identity,),) = self.database.select("SELECT id FROM desk")
        return str(identity)

    def aside(self) -> list[SealedRow]:
        """See :meth:`Store.aside`."""
        rows = self.database.select(
            "SELECT id, source, line, mapping, column_name, rule, sealed_with, sealed FROM quarantine "
            "ORDER BY source, line, id"
        )
        names = ("id", "source", "line", "mapping", "column", "rule", "sealed_with", "sealed")
        return [SealedRow(**dict(zip(names, row, strict=True))) for row in rows]

    def aside_by_source(self) -> dict[str, int]:
        """See :meth:`Store.aside_by_source`."""
        rows = self.database.select("SELECT source, count(*) FROM quarantine GROUP BY source ORDER BY source")
        return {source: int(count) for source, count in rows}

    def close(self) -> None:
        """See :meth:`Store.close`."""
        self.database.close()

    @abstractmethod
    def _insert(self, rows: Rows) -> range:
        """Write *rows* in one transaction and return the positions of the events."""

    def _sleep(self, seconds: float) -> None:
        """Wait for a sign that something was recorded, *seconds* at most."""
        time.sleep(seconds)

    def _by_stream(self, until: int) -> Iterator[tuple[Any, ...]]:
        """Return (stream, version, position, topic, payload), a page a transaction: no lock is held between."""
        place: tuple[Any, ...] = ("", 0)
        while rows := self.database.select(
            f"SELECT originator_id, originator_version, {self._position}, topic, state FROM events "
            f"WHERE (originator_id, originator_version) > (?, ?) AND {self._position} <= ? "
            "ORDER BY originator_id, originator_version LIMIT ?",
            (*place, until, _PAGE),
        ):
            yield from rows
            place = rows[-1][:2]

    def _around(self, first: str, end: str | None, narrowed: str, values: Sequence[Any]) -> Iterator[tuple[Any, ...]]:
        """Return whole rows of the streams from *first* to *end*, a page a transaction: no lock is held between."""
        place: tuple[Any, ...] = (first, 0)
        before = "" if end is None else " AND originator_id < ?"
        while rows := self.database.select(
            f"SELECT originator_id, originator_version, {self._position}, topic, state, recorded_at, actor, cause, "
            f"allowed_by FROM events WHERE (originator_id, originator_version) > (?, ?){before} "
            f"AND {self._position} <= ?{narrowed} ORDER BY originator_id, originator_version LIMIT ?",
            (*place, *([] if end is None else [end]), *values, _PAGE),
        ):
            yield from rows
            place = rows[-1][:2]


def _read(row: tuple[Any, ...]) -> Recorded | Unreadable:
    stream, version, position, topic, state, recorded_at, actor, cause, allowed_by = row
    event = try_decode(position, topic, state)
    if isinstance(event, Unreadable):
        return event
    try:
        recorded = instant(recorded_at)
    except Damaged as error:
        return Unreadable(position=position, topic=topic, reason=f"position {position} of the log: {error}")
    found = object.__new__(Recorded)  # as its class would make it, at a fifth of the price
    fields = found.__dict__
    fields["position"] = position
    fields["stream"] = stream
    fields["version"] = version
    fields["recorded_at"] = recorded
    fields["actor"] = actor
    fields["allowed_by"] = allowed_by
    fields["cause"] = cause
    fields["event"] = event
    return found


def _intact(found: Recorded | Unreadable) -> Recorded:
    if isinstance(found, Unreadable):
        raise Damaged(found.reason)
    return found


def insert_others(cursor: Cursor, rows: Rows) -> None:
    """Write what is neither event nor key, in the transaction of *cursor*.

    Raises:
        Conflict: A stream that it requires has gone on, or a key was destroyed.
    """
    for stream, version in rows.requires:
        cursor.execute(
            "SELECT count(*) FROM events WHERE originator_id = ? AND originator_version > ?", (stream, version)
        )
        if cursor.fetchall() != [(0,)]:
            raise Conflict(f"{stream} has gone on meanwhile")
    for changes in rows.changes:
        change(cursor, changes)
    # Out before in: a row that is tried again and still does not fit comes back with the reason that holds now.
    cursor.executemany("DELETE FROM quarantine WHERE id = ?", [(id_,) for id_ in rows.released])
    cursor.executemany(
        "INSERT INTO quarantine (id, source, line, mapping, column_name, rule, sealed_with, sealed) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        [(a.id, a.source, a.line, a.mapping, a.column, a.rule, a.sealed_with, a.sealed) for a in rows.aside],
    )
    if rows.released:
        drop_idle_keys(cursor)
