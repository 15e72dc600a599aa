"""Calendars in force one after the other, as one business time."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial
from itertools import pairwise
from typing import TypeAlias
from zoneinfo import ZoneInfo

from attrs import Factory, field, frozen

from ventanilla.core.fields import utc
from ventanilla.projections.calendar.business_time import BusinessTime
from ventanilla.projections.calendar.calendars import Calendar
from ventanilla.projections.calendar.index import Index
from ventanilla.projections.calendar.instants import since, year_begins
from ventanilla.projections.calendar.year import year_edges

Segments: TypeAlias = tuple[tuple[datetime | None, Calendar], ...]


def _in_a_row(segments: Iterable[tuple[datetime | None, Calendar]]) -> Segments:
    return tuple(segments)


def _in_order(timeline: object, field: object, segments: Segments) -> None:
    begins = [begin for begin, _ in segments]
    if not begins or begins[0] is not None:
        raise ValueError("the first calendar is in force from the beginning: give it None")
    changes = [utc(begin) for begin in begins[1:] if begin is not None]
    if len(changes) != len(begins) - 1 or any(later <= earlier for earlier, later in pairwise(changes)):
        raise ValueError("calendars in force are given in order, each from a later instant on")


@frozen
class InForce(BusinessTime):
    """The calendar in force from each instant on; time before a change is counted by the calendar of that time.

    Attributes:
        segments: From when each is in force, oldest first; the first from ``None``, the beginning.
        index: Their open time, compiled as it is asked about.

    Raises:
        ValueError: The segments do not begin with ``None``, or are not in order, or an instant has no time zone.
    """

    segments: Segments = field(converter=_in_a_row, validator=_in_order)
    index: Index = field(
        init=False,
        eq=False,
        repr=False,
        default=Factory(lambda self: Index(partial(_edges, self.segments)), takes_self=True),
    )

    def at(self, at: datetime) -> Calendar:
        """Return the calendar that is in force at *at*."""
        changes = [since(begin) for begin, _ in self.segments if begin is not None]
        return self.segments[bisect_right(changes, since(at))][1]

    def zone_at(self, at: datetime) -> ZoneInfo:
        """See :meth:`BusinessTime.zone_at`."""
        return self.at(at).zone_at(at)


def _edges(segments: Segments, year: int) -> list[timedelta]:
    """Return the edges of *year* as :func:`year_edges` does, each calendar's within its time."""
    low, year_ends = year_begins(year), year_begins(year + 1)
    ends = [*(since(begin) for begin, _ in segments if begin is not None), year_ends]
    edges: list[timedelta] = []
    for (_, calendar), end in zip(segments, ends, strict=True):
        high = min(end, year_ends)
        if low < high:
            own = year_edges(calendar.hours, year)
            for opens, closes in zip(own[::2], own[1::2], strict=True):
                if opens < high and closes > low:
                    edges += (max(opens, low), min(closes, high))
            low = high
    return edges
