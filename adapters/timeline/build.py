"""Keeps a timeline up with the log: block by block, so that it can be stopped anywhere and goes on from there.

A block is a stretch of positions that begins at a multiple of its size; the last one, which is not full yet, is coded
anew every time. So a timeline depends on the log alone, and not on when it was built in how many goes.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, TypeVar

import attrs
from attrs import frozen

from ventanilla.adapters.store import Store
from ventanilla.adapters.store.port import RawRow
from ventanilla.adapters.timeline import manifest as manifests
from ventanilla.adapters.timeline import segments
from ventanilla.adapters.timeline.coding import Coder, Stuck
from ventanilla.adapters.timeline.locks import building, unread
from ventanilla.adapters.timeline.manifest import BLOCK, PARTITIONS, Manifest, Run, Stretch
from ventanilla.adapters.timeline.reading import all_columns, merged, read_partition
from ventanilla.adapters.timeline.segments import Segment
from ventanilla.adapters.timeline.source import Source
from ventanilla.projections.timeline import COLUMNS, Column

A = TypeVar("A")
B = TypeVar("B")

PAGE = 10_000
"""Rows that are read, decoded and hashed together: to change it changes the digests."""

LOOSE = 4
"""The share of the rows, one in so many, that may lie in blocks of their own before all is put together anew."""


class Map(Protocol):
    """What runs the same for many things: ``map`` itself, or that of an executor of :mod:`concurrent.futures`."""

    def __call__(self, function: Callable[[A], B], things: Iterable[A], /) -> Iterator[B]:
        """Return what *function* returns for each, in order."""
        ...


def build(
    source: Source,
    folder: Path,
    *,
    columns: Sequence[Column] = COLUMNS,
    partitions: int = PARTITIONS,
    block: int = BLOCK,
    join: bool = True,
    workers: Map = map,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Manifest:
    """Bring the timeline in *folder* up with the log, and return what it is made of.

    One that was made from another log, or is coded otherwise than *columns* say, is made anew. Stop it at any time:
    what was coded stays, and it goes on from there.

    Args:
        source: The log.
        folder: Where the timeline is; made if it is not there.
        columns: The columns besides those of every row.
        partitions: Over how many the tickets are spread; a worker measures one at a time.
        block: How many positions of the log are coded together.
        join: Whether to put blocks together when they have become many; whoever reads them once does not need it.
        workers: Runs the work; ``ProcessPoolExecutor(…).map`` on several cores.
        progress: Told the positions done and those in all.

    Raises:
        Damaged: A file of it is lost or was changed.
        Unavailable: The log or the folder cannot be used, or another process is at it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with building(folder), source.opened() as store:
        head, log, wanted = store.head(), store.identity(), manifests.coding(columns)
        now = manifests.load(folder)
        if now is None or (now.log, now.coding, now.partitions, now.block) != (log, wanted, partitions, block):
            now = Manifest(log=log, coding=wanted, partitions=partitions, block=block)
        if now.head > head:
            now = attrs.evolve(now, stretches=(), runs=(), stuck=())
        _tidy(folder, now)
        if now.head < head:
            now = _catch_up(now, source, folder, head, columns, workers, progress)
        joined = _put_together(now, folder, columns, workers) if join else now
        if joined is not now:
            manifests.save(folder, joined)
            _tidy(folder, joined)
        return joined


def _catch_up(
    now: Manifest,
    source: Source,
    folder: Path,
    head: int,
    columns: Sequence[Column],
    workers: Map,
    progress: Callable[[int, int], None],
) -> Manifest:
    """Return *now* with all blocks up to *head*; it is saved after each."""
    if now.head % now.block:  # the last block has gone on
        full = now.head - now.head % now.block
        kept = [stuck for stuck in now.stuck if stuck.position <= full]
        stretches, runs = now.stretches[:-1], tuple(run for run in now.runs if run.until <= full)
        now = attrs.evolve(now, stretches=stretches, runs=runs, stuck=tuple(kept))
    first = now.head
    progress(first, head)
    ranges = [(after, min(after + now.block, head)) for after in range(first, head, now.block)]
    work = Decoding(source=source, folder=folder, columns=tuple(columns), partitions=now.partitions)
    for stretch, run, stuck in workers(work, ranges):
        known = {one.ticket for one in now.stuck}
        now = attrs.evolve(
            now,
            stretches=(*now.stretches, stretch),
            runs=(*now.runs, run),
            stuck=(*now.stuck, *(one for one in stuck if one.ticket not in known)),
        )
        manifests.save(folder, now)
        progress(stretch.until, head)
    return now


@frozen(kw_only=True)
class Decoding:
    """Codes a stretch of the log: the work of one task, for any process.

    Attributes:
        source: The log.
        folder: Where the files go.
        columns: The columns besides those of every row.
        partitions: How many.
    """

    source: Source
    folder: Path
    columns: tuple[Column, ...]
    partitions: int

    def __call__(self, positions: tuple[int, int]) -> tuple[Stretch, Run, Sequence[Stuck]]:
        """Code what lies past the one position, up to the other."""
        after, until = positions
        with self.source.opened() as store, _uncollected():
            block = Coder(self.columns, self.partitions).code(_pages(store, after, until))
        written = [segments.write(self.folder, number, part, block.words) for number, part in block.parts.items()]
        stretch = Stretch(after=after, until=until, rows=block.rows, digest=block.digest)
        words = {name: list(found) for name, found in block.words.items()}
        run = Run(after=after, until=until, last_at=block.last_at, words=words, segments=tuple(written))
        return stretch, run, block.stuck


@contextmanager
def _uncollected() -> Iterator[None]:
    """Let nobody look for cycles, of which rows have none: it would take a third of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _pages(store: Store, after: int, until: int) -> Iterator[Sequence[RawRow]]:
    while page := store.raw(after, until, PAGE):
        yield page
        after = page[-1][0]


def _put_together(now: Manifest, folder: Path, columns: Sequence[Column], workers: Map) -> Manifest:
    """Return *now* with the runs of all full blocks as one, if it is time."""
    full = [run for run in now.runs if run.until % now.block == 0]
    loose = sum(run.rows for run in full[1:])
    if loose * LOOSE <= sum(run.rows for run in full):
        return now
    work = Joining(folder=folder, runs=tuple(full), columns=all_columns(columns))
    numbers = sorted({segment.partition for run in full for segment in run.segments})
    joined = Run(
        after=full[0].after,
        until=full[-1].until,
        last_at=max((run.last_at for run in full if run.last_at is not None), default=None),
        words=merged(full),
        segments=tuple(workers(work, numbers)),
    )
    return attrs.evolve(now, runs=(joined, *(run for run in now.runs if run not in full)))


@frozen(kw_only=True)
class Joining:
    """Puts the segments of a partition together: the work of one task, for any process.

    Attributes:
        folder: Where they are.
        runs: Which.
        columns: The columns.
    """

    folder: Path
    runs: tuple[Run, ...]
    columns: tuple[str, ...]

    def __call__(self, partition: int) -> Segment:
        """Join the segments of *partition*."""
        coded = read_partition(self.folder, self.runs, partition, self.columns)
        return segments.write(self.folder, partition, coded, merged(self.runs))


def _tidy(folder: Path, now: Manifest) -> None:
    """Remove files that belong to nothing: of what was put together, or of a block that was not finished.

    While somebody reads, all stay: the next build removes them.
    """
    kept = {file.name for file in now.files()}
    with unread(folder) as free:
        for path in [*folder.glob("*.npz"), *folder.glob(f".{manifests.NAME}.*")] if free else ():
            if path.name not in kept:
                path.unlink(missing_ok=True)
