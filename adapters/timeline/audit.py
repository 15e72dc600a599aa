"""Facts from a timeline, and how far to trust them.

A *quick* audit sees that every file is as it was written, and measures: seconds for millions of events. A *full* one
decodes the whole log again, into a timeline of its own, compares each stretch of the log and each row with what was
there, and measures that. Which of the two it was stands beside the facts.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Literal, TypeAlias

from attrs import frozen

from ventanilla.adapters.timeline import manifest as manifests
from ventanilla.adapters.timeline import segments
from ventanilla.adapters.timeline.build import Map, build
from ventanilla.adapters.timeline.compare import differences
from ventanilla.adapters.timeline.locks import reading, unread
from ventanilla.adapters.timeline.manifest import BLOCK, PARTITIONS, Manifest
from ventanilla.adapters.timeline.reading import all_columns, merged, read_partition
from ventanilla.adapters.timeline.source import Source
from ventanilla.core.errors import Damaged
from ventanilla.projections.measures import Measures
from ventanilla.projections.measures.batch import measure
from ventanilla.projections.measures.over import Values
from ventanilla.projections.measures.table import columns_of
from ventanilla.projections.parked import NAMED

Depth: TypeAlias = Literal["quick", "full"]
Progress: TypeAlias = Callable[[int, int], None]


@frozen(kw_only=True)
class Part:
    """The facts of a partition's tickets.

    Attributes:
        partition: Which.
        tickets: The tickets, ascending.
        facts: By name, in their order.
    """

    partition: int
    tickets: Sequence[str]
    facts: Mapping[str, Values]


@frozen(kw_only=True)
class Measuring:
    """Measures a partition: the work of one task, for any process that sees the files.

    Attributes:
        folder: Where the timeline is.
        manifest: What it is made of.
        measures: What is measured.
        as_of: Microseconds since 1970.
        check: Whether to see first that its files are as they were written.
    """

    folder: Path
    manifest: Manifest
    measures: Measures
    as_of: int
    check: bool = True

    def __call__(self, partition: int) -> Part:
        """Measure *partition*.

        Raises:
            Damaged: A file is lost or was changed.
        """
        runs = self.manifest.runs
        if self.check:
            for problem in changed_files(self.folder, self.manifest, partition):
                raise Damaged(f"{problem}; `ventanilla timeline build --anew` makes the timeline again")
        names = columns_of(self.measures)
        coded = read_partition(self.folder, runs, partition, names, self.manifest.stuck)
        events = segments.as_events(coded, merged(runs)).until(self.as_of)
        return Part(partition=partition, tickets=events.ids, facts=measure(self.measures, events, self.as_of))


@frozen(kw_only=True)
class Audit:
    """What the facts were measured from.

    Attributes:
        depth: Whether the log itself was decoded again.
        head: The last position of the log that is in them.
        events: How many events.
        as_of: The instant of looking, microseconds since 1970.
        incomplete: What they lack, in words.
        findings: What a full audit found to be otherwise than the timeline said; the facts are those of the log.
    """

    depth: Depth
    head: int
    events: int
    as_of: int
    incomplete: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()


def audit(
    source: Source,
    folder: Path,
    measures: Measures,
    *,
    as_of: int | None = None,
    full: bool = False,
    partitions: int = PARTITIONS,
    block: int = BLOCK,
    workers: Map = map,
    progress: Progress = lambda done, total: None,
) -> tuple[Audit, Iterator[Part]]:
    """Return the facts of all tickets, partition by partition, and what they were measured from.

    The timeline is brought up with the log first; its files stay until the last part was given, whoever builds on it
    meanwhile. Memory holds a partition for each one of *workers*, however large the log is. A full audit that is
    stopped goes on from where it was.

    Args:
        source: The log.
        folder: Where the timeline is.
        measures: What is measured.
        as_of: The instant of looking, microseconds since 1970; ``None``: the newest in the log.
        full: Whether to decode the log again.
        partitions: See :func:`build`.
        block: See :func:`build`.
        workers: Runs the work; ``ProcessPoolExecutor(…).map`` on several cores.
        progress: Told how much is done and how much there is: positions of the log.

    Raises:
        Damaged: A file of the timeline is lost or was changed.
    """
    columns = measures.columns

    def built(where: Path, *, join: bool) -> Manifest:
        return build(
            source,
            where,
            columns=columns,
            partitions=partitions,
            block=block,
            join=join,
            workers=workers,
            progress=progress,
        )

    now, held = _held(folder, lambda: built(folder, join=True))
    findings: list[str] = []
    if full:
        anew = folder / "full"
        again, held_anew = _held(anew, lambda: built(anew, join=False))
        findings = [*differences(folder, now, anew, again, all_columns(columns), workers)]
        held.close()
        folder, now, held = anew, again, held_anew
    at = as_of if as_of is not None else now.last_at or 0
    work = Measuring(folder=folder, manifest=now, measures=measures, as_of=at, check=not full)
    found = Audit(
        depth="full" if full else "quick",
        head=now.head,
        events=now.rows,
        as_of=at,
        incomplete=tuple(lacking(now)),
        findings=tuple(findings),
    )
    return found, _measured(workers(work, now.parts), held, folder if full else None)


def _held(folder: Path, bring_up: Callable[[], Manifest]) -> tuple[Manifest, ExitStack]:
    """Return the timeline in *folder*, up with the log, and what keeps its files until it is closed."""
    while True:
        now, held = bring_up(), ExitStack()
        held.enter_context(reading(folder))
        there = manifests.load(folder)
        if there is None or [*there.files()] == [*now.files()]:  # there is none of an empty log
            return now, held
        held.close()  # somebody built on it in between, and may have removed files


def _measured(parts: Iterator[Part], held: ExitStack, remove: Path | None) -> Iterator[Part]:
    with held:
        yield from parts
    if remove is not None:
        with unread(remove) as free:
            if free:
                shutil.rmtree(remove)


def verify(folder: Path) -> tuple[Manifest, list[str]]:
    """Return what the timeline in *folder* is made of, and which of its files are not as they were written.

    Raises:
        Damaged: There is no timeline, or its manifest cannot be read.
    """
    now = manifests.load(folder)
    if now is None:
        raise Damaged(f"there is no timeline in {folder}: `ventanilla timeline build` makes one")
    with reading(folder):
        now = manifests.load(folder) or now  # somebody may have built on it in between
        return now, [problem for number in now.parts for problem in changed_files(folder, now, number)]


def changed_files(folder: Path, now: Manifest, partition: int) -> Iterator[str]:
    """Return which files of *partition* are not as they were written, in words."""
    for segment in (one for run in now.runs for one in run.segments if one.partition == partition):
        path = folder / segment.file.name
        try:
            if segments.digest(path) != segment.file.digest:
                yield f"{path} is not as it was written"
        except Damaged as error:
            yield str(error)


def lacking(now: Manifest) -> Iterator[str]:
    """Return in words what a timeline lacks: the first tickets one by one, the others counted."""
    for one in now.stuck[:NAMED]:
        yield f"ticket {one.ticket} stands as before event {one.position}: {one.reason}"
    if len(now.stuck) > NAMED:
        yield f"and {len(now.stuck) - NAMED:,} more tickets"
