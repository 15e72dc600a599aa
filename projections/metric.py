"""A metric is a question over a fact table; an answer names the events behind it."""

from __future__ import annotations

import reprlib
from collections.abc import Callable, Mapping
from datetime import datetime, tzinfo
from inspect import cleandoc
from typing import Literal, TypeAlias, get_args

import attrs
from attrs import Factory, field, frozen

from ventanilla.core.errors import NotUnderstood
from ventanilla.projections.expressions import Expression
from ventanilla.projections.naming import refuse_no_name
from ventanilla.projections.summaries import Interval, Summary

Unit: TypeAlias = Literal["count", "ratio", "seconds", "points", "score", "money"]
Cut: TypeAlias = Mapping[str | None, "Answer"]


@frozen(kw_only=True)
class Metric:
    """A question that can be asked of a fact table.

    Attributes:
        name: Its name, with the owner first: ``"acme.effort"``; our own have none.
        version: Raised whenever it would answer the same log otherwise.
        question: What it answers, in words.
        text: All that there is to know of it: formula, population, interval, edge cases, source.
        table: The fact table that it asks; each of its columns, and those of the ticket and of the customer that a row
            is of, can be read.
        unit: Of the value: seconds for durations, a share is a ratio from 0 to 1, points from -100 to 100, a score is
            on the scale of its question, money is in minor units of one currency.
        better: Whether higher or lower is better, for whoever shows it.
        where: Which rows count: the population.
        excludes: Which of these are left out all the same, by the reason in words; they are counted.
        value: What is taken of each.
        summary: How the values become one.
        dated: The instant that places a row in a period.
        once: Of the rows of a figure that have the same value of this, only the one dated last counts: the latest
            answer of a respondent in each window. Rows without such a value all count. ``None``: all rows count.
        fewest: A figure made of fewer is not told, so that nobody's own answer can be read from it. In a cut in
            which just one figure is not, the next smallest is not told either: the one could be had by subtraction.
    """

    name: str
    version: int = 1
    question: str
    text: str = field(default="", repr=False)
    table: str = "tickets"
    unit: Unit
    better: Literal["higher", "lower", "neither"] = "neither"
    where: Expression
    excludes: Mapping[str, Expression] = Factory(dict)
    value: Expression
    summary: Summary
    dated: Expression
    once: Expression | None = None
    fewest: int = 0

    def __attrs_post_init__(self) -> None:
        """Refuse what is no metric where it is declared, and not in the middle of an answer."""
        refuse_no_name("metric", self.name)
        expressions = {"where": self.where, "value": self.value, "dated": self.dated, **self.excludes}
        expressions |= {"once": self.once} if self.once is not None else {}
        for name, given in expressions.items():
            if not isinstance(given, Expression):
                raise TypeError(f"the metric {self.name}: {name} is no expression but {reprlib.repr(given)}")
        if self.unit not in get_args(Unit):
            raise ValueError(f"the metric {self.name}: the unit {self.unit!r} is none of {', '.join(get_args(Unit))}")
        if not isinstance(self.fewest, int) or not isinstance(self.version, int):
            raise TypeError(f"the metric {self.name}: fewest and version are whole numbers")
        if not callable(getattr(self.summary, "of", None)):
            raise TypeError(f"the metric {self.name}: {reprlib.repr(self.summary)} is no summary")

    def __str__(self) -> str:
        return f"{self.name}@{self.version}"


def metric(declared: Callable[[], Metric]) -> Metric:
    """Return the metric that *declared* returns, with the function's docstring as its text.

    Example:
        >>> from ventanilla.projections.expressions import column
        >>> from ventanilla.projections.summaries import Count
        >>> @metric
        ... def reopened() -> Metric:
        ...     '''Tickets that came back.'''
        ...     return Metric(
        ...         name="acme.reopened", question="How many came back?", unit="count", better="lower",
        ...         where=column("reopens") > 0, value=column("reopens"), summary=Count(), dated=column("opened_at"),
        ...     )
        >>> reopened.text
        'Tickets that came back.'
    """
    return attrs.evolve(declared(), text=cleandoc(declared.__doc__ or ""))


@frozen(kw_only=True)
class Question:
    """A metric, with how to cut it and which period to look at.

    Attributes:
        metric: What is asked.
        by: A dimension (``"team"``, a name in ``facts``) or a period (``"month"``) to cut by; ``None``: no cut.
        only: Dimensions with the one value that counts: ``{"channel": "mail"}``.
        since: Leave out rows dated before; ``None``: from the beginning.
        until: Leave out rows dated then or later; ``None``: to the end.
        pooled: Over how many periods each figure of a cut by period is taken: the rows of that period and of those
            before it, pooled, never a mean of figures.
        zone: The time zone in which periods are told.

    Raises:
        NotUnderstood: It ends before it begins.
        TypeError, ValueError: A value cannot be what it says.
    """

    metric: Metric
    by: str | None = None
    only: Mapping[str, str] = Factory(dict)
    since: datetime | None = None
    until: datetime | None = None
    pooled: int = 1
    zone: tzinfo

    def __attrs_post_init__(self) -> None:
        """Refuse what cannot be asked, before it is answered by nothing."""
        if not isinstance(self.zone, tzinfo):
            raise TypeError(f"the zone of a question is {self.zone!r}: give a tzinfo, as ZoneInfo('Europe/Madrid')")
        if not isinstance(self.only, Mapping):
            raise TypeError(f"only is {self.only!r}: give dimensions with the one value that counts, a mapping")
        if not isinstance(self.pooled, int) or self.pooled < 1:
            raise ValueError(f"pooled is {self.pooled!r}: say over how many periods, 1 or more")
        for name, at in (("since", self.since), ("until", self.until)):
            if at is not None and (not isinstance(at, datetime) or at.utcoffset() is None):
                raise ValueError(f"{name} is {at!r}: give an aware datetime")
        if self.since is not None and self.until is not None and self.until < self.since:
            raise NotUnderstood(f"until {self.until.isoformat()} is before since {self.since.isoformat()}")


@frozen(kw_only=True)
class Answer:
    """A figure and all that is needed to believe it.

    Attributes:
        value: The figure; ``None`` when there was nothing to measure, never 0 for want of data.
        unit: Of the value and the interval.
        n: How many rows it is made of: those of the population that have a value.
        interval: 95 %, low and high; ``None`` where the figure is a full count or the rows are too few.
        method: How the interval was made; empty without one.
        error: The standard error of the value, for comparisons; ``None`` where it has none.
        numerator: What the value is the quotient of; ``None`` where it is none.
        denominator: By what that was divided.
        excluded: How many rows of the population were left out, by the reason.
        metric: ``name@version``.
        table: ``name@version`` of the fact table.
        since: Rows dated before were left out.
        until: Rows dated then or later were left out.
        zone: The time zone of periods.
        as_of: The instant at which the question was asked: nothing that happened later is in it.
        known_at: Nothing that was recorded later is in it; ``None``: all that is recorded is.
        policy: Whose clocks it is about, where it was asked under another policy than the desk's own.
        position: How far the log was read: the position of its last event then; no part of what is compared.
        evidence: The positions in the log of the events behind it, ascending.
        incomplete: What it lacks, in words: tickets that could not be followed to their end. Empty: nothing.
    """

    value: float | None
    unit: Unit
    n: int
    interval: Interval | None = None
    method: str = ""
    error: float | None = None
    numerator: float | None = None
    denominator: float | None = None
    excluded: Mapping[str, int] = Factory(dict)
    metric: str
    table: str = "tickets@1"
    since: datetime | None = None
    until: datetime | None = None
    zone: str = "UTC"
    as_of: datetime
    known_at: datetime | None = None
    policy: str | None = None
    position: int = field(default=0, eq=False)
    evidence: tuple[int, ...] = field(repr=lambda positions: f"<{len(positions)} positions>")
    incomplete: tuple[str, ...] = ()
