"""What a calendar says, as a value: which windows are open on which local dates.

Everything here is local to one zone and knows no clock changes; :mod:`ventanilla.projections.calendar.year` turns it
into instants.
"""

from __future__ import annotations

import hashlib
import json
from datetime import date
from typing import TypeAlias

from attrs import asdict, frozen

Window: TypeAlias = tuple[int, int]  # [from, to) in seconds after the date's 00:00; over midnight, to is beyond 86400
Dated: TypeAlias = tuple[tuple[date, tuple[Window, ...]], ...]

DAY = 86_400
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@frozen(kw_only=True, cache_hash=True)
class Hours:
    """The opening hours of a desk. Two that say the same are equal, in whatever order they were written.

    Attributes:
        tz: The IANA name of the zone that all the rest is local to.
        weekly: The windows of each day of the week, Monday first; overlapping windows count once.
        holidays: Dates that are closed from 00:00 to 24:00.
        annual_holidays: The same, every year: (month, day). 29 February is one in leap years only.
        date_hours: Windows that replace the weekly ones of a date; a holiday still wins. None at all: closed.
        breaks: Windows of a date that are closed, whatever is open.
        night_belongs_to_start_day: A holiday closes the windows that begin on it, to their end, instead of the date
            itself: the night that began the day before is worked to its end.
    """

    tz: str
    weekly: tuple[tuple[Window, ...], ...]
    holidays: frozenset[date] = frozenset()
    annual_holidays: frozenset[tuple[int, int]] = frozenset()
    date_hours: Dated = ()
    breaks: Dated = ()
    night_belongs_to_start_day: bool = False

    @property
    def digest(self) -> str:
        """The SHA-256 of all that it says, in hexadecimal: the same on any machine."""
        says = asdict(self)
        says["holidays"] = sorted(self.holidays)
        says["annual_holidays"] = sorted(self.annual_holidays)
        written = json.dumps(says, sort_keys=True, separators=(",", ":"), default=date.isoformat)
        return hashlib.sha256(written.encode()).hexdigest()

    def is_holiday(self, day: date) -> bool:
        """Whether *day* is a holiday, of that year or of every year."""
        return day in self.holidays or (day.month, day.day) in self.annual_holidays


ALL_WEEK = (((0, DAY),),) * 7
