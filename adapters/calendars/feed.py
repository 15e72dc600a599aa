"""iCalendar feeds (RFC 5545) as closures: an all-day event is a holiday, a timed one a break. Needs ``calendars``.

Every event counts, whether or not it is marked as taking up time: feeds of holidays mark theirs as free. Left out are
events that were cancelled, and of a recurring event the dates that it excepts or that another event replaces. A
recurring event recurs until 2100 at most. A break is kept in local time: on the night on which the clock is set back,
one within the second of the two same hours begins with the first.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from attrs import field, frozen

from ventanilla.core.errors import Unavailable
from ventanilla.projections.calendar import CalendarNotUnderstood

Windows: TypeAlias = list[tuple[str, str]]  # as a calendar's definition has them: ("22:00:00", "24:00")

Event: TypeAlias = Any  # a component of the package's, whose properties may be of thirty types

TIMES = ("DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID")
LAST_YEAR = 2100
MOST = 50_000  # times that an event recurs: every day until then


@frozen(kw_only=True)
class Closures:
    """When a feed says it is closed, in local time of the zone that was asked for.

    Attributes:
        holidays: The dates that are closed all day, in no order.
        breaks: The windows of a date that are closed.
    """

    holidays: set[date] = field(factory=set)
    breaks: dict[date, Windows] = field(factory=dict)


def read_feed(path: Path, tz: str) -> Closures:
    """Return the closures of the iCalendar file at *path*, local to the zone *tz*.

    Raises:
        CalendarNotUnderstood: The file cannot be read, or an event in it makes no sense.
        Unavailable: The package ``icalendar`` is not installed.
    """
    try:
        from icalendar import Calendar as Feed
    except ModuleNotFoundError as error:
        raise Unavailable(f"iCalendar feeds need {error.name}: pip install 'ventanilla[calendars]'") from error
    try:
        events: list[Event] = [
            event for feed in Feed.from_ical(path.read_bytes(), multiple=True) for event in feed.walk("VEVENT")
        ]
    except (OSError, ValueError) as error:
        raise CalendarNotUnderstood("bad_calendar", f"{path} cannot be read as iCalendar: {error}") from error
    closures = Closures()
    replaced: set[tuple[str, Any]] = set()
    # Those that replace one of many come first, so that the many know.
    for event in sorted(events, key=lambda event: "RECURRENCE-ID" not in event):
        try:
            _check(event)
            if "RECURRENCE-ID" in event:
                replaced.add((str(event.get("UID")), _comparable(event["RECURRENCE-ID"].dt)))
            for begin, end in _occurrences(event, replaced):
                _close(closures, begin, end, ZoneInfo(tz))
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            what = f"event {event.get('UID', 'without a UID')}"
            raise CalendarNotUnderstood("bad_date", f"{path}: {what} is not understood: {error}") from error
    return closures


def _check(event: Event) -> None:
    # The package reads on after what it cannot read, and takes the time of an unknown zone for local time.
    for key, wrong in event.errors:
        if key in TIMES:
            raise ValueError(f"{key}: {wrong}")
    for key in ("DTSTART", "DTEND"):
        if key in event and event[key].params.get("TZID") and event[key].dt.tzinfo is None:
            raise ValueError(f"{key} is in {event[key].params['TZID']}, which is no known time zone")


def _occurrences(event: Event, replaced: set[tuple[str, Any]]) -> Iterator[tuple[date, date]]:
    """Return begin and end of each time that *event* takes place: both dates, or both datetimes."""
    if str(event.get("STATUS", "")).upper() == "CANCELLED":
        return
    begin, end = event.start, event.end  # by the rules of the RFC where it has no DTEND
    if end < begin:
        raise ValueError(f"it ends on {end}, before it begins on {begin}")
    if "RRULE" not in event and "RDATE" not in event:
        yield begin, end
        return
    excepted = {_comparable(day) for day in _dates(event, "EXDATE")}
    for start in dict.fromkeys((begin, *_by_rule(event, begin), *_dates(event, "RDATE"))):
        if _comparable(start) not in excepted and (str(event.get("UID")), _comparable(start)) not in replaced:
            yield start, start + (end - begin)


def _by_rule(event: Event, begin: date) -> Iterator[date]:
    from dateutil.rrule import rrulestr  # type: ignore[import-untyped]

    start = begin if isinstance(begin, datetime) else datetime.combine(begin, time.min)
    for rule in _some(event.get("RRULE")):
        if until := rule.get("UNTIL"):
            rule["UNTIL"] = [_until(until[0], start)]
        for count, found in enumerate(rrulestr(rule.to_ical().decode(), dtstart=start)):
            if found.year > LAST_YEAR:
                break
            if count == MOST:
                raise ValueError(f"it recurs more than {MOST:,} times")
            yield found if isinstance(begin, datetime) else found.date()


def _dates(event: Event, key: str) -> list[date]:
    dates = [day.dt for some in _some(event.get(key)) for day in some.dts]
    if odd := [day for day in dates if not isinstance(day, date)]:
        raise ValueError(f"{key} has a period, {odd[0]}, where a date is read")
    return dates


def _until(until: date, start: datetime) -> datetime:
    """Return *until* as the rule wants it: in UTC if the event has a zone, and local if not."""
    if not isinstance(until, datetime):
        until = datetime.combine(until, time.max.replace(microsecond=0), start.tzinfo)
    if start.tzinfo is None:
        return until.replace(tzinfo=None)
    return (until if until.tzinfo else until.replace(tzinfo=start.tzinfo)).astimezone(UTC)


def _some(value: Any) -> list[Any]:
    return [] if value is None else value if isinstance(value, list) else [value]


def _comparable(day: date) -> date | str:
    return day.astimezone(UTC).isoformat() if isinstance(day, datetime) and day.tzinfo else day


def _close(closures: Closures, begin: date, end: date, zone: ZoneInfo) -> None:
    if not isinstance(begin, datetime) or not isinstance(end, datetime):
        for days in range(max((end - begin).days, 1)):
            closures.holidays.add(begin + timedelta(days=days))
        return
    starts, ends = (at.astimezone(zone).replace(tzinfo=None) if at.tzinfo else at for at in (begin, end))
    day = starts.date()
    while datetime.combine(day, time.min) < ends:
        opens = starts.time() if day == starts.date() else time.min
        closes = ends.time().isoformat("seconds") if day == ends.date() else "24:00"
        if opens.isoformat("seconds") != closes:
            closures.breaks.setdefault(day, []).append((opens.isoformat("seconds"), closes))
        day += timedelta(days=1)
