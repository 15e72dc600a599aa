"""Answers questions in one pass over the rows of a fact table, joined with what is known of ticket and customer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias

from ventanilla.core.errors import PluginError, said
from ventanilla.projections.expressions import Row
from ventanilla.projections.floor import told
from ventanilla.projections.joins import NO_JOINS, Joins, joining
from ventanilla.projections.metric import Answer, Cut, Question
from ventanilla.projections.odd import refuse_odd
from ventanilla.projections.periods import PERIODS
from ventanilla.projections.pile import Pile, latest, pooled, positions
from ventanilla.projections.table import FactTable
from ventanilla.projections.tally import Looks, Tally, count, refuse_astray, refuse_unseen
from ventanilla.projections.tickets import TICKETS

Failing: TypeAlias = Callable[[Question, PluginError], None]
"""Told of a question whose metric, or whose table, fails, and why."""


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
    looks = Looks()
    tallies = [_ready(question, table, looks, failing) for question in questions]
    joined = joining(table, joins) if any(tally and tally.far for tally in tallies) else None
    any_rows = False
    for row in rows:
        any_rows = True
        seen = _joined(joined, row, table) if joined else row
        for index, tally in enumerate(tallies):
            if tally is None:
                continue
            try:
                if tally.where(seen, as_of):
                    count(tally, seen, as_of)
            except (Exception, SystemExit) as error:  # whatever its class says: it is the metric's
                tallies[index] = None
                failing(tally.question, _failure(tally.question, _which(seen), error))
    lacking = tuple(incomplete)
    cuts: list[Cut] = [{} for _ in tallies]
    for index, tally in enumerate(tallies):
        if tally is None:
            continue
        refuse_unseen(tally, any_rows=any_rows)
        try:
            cuts[index] = _answers(tally, as_of, lacking)
        except PluginError as error:
            failing(tally.question, error)
    return cuts


def _ready(question: Question, table: FactTable[Any], looks: Looks, failing: Failing) -> Tally | None:
    """Return *question* made ready to be asked of *table*; ``None`` if its metric fails at that."""
    try:
        tally = Tally.of(question, table, looks)
    except (Exception, SystemExit) as error:
        failing(question, _failure(question, "its expressions", error))
        return None
    refuse_astray(tally, table)
    return tally


def _joined(joined: Callable[[Row], Row], row: Row, table: FactTable[Any]) -> Row:
    try:
        return joined(row)
    except (Exception, SystemExit) as error:
        raise PluginError(f"the table {table} fails on {_which(row)}: {said(error)}") from error


def _answers(tally: Tally, as_of: datetime, incomplete: tuple[str, ...]) -> Cut:
    question, found = tally.question, tally.found
    if question.by is None:
        found.setdefault(None, ([], [], []))
    elif question.by in PERIODS:
        found = pooled(found, question.pooled, question.by)
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
    question = tally.question
    try:
        counted = latest(pile) if tally.once else pile
        evidence = positions(counted[1])
        figure = question.metric.summary.of(counted[0])
        refuse_odd(figure, len(counted[0]), question.metric.unit)
    except (Exception, SystemExit) as error:
        raise _failure(question, f"{len(pile[0]):,} values", error) from error
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
        evidence=evidence,
        incomplete=incomplete,
    )


def _which(row: Row) -> str:
    """Return what a row can be found by: the positions behind it, or else its ticket."""
    try:
        if evidence := getattr(row, "evidence", None):
            return f"the row of position {min(evidence)} of the log"
        return f"the row of {getattr(row, 'ticket', 'a stream')}"
    except (Exception, SystemExit):  # it is the row that is at fault
        return "a row"


def _failure(question: Question, where: str, error: BaseException) -> PluginError:
    failure = PluginError(f"the metric {question.metric} fails on {where}: {said(error)}")
    failure.__cause__ = error
    return failure
