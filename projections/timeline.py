"""The timeline: what every event of a ticket says, as a row of short columns that measures are declared over.

The rows of a ticket come by when things happened, equal instants by position, as clocks take them. A row says only what
its own event says: ``priority`` is given where it was set. Two more columns come with each: ``priority_now`` is what
holds after the event, ``priority_before`` what held before it. Instants are whole microseconds since 1970, UTC.

What a column holds is declared here, as data, once: a live row is made from an event by it, and so are the coded
columns of the segments, without the event being made at all.

Example:
    >>> from datetime import UTC, datetime
    >>> from ventanilla.core.events import TicketPaused
    >>> row = Rows().row(position=7, actor="agent:maria", event=TicketPaused(at=datetime(2026, 1, 5, tzinfo=UTC),
    ...     reason="customer"))
    >>> row.topic, row.status, row.priority, row.actor
    ('ticket.paused/1', 'pending', None, 'agent')
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, Literal, TypeAlias

from attrs import Factory, field, frozen

from ventanilla.core import events as on
from ventanilla.core.events import TicketEvent
from ventanilla.projections.expressions import Expression, column
from ventanilla.projections.reopening import COURTESY
from ventanilla.projections.situation import PAUSED, STATUS

Kind: TypeAlias = Literal["word", "flag", "number", "instant"]
"""Of a column: a word, true or false, a whole number, or an instant."""

ALWAYS_THERE: Mapping[str, Kind] = {"topic": "word", "actor": "word", "at": "instant", "position": "number"}
"""The columns of every row, whatever the event: its type, the kind of who did it, when, and its place in the log."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@frozen
class Field:
    """What a field of the event says; *words* says it in other words."""

    name: str
    words: Mapping[str, str] | None = None

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields of the event that it reads."""
        return (self.name,)

    def __call__(self, event: Any) -> Any:
        """Return what it is of *event*."""
        found = getattr(event, self.name)
        return found if self.words is None or found is None else self.words[found]


@frozen
class Says:
    """The same for every event of the type."""

    value: str | bool | int
    fields: tuple[str, ...] = field(init=False, default=())

    def __call__(self, event: Any) -> Any:
        """Return it."""
        return self.value


@frozen
class ComesBack:
    """The same for every reopening but those out of courtesy, which say nothing."""

    value: str | bool
    fields: tuple[str, ...] = field(init=False, default=("because",))

    def __call__(self, event: Any) -> Any:
        """Return it; ``None`` for a reopening out of courtesy."""
        return None if event.because == COURTESY else self.value


@frozen
class Fact:
    """A further fact by its name, as the opening says it."""

    name: str
    otherwise: str | None = None
    fields: tuple[str, ...] = field(init=False, default=("facts",))

    def __call__(self, event: Any) -> Any:
        """Return what it is of *event*."""
        return event.facts.get(self.name, self.otherwise)


@frozen
class Named:
    """A further fact by its name, as it is set later."""

    name: str
    fields: tuple[str, ...] = field(init=False, default=("name", "value"))

    def __call__(self, event: Any) -> Any:
        """Return what it is of *event*."""
        return event.value if event.name == self.name else None


Source: TypeAlias = Field | Says | ComesBack | Fact | Named


@frozen(kw_only=True)
class Column:
    """A column of the timeline; a plug-in declares more of them.

    Attributes:
        name: Its name; a plug-in's begins with its owner: ``"acme_words"``.
        kind: What it holds.
        of: Where it comes from, by the topic of the event; in rows of other events it is ``None``.
    """

    name: str
    kind: Kind = "word"
    of: Mapping[str, Source] = Factory(dict)


def _further(name: str, otherwise: str | None = None) -> dict[str, Source]:
    return {on.TicketOpened.TOPIC: Fact(name, otherwise), on.FactSet.TOPIC: Named(name)}


COLUMNS = (
    Column(
        name="status",
        of={
            **_further(STATUS, "open"),
            on.TicketPaused.TOPIC: Field("reason", PAUSED),
            on.TicketResumed.TOPIC: Says("open"),
            on.TicketResolved.TOPIC: Says("resolved"),
            on.TicketReopened.TOPIC: ComesBack("open"),
            on.TicketClosed.TOPIC: Says("closed"),
        },
    ),
    Column(
        name="settled",
        kind="flag",
        of={
            on.TicketOpened.TOPIC: Says(False),
            on.TicketResolved.TOPIC: Says(True),
            on.TicketReopened.TOPIC: ComesBack(False),
            on.TicketClosed.TOPIC: Says(True),
        },
    ),
    Column(
        name="channel",
        of={
            kind.TOPIC: Field("channel")
            for kind in (on.TicketOpened, on.MessageReceived, on.ReplySent, on.CallEnded, on.ConversationJoined)
        },
    ),
    Column(name="origin", of={on.TicketOpened.TOPIC: Field("origin")}),
    Column(
        name="author",
        of={kind.TOPIC: Field("author_kind") for kind in (on.MessageReceived, on.ReplySent, on.NoteWritten)},
    ),
    Column(name="public", kind="flag", of={on.MessageReceived.TOPIC: Field("public")}),
    Column(name="kind", of={kind.TOPIC: Field("kind") for kind in (on.TicketOpened, on.TicketClassified)}),
    Column(name="category", of={on.TicketCategorised.TOPIC: Field("category")}),
    Column(name="priority", of={on.TicketPrioritised.TOPIC: Field("priority")}),
    Column(name="team", of={on.TicketRouted.TOPIC: Field("team")}),
    Column(name="calendar", of=_further("calendar")),
    Column(name="until", kind="instant", of={on.TicketPaused.TOPIC: Field("until")}),
    Column(name="due", kind="instant", of={on.TicketDueSet.TOPIC: Field("due")}),
)
"""Our own columns, besides those of every row. ``calendar`` is the further fact of that name; ``until`` is when a pause
ends by itself; ``public`` is whether the world could read a message."""


def happens(*types: type[TicketEvent]) -> Expression:
    """Return the predicate of rows whose event is of one of *types*."""
    return column("topic").among(*(kind.TOPIC for kind in types))


def stamp(instant: datetime) -> int:
    """Return *instant* as columns have it."""
    return (instant - _EPOCH) // _MICROSECOND


class Rows:
    """Makes rows of events, one at a time.

    Args:
        columns: The columns besides those of every row.
    """

    def __init__(self, columns: tuple[Column, ...] = COLUMNS) -> None:
        self._nothing: dict[str, Any] = dict.fromkeys(column.name for column in columns)
        self._of: dict[str, list[tuple[str, Callable[[Any], Any]]]] = {}
        for one in columns:
            for topic, source in one.of.items():
                made = _Stamped(source) if one.kind == "instant" else source
                self._of.setdefault(topic, []).append((one.name, made))

    def row(self, *, position: int, actor: str, event: Any) -> SimpleNamespace:
        """Return the row of *event*.

        Args:
            position: Its place in the log.
            actor: Who asked, as ``kind:id``.
            event: What happened.
        """
        said = {name: source(event) for name, source in self._of.get(event.TOPIC, ())}
        who, _, _ = actor.partition(":")
        always = {"topic": event.TOPIC, "actor": who, "at": stamp(event.at), "position": position}
        return SimpleNamespace(**(self._nothing | said | always))


@frozen
class _Stamped:
    source: Source

    def __call__(self, event: Any) -> Any:
        found = self.source(event)
        return found if found is None else stamp(found)
