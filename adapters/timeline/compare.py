"""Compares a timeline with one that was made anew from the log."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from attrs import frozen

from ventanilla.adapters.timeline.build import Map
from ventanilla.adapters.timeline.coding import Array, Coded
from ventanilla.adapters.timeline.manifest import Manifest
from ventanilla.adapters.timeline.reading import merged, read_partition
from ventanilla.core.errors import Unavailable
from ventanilla.projections.parked import NAMED

try:
    import numpy as np
except ModuleNotFoundError as error:
    raise Unavailable(f"the timeline needs {error.name}: pip install 'ventanilla[audit]'") from error


def differences(
    folder: Path, was: Manifest, anew: Path, now: Manifest, columns: Sequence[str], workers: Map = map
) -> Iterator[str]:
    """Return in what the timeline *was* differs from one that was made anew from the log, in words."""
    for old, new in zip(was.stretches, now.stretches, strict=False):
        if old.until == new.until and old != new:
            yield f"positions {old.after + 1:,} to {old.until:,} of the log are not as they were when they were coded"
    work = Comparing(folder=folder, was=was, anew=anew, now=now, columns=tuple(columns))
    for found in workers(work, sorted({*was.parts, *now.parts})):
        if found:
            more = f" and {len(found) - NAMED:,} more" if len(found) > NAMED else ""
            yield f"the timeline of {', '.join(found[:NAMED])}{more} was not what the log says"


@frozen(kw_only=True)
class Comparing:
    """Compares a partition of two timelines, up to where the first one goes: the work of one task."""

    folder: Path
    was: Manifest
    anew: Path
    now: Manifest
    columns: tuple[str, ...]

    def __call__(self, partition: int) -> list[str]:
        """Return the tickets whose rows differ."""
        old = read_partition(self.folder, self.was.runs, partition, self.columns)
        new = read_partition(self.anew, self.now.runs, partition, self.columns)
        if not old.columns or not new.columns:
            return sorted({*old.ids, *new.ids})
        (ours, first), (theirs, second) = (_by_position(one, self.was.head) for one in (old, new))
        alone = np.concatenate(
            (
                first[~np.isin(ours["position"], theirs["position"])],
                second[~np.isin(theirs["position"], ours["position"])],
            )
        )
        _, here, there = np.intersect1d(ours["position"], theirs["position"], return_indices=True)
        differ = first[here] != second[there]
        for name, codes in ours.items():
            differ |= _said(codes, name, self.was)[here] != _said(theirs[name], name, self.now)[there]
        return sorted({*alone.tolist(), *first[here][differ].tolist(), *second[there][differ].tolist()})


def _by_position(coded: Coded, until: int) -> tuple[dict[str, Array], Array]:
    """Return the columns up to a position, and the ticket of each row."""
    there = coded.columns["position"] <= until
    tickets = np.array(coded.ids, object)[coded.columns["ticket"][there]]
    return {name: data[there] for name, data in coded.columns.items() if name != "ticket"}, tickets


def _said(codes: Array, name: str, manifest: Manifest) -> Array:
    words = merged(manifest.runs)
    return np.array(words[name], object)[codes] if name in words else codes
