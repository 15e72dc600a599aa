"""Segments: coded rows of complete tickets in Parquet files, written and read by DuckDB, straight to and from numpy."""

from __future__ import annotations

import hashlib
import itertools
import os
import secrets
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import frozen

from ventanilla.adapters.timeline.coding import UNKNOWN, Array, Coded, Stuck, Words
from ventanilla.core.errors import Damaged, Unavailable
from ventanilla.projections.measures.batch import Events
from ventanilla.projections.measures.over import Values

try:
    import duckdb
    import numpy as np
except ModuleNotFoundError as error:
    raise Unavailable(f"the timeline needs {error.name}: pip install 'ventanilla[audit]'") from error

_COPY = (
    "COPY (SELECT * FROM rows) TO '{}' "
    "(FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION v2, DICTIONARY_SIZE_LIMIT 1000)"
)


@frozen(kw_only=True)
class File:
    """A file of the timeline.

    Attributes:
        name: Its name in the folder.
        digest: Its SHA-256, in hexadecimal.
    """

    name: str
    digest: str


@frozen(kw_only=True)
class Segment:
    """The rows of one partition in a stretch of the log.

    Attributes:
        partition: Which partition.
        rows: How many rows.
        tickets: How many tickets.
        events: The rows, by ticket, instant and position.
        ids: The tickets.
    """

    partition: int
    rows: int
    tickets: int
    events: File
    ids: File


def write(folder: Path, partition: int, coded: Coded, words: Words) -> Segment:
    """Write a segment into *folder*, under a name of its own."""
    name = f"{partition:03}-{secrets.token_hex(6)}"
    narrow = {column: _narrow(data, words.get(column)) for column, data in coded.columns.items()}
    ids = np.empty(len(coded.ids), object)
    ids[:] = coded.ids
    return Segment(
        partition=partition,
        rows=len(coded.columns["ticket"]),
        tickets=len(coded.ids),
        events=_write(folder / f"{name}.events.parquet", narrow),
        ids=_write(folder / f"{name}.tickets.parquet", {"id": ids}),
    )


def read(
    folder: Path,
    found: Sequence[tuple[Segment, Words]],
    names: Sequence[str],
    words: Words,
    stuck: Sequence[Stuck] = (),
) -> Coded:
    """Return the rows of segments of one partition as one.

    Args:
        folder: Where they are.
        found: The segments, in the order of the log, and their words.
        names: The columns to read.
        words: What the codes shall stand for.
        stuck: Tickets that are followed no further than to a position.

    Raises:
        Damaged: A file is lost or cannot be read.
    """
    merge = len(found) > 1
    wanted = ["ticket", *names]
    extra = [name for name, needed in (("at", merge), ("position", stuck)) if needed and name not in wanted]
    connection = connect()
    pieces = [_read(connection, folder / one.events.name, [*wanted, *extra]) for one, _ in found]
    ids = [_read(connection, folder / one.ids.name, ["id"])["id"].tolist() for one, _ in found]
    for piece, (_, own) in zip(pieces, found, strict=True):
        _translate(piece, own, words)
    if not merge:
        tickets, columns = (ids[0], pieces[0]) if found else ([], {})
    else:
        tickets = list(dict.fromkeys(sorted(itertools.chain(*ids))))  # which finds the pieces, and merges them
        number = dict(zip(tickets, range(len(tickets)), strict=True))
        for piece, own in zip(pieces, ids, strict=True):
            piece["ticket"] = np.fromiter(map(number.__getitem__, own), np.int64, len(own))[piece["ticket"]]
        columns = {name: np.concatenate([piece[name] for piece in pieces]) for name in pieces[0]}
        order = _in_order(columns["ticket"], columns["at"])
        columns = {name: data[order] for name, data in columns.items()}
    if stuck and columns:
        tickets, columns = _without(tickets, columns, stuck)
    return Coded(tickets, {name: columns[name] for name in wanted if name in columns})


def as_events(coded: Coded, words: Mapping[str, Sequence[Any]]) -> Events:
    """Return *coded* as what measures take."""
    columns = {
        name: Values(data, words=tuple(words[name])) if name in words else Values(data, _known(data))
        for name, data in coded.columns.items()
        if name != "ticket"
    }
    return Events(coded.ids, coded.columns.get("ticket", np.zeros(0, np.int64)), columns)


def digest(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise Damaged(
            f"{path}: {error.strerror or error}; `ventanilla timeline build --anew` makes it again"
        ) from error


def _write(path: Path, columns: Mapping[str, Array]) -> File:
    connection = connect()
    connection.register("rows", dict(columns))
    try:
        connection.execute(_COPY.format(_quoted(path)))
    except duckdb.Error as error:
        raise Unavailable(f"{path} cannot be written: {error}") from error
    finally:
        connection.unregister("rows")
    return File(name=path.name, digest=digest(path))


def _read(connection: duckdb.DuckDBPyConnection, path: Path, names: Sequence[str]) -> dict[str, Array]:
    columns = ", ".join(f'"{name}"' for name in names)
    try:
        found = connection.execute(f"SELECT {columns} FROM read_parquet('{_quoted(path)}')").fetchnumpy()
    except duckdb.Error as error:
        raise Damaged(f"{path}: {error}; `ventanilla timeline build --anew` makes it again") from error
    return {name: np.asarray(data) for name, data in found.items()}


class _Kept(threading.local):
    connection: duckdb.DuckDBPyConnection | None = None
    process: int = 0


_kept = _Kept()


def connect() -> duckdb.DuckDBPyConnection:
    """Return this thread's connection, which works by itself: who wants more cores takes more processes."""
    if _kept.connection is None or _kept.process != os.getpid():  # to make one takes longer than to read a segment
        _kept.connection, _kept.process = duckdb.connect(config={"threads": 1}), os.getpid()
    return _kept.connection


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def _narrow(data: Array, words: Sequence[Any] | None) -> Array:
    """Return *data* in as few bytes as its codes need."""
    return data if words is None else data.astype(np.min_scalar_type(len(words)))


def _in_order(ticket: Array, at: Array) -> Array:
    """Return the order by ticket and instant of rows that are in it piece by piece, the pieces in that of the log."""
    order = np.argsort(ticket, kind="stable")  # which finds the pieces, and merges them
    later = at[order]
    follows = ticket[order][1:] == ticket[order][:-1]
    if (follows & (later[1:] < later[:-1])).any():  # something was recorded late
        order = np.lexsort((at, ticket))
    return order


def _translate(piece: dict[str, Array], own: Words, words: Words) -> None:
    """Let the codes of *piece* stand for *words* in place of its *own*."""
    for name, codes in piece.items():
        if name in own and list(own[name]) != list(words[name])[: len(own[name])]:
            number = {word: code for code, word in enumerate(words[name])}
            piece[name] = np.array([number[word] for word in own[name]])[codes]


def _without(
    tickets: list[str], columns: Mapping[str, Array], stuck: Sequence[Stuck]
) -> tuple[list[str], dict[str, Array]]:
    """Return the rows before those at which tickets are stuck."""
    until = {one.ticket: one.position for one in stuck}
    last = np.array([until.get(ticket, 2**63 - 1) for ticket in tickets])
    there = columns["position"] < last[columns["ticket"]]
    kept, numbers = np.unique(columns["ticket"][there], return_inverse=True)
    rows = {name: data[there] for name, data in columns.items()}
    return [tickets[number] for number in kept.tolist()], rows | {"ticket": numbers}


def _known(data: Array) -> Any:
    known = data != UNKNOWN
    return None if known.all() else known
