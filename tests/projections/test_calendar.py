from __future__ import annotations

import importlib
import pickle
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import numpy as np
import pytest

from ventanilla.core.errors import NotUnderstood, Unavailable
from ventanilla.projections.calendar import ALWAYS, Calendar, CalendarNotUnderstood, InForce, calendar, columns

WORKDAYS = ("mon", "tue", "wed", "thu", "fri")


def weekly(*windows: tuple[str, str], days: tuple[str, ...] = WORKDAYS) -> dict[str, Any]:
    return {day: [list(window) for window in windows] for day in days}


def make(tz: str = "UTC", **definition: Any) -> Calendar:
    return calendar({"tz": tz, "weekly": weekly(("09:00", "17:00")), **definition}, name="desk")


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+00:00")


def hours(calendar: Calendar | InForce, start: str, end: str) -> float:
    return calendar.elapsed(at(start), at(end)) / 3_600


class TestElapsed:
    def test_is_the_open_time(self) -> None:
        """From Friday noon to Monday noon are five and three open hours."""
        assert hours(make(), "2026-03-06 12:00", "2026-03-09 12:00") == 8

    def test_of_reversed_is_nothing(self) -> None:
        """An end before its start has no time in it."""
        assert hours(make(), "2026-03-09 12:00", "2026-03-06 12:00") == 0

    def test_is_exact_to_the_microsecond(self) -> None:
        """A microsecond of open time is a millionth of a second, even in 2100."""
        start = at("2100-03-01 10:00")
        assert make().elapsed(start, start + timedelta(microseconds=1)) == 0.000001

    def test_takes_instants_of_any_zone(self) -> None:
        """An instant is the same in any zone."""
        east = timezone(timedelta(hours=5))
        assert make().elapsed(at("2026-03-06 12:00").astimezone(east), at("2026-03-06 13:00")) == 3_600

    def test_refuses_an_instant_without_a_zone(self) -> None:
        """Nobody knows when it was."""
        with pytest.raises(ValueError, match="no time zone"):
            make().elapsed(datetime(2026, 3, 6), at("2026-03-06 13:00"))

    @pytest.mark.parametrize("year", [1969, 2101, 9999])
    def test_refuses_years_beyond_the_calendar(self, year: int) -> None:
        """Which hours and clocks there will be then nobody knows; the message says which years are covered."""
        with refused("bad_instant", "1970 to 2100"):
            make().is_open(datetime(year, 6, 1, tzinfo=UTC))

    def test_covers_a_century(self) -> None:
        """From 1990 to 2100 every Monday to Friday has eight hours."""
        assert hours(make(), "1990-01-01 00:00", "2100-01-01 00:00") == 8 * 28_699


class TestWindows:
    def test_over_midnight_end_on_the_next_day(self) -> None:
        """A night from Friday on is worked into Saturday, and is part of both dates."""
        nights = make(weekly=weekly(("22:00", "06:00"), days=("fri",)))
        assert hours(nights, "2026-03-06 00:00", "2026-03-07 00:00") == 2
        assert hours(nights, "2026-03-07 00:00", "2026-03-08 00:00") == 6

    def test_that_overlap_count_once(self) -> None:
        """Two windows that share an hour open it once; two that touch are one."""
        both = make(weekly=weekly(("09:00", "13:00"), ("12:00", "15:00"), ("15:00", "16:00")))
        assert hours(both, "2026-03-06 00:00", "2026-03-07 00:00") == 7

    def test_are_half_open(self) -> None:
        """At the opening it is open, at the closing no more."""
        assert make().is_open(at("2026-03-06 09:00"))
        assert not make().is_open(at("2026-03-06 17:00"))

    def test_of_a_date_replace_those_of_the_week(self) -> None:
        """A date may have hours of its own, or none; a holiday still wins."""
        own = make(
            date_hours={"2026-03-07": [["10:00", "12:00"]], "2026-03-09": [], "2026-03-10": [["10:00", "12:00"]]},
            holidays=["2026-03-10"],
        )
        assert hours(own, "2026-03-07 00:00", "2026-03-11 00:00") == 2

    def test_are_closed_by_breaks(self) -> None:
        """A break is closed, whatever is open, also over midnight."""
        broken = make(
            weekly=weekly(("00:00", "24:00")), breaks={"2026-03-05": [["12:00", "13:00"], ["23:00", "02:00"]]}
        )
        assert hours(broken, "2026-03-05 00:00", "2026-03-07 00:00") == 48 - 1 - 3


class TestHolidays:
    NIGHTS: Mapping[str, Any] = {
        "weekly": weekly(("22:00", "06:00"), days=(*WORKDAYS, "sat", "sun")),
        "holidays": ["2026-05-01"],
    }

    def test_cut_the_night_at_midnight(self) -> None:
        """The local date is closed from 00:00 to 24:00, and so a part of two nights."""
        nights = make("Europe/Madrid", **self.NIGHTS)
        assert hours(nights, "2026-04-30 12:00", "2026-05-02 12:00") == 2 + 6

    def test_close_whole_nights_if_these_belong_to_their_start(self) -> None:
        """The night that begins on the holiday is closed to its end, the one before is worked to its end."""
        nights = make("Europe/Madrid", **self.NIGHTS, night_belongs_to_start_day=True)
        assert hours(nights, "2026-04-30 12:00", "2026-05-01 12:00") == 8
        assert hours(nights, "2026-05-01 12:00", "2026-05-02 12:00") == 0

    def test_of_every_year_come_every_year(self) -> None:
        """A month and a day are closed in each year; 29 February is in leap years."""
        leap = make(weekly=weekly(("00:00", "24:00"), days=(*WORKDAYS, "sat", "sun")), annual_holidays=["02-29"])
        assert hours(leap, "2028-02-28 00:00", "2028-03-02 00:00") == 48
        assert hours(leap, "2027-02-28 00:00", "2027-03-02 00:00") == 48


class TestClockChanges:
    @pytest.mark.parametrize(("day", "long"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-06-01", 24)])
    def test_make_days_short_or_long(self, day: str, long: int) -> None:
        """What is counted is real time: a day has 23 or 25 hours."""
        madrid = calendar({"tz": "Europe/Madrid", "date_hours": {day: [["00:00", "24:00"]]}}, name="one day")
        assert hours(madrid, "2026-01-01 00:00", "2027-01-01 00:00") == long

    def test_move_an_edge_that_does_not_exist(self) -> None:
        """02:30 on the night of the leap is 03:30: from there to 05:00 is an hour and a half."""
        madrid = make("Europe/Madrid", weekly=weekly(("02:30", "05:00"), days=("sun",)))
        assert madrid.next_open(at("2026-03-29 00:00")) == at("2026-03-29 01:30")
        assert hours(madrid, "2026-03-29 00:00", "2026-03-30 00:00") == 1.5

    def test_drop_a_window_that_is_leapt_over(self) -> None:
        """From 02:30, which is 03:30, to 03:00 is nothing."""
        madrid = make("Europe/Madrid", weekly=weekly(("02:30", "03:00"), days=("sun",)))
        assert hours(madrid, "2026-03-29 00:00", "2026-03-30 00:00") == 0

    def test_take_the_first_of_an_edge_that_comes_twice(self) -> None:
        """02:30 on the long night is the first one: to 05:00 are three hours and a half."""
        madrid = make("Europe/Madrid", weekly=weekly(("02:30", "05:00"), days=("sun",)))
        assert hours(madrid, "2026-10-25 00:00", "2026-10-26 00:00") == 3.5

    def test_follow_the_rules_in_2099(self) -> None:
        """Far years change the clock by the rules known today."""
        madrid = make("Europe/Madrid", weekly=weekly(("00:00", "24:00"), days=("sun",)))
        assert hours(madrid, "2099-03-28 12:00", "2099-03-30 00:00") == 23


class TestAdd:
    def test_ends_at_closing_time(self) -> None:
        """A target that ends exactly at closing time is due then, not at the next opening."""
        assert make().add(at("2026-03-06 09:00"), 8 * 3_600) == at("2026-03-06 17:00")

    def test_goes_on_after_the_year(self) -> None:
        """The end of the year is no end."""
        assert make().add(at("2026-12-31 16:00"), 2 * 3_600) == at("2027-01-01 10:00")

    @pytest.mark.parametrize("seconds", [0, -1, 1e-9, float("nan"), float("inf")])
    def test_refuses_a_target_that_is_not_more_than_zero(self, seconds: float) -> None:
        """What is due at once, or never, is no target."""
        with refused("bad_target", str(seconds)):
            make().add(at("2026-03-06 09:00"), seconds)

    def test_refuses_what_is_never_due(self) -> None:
        """A calendar of one day is not open for longer: no endless search."""
        once = calendar({"tz": "UTC", "date_hours": {"2026-03-06": [["09:00", "17:00"]]}}, name="once")
        with refused("never_open", "2100"):
            once.add(at("2026-03-06 09:00"), 8 * 3_600 + 1)


class TestSubtract:
    def test_is_the_last_instant(self) -> None:
        """Eight hours before closing time it opened; it was not the closing of the day before."""
        assert make().subtract(at("2026-03-06 17:00"), 8 * 3_600) == at("2026-03-06 09:00")

    @pytest.mark.parametrize(
        ("start", "latest"),
        [
            ("2026-03-06 12:00", "2026-03-06 12:00"),
            ("2026-03-06 17:00", "2026-03-06 17:00"),
            ("2026-03-08 12:00", "2026-03-06 17:00"),
            ("2026-03-06 09:00", "2026-03-06 09:00"),
        ],
    )
    def test_of_nothing_goes_back_to_open_time(self, start: str, latest: str) -> None:
        """With 0 seconds it is the instant itself where that is open, or else the closing before."""
        assert make().subtract(at(start), 0) == at(latest)

    def test_refuses_less_than_nothing(self) -> None:
        """To subtract -1 seconds is no question."""
        with refused("bad_target", "-1"):
            make().subtract(at("2026-03-06 09:00"), -1)

    @pytest.mark.parametrize("seconds", [0, 3_600])
    def test_refuses_what_was_never_open(self, seconds: float) -> None:
        """Before the first day that it was open there is nothing to go back to."""
        once = calendar({"tz": "UTC", "date_hours": {"2026-03-06": [["09:00", "17:00"]]}}, name="once")
        with refused("never_open", "1970"):
            once.subtract(at("2026-03-05 09:00"), seconds)


class TestNextOpen:
    def test_is_now_if_it_is_open(self) -> None:
        """What is open now need not wait."""
        assert make().next_open(at("2026-03-06 12:00")) == at("2026-03-06 12:00")

    def test_is_the_next_opening(self) -> None:
        """Closing time is closed: after Friday comes Monday."""
        assert make().next_open(at("2026-03-06 17:00")) == at("2026-03-09 09:00")

    def test_refuses_what_does_not_open_again(self) -> None:
        """A calendar of one day does not open after it."""
        once = calendar({"tz": "UTC", "date_hours": {"2026-03-06": [["09:00", "17:00"]]}}, name="once")
        with refused("never_open", "2026-03-07"):
            once.next_open(at("2026-03-07 00:00"))


class TestAddDays:
    @pytest.mark.parametrize(
        ("start", "days", "found"),
        [
            ("2026-03-05 12:00", 2, "2026-03-09 12:00"),
            ("2026-03-05 08:00", 1, "2026-03-06 09:00"),
            ("2026-03-05 18:00", 1, "2026-03-09 09:00"),
            ("2026-03-07 12:00", 0, "2026-03-09 09:00"),
            ("2026-03-09 12:00", -2, "2026-03-05 12:00"),
            ("2026-03-09 18:00", -1, "2026-03-06 17:00"),
            ("2026-03-10 08:00", -1, "2026-03-06 17:00"),
        ],
    )
    def test_counts_dates_with_open_time(self, start: str, days: int, found: str) -> None:
        """The same wall clock on that date, then on to open time, or back when counting back."""
        assert make().add_days(at(start), days) == at(found)

    def test_keeps_the_wall_clock(self) -> None:
        """Noon in Madrid stays noon when the clock changes in between."""
        assert make("Europe/Madrid").add_days(at("2026-03-27 11:00"), 1) == at("2026-03-30 10:00")


class TestAlways:
    def test_is_open(self) -> None:
        """24 hours on 7 days, from 1970 to 2100."""
        start, end = at("1970-01-01 00:00"), at("2100-12-31 23:59:59.999999")
        assert ALWAYS.elapsed(start, end) == (end - start).total_seconds()
        assert ALWAYS.add(at("2025-12-31 23:00"), 7_200) == at("2026-01-01 01:00")

    def test_can_be_written(self) -> None:
        """``always`` is the same hours, explicitly."""
        assert calendar({"always": True}, name="24x7") == ALWAYS


class TestValue:
    def test_is_what_it_says(self) -> None:
        """Two calendars with the same hours are equal, in any order and under any name."""
        one = calendar({"tz": "UTC", "weekly": {"mon": [["13:00", "15:00"], ["09:00", "12:00"]]}}, name="one")
        two = calendar({"weekly": {"mon": [["09:00", "12:00:00"], ["13:00", "15:00"]]}, "tz": "UTC"}, name="two")
        assert (one, hash(one), one.digest) == (two, hash(two), two.digest)

    @pytest.mark.parametrize(
        "more",
        [
            {"tz": "Europe/Madrid"},
            {"weekly": weekly(("09:00", "17:01"))},
            {"holidays": ["2026-01-01"]},
            {"annual_holidays": ["01-01"]},
            {"date_hours": {"2026-01-01": []}},
            {"breaks": {"2026-01-01": [["09:00", "10:00"]]}},
            {"night_belongs_to_start_day": True},
        ],
    )
    def test_differs_where_it_says_something_else(self, more: Mapping[str, Any]) -> None:
        """Whatever a calendar says is part of what it is."""
        assert make() != calendar({"tz": "UTC", "weekly": weekly(("09:00", "17:00")), **more}, name="desk")
        assert (
            make().digest != calendar({"tz": "UTC", "weekly": weekly(("09:00", "17:00")), **more}, name="desk").digest
        )

    def test_has_a_digest_for_ever(self) -> None:
        """Logs name calendars by their digests: it may never change."""
        assert ALWAYS.digest == DIGEST

    def test_can_be_sent_elsewhere(self) -> None:
        """A copy in another process answers alike, whether or not the original was asked before."""
        fresh, used = make(), make()
        used.is_open(at("2026-03-06 12:00"))
        for copy in pickle.loads(pickle.dumps([fresh, used])):
            assert hours(copy, "2026-03-06 12:00", "2026-03-09 12:00") == 8


class TestInForce:
    OLD, NEW = make(), make(weekly=weekly(("09:00", "13:00")))

    def test_counts_each_part_by_its_calendar(self) -> None:
        """Up to the change by the old, from it on by the new."""
        both = InForce([(None, self.OLD), (at("2026-03-06 12:00"), self.NEW)])
        assert hours(both, "2026-03-06 00:00", "2026-03-07 00:00") == 3 + 1
        assert (both.at(at("2026-03-06 11:59")), both.at(at("2026-03-06 12:00"))) == (self.OLD, self.NEW)

    def test_goes_on_by_the_last(self) -> None:
        """In the years after the change the new one is in force, and before it the old one."""
        both = InForce([(None, self.OLD), (at("2026-03-06 12:00"), self.NEW)])
        assert hours(both, "2027-03-05 00:00", "2027-03-06 00:00") == 4
        assert hours(both, "2025-03-05 00:00", "2025-03-06 00:00") == 8

    def test_counts_days_in_the_zone_of_then(self) -> None:
        """Days are dates of the zone in force at the start."""
        both = InForce([(None, make("Asia/Tokyo")), (at("2026-06-01 00:00"), self.NEW)])
        assert both.add_days(at("2026-03-04 23:00"), 1) == at("2026-03-06 00:00")

    def test_three_in_a_year(self) -> None:
        """Calendars may change as often as they like, also within a window."""
        thrice = InForce([(None, self.OLD), (at("2026-03-06 10:00"), self.NEW), (at("2026-03-06 11:00"), ALWAYS)])
        assert hours(thrice, "2026-03-06 00:00", "2026-03-07 00:00") == 1 + 1 + 13

    @pytest.mark.parametrize(
        "segments",
        [
            [],
            [(at("2026-01-01 00:00"), OLD)],
            [(None, OLD), (None, NEW)],
            [(None, OLD), (at("2026-01-01 00:00"), NEW), (at("2026-01-01 00:00"), OLD)],
        ],
    )
    def test_refuses_what_is_not_in_order(self, segments: Any) -> None:
        """One is in force from the beginning, each other from a later instant on."""
        with pytest.raises(ValueError, match="in force"):
            InForce(segments)


class TestColumns:
    DAYS = np.array(["2026-03-06T12", "2026-03-07T12", "NaT"], "M8[h]")

    def test_know_no_answer_where_there_is_no_instant(self) -> None:
        """What is not known spreads; the rest is answered."""
        assert np.array_equal(
            columns.elapsed(make(), self.DAYS, np.datetime64("2026-03-09T12")), [28_800, 10_800, np.nan], equal_nan=True
        )
        assert columns.is_open(make(), self.DAYS).tolist() == [True, False, False]
        due = columns.add(make(), self.DAYS, [3_600, np.nan, 3_600])
        assert due.astype(str).tolist() == ["2026-03-06T13:00:00.000000", "NaT", "NaT"]

    def test_of_nothing_are_empty(self) -> None:
        """No rows, or none that is known, are no reason to compile anything."""
        nothing = np.array([], "M8[us]")
        assert columns.elapsed(make(), nothing, nothing).shape == (0,)
        assert columns.add(make(), nothing, 60).shape == (0,)
        assert columns.is_open(make(), np.array(["NaT"], "M8[us]")).tolist() == [False]

    @pytest.mark.parametrize(
        "windows",
        [(("09:00", "17:00"),), (("09:00", "09:10"), ("09:20", "09:25"), ("09:26", "12:00")), (("00:00", "24:00"),)],
    )
    def test_by_the_thousand_are_as_one_by_one(self, windows: tuple[tuple[str, str], ...]) -> None:
        """Many instants at once, at edges and off them, over both changes of the clock: as a bisection each."""
        berlin = make("Europe/Berlin", weekly=weekly(*windows))
        minutes = np.arange(0, 366 * 1_440, 7, dtype="m8[m]")
        instants = np.datetime64("2026-01-01") + np.concatenate((minutes, minutes.astype("m8[us]") - 1))
        start = at("2025-12-31T00:00")
        found = columns.elapsed(berlin, np.datetime64("2025-12-31"), instants)
        ends = [one.replace(tzinfo=UTC) for one in instants.astype("M8[us]").tolist()]
        assert found.tolist() == [berlin.elapsed(start, end) for end in ends]

    def test_go_on_after_the_year(self) -> None:
        """A due instant may lie in a year that no start lies in."""
        due = columns.add(make(), np.datetime64("2026-12-31T16:00"), 300 * 8 * 3_600)
        assert due == np.datetime64("2028-02-24T16:00")

    def test_take_nanoseconds_that_are_none(self) -> None:
        """Whole microseconds may come as nanoseconds; finer ones are refused, not cut."""
        whole = self.DAYS.astype("M8[ns]")
        assert columns.is_open(make(), whole).tolist() == [True, False, False]
        with pytest.raises(TypeError, match="whole microseconds"):
            columns.is_open(make(), whole + np.timedelta64(1, "ns"))

    def test_refuse_what_is_no_instant(self) -> None:
        """A number of seconds since whenever is no instant."""
        with pytest.raises(TypeError, match="int64"):
            columns.is_open(make(), np.array([1]))

    @pytest.mark.parametrize("seconds", [0, -1, np.inf])
    def test_refuse_a_target_that_is_not_more_than_zero(self, seconds: float) -> None:
        """As one by one."""
        with refused("bad_target", str(seconds)):
            columns.add(make(), self.DAYS, seconds)

    def test_need_their_package(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Where numpy is not installed, the message says what to install."""
        monkeypatch.delitem(sys.modules, columns.__name__)
        monkeypatch.setitem(sys.modules, "numpy", None)
        with pytest.raises(Unavailable, match=r"ventanilla\[audit\]"):
            importlib.import_module(columns.__name__)

    def test_refuse_years_beyond_the_calendar(self) -> None:
        """Even those that no datetime has."""
        with refused("bad_instant", "after 1970"):
            columns.is_open(make(), np.array(["20000-01-01"], "M8[D]"))


class TestRefused:
    @pytest.mark.parametrize(
        ("code", "named", "definition"),
        [
            ("bad_calendar", "open", {"open": True}),
            ("bad_calendar", "always", {"always": "yes"}),
            ("bad_calendar", "holidays", {"always": True, "holidays": []}),
            ("bad_calendar", "weekly", {"weekly": []}),
            ("bad_calendar", "holidays", {"holidays": "2026-01-01"}),
            ("bad_calendar", "mon", {"weekly": {"mon": "09:00-17:00"}}),
            ("bad_zone", "Mars", {"tz": "Mars/Olympus"}),
            ("bad_zone", "5", {"tz": 5}),
            ("bad_date", "2026-02-30", {"holidays": ["2026-02-30"]}),
            ("bad_date", "2026-W01-1", {"holidays": ["2026-W01-1"]}),
            ("bad_date", "datetime", {"holidays": [datetime(2026, 1, 1)]}),
            ("bad_date", "02-30", {"annual_holidays": ["02-30"]}),
            ("bad_date", "1225", {"annual_holidays": [1225]}),
            ("bad_date", "monday", {"weekly": {"monday": []}}),
            ("bad_time", "9:00", {"weekly": {"mon": [["9:00", "17:00"]]}}),
            ("bad_time", "18:60", {"weekly": {"mon": [["09:00", "18:60"]]}}),
            ("bad_time", "24:01", {"weekly": {"mon": [["09:00", "24:01"]]}}),
            ("bad_time", "900", {"breaks": {"2026-01-01": [[900, "17:00"]]}}),
            ("bad_window", "00:00", {"weekly": {"mon": [["00:00", "00:00"]]}}),
            ("bad_window", "24:00", {"weekly": {"mon": [["24:00", "06:00"]]}}),
            ("bad_window", "mon", {"weekly": {"mon": [["09:00"]]}}),
            ("never_open", "desk", {"weekly": {}}),
            ("never_open", "desk", {"date_hours": {"2026-01-01": [["09:00", "10:00"]]}, "holidays": ["2026-01-01"]}),
        ],
    )
    def test_names_value_and_place(self, code: str, named: str, definition: dict[str, Any]) -> None:
        """What makes no sense is refused: a stable code for programs, value and place for people."""
        with refused(code, named) as found:
            calendar(definition if "always" in definition else {"tz": "UTC", **definition}, name="desk")
        assert str(found.value).startswith("desk")

    def test_needs_a_zone(self) -> None:
        """There is no zone that hours are in by themselves."""
        with refused("bad_zone", "Europe/Madrid"):
            calendar({"weekly": {}}, name="desk")

    def test_is_not_understood(self) -> None:
        """It is caught with all else that is not understood, and survives a process."""
        error = CalendarNotUnderstood("bad_time", "desk has '25:00'")
        copy = pickle.loads(pickle.dumps(error))
        assert isinstance(error, NotUnderstood)
        assert (copy.code, str(copy)) == ("bad_time", "desk has '25:00'")


class refused:  # noqa: N801  # reads as a word
    """Expect :class:`CalendarNotUnderstood` with *code*, and *named* in its message."""

    def __init__(self, code: str, named: str) -> None:
        self.code, self.expected = code, pytest.raises(CalendarNotUnderstood, match=named)

    def __enter__(self) -> pytest.ExceptionInfo[CalendarNotUnderstood]:
        self.found = self.expected.__enter__()
        return self.found

    def __exit__(self, *error: Any) -> bool:
        done = self.expected.__exit__(*error)
        assert self.found.value.code == self.code
        return bool(done)


DIGEST = "5e7c298dd3f9d4d4cdb667e7af92d9065fd32c30e6cafa0073573ab10b703242"
