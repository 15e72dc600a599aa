"""What a desk's file carries: the stored tables, row by row, as they lie in the database.

A file is JSON Lines, a ``table`` in each line saying what it is: a header, the rows, a ``check`` after every
:data:`BLOCK` rows, an end. A check has the SHA-256 of all bytes before its line, and so has the end: what was cut off
or altered is noticed before any of it counts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Final, Literal, Union

import msgspec
from attrs import frozen

from ventanilla.adapters.store.database import Dialect

# NOTE: storage format.
FORMAT: Final = "ventanilla-log/1"
BLOCK = 1_000
"""Rows between two checks."""

Whole = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]


@frozen(kw_only=True)
class Table:
    """A table of the database, and how its rows are written.

    Attributes:
        name: The table's name, in the file as in the database.
        columns: The columns in the database.
        line: The type of its lines: the same columns by the names that they have in the file.
        order: The columns in whose order the rows are written.
        personal: Whether it is the vault's, and stays behind when that is not carried.
    """

    name: str
    columns: tuple[str, ...]
    line: Callable[..., Any]
    order: tuple[str, ...]
    personal: bool

    def select(self, dialect: Dialect) -> str:
        """Return the statement that reads all rows."""
        return dialect.say(f"SELECT {', '.join(self.columns)} FROM {self.name} ORDER BY {', '.join(self.order)}")

    def insert(self, dialect: Dialect) -> str:
        """Return the statement that writes a row."""
        places = ", ".join("?" * len(self.columns))
        return dialect.say(f"INSERT INTO {self.name} ({', '.join(self.columns)}) VALUES ({places})")


def _table(
    name: str, order: str, *, personal: bool = True, renamed: Mapping[str, str] | None = None, **columns: Any
) -> Table:
    names = renamed or {}
    line = msgspec.defstruct(
        name, list(columns.items()), tag_field="table", tag=name, forbid_unknown_fields=True, gc=False
    )
    return Table(
        name=name,
        columns=tuple(names.get(column, column) for column in columns),
        line=line,
        order=tuple(names.get(column, column) for column in order.split()),
        personal=personal,
    )


TABLES = (
    _table(
        "events", "position", personal=False,
        renamed={"position": "{position}", "stream": "originator_id", "version": "originator_version"},
        position=Whole, stream=str, version=Whole, topic=str, state=str | list[bytes], recorded_at=Whole, actor=str,
        cause=str, allowed_by=str,
    ),
    _table("claims", "key", personal=False, key=str, stream=str, version=Whole, events=Whole),
    _table(
        "erasures", "subject", personal=False,
        subject=str, request=str, erased_at=Whole, texts=Whole, addresses=Whole, keys=Whole, purged=Whole,
    ),
    _table("retired_epochs", "epoch", personal=False, epoch=str),
    _table("subject_keys", "subject number", subject=str, number=Whole, epoch=str, wrapped=bytes),
    _table(
        "vault", "stream version field",
        stream=str, version=Whole, field=str, subject=str, sealed_with=Whole, digest=str, sealed=bytes,
    ),
    _table("addresses", "blind", blind=bytes, stream=str, identity=str),
    _table(
        "readings", "read_at stream version field actor allowed_by subject",
        read_at=Whole, actor=str, allowed_by=str, subject=str, stream=str, version=Whole, field=str,
    ),
    _table(
        "quarantine", "id",
        id=str, source=str, line=Whole, mapping=str, column_name=str | None, rule=str, sealed_with=Whole, sealed=bytes,
    ),
)  # fmt: skip
"""In the order in which they are written: the log first."""


class Header(msgspec.Struct, tag_field="table", tag="header", forbid_unknown_fields=True):
    """The first line.

    Attributes:
        format: Of the file.
        log: The log's id, which it keeps: sealed texts are bound to it.
        desk_format: Of the database.
        head: The last position.
        vault: Whether the vault is carried.
        rows: How many rows there are of each table.
    """

    format: Literal["ventanilla-log/1"]
    log: str
    desk_format: int
    head: int
    vault: bool
    rows: dict[str, int]


class Check(msgspec.Struct, tag_field="table", tag="check", forbid_unknown_fields=True):
    """A line that vouches for all lines before it.

    Attributes:
        lines: How many they are.
        sha256: Of all their bytes, line ends included.
    """

    lines: int
    sha256: str


class End(Check, tag="end"):
    """The last line; it vouches, too."""


encode = msgspec.json.Encoder().encode
decode: Callable[[bytes], Any] = msgspec.json.Decoder(
    Union[(Header, Check, End, *(table.line for table in TABLES))]  # its members are made above
).decode


def carried(*, vault: bool) -> list[Table]:
    """Return the tables that a file has, with the vault or without."""
    return [table for table in TABLES if vault or not table.personal]


def to_line(table: Table, row: Sequence[Any]) -> bytes:
    """Return *row* of *table* as a line of the file."""
    if table.name == "events":
        row = (*row[:_STATE], _readable(row[_STATE]), *row[_STATE + 1 :])
    return encode(table.line(*row)) + b"\n"


def to_row(line: Any) -> tuple[Any, ...]:
    """Return the row that a decoded *line* stands for."""
    row: tuple[Any, ...] = msgspec.structs.astuple(line)
    if type(line) is TABLES[0].line:
        return (*row[:_STATE], _stored(row[_STATE]), *row[_STATE + 1 :])
    return row


_STATE = TABLES[0].columns.index("state")


def _readable(state: bytes | str) -> str | list[bytes]:
    """Return a payload as text; what is no text, as base64 in a list."""
    try:
        return state if isinstance(state, str) else state.decode()
    except UnicodeDecodeError:
        return [state]  # type: ignore[list-item]


def _stored(state: str | list[bytes]) -> bytes:
    return state.encode() if isinstance(state, str) else b"".join(state)
