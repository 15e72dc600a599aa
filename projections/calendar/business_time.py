"""What can be asked of business time, whether one calendar gives it or several in turn."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from ventanilla.projections.calendar.errors import CalendarNotUnderstood
from ventanilla.projections.calendar.index import Index
from ventanilla.projections.calendar.instants import NOTHING, moment, since
from ventanilla.projections.calendar.year import instant


class BusinessTime(ABC):
    """Open time, and what can be asked of it.

    Instants go in aware, in any zone, and come out in UTC. Seconds are real ones: a day on which the clock changes
    has 23 or 25 hours. All is exact to the microsecond, for the years 1970 to 2100; an instant outside them raises
    :class:`CalendarNotUnderstood` (``bad_instant``), one without a zone ``ValueError``.
    """

    __slots__ = ()

    index: Index

    @abstractmethod
    def zone_at(self, at: datetime) -> ZoneInfo:
        """Return the zone whose dates count as days at *at*."""

    def elapsed(self, start: datetime, end: datetime) -> float:
        """Return the open seconds in ``[start, end)``; 0 when reversed."""
        return self.index.elapsed(since(start), since(end)).total_seconds()

    def add(self, start: datetime, seconds: float) -> datetime:
        """Return the first instant at which so many open *seconds* have elapsed since *start*.

        A target that ends exactly at closing time is due at closing time, not at the next opening.

        Raises:
            CalendarNotUnderstood: ``bad_target``: *seconds* is not more than zero; ``never_open``: there is not so
                much open time until 2100.
        """
        if (span := _span(seconds)) <= NOTHING:
            raise CalendarNotUnderstood("bad_target", f"the target is {seconds} seconds: it must be more than 0")
        return moment(self.index.add(since(start), span))

    def subtract(self, start: datetime, seconds: float) -> datetime:
        """Return the last instant from which so many open *seconds* elapse until *start*.

        With 0 seconds: *start* if it is open, or else the last closing before it.

        Raises:
            CalendarNotUnderstood: ``bad_target``: *seconds* is less than zero; ``never_open``: there is not so much
                open time since 1970.
        """
        if (span := _span(seconds)) < NOTHING:
            raise CalendarNotUnderstood("bad_target", f"the target is {seconds} seconds: it must not be less than 0")
        at = since(start)
        return moment(self.index.subtract(at, span) if span else self.index.last_open(at))

    def is_open(self, at: datetime) -> bool:
        """Whether it is open at *at*: at the opening it is, at the closing no more."""
        return self.index.is_open(since(at))

    def next_open(self, at: datetime) -> datetime:
        """Return the first open instant at or after *at*.

        Raises:
            CalendarNotUnderstood: ``never_open``: it does not open again until 2100.
        """
        return moment(self.index.next_open(since(at)))

    def add_days(self, start: datetime, days: int) -> datetime:
        """Return the same local time on the *days*-th following local date with open time, then on to open time.

        Less than zero: on the preceding dates, then back to open time, which may be a closing. 0: on to open time.

        Raises:
            CalendarNotUnderstood: ``never_open``: there are not so many such dates from 1970 to 2100.
        """
        zone = self.zone_at(start)
        local = start.astimezone(zone)
        day, step = local.date(), 1 if days > 0 else -1
        for _ in range(abs(days)):
            day = self._next_day(day, step, zone)
        shown = local.replace(tzinfo=None) - datetime.combine(local, time.min)
        at = instant(day, shown, zone) if days else since(start)
        return moment(self.index.last_open(at) if days < 0 else self.index.next_open(at))

    def _next_day(self, day: date, step: int, zone: ZoneInfo) -> date:
        # Not a walk over what is closed for years: the next window says which date is next.
        if step > 0:
            opens = self.index.next_open(instant(day, timedelta(days=1), zone))
            return max(moment(opens).astimezone(zone).date(), day + timedelta(days=1))
        just_before = instant(day, NOTHING, zone) - timedelta.resolution
        closes = self.index.last_open(just_before) - timedelta.resolution
        return min(moment(closes).astimezone(zone).date(), day - timedelta(days=1))


def _span(seconds: float) -> timedelta:
    try:
        return timedelta(seconds=seconds)
    except (OverflowError, ValueError) as error:
        raise CalendarNotUnderstood("bad_target", f"the target is {seconds} seconds: it must be a number") from error
