"""Answers questions in one pass over the rows of a fact table, joined with what is known of ticket and customer."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

import attrs
from attrs import Factory, frozen

from ventanilla.core.errors import DeskError, NotUnderstood, PluginError
from ventanilla.projections.customers import CUSTOMERS, CustomerFacts
from ventanilla.projections.expressions import Row
from ventanilla.projections.floor import told
from ventanilla.projections.metric import Answer, Cut, Question
from ventanilla.projections.periods import FOLLOWING, PERIODS, period
from ventanilla.projections.pile import Pile, Positions, latest, pooled
from ventanilla.projections.table import FactTable
from ventanilla.projections.tickets import DIMENSIONS, TICKETS, TicketFacts


@frozen(kw_only=True)
class Joins:
    """What rows are joined with.

    Attributes:
        tickets: The facts of the tickets, by id.
        customers: The facts of the customers, by id.
    """

    tickets: Mapping[str, TicketFacts] = Factory(dict)
    customers: Mapping[str, CustomerFacts] = Factory(dict)


NO_JOINS = Joins()
"""Where rows stand for themselves."""

ELSEWHERE = "\0elsewhere"
"""The place of a row that a question leaves out; no value of a dimension is this."""


def answer(
    questions: Sequence[Question],
    rows: Iterable[Row],
    as_of: datetime,
    incomplete: Iterable[str] = (),
    *,
    table: FactTable[Any] = TICKETS,
    joins: Joins = NO_JOINS,
) -> list[Cut]:
    """Answer all *questions* in one pass over *rows*, in their order.

    Each gives a mapping from the cut's values to answers, sorted by value; an uncut question has the one key
    ``None`` and is answered even when no row counts. ``None`` is also the key of rows that lack the dimension.

    Args:
        questions: What is asked, all of the one table.
        rows: Its rows.
        as_of: The instant at which it is asked.
        incomplete: What the rows lack, in words; looked at when all rows have been.
        table: The fact table.
        joins: What is known of the tickets and customers that the rows are of.

    Raises:
        NotUnderstood: A question reads, or is cut by, something that is no column of these rows.
    """
    tallies = [Tally.of(question, table) for question in questions]
    joined = joining(table, joins) if any(tally.far for tally in tallies) else None
    for row in rows:
        seen = joined(row) if joined else row
        for tally in tallies:
            try:
                if tally.where(seen, as_of):
                    _count(tally, seen, as_of)
            except DeskError:
                raise
            except (Exception, SystemExit) as error:
                raise PluginError(
                    f"the metric {tally.question.metric} fails on {_which(seen)}: {_said(error)}"
                ) from error
    lacking = tuple(incomplete)
    return [_answers(tally, as_of, lacking) for tally in tallies]


def joins_needed(questions: Sequence[Question], table: FactTable[Any]) -> frozenset[str]:
    """Return what of :class:`Joins` the *questions* to *table* read: names of its attributes."""
    needed: set[str] = set()
    for question in questions:
        for name in _read_by(question):
            if name in attrs.fields_dict(table.row):
                continue
            needed |= {"tickets"} if name in _TICKET or "ticket" in attrs.fields_dict(table.row) else set()
            needed |= {"customers"} if name not in _TICKET else set()
    return frozenset(needed - ({"tickets"} if table.name == TICKETS.name else set()))


@frozen(kw_only=True)
class Tally:
    """A question made ready to run, and what it has found so far.

    Attributes:
        question: The question.
        where: Whether a row is of the population.
        excludes: Whether it is left out all the same, by the reason.
        value: What is taken of it.
        dated: The instant that places it in a period.
        only: Dimensions, with the one value that counts.
        cut: The dimension that it is cut by.
        once: Of which rows only the latest counts.
        evidence: What reads the positions of the events behind it.
        dimensions: What all rows can be cut by.
        far: Whether rows must be joined first.
        table: ``name@version`` of the fact table.
        found: Values and positions, by the value of the cut.
        excluded: How many rows were left out, by the value of the cut and the reason.
    """

    question: Question
    where: Callable[[Any, datetime], Any]
    excludes: Sequence[tuple[str, Callable[[Any, datetime], Any]]]
    value: Callable[[Any, datetime], Any]
    dated: Callable[[Any, datetime], datetime | None]
    once: Callable[[Any, datetime], Any] | None
    only: Sequence[tuple[Callable[[Any], Any], str]]
    cut: Callable[[Any], Any] | None
    evidence: Sequence[Callable[[Any], Positions]]
    dimensions: Sequence[str]
    far: bool
    table: str
    found: dict[str | None, Pile] = Factory(dict)
    excluded: dict[str | None, dict[str, int]] = Factory(dict)

    @classmethod
    def of(cls, question: Question, table: FactTable[Any]) -> Tally:
        """Return *question* made ready to be asked of *table*."""
        if question.pooled > 1 and question.by not in FOLLOWING:
            raise NotUnderstood(f"only a cut by {', '.join(FOLLOWING)} can be pooled, not one by {question.by!r}")
        metric, read = question.metric, _read_by(question)
        own = attrs.fields_dict(table.row)
        for name in metric.where.columns() | metric.value.columns() | metric.dated.columns():
            if name not in own and name not in _TICKET and name not in _CUSTOMER:
                raise NotUnderstood(f"the metric {metric} reads {name}, which is no column of the table {table.name}")
        cut = None if question.by is None or question.by in PERIODS else question.by
        return cls(
            question=question,
            where=metric.where.run(),
            excludes=[(reason, left_out.run()) for reason, left_out in metric.excludes.items()],
            value=metric.value.run(),
            dated=metric.dated.run(),
            once=metric.once.run() if metric.once else None,
            only=[(_dimension(name, table), value) for name, value in question.only.items()],
            cut=None if cut is None else _dimension(cut, table),
            evidence=[operator.attrgetter(name) for name in _sources(read, table)],
            dimensions=(*table.dimensions, *DIMENSIONS, *CUSTOMERS.dimensions),
            far=not read <= own.keys(),
            table=str(table),
        )


def _read_by(question: Question) -> frozenset[str]:
    """Return the columns that decide whether and where a row counts, and as what."""
    metric = question.metric
    read = metric.where.columns() | metric.value.columns() | question.only.keys()
    read = read.union(*(left_out.columns() for left_out in metric.excludes.values()))
    if metric.once is not None:
        read |= metric.once.columns() | metric.dated.columns()
    if question.by in PERIODS or question.since or question.until:
        read |= metric.dated.columns()
    return frozenset(read if question.by is None or question.by in PERIODS else read | {question.by})


def _dimension(name: str, table: FactTable[Any]) -> Callable[[Any], Any]:
    """Return what reads the dimension *name* of a row: a column, or else one of the facts given at the opening."""
    if name in (*table.dimensions, *DIMENSIONS, *CUSTOMERS.dimensions):
        return operator.attrgetter(name)
    return lambda row: _fact(row, name)


def _fact(row: Any, name: str) -> str | None:
    found: str | None = row.facts.get(name)
    return row.of_customer.profile.get(name) if found is None and isinstance(row, _Joined) else found


def _sources(read: Iterable[str], table: FactTable[Any]) -> list[str]:
    """Return the columns, with the joined row's name before those of a join, that hold the positions behind *read*."""
    found: set[str] = set()
    for name in read:
        if name in attrs.fields_dict(table.row):
            found |= set(table.sources.get(name, ()))
        elif name in _CUSTOMER and name not in _TICKET:
            found |= {f"of_customer.{source}" for source in CUSTOMERS.sources[name]}
        else:
            near = "" if table.name == TICKETS.name else "of_ticket."
            found |= {near + source for source in TICKETS.sources.get(name, TICKETS.sources["facts"])}
    return sorted(found)


class _Joined:
    """A row together with its ticket and its customer, each of which may be missing."""

    __slots__ = ("of_customer", "of_ticket", "row")

    def __init__(self, row: Row, of_ticket: TicketFacts | _Nobody, of_customer: CustomerFacts | _Nobody) -> None:
        self.row = row
        self.of_ticket = of_ticket
        self.of_customer = of_customer

    def __getattr__(self, name: str) -> Any:
        if hasattr(self.row, name):
            return getattr(self.row, name)
        return getattr(self.of_ticket if name in _TICKET else self.of_customer, name)


class _Nobody:
    """What is known of a ticket or customer that is not there: nothing."""

    facts: Mapping[str, str] = MappingProxyType({})
    profile: Mapping[str, str] = MappingProxyType({})

    def __getattr__(self, name: str) -> None:
        return None


_NOBODY = _Nobody()
_TICKET = attrs.fields_dict(TicketFacts)
_CUSTOMER = attrs.fields_dict(CustomerFacts)


def joining(table: FactTable[Any], joins: Joins) -> Callable[[Row], Row]:
    """Return what joins a row of *table* with its ticket and its customer."""
    of_ticket = "ticket" in attrs.fields_dict(table.row) and table.name != TICKETS.name
    of_customer = "customer" in attrs.fields_dict(table.row)

    def joined(row: Row) -> _Joined:
        ticket = (joins.tickets.get(row.ticket) if of_ticket else None) or _NOBODY
        customer = getattr(row, "customer", None) if of_customer else None
        customer = customer or ticket.customer
        return _Joined(row, ticket, (joins.customers.get(customer) if customer else None) or _NOBODY)

    return joined


def _count(tally: Tally, row: Row, as_of: datetime) -> None:
    key = place(tally, row, as_of)
    if key is ELSEWHERE:
        return
    for reason, left_out in tally.excludes:
        if left_out(row, as_of):
            counts = tally.excluded.setdefault(key, {})
            counts[reason] = counts.get(reason, 0) + 1
            return
    values, evidence, marks = tally.found.setdefault(key, ([], [], []))
    values.append(tally.value(row, as_of))
    evidence.extend([read(row) for read in tally.evidence])
    if tally.once:
        marks.append((tally.once(row, as_of), tally.dated(row, as_of)))


def place(tally: Tally, row: Row, as_of: datetime) -> str | None:
    """Return the value of the cut that *row* falls under; :data:`ELSEWHERE` if the question leaves it out."""
    question = tally.question
    if tally.only and any(_key(read(row)) != value for read, value in tally.only):
        return ELSEWHERE
    key: str | None = None
    if question.by in PERIODS or question.since or question.until:
        dated = tally.dated(row, as_of)
        if question.since and (dated is None or dated < question.since):
            return ELSEWHERE
        if question.until and (dated is None or dated >= question.until):
            return ELSEWHERE
        if dated and question.by is not None and question.by in PERIODS:
            key = period(question.by, dated, question.zone)
    return _key(tally.cut(row)) if tally.cut else key


def _key(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else str(value)


def _answers(tally: Tally, as_of: datetime, incomplete: tuple[str, ...]) -> Cut:
    question, found = tally.question, tally.found
    if question.by is None:
        found.setdefault(None, ([], [], []))
    elif question.by in PERIODS:
        found = pooled(found, question.pooled, question.by)
    elif question.by not in tally.dimensions and found and set(found) == {None}:
        names = ", ".join([*DIMENSIONS, *PERIODS])
        raise NotUnderstood(f"{question.by!r} is no dimension of these tickets: cut by {names}, or by a fact they have")
    keys = sorted(found.keys() | tally.excluded.keys(), key=_none_last)
    cut = {
        key: _answer(tally, found.get(key, ([], [], [])), tally.excluded.get(key, {}), as_of, incomplete)
        for key in keys
    }
    return told(cut, question.metric.fewest)


def _none_last(key: str | None) -> tuple[bool, str]:
    return key is None, key or ""


def _answer(
    tally: Tally,
    pile: Pile,
    excluded: Mapping[str, int],
    as_of: datetime,
    incomplete: tuple[str, ...],
) -> Answer:
    question, counted = tally.question, latest(pile) if tally.once else pile
    try:
        figure = question.metric.summary.of(counted[0])
    except (Exception, SystemExit) as error:
        many = f"{len(counted[0]):,} values"
        raise PluginError(f"the metric {question.metric} fails on {many}: {_said(error)}") from error
    again, unknown = len(pile[0]) - len(counted[0]), len(counted[0]) - figure.n
    left_out = {"answered again later": again, "no value": unknown}
    return Answer(
        value=figure.value,
        unit=question.metric.unit,
        n=figure.n,
        interval=figure.interval,
        method=figure.method,
        error=figure.error,
        numerator=figure.numerator,
        denominator=figure.denominator,
        excluded=dict(excluded) | {reason: count for reason, count in left_out.items() if count},
        metric=str(question.metric),
        table=tally.table,
        since=question.since,
        until=question.until,
        zone=str(question.zone),
        as_of=as_of,
        evidence=tuple(sorted(flat(counted[1]))),
        incomplete=incomplete,
    )


def _which(row: Row) -> str:
    """Return what a row can be found by: the positions behind it, or else its ticket."""
    if evidence := getattr(row, "evidence", None):
        return f"the row of position {min(evidence)} of the log"
    return f"the row of {getattr(row, 'ticket', 'a stream')}"


def _said(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"


def flat(evidence: Iterable[Positions]) -> set[int]:
    """Return the positions in *evidence*, each once."""
    found: set[int] = set()
    for positions in evidence:
        if isinstance(positions, int):
            found.add(positions)
        elif positions is not None:
            found.update(positions)
    return found
