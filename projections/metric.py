"""A metric is a question over a fact table; an answer names the events behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any, Literal, TypeAlias

from attrs import Factory, field, frozen

from ventanilla.core.errors import NotUnderstood
from ventanilla.projections.expressions import Expression
from ventanilla.projections.summaries import Interval, Summary
from ventanilla.projections.tickets import DIMENSIONS, SOURCES, TicketFacts

Unit: TypeAlias = Literal["count", "ratio", "seconds"]
Cut: TypeAlias = Mapping[str | None, "Answer"]

PERIODS: Mapping[str, str] = {"day": "%Y-%m-%d", "month": "%Y-%m", "weekday": "%u %a", "hour": "%H"}
"""The periods that a figure can be cut by, as ``strftime`` writes them."""


@frozen(kw_only=True)
class Metric:
    """A question that can be asked of the fact table of tickets.

    Attributes:
        name: Its name, with the owner first: ``"acme.effort"``; our own have none.
        version: Raised whenever it would answer the same log otherwise.
        question: What it answers, in words.
        unit: Of the value; seconds for durations, a ratio is from 0 to 1.
        better: Whether higher or lower is better, for whoever shows it.
        where: Which rows count: the population.
        value: What is taken of each.
        summary: How the values become one.
        dated: The instant that places a row in a period.
    """

    name: str
    version: int = 1
    question: str
    unit: Unit
    better: Literal["higher", "lower", "neither"] = "neither"
    where: Expression
    value: Expression
    summary: Summary
    dated: Expression

    def __str__(self) -> str:
        return f"{self.name}@{self.version}"


@frozen(kw_only=True)
class Question:
    """A metric, with how to cut it and which period to look at.

    Attributes:
        metric: What is asked.
        by: A dimension (``"team"``, a name in ``facts``) or a period (``"month"``) to cut by; ``None``: no cut.
        since: Leave out rows dated before; ``None``: from the beginning.
        until: Leave out rows dated then or later; ``None``: to the end.
        zone: The time zone in which periods are told.
    """

    metric: Metric
    by: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    zone: tzinfo


@frozen(kw_only=True)
class Answer:
    """A figure and all that is needed to believe it.

    Attributes:
        value: The figure; ``None`` when there was nothing to measure, never 0 for want of data.
        unit: Of the value and the interval.
        n: How many rows it is made of.
        interval: 95 %, low and high; ``None`` where the figure is a full count or the rows are too few.
        metric: ``name@version``.
        as_of: The instant at which the question was asked: nothing that happened later is in it.
        evidence: The positions in the log of the events behind it, ascending.
        incomplete: What it lacks, in words: tickets that could not be followed to their end. Empty: nothing.
    """

    value: float | None
    unit: Unit
    n: int
    interval: Interval | None
    metric: str
    as_of: datetime
    evidence: tuple[int, ...] = field(repr=lambda positions: f"<{len(positions)} positions>")
    incomplete: tuple[str, ...] = ()


def answer(
    questions: Sequence[Question], rows: Iterable[TicketFacts], as_of: datetime, incomplete: Iterable[str] = ()
) -> list[Cut]:
    """Answer all *questions* in one pass over *rows*, in their order.

    Each gives a mapping from the cut's values to answers, sorted by value; an uncut question has the one key
    ``None`` and is answered even when no row counts. ``None`` is also the key of rows that lack the dimension.

    Args:
        questions: What is asked.
        rows: The fact table.
        as_of: The instant at which it is asked.
        incomplete: What the rows lack, in words; looked at when all rows have been.

    Raises:
        NotUnderstood: A question is cut by something that is no dimension of these rows.
    """
    tallies = [_Tally.of(question) for question in questions]
    for row in rows:
        for tally in tallies:
            if tally.where(row, as_of):
                _count(tally, row, as_of)
    lacking = tuple(incomplete)
    return [_answers(tally, as_of, lacking) for tally in tallies]


@frozen(kw_only=True)
class _Tally:
    """A question made ready to run, and what it has found so far."""

    question: Question
    where: Callable[[Any, datetime], Any]
    value: Callable[[Any, datetime], Any]
    dated: Callable[[Any, datetime], datetime | None]
    sources: tuple[str, ...]
    found: dict[str | None, tuple[list[Any], list[int | None]]] = Factory(dict)

    @classmethod
    def of(cls, question: Question) -> _Tally:
        metric = question.metric
        read = metric.where.columns() | metric.value.columns()
        if question.by in PERIODS or question.since or question.until:
            read |= metric.dated.columns()
        if question.by in DIMENSIONS:
            read |= {question.by}
        elif question.by not in PERIODS and question.by is not None:
            read |= {"facts"}
        return cls(
            question=question,
            where=metric.where.run(),
            value=metric.value.run(),
            dated=metric.dated.run(),
            sources=tuple(sorted({source for name in read for source in SOURCES[name]})),
        )


def _count(tally: _Tally, row: TicketFacts, as_of: datetime) -> None:
    question = tally.question
    key: str | None = None
    if question.by in PERIODS or question.since or question.until:
        dated = tally.dated(row, as_of)
        if question.since and (dated is None or dated < question.since):
            return
        if question.until and (dated is None or dated >= question.until):
            return
        if dated and question.by is not None and question.by in PERIODS:
            key = dated.astimezone(question.zone).strftime(PERIODS[question.by])
    if question.by in DIMENSIONS:
        key = getattr(row, question.by)
    elif question.by and question.by not in PERIODS:
        key = row.facts.get(question.by)
    values, evidence = tally.found.setdefault(key, ([], []))
    values.append(tally.value(row, as_of))
    evidence.extend([getattr(row, source) for source in tally.sources])


def _answers(tally: _Tally, as_of: datetime, incomplete: tuple[str, ...]) -> Cut:
    question, found = tally.question, tally.found
    if question.by is None:
        found.setdefault(None, ([], []))
    elif question.by not in DIMENSIONS and question.by not in PERIODS and found and set(found) == {None}:
        names = ", ".join([*DIMENSIONS, *PERIODS])
        raise NotUnderstood(f"{question.by!r} is no dimension of these tickets: cut by {names}, or by a fact they have")
    return {key: _answer(question.metric, *found[key], as_of, incomplete) for key in sorted(found, key=_none_last)}


def _none_last(key: str | None) -> tuple[bool, str]:
    return key is None, key or ""


def _answer(
    metric: Metric,
    values: Sequence[Any],
    evidence: Iterable[int | None],
    as_of: datetime,
    incomplete: tuple[str, ...],
) -> Answer:
    value, interval = metric.summary.of(values)
    return Answer(
        value=value,
        unit=metric.unit,
        n=len(values),
        interval=interval,
        metric=str(metric),
        as_of=as_of,
        evidence=tuple(sorted({position for position in evidence if position is not None})),
        incomplete=incomplete,
    )
