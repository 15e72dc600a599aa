"""Who was there when: stretches of presence, and how they meet the calendar."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Literal, TypeAlias

from attrs import frozen

Span: TypeAlias = Literal["month", "quarter", "year"]

_MONTHS: dict[Span, int] = {"month": 1, "quarter": 3, "year": 12}


@frozen
class Presence:
    """From when to when: ``[start, end)``; an open end is ``None``."""

    start: datetime
    end: datetime | None

    def at(self, instant: datetime) -> bool:
        """Return whether *instant* lies in it."""
        return self.start <= instant and (self.end is None or instant < self.end)


def periods(span: Span, first: datetime, last: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Yield the periods, ``[since, until)`` in UTC, from that of *first* to that of *last*.

    Example:
        >>> from datetime import UTC, datetime
        >>> [str(since.date()) for since, _ in periods("quarter", *[datetime(2026, 5, 9, tzinfo=UTC)] * 2)]
        ['2026-04-01']
    """
    months = _MONTHS[span]
    place = (first.year * 12 + first.month - 1) // months * months
    since = _month(place)
    while since <= last:
        place += months
        until = _month(place)
        yield since, until
        since = until


def there(presences: Sequence[Presence], instant: datetime) -> bool:
    """Return whether *instant* lies in one of *presences*."""
    return any(presence.at(instant) for presence in presences)


def _month(place: int) -> datetime:
    return datetime(place // 12, place % 12 + 1, 1, tzinfo=UTC)
