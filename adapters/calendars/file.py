"""The calendar file: what is open when, as a person writes it.

.. code-block:: toml

    name = "Support, Madrid"                     # or else the name of the file
    tz = "Europe/Madrid"                         # all the rest is local to it
    holidays = [
      { country = "ES", subdivision = "MD" },    # public holidays, from the package `holidays`
      "2026-12-24",
    ]
    annual_holidays = ["12-31"]                  # every year
    feeds = ["closures.ics"]                     # iCalendar files, beside this one

    [weekly]
    mon = [["09:00", "14:00"], ["16:00", "19:00"]]
    fri = [["09:00", "14:00"], ["22:00", "06:00"]]   # over midnight

    [date_hours]                                 # instead of the weekly windows of the date
    2026-08-14 = [["09:00", "12:00"]]

    [breaks]                                     # closed, whatever is open
    2026-05-04 = [["12:00", "13:00"]]

Or ``always = true`` and nothing else: 24 hours on 7 days. A table in ``holidays`` has a ``country`` and perhaps a
``subdivision``, the codes of ISO 3166; ``years``, the first and the last, if not all from 1990 to 2100; ``categories``
and ``observed`` as the package has them. The dates are those that the installed version of the package gives when the
file is read: the digest of the calendar tells whether they are still the same.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import time
from pathlib import Path
from typing import Any

from ventanilla.adapters.calendars.countries import public_holidays
from ventanilla.adapters.calendars.feed import read_feed
from ventanilla.projections.calendar import Calendar, CalendarNotUnderstood, calendar


def read_calendar(path: Path) -> Calendar:
    """Return the calendar that the file at *path* describes.

    Raises:
        CalendarNotUnderstood: The file cannot be read, something in it makes no sense, or it is never open; the message
            names the value and its place.
    """
    try:
        written = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CalendarNotUnderstood("bad_calendar", f"{path} cannot be read as a calendar: {error}") from error
    definition: dict[str, Any] = _plain(written)
    name = definition.pop("name", path.stem)
    feeds = definition.pop("feeds", [])
    if not isinstance(name, str):
        raise CalendarNotUnderstood("bad_calendar", f"{path}: name is {name!r}, which is no text")
    if not isinstance(feeds, list) or not all(isinstance(feed, str) for feed in feeds):
        raise CalendarNotUnderstood("bad_calendar", f"{path}: feeds is {feeds!r}, which is no list of files")
    if "holidays" in definition:
        definition["holidays"] = _holidays(definition["holidays"], f"{path}: holidays")
    own = calendar(definition, name=name, place=str(path))
    if not feeds:
        return own
    for feed in feeds:
        closures = read_feed(path.parent / feed, own.hours.tz)
        definition["holidays"] = [*definition.get("holidays", ()), *closures.holidays]
        breaks = definition.setdefault("breaks", {})
        for day, windows in closures.breaks.items():
            breaks[day.isoformat()] = [*breaks.get(day.isoformat(), ()), *windows]
    return calendar(definition, name=name, place=str(path))


def _plain(value: Any) -> Any:
    """Return *value* with times as text: TOML has ``09:00:00`` without quotes, too."""
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    return value.isoformat() if isinstance(value, time) else value


def _holidays(value: Any, place: str) -> Any:
    if not isinstance(value, list):
        return value  # which is refused with the rest
    return [day for entry in value for day in (_of_country(entry, place) if isinstance(entry, Mapping) else (entry,))]


def _of_country(entry: Mapping[str, Any], place: str) -> Any:
    known = {
        "country": lambda value: isinstance(value, str),
        "subdivision": lambda value: isinstance(value, str),
        "years": lambda value: isinstance(value, list) and len(value) == 2 and all(type(year) is int for year in value),
        "categories": lambda value: isinstance(value, list) and all(isinstance(name, str) for name in value),
        "observed": lambda value: isinstance(value, bool),
    }
    for key, said in entry.items():
        if key not in known or not known[key](said):
            raise CalendarNotUnderstood("bad_calendar", f"{place}: {key} = {said!r} is not understood")
    if "country" not in entry:
        raise CalendarNotUnderstood("bad_calendar", f"{place}: {dict(entry)!r} names no country")
    return public_holidays(**{**entry, "place": place})
