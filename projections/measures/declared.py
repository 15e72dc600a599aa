"""Measures of a ticket, declared as data over the columns of the timeline: one tree, two evaluators.

:class:`~ventanilla.projections.measures.live.Live` takes one event at a time, in plain Python;
:func:`~ventanilla.projections.measures.batch.measure` takes whole columns, with numpy. Both give the same, bit for bit.

Example:
    >>> from ventanilla.projections.measures import Measures
    >>> from ventanilla.core.events import ReplySent, TicketOpened, TicketResolved
    >>> from ventanilla.projections.expressions import column
    >>> from ventanilla.projections.timeline import happens
    >>> measures = Measures({
    ...     "opened_at": First(happens(TicketOpened)),
    ...     "settled_at": Last(happens(TicketResolved)),
    ...     "replies": Count(happens(ReplySent) & column("author").equals("agent")),
    ...     "resolution": Elapsed(column("opened_at"), column("settled_at")),
    ... })
    >>> list(measures.declared)
    ['opened_at', 'settled_at', 'replies', 'resolution']

Durations and instants are whole microseconds. What is not known is ``None``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Protocol, TypeAlias, runtime_checkable

from attrs import Factory, frozen

from ventanilla.projections.calendar import ALWAYS, BusinessTime
from ventanilla.projections.expressions import Expression, Run
from ventanilla.projections.timeline import Kind

Time: TypeAlias = Literal["calendar", "wall"]
Summary: TypeAlias = Literal["first", "sum", "max", "count", "running"]


@frozen(eq=False)
class Count:
    """How many events there are for which *where* holds."""

    where: Expression


@frozen(eq=False)
class First:
    """What *column* says in the first event for which *where* holds; ``None`` without one."""

    where: Expression
    column: str = "at"


@frozen(eq=False)
class Last:
    """What *column* says in the last event for which *where* holds; ``None`` without one.

    Attributes:
        where: Which events.
        column: What of it.
        unless: What, coming later, withdraws it.
    """

    where: Expression
    column: str = "at"
    unless: Expression | None = None


@frozen(eq=False)
class Spans:
    """The stretches between an event that opens and the next one that closes; it is summed up by its properties.

    What opens while it is open goes on; what both closes and opens does so in this order. A stretch that is open at the
    end is counted by ``running``, and as that which is taken off an :class:`Elapsed`, alone.

    Attributes:
        opens: What opens.
        closes: What closes.
        until: The column of what opens that says when it closes by itself; the last one said counts.
        time: By the ticket's calendar, or around the clock.
    """

    opens: Expression
    closes: Expression
    until: str | None = None
    time: Time = "calendar"

    @property
    def first(self) -> Summed:
        """How long the first was; ``None`` without one."""
        return Summed(self, "first")

    @property
    def sum(self) -> Summed:
        """How long all were together; 0 without one."""
        return Summed(self, "sum")

    @property
    def max(self) -> Summed:
        """How long the longest was; ``None`` without one."""
        return Summed(self, "max")

    @property
    def count(self) -> Summed:
        """How many there were."""
        return Summed(self, "count")

    @property
    def running(self) -> Summed:
        """How long the one has been open that is open now; ``None`` without one."""
        return Summed(self, "running")

    @property
    def rest(self) -> Rest:
        """All but the first."""
        return Rest(self)


@frozen(eq=False)
class Rest:
    """All but the first of some spans."""

    spans: Spans

    @property
    def sum(self) -> Summed:
        """How long they were together; 0 without one."""
        return Summed(self.spans, "sum", skip=1)

    @property
    def max(self) -> Summed:
        """How long the longest was; ``None`` without one."""
        return Summed(self.spans, "max", skip=1)

    @property
    def count(self) -> Summed:
        """How many there were."""
        return Summed(self.spans, "count", skip=1)


@frozen(eq=False)
class Summed:
    """A figure of *spans*: which one, and how many are left out at the beginning."""

    spans: Spans
    how: Summary
    skip: int = 0


@frozen(eq=False)
class Elapsed:
    """The time from *start* to *end*, expressions over the facts before it; 0 if reversed, ``None`` without either.

    Attributes:
        start: From when on.
        end: Up to when: ``column("settled_at").or_else(AS_OF)``.
        time: By the ticket's calendar, or around the clock.
        minus: The stretches that do not count, in the same time; one that is open goes on to the end.
    """

    start: Expression
    end: Expression
    time: Time = "calendar"
    minus: Spans | None = None


@frozen(eq=False)
class Target(Expression):
    """How long something may take, by a fact: an expression, in microseconds, to compare a duration with.

    Attributes:
        seconds: By the fact's value; ``None``: for all others. Without it they have no target.
        by: The fact: ``column("priority")``.
    """

    seconds: Mapping[str | None, float]
    by: Expression

    def run(self) -> Run:
        """See :meth:`Expression.run`."""
        micros = {value: round(seconds * 1_000_000) for value, seconds in self.seconds.items()}
        everyone, read = micros.get(None), self.by.run()
        return lambda row, as_of: micros.get(read(row, as_of), everyone)

    def columns(self) -> frozenset[str]:
        """See :meth:`Expression.columns`."""
        return self.by.columns()


@runtime_checkable
class Plain(Protocol):
    """What cannot be declared: a fold in plain Python, run unchanged by both evaluators. It must be importable."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the timeline that it reads."""
        ...

    @property
    def kind(self) -> Kind:
        """What its figure is."""
        ...

    def init(self) -> Any:
        """Return the state before the first event."""
        ...

    def step(self, state: Any, row: Any) -> Any:
        """Return the state after *row*, which has its columns as attributes; *state* itself is not changed."""
        ...

    def value(self, state: Any, as_of: int) -> str | int | bool | None:
        """Return the figure at *as_of*, microseconds since 1970."""
        ...


Fold: TypeAlias = Count | First | Last | Spans | Plain
Measure: TypeAlias = Count | First | Last | Summed | Elapsed | Plain | Expression


@frozen(kw_only=True)
class Hours:
    """Which calendar is a ticket's.

    Attributes:
        by: The fact that says it by name; ``None``: all have the same.
        calendars: By that name.
        otherwise: For all others.
    """

    by: str | None = None
    calendars: Mapping[str, BusinessTime] = Factory(dict)
    otherwise: BusinessTime = ALWAYS

    def of(self, name: Any) -> BusinessTime:
        """Return the calendar called *name*."""
        return self.calendars.get(name, self.otherwise)
