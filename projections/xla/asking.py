"""The questions whose answers an evaluation is made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from difflib import get_close_matches
from typing import Any, Literal, TypeAlias
from zoneinfo import ZoneInfo

import attrs
from attrs import frozen

from ventanilla.core.errors import NotUnderstood
from ventanilla.projections.experience.answers import ANSWERS
from ventanilla.projections.experience.surveys import SURVEYS
from ventanilla.projections.expressions import Applied, Column, Constant, Expression, column
from ventanilla.projections.metric import Metric, Question
from ventanilla.projections.periods import PERIODS
from ventanilla.projections.summaries import Count, Share
from ventanilla.projections.table import FactTable
from ventanilla.projections.xla.agreement import INDIVIDUALS, Agreement
from ventanilla.projections.xla.answered import EXAMPLES, watermelon_tickets
from ventanilla.projections.xla.objective import Objective
from ventanilla.projections.xla.window import Window

What: TypeAlias = Literal["value", "answered", "baseline", "sla", "factor"]

RESPONSES = Metric(
    name="response_rate_of_the_asked",
    question="Which share of those who were asked, and whom it reached as far as is known, answered?",
    table="surveys",
    unit="ratio",
    better="higher",
    where=column("delivered").or_else(Constant(True)),
    value=column("answered"),
    summary=Share(),
    dated=column("offered_at"),
)
"""Asked of the surveys of an indicator: those offered in its window, that ask what its metric is about."""

FACTORS = Metric(
    name="reasons_of_the_unhappy",
    question="How many of those who were not satisfied named this reason?",
    table="reasons",
    unit="count",
    where=column("named") & ~column("removed") & ~column("employee"),
    excludes={
        "not unhappy": ~(
            (column("band").or_else(Constant("")).equals("detractor"))
            | column("satisfied").or_else(Constant(True)).equals(False)
        )
    },
    value=column("driver"),
    summary=Count(),
    dated=column("coded_at"),
)
"""Cut by the reason."""

_ONLY_OF_ANSWERS = frozenset(ANSWERS.dimensions) - frozenset(SURVEYS.dimensions)


@frozen
class Key:
    """Which question it is.

    Attributes:
        what: What it is for.
        indicator: Of which indicator; empty: of the whole agreement.
        window: Over what.
    """

    what: What
    indicator: str
    window: Window


def questions(
    agreement: Agreement,
    windows: Iterable[Window],
    metrics: Mapping[str, Metric],
    tables: Mapping[str, FactTable[Any]],
    *,
    by: str | None = None,
) -> dict[Key, Question]:
    """Return what has to be asked to evaluate *agreement* in *windows*.

    Args:
        agreement: The agreement.
        windows: Which windows.
        metrics: All metrics there are, by name.
        tables: All fact tables there are, by name.
        by: A dimension to cut by.

    Raises:
        NotUnderstood: There is no such metric; or it would be cut by individuals, whom no agreement ranks, or by what
            is no dimension of all of its figures.
    """
    if by in INDIVIDUALS:
        raise NotUnderstood(f"an agreement is not cut by {by}: nobody is ranked on it; `ask` a metric to coach")
    if by in PERIODS or by in _ONLY_OF_ANSWERS:
        raise NotUnderstood(f"an agreement is cut by a dimension of tickets, customers or surveys, not by {by}")
    found: dict[Key, Question] = {}
    for window in windows:
        for objective in in_force(agreement, window):
            found |= _of_objective(agreement, objective, window, metrics, tables, by)
        if agreement.sla is not None:
            sla = agreement.sla
            asked = called(sla.metric, metrics, "sla")
            found[Key("sla", "", window)] = _question(agreement, asked, {**agreement.only, **sla.only}, window, by)
        if by is None and "reasons" in tables:
            found[Key("factor", "", window)] = _question(agreement, FACTORS, agreement.only, window, "driver")
    return found


def about_tickets(agreement: Agreement, window: Window) -> tuple[Question, Question]:
    """Return what has to be asked for the share of watermelon tickets in *window*, and for each of those tickets."""
    share = _question(agreement, watermelon_tickets, agreement.only, window, None)
    return share, _question(agreement, EXAMPLES, agreement.only, window, "ticket")


def in_force(agreement: Agreement, window: Window) -> list[Objective]:
    """Return the objectives of *agreement* that are in force when *window* begins."""
    return [
        objective
        for objective in agreement.objectives
        if objective.since <= window.since and (objective.until is None or window.since < objective.until)
    ]


def measured_over(agreement: Agreement, objective: Objective, window: Window) -> Window:
    """Return over what *objective* is measured for *window*: its own last window then, or *window* itself."""
    return window if objective.window is None else objective.window.ending(window.until)


def baselining(agreement: Agreement, objective: Objective) -> Window | None:
    """Return the window in which *objective* finds its baseline; ``None``: it was given one."""
    if objective.baseline is not None:
        return None
    if objective.window is not None or agreement.window.kind != "days":
        return (objective.window or agreement.window).first(objective.since, objective.baselining)
    windows = agreement.window.between(
        objective.since, datetime.max.replace(tzinfo=objective.since.tzinfo), agreement.origin
    )
    first = last = next(windows)
    for _ in range(objective.baselining - 1):
        last = next(windows)
    return Window(first.since, last.until, f"{first.name} to {last.name}" if first != last else first.name)


def _of_objective(
    agreement: Agreement,
    objective: Objective,
    window: Window,
    metrics: Mapping[str, Metric],
    tables: Mapping[str, FactTable[Any]],
    by: str | None,
) -> dict[Key, Question]:
    indicator = objective.indicator
    metric = called(indicator.metric, metrics, f"indicator {indicator.id!r}")
    only = {**agreement.only, **indicator.only}
    if indicator.level is not None:
        if metric.table in tables and "level" not in attrs.fields_dict(tables[metric.table].row):
            raise NotUnderstood(
                f"indicator {indicator.id!r} has a level, but {metric} is not about answers: leave it out"
            )
        only["level"] = indicator.level
    over = measured_over(agreement, objective, window)
    found = {Key("value", indicator.id, over): _question(agreement, metric, only, over, by)}
    if (first := baselining(agreement, objective)) is not None:
        found[Key("baseline", indicator.id, first)] = _question(agreement, metric, only, first, by)
    if indicator.source == "survey":
        asked = {name: value for name, value in only.items() if name not in _ONLY_OF_ANSWERS}
        responses = _responses(only.get("instrument") or _instrument(metric.where))
        found[Key("answered", indicator.id, over)] = _question(agreement, responses, asked, over, by)
    return found


def _responses(instrument: str | None) -> Metric:
    """Return the response rate of the surveys that ask *instrument*, to that question; ``None``: of all, to any."""
    if instrument is None:
        return RESPONSES
    asked = Constant(instrument)
    where = RESPONSES.where & Applied("among", (asked, column("asks")))
    return attrs.evolve(RESPONSES, where=where, value=Applied("among", (asked, column("answers"))))


def _instrument(where: Expression) -> str | None:
    """Return the one instrument whose answers *where* lets in; ``None``: it does not say so."""
    match where:
        case Applied(operator="==", operands=(Column(name="instrument"), Constant(value=str(instrument)))):
            return instrument
        case Applied(operator="and", operands=(left, right)):
            return _instrument(left) or _instrument(right)
        case _:
            return None


def called(name: str, metrics: Mapping[str, Metric], place: str) -> Metric:
    """Return the metric *name*.

    Raises:
        NotUnderstood: There is none; those with like names are named.
    """
    if name not in metrics:
        like = get_close_matches(name, metrics, 3)
        hint = f"do you mean {' or '.join(like)}?" if like else f"there are {len(metrics)} others"
        raise NotUnderstood(f"{place}: there is no metric {name!r}: {hint}")
    return metrics[name]


def _question(agreement: Agreement, metric: Metric, only: Mapping[str, str], over: Window, by: str | None) -> Question:
    left_out = {
        f"excluded: {exclusion.because}": _within(metric.dated, exclusion.since, exclusion.until)
        for exclusion in agreement.exclusions
        if exclusion.touches(over)
    }
    if left_out:
        metric = attrs.evolve(metric, excludes={**metric.excludes, **left_out})
    zone = ZoneInfo(agreement.window.zone)
    return Question(metric=metric, by=by, only=only, since=over.since, until=over.until, zone=zone)


def _within(dated: Expression, since: datetime, until: datetime) -> Expression:
    return (dated >= Constant(since)) & (dated < Constant(until))
