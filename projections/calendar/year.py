"""From opening hours to the instants at which a year's open time begins and ends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import TypeAlias
from zoneinfo import ZoneInfo

from ventanilla.projections.calendar.hours import DAY, Hours
from ventanilla.projections.calendar.instants import MICRO, year_begins

Span: TypeAlias = tuple[int, int]  # [from, to) in microseconds since 1970, UTC

_EPOCH = date(1970, 1, 1).toordinal()


def year_edges(hours: Hours, year: int) -> list[int]:
    """Return the edges of the open time of *hours* in *year*, a year of UTC: open, close, open, close, ….

    In microseconds since 1970, ascending; ``[]`` if it is never open. Every edge is turned into an instant before
    windows are joined and holidays and breaks cut out, so that what is counted is real time on any day:

    - an edge that the clock leaps over moves forward by the leap (PEP 495, a gap read with ``fold=0``);
    - an edge that comes twice is the first one;
    - a holiday closes what a window of that date from 00:00 to 24:00 would open.
    """
    # A window ends up to two days after its date began, and zones are up to a day away from UTC: three dates before.
    first, last = date(year, 1, 1) - timedelta(days=3), date(year, 12, 31) + timedelta(days=2)
    opened, closed = _spans(hours, first, last)
    low, high = year_begins(year), year_begins(year + 1)
    return [edge for begin, end in cut(join(opened), join(closed)) for edge in _within(begin, end, low, high)]


def join(spans: list[Span]) -> list[Span]:
    """Return *spans* in order, those that overlap or touch made one, the empty ones dropped."""
    joined: list[Span] = []
    for begin, end in sorted(spans):
        if begin >= end:
            continue
        if joined and begin <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((begin, end))
    return joined


def cut(opened: Sequence[Span], closed: Sequence[Span]) -> Iterator[Span]:
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


def _spans(hours: Hours, first: date, last: date) -> tuple[list[Span], list[Span]]:
    zone = ZoneInfo(hours.tz)
    date_hours, breaks = dict(hours.date_hours), dict(hours.breaks)
    opened: list[Span] = []
    closed: list[Span] = []
    for ordinal in range(first.toordinal(), last.toordinal() + 1):
        day = date.fromordinal(ordinal)
        holiday = hours.is_holiday(day)
        windows = date_hours.get(day, hours.weekly[day.weekday()])
        if not (holiday and hours.night_belongs_to_start_day):
            opened += [(instant(day, begin, zone), instant(day, end, zone)) for begin, end in windows]
            if holiday:
                closed.append((instant(day, 0, zone), instant(day, DAY, zone)))
        if day in breaks:
            closed += [(instant(day, begin, zone), instant(day, end, zone)) for begin, end in breaks[day]]
    return opened, closed


def instant(day: date, seconds: int, zone: ZoneInfo) -> int:
    """Return when the clocks of *zone* show *seconds* after 00:00 of *day*: in microseconds since 1970."""
    offset = (datetime(day.year, day.month, day.day, tzinfo=zone) + timedelta(seconds=seconds)).utcoffset()
    assert offset is not None, zone
    return ((day.toordinal() - _EPOCH - offset.days) * DAY + seconds - offset.seconds) * MICRO


def _within(begin: int, end: int, low: int, high: int) -> tuple[int, ...]:
    begin, end = max(begin, low), min(end, high)
    return (begin, end) if begin < end else ()
