"""A fact table: what a fold makes of each stream's history, in rows that metrics ask of.

Nothing is kept beside the rows that is not folded from the log, so a table can be dropped and made again, for any
instant, and comes out the same. Tables of streams that are no tickets (feedback, customers, agents) are made alike.
"""

from __future__ import annotations

import reprlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Generic, TypeAlias, TypeVar, get_args

import attrs
from attrs import Factory, field, frozen

from ventanilla.core.errors import PluginError, said
from ventanilla.core.events import Event
from ventanilla.core.recorded import Recorded, Unreadable
from ventanilla.core.streams import StreamKind
from ventanilla.projections.expressions import Row
from ventanilla.projections.naming import refuse_no_name
from ventanilla.projections.parked import Parked

S = TypeVar("S")
Story: TypeAlias = Sequence[Recorded | Unreadable]
Across: TypeAlias = Callable[[Sequence[Row], datetime], Iterable[Row]]


@frozen(kw_only=True)
class FactTable(Generic[S]):
    """A fold over the streams of some kinds, and the rows that it gives.

    Attributes:
        name: Its name, with the owner first: ``"acme.visits"``; our own have none.
        version: Raised whenever it would give other rows of the same log.
        about: What a row is, in words: ``"one row a promise"``.
        row: The attrs class of the rows. A column ``ticket`` or ``customer`` joins each row with what is known of
            that ticket or customer, so that it can be cut by their dimensions.
        streams: The kinds of streams that it is folded from.
        reads: The types of events that it looks at; ``None``: all.
        initial: The state before a stream's first event; it is never changed, only replaced.
        fold: The state after one more event. A stream's events come by when they happened, then by position.
        rows: The rows of a state, as they stand at an instant.
        across: Makes the rows anew with all others at hand, where one depends on others of the table, as a repeated
            contact does; ``None``: none does.
        dimensions: The columns that it can be cut by, besides those of the ticket and the customer.
        key: The columns that tell a row from all others, under any dials; empty: what it is of and its first event do.
        sources: Which columns hold the positions of the events that a column comes from. Those columns hold a
            position, ``None``, or several. Default: all columns come from ``evidence``.
    """

    name: str
    version: int = 1
    about: str
    row: type[Any]
    streams: tuple[StreamKind, ...] = ("ticket",)
    reads: frozenset[type[Event]] | None
    initial: S
    fold: Callable[[S, Recorded], S]
    rows: Callable[[S, datetime], Iterable[Row]]
    across: Across | None = None
    dimensions: tuple[str, ...] = ()
    key: tuple[str, ...] = ()
    sources: Mapping[str, tuple[str, ...]] = field(
        default=Factory(lambda self: dict.fromkeys(_columns(self.row), ("evidence",)), takes_self=True)
    )

    def __attrs_post_init__(self) -> None:
        """Refuse what is no fact table where it is declared, and not in the middle of an answer."""
        refuse_no_name("fact table", self.name)
        if not isinstance(self.version, int):
            raise TypeError(f"the table {self.name}: version is a whole number, not {reprlib.repr(self.version)}")
        if not attrs.has(self.row):
            raise TypeError(f"the table {self.name}: {reprlib.repr(self.row)} is no attrs class of rows")
        if not isinstance(self.streams, tuple) or not self.streams:
            raise TypeError(f"the table {self.name}: streams is no tuple of kinds but {reprlib.repr(self.streams)}")
        for kind in self.streams:
            if kind not in get_args(StreamKind):
                kinds = ", ".join(get_args(StreamKind))
                raise ValueError(f"the table {self.name}: there are no streams of {kind!r}; there are {kinds}")
        if self.reads is not None and not isinstance(self.reads, frozenset):
            raise TypeError(f"the table {self.name}: reads is no frozenset of events but {reprlib.repr(self.reads)}")
        for event in self.reads or ():
            if event not in get_args(Event):
                raise TypeError(f"the table {self.name}: it reads {reprlib.repr(event)}, which is no event")
        for name, given in {"fold": self.fold, "rows": self.rows, "across": self.across or self.rows}.items():
            if not callable(given):
                raise TypeError(f"the table {self.name}: {name} is no function but {reprlib.repr(given)}")
        for name, columns in {"dimensions": self.dimensions, "key": self.key}.items():
            if not isinstance(columns, tuple) or not all(isinstance(column, str) for column in columns):
                raise TypeError(f"the table {self.name}: {name} is no tuple of columns but {reprlib.repr(columns)}")

    def __str__(self) -> str:
        return f"{self.name}@{self.version}"


def _columns(row: type[Any]) -> Iterable[str]:
    return attrs.fields_dict(row) if attrs.has(row) else ()


def read(
    table: FactTable[Any],
    stories: Iterable[tuple[str, Story]],
    as_of: datetime,
    park: Callable[[Parked], None] = lambda _: None,
) -> Iterator[Row]:
    """Return the rows of *table* as they stood at *as_of*, stream by stream.

    Args:
        table: The table.
        stories: The streams' events, by version.
        as_of: Events that happened later are left out.
        park: Told of every stream with an event that cannot be read: its rows stand as before that event.

    Raises:
        PluginError: The table's fold failed; the message names the table and the position.
    """
    found = _read(table, stories, as_of, park)
    return found if table.across is None else _with_others(table, table.across, found, as_of)


def _read(
    table: FactTable[Any], stories: Iterable[tuple[str, Story]], as_of: datetime, park: Callable[[Parked], None]
) -> Iterator[Row]:
    for stream, story in stories:
        readable = [recorded for recorded in story if isinstance(recorded, Recorded)]
        if len(readable) < len(story):
            readable = _until_unreadable(stream, story, park)
        events = [recorded for recorded in readable if recorded.event.at <= as_of]
        events.sort(key=_when)
        if events:
            yield from _rows(table, events, as_of)


def _rows(table: FactTable[Any], events: Sequence[Recorded], as_of: datetime) -> Sequence[Row]:
    state, last = table.initial, events[-1]
    try:
        for last in events:
            state = table.fold(state, last)
        return list(table.rows(state, as_of))
    except (Exception, SystemExit) as error:  # whatever its class says: it is the table's
        where = f"{last.stream}, at position {last.position} of the log"
        raise PluginError(f"the table {table} fails on {where}: {said(error)}") from error


def _with_others(table: FactTable[Any], across: Across, rows: Iterable[Row], as_of: datetime) -> Iterator[Row]:
    found = list(rows)
    try:
        made = list(across(found, as_of))
    except (Exception, SystemExit) as error:
        raise PluginError(f"the table {table} fails on all its rows: {said(error)}") from error
    yield from made


def _until_unreadable(stream: str, story: Story, park: Callable[[Parked], None]) -> list[Recorded]:
    readable: list[Recorded] = []
    for index, recorded in enumerate(story):
        if isinstance(recorded, Unreadable):
            waiting = len(story) - index
            position = recorded.position
            park(Parked(stream=stream, position=position, topic=recorded.topic, reason=recorded.reason, events=waiting))
            break
        readable.append(recorded)
    return readable


def _when(recorded: Recorded) -> tuple[datetime, int]:
    return recorded.event.at, recorded.position
