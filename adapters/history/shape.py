"""Puts the rows of a sheet into shape: filled down, a row a cell, with further columns, in order."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from ventanilla.adapters.history.instants import Unreadable, reader
from ventanilla.adapters.history.mapping import Instants, Source
from ventanilla.adapters.history.row import Row

FILE = "file:name"
"""The column with the name of the file."""

SEPARATOR = "\x1f"


def raw_columns(source: Source, wanted: Sequence[str]) -> list[str]:
    """Return the columns that the file itself must have, of those that are *wanted*."""
    made = {FILE, *source.joined, *source.constants}
    if source.unpivot:
        made |= {source.unpivot.name, source.unpivot.value}
    parts = [part for parts in source.joined.values() for part in parts]
    order = [source.order] if source.order else []
    return list(dict.fromkeys(name for name in [*wanted, *source.fill, *order, *parts] if name not in made))


def further_columns(source: Source, wanted: Sequence[str], file: str) -> dict[str, str]:
    """Return the columns that have one text in all rows of *file*, with it."""
    parts = [part for parts in source.joined.values() for part in parts]
    return source.constants | ({FILE: file} if FILE in [*wanted, *parts] else {})


def shaped(
    columns: Sequence[str], rows: Iterator[Row], source: Source, instants: Instants, further: Mapping[str, str]
) -> tuple[list[str], Iterator[Row]]:
    """Return *columns* and *rows* in the shape that *source* says, with the *further* columns of one text each."""
    names = list(columns)
    if source.fill:
        rows = _filled(rows, [names.index(column) for column in source.fill if column in names])
    if source.unpivot:
        pattern = re.compile(source.unpivot.columns)
        spread = [place for place, column in enumerate(names) if pattern.fullmatch(column)]
        rows = _unpivoted(rows, names, spread)
        names = [column for place, column in enumerate(names) if place not in spread]
        names += [source.unpivot.name, source.unpivot.value]
    if further:
        rows = _widened(rows, [], list(further.values()))
        names += further
    if source.joined:
        rows = _widened(rows, [[names.index(part) for part in parts] for parts in source.joined.values()], [])
        names += source.joined
    if source.order in names:
        read = reader(instants.columns.get(source.order, instants))
        rows = iter(_ordered(rows, names.index(source.order), read))
    changed = source.unpivot or source.fill or source.joined or further
    return names, _told(rows, names, source) if changed else rows


def _filled(rows: Iterable[Row], places: Sequence[int]) -> Iterator[Row]:
    above = dict.fromkeys(places, "")
    for row in rows:
        if row.cells is None:
            yield row
            continue
        cells = list(row.cells)
        for place in places:
            above[place] = cells[place] = (cells[place].strip() and cells[place]) or above[place]
        yield row._replace(cells=cells)


def _unpivoted(rows: Iterable[Row], names: Sequence[str], spread: Sequence[int]) -> Iterator[Row]:
    for row in rows:
        if row.cells is None:
            yield row
            continue
        rest = [cell for place, cell in enumerate(row.cells) if place not in spread]
        for place in spread:
            yield row._replace(cells=[*rest, names[place], row.cells[place]])


def _widened(rows: Iterable[Row], joined: Sequence[Sequence[int]], constants: Sequence[str]) -> Iterator[Row]:
    for row in rows:
        if row.cells is None:
            yield row
        else:
            more = [" ".join(row.cells[place].strip() for place in places).strip() for places in joined]
            yield row._replace(cells=[*row.cells, *more, *constants])


def _ordered(rows: Iterable[Row], place: int, read: Callable[[str], datetime | None]) -> list[Row]:
    def at(row: Row) -> datetime:
        try:
            return (None if row.cells is None else read(row.cells[place])) or _FIRST
        except Unreadable:
            return _FIRST

    return sorted(rows, key=at)


_FIRST = datetime.min.replace(tzinfo=UTC)


def _told(rows: Iterable[Row], names: Sequence[str], source: Source) -> Iterator[Row]:
    """Make the text of each row that of all its cells: of a row of a sheet there may be many now."""
    for row in rows:
        if row.cells is None:
            yield row
        elif source.kind == "csv":
            yield row._replace(text=SEPARATOR.join(row.cells))
        else:
            yield row._replace(text=json.dumps(dict(zip(names, row.cells, strict=True)), ensure_ascii=False))
