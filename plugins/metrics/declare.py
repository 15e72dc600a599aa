"""How our metrics are declared: each says what it is once, and its text is written from that."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import fill
from typing import Literal

from attrs import Factory, frozen

from ventanilla.projections.expressions import Expression, column
from ventanilla.projections.metric import Metric, Unit
from ventanilla.projections.summaries import (
    Count,
    Distinct,
    Mean,
    Quantile,
    Rate,
    Ratio,
    RatioOfKnown,
    Share,
    Spread,
    Sum,
    Summary,
)
from ventanilla.projections.summaries.groups import Arrivals, PerGroup, ShareOfGroups
from ventanilla.projections.summaries.lifetime_value import ContractValue, HistoricValue
from ventanilla.projections.summaries.survival import Survival

VOID: Mapping[str, Expression] = {why: column("void").equals(why) for why in ("spam", "merged", "test")}
"""What leaves every rate and stays in gross volume."""

VOID_EDGE = "Spam, tests and tickets merged into others are left out, and counted."

COURTESY_EDGE = "A reopening out of courtesy (because 'courtesy': the customer only says thanks) is none."

MEDIAN, P90, P95 = Quantile(0.5), Quantile(0.9), Quantile(0.95)

_UNITS: Mapping[Unit, str] = {
    "count": "a number.",
    "ratio": "a part of one, 0 to 1; shown as percent.",
    "seconds": "seconds.",
    "points": "points, -100 to 100.",
    "score": "a number.",
    "money": "the smallest unit of one currency.",
}
_BETTER = {"higher": "higher is better.", "lower": "lower is better.", "neither": "neither is better by itself."}
_INTERVALS: Mapping[type[Summary], str] = {
    Count: "none: it is a full count of what is in the log.",
    Distinct: "none: it is a full count of what is in the log.",
    Sum: "none: it is a full sum of what is in the log.",
    Spread: "none.",
    Share: "Wilson score, 95 %.",
    ShareOfGroups: "Wilson score, 95 %, of the groups.",
    Quantile: "95 %, between order statistics; none where the values are too few.",
    Mean: "Student's t, 95 %.",
    Ratio: "Student's t round the standard error of a ratio of means, 95 %.",
    RatioOfKnown: "Student's t round the standard error of a ratio of means, 95 %.",
    Rate: "exact Poisson, 95 %.",
    PerGroup: "exact Poisson of the sum, 95 %; the number of groups is taken as it is.",
    Arrivals: "exact Poisson, 95 %.",
    Survival: "Brookmeyer and Crowley on the log-log scale, 95 %.",
    HistoricValue: "none.",
    ContractValue: "exact Poisson of the endings, 95 %; the prices are taken as they are.",
}


@frozen(kw_only=True)
class Times:
    """A time, of which four metrics are made: the median, which has its name, P90, P95 and the mean.

    Attributes:
        name: Of the median; the others end in ``_p90``, ``_p95`` and ``_mean``.
        what: From what to what, after "how long": ``"a ticket waited for its first answer"``.
        formula: How each time is made.
        population: Which rows have one.
        edges: What happens in edge cases.
        source: Where it comes from.
        table: The fact table.
        where: The population.
        value: The time.
        dated: What places it in a period.
        excludes: What is left out, by the reason.
    """

    name: str
    what: str
    formula: str
    population: str
    edges: str
    source: str
    table: str
    where: Expression
    value: Expression
    dated: Expression
    excludes: Mapping[str, Expression] = Factory(lambda: VOID)

    def metrics(self) -> tuple[Metric, ...]:
        """Return the four metrics."""
        return tuple(self._metric(end, *of) for end, of in _FOUR.items())

    def _metric(self, end: str, question: str, made: str, summary: Summary) -> Metric:
        return declared(
            name=self.name + end,
            question=question.format(self.what),
            formula=f"{made}: {self.formula}",
            population=self.population,
            edges=self.edges,
            source=self.source,
            table=self.table,
            unit="seconds",
            better="lower",
            where=self.where,
            excludes=self.excludes,
            value=self.value,
            summary=summary,
            dated=self.dated,
        )


_FOUR: Mapping[str, tuple[str, str, Summary]] = {
    "": ("How long is it, in half of the cases at most, that {}?", "the median of", MEDIAN),
    "_p90": ("How long is it, in nine cases of ten at most, that {}?", "the 90th percentile of", P90),
    "_p95": ("How long is it, in 95 cases of a hundred at most, that {}?", "the 95th percentile of", P95),
    "_mean": (
        "How long is it on average that {}? Times are skewed: look at the median first.",
        "the mean of",
        Mean(),
    ),
}


def declared(
    *,
    name: str,
    question: str,
    formula: str,
    population: str,
    edges: str,
    source: str,
    table: str,
    unit: Unit,
    better: Literal["higher", "lower", "neither"] = "neither",
    where: Expression,
    value: Expression,
    summary: Summary,
    dated: Expression,
    excludes: Mapping[str, Expression] = VOID,
) -> Metric:
    """Return a metric whose text has all the sections that a metric's text has."""
    sections = {
        "Formula": formula,
        "Unit": _UNITS[unit],
        "Population": population,
        "Interval": _INTERVALS[type(summary)],
        "Direction": _BETTER[better],
        "Edge cases": edges,
        "Source": source,
    }
    return Metric(
        name=name,
        question=question,
        text="\n".join([question, "", *(_wrapped(f"{section}: {said}") for section, said in sections.items())]),
        table=table,
        unit=unit,
        better=better,
        where=where,
        excludes=excludes,
        value=value,
        summary=summary,
        dated=dated,
    )


def _wrapped(said: str) -> str:
    return fill(said, 100, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False)
