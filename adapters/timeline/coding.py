"""From rows of the log to coded columns: only what the columns say is decoded, and no event is ever made.

The documents of a page are decoded by type, as one list: a fraction of the price of one by one. Whatever cannot be read
parks its ticket, as in the fact table: what came before it counts, what comes after it does not.
"""

from __future__ import annotations

import hashlib
import operator
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence, Sized
from datetime import UTC, datetime
from typing import Any, TypeAlias

import msgspec
from attrs import frozen

from ventanilla.adapters.store.codec import CATALOGUE
from ventanilla.adapters.store.port import RawRow
from ventanilla.adapters.timeline.lean import Lean
from ventanilla.core.errors import Unavailable
from ventanilla.core.streams import is_ticket
from ventanilla.projections.timeline import Column, Field, Kind, Says, Source

try:
    import numpy as np
    from numpy.typing import NDArray
except ModuleNotFoundError as error:
    raise Unavailable(f"the timeline needs {error.name}: pip install 'ventanilla[audit]'") from error

Array: TypeAlias = NDArray[Any]
Words: TypeAlias = Mapping[str, Sequence[Any]]

NUMBERS = ("version", "at", "recorded_at", "position")
"""The columns of numbers of every row."""

WORDS = ("topic", "actor")
"""The columns of words of every row."""

UNKNOWN = -(2**63)
"""Stands in columns of numbers for what is not known; in columns of words that is 0."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FAR = 2.0**33
"""From so many seconds since 1970 on, in the year 2242, a float may be a microsecond off."""


@frozen(kw_only=True)
class Stuck:
    """A ticket that cannot be followed any further.

    Attributes:
        ticket: Which.
        position: Of the event that cannot be read.
        reason: Why not.
    """

    ticket: str
    position: int
    reason: str


@frozen(eq=False)
class Coded:
    """Rows of the timeline, by ticket, instant and position.

    Attributes:
        ids: The tickets, ascending.
        columns: ``ticket``, the number of each row's in *ids*, and all others, by name.
    """

    ids: list[str]
    columns: Mapping[str, Array]


@frozen(kw_only=True, eq=False)
class Block:
    """What a stretch of the log comes to.

    Attributes:
        rows: How many rows of the log there are, those of other streams than tickets', too.
        digest: The SHA-256 of them all as they lie in the log, page by page, in hexadecimal.
        last_at: The newest instant, microseconds since 1970; ``None`` if nothing happened.
        words: What the codes stand for, by column.
        parts: The rows of tickets, by partition.
        stuck: The tickets that cannot be followed any further.
    """

    rows: int
    digest: str
    last_at: int | None
    words: Words
    parts: Mapping[int, Coded]
    stuck: Sequence[Stuck]


class Coder:
    """Codes rows of the log.

    Args:
        columns: The columns besides those of every row.
        partitions: How many.
    """

    def __init__(self, columns: Sequence[Column], partitions: int) -> None:
        self._kinds: dict[str, Kind] = {column.name: column.kind for column in columns}
        self._partitions = partitions
        self._topics = _Leans(columns)

    def code(self, pages: Iterable[Sequence[RawRow]]) -> Block:
        """Return what *pages*, rows of the log by position, come to."""
        digest, encode, count = hashlib.sha256(), msgspec.msgpack.Encoder().encode, 0
        numbers: dict[str, int] = _Codes()
        words = {name: _Codes({None: 0}) for name, kind in self._kinds.items() if kind in ("word", "flag")}
        words |= {name: _Codes({None: 0}) for name in WORDS}
        stuck: dict[str, Stuck] = {}
        actors = _Actors(words["actor"])
        pieces: list[dict[str, Array]] = []
        for page in pages:
            digest.update(encode(page))
            count += len(page)
            pieces.append(self._code(page, numbers, words, actors, stuck))
        columns = {}
        for name in list(pieces[0]) if pieces else ():
            whole = np.concatenate([piece.pop(name) for piece in pieces])
            columns[name] = narrow(whole, words[name]) if name in words else whole
        return Block(
            rows=count,
            digest=digest.hexdigest(),
            last_at=int(columns["at"].max()) if pieces and len(columns["at"]) else None,
            words={name: list(codes) for name, codes in words.items()},
            parts=dict(_parts(list(numbers), columns, self._partitions)) if pieces else {},
            stuck=list(stuck.values()),
        )

    def _code(
        self,
        page: Sequence[RawRow],
        numbers: dict[str, int],
        words: Mapping[str, dict[Any, int]],
        actors: Mapping[str, int],
        stuck: dict[str, Stuck],
    ) -> dict[str, Array]:
        positions, streams, versions, topics, states, recorded_at, who, *_ = zip(*page, strict=True)
        found: dict[str, Array] = {
            "ticket": _numbered(numbers, streams),
            "version": _integers(versions),
            "at": np.full(len(page), UNKNOWN),
            "recorded_at": _integers(recorded_at),
            "position": _integers(positions),
            "topic": _numbered(words["topic"], topics),
            "actor": _numbered(actors, who),
        }
        for name in self._kinds:
            found[name] = np.zeros(len(page), np.int32) if name in words else np.full(len(page), UNKNOWN)
        documents = np.empty(len(page), object)
        documents[:] = states
        for topic, code in words["topic"].items():
            rows = np.flatnonzero(found["topic"] == code)
            if not len(rows):
                continue
            events, rows = self._read(str(topic), documents, rows, page, stuck)
            found["at"][rows] = _stamps([event.at for event in events])
            for name, source in self._topics[topic].sources if events else ():
                found[name][rows] = _column(self._kinds[name], source, events, words.get(name))
        read = found["at"] != UNKNOWN
        return found if read.all() else {name: data[read] for name, data in found.items()}

    def _read(
        self, topic: str, documents: Array, rows: Array, page: Sequence[RawRow], stuck: dict[str, Stuck]
    ) -> tuple[list[Any], Array]:
        """Return what of the events in *rows* is looked at, and the rows of those that can be read."""
        lean = self._topics[topic] if topic in CATALOGUE else None
        if lean is not None:
            try:
                events = lean.many(documents[rows].tolist())
            except (msgspec.MsgspecError, TypeError, ValueError):
                pass  # one of them cannot be read: found below, and named
            else:
                return events, rows
        events, kept = [], []
        for row in rows.tolist():
            position, stream, reason = page[row][0], page[row][1], f"has the unknown topic {topic!r}"
            if lean is not None:
                try:
                    events.append(lean.one(page[row][4]))
                    kept.append(row)
                    continue
                except (msgspec.MsgspecError, TypeError, ValueError) as error:
                    reason = f"is no {topic}: {error}"
            if is_ticket(stream) and (stream not in stuck or stuck[stream].position > position):
                said = f"position {position} of the log {reason}"
                stuck[stream] = Stuck(ticket=stream, position=position, reason=said)
        return events, np.array(kept, np.int64)


class _Leans(dict[str, Lean]):
    """Makes what decodes the events of a type when the first of them comes by; all others are cheap to go without."""

    def __init__(self, columns: Sequence[Column]) -> None:
        super().__init__()
        self._columns = columns

    def __missing__(self, topic: str) -> Lean:
        self[topic] = lean = Lean(topic, self._columns)
        return lean


class _Actors(dict[str, int]):
    """Gives an actor, ``kind:id``, the code of its kind."""

    def __init__(self, kinds: dict[Any, int]) -> None:
        super().__init__()
        self._kinds = kinds

    def __missing__(self, actor: str) -> int:
        self[actor] = code = self._kinds[actor.partition(":")[0]]
        return code


class _Codes(dict[Any, int]):
    """Gives what it is asked for a number, the next one."""

    def __missing__(self, key: Any) -> int:
        self[key] = code = len(self)
        return code


def _stamps(instants: list[datetime]) -> Array:
    # As seconds that are exact to the microsecond up to _FAR; numpy takes many times as long to make anything of them.
    seconds = np.fromiter(map(datetime.timestamp, instants), np.float64, len(instants))
    if not len(seconds) or np.abs(seconds).max() < _FAR:
        whole = np.floor(seconds)
        return whole.astype(np.int64) * 1_000_000 + np.rint((seconds - whole) * 1e6).astype(np.int64)
    since = [instant - _EPOCH for instant in instants]
    return _integers([(one.days * 86_400 + one.seconds) * 1_000_000 + one.microseconds for one in since])


def _integers(found: Sequence[int]) -> Array:
    return np.fromiter(found, np.int64, len(found))


def _numbered(numbers: Mapping[Any, int], found: Sequence[Any]) -> Array:
    return np.fromiter(map(numbers.__getitem__, found), np.int32, len(found))


def narrow(codes: Array, words: Sized) -> Array:
    """Return *codes* of *words* in as few bytes as they need."""
    return codes.astype(np.min_scalar_type(len(words)), copy=False)


def _column(kind: Kind, source: Source, events: Sequence[Any], words: dict[Any, int] | None) -> Any:
    """Return what *source* says of each of *events*, as codes or numbers."""
    if isinstance(source, Says):
        return source.value if words is None else words[source.value]
    plain = isinstance(source, Field) and source.words is None
    found = list(map(operator.attrgetter(*source.fields) if plain else source, events))
    if words is not None:
        return _numbered(words, found)
    known = [one for one in found if one is not None]
    numbers = _stamps(known) if kind == "instant" else _integers(known)
    if len(known) == len(found):
        return numbers
    data = np.full(len(found), UNKNOWN)
    data[[one is not None for one in found]] = numbers
    return data


def _parts(ids: list[str], columns: Mapping[str, Array], partitions: int) -> Iterator[tuple[int, Coded]]:
    """Return the rows of tickets by partition."""
    partition = np.fromiter((zlib.crc32(one.encode()) % partitions for one in ids), np.int64, len(ids))
    partition[[not is_ticket(one) for one in ids]] = partitions
    by_id = np.array(sorted(range(len(ids)), key=ids.__getitem__))
    rank = np.empty(len(ids), np.int64)
    by_partition = by_id[np.argsort(partition[by_id], kind="stable")]
    rank[by_partition] = np.arange(len(ids))
    # By position they are already, and the sorting keeps what is equal in order.
    order = np.lexsort((columns["at"], rank[columns["ticket"]]))
    sorted_columns = {name: data[order] for name, data in columns.items()}
    ranks = rank[sorted_columns["ticket"]]
    bounds = np.searchsorted(partition[by_partition], np.arange(partitions + 1))
    for number in range(partitions):
        first, last = bounds[number], bounds[number + 1]
        rows = slice(*np.searchsorted(ranks, (first, last)).tolist())
        if rows.start == rows.stop:
            continue
        own = {name: data[rows] for name, data in sorted_columns.items()}
        present = np.unique(ranks[rows])  # one whose events could not be read has no rows
        own["ticket"] = np.searchsorted(present, ranks[rows])
        yield number, Coded([ids[by_partition[rank_]] for rank_ in present.tolist()], own)
