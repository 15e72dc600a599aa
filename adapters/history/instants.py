"""From the instants of a source, as they are written there, to UTC."""

from __future__ import annotations

import functools
import operator
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
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


_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  # local, wherever that is


def _in_utc(instant: datetime, zone: ZoneInfo, how: Instant) -> datetime:
    epoch = _plain_epoch(zone, instant.toordinal())
    if epoch is not None:
        return epoch + (instant - _EPOCH)
    local = instant.replace(tzinfo=zone, fold=1 if how.ambiguous == "second" else 0)
    # Only an instant that is skipped or occurs twice has two offsets.
    if zone.utcoffset(instant) != zone.utcoffset(instant.replace(fold=1)):
        _refuse_odd(local, how)
    return local.astimezone(UTC)


@functools.lru_cache(maxsize=16_384)  # forty years of days
def _plain_epoch(zone: ZoneInfo, day: int) -> datetime | None:
    """Return 1970 by the one offset of a whole local day; ``None`` if the clock is changed on it, or just beside.

    What has passed since then locally has passed since then: an addition, which costs less than a change of zone.
    """
    start = datetime.fromordinal(day)
    around = [start + timedelta(hours=hours) for hours in (-2, 0, 12, 24, 26)]  # no zone changes twice in a day
    offsets = {zone.utcoffset(at.replace(fold=fold)) for at in around for fold in (0, 1)}
    (offset, *others) = offsets
    return _EPOCH.replace(tzinfo=UTC) - offset if offset is not None and not others else None


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
            return _padded(form) or (lambda text: datetime.strptime(text, form))  # noqa: DTZ007  # the caller adds the zone


_WIDTHS = {"Y": 4, **dict.fromkeys("mdHIMSp", 2), "f": 6}
_ISO = {
    "Ymd": "{}-{}-{}",
    "YmdHM": "{}-{}-{}T{}:{}",
    "YmdHMS": "{}-{}-{}T{}:{}:{}",
    "YmdHMSf": "{}-{}-{}T{}:{}:{}.{}",
}
_HOURS = {f"{h or 12:02}{half}": f"{h + past:02}" for h in range(12) for half, past in (("AM", 0), ("PM", 12))}


def _padded(form: str) -> Callable[[str], datetime] | None:
    """Return ``strptime`` for a *form* of numbers with leading zeros, many times as fast; ``None`` for another form.

    The digits are put into the order of ISO 8601, which Python reads in C. What does not fit goes to ``strptime``: it
    takes odd spaces and digits, and says what is wrong.
    """
    pieces = re.split(r"%(.)", form)
    where: dict[str, slice] = {}
    between: list[tuple[slice, str]] = []
    end = 0
    for number, piece in enumerate(pieces):
        start, end = end, end + (_WIDTHS.get(piece, 0) if number % 2 else len(piece))
        if number % 2:
            where[piece] = slice(start, end)
        else:
            between.append((slice(start, end), piece))
    order = next((o for o in _ISO if sorted(o) == sorted("".join(where).replace("I", "H").replace("p", ""))), None)
    if order is None or len(where) != len(pieces) // 2 or ("I" in where) != ("p" in where):
        return None
    digits = operator.itemgetter(*(where["I" if name == "H" and "I" in where else name] for name in order))
    half = where.get("p")
    write = _ISO[order].format
    literal = operator.itemgetter(*(place for place, _ in between), slice(end, None))
    expected = (*(piece for _, piece in between), "")

    def parse(text: str) -> datetime:
        if literal(text) == expected:
            found = digits(text)
            try:
                if half is not None:
                    found = (*found[:3], _HOURS[found[3] + text[half]], *found[4:])
                return datetime.fromisoformat(write(*found))
            except (KeyError, ValueError):
                pass
        return datetime.strptime(text, form)  # noqa: DTZ007  # the caller adds the zone

    return parse
