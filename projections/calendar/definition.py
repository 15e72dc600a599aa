"""Read the neutral form of a calendar, ``sla-cases/1``: a mapping of plain values, as JSON or TOML give it.

``tz``
    The IANA zone that all the rest is local to; it must be said.
``weekly``
    ``mon`` … ``sun``, each a list of ``[from, to)`` in ``HH:MM`` or ``HH:MM:SS``. ``24:00`` is the end of the day;
    *to* before *from* is a window over midnight, which ends on the next day. Equal ends are refused.
``holidays``, ``annual_holidays``
    Local dates, ``YYYY-MM-DD`` and ``MM-DD``, that are closed.
``date_hours``, ``breaks``
    Date to windows: those that replace the weekly windows of the date, and those that are closed.
``night_belongs_to_start_day``
    True: a holiday closes the windows that begin on it and no others (see ``Hours``).
``always``
    True: open 24 hours on 7 days, with nothing else but a ``tz``, which counts days.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from ventanilla.projections.calendar.errors import CalendarNotUnderstood
from ventanilla.projections.calendar.hours import ALL_WEEK, DAY, DAYS, Dated, Hours, Window

KEYS = (
    "tz",
    "weekly",
    "holidays",
    "annual_holidays",
    "date_hours",
    "breaks",
    "night_belongs_to_start_day",
    "always",
)

_TIME = re.compile(r"([01]\d|2[0-4]):([0-5]\d)(?::([0-5]\d))?", re.ASCII)


def read_hours(definition: Mapping[str, Any], *, place: str) -> Hours:
    """Return the opening hours that *definition* describes.

    Args:
        definition: See above; keys that it does not have are refused.
        place: Where it stands, for messages.

    Raises:
        CalendarNotUnderstood: Something in it makes no sense; the message names the value and its place.
    """
    for key in _mapping(definition, place):
        if key not in KEYS:
            raise CalendarNotUnderstood("bad_calendar", f"{place} has {key!r}, which is none of {', '.join(KEYS)}")
    if _flag(definition, "always", place):
        if others := [key for key in definition if key not in ("always", "tz")]:
            raise CalendarNotUnderstood("bad_calendar", f"{place} is always open, but has {', '.join(others)}, too")
        return Hours(tz=_zone(definition.get("tz", "UTC"), f"{place}.tz"), weekly=ALL_WEEK)
    if "tz" not in definition:
        raise CalendarNotUnderstood("bad_zone", f"{place} has no tz: name its time zone, 'Europe/Madrid'")
    return Hours(
        tz=_zone(definition["tz"], f"{place}.tz"),
        weekly=_weekly(definition.get("weekly", {}), f"{place}.weekly"),
        holidays=frozenset(
            read_date(text, f"{place}.holidays") for text in _list(definition.get("holidays", ()), f"{place}.holidays")
        ),
        annual_holidays=frozenset(
            _month_and_day(text, f"{place}.annual_holidays")
            for text in _list(definition.get("annual_holidays", ()), f"{place}.annual_holidays")
        ),
        date_hours=_dated(definition.get("date_hours", {}), f"{place}.date_hours"),
        breaks=_dated(definition.get("breaks", {}), f"{place}.breaks"),
        night_belongs_to_start_day=_flag(definition, "night_belongs_to_start_day", place),
    )


def read_date(value: object, place: str) -> date:
    """Return the date that *value* is or names, ``YYYY-MM-DD``.

    Raises:
        CalendarNotUnderstood: ``bad_date``.
    """
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        if isinstance(value, str) and (day := date.fromisoformat(value)).isoformat() == value:
            return day
    except ValueError:
        pass
    raise CalendarNotUnderstood("bad_date", f"{place} has {value!r}, which is no date YYYY-MM-DD")


def _weekly(value: object, place: str) -> tuple[tuple[Window, ...], ...]:
    weekly = _mapping(value, place)
    for day in weekly:
        if day not in DAYS:
            raise CalendarNotUnderstood("bad_date", f"{place} has {day!r}, which is none of {', '.join(DAYS)}")
    return tuple(_windows(weekly.get(day, ()), f"{place}.{day}") for day in DAYS)


def _dated(value: object, place: str) -> Dated:
    dated = {
        read_date(day, place): _windows(windows, f"{place}.{day}") for day, windows in _mapping(value, place).items()
    }
    return tuple(sorted(dated.items()))


def _windows(value: object, place: str) -> tuple[Window, ...]:
    return tuple(sorted({_window(window, place) for window in _list(value, place)}))


def _window(value: object, place: str) -> Window:
    ends = _list(value, place)
    if len(ends) != 2:
        raise CalendarNotUnderstood("bad_window", f"{place} has {value!r}, which is no window [from, to]")
    begin, end = (_seconds(time, place) for time in ends)
    if begin in (end, DAY):
        raise CalendarNotUnderstood(
            "bad_window", f"{place} has the window {ends[0]} to {ends[1]}: a whole day is 00:00 to 24:00"
        )
    return (begin, end) if begin < end else (begin, end + DAY)


def _seconds(value: object, place: str) -> int:
    found = _TIME.fullmatch(value) if isinstance(value, str) else None
    if found:
        hours, minutes, seconds = (int(part or 0) for part in found.groups())
        if (total := hours * 3_600 + minutes * 60 + seconds) <= DAY:
            return total
    raise CalendarNotUnderstood("bad_time", f"{place} has {value!r}, which is no time HH:MM or HH:MM:SS up to 24:00")


def _month_and_day(value: object, place: str) -> tuple[int, int]:
    try:
        if isinstance(value, str):
            day = read_date(f"2000-{value}", place)  # a leap year
            return day.month, day.day
    except CalendarNotUnderstood:
        pass  # its message shows a year that nobody wrote
    raise CalendarNotUnderstood("bad_date", f"{place} has {value!r}, which is no date MM-DD")


def _zone(value: object, place: str) -> str:
    try:
        if isinstance(value, str):
            return ZoneInfo(value).key
    except (LookupError, OSError, ValueError):
        pass
    raise CalendarNotUnderstood("bad_zone", f"{place} is {value!r}, which is no IANA time zone")


def _flag(definition: Mapping[str, Any], key: str, place: str) -> bool:
    value = definition.get(key, False)
    if not isinstance(value, bool):
        raise CalendarNotUnderstood("bad_calendar", f"{place}.{key} is {value!r}, neither true nor false")
    return value


def _mapping(value: object, place: str) -> Mapping[str, Any]:
    if isinstance(value, Mapping):
        return value
    raise CalendarNotUnderstood("bad_calendar", f"{place} is {value!r}, which is no mapping")


def _list(value: object, place: str) -> Sequence[Any]:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return value
    raise CalendarNotUnderstood("bad_calendar", f"{place} has {value!r}, which is no list")
