"""From opening hours to the instants at which a year's open time begins and ends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import TypeAlias
from zoneinfo import ZoneInfo

from ventanilla.projections.calendar.hours import DAY, Hours, Window
from ventanilla.projections.calendar.instants import year_begins

Span: TypeAlias = tuple[int, int]  # [from, to) in seconds since 1970, UTC

_EPOCH = date(1970, 1, 1).toordinal()


def year_edges(hours: Hours, year: int) -> list[timedelta]:
    """Return the edges of the open time of *hours* in *year*, a year of UTC: open, close, open, close, ….

    Since 1970, ascending; ``[]`` if it is never open. Every edge is turned into an instant before windows are joined
    and holidays and breaks cut out, so that what is counted is real time on any day:

    - an edge that the clock leaps over moves forward by the leap (PEP 495, a gap read with ``fold=0``);
    - an edge that comes twice is the first one;
    - a holiday closes what a window of that date from 00:00 to 24:00 would open.
    """
    # A window ends up to two days after its date began, and zones are up to a day away from UTC: three dates before.
    first, last = date(year, 1, 1) - timedelta(days=3), date(year, 12, 31) + timedelta(days=2)
    low, high = (int(year_begins(begins).total_seconds()) for begins in (year, year + 1))
    edges: list[timedelta] = []
    for opens, closes in _open(hours, first, last):
        if closes > low and opens < high:
            edges += (timedelta(seconds=max(opens, low)), timedelta(seconds=min(closes, high)))
    return edges


def is_ever_open(hours: Hours, first: int, last: int) -> bool:
    """Whether *hours* are open at all from the year *first* to the year *last*."""
    # The first month says so of almost every calendar, and of every other the years one by one.
    month = _open(hours, date(first, 1, 1), date(first, 1, 31))
    return any(True for _ in month) or any(year_edges(hours, year) for year in range(first, last + 1))


def instant(day: date, local: timedelta, zone: ZoneInfo) -> timedelta:
    """Return when the clocks of *zone* show the time *local* after 00:00 of *day*, since 1970."""
    offset = (datetime(day.year, day.month, day.day, tzinfo=zone) + local).utcoffset()
    assert offset is not None, zone
    return timedelta(days=day.toordinal() - _EPOCH) + local - offset


def _open(hours: Hours, first: date, last: date) -> Iterator[Span]:
    """Return the open time that the dates from *first* to *last* give, in order."""
    opened, closed = _spans(hours, first.toordinal(), last.toordinal())
    return _cut(_join(opened), _join(closed))


def _spans(hours: Hours, first: int, last: int) -> tuple[list[Span], list[Span]]:
    """Return what is opened and what is closed by the dates from *first* to *last*, in no order."""
    zone = ZoneInfo(hours.tz)
    date_hours, breaks = dict(hours.date_hours), dict(hours.breaks)
    opened: list[Span] = []
    closed: list[Span] = []
    for ordinal, steady in _days(zone, first, last):
        day = date.fromordinal(ordinal)
        holiday = hours.is_holiday(day)
        opens = date_hours.get(day, hours.weekly[day.weekday()])
        closes = breaks.get(day, ())
        if holiday and hours.night_belongs_to_start_day:
            opens = ()
        elif holiday:
            closes = (*closes, (0, DAY))
        if steady is None:
            opened += [_span(day, window, zone) for window in opens]
            closed += [_span(day, window, zone) for window in closes]
        else:
            midnight = (ordinal - _EPOCH) * DAY - steady
            opened += [(midnight + begin, midnight + end) for begin, end in opens]
            closed += [(midnight + begin, midnight + end) for begin, end in closes]
    return opened, closed


def _days(zone: ZoneInfo, first: int, last: int) -> Iterator[tuple[int, int | None]]:
    """Return each date, and the zone's offset in seconds if it keeps that offset for the two days from its 00:00."""
    # To ask once a date, and not twice a window, is most of the speed. No zone of the database (2026) changes its
    # offset and back within five days, from 1970 on.
    offsets = [datetime.fromordinal(ordinal).replace(tzinfo=zone).utcoffset() for ordinal in range(first, last + 3)]
    for place, ordinal in enumerate(range(first, last + 1)):
        here, tomorrow, after = offsets[place : place + 3]
        yield ordinal, here.days * DAY + here.seconds if here is not None and here == tomorrow == after else None


def _span(day: date, window: Window, zone: ZoneInfo) -> Span:
    begin, end = (instant(day, timedelta(seconds=seconds), zone) for seconds in window)
    return begin.days * DAY + begin.seconds, end.days * DAY + end.seconds


def _join(spans: list[Span]) -> list[Span]:
    """Return *spans* in order, those that overlap or touch made one, the empty ones dropped."""
    joined: list[Span] = []
    begins, ends = 0, 0
    for begin, end in sorted(spans):
        if begin >= end:
            continue
        if begin <= ends and joined:
            ends = max(ends, end)
            joined[-1] = (begins, ends)
        else:
            begins, ends = begin, end
            joined.append((begin, end))
    return joined


def _cut(opened: Sequence[Span], closed: Sequence[Span]) -> Iterator[Span]:
    """Return what of *opened* is not in *closed*, both in order and disjoint."""
    place = 0
    for begin, end in opened:
        while place < len(closed) and closed[place][1] <= begin:
            place += 1
        at = place
        while at < len(closed) and closed[at][0] < end:
            if begin < closed[at][0]:
                yield begin, closed[at][0]
            begin = closed[at][1]
            at += 1
        if begin < end:
            yield begin, end
