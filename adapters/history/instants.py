"""From the instants of a source, as they are written there, to UTC."""

from __future__ import annotations

import functools
import itertools
import operator
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from ventanilla.adapters.history.mapping import Instant


class Unreadable(ValueError):
    """An instant that cannot be.

    Attributes:
        rule: The stable name of what is wrong.
    """

    def __init__(self, rule: str, reason: str) -> None:
        super().__init__(reason)
        self.rule = rule


def reader(how: Instant) -> Callable[[str], datetime | None]:
    """Return a function from text to an aware instant in UTC; ``None`` for an empty cell.

    The function raises :class:`Unreadable` for text of another form, for a local instant without a zone, for one
    that the clock skipped, and for one that occurred twice if the mapping refuses these.
    """
    parse = _parser(how.format)
    zone = ZoneInfo(how.zone) if how.zone else None
    empty = {"", *how.empty}

    @functools.lru_cache(maxsize=4096)  # due instants and nightly closings repeat
    def read(text: str) -> datetime | None:
        if text in empty:
            return None
        try:
            instant = parse(text)
            if instant.tzinfo is not None:
                return instant.astimezone(UTC)
            if zone is None:
                raise Unreadable("instant.no_zone", "has no time zone, and the mapping gives none")
            return _in_utc(instant, zone, how)
        except Unreadable:
            raise
        except (ValueError, OverflowError, OSError) as error:  # the last two: beyond the calendar, or the platform
            raise Unreadable("instant.unreadable", f"is no instant of the form {how.format!r}") from error

    return read


def _in_utc(instant: datetime, zone: ZoneInfo, how: Instant) -> datetime:
    offset = _plain_offset(zone, instant.toordinal())
    if offset is not None:
        return instant.replace(tzinfo=UTC) - offset
    local = instant.replace(tzinfo=zone, fold=1 if how.ambiguous == "second" else 0)
    # Only an instant that is skipped or occurs twice has two offsets.
    if zone.utcoffset(instant) != zone.utcoffset(instant.replace(fold=1)):
        _refuse_odd(local, how)
    return local.astimezone(UTC)


@functools.lru_cache(maxsize=16_384)  # forty years of days
def _plain_offset(zone: ZoneInfo, day: int) -> timedelta | None:
    """Return the one offset of a whole local day in *zone*; ``None`` if the clock is changed on it, or just beside."""
    start = datetime.fromordinal(day)
    around = [start + timedelta(hours=hours) for hours in (-2, 0, 12, 24, 26)]  # no zone changes twice in a day
    offsets = {zone.utcoffset(at.replace(fold=fold)) for at in around for fold in (0, 1)}
    return offsets.pop() if len(offsets) == 1 else None


def _refuse_odd(local: datetime, how: Instant) -> None:
    back = local.astimezone(UTC).astimezone(local.tzinfo)
    if back.replace(tzinfo=None) != local.replace(tzinfo=None):
        raise Unreadable("instant.skipped", f"does not exist in {how.zone}: the clock was set forward over it")
    if how.ambiguous == "refuse":
        raise Unreadable("instant.ambiguous", f"occurred twice in {how.zone}: the clock was set back")


def _parser(form: str) -> Callable[[str], datetime]:
    match form:
        case "iso":
            return datetime.fromisoformat
        case "unix":
            return lambda text: datetime.fromtimestamp(float(text), UTC)
        case "unix_ms":
            return lambda text: datetime.fromtimestamp(float(text) / 1000, UTC)
        case _:
            return _numeric(form) or (lambda text: datetime.strptime(text, form))  # noqa: DTZ007  # the caller adds the zone


_PARTS = {"Y": r"(\d{4})", **dict.fromkeys("mdHIMS", r"(\d{1,2})"), "f": r"(\d{1,6})", "p": "([ap]m)"}
_ORDERS = ("Ymd", "YmdHM", "YmdHMS", "YmdHMSf", "YmdIMp", "YmdIMSp")


def _numeric(form: str) -> Callable[[str], datetime] | None:
    """Return ``strptime`` for a *form* of separated numbers, several times as fast; ``None`` for any other form."""
    first, *rest = re.split(r"%([YmdHIMSfp])", form)
    names, between = rest[::2], rest[1::2]
    order = next((order for order in _ORDERS if sorted(order) == sorted(names)), None)
    if order is None or not all(between[:-1]) or "%" in first + "".join(between):
        return None
    literal = [re.sub(r"(?:\\?\s)+", r"\\s+", re.escape(text)) for text in [first, *between]]
    parts = zip(literal, [*(_PARTS[name] for name in names), r"\Z"], strict=True)
    match = re.compile("".join(itertools.chain.from_iterable(parts)), re.IGNORECASE | re.ASCII).match
    in_order = operator.itemgetter(*(names.index(name) + 1 for name in order))

    def parse(text: str) -> datetime:
        found = match(text)
        if found is None:
            return datetime.strptime(text, form)  # noqa: DTZ007  # it takes odd spaces and digits, and says what is wrong
        values: list[Any] = list(in_order(found))
        if order[-1] == "p":
            *values, half = values
            hour = int(values[3])
            if not 1 <= hour <= 12:
                raise ValueError(text)
            values[3] = hour % 12 + (12 if half.upper() == "PM" else 0)
        elif order[-1] == "f":
            values[-1] = values[-1].ljust(6, "0")
        numbers: list[Any] = [int(value) for value in values]
        return datetime(*numbers)  # noqa: DTZ001  # the caller adds the zone

    return parse
