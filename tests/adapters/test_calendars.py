from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

import pytest

from ventanilla.adapters.calendars import read_calendar
from ventanilla.core.errors import Unavailable
from ventanilla.projections.calendar import Calendar, CalendarNotUnderstood, calendar

WEEKLY = "".join(f'{day} = [["09:00", "17:00"]]\n' for day in ("mon", "tue", "wed", "thu", "fri"))


class Folder:
    """A folder to write calendars and feeds into."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def calendar(self, *lines: str, weekly: str = WEEKLY) -> Calendar:
        file = self.path / "desk.toml"
        file.write_text('tz = "Europe/Madrid"\n' + "\n".join(lines) + f"\n[weekly]\n{weekly}", encoding="utf-8")
        return read_calendar(file)

    def with_feed(self, *events: str, weekly: str = WEEKLY) -> Calendar:
        lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//ventanilla//tests//EN"]
        for number, event in enumerate(events):
            uid = "" if "UID" in event else f"UID:{number}\n"
            lines += ["BEGIN:VEVENT", "DTSTAMP:20260101T000000Z", *(uid + event).splitlines(), "END:VEVENT"]
        (self.path / "closures.ics").write_text("\r\n".join([*lines, "END:VCALENDAR", ""]), encoding="utf-8")
        return self.calendar('feeds = ["closures.ics"]', weekly=weekly)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def hours(calendar: Calendar, start: str, end: str) -> float:
    return calendar.elapsed(*(datetime.fromisoformat(f"{text}T00:00Z") for text in (start, end))) / 3_600


def works(calendar: Calendar, *days: str) -> list[bool]:
    return [calendar.is_open(datetime.fromisoformat(f"{day}T12:00Z")) for day in days]


class TestFile:
    def test_says_what_the_neutral_form_says(self, folder: Folder) -> None:
        """A person's file and the neutral form of the same hours are the same calendar."""
        written = folder.calendar(
            'name = "Support, Madrid"',
            'holidays = ["2026-12-24", 2026-12-25]',
            'annual_holidays = ["12-31"]',
            "night_belongs_to_start_day = true",
            'date_hours.2026-08-14 = [["09:00", "12:00"]]',
            'breaks.2026-05-04 = [["12:00", "13:00"]]',
            weekly='mon = [["09:00", "14:00"], [16:00:00, 19:00:00]]\nfri = [["22:00", "06:00"]]',
        )
        assert written.name == "Support, Madrid"
        assert written == calendar(
            {
                "tz": "Europe/Madrid",
                "weekly": {"mon": [["09:00", "14:00"], ["16:00", "19:00"]], "fri": [["22:00", "06:00"]]},
                "holidays": ["2026-12-24", "2026-12-25"],
                "annual_holidays": ["12-31"],
                "date_hours": {"2026-08-14": [["09:00", "12:00"]]},
                "breaks": {"2026-05-04": [["12:00", "13:00"]]},
                "night_belongs_to_start_day": True,
            },
            name="neutral",
        )

    def test_is_named_after_itself(self, folder: Folder) -> None:
        """Without a name of its own it has the file's."""
        assert folder.calendar().name == "desk"

    @pytest.mark.parametrize(
        ("code", "named", "line"),
        [
            ("bad_calendar", "cannot be read", "tz"),
            ("bad_calendar", "name is 5", "name = 5"),
            ("bad_calendar", "feeds is 'x.ics'", 'feeds = "x.ics"'),
            ("bad_calendar", "x.ics", 'feeds = ["x.ics"]'),
            ("bad_calendar", "holidays", "holidays = 5"),
            ("bad_calendar", "opening", "opening = 5"),
            ("bad_calendar", "names no country", 'holidays = [{ subdivision = "MD" }]'),
            ("bad_calendar", "region = 'MD'", 'holidays = [{ country = "ES", region = "MD" }]'),
            ("bad_calendar", r"years = \[2020\]", 'holidays = [{ country = "ES", years = [2020] }]'),
            ("bad_calendar", "Atlantis", 'holidays = [{ country = "Atlantis" }]'),
            ("bad_calendar", "XX", 'holidays = [{ country = "ES", subdivision = "XX" }]'),
            ("bad_calendar", "fiesta", 'holidays = [{ country = "ES", categories = ["fiesta"] }]'),
            ("bad_date", "2030 to 2020", 'holidays = [{ country = "ES", years = [2030, 2020] }]'),
            ("bad_date", "2026-13-01", 'holidays = ["2026-13-01"]'),
            ("bad_time", "25:00", 'breaks.2026-05-04 = [["12:00", "25:00"]]'),
        ],
    )
    def test_that_makes_no_sense_is_refused(self, folder: Folder, code: str, named: str, line: str) -> None:
        """The message names the file, the place in it, and the value."""
        with pytest.raises(CalendarNotUnderstood, match=named) as refused:
            folder.calendar(line)
        assert refused.value.code == code
        assert str(refused.value).startswith(str(folder.path))

    def test_that_is_not_there_is_refused(self, folder: Folder) -> None:
        """A missing file is named."""
        with pytest.raises(CalendarNotUnderstood, match=r"nowhere\.toml"):
            read_calendar(folder.path / "nowhere.toml")


class TestCountries:
    def test_close_their_public_holidays(self, folder: Folder) -> None:
        """Spain is closed on 12 October, Madrid on 2 May, and 9 November is a day in Madrid like any other."""
        spain = folder.calendar('holidays = [{ country = "ES" }]')
        madrid = folder.calendar('holidays = [{ country = "ES", subdivision = "MD" }, "2026-11-10"]')
        days = ("2026-10-12", "2025-05-02", "2026-11-09", "2026-11-10")
        assert works(spain, *days) == [False, True, True, True]
        assert works(madrid, *days) == [False, False, True, False]

    def test_may_be_limited(self, folder: Folder) -> None:
        """The years may be, and what is moved to a working day may be left out."""
        us = folder.calendar('holidays = [{ country = "US", years = [2020, 2022], observed = false }]')
        moved = folder.calendar('holidays = [{ country = "US", categories = ["public"] }]')
        days = ("2020-12-25", "2023-12-25", "2021-12-24")  # Christmas 2021 was a Saturday
        assert works(us, *days) == [False, True, True]
        assert works(moved, *days) == [False, False, False]

    def test_need_their_package(self, folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
        """Where it is not installed, the message says what to install."""
        monkeypatch.setitem(sys.modules, "holidays", None)
        with pytest.raises(Unavailable, match=r"ventanilla\[calendars\]"):
            folder.calendar('holidays = [{ country = "ES" }]')


class TestFeeds:
    def test_close_the_dates_of_all_day_events(self, folder: Folder) -> None:
        """The end of an all-day event is the first date that is open again; without an end it is one day."""
        ours = folder.with_feed(
            "DTSTART;VALUE=DATE:20261223\nDTEND;VALUE=DATE:20261225\nTRANSP:TRANSPARENT",
            "DTSTART;VALUE=DATE:20261229\nPRIORITY:urgent",
        )
        days = ("2026-12-22", "2026-12-23", "2026-12-24", "2026-12-25", "2026-12-29", "2026-12-30")
        assert works(ours, *days) == [True, False, False, True, False, True]

    @pytest.mark.parametrize(
        "event",
        [
            "DTSTART:20260504T100000Z\nDTEND:20260504T110000Z",
            "DTSTART;TZID=Europe/Madrid:20260504T120000\nDTEND;TZID=Europe/Madrid:20260504T130000",
            "DTSTART;TZID=Asia/Tokyo:20260504T190000\nDURATION:PT1H",
            "DTSTART:20260504T120000\nDURATION:PT1H",
        ],
    )
    def test_close_the_hours_of_timed_events(self, folder: Folder, event: str) -> None:
        """From 12 to 13 in Madrid, in whatever zone it is written; without a zone it is the calendar's."""
        ours = folder.with_feed(event)
        assert hours(ours, "2026-05-04", "2026-05-05") == 7
        assert not ours.is_open(datetime.fromisoformat("2026-05-04T12:59:59+02:00"))
        assert ours.is_open(datetime.fromisoformat("2026-05-04T13:00:00+02:00"))

    def test_close_several_dates_by_one_event(self, folder: Folder) -> None:
        """From Monday 13:00 to Wednesday 11:00: four hours of Monday, six of Wednesday, none of Tuesday."""
        ours = folder.with_feed("DTSTART:20260504T130000\nDTEND:20260506T110000")
        assert [hours(ours, "2026-05-04", "2026-05-05"), hours(ours, "2026-05-05", "2026-05-06")] == [4, 0]
        assert hours(ours, "2026-05-06", "2026-05-07") == 6

    def test_close_nothing_by_an_event_of_no_length(self, folder: Folder) -> None:
        """What begins and ends at once closes nothing, at midnight either."""
        ours = folder.with_feed("DTSTART:20260504T130000", "DTSTART:20260504T000000\nDTEND:20260504T000000")
        assert hours(ours, "2026-05-04", "2026-05-05") == 8

    def test_recur(self, folder: Folder) -> None:
        """Every year until 2100, until a date, or so often; but for the dates that are excepted."""
        ours = folder.with_feed(
            "DTSTART;VALUE=DATE:20200106\nRRULE:FREQ=YEARLY\nEXDATE;VALUE=DATE:20260106",
            "DTSTART;VALUE=DATE:20200505\nRRULE:FREQ=YEARLY;UNTIL=20270101T000000Z\nRDATE;VALUE=DATE:20300507",
            "DTSTART;TZID=Europe/Madrid:20200506T000000\nDURATION:P1D\nRRULE:FREQ=YEARLY;UNTIL=20260506",
            "DTSTART;TZID=Europe/Madrid:20200507T000000\nDURATION:P1D\nRRULE:FREQ=YEARLY;UNTIL=20260506T220000Z",
            "DTSTART:20200508T000000\nDURATION:P1D\nRRULE:FREQ=YEARLY;COUNT=7",
        )
        assert works(ours, "2025-01-06", "2026-01-06", "2099-01-06") == [False, True, False]
        assert works(ours, "2026-05-05", "2027-05-05", "2030-05-07") == [False, True, False]
        assert works(ours, "2026-05-06", "2027-05-06") == [False, True]
        assert works(ours, "2026-05-07", "2027-05-07") == [False, True]
        assert works(ours, "2026-05-08", "2028-05-08") == [False, True]

    def test_may_replace_one_of_many(self, folder: Folder) -> None:
        """In 2026 it is a day later; who only says so replaces that one."""
        ours = folder.with_feed(
            "UID:a\nDTSTART;VALUE=DATE:20200504\nRRULE:FREQ=YEARLY",
            "UID:a\nRECURRENCE-ID;VALUE=DATE:20260504\nDTSTART;VALUE=DATE:20260505",
        )
        assert works(ours, "2026-05-04", "2026-05-05", "2027-05-04", "2027-05-05") == [True, False, False, True]

    def test_leave_out_what_was_cancelled(self, folder: Folder) -> None:
        """A cancelled event closes nothing; and if it is one of many, the others stay."""
        ours = folder.with_feed(
            "UID:a\nDTSTART;VALUE=DATE:20200504\nRRULE:FREQ=YEARLY",
            "UID:a\nRECURRENCE-ID;VALUE=DATE:20260504\nDTSTART;VALUE=DATE:20260504\nSTATUS:CANCELLED",
        )
        assert works(ours, "2026-05-04", "2027-05-04") == [True, False]

    def test_add_to_what_the_file_says(self, folder: Folder) -> None:
        """Breaks and holidays of the file stay."""
        folder.with_feed("DTSTART:20260504T120000\nDURATION:PT1H")
        both = folder.calendar(
            'feeds = ["closures.ics"]', 'holidays = ["2026-05-05"]', 'breaks.2026-05-04 = [["09:00", "10:00"]]'
        )
        assert hours(both, "2026-05-04", "2026-05-06") == 6

    @pytest.mark.parametrize(
        ("named", "event"),
        [
            ("before it begins", "DTSTART;VALUE=DATE:20260505\nDTEND;VALUE=DATE:20260504"),
            ("50,000", "DTSTART:20260504T120000Z\nDURATION:PT1M\nRRULE:FREQ=SECONDLY"),
            ("period", "DTSTART:20260504T120000Z\nRDATE;VALUE=PERIOD:20260505T120000Z/PT1H"),
            ("event 0", "SUMMARY:when?"),
            ("event 0", "DTSTART;VALUE=DATE:20261304"),
            ("BLAH", "DTSTART;VALUE=DATE:20260504\nRRULE:FREQ=BLAH"),
            ("Mars", "DTSTART;TZID=Mars/Olympus:20260504T120000"),
        ],
    )
    def test_that_make_no_sense_are_refused(self, folder: Folder, named: str, event: str) -> None:
        """The message names the file and the event."""
        with pytest.raises(CalendarNotUnderstood, match=named) as refused:
            folder.with_feed(event)
        assert str(refused.value).startswith(str(folder.path / "closures.ics"))

    def test_that_are_no_feeds_are_refused(self, folder: Folder) -> None:
        """A page in place of a feed is named."""
        (folder.path / "page.ics").write_text("<html>", encoding="utf-8")
        with pytest.raises(CalendarNotUnderstood, match=r"page\.ics cannot be read"):
            folder.calendar('feeds = ["page.ics"]')

    def test_need_their_package(self, folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
        """Where it is not installed, the message says what to install."""
        monkeypatch.setitem(sys.modules, "icalendar", None)
        with pytest.raises(Unavailable, match=r"ventanilla\[calendars\]"):
            folder.with_feed("DTSTART;VALUE=DATE:20260504")
