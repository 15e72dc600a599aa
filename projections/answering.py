"""Answers questions in one pass over the rows of a fact table, joined with what is known of ticket and customer."""

from __future__ import annotations

import operator
import reprlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from math import isfinite
from typing import Any, TypeAlias

import attrs
from attrs import Factory, frozen

from ventanilla.core.errors import DeskError, NotUnderstood, PluginError, said
from ventanilla.projections.customers import CUSTOMERS
from ventanilla.projections.expressions import Row
from ventanilla.projections.floor import told
from ventanilla.projections.joins import NO_JOINS, Joins, dimension, is_joined, joining, read_by, sources
from ventanilla.projections.metric import Answer, Cut, Question
from ventanilla.projections.periods import FOLLOWING, PERIODS, period
from ventanilla.projections.pile import Pile, Positions, latest, pooled
from ventanilla.projections.summaries import Figure
from ventanilla.projections.table import FactTable
from ventanilla.projections.tickets import DIMENSIONS, TICKETS

Failing: TypeAlias = Callable[[Question, PluginError], None]
"""Told of a question whose metric, or whose table, fails, and why."""

ELSEWHERE = "\0elsewhere"
"""The place of a row that a question leaves out; no value of a dimension is this."""


def refuse(question: Question, error: PluginError) -> None:
    """Raise *error*: who asks *question* wants all answers or none."""
    raise error


def answer(
    questions: Sequence[Question],
    rows: Iterable[Row],
    as_of: datetime,
    incomplete: Iterable[str] = (),
    *,
    table: FactTable[Any] = TICKETS,
    joins: Joins = NO_JOINS,
    failing: Failing = refuse,
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
        failing: Told of a question whose metric fails; its cut is empty then, and the others are answered.

    Raises:
        NotUnderstood: A question reads, or is cut by, something that is no column of these rows.
        PluginError: A metric fails, and nobody is told of it otherwise.
    """
    tallies = [Tally.of(question, table) for question in questions]
    joined = joining(table, joins) if any(tally.far for tally in tallies) else None
    failed: set[int] = set()
    any_rows = False
    for row in rows:
        any_rows = True
        seen = _joined(joined, row, table) if joined else row
        for index, tally in enumerate(tallies):
            if index in failed:
                continue
            try:
                if tally.where(seen, as_of):
                    _count(tally, seen, as_of)
            except DeskError:
                raise
            except (Exception, SystemExit) as error:
                failed.add(index)
                failing(tally.question, _failure(tally, _which(seen), error))
    lacking = tuple(incomplete)
    cuts: list[Cut] = [{} for _ in tallies]
    for index, tally in enumerate(tallies):
        if index in failed:
            continue
        if tally.unseen and any_rows:
            lost, names = next(iter(tally.unseen)), ", ".join(dict.fromkeys(tally.dimensions))
            raise NotUnderstood(f"{lost!r} is no dimension of these rows: say one of {names}, or a fact they have")
        try:
            cuts[index] = _answers(tally, as_of, lacking)
        except PluginError as error:
            failing(tally.question, error)
        except DeskError:
            raise
        except (Exception, SystemExit) as error:
            failing(tally.question, _failure(tally, "its rows", error))
    return cuts


def _joined(joined: Callable[[Row], Row], row: Row, table: FactTable[Any]) -> Row:
    try:
        return joined(row)
    except (Exception, SystemExit) as error:
        raise PluginError(f"the table {table} fails on {_which(row)}: {said(error)}") from error


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
        unseen: What reads the names in ``only`` that no row has had yet: no dimensions, unless they are facts.
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
    unseen: dict[str, Callable[[Any], Any]] = Factory(dict)

    @classmethod
    def of(cls, question: Question, table: FactTable[Any]) -> Tally:
        """Return *question* made ready to be asked of *table*."""
        if question.pooled > 1 and question.by not in FOLLOWING:
            raise NotUnderstood(f"only a cut by {', '.join(FOLLOWING)} can be pooled, not one by {question.by!r}")
        metric, read = question.metric, read_by(question)
        own = attrs.fields_dict(table.row)
        columns = metric.where.columns() | metric.value.columns() | metric.dated.columns()
        columns = columns.union(*(left_out.columns() for left_out in metric.excludes.values()))
        for name in columns | (metric.once.columns() if metric.once else frozenset()):
            if name not in own and not is_joined(name):
                raise NotUnderstood(f"the metric {metric} reads {name}, which is no column of the table {table.name}")
        cut = None if question.by is None or question.by in PERIODS else question.by
        dimensions = (*table.dimensions, *DIMENSIONS, *CUSTOMERS.dimensions)
        return cls(
            question=question,
            where=metric.where.run(),
            excludes=[(reason, left_out.run()) for reason, left_out in metric.excludes.items()],
            value=metric.value.run(),
            dated=metric.dated.run(),
            once=metric.once.run() if metric.once else None,
            only=[(dimension(name, table), value) for name, value in question.only.items()],
            unseen={name: dimension(name, table) for name in question.only if name not in dimensions},
            cut=None if cut is None else dimension(cut, table),
            evidence=[operator.attrgetter(name) for name in sources(read, table)],
            dimensions=dimensions,
            far=not read <= own.keys(),
            table=str(table),
        )


def _count(tally: Tally, row: Row, as_of: datetime) -> None:
    if tally.unseen:
        for name in [name for name, read in tally.unseen.items() if read(row) is not None]:
            del tally.unseen[name]
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
        _refuse_odd(figure)
    except (Exception, SystemExit) as error:
        raise _failure(tally, f"{len(counted[0]):,} values", error) from error
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


def _refuse_odd(figure: object) -> None:
    if not isinstance(figure, Figure) or not isinstance(figure.n, int):
        raise TypeError(f"{reprlib.repr(figure)} is no figure")
    value = figure.value
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value)):
        raise ValueError(f"its value is {reprlib.repr(value)}, which is no number")


def _which(row: Row) -> str:
    """Return what a row can be found by: the positions behind it, or else its ticket."""
    try:
        if evidence := getattr(row, "evidence", None):
            return f"the row of position {min(evidence)} of the log"
        return f"the row of {getattr(row, 'ticket', 'a stream')}"
    except (Exception, SystemExit):  # it is the row that is at fault
        return "a row"


def _failure(tally: Tally, where: str, error: BaseException) -> PluginError:
    failure = PluginError(f"the metric {tally.question.metric} fails on {where}: {said(error)}")
    failure.__cause__ = error
    return failure


def flat(evidence: Iterable[Positions]) -> set[int]:
    """Return the positions in *evidence*, each once."""
    found: set[int] = set()
    for positions in evidence:
        if isinstance(positions, int):
            found.add(positions)
        elif positions is not None:
            found.update(positions)
    return found
