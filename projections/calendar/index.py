"""Open time as an index: the edges of all windows and the open time before each, so that a query is a bisection.

A year is compiled when it is first asked about, together with those between it and the years already known; years
that nobody asks about cost nothing. Where a window runs over the end of a year of UTC, two edges meet; no query can
tell.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from datetime import timedelta

from attrs import frozen

from ventanilla.projections.calendar.errors import CalendarNotUnderstood
from ventanilla.projections.calendar.instants import NOTHING, moment, year_begins

# For as long as that, seconds in a float are exact to the microsecond.
FIRST_YEAR, LAST_YEAR = 1970, 2100


@frozen(eq=False)
class Known:
    """The years compiled so far. Instants are since 1970.

    Attributes:
        first: The first year.
        last: The last year.
        low: When the first begins.
        high: When the last ends.
        edges: When it opens, closes, opens, closes, …: ascending.
        before: The open time from *low* to each edge; ascending, too.
        base: The open time from *low* to an instant that follows *i* edges is ``base[i]``, plus the instant where *i*
            is odd, that is in a window.
    """

    first: int
    last: int
    low: timedelta
    high: timedelta
    edges: Sequence[timedelta]
    before: Sequence[timedelta]
    base: Sequence[timedelta]

    def total(self, instant: timedelta) -> timedelta:
        """Return the open time from *low* to *instant*."""
        place = bisect_right(self.edges, instant)
        return self.base[place] + instant if place & 1 else self.base[place]


_NO_YEAR = Known(0, 0, NOTHING, NOTHING, (), (), (NOTHING,))


class Index:
    """The open time of a calendar, or of several in turn.

    Args:
        year: Returns the edges of a year of UTC, since 1970: open, close, …, ascending.
    """

    __slots__ = ("_year", "known")

    def __init__(self, year: Callable[[int], list[timedelta]]) -> None:
        self._year = year
        self.known = _NO_YEAR

    def __reduce__(self) -> tuple[type[Index], tuple[Callable[[int], list[timedelta]]]]:
        return type(self), (self._year,)  # a copy compiles for itself

    def elapsed(self, start: timedelta, end: timedelta) -> timedelta:
        """Return the open time in ``[start, end)``; nothing when reversed."""
        if start >= end:
            return NOTHING
        known = self.known
        if start < known.low or end >= known.high:
            known = self.reach(start, end)
        edges, base = known.edges, known.base
        first = bisect_right(edges, start)
        last = bisect_right(edges, end, first)
        if first == last:
            return end - start if first & 1 else NOTHING
        total = base[last] - base[first]
        if last & 1:
            total += end
        return total - start if first & 1 else total

    def add(self, start: timedelta, span: timedelta) -> timedelta:
        """Return the first instant at which *span*, more than nothing, has elapsed since *start*."""
        known = self.reach(start, start)
        while (wanted := known.total(start) + span) > known.base[-1]:
            known = self.later(known, start)
        place = bisect_left(known.before, wanted)
        return known.edges[place] - (known.before[place] - wanted)

    def subtract(self, start: timedelta, span: timedelta) -> timedelta:
        """Return the last instant from which *span*, more than nothing, elapses until *start*."""
        known = self.reach(start, start)
        while (wanted := known.total(start) - span) < NOTHING:
            known = self.earlier(known, start)
        place = bisect_right(known.before, wanted)
        return known.edges[place] - (known.before[place] - wanted)

    def is_open(self, at: timedelta) -> bool:
        """Whether *at* is in a window."""
        return bool(bisect_right(self.reach(at, at).edges, at) & 1)

    def next_open(self, at: timedelta) -> timedelta:
        """Return the first open instant at or after *at*."""
        known = self.reach(at, at)
        while (place := bisect_right(known.edges, at)) == len(known.edges):
            known = self.later(known, at)
        return at if place & 1 else known.edges[place]

    def last_open(self, at: timedelta) -> timedelta:
        """Return *at* if it is open or just closed, or else the last closing before it."""
        known = self.reach(at, at)
        while (place := bisect_right(known.edges, at)) == 0:
            known = self.earlier(known, at)
        return at if place & 1 else known.edges[place - 1]

    def reach(self, start: timedelta, end: timedelta) -> Known:
        """Return what is known after compiling all years from that of *start* to that of *end*.

        Raises:
            CalendarNotUnderstood: ``bad_instant``: it lies outside the years that calendars cover.
        """
        known = self.known
        if start >= known.low and end < known.high:
            return known
        for at in (start, end):
            if not _LOW <= at < _HIGH:
                raise CalendarNotUnderstood(
                    "bad_instant", f"{_said(at)} lies outside the years {FIRST_YEAR} to {LAST_YEAR} of a calendar"
                )
        first, last = moment(start).year, moment(end).year
        if known is _NO_YEAR:
            known = self._compile(first)
        earlier = [self._compile(year) for year in range(first, known.first)]
        later = [self._compile(year) for year in range(known.last + 1, last + 1)]
        # Set once, when it is whole: who asks meanwhile, in another thread, sees the one or the other.
        self.known = known = _chain([*earlier, known, *later])
        return known

    def later(self, known: Known, start: timedelta) -> Known:
        """Return what is known after one more year; *start* is for the message if there is none."""
        if known.last == LAST_YEAR:
            raise CalendarNotUnderstood(
                "never_open", f"not open so long from {moment(start)} to the end of {LAST_YEAR}"
            )
        return self.reach(known.high, known.high)

    def earlier(self, known: Known, start: timedelta) -> Known:
        """Return what is known after one year less; *start* is for the message if there is none."""
        if known.first == FIRST_YEAR:
            raise CalendarNotUnderstood("never_open", f"not open so long from {FIRST_YEAR} to {moment(start)}")
        before = known.low - timedelta.resolution
        return self.reach(before, before)

    def _compile(self, year: int) -> Known:
        edges = self._year(year)
        before: list[timedelta] = []
        base = [NOTHING]
        total = NOTHING
        for opens, closes in zip(edges[::2], edges[1::2], strict=True):
            before.append(total)
            base.append(total - opens)
            total += closes - opens
            before.append(total)
            base.append(total)
        return Known(year, year, year_begins(year), year_begins(year + 1), edges, before, base)


_LOW, _HIGH = year_begins(FIRST_YEAR), year_begins(LAST_YEAR + 1)


def _said(instant: timedelta) -> str:
    try:
        return str(moment(instant))
    except OverflowError:  # a column of numpy's can hold it
        return f"the instant {instant} after 1970"


def _chain(parts: Sequence[Known]) -> Known:
    """Return *parts*, which follow one another, as one."""
    edges: list[timedelta] = []
    before: list[timedelta] = []
    base = [NOTHING]
    for part in parts:
        shift = base[-1]  # every part counts from nothing
        edges += part.edges
        before += [total + shift for total in part.before]
        base += [total + shift for total in part.base[1:]]
    return Known(parts[0].first, parts[-1].last, parts[0].low, parts[-1].high, edges, before, base)
