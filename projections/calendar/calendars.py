"""One calendar, by its opening hours."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from attrs import Factory, field, frozen

from ventanilla.projections.calendar.business_time import BusinessTime
from ventanilla.projections.calendar.definition import read_hours
from ventanilla.projections.calendar.errors import CalendarNotUnderstood
from ventanilla.projections.calendar.hours import ALL_WEEK, Hours
from ventanilla.projections.calendar.index import FIRST_YEAR, LAST_YEAR, Index
from ventanilla.projections.calendar.written import written
from ventanilla.projections.calendar.year import is_ever_open, year_edges


@frozen(kw_only=True)
class Calendar(BusinessTime):
    """Business time by opening hours. Two with the same hours are equal, whatever they are called.

    Attributes:
        name: What people call it.
        hours: What it says.
        index: Its open time, compiled as it is asked about.
    """

    name: str = field(eq=False)
    hours: Hours
    index: Index = field(
        init=False,
        eq=False,
        repr=False,
        default=Factory(lambda self: Index(partial(year_edges, self.hours)), takes_self=True),
    )

    @property
    def digest(self) -> str:
        """The SHA-256 of its hours, in hexadecimal: the same on any machine."""
        return self.hours.digest

    @property
    def definition(self) -> dict[str, Any]:
        """What it says in the neutral form, for a log to keep: :func:`calendar` makes an equal calendar of it."""
        return written(self.hours)

    def zone_at(self, at: datetime) -> ZoneInfo:
        """See :meth:`BusinessTime.zone_at`."""
        return ZoneInfo(self.hours.tz)


def calendar(definition: Mapping[str, Any], *, name: str, place: str | None = None) -> Calendar:
    """Return the calendar that *definition* describes; :mod:`ventanilla.projections.calendar.definition` says how.

    Args:
        definition: What it says.
        name: What people call it.
        place: Where it stands, for messages, if they should not name it by its name.

    Raises:
        CalendarNotUnderstood: Something in it makes no sense, or it is never open.

    Example:
        >>> from datetime import datetime, timezone
        >>> madrid = calendar({"tz": "Europe/Madrid", "weekly": {"mon": [["09:00", "14:00"]]}}, name="mornings")
        >>> madrid.add(datetime(2026, 1, 1, tzinfo=timezone.utc), 3600).isoformat()
        '2026-01-05T09:00:00+00:00'
    """
    place = place or name
    hours = read_hours(definition, place=place)
    if not is_ever_open(hours, FIRST_YEAR, LAST_YEAR):
        raise CalendarNotUnderstood("never_open", f"{place} is never open: 24x7 is {{'always': true}}")
    return Calendar(name=name, hours=hours)


ALWAYS = Calendar(name="always", hours=Hours(tz="UTC", weekly=ALL_WEEK))
