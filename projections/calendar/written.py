"""Write opening hours down in the neutral form, so that a log can keep what a calendar said."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ventanilla.projections.calendar.hours import DAY, DAYS, Hours, Window


def written(hours: Hours) -> dict[str, Any]:
    """Return the definition that :func:`read_hours` reads as *hours*: plain values, in one order, nothing empty."""
    definition: dict[str, Any] = {
        "tz": hours.tz,
        "weekly": {day: _windows(windows) for day, windows in zip(DAYS, hours.weekly, strict=True) if windows},
        "holidays": [day.isoformat() for day in sorted(hours.holidays)],
        "annual_holidays": [f"{month:02}-{day:02}" for month, day in sorted(hours.annual_holidays)],
        "date_hours": {day.isoformat(): _windows(windows) for day, windows in hours.date_hours},
        "breaks": {day.isoformat(): _windows(windows) for day, windows in hours.breaks},
        "night_belongs_to_start_day": hours.night_belongs_to_start_day,
    }
    return {key: value for key, value in definition.items() if value}


def _windows(windows: Iterable[Window]) -> list[list[str]]:
    return [[_time(begin), _time(end if end <= DAY else end - DAY)] for begin, end in windows]


def _time(seconds: int) -> str:
    minutes, seconds = divmod(seconds, 60)
    shown = f"{minutes // 60:02}:{minutes % 60:02}"
    return f"{shown}:{seconds:02}" if seconds else shown
