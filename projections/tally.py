"""A question on its way through the rows of a fact table, and what it has found so far."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import attrs
from attrs import Factory, frozen

from ventanilla.core.errors import NotUnderstood
from ventanilla.projections.customers import CUSTOMERS
from ventanilla.projections.expressions import Expression, Row, Run
from ventanilla.projections.joins import dimension, is_joined, read_by, sources
from ventanilla.projections.metric import Question
from ventanilla.projections.periods import FOLLOWING, PERIODS, period
from ventanilla.projections.pile import Pile, Positions
from ventanilla.projections.table import FactTable
from ventanilla.projections.tickets import DIMENSIONS

ELSEWHERE = "\0elsewhere"
"""The place of a row that a question leaves out; no value of a dimension is this."""


class Looks:
    """What the expressions of metrics make of the row at hand: looked at once, for all questions to the same metric."""

    def __init__(self) -> None:
        self._looks: dict[int, _Look] = {}  # of expressions that their metrics keep alive

    def run(self, expression: Expression) -> Run:
        """Return *expression* made ready to run, as it was before if it was."""
        if id(expression) not in self._looks:
            self._looks[id(expression)] = _Look(expression.run())
        return self._looks[id(expression)]


class _Look:
    """An expression that keeps what it made of the last row."""

    __slots__ = ("_last", "_run", "_value")

    def __init__(self, run: Run) -> None:
        self._run = run
        self._last: object = None
        self._value: Any = None

    def __call__(self, row: Row, as_of: datetime) -> Any:
        if row is not self._last:
            self._value = self._run(row, as_of)
            self._last = row
        return self._value


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
        columns: What the metric itself reads.
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
    columns: frozenset[str]
    dimensions: Sequence[str]
    far: bool
    table: str
    found: dict[str | None, Pile] = Factory(dict)
    excluded: dict[str | None, dict[str, int]] = Factory(dict)
    unseen: dict[str, Callable[[Any], Any]] = Factory(dict)

    @classmethod
    def of(cls, question: Question, table: FactTable[Any], looks: Looks | None = None) -> Tally:
        """Return *question* made ready to be asked of *table*; raises what the metric's expressions raise.

        Args:
            question: The question.
            table: The fact table.
            looks: Shared by the questions that run together, so that none takes a look twice; ``None``: it runs alone.
        """
        run = (looks or Looks()).run
        metric, read = question.metric, read_by(question)
        columns = metric.where.columns() | metric.value.columns() | metric.dated.columns()
        columns = columns.union(*(left_out.columns() for left_out in metric.excludes.values()))
        cut = None if question.by is None or question.by in PERIODS else question.by
        dimensions = (*table.dimensions, *DIMENSIONS, *CUSTOMERS.dimensions)
        return cls(
            question=question,
            where=run(metric.where),
            excludes=[(reason, run(left_out)) for reason, left_out in metric.excludes.items()],
            value=run(metric.value),
            dated=run(metric.dated),
            once=run(metric.once) if metric.once else None,
            only=[(dimension(name, table), value) for name, value in question.only.items()],
            unseen={name: dimension(name, table) for name in question.only if name not in dimensions},
            cut=None if cut is None else dimension(cut, table),
            evidence=[operator.attrgetter(name) for name in sources(read, table)],
            columns=columns | (metric.once.columns() if metric.once else frozenset()),
            dimensions=dimensions,
            far=not read <= attrs.fields_dict(table.row).keys(),
            table=str(table),
        )


def refuse_astray(tally: Tally, table: FactTable[Any]) -> None:
    """Raise :class:`NotUnderstood` if the question of *tally* asks for what the rows of *table* do not have."""
    question, own = tally.question, attrs.fields_dict(table.row)
    if question.pooled > 1 and question.by not in FOLLOWING:
        raise NotUnderstood(f"only a cut by {', '.join(FOLLOWING)} can be pooled, not one by {question.by!r}")
    for name in tally.columns:
        if name not in own and not is_joined(name):
            raise NotUnderstood(
                f"the metric {question.metric} reads {name}, which is no column of the table {table.name}"
            )
    for name in (*question.only, *(() if question.by is None or question.by in PERIODS else (question.by,))):
        # Where the rows have facts of their own, one may be called as a column is.
        if name in own and name not in tally.dimensions and "facts" not in own:
            names = ", ".join(dict.fromkeys(tally.dimensions))
            raise NotUnderstood(
                f"{name!r} is a column of the table {table.name}, but no dimension of it: say one of {names}"
            )


def refuse_unseen(tally: Tally, *, any_rows: bool) -> None:
    """Raise :class:`NotUnderstood` if no row had what the question of *tally* names as a fact."""
    if tally.unseen and any_rows:
        lost, names = next(iter(tally.unseen)), ", ".join(dict.fromkeys(tally.dimensions))
        raise NotUnderstood(f"{lost!r} is no dimension of these rows: say one of {names}, or a fact they have")
    by = tally.question.by
    if by is not None and by not in PERIODS and by not in tally.dimensions and set(tally.found) == {None}:
        names = ", ".join([*DIMENSIONS, *PERIODS])
        raise NotUnderstood(f"{by!r} is no dimension of these tickets: cut by {names}, or by a fact they have")


def count(tally: Tally, row: Row, as_of: datetime) -> None:
    """Add to *tally* what it takes of *row*, which is of its population."""
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
