"""Writes all that a desk holds into a file that any backend reads."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from attrs import frozen

from ventanilla.adapters.moving import tables
from ventanilla.adapters.moving.aside import written_aside
from ventanilla.adapters.store import Store
from ventanilla.adapters.store.database import Dialect, Snapshot
from ventanilla.adapters.store.schema import FORMAT


@frozen(kw_only=True)
class Moved:
    """What was carried.

    Attributes:
        log: The log's id.
        head: Its last position.
        rows: How many rows of each table.
        vault: Whether the vault came along.
    """

    log: str
    head: int
    rows: dict[str, int]
    vault: bool


def export_log(
    store: Store,
    to: Path | BinaryIO,
    *,
    vault: bool = True,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Moved:
    """Write the log in *store*, and all that belongs to it, to a file.

    The file shows one moment: others may go on writing. What the vault keeps stays sealed, its keys wrapped; the
    key-encryption keys are the host's and do not come along.

    Args:
        store: Where from.
        to: A path, gzipped if its name ends in ``.gz``, there once it is whole; or an open binary file.
        vault: Whether the vault comes along, with the rows put aside; without it no personal text does, sealed or not.
        progress: Told the rows done and the rows in all.

    Raises:
        FileExistsError: There is such a file already.
        Unavailable: The store cannot be used.
    """
    with store.database.snapshot() as snapshot:
        moved = _look(snapshot, store.database.dialect, vault=vault)
        if not isinstance(to, Path):
            _write(to, snapshot, store.database.dialect, moved, progress)
        else:
            with written_aside(to) as aside, _zipped(aside, to.suffix == ".gz") as out:
                _write(out, snapshot, store.database.dialect, moved, progress)
    return moved


def _look(snapshot: Snapshot, dialect: Dialect, *, vault: bool) -> Moved:
    ((log,),) = snapshot.rows("SELECT id FROM desk")
    ((head,),) = snapshot.rows(f"SELECT max({dialect.position}) FROM events")
    rows = {table.name: _count(snapshot, table.name) for table in tables.carried(vault=vault)}
    return Moved(log=log, head=head or 0, rows=rows, vault=vault)


def _count(snapshot: Snapshot, table: str) -> int:
    ((count,),) = snapshot.rows(f"SELECT count(*) FROM {table}")
    return int(count)


def _write(
    out: BinaryIO, snapshot: Snapshot, dialect: Dialect, moved: Moved, progress: Callable[[int, int], None]
) -> None:
    total = sum(moved.rows.values())
    writer = _Writer(out)
    writer.write(
        tables.encode(
            tables.Header(
                format=tables.FORMAT,
                log=moved.log,
                desk_format=FORMAT,
                head=moved.head,
                vault=moved.vault,
                rows=moved.rows,
            )
        )
        + b"\n"
    )
    done = 0
    for table in tables.carried(vault=moved.vault):
        for row in snapshot.rows(table.select(dialect)):
            writer.write(tables.to_line(table, row))
            done += 1
            if done % tables.BLOCK == 0:
                writer.vouch(tables.Check)
                progress(done, total)
    writer.vouch(tables.End)
    progress(done, total)


class _Writer:
    """Writes lines and keeps their sum."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._sum = hashlib.sha256()
        self._lines = 0

    def write(self, line: bytes) -> None:
        self._out.write(line)
        self._sum.update(line)
        self._lines += 1

    def vouch(self, kind: type[tables.Check]) -> None:
        self.write(tables.encode(kind(lines=self._lines, sha256=self._sum.hexdigest())) + b"\n")


@contextmanager
def _zipped(path: Path, zipped: bool) -> Iterator[BinaryIO]:
    with path.open("wb") as raw:
        if not zipped:
            yield raw
            return
        with gzip.GzipFile("", "wb", compresslevel=6, fileobj=raw, mtime=0) as out:  # the same log, the same bytes
            yield cast("BinaryIO", out)
