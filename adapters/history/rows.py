"""The rows of a history file, one at a time: CSV, JSON Lines or XES, gzipped or not.

In constant memory, but for the last event of each case where rows are events of cases, and for rows put in order.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from attrs import define

from ventanilla.adapters.history.mapping import Instants, Source
from ventanilla.adapters.history.row import Row
from ventanilla.adapters.history.shape import SEPARATOR, further_columns, raw_columns, shaped
from ventanilla.adapters.history.xes import xes_rows
from ventanilla.core.errors import NotUnderstood


@define
class Rows:
    """An open history file.

    Attributes:
        columns: The names of the cells.
        rows: The rows, once.
        size: How long the file is, in bytes as stored.
        raw: The file itself, as stored.
    """

    columns: Sequence[str]
    rows: Iterator[Row]
    size: int
    raw: BinaryIO

    def done(self) -> int:
        """Return how many bytes of the file have been read, as stored."""
        return min(self.raw.tell(), self.size)


@contextmanager
def open_rows(path: Path, source: Source, wanted: Sequence[str], instants: Instants) -> Iterator[Rows]:
    """Open the history in *path* and read as far as its header.

    Args:
        path: The file.
        source: What it looks like.
        wanted: The columns that the mapping speaks of; rows of JSON Lines have just these.
        instants: How instants are written, for rows that are put in order.

    Raises:
        NotUnderstood: The file cannot be read, is broken, or lacks a wanted column; the message names the place.
    """
    try:
        with path.open("rb") as raw:
            text = _decoded(raw, source.encoding)
            given = raw_columns(source, [name for name in wanted if not (source.events and name.startswith(DERIVED))])
            columns: Sequence[str]
            match source.kind:
                case "csv":
                    columns, rows = _csv(path, text, source, given)
                case "jsonl":
                    columns, rows = _json_lines(path, text, given)
                case "xes":
                    columns, rows = list(given), xes_rows(path, text, given)
            if missing := [name for name in given if name not in columns]:
                raise NotUnderstood(f"{path}: the header lacks {_quoted(missing)}; {_has(columns)}")
            columns, rows = shaped(columns, rows, source, instants, further_columns(source, wanted, path.name))
            if source.events:
                columns, rows = _as_events(columns, rows, source, wanted)
            if missing := [name for name in wanted if name not in columns]:
                raise NotUnderstood(f"{path}: the header lacks {_quoted(missing)}; {_has(columns)}")
            yield Rows(columns=columns, rows=rows, size=path.stat().st_size, raw=raw)
    except OSError as error:
        if isinstance(error, gzip.BadGzipFile):
            raise NotUnderstood(f"{path}: broken gzip data: {error}") from error
        raise NotUnderstood(f"{path}: {error.strerror or error}") from error


def row_of(source: Source, columns: Sequence[str], line: int, text: str) -> Row:
    """Return the row that was kept as JSON *text* by :func:`kept`, as if it came anew."""
    value = json.loads(text)
    if not isinstance(value, dict):
        return Row(line, None, str(value), "it is no row of the mapped columns", text)
    whole = text if source.kind != "csv" else SEPARATOR.join(map(_cell, value.values()))
    return Row(line, [_cell(value.get(name)) for name in columns], whole, kept=text)


def kept(row: Row, columns: Sequence[str], source: Source) -> str:
    """Return *row* as JSON text, to be kept in quarantine: an object if it has cells, else a string."""
    if row.kept:
        return row.kept
    if row.cells is None:
        return json.dumps(row.text)
    if source.kind == "csv":
        return json.dumps(dict(zip(columns, row.cells, strict=True)))
    try:
        row.text.encode()
    except UnicodeEncodeError:  # undecodable bytes: kept as escapes
        return json.dumps(json.loads(row.text))
    return row.text


DERIVED = ("before:", "event:")
"""What the names of columns begin with that say where a row stands among its case's."""


def _as_events(
    columns: Sequence[str], rows: Iterator[Row], source: Source, wanted: Sequence[str]
) -> tuple[list[str], Iterator[Row]]:
    """Add the derived columns that are *wanted* to rows that are events of cases."""
    derived = [name for name in wanted if name.startswith(DERIVED)]
    places = {name: place for place, name in enumerate(columns)}
    known = [name for name in derived if name == "event:number" or name.removeprefix("before:") in places]
    return [*columns, *known], _event_rows(rows, [places.get(name) for name in source.key], places, known)


def _event_rows(
    rows: Iterator[Row], key: Sequence[int | None], places: Mapping[str, int], derived: Sequence[str]
) -> Iterator[Row]:
    before: dict[tuple[str, ...], tuple[int, Sequence[str]]] = {}
    for row in rows:
        if row.cells is None or None in key:
            yield row
            continue
        cells = row.cells
        case = tuple(cells[place] for place in key if place is not None)
        number, last = before.get(case, (0, ()))
        before[case] = number + 1, cells
        more = [
            str(number + 1) if name == "event:number" else last[places[name.removeprefix("before:")]] if last else ""
            for name in derived
        ]
        # Its number tells two events apart that say the same.
        yield row._replace(cells=[*cells, *more], text=f"{row.text}{SEPARATOR}{number + 1}")


def _decoded(raw: BinaryIO, encoding: str) -> TextIO:
    """Unzip and decode; bytes that do not fit the encoding come through as lone surrogates, for the row to answer."""
    zipped = raw.read(2) == b"\x1f\x8b"
    raw.seek(0)
    encoding = "utf-8-sig" if codecs.lookup(encoding).name == "utf-8" else encoding
    stream: Any = gzip.open(raw) if zipped else raw  # noqa: SIM115  # closed with raw, by the caller
    return io.TextIOWrapper(io.BufferedReader(stream, 1 << 16), encoding, errors="surrogateescape", newline="")


def _csv(path: Path, text: TextIO, source: Source, wanted: Sequence[str]) -> tuple[list[str], Iterator[Row]]:
    reader = csv.reader(text, delimiter=source.delimiter)
    lines = _explained(path, reader, reader)
    while reader.line_num < source.header - 1 and next(lines, None) is not None:
        pass
    columns = next(lines, None)
    if columns is None:
        raise NotUnderstood(f"{path}: the file is empty: there is not even a header")
    if twice := sorted({name for name in columns if columns.count(name) > 1 and name in wanted}):
        raise NotUnderstood(f"{path}: the header has {_quoted(twice)} more than once")
    # What nobody asks for may be there twice; numbered, so that a row in quarantine is kept whole.
    columns = [name if name not in columns[:place] else f"{name} ({place})" for place, name in enumerate(columns)]
    return columns, _csv_rows(reader, lines, len(columns))


def _csv_rows(reader: Any, lines: Iterator[list[str]], width: int) -> Iterator[Row]:
    for cells in lines:
        text = SEPARATOR.join(cells)
        if len(cells) == width:
            yield Row(reader.line_num, cells, text)
        elif cells:  # an empty line is no row
            yield Row(reader.line_num, None, text, f"it has {len(cells)} cells, the header has {width}")


def _json_lines(path: Path, text: TextIO, wanted: Sequence[str]) -> tuple[Sequence[str], Iterator[Row]]:
    counter = _Counter()
    return list(wanted), _json_rows(counter, _explained(path, counter.count(text), counter), wanted)


def _json_rows(counter: _Counter, lines: Iterator[str], wanted: Sequence[str]) -> Iterator[Row]:
    for raw_line in lines:
        line = raw_line.strip()
        if not line:
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            yield Row(counter.line_num, None, line, f"it is no JSON: {error}")
            continue
        if isinstance(value, dict):
            yield Row(counter.line_num, [_cell(value.get(name)) for name in wanted], line)
        else:
            yield Row(counter.line_num, None, line, "it is no JSON object")


@define
class _Counter:
    line_num: int = 0

    def count(self, lines: TextIO) -> Iterator[str]:
        for self.line_num, line in enumerate(lines, 1):
            yield line


def _explained(path: Path, lines: Iterator[Any], place: Any) -> Iterator[Any]:
    """Pass *lines* on; a file that breaks off is an error that names the line."""
    try:
        yield from lines
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise NotUnderstood(f"{path}: broken gzip data after line {place.line_num}: {error}") from error
    except UnicodeError as error:
        raise NotUnderstood(f"{path}: after line {place.line_num} it is no text of this encoding: {error}") from error
    except csv.Error as error:
        raise NotUnderstood(f"{path}: broken CSV near line {place.line_num + 1}: {error}") from error


def _cell(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _has(columns: Sequence[str]) -> str:
    """Say which columns there are, as far as a line goes."""
    if not all(name.isprintable() for name in columns):
        return "it is no text of the mapping's encoding"
    more = f" and {len(columns) - 30:,} more" if len(columns) > 30 else ""
    return f"it has {_quoted([name[:60] for name in columns[:30]])}{more}"


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(map(repr, names))
