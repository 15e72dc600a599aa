"""Partitions of a timeline, read from however many runs they lie in."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ventanilla.adapters.timeline import segments
from ventanilla.adapters.timeline.coding import NUMBERS, WORDS, Coded, Stuck
from ventanilla.adapters.timeline.manifest import Run
from ventanilla.projections.timeline import Column


def read_partition(
    folder: Path, runs: Sequence[Run], partition: int, columns: Sequence[str], stuck: Sequence[Stuck] = ()
) -> Coded:
    """Return *columns* of a partition, by codes that stand for the words of all *runs*, see :func:`merged`."""
    found = [(one, run.words) for run in runs for one in run.segments if one.partition == partition]
    return segments.read(folder, found, columns, merged(runs), stuck)


def all_columns(columns: Sequence[Column]) -> tuple[str, ...]:
    """Return the names of all columns, *columns* besides those of every row."""
    return (*NUMBERS, *WORDS, *(one.name for one in columns))


def merged(runs: Sequence[Run]) -> dict[str, list[Any]]:
    """Return the words of all *runs*, each where it came first."""
    every = [run.words for run in runs]
    names = every[0] if every else ()
    return {name: list(dict.fromkeys(word for words in every for word in words[name])) for name in names}
