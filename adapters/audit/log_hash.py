"""The SHA-256 of a log as it lies in the database, in blocks, so that what was touched can be found.

Each block has the SHA-256 of its rows, written as an export writes them; the blocks are chained: the hash of a block
and all before it is the SHA-256 of the hash before and its own. Positions belong to it; both backends give the same.
Texts of persons are not in the log, so erasing one changes nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import TypeAlias

from attrs import frozen

from ventanilla.adapters.moving.tables import TABLES, to_line
from ventanilla.adapters.store import Store
from ventanilla.adapters.store.instants import instant
from ventanilla.adapters.store.port import Stored

Progress: TypeAlias = Callable[[int, int], None]

START = -(2**63)
"""Before every position: one that no desk gives out is looked at, too."""

BLOCKS = 2_000
"""How many blocks a log has at most."""

SMALLEST = 100
"""How many events a block has at least, but for the last."""

_PAGE = 2_000


@frozen(kw_only=True)
class Block:
    """Some events that follow each other.

    Attributes:
        first: The position of the first.
        last: Of the last.
        events: How many they are.
        sha256: Of their rows.
    """

    first: int
    last: int
    events: int
    sha256: str


@frozen(kw_only=True)
class LogHash:
    """What a log was.

    Attributes:
        head: Its last position.
        events: How many it has.
        sha256: Of all its blocks, chained.
        recorded_first: The earliest recording; ``None``: it is empty.
        recorded_last: The latest.
        blocks: In order.
    """

    head: int
    events: int
    sha256: str
    recorded_first: datetime | None
    recorded_last: datetime | None
    blocks: tuple[Block, ...]


def hash_log(store: Store, until: int, progress: Progress = lambda done, total: None) -> LogHash:
    """Return the hash of the log in *store* up to position *until*."""
    total = store.behind(START)[0]
    size = max(SMALLEST, -(-total // BLOCKS))
    rows, blocks = _rows(store, until), list[Block]()
    recorded: list[int] = []
    while found := list(islice(rows, size)):
        blocks.append(_block(found))
        times = [row.recorded_at for row in found]
        recorded = [min(times + recorded[:1]), max(times + recorded[1:])]
        progress((len(blocks) - 1) * size + len(found), total)
    return LogHash(
        head=until,
        events=sum(block.events for block in blocks),
        sha256=chain(blocks),
        recorded_first=instant(recorded[0]) if recorded else None,
        recorded_last=instant(recorded[1]) if recorded else None,
        blocks=tuple(blocks),
    )


def differing(
    store: Store, known: Sequence[Block], until: int, progress: Progress = lambda done, total: None
) -> list[tuple[Block, int]]:
    """Return those of the *known* blocks that are no longer so in *store*, each with how many events are there now.

    Args:
        store: The log.
        known: The blocks as they were.
        until: The last position of the last of them.
        progress: Told the events done and the events in all.
    """
    rows, found, done = _rows(store, until), list[tuple[Block, int]](), 0
    row = next(rows, None)
    for number, block in enumerate(known):
        last = until if number + 1 == len(known) else block.last
        there: list[Stored] = []
        while row is not None and row.position <= last:
            there.append(row)
            row = next(rows, None)
        if not there or _block(there) != block:
            found.append((block, len(there)))
        done += block.events
        progress(done, sum(one.events for one in known))
    if not known and row is not None:
        found.append((Block(first=row.position, last=until, events=0, sha256=""), 1 + sum(1 for _ in rows)))
    return found


def chain(blocks: Iterable[Block]) -> str:
    """Return the hash of all *blocks*, chained."""
    sum_ = hashlib.sha256()
    for block in blocks:
        sum_ = hashlib.sha256(sum_.digest() + bytes.fromhex(block.sha256))
    return sum_.hexdigest()


def _block(rows: Sequence[Stored]) -> Block:
    sum_ = hashlib.sha256()
    for row in rows:
        line = (row.position, row.stream, row.version, row.topic, row.state, row.recorded_at, row.actor, row.cause)
        sum_.update(to_line(TABLES[0], (*line, row.allowed_by)))
    return Block(first=rows[0].position, last=rows[-1].position, events=len(rows), sha256=sum_.hexdigest())


def _rows(store: Store, until: int) -> Iterator[Stored]:
    after = START
    while page := store.stored(after, _PAGE):
        for row in page:
            if row.position > until:
                return
            yield row
        after = page[-1].position
