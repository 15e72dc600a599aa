"""Declared measures over whole columns of complete tickets. Needs numpy (extra ``audit``).

This is what any engine runs: columns of complete tickets in, a row of facts a ticket out. Nothing is looked at twice,
no event is made; figures are those of :mod:`ventanilla.projections.measures.live`, bit for bit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from types import SimpleNamespace
from typing import TypeAlias

from attrs import define, frozen

from ventanilla.core.errors import Unavailable
from ventanilla.projections.calendar import columns as calendars
from ventanilla.projections.expressions import Expression
from ventanilla.projections.measures.declared import (
    Count,
    Elapsed,
    First,
    Last,
    Measure,
    Plain,
    Spans,
    Summed,
    Time,
)
from ventanilla.projections.measures.over import Array, Flags, Over, Values, values_of
from ventanilla.projections.measures.table import Measures

try:
    import numpy as np
    from numpy.typing import NDArray
except ModuleNotFoundError as error:
    raise Unavailable(f"whole columns need {error.name}: pip install 'ventanilla[audit]'") from error

Integers: TypeAlias = NDArray[np.int64]


@define(eq=False, slots=False)
class Events:
    """Rows of the timeline, of complete tickets, by ticket, instant and position.

    Attributes:
        ids: The tickets.
        ticket: Which of them each row is of, ascending.
        columns: The columns, each as long as *ticket*: those of every row and the further ones.
    """

    ids: Sequence[str]
    ticket: Array
    columns: Mapping[str, Values]

    def until(self, as_of: int) -> Events:
        """Return it without what happened after *as_of*, and without tickets to which nothing had happened by then."""
        there = self.columns["at"].data <= as_of
        if there.all():
            return self
        tickets, ordinals = np.unique(self.ticket[there], return_inverse=True)
        columns = {name: values.take(there) for name, values in self.columns.items()}
        return Events(list(map(self.ids.__getitem__, tickets.tolist())), ordinals, columns)

    @cached_property
    def begins(self) -> Flags:
        """Which rows are the first of a ticket."""
        return _firsts(self.ticket)

    def column(self, name: str) -> Values:
        """Return a column; ``…_now`` and ``…_before`` are made of the one whose name they begin with."""
        if name in self.columns:
            return self.columns[name]
        base, _, when = name.rpartition("_")
        if when not in ("now", "before") or base not in self.columns:
            raise ValueError(f"the timeline has no column {name!r}")
        said = self.columns[base]
        given = said.given()
        changes = np.flatnonzero(given | self.begins)
        lengths = np.diff(changes, append=len(given))
        now = said.take(changes).where(given[changes]).repeat(lengths)
        if when == "now" or not len(given):
            return now
        earlier = np.arange(-1, len(given) - 1)
        return now.take(earlier).where(~self.begins)


@frozen(eq=False)
class Stretches:
    """The stretches of all tickets, by ticket and time.

    Attributes:
        ticket: Which ticket each is of.
        start: Microseconds since 1970.
        end: The same; without meaning where it is *endless*.
        endless: Whether nobody knows when it ends.
    """

    ticket: Array
    start: Integers
    end: Integers
    endless: Flags


def measure(measures: Measures, events: Events, as_of: int) -> dict[str, Values]:
    """Return the facts of each ticket at *as_of*, by name, in the order of ``events.until(as_of).ids``.

    Args:
        measures: What is measured.
        events: Complete tickets.
        as_of: Microseconds since 1970; what happened later is left out.
    """
    return _Batch(measures, events.until(as_of), as_of).facts


class _Batch:
    def __init__(self, measures: Measures, events: Events, as_of: int) -> None:
        self._events = events
        self._tickets = len(events.ids)
        self._as_of = as_of
        self._hours = measures.hours
        self._rows = Over(len(events.ticket), events.column)
        self.facts: dict[str, Values] = {}
        self._over = Over(self._tickets, self.facts.__getitem__, as_of)
        self._spans: dict[int, Stretches] = {}
        self._lengths: dict[int, Integers] = {}
        for name, one in measures.declared.items():
            self.facts[name] = self._measure(one)

    def _measure(self, one: Measure) -> Values:
        match one:
            case Count():
                return Values(np.bincount(self._events.ticket[self._rows.flags(one.where)], minlength=self._tickets))
            case First():
                return self._at(self._first(self._rows.flags(one.where)), one.column)
            case Last():
                last = self._last(self._rows.flags(one.where))
                if one.unless is not None:
                    last[self._last(self._rows.flags(one.unless)) > last] = -1
                return self._at(last, one.column)
            case Summed():
                return self._sum_up(one, self._stretches(one.spans))
            case Elapsed():
                return self._elapsed(one)
            case Expression():
                return self._over.values(one)
            case _:
                return self._plain(one)

    def _first(self, where: Flags) -> Integers:
        rows = np.flatnonzero(where)[::-1]
        found = np.full(self._tickets, -1)
        found[self._events.ticket[rows]] = rows  # what is written last stays
        return found

    def _last(self, where: Flags) -> Integers:
        rows = np.flatnonzero(where)
        found = np.full(self._tickets, -1)
        found[self._events.ticket[rows]] = rows
        return found

    def _at(self, rows: Integers, name: str) -> Values:
        return self._events.column(name).take(np.maximum(rows, 0)).where(rows >= 0)

    def _stretches(self, spans: Spans) -> Stretches:
        if id(spans) not in self._spans:
            self._spans[id(spans)] = _toggle(
                self._events, self._rows.flags(spans.opens), self._rows.flags(spans.closes), spans.until
            )
        return self._spans[id(spans)]

    def _sum_up(self, one: Summed, found: Stretches) -> Values:
        over = ~found.endless & (found.end <= self._as_of)
        if one.how == "running":
            still = ~over
            ticket = found.ticket[still]
            data = np.zeros(self._tickets, np.int64)
            data[ticket] = self._between(one.spans.time, ticket, found.start[still], np.full(len(ticket), self._as_of))
            return Values(data, _there(ticket, self._tickets))
        ticket = found.ticket[over]
        wanted = _firsts(ticket) if one.how == "first" else _after(ticket, one.skip)
        if one.how == "count":
            return Values(np.bincount(ticket[wanted], minlength=self._tickets))
        if id(one.spans) not in self._lengths:
            self._lengths[id(one.spans)] = self._between(one.spans.time, ticket, found.start[over], found.end[over])
        ticket, lengths = ticket[wanted], self._lengths[id(one.spans)][wanted]
        data = np.zeros(self._tickets, np.int64)
        if one.how == "sum":
            np.add.at(data, ticket, lengths)
            return Values(data)
        np.maximum.at(data, ticket, lengths)
        return Values(data, _there(ticket, self._tickets))

    def _elapsed(self, one: Elapsed) -> Values:
        start, end = self._over.values(one.start), self._over.values(one.end)
        known = start.given() & end.given()
        data = np.zeros(self._tickets, np.int64)
        tickets = np.flatnonzero(known)
        data[tickets] = self._between(one.time, tickets, start.data[tickets], end.data[tickets])
        if one.minus is not None:
            off = self._stretches(one.minus)
            of_known = known[off.ticket]
            ticket = off.ticket[of_known]
            begin, finish = np.maximum(off.start[of_known], start.data[ticket]), end.data[ticket]
            finish = np.where(off.endless[of_known], finish, np.minimum(off.end[of_known], finish))
            np.subtract.at(data, ticket, self._between(one.time, ticket, begin, finish))
        return Values(data, None if known.all() else known)

    def _between(self, kind: Time, ticket: Array, start: Integers, end: Integers) -> Integers:
        """Return the microseconds that count between two instants of a *ticket*, 0 if reversed."""
        if kind == "wall":
            span: Integers = np.maximum(end - start, 0)
            return span
        if self._hours.by is None:
            return calendars.micros(self._hours.otherwise, start, end)
        names = self.facts[self._hours.by].take(ticket)
        found = np.zeros(len(ticket), np.int64)
        for code, name in enumerate(names.words):
            of_it = np.flatnonzero(names.data == code)
            found[of_it] = calendars.micros(self._hours.of(name), start[of_it], end[of_it])
        return found

    def _plain(self, one: Plain) -> Values:
        columns = [self._events.column(name).to_list() for name in one.columns]
        states = [one.init() for _ in range(self._tickets)]
        for ticket, *values in zip(self._events.ticket.tolist(), *columns, strict=True):
            row = SimpleNamespace(**dict(zip(one.columns, values, strict=True)))
            states[ticket] = one.step(states[ticket], row)
        return values_of([one.value(state, self._as_of) for state in states])


def _toggle(events: Events, opens: Flags, closes: Flags, until: str | None) -> Stretches:
    """Return the stretches between what opens and the next that closes.

    Whether one is open after an event depends on that event alone, so nothing has to be followed row by row.
    """
    rows = np.flatnonzero(opens | closes)
    ticket, at = events.ticket[rows], events.columns["at"].data[rows]
    opens, closes = opens[rows], closes[rows]
    endless, ends = np.ones(len(rows), np.bool_), np.zeros(len(rows), np.int64)
    if until is not None:
        said = events.column(until).take(rows)
        endless, ends = ~said.given(), np.maximum(said.data, at)
    is_open = ~_firsts(ticket)  # as it happens
    is_open[1:] &= opens[:-1] & (endless[:-1] | (ends[:-1] > at[1:]))
    goes_on = opens & ~closes & is_open
    starts = np.flatnonzero(opens & ~goes_on)
    # It ends with the next event that is no going on of it; what it went on to last says when it closes by itself.
    stops = np.append(np.flatnonzero(~goes_on), len(rows))
    stop = stops[np.cumsum(~goes_on)[starts]]
    last = stop - 1
    closed = np.append(is_open, False)[stop]
    return Stretches(
        ticket=ticket[starts],
        start=at[starts],
        end=np.where(closed, np.append(at, 0)[stop], ends[last]),
        endless=~closed & endless[last],
    )


def _firsts(ticket: Array) -> Flags:
    """Return which rows are the first of their ticket."""
    found = np.ones(len(ticket), np.bool_)
    np.not_equal(ticket[1:], ticket[:-1], out=found[1:])
    return found


def _after(ticket: Array, skip: int) -> Flags:
    """Return which rows have so many of their ticket before them."""
    found = np.zeros(len(ticket), np.bool_)
    found[skip:] = ticket[skip:] == ticket[: max(len(ticket) - skip, 0)]
    return found


def _there(ticket: Array, tickets: int) -> Flags | None:
    found = np.zeros(tickets, np.bool_)
    found[ticket] = True
    return None if found.all() else found
