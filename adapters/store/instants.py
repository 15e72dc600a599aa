"""Instants as they are stored: whole microseconds since 1970, UTC."""

from __future__ import annotations

import functools
from datetime import UTC, datetime, timedelta

from ventanilla.core.errors import Damaged

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def stamp(instant: datetime) -> int:
    """Return *instant* as it is stored."""
    return (instant - _EPOCH) // _MICROSECOND


@functools.lru_cache(4096)  # what was recorded together has the same
def instant(stamp: int) -> datetime:
    """Return the instant that was stored as *stamp*.

    Raises:
        Damaged: There is no such instant.
    """
    try:
        return _EPOCH + stamp * _MICROSECOND
    except (OverflowError, TypeError) as error:
        raise Damaged(f"{stamp!r} microseconds since 1970 are no instant") from error
