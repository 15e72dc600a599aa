"""The periods that a figure can be cut by, as a calendar on the wall of some zone tells them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta, tzinfo


def _quarter(local: datetime) -> str:
    return f"{local.year:04d}-Q{(local.month + 2) // 3}"


def _week(local: datetime) -> str:
    year, week, _ = local.isocalendar()
    return f"{year:04d}-W{week:02d}"


PERIODS: Mapping[str, Callable[[datetime], str]] = {
    "day": lambda local: local.date().isoformat(),
    "week": _week,
    "month": lambda local: f"{local.year:04d}-{local.month:02d}",
    "quarter": _quarter,
    "year": lambda local: f"{local.year:04d}",
    "weekday": lambda local: local.strftime("%u %a"),
    "hour": lambda local: local.strftime("%H"),
}
"""The name of the period that an instant lies in; weeks are those of ISO 8601."""

FOLLOWING = ("day", "week", "month", "quarter", "year")
"""Those that follow each other, so that several can be pooled and one compared with that before it."""


def period(name: str, at: datetime, zone: tzinfo) -> str:
    """Return the period called *name* that the instant *at* lies in, in *zone*.

    Example:
        >>> from datetime import UTC
        >>> period("quarter", datetime(2026, 5, 1, tzinfo=UTC), UTC)
        '2026-Q2'
    """
    return PERIODS[name](at.astimezone(zone))


def preceding(name: str, key: str) -> str:
    """Return the period before *key*, one of those that follow each other.

    Example:
        >>> preceding("week", "2026-W01"), preceding("month", "2026-01")
        ('2025-W52', '2025-12')
    """
    before = first_day(name, key) - timedelta(days=1)
    return period(name, datetime(before.year, before.month, before.day, tzinfo=UTC), UTC)


def first_day(name: str, key: str) -> date:
    """Return the first day of the period *key*, one of those that follow each other."""
    match name:
        case "week":
            return date.fromisocalendar(int(key[:4]), int(key[6:]), 1)
        case "month":
            return date(int(key[:4]), int(key[5:]), 1)
        case "quarter":
            return date(int(key[:4]), int(key[6:]) * 3 - 2, 1)
        case "year":
            return date(int(key), 1, 1)
        case _:
            return date.fromisoformat(key)


def days(name: str, key: str) -> int:
    """Return how many days the period *key* has, one of those that follow each other.

    Example:
        >>> days("month", "2028-02"), days("quarter", "2026-Q1")
        (29, 90)
    """
    first = first_day(name, key)
    match name:
        case "week":
            return 7
        case "month":
            return (_months_later(first, 1) - first).days
        case "quarter":
            return (_months_later(first, 3) - first).days
        case "year":
            return (_months_later(first, 12) - first).days
        case _:
            return 1


def window_before(since: datetime, until: datetime, zone: tzinfo) -> tuple[datetime, datetime]:
    """Return the window as long as that from *since* to *until* that ends where it begins, by the calendar of *zone*.

    Whole months go before whole months, else days and hours before as many.

    Example:
        >>> march, april = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)
        >>> window_before(march, april, UTC)[0].date()
        datetime.date(2026, 2, 1)
    """
    start, end = since.astimezone(zone).replace(tzinfo=None), until.astimezone(zone).replace(tzinfo=None)
    if _begins_month(start) and _begins_month(end):
        earlier = _months_later(start.date(), (start.year - end.year) * 12 + start.month - end.month)
        before = datetime(earlier.year, earlier.month, earlier.day, tzinfo=zone)
    else:
        before = (start - (end - start)).replace(tzinfo=zone)
    return before.astimezone(UTC), since.astimezone(UTC)


def _begins_month(local: datetime) -> bool:
    return local == datetime(local.year, local.month, 1)  # noqa: DTZ001  # both are on the wall of one zone


def _months_later(first: date, count: int) -> date:
    months = first.year * 12 + first.month - 1 + count
    return date(months // 12, months % 12 + 1, 1)
