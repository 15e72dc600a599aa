"""Segments: coded rows of complete tickets, a file each."""

from __future__ import annotations

import bisect
import hashlib
import itertools
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from attrs import frozen

from ventanilla.adapters.timeline import packed
from ventanilla.adapters.timeline.coding import UNKNOWN, Array, Coded, Stuck, Words, narrow
from ventanilla.core.errors import Damaged, Unavailable
from ventanilla.projections.measures.batch import Events
from ventanilla.projections.measures.over import Values

try:
    import numpy as np
except ModuleNotFoundError as error:
    raise Unavailable(f"the timeline needs {error.name}: pip install 'ventanilla[audit]'") from error

_SELDOM = frozenset({"version", "recorded_at", "position", "actor", ":ids"})
"""What measures do not look at."""


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
        silent: The columns in which nothing is said: nobody has to read them.
        file: The tickets, ascending, how many rows each has, and the rows, by ticket, instant and position.
    """

    partition: int
    rows: int
    tickets: int
    silent: tuple[str, ...]
    file: File


def write(folder: Path, partition: int, coded: Coded, words: Words) -> Segment:
    """Write a segment into *folder*, under a name of its own."""
    columns = {name: data for name, data in coded.columns.items() if name != "ticket"}
    silent = [name for name, data in columns.items() if not (data != (0 if name in words else UNKNOWN)).any()]
    said = {name: data for name, data in columns.items() if name not in silent}
    codes = {name: data for name, data in said.items() if name in words}
    codes[":ids"] = np.frombuffer(msgspec.json.encode(coded.ids), np.uint8)
    codes[":counts"] = np.bincount(coded.columns["ticket"], minlength=len(coded.ids)).astype(np.int32)
    numbers = {name: data for name, data in said.items() if name not in words}
    path = folder / f"{partition:03}-{secrets.token_hex(6)}.npz"
    packed.write(path, codes, numbers, seldom=_SELDOM)
    return Segment(
        partition=partition,
        rows=len(coded.columns["ticket"]),
        tickets=len(coded.ids),
        silent=tuple(silent),
        file=File(name=path.name, digest=digest(path)),
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
    if not found:
        return Coded([], {})
    extra = [name for name, needed in (("at", len(found) > 1), ("position", stuck)) if needed and name not in names]
    silent = frozenset[str].intersection(*(frozenset(one.silent) for one, _ in found))
    wanted = [name for name in (*names, *extra) if name not in silent]
    read = [_read(folder, one, wanted, own) for one, own in found]
    pieces = [_translated(piece, own, words) for (_, _, piece), (_, own) in zip(read, found, strict=True)]
    tickets, counts, order = _merged([ids for ids, _, _ in read], [counts for _, counts, _ in read])
    columns = {name: np.concatenate([piece[name] for piece in pieces]) for name in pieces[0]}
    if order is not None:
        columns = {name: data[order] for name, data in columns.items()}
    columns["ticket"] = np.repeat(np.arange(len(tickets)), counts)
    columns |= {name: _silence(len(columns["ticket"]), words.get(name)) for name in names if name in silent}
    if len(found) > 1 and (late := _late(columns["ticket"], columns["at"])) is not None:
        columns = {name: data[late] for name, data in columns.items()}
    if stuck:
        tickets, columns = _without(tickets, columns, stuck)
    return Coded(tickets, {name: columns[name] for name in ("ticket", *names)})


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


def _read(
    folder: Path, segment: Segment, names: Sequence[str], words: Words
) -> tuple[list[str], Array, dict[str, Array]]:
    """Return the tickets of *segment*, how many rows each has, and columns."""
    said = [name for name in names if name not in segment.silent]
    path = folder / segment.file.name
    found = packed.read(path, [":ids", ":counts", *said], segment.rows)
    try:
        ids = msgspec.json.decode(found[":ids"].tobytes(), type=list[str])
    except msgspec.MsgspecError as error:
        raise Damaged(f"{path}: {error}; `ventanilla timeline build --anew` makes it again") from error
    columns = {name: found[name] if name in found else _silence(segment.rows, words.get(name)) for name in names}
    return ids, found[":counts"], columns


def _merged(ids: Sequence[list[str]], counts: Sequence[Array]) -> tuple[list[str], Array, Array | None]:
    """Return all tickets, their numbers of rows, and the order of rows that lie by ticket, piece after piece."""
    if len(ids) == 1:
        return ids[0], counts[0], None
    return _woven(ids[0], counts[0], *_side_by_side(ids[1:], counts[1:]))


def _side_by_side(ids: Sequence[list[str]], counts: Sequence[Array]) -> tuple[list[str], Array, Array]:
    """Return the same of pieces that are much alike, each looked through once, however many there are."""
    tickets = list(dict.fromkeys(sorted(itertools.chain(*ids))))  # which finds the pieces, and merges them
    number = dict(zip(tickets, range(len(tickets)), strict=True))
    numbers = [np.fromiter(map(number.__getitem__, own), np.int64, len(own)) for own in ids]
    total = np.zeros(len(tickets), np.int64)
    for own, rows in zip(numbers, counts, strict=True):
        total[own] += rows
    free = np.cumsum(total) - total  # where the next row of each ticket goes
    order, done = np.empty(total.sum(), np.int64), 0
    for own, rows in zip(numbers, counts, strict=True):
        mine = np.arange(rows.sum())
        order[np.repeat(free[own] - (np.cumsum(rows) - rows), rows) + mine] = done + mine
        free[own] += rows
        done += len(mine)
    return tickets, total, order


def _woven(
    tickets: list[str], total: Array, others: list[str], rows: Array, order: Array
) -> tuple[list[str], Array, Array]:
    """Return the same of a large piece and of *others*, whose rows lie behind those of the same ticket.

    Each of *others* is searched for; what only the large piece has, which is nearly all as a rule, is not looked at.
    """
    place = np.fromiter((bisect.bisect_left(tickets, other) for other in others), np.int64, len(others))
    known = np.array(
        [at < len(tickets) and tickets[at] == other for at, other in zip(place, others, strict=True)], bool
    )
    ends = np.concatenate(([0], np.cumsum(total)))
    count, more = int(ends[-1]), len(order)
    new = np.repeat(ends[place + known], rows) + np.arange(more)
    old = np.ones(count + more, np.bool_)
    old[new] = False
    woven = np.empty(count + more, np.int64)
    woven[new] = count + order
    woven[old] = np.arange(count)
    added = total.copy()
    added[place[known]] += rows[known]
    added = np.insert(added, place[~known], rows[~known])
    return sorted([*tickets, *itertools.compress(others, ~known)]), added, woven


def _late(ticket: Array, at: Array) -> Array | None:
    """Return the order by ticket and instant, if something was recorded late."""
    late = at[1:] < at[:-1]
    late &= ticket[1:] == ticket[:-1]
    return np.lexsort((at, ticket)) if late.any() else None


def _translated(piece: dict[str, Array], own: Words, words: Words) -> dict[str, Array]:
    """Return *piece* with codes that stand for *words*, in place of its *own*."""
    found = {}
    for name, codes in piece.items():
        if name in own and list(own[name]) != list(words[name])[: len(own[name])]:
            number = {word: code for code, word in enumerate(words[name])}
            codes = np.array([number[word] for word in own[name]])[codes]
        found[name] = narrow(codes, words[name]) if name in words else codes
    return found


def _silence(rows: int, words: Sequence[Any] | None) -> Array:
    """Return a column in which nothing is said."""
    return np.full(rows, UNKNOWN) if words is None else narrow(np.zeros(rows, np.int8), words)


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
