"""The laws of business time, and a walk from minute to minute that must give the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

import numpy as np
from attrs import frozen
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from ventanilla.projections.calendar import Calendar, InForce, calendar, columns

Definition: TypeAlias = Mapping[str, Any]
Span: TypeAlias = tuple[datetime, datetime]

law = settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
ZONES = (
    "UTC",
    "Africa/Cairo",
    "Africa/Casablanca",  # summer time but for Ramadan
    "America/Havana",  # the clock goes back to midnight
    "America/New_York",
    "America/Sao_Paulo",  # midnight leapt over, until 2018
    "America/St_Johns",  # the clock goes back over midnight, until 2011
    "Antarctica/Troll",  # by two hours
    "Asia/Kathmandu",
    "Asia/Tehran",
    "Australia/Lord_Howe",  # by half an hour
    "Europe/Dublin",  # winter time is the exception
    "Europe/Madrid",
    "Pacific/Apia",  # a whole date leapt over in 2011
    "Pacific/Chatham",
)


@frozen(kw_only=True)
class Situation:
    """A calendar and a week or so to ask it about, often one in which the clock changes."""

    definition: Definition
    start: datetime
    minutes: int

    @property
    def calendar(self) -> Calendar:
        return calendar(self.definition, name="drawn")

    @property
    def end(self) -> datetime:
        return self.start + self.minutes * MINUTE


@st.composite
def situations(draw: st.DrawFn, step: int = 60) -> Situation:
    """Draw a situation, with edges at any *step* seconds; what it says of dates is about the dates near by."""
    tz = draw(st.sampled_from(ZONES))
    year = draw(st.integers(1990, 2099))
    days = draw(st.sampled_from(changes(tz, year)) | st.dates(date(year, 1, 1), date(year, 12, 31)))
    start = datetime.combine(days, time.min, UTC) + draw(st.integers(-3_000, 2_000)) * MINUTE
    assume(start.year >= 1990)
    near = st.integers(-3, 8).map(lambda after: (days + after * DAY).isoformat())
    definition: dict[str, Any] = {
        "tz": tz,
        "weekly": draw(
            st.dictionaries(
                st.sampled_from(["mon", "tue", "wed", "thu", "fri", "sat", "sun"]), windows(step), min_size=4
            )
        ),
        "holidays": draw(st.lists(near, max_size=2)),
        "annual_holidays": draw(st.lists(near.map(lambda day: day[5:]), max_size=1)),
        "date_hours": draw(st.dictionaries(near, windows(step), max_size=2)),
        "breaks": draw(st.dictionaries(near, windows(step), max_size=2)),
        "night_belongs_to_start_day": draw(st.booleans()),
    }
    assume(any(definition["weekly"].values()))
    return Situation(definition=definition, start=start, minutes=draw(st.integers(0, 8_000)))


def windows(step: int) -> st.SearchStrategy[list[list[str]]]:
    """Draw the windows of a day: often whole hours, sometimes over midnight, sometimes all day."""
    times = st.integers(0, 24).map(lambda hour: f"{hour:02}:00") | st.integers(0, 86_399 // step).map(
        lambda n: clock(n * step)
    )
    window = st.lists(times, min_size=2, max_size=2, unique=True).filter(lambda ends: ends[0] != "24:00")
    return st.lists(window | st.just(["00:00", "24:00"]), max_size=3)


def clock(second: int) -> str:
    shown = f"{second // 3_600:02}:{second // 60 % 60:02}"
    return f"{shown}:{second % 60:02}" if second % 60 else shown


@cache
def changes(tz: str, year: int) -> Sequence[date]:
    """Return the dates in *year* on which the clock changes, or else its leap day or last day."""
    days = [datetime(year, 1, 1, tzinfo=UTC) + after * DAY for after in range(365)]
    offsets = [day.astimezone(ZoneInfo(tz)).utcoffset() for day in days]
    found = [day.date() for day, (before, after) in zip(days, pairwise(offsets), strict=False) if before != after]
    return found or [date(year, 2, 28), date(year, 12, 31)]


class Walk:
    """Business time by looking at every minute: slow, and with nothing in common with ours but the rules."""

    def __init__(self, definition: Definition, around: datetime, days: int) -> None:
        self.zone = ZoneInfo(definition["tz"])
        self.opened: list[Span] = []
        self.closed: list[Span] = []
        for after in range(-4, days + 4):
            day = (around + after * DAY).date()
            holiday = day.isoformat() in definition["holidays"] or day.isoformat()[5:] in definition["annual_holidays"]
            weekly = definition["weekly"].get(f"{day:%a}".lower(), [])
            by_start = definition["night_belongs_to_start_day"]
            if not (holiday and by_start):
                self.opened += self.spans(day, definition["date_hours"].get(day.isoformat(), weekly))
            if holiday and not by_start:
                self.closed += self.spans(day, [["00:00", "24:00"]])
            self.closed += self.spans(day, definition["breaks"].get(day.isoformat(), []))

    def spans(self, day: date, windows: Sequence[Sequence[str]]) -> list[Span]:
        found = []
        for begin, end in windows:
            later = DAY if end < begin else timedelta()
            found.append((self.instant(day, begin), self.instant(day + later, end)))
        return found

    def instant(self, day: date, shown: str) -> datetime:
        """Return the first instant at which the clocks show it, or the one moved by the leap if they never do."""
        hours, minutes, seconds = map(int, [*shown.split(":"), "0"][:3])
        wall = datetime.combine(day, time.min) + timedelta(hours=hours, minutes=minutes, seconds=seconds)
        near = [wall.replace(tzinfo=UTC) + hours * timedelta(hours=1) for hours in range(-30, 31)]
        offsets = [at.astimezone(self.zone).utcoffset() or timedelta() for at in near]
        tries = sorted(wall.replace(tzinfo=UTC) - offset for offset in set(offsets))
        shows = [at for at in tries if at.astimezone(self.zone).replace(tzinfo=None) == wall]
        return shows[0] if shows else wall.replace(tzinfo=UTC) - offsets[0]

    def is_open(self, at: datetime) -> bool:
        return any(a <= at < b for a, b in self.opened) and not any(a <= at < b for a, b in self.closed)

    def open_steps(self, start: datetime, steps: int, step: timedelta) -> int:
        return sum(self.is_open(start + number * step) for number in range(steps))


class TestAgainstAWalk:
    @law
    @given(situations())
    def test_elapsed_is_the_open_minutes(self, situation: Situation) -> None:
        """Whatever the calendar, the zone and the clock changes: a walk over all minutes counts the same."""
        walk = Walk(situation.definition, situation.start, situation.minutes // 1_440 + 2)
        opened = walk.open_steps(situation.start, situation.minutes, MINUTE)
        assert situation.calendar.elapsed(situation.start, situation.end) == 60 * opened

    @law
    @given(situations(step=1), st.integers(0, 5_000))
    def test_elapsed_is_the_open_seconds(self, situation: Situation, seconds: int) -> None:
        """Edges at any second: a walk over all seconds counts the same."""
        second, ours = timedelta(seconds=1), situation.calendar
        near = ours.next_open(situation.start) - timedelta(seconds=seconds // 2)
        opened = Walk(situation.definition, near, 1).open_steps(near, seconds, second)
        assert ours.elapsed(near, near + seconds * second) == opened

    @law
    @given(situations(), st.integers(0, 8_000))
    def test_is_open_when_the_walk_says_so(self, situation: Situation, minute: int) -> None:
        """At any minute it is open or closed as the rules say."""
        at = situation.start + minute * MINUTE
        assert situation.calendar.is_open(at) == Walk(situation.definition, at, 2).is_open(at)


class TestLaws:
    @law
    @given(situations(), st.integers(0, 10**12), st.integers(0, 10**12))
    def test_elapsed_is_additive(self, situation: Situation, first: int, second: int) -> None:
        """Time cut in two, at any microsecond, is the same time."""
        middle = situation.start + timedelta(microseconds=first)
        end = middle + timedelta(microseconds=second)
        ours = situation.calendar
        parts = [ours.elapsed(situation.start, middle), ours.elapsed(middle, end)]
        whole = ours.elapsed(situation.start, end)
        assert sum(map(micros, parts)) == micros(whole)
        assert 0 <= whole <= (end - situation.start).total_seconds()

    @law
    @given(situations(), st.integers(1, 3 * 10**11))
    def test_add_is_the_first_instant(self, situation: Situation, span: int) -> None:
        """At the due instant exactly the target has elapsed; a microsecond before, a microsecond less."""
        ours, seconds = situation.calendar, span / 10**6
        due = ours.add(situation.start, seconds)
        assert ours.elapsed(situation.start, due) == seconds
        assert micros(ours.elapsed(situation.start, due - timedelta.resolution)) == span - 1

    @law
    @given(situations(), st.integers(1, 3 * 10**11))
    def test_subtract_is_the_last_instant(self, situation: Situation, span: int) -> None:
        """From it exactly so much elapses; from a microsecond later, a microsecond less."""
        ours, seconds = situation.calendar, span / 10**6
        begun = ours.subtract(situation.start, seconds)
        assert ours.elapsed(begun, situation.start) == seconds
        assert micros(ours.elapsed(begun + timedelta.resolution, situation.start)) == span - 1

    @law
    @given(situations())
    def test_next_open_is_the_next(self, situation: Situation) -> None:
        """It is open then, and nothing is open before."""
        ours = situation.calendar
        opens = ours.next_open(situation.start)
        assert ours.is_open(opens)
        assert ours.elapsed(situation.start, opens) == 0

    @law
    @given(situations())
    def test_to_subtract_nothing_goes_back_to_open_time(self, situation: Situation) -> None:
        """It is open there or has just closed, and nothing is open after."""
        ours = situation.calendar
        latest = ours.subtract(situation.start, 0)
        assert ours.is_open(latest) or ours.is_open(latest - timedelta.resolution)
        assert ours.elapsed(latest, situation.start) == 0

    @law
    @given(situations(), st.integers(-20, 20))
    def test_days_are_those_with_open_time(self, situation: Situation, days: int) -> None:
        """Dates with open time are counted one by one; there, the same wall clock, then on or back to open time."""
        ours, walk = situation.calendar, Walk(situation.definition, situation.start, 0)
        local = situation.start.astimezone(walk.zone)
        day, left = local.date(), abs(days)
        while left:
            day += DAY if days > 0 else -DAY
            left -= ours.elapsed(walk.instant(day, "00:00"), walk.instant(day + DAY, "00:00")) > 0
        there = walk.instant(day, f"{local:%H:%M}") if days else situation.start
        assert ours.add_days(situation.start, days) == (ours.next_open(there) if days >= 0 else ours.subtract(there, 0))

    @law
    @given(situations(step=1))
    def test_what_is_written_down_is_the_same(self, situation: Situation) -> None:
        """The definition that a calendar gives makes an equal calendar, and gives itself again."""
        ours = situation.calendar
        again = calendar(ours.definition, name="again")
        assert (again, again.digest, again.definition) == (ours, ours.digest, ours.definition)

    @law
    @given(situations(), st.permutations(range(2000, 2012, 3)))
    def test_what_was_asked_before_does_not_matter(self, situation: Situation, years: list[int]) -> None:
        """An index that grew in any order answers as one that did not."""
        grown, fresh = situation.calendar, situation.calendar
        for year in years:
            grown.is_open(datetime(year, 6, 1, tzinfo=UTC))
        assert grown.elapsed(situation.start, situation.end) == fresh.elapsed(situation.start, situation.end)
        assert grown.add(situation.start, 3_600) == fresh.add(situation.start, 3_600)
        assert grown.subtract(situation.start, 3_600) == fresh.subtract(situation.start, 3_600)


class TestInForce:
    @law
    @given(situations(), situations(), st.integers(0, 8 * 10**9))
    def test_counts_each_part_by_its_calendar(self, one: Situation, other: Situation, cut: int) -> None:
        """Up to the change the old calendar counts, after it the new, at any microsecond."""
        change = one.start + timedelta(microseconds=60 * cut)
        both = InForce([(None, one.calendar), (change, other.calendar)])
        end = one.start + 9_000 * MINUTE
        parts = [one.calendar.elapsed(one.start, change), other.calendar.elapsed(change, end)]
        assert micros(both.elapsed(one.start, end)) == sum(map(micros, parts))
        assert both.is_open(change) == other.calendar.is_open(change)

    @law
    @given(situations(), situations(), st.integers(0, 10**10), st.integers(1, 10**11))
    def test_adds_over_the_change(self, one: Situation, other: Situation, cut: int, span: int) -> None:
        """A target that begins in the old calendar and ends in the new is due when so much has elapsed in both."""
        both = InForce([(None, one.calendar), (one.start + timedelta(microseconds=cut), other.calendar)])
        due = both.add(one.start, span / 10**6)
        assert both.elapsed(one.start, due) == span / 10**6
        assert micros(both.elapsed(one.start, due - timedelta.resolution)) == span - 1


class TestColumns:
    @law
    @given(situations(), st.lists(st.tuples(st.integers(0, 10**12), st.integers(-(10**11), 10**12)), min_size=1))
    def test_are_answered_as_one_by_one(self, situation: Situation, spans: list[tuple[int, int]]) -> None:
        """A whole column gives what its rows give, one by one."""
        ours = situation.calendar
        starts = [situation.start + timedelta(microseconds=begin) for begin, _ in spans]
        ends = [start + timedelta(microseconds=length) for start, (_, length) in zip(starts, spans, strict=True)]
        targets = [abs(length) / 10**6 + 1 for _, length in spans]
        found = columns.elapsed(ours, instants(starts), instants(ends))
        assert found.tolist() == [ours.elapsed(start, end) for start, end in zip(starts, ends, strict=True)]
        assert columns.is_open(ours, instants(starts)).tolist() == [ours.is_open(start) for start in starts]
        due = [ours.add(start, target) for start, target in zip(starts, targets, strict=True)]
        assert columns.add(ours, instants(starts), targets).tolist() == instants(due).tolist()


def instants(given: Sequence[datetime]) -> Any:
    return np.array([at.replace(tzinfo=None) for at in given], "M8[us]")


def micros(seconds: float) -> int:
    return round(seconds * 10**6)
