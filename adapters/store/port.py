"""What the desk asks of a store, whatever the database behind it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Protocol, TypeAlias

from attrs import frozen

from ventanilla.adapters.store.database import Database
from ventanilla.adapters.store.personal import NO_CHANGES, PersonalChanges
from ventanilla.adapters.store.personal_rows import PersonalRows
from ventanilla.core.events import Event
from ventanilla.core.recorded import Recorded, Unreadable
from ventanilla.core.streams import StreamKind

NOTHING_REQUIRED: Mapping[str, int] = MappingProxyType({})
Reads: TypeAlias = frozenset[type[Event]] | None
RawRow: TypeAlias = tuple[int, str, int, str, bytes, int, str, str, str]
"""The fields of a :class:`Stored`, in their order: a third of its price, for who reads millions."""


@frozen(kw_only=True)
class Commit:
    """What one command, or one row of a history, makes happen on one stream: recorded whole or not at all.

    Attributes:
        stream: The stream: a ticket's id, or one of :mod:`ventanilla.core.streams`.
        version: The version that was decided upon; the first event becomes ``version + 1``.
        events: What happens, oldest first; may be empty when only the claim is to be kept.
        actor: Who asked.
        cause: What it came from.
        allowed_by: The grant that allowed it.
        key: The idempotency key to claim; ``None`` claims nothing.
        changes: What it changes in the vault.
        requires: Other streams that it depends on, with the versions at which they were seen: if one has gone on
            meanwhile, that is a conflict.
    """

    stream: str
    version: int
    events: tuple[Event, ...]
    actor: str
    cause: str
    allowed_by: str
    key: str | None = None
    changes: PersonalChanges = NO_CHANGES
    requires: Mapping[str, int] = NOTHING_REQUIRED


@frozen(kw_only=True)
class Claimed:
    """The first outcome of an idempotency key.

    Attributes:
        stream: The stream it was used on.
        version: The stream's version before.
        events: How many events it recorded.
    """

    stream: str
    version: int
    events: int


@frozen(kw_only=True)
class SealedRow:
    """A row of a history that could not be taken, kept whole and sealed, so that nothing is lost or shown.

    Attributes:
        id: The idempotency key that the row would have claimed; the same bad row is kept once.
        source: The file it came from.
        line: The row's last line in that file, the header being line 1.
        mapping: The name of the mapping that did not take it.
        column: The column to blame; ``None`` for the row as a whole.
        rule: The stable name of what it broke: ``"instant.unreadable"``, ``"resolve.before_opened"``.
        sealed_with: The number of the source's key.
        sealed: Row, value and reason, sealed.
    """

    id: str
    source: str
    line: int
    mapping: str
    column: str | None
    rule: str
    sealed_with: int
    sealed: bytes


@frozen(kw_only=True)
class Stored:
    """An event as it lies in the log, to be carried elsewhere byte by byte.

    Attributes:
        position: Its place in the log.
        stream: Its stream.
        version: Its place in the stream.
        topic: Its type and format.
        state: Its payload, JSON.
        recorded_at: When it was recorded: microseconds since 1970, UTC.
        actor: Who asked.
        cause: What it came from.
        allowed_by: The grant that allowed it.
    """

    position: int
    stream: str
    version: int
    topic: str
    state: bytes
    recorded_at: int
    actor: str
    cause: str
    allowed_by: str


class Store(Protocol):
    """An append-only log with idempotency keys, the vault's rows, and a place for rows put aside.

    Every method raises :class:`~ventanilla.core.errors.Unavailable` when the database cannot be used.
    """

    @property
    def database(self) -> Database:
        """The database behind it."""
        ...

    @property
    def personal(self) -> PersonalRows:
        """The vault's rows."""
        ...

    def append(
        self,
        commits: Sequence[Commit],
        *,
        recorded_at: datetime,
        aside: Sequence[SealedRow] = (),
        released: Collection[str] = (),
        changes: PersonalChanges | None = None,
    ) -> range:
        """Record all of it in one transaction, and return the positions of the events, in order.

        Args:
            commits: What happens; several commits may touch one stream, in order.
            recorded_at: The instant of recording.
            aside: Rows to put aside; one that is there already is left as it is.
            released: Ids of rows to take out of quarantine.
            changes: What else changes in the vault.

        Raises:
            Conflict: A version or an idempotency key is taken; nothing was recorded.
            InDoubt: The connection was lost at the end; whether it was recorded is not known.
        """
        ...

    def claimed(self, keys: Collection[str]) -> Mapping[str, Claimed]:
        """Return the first outcomes of those *keys* that are taken."""
        ...

    def load(self, stream: str) -> Sequence[Recorded]:
        """Return the whole history of *stream* by version; empty if there is none."""
        ...

    def story(self, stream: str) -> Sequence[Recorded | Unreadable]:
        """Return the same, whether or not all of it can be read."""
        ...

    def events_of(self, streams: Collection[str]) -> Mapping[str, Sequence[Event]]:
        """Return the events of each of *streams* that exists, by version."""
        ...

    def page(self, after: int, limit: int, reads: Reads = None) -> Sequence[tuple[int, str, Event | Unreadable]]:
        """Return up to *limit* (position, stream, event), by position, from the first one past *after*.

        Args:
            after: The position.
            limit: How many at most.
            reads: The types of events that are looked at; others come as stand-ins that have ``at`` and ``TOPIC`` and
                nothing else, at a fraction of the price. ``None``: all.
        """
        ...

    def histories(
        self, until: int, reads: Reads = None
    ) -> Iterator[tuple[str, Sequence[tuple[int, Event | Unreadable]]]]:
        """Return stream by stream its (position, event)s up to position *until*, by version; *reads* as above."""
        ...

    def histories_of(
        self, streams: Collection[str], until: int, reads: Reads = None
    ) -> Iterator[tuple[str, Sequence[tuple[int, Event | Unreadable]]]]:
        """Return the same of *streams* alone."""
        ...

    def stories(
        self, kinds: Collection[StreamKind], until: int, *, reads: Reads = None, known_at: datetime | None = None
    ) -> Iterator[tuple[str, Sequence[Recorded | Unreadable]]]:
        """Return stream by stream its events with all that is recorded around them, by version.

        Args:
            kinds: Of which kinds of streams.
            until: The last position to look at.
            reads: The types of events to return, besides those that cannot be read; ``None``: all.
            known_at: What was recorded later is left out; ``None``: nothing is.
        """
        ...

    def behind(self, after: int) -> tuple[int, datetime | None]:
        """Return how many events lie past position *after*, and when the first of them was recorded."""
        ...

    def stored(self, after: int, limit: int) -> Sequence[Stored]:
        """Return up to *limit* events as they lie in the log, by position, from the first one past *after*."""
        ...

    def raw(self, after: int, until: int, limit: int) -> Sequence[RawRow]:
        """Return up to *limit* events as :meth:`stored` does, none past *until*, as bare tuples in that order."""
        ...

    def head(self) -> int:
        """Return the last position; 0 for an empty log."""
        ...

    def wait(self, after: int, seconds: float) -> bool:
        """Return as soon as the log goes past position *after*, at the latest after *seconds*: whether it does."""
        ...

    def identity(self) -> str:
        """Return the id that this log got when it was made: another log has another one."""
        ...

    def aside(self) -> Sequence[SealedRow]:
        """Return the rows in quarantine, by source and line."""
        ...

    def aside_by_source(self) -> Mapping[str, int]:
        """Return how many rows of each source are in quarantine, by source."""
        ...

    def close(self) -> None:
        """Let go of the database."""
        ...
