"""What a timeline is made of: its files, their digests, and the stretches of the log that they were made from."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

import msgspec
from attrs import frozen

from ventanilla.adapters.store.codec import CATALOGUE
from ventanilla.adapters.timeline.coding import Stuck
from ventanilla.adapters.timeline.segments import File, Segment
from ventanilla.core.errors import Damaged
from ventanilla.projections.timeline import Column

FORMAT = 3
PARTITIONS = 8
BLOCK = 2**18
"""Positions of the log that are coded, and vouched for by one digest, together."""

Word: TypeAlias = str | bool | None


@frozen(kw_only=True)
class Stretch:
    """A stretch of the log.

    Attributes:
        after: It begins past this position.
        until: It ends with this one.
        rows: How many rows there are.
        digest: The SHA-256 of the rows as they lie in the log, in hexadecimal.
    """

    after: int
    until: int
    rows: int
    digest: str


@frozen(kw_only=True)
class Run:
    """The segments of some stretches.

    Attributes:
        after: Past which position they begin.
        until: With which one they end.
        last_at: The newest instant in them, microseconds since 1970; ``None`` without one.
        words: What the codes stand for, by column.
        segments: One for each partition that has rows.
    """

    after: int
    until: int
    last_at: int | None
    words: dict[str, list[Word]]
    segments: tuple[Segment, ...]

    @property
    def rows(self) -> int:
        """How many rows they have."""
        return sum(segment.rows for segment in self.segments)

    def files(self) -> Iterator[File]:
        """Return all files."""
        return (segment.file for segment in self.segments)


@frozen(kw_only=True)
class Manifest:
    """A timeline.

    Attributes:
        format: Of this.
        log: The id of the log that it was made from.
        coding: The digest of what decides how rows are coded.
        partitions: Over how many the tickets are spread.
        block: How many positions a stretch has; the last one may have fewer.
        stretches: Of the log, from its beginning.
        runs: The segments, in the order of the log.
        stuck: The tickets that cannot be followed any further.
    """

    format: int = FORMAT
    log: str
    coding: str
    partitions: int = PARTITIONS
    block: int = BLOCK
    stretches: tuple[Stretch, ...] = ()
    runs: tuple[Run, ...] = ()
    stuck: tuple[Stuck, ...] = ()

    @property
    def head(self) -> int:
        """The last position that is in it."""
        return self.stretches[-1].until if self.stretches else 0

    @property
    def last_at(self) -> int | None:
        """The newest instant in it, microseconds since 1970; ``None`` for an empty one."""
        return max((run.last_at for run in self.runs if run.last_at is not None), default=None)

    @property
    def parts(self) -> list[int]:
        """The partitions that have rows."""
        return sorted({segment.partition for run in self.runs for segment in run.segments})

    def files(self) -> Iterator[File]:
        """Return all files."""
        return (file for run in self.runs for file in run.files())

    @property
    def rows(self) -> int:
        """How many rows of tickets it has."""
        return sum(run.rows for run in self.runs)


def coding(columns: Sequence[Column]) -> str:
    """Return the digest of what decides how rows are coded: the columns, and the events that can be read."""
    return hashlib.sha256(repr((FORMAT, tuple(columns), sorted(CATALOGUE))).encode()).hexdigest()


def load(folder: Path) -> Manifest | None:
    """Return the manifest in *folder*; ``None`` if there is none, or one of another format.

    Raises:
        Damaged: It cannot be read.
    """
    path = folder / NAME
    try:
        written = path.read_bytes()
        if msgspec.json.decode(written, type=_Format).format != FORMAT:
            return None
        return msgspec.json.decode(written, type=Manifest)
    except FileNotFoundError:
        return None
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise Damaged(f"{path} is no manifest: {error}; `ventanilla timeline build --anew` makes it again") from error


def save(folder: Path, manifest: Manifest) -> None:
    """Put *manifest* in the place of the one in *folder*, whole or not at all."""
    aside = folder / f".{NAME}.{secrets.token_hex(4)}"
    with aside.open("wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(manifest), indent=1))
        file.flush()
        os.fsync(file.fileno())
    aside.replace(folder / NAME)


NAME = "manifest.json"


@frozen
class _Format:
    format: int
