"""Reads a file that :mod:`ventanilla.adapters.moving.export` wrote into an empty desk, all of it or nothing."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast

import msgspec

from ventanilla.adapters.desk import Desk
from ventanilla.adapters.moving import tables
from ventanilla.adapters.moving.export import Moved
from ventanilla.adapters.store.database import Cursor
from ventanilla.adapters.store.schema import FORMAT
from ventanilla.core.errors import Conflict, NotUnderstood, Refused

_LONGEST = 64 * 1024 * 1024
"""Bytes of a line: a sealed text has a tenth of it."""


def import_log(desk: Desk, path: Path, *, progress: Callable[[int, int], None] = lambda done, total: None) -> Moved:
    """Take the log in *path*, and all that belongs to it, into an empty *desk*.

    Everything comes in byte for byte, with its position: the same questions have the same answers, down to the
    evidence. It is one transaction, so a desk has all of it or none: stopped, by Ctrl-C or by a crash, it is called
    again. Let no other process have the empty desk open meanwhile.

    Args:
        desk: Where to.
        path: The file, gzipped or not.
        progress: Told the rows done and the rows in all.

    Raises:
        Refused: There is something in the desk already.
        NotUnderstood: The file is no such file, was cut or was altered; the message names the line.
        Unavailable: The store cannot be used.
    """
    try:
        with path.open("rb") as raw:
            moved = _restore(desk, _Reader(path, raw), progress)
    except OSError as error:
        raise NotUnderstood(f"{path}: {error.strerror or error}") from error
    desk.belong()
    return moved


def look_at(path: Path) -> None:
    """See whether *path* begins as an exported log does.

    Raises:
        NotUnderstood: It does not, or cannot be read.
    """
    try:
        with path.open("rb") as raw:
            _Reader(path, raw).header()
    except OSError as error:
        raise NotUnderstood(f"{path}: {error.strerror or error}") from error


def _restore(desk: Desk, reader: _Reader, progress: Callable[[int, int], None]) -> Moved:
    database = desk.store.database
    header = reader.header()
    total = sum(header.rows.values())
    counts = dict.fromkeys(header.rows, 0)
    try:
        with database.write() as cursor:
            _refuse_full(cursor, header.log)
            cursor.execute("UPDATE desk SET id = ?", (header.log,))
            for block in reader.blocks():
                for table in tables.TABLES:
                    if rows := block.get(table.name):
                        if table.name not in counts:
                            raise reader.wrong(f"the header speaks of no {table.name}")
                        cursor.executemany(table.insert(database.dialect), rows)
                        counts[table.name] += len(rows)
                progress(sum(counts.values()), total)
            if counts != header.rows:
                raise reader.wrong(f"it has {counts}, the header promised {header.rows}")
            if database.dialect.go_on:
                cursor.execute(database.dialect.go_on)
            cursor.execute(f"SELECT max({database.dialect.position}) FROM events")
            ((head,),) = cursor.fetchall()
            if (head or 0) != header.head:
                raise reader.wrong(f"its last position is {head}, the header promised {header.head}")
    except Conflict as error:
        raise reader.wrong(f"a row up to here is there twice: {error}") from error
    return Moved(log=header.log, head=header.head, rows=counts, vault=header.vault)


def _refuse_full(cursor: Cursor, log: str) -> None:
    for table in tables.TABLES:
        cursor.execute(f"SELECT 1 FROM {table.name} LIMIT 1")
        if cursor.fetchall():
            cursor.execute("SELECT id FROM desk")
            same = cursor.fetchall() == [(log,)]
            why = "this very log is in it already" if same else "there is something in it already"
            raise Refused("import.not_empty", f"a log is taken into an empty desk only: {why} (in {table.name})")


class _Reader:
    """Reads the lines of a file, and believes those that a check vouches for."""

    def __init__(self, path: Path, raw: BinaryIO) -> None:
        self._path = path
        zipped = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        self._file = cast("BinaryIO", gzip.open(raw)) if zipped else raw  # noqa: SIM115  # closed with raw
        self._sum = hashlib.sha256()
        self._line = 0
        self._vouched = 0

    def wrong(self, what: str) -> NotUnderstood:
        return NotUnderstood(f"{self._path}, line {self._line:,}: {what}; nothing was taken")

    def header(self) -> tables.Header:
        """Return the first line."""
        header = self._next()
        if not isinstance(header, tables.Header):
            raise self.wrong("this is no exported log: it does not begin with a header")
        if header.desk_format > FORMAT:
            raise self.wrong(f"it is of the desk format {header.desk_format}, this ventanilla reads up to {FORMAT}")
        return header

    def blocks(self) -> Iterator[dict[str, list[tuple[Any, ...]]]]:
        """Return the rows by table, in portions that were vouched for."""
        rows: dict[str, list[tuple[Any, ...]]] = {}
        count = 0
        while True:
            line = self._next()
            if isinstance(line, tables.Header):
                raise self.wrong("there is a second header")
            if isinstance(line, tables.Check):
                yield rows
                rows, count = {}, 0
                if isinstance(line, tables.End):
                    break
            else:
                rows.setdefault(type(line).__name__, []).append(tables.to_row(line))
                count += 1
                if count > tables.BLOCK:
                    raise self.wrong("there should have been a check before it")
        if self._read():
            raise self.wrong("there is more after the end")

    def _next(self) -> Any:
        """Return the next line, decoded."""
        text = self._read()
        if not text.endswith(b"\n"):
            raise self.wrong("the file was cut here: it has no end")
        try:
            line = tables.decode(text)
        except (msgspec.MsgspecError, UnicodeError) as error:
            raise self.wrong(f"this is no line of an exported log: {error}") from error
        if isinstance(line, tables.Check):
            if (line.lines, line.sha256) != (self._line - 1, self._sum.hexdigest()):
                raise self.wrong(f"a line from {self._vouched + 1:,} on was altered, added or left out")
            self._vouched = self._line
        self._sum.update(text)
        return line

    def _read(self) -> bytes:
        self._line += 1
        try:
            return self._file.readline(_LONGEST)
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise self.wrong(f"the file was cut or altered here: broken gzip data: {error}") from error
