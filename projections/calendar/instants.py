"""Instants as the time since 1970, UTC: exact to the microsecond, and the quickest to compare and to count with."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ventanilla.core.fields import utc

NOTHING = timedelta(0)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def since(instant: datetime) -> timedelta:
    """Return the time from 1970 to *instant*.

    Raises:
        ValueError: It has no time zone.
    """
    try:
        return instant - _EPOCH
    except TypeError:
        return utc(instant) - _EPOCH  # which says what is wrong with it


def moment(instant: timedelta) -> datetime:
    """Return the aware datetime, in UTC, of *instant* after 1970."""
    return _EPOCH + instant


def year_begins(year: int) -> timedelta:
    """Return when *year* begins in UTC."""
    return since(datetime(year, 1, 1, tzinfo=UTC))
