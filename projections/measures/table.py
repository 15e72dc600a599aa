"""A table of facts, declared: which measures, by whose calendar, over which columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal, TypeAlias, cast

import attrs
from attrs import field, frozen

from ventanilla.projections.expressions import Applied, AsOf, Constant, Expression
from ventanilla.projections.expressions import Column as Reads
from ventanilla.projections.measures.declared import (
    Count,
    Elapsed,
    First,
    Fold,
    Hours,
    Last,
    Measure,
    Spans,
    Summed,
    Target,
)
from ventanilla.projections.timeline import ALWAYS_THERE, COLUMNS, Column, Kind

FactKind: TypeAlias = Kind | Literal["duration"]
"""Of a fact: as of a column, or a duration in microseconds."""

OPERATORS = ("<", "<=", ">", ">=", "==", "among", "and", "or", "not", "given", "or_else")
"""What both evaluators can do."""

ENDINGS = ("", "_before", "_now")
"""What the name of a column may end in: what the event says, what held before it, what holds after it."""


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
        applied = [node.operator for each in every for node in nodes(each) if isinstance(node, Applied)]
        if unfit := [operator for operator in applied if operator not in OPERATORS]:
            raise ValueError(f"{name}: {unfit[0]!r} is nothing for a measure, which compares; a duration is an Elapsed")
        if _is_timed(measure) and measures.hours.by not in {None, *facts}:
            raise ValueError(f"{name}: the calendar goes by {measures.hours.by!r}: there is no such fact before it")
        facts.add(name)


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


def kinds(measures: Measures) -> dict[str, FactKind]:
    """Return what each fact of *measures* is, whatever happens to be in it."""
    columns: dict[str, Kind] = {**ALWAYS_THERE, **{one.name: one.kind for one in measures.columns}}
    found: dict[str, FactKind] = {}
    for name, measure in measures.declared.items():
        match measure:
            case First() | Last():
                read = measure.column
                found[name] = columns[read if read in columns else read.rpartition("_")[0]]
            case Count():
                found[name] = "number"
            case Summed():
                found[name] = "number" if measure.how == "count" else "duration"
            case Elapsed():
                found[name] = "duration"
            case Expression():
                found[name] = _kind(measure, found)
            case _:
                found[name] = measure.kind
    return found


def _kind(expression: Expression, known: Mapping[str, FactKind]) -> FactKind:
    match expression:
        case Reads():
            return known[expression.name]
        case AsOf():
            return "instant"
        case Constant():
            return "word" if isinstance(expression.value, str) else "number"
        case Target():
            return "duration"
        case Applied(operator="or_else"):
            return _kind(expression.operands[0], known)
        case _:
            return "flag"


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
