"""Instants as whole microseconds since 1970, UTC: exact, and quick to compare."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ventanilla.core.fields import utc

MICRO = 1_000_000

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def micros(instant: datetime) -> int:
    """Return *instant* in microseconds since 1970.

    Raises:
        ValueError: It has no time zone.
    """
    try:
        since = instant - _EPOCH
    except TypeError:
        since = utc(instant) - _EPOCH  # which says what is wrong with it
    return (since.days * 86_400 + since.seconds) * MICRO + since.microseconds


def moment(instant: int) -> datetime:
    """Return the aware datetime, in UTC, of *instant* microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=instant)


def year_begins(year: int) -> int:
    """Return when *year* begins in UTC, in microseconds since 1970."""
    return micros(datetime(year, 1, 1, tzinfo=UTC))
