"""Declared measures, one event at a time: pure, in plain Python.

A ticket's state is a value: keep it, go on with it later, read it at any instant. Figures are those of
:mod:`ventanilla.projections.measures.batch`, bit for bit.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, TypeAlias

from attrs import frozen

from ventanilla.core.recorded import Recorded
from ventanilla.projections.calendar import BusinessTime
from ventanilla.projections.expressions import Expression
from ventanilla.projections.measures.declared import (
    Count,
    Elapsed,
    First,
    Fold,
    Last,
    Measure,
    Spans,
    Summed,
    Time,
)
from ventanilla.projections.measures.table import Measures, folds, reads
from ventanilla.projections.timeline import Rows

Step: TypeAlias = Callable[[Any, SimpleNamespace], Any]

_MICROSECOND = timedelta(microseconds=1)


@frozen
class Stretch:
    """A stretch of time: ``[start, end)``, microseconds; *end* is ``None`` while nobody knows it."""

    start: int
    end: int | None


@frozen(kw_only=True)
class State:
    """What is known of a ticket so far.

    Attributes:
        now: The instant and the position of its last event.
        held: What holds now, by column.
        folds: The state of each fold.
    """

    now: tuple[int, int] = (-(2**63), 0)
    held: Mapping[str, Any]
    folds: tuple[Any, ...]


class Live:
    """Evaluates *measures* event by event.

    Example:
        >>> from ventanilla.core.events import TicketReopened
        >>> from ventanilla.projections.timeline import happens
        >>> live = Live(Measures({"reopens": Count(happens(TicketReopened))}))
        >>> live.value(live.init(), as_of=0)
        {'reopens': 0}
    """

    def __init__(self, measures: Measures) -> None:
        self._measures = measures
        self._rows = Rows(measures.columns)
        self._folds: list[Fold] = []
        for measure in measures.declared.values():
            self._folds += [fold for fold in folds(measure) if not any(fold is known for known in self._folds)]
        self._steps = [_step(fold) for fold in self._folds]
        read = {name for fold in self._folds for name in reads(fold)}
        self._held = tuple(sorted({name.rpartition("_")[0] for name in read if name.endswith(("_before", "_now"))}))
        self._values = [(name, _value(measure)) for name, measure in measures.declared.items()]

    def init(self) -> State:
        """Return the state of a ticket to which nothing has happened."""
        return State(held=dict.fromkeys(self._held), folds=tuple(map(_init, self._folds)))

    def step(self, state: State, recorded: Recorded) -> State:
        """Return the state after one more event.

        Raises:
            ValueError: It happened before what has been taken in already: fold the history anew.
        """
        return self.take(state, self.row(recorded))

    def row(self, recorded: Recorded) -> SimpleNamespace:
        """Return the row of the timeline that *recorded* is."""
        return self._rows.row(position=recorded.position, actor=recorded.actor, event=recorded.event)

    def take(self, state: State, row: SimpleNamespace) -> State:
        """Return the state after one more row of the timeline, as :meth:`step` does."""
        now = (row.at, row.position)
        if now < state.now:
            raise ValueError(f"the event at position {row.position} comes after a later one: fold the history anew")
        held = state.held
        for name in self._held:
            found = getattr(row, name)
            setattr(row, f"{name}_before", held[name])
            if found is not None:
                held = {**held, name: found}
            setattr(row, f"{name}_now", held[name])
        return State(
            now=now,
            held=held,
            folds=tuple(step(old, row) for step, old in zip(self._steps, state.folds, strict=True)),
        )

    def fold(self, history: Iterable[Recorded], as_of: int) -> State:
        """Return the state after all of *history*, in any order, that had happened by *as_of*."""
        state = self.init()
        for row in sorted(map(self.row, history), key=lambda row: (row.at, row.position)):
            if row.at <= as_of:
                state = self.take(state, row)
        return state

    def value(self, state: State, as_of: int) -> dict[str, Any]:
        """Return the facts at *as_of*, microseconds since 1970."""
        of = {id(fold): found for fold, found in zip(self._folds, state.folds, strict=True)}
        hours, facts = self._measures.hours, SimpleNamespace()
        for name, value in self._values:
            time = hours.of(getattr(facts, hours.by, None)) if hours.by else hours.otherwise
            setattr(facts, name, value(of, facts, as_of, time))
        return dict(vars(facts))


Value: TypeAlias = Callable[[Mapping[int, Any], SimpleNamespace, int, BusinessTime], Any]


def _init(fold: Fold) -> Any:
    match fold:
        case Count():
            return 0
        case First() | Last():
            return None
        case Spans():
            return ()
        case _:
            return fold.init()


def _step(fold: Fold) -> Step:
    """Return what takes a row into the state of *fold*."""
    match fold:
        case Count():
            where = fold.where.run()
            return lambda count, row: count + 1 if where(row, None) else count
        case First():
            where, read = fold.where.run(), operator.attrgetter(fold.column)
            return lambda found, row: (read(row),) if found is None and where(row, None) else found
        case Last():
            where, read = fold.where.run(), operator.attrgetter(fold.column)
            unless = fold.unless.run() if fold.unless else lambda row, as_of: False
            return lambda found, row: (
                (read(row),) if where(row, None) else None if found is not None and unless(row, None) else found
            )
        case Spans():
            return _Toggle(fold)
        case _:
            return fold.step


class _Toggle:
    """Opens and closes stretches; only the last one may be open, or close by itself later."""

    def __init__(self, spans: Spans) -> None:
        self._opens, self._closes = spans.opens.run(), spans.closes.run()
        self._until = operator.attrgetter(spans.until) if spans.until else lambda row: None

    def __call__(self, stretches: tuple[Stretch, ...], row: SimpleNamespace) -> tuple[Stretch, ...]:
        opens, closes = self._opens(row, None), self._closes(row, None)
        if not opens and not closes:
            return stretches
        last = stretches[-1] if stretches else None
        goes_on = last if last is not None and (last.end is None or last.end > row.at) else None
        if closes and goes_on:
            stretches, goes_on = (*stretches[:-1], Stretch(goes_on.start, row.at)), None
        if opens:
            until = self._until(row)
            # What would have been over before it began is empty.
            end = until if until is None else max(until, row.at)
            if goes_on:
                return (*stretches[:-1], Stretch(goes_on.start, end))
            return (*stretches, Stretch(row.at, end))
        return stretches


def _value(measure: Measure) -> Value:
    """Return what reads *measure* off the states of the folds and the facts before it."""
    match measure:
        case Count():
            return lambda of, facts, as_of, time: of[id(measure)]
        case First() | Last():
            return lambda of, facts, as_of, time: of[id(measure)] and of[id(measure)][0]
        case Summed():
            return lambda of, facts, as_of, time: _sum_up(measure, of[id(measure.spans)], as_of, time)
        case Elapsed():
            start, end = measure.start.run(), measure.end.run()
            return lambda of, facts, as_of, time: _elapsed(
                measure,
                of[id(measure.minus)] if measure.minus else (),
                start(facts, as_of),
                end(facts, as_of),
                time,
            )
        case Expression():
            run = measure.run()
            return lambda of, facts, as_of, time: run(facts, as_of)
        case _:
            return lambda of, facts, as_of, time: measure.value(of[id(measure)], as_of)


def _sum_up(summed: Summed, stretches: tuple[Stretch, ...], as_of: int, time: BusinessTime) -> int | None:
    within = _between(summed.spans.time, time)
    over = [(one.start, one.end) for one in stretches if one.end is not None and one.end <= as_of]
    if summed.how == "running":
        return within(stretches[-1].start, as_of) if len(over) < len(stretches) else None
    over = over[summed.skip :]
    if summed.how == "count":
        return len(over)
    lengths = [within(start, end) for start, end in (over[:1] if summed.how == "first" else over)]
    if summed.how == "sum":
        return sum(lengths)
    return max(lengths, default=None)


def _elapsed(
    measure: Elapsed, off: tuple[Stretch, ...], start: int | None, end: int | None, time: BusinessTime
) -> int | None:
    if start is None or end is None:
        return None
    within = _between(measure.time, time)
    total = within(start, end)
    for stretch in off:
        total -= within(max(stretch.start, start), end if stretch.end is None else min(stretch.end, end))
    return total


def _between(kind: Time, time: BusinessTime) -> Callable[[int, int], int]:
    """Return what gives the microseconds that count between two instants; 0 if reversed."""
    if kind == "wall":
        return lambda start, end: max(end - start, 0)
    elapsed = time.index.elapsed
    return lambda start, end: elapsed(timedelta(microseconds=start), timedelta(microseconds=end)) // _MICROSECOND
