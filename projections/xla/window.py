"""The windows in which an agreement is looked at: whole months or quarters, or so many days, of some time zone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo

from attrs import field, frozen
from attrs.validators import ge

from ventanilla.projections.periods import first_day, period

WindowKind: TypeAlias = Literal["month", "quarter", "days"]


@frozen(order=True)
class Window:
    """A half-open stretch of time: from *since* on, up to *until*, which is no part of it.

    Attributes:
        since: Its beginning: aware, UTC.
        until: Its end: aware, UTC.
        name: ``"2026-01"``, ``"2026-Q1"``, or its first and last day.
    """

    since: datetime
    until: datetime
    name: str = field(eq=False)

    @property
    def length(self) -> timedelta:
        """How long it is."""
        return self.until - self.since


@frozen(kw_only=True)
class Cadence:
    """How windows follow each other.

    Attributes:
        kind: Calendar months, calendar quarters, or so many days.
        days: How many.
        zone: The time zone in which days begin, by name.
    """

    kind: WindowKind = "month"
    days: int = field(default=30, validator=ge(1))
    zone: str = "UTC"

    def __str__(self) -> str:
        return f"{self.days} days" if self.kind == "days" else self.kind

    def day(self, at: datetime) -> date:
        """Return the day of *at*, in the zone."""
        return at.astimezone(ZoneInfo(self.zone)).date()

    def midnight(self, day: date) -> datetime:
        """Return the instant at which *day* begins, in UTC."""
        return datetime.combine(day, time(), ZoneInfo(self.zone)).astimezone(UTC)

    def holding(self, at: datetime, origin: datetime) -> Window:
        """Return the window in which *at* lies; those of so many days are counted from the day of *origin*."""
        day = self.day(at)
        if self.kind == "days":
            start = self._origin(origin)
            first = start + timedelta(days=(day - start).days // self.days * self.days)
            return self._window(first, first + timedelta(days=self.days))
        key = period(self.kind, datetime(day.year, day.month, day.day, tzinfo=UTC), UTC)
        first = first_day(self.kind, key)
        return self._window(first, _next_month(first, 1 if self.kind == "month" else 3))

    def ending(self, by: datetime) -> Window:
        """Return the last window that is over at *by*; that of so many days ends with the last whole day (it rolls)."""
        if self.kind == "days":
            end = self.day(by)
            return self._window(end - timedelta(days=self.days), end)
        holds = self.holding(by, by)
        return self.holding(holds.since - timedelta(seconds=1), by)

    def first(self, since: datetime, count: int = 1) -> Window:
        """Return the first *count* windows that lie wholly after *since*, as one."""
        begins = self.holding(since, since)
        first = begins if begins.since >= since else self.holding(begins.until, begins.until)
        last = first
        for _ in range(count - 1):
            last = self.holding(last.until, first.since)
        return self._window(self.day(first.since), self.day(last.until))

    def between(self, since: datetime, until: datetime, origin: datetime) -> Iterator[Window]:
        """Yield the windows that begin at *since* or later and before *until*, oldest first."""
        window = self.holding(since, origin)
        if window.since < since:
            window = self.holding(window.until, origin)
        while window.since < until:
            yield window
            window = self.holding(window.until, origin)

    def _origin(self, origin: datetime) -> date:
        """Return the first day that begins at *origin* or later."""
        day = self.day(origin)
        return day if self.midnight(day) == origin else day + timedelta(days=1)

    def _window(self, first: date, after: date) -> Window:
        last = after - timedelta(days=1)
        name = f"{first} to {last}"
        if self.kind in ("month", "quarter") and _next_month(first, 1 if self.kind == "month" else 3) == after:
            name = period(self.kind, datetime(first.year, first.month, first.day, tzinfo=UTC), UTC)
        return Window(self.midnight(first), self.midnight(after), name)


def _next_month(day: date, count: int) -> date:
    months = day.year * 12 + day.month - 1 + count
    return date(months // 12, months % 12 + 1, 1)
