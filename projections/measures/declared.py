"""Measures of a ticket, declared as data over the columns of the timeline: one tree, two evaluators.

:class:`~ventanilla.projections.measures.live.Live` takes one event at a time, in plain Python;
:func:`~ventanilla.projections.measures.batch.measure` takes whole columns, with numpy. Both give the same, bit for bit.

Example:
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

from collections.abc import Iterator, Mapping
from typing import Any, Literal, Protocol, TypeAlias, cast, runtime_checkable

import attrs
from attrs import Factory, field, frozen

from ventanilla.projections.calendar import ALWAYS, BusinessTime
from ventanilla.projections.expressions import Applied, AsOf, Expression, Run
from ventanilla.projections.timeline import ALWAYS_THERE, COLUMNS, Column

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

    def init(self) -> Any:
        """Return the state before the first event."""
        ...

    def step(self, state: Any, row: Any) -> Any:
        """Return the state after *row*, which has its columns as attributes; *state* itself is not changed."""
        ...

    def value(self, state: Any, as_of: int) -> str | int | float | bool | None:
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


def _refuse_nonsense(measures: Measures, attribute: object, declared: Mapping[str, Measure]) -> None:
    known = {name + end for name in (*ALWAYS_THERE, *(one.name for one in measures.columns)) for end in ENDINGS}
    facts: set[str] = set()
    for name, measure in declared.items():
        if missing := {column for fold in folds(measure) for column in reads(fold)} - known:
            raise ValueError(f"{name}: the timeline has no column {sorted(missing)[0]!r}")
        if any(isinstance(node, AsOf) for fold in folds(measure) for each in _events(fold) for node in nodes(each)):
            raise ValueError(f"{name}: what happened does not depend on the instant of looking")
        over_facts = list(_over_facts(measure))
        if missing := {column for each in over_facts for column in each.columns()} - facts:
            raise ValueError(f"{name}: there is no fact {sorted(missing)[0]!r} before it")
        every = [*over_facts, *(each for fold in folds(measure) for each in _events(fold))]
        if any(isinstance(node, Applied) and node.operator == "seconds" for each in every for node in nodes(each)):
            raise ValueError(f"{name}: a duration is an Elapsed, not a difference")
        if _is_timed(measure) and measures.hours.by not in {None, *facts}:
            raise ValueError(f"{name}: the calendar goes by {measures.hours.by!r}: there is no such fact before it")
        facts.add(name)


ENDINGS = ("", "_before", "_now")
"""What the name of a column may end in: what the event says, what held before it, what holds after it."""


@frozen
class Measures:
    """A row of facts for each ticket, declared.

    Attributes:
        declared: The measures by name. An expression, or the ends of an :class:`Elapsed`, reads facts that stand before
            it, and the instant of looking.
        hours: Which calendar is a ticket's.
        columns: The columns of the timeline besides those of every row.

    Raises:
        ValueError: It reads a column or a fact that there is not, or what no evaluator can do.
    """

    declared: Mapping[str, Measure] = field(validator=_refuse_nonsense)
    hours: Hours = field(factory=Hours, kw_only=True)
    columns: tuple[Column, ...] = field(default=COLUMNS, kw_only=True)


def folds(measure: Measure) -> tuple[Fold, ...]:
    """Return what *measure* gathers event by event."""
    match measure:
        case Count() | First() | Last():
            return (measure,)
        case Summed():
            return (measure.spans,)
        case Elapsed():
            return () if measure.minus is None else (measure.minus,)
        case Expression():
            return ()
        case _:
            return (measure,)


def reads(fold: Fold) -> frozenset[str]:
    """Return the columns of the timeline that *fold* reads."""
    named = frozenset().union(*(each.columns() for each in _events(fold)))
    match fold:
        case Count():
            return named
        case First() | Last():
            return named | {fold.column}
        case Spans():
            return named | {"at"} | ({fold.until} if fold.until else frozenset())
        case _:
            return frozenset(fold.columns)


def columns_of(measures: Measures) -> tuple[str, ...]:
    """Return the columns that are needed to evaluate *measures*, without those that are made of others."""
    known = {*ALWAYS_THERE, *(one.name for one in measures.columns)}
    read = {column for measure in measures.declared.values() for fold in folds(measure) for column in reads(fold)}
    return tuple(sorted({"at", *(name if name in known else name.rpartition("_")[0] for name in read)}))


def nodes(expression: Expression) -> Iterator[Expression]:
    """Return *expression* and all that it is made of."""
    yield expression
    for part in attrs.fields(cast("type[attrs.AttrsInstance]", type(expression))):
        found = getattr(expression, part.name)
        for each in found if isinstance(found, tuple) else (found,):
            if isinstance(each, Expression):
                yield from nodes(each)


def _events(fold: Fold) -> tuple[Expression, ...]:
    match fold:
        case Count() | First():
            return (fold.where,)
        case Last():
            return (fold.where,) if fold.unless is None else (fold.where, fold.unless)
        case Spans():
            return (fold.opens, fold.closes)
        case _:
            return ()


def _is_timed(measure: Measure) -> bool:
    match measure:
        case Summed():
            return measure.spans.time == "calendar" and measure.how != "count"
        case Elapsed():
            return measure.time == "calendar"
        case _:
            return False


def _over_facts(measure: Measure) -> tuple[Expression, ...]:
    match measure:
        case Elapsed():
            return (measure.start, measure.end)
        case Expression():
            return (measure,)
        case _:
            return ()
