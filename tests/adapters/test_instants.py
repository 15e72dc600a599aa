"""Instants as sources write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ventanilla.adapters.history.instants import Unreadable, _padded, reader
from ventanilla.adapters.history.mapping import Instant

NEW_YORK = "America/New_York"
FORMS = [
    "%Y%m%d",
    "%m/%d/%Y %I:%M:%S %p",
    "%d.%m.%Y %H:%M",
    "%Y-%m-%d",
    "%Y-%m-%d %H:%M:%S.%f",
    "%Y-%m-%dT%H:%M:%SZ",
    "%I:%M %p, %d/%m/%Y",
    "[%d|%m|%Y] (%H.%M.%S)",
    "%Y  %m\t%d",
]


def rule(how: Instant, text: str) -> str:
    """Return the rule that *text* breaks."""
    with pytest.raises(Unreadable) as error:
        reader(how)(text)
    assert str(error.value)
    return error.value.rule


class TestForms:
    @pytest.mark.parametrize(
        ("form", "text"),
        [
            ("iso", "2015-03-05T14:07:09.000250+00:00"),
            ("iso", "2015-03-05T14:07:09.000250Z"),
            ("iso", "2015-03-05 15:07:09.00025+01:00"),
            ("unix", "1425564429.00025"),
            ("unix_ms", "1425564429000.25"),
            ("%d %b %Y %H:%M:%S.%f %z", "05 Mar 2015 09:07:09.00025 -0500"),
        ],
    )
    def test_with_a_zone_of_their_own(self, form: str, text: str) -> None:
        """Every form gives the instant in UTC; a zone in the text wins over the mapping's."""
        for zone in (None, NEW_YORK):
            found = reader(Instant(format=form, zone=zone))(text)
            assert found == datetime(2015, 3, 5, 14, 7, 9, 250, tzinfo=UTC)
            assert found is not None
            assert found.utcoffset() == timedelta(0)

    @pytest.mark.parametrize(
        ("form", "text"),
        [
            ("iso", "2015-03-05T09:07:09"),
            ("%m/%d/%Y %I:%M:%S %p", "03/05/2015 09:07:09 AM"),
            ("%m/%d/%Y %I:%M:%S %p", "3/5/2015  9:07:09 am"),
            ("%d %b %Y, %H:%M:%S", "05 Mar 2015, 09:07:09"),
        ],
    )
    def test_local(self, form: str, text: str) -> None:
        """A local instant is taken in the mapping's zone."""
        found = reader(Instant(format=form, zone=NEW_YORK))(text)
        assert found == datetime(2015, 3, 5, 14, 7, 9, tzinfo=UTC)

    def test_no_zone(self) -> None:
        """A local instant is refused if the mapping gives no zone."""
        assert rule(Instant(format="iso"), "2015-03-05T09:07:09") == "instant.no_zone"

    def test_empty(self) -> None:
        """An empty cell, or a word that the mapping calls empty, is no instant at all."""
        read = reader(Instant(format="iso", zone="UTC", empty=["never", "0000-00-00"]))
        assert [read(text) for text in ("", "never", "0000-00-00")] == [None, None, None]
        assert rule(Instant(format="iso", zone="UTC"), "never") == "instant.unreadable"

    @pytest.mark.parametrize(
        ("form", "text"),
        [
            ("iso", "yesterday"),
            ("iso", "2015-02-29"),
            ("unix", "soon"),
            ("unix", "nan"),
            ("unix", "inf"),
            ("unix", "1e300"),
            ("unix_ms", "-inf"),
            ("%Y-%m-%d", "2015-13-01"),
            ("%Y-%m-%d", "2015-01-01 "),
            ("%Y-%m-%d", "2015-01-01x"),
            ("%I:%M %p %d.%m.%Y", "13:00 PM 01.01.2015"),
            ("%d %b %Y", "05 Mär 2015"),
        ],
    )
    def test_unreadable(self, form: str, text: str) -> None:
        """Text of another form, or an instant that no calendar has, is unreadable, and the form is named."""
        with pytest.raises(Unreadable, match=form.replace("%", "%")) as error:
            reader(Instant(format=form, zone="UTC"))(text)
        assert error.value.rule == "instant.unreadable"

    @pytest.mark.parametrize(
        ("form", "zone", "text"),
        [
            ("%Y-%m-%d %H:%M:%S", NEW_YORK, "9999-12-31 23:59:59"),
            ("iso", NEW_YORK, "9999-12-31T23:59:59"),
            ("iso", None, "0001-01-01T00:00:00+05:00"),
            ("%Y-%m-%d", "Asia/Tokyo", "0001-01-01"),
        ],
    )
    def test_ends_of_time(self, form: str, zone: str | None, text: str) -> None:
        """The last day of the calendar, which many systems write for "never", is unreadable, not a crash."""
        assert rule(Instant(format=form, zone=zone), text) == "instant.unreadable"

    @pytest.mark.parametrize(("form", "text"), [("unix", "1e17"), ("unix", "-1e17"), ("unix_ms", "1e20")])
    def test_far_seconds(self, form: str, text: str) -> None:
        """Nanoseconds where seconds were promised are unreadable, not a crash."""
        assert rule(Instant(format=form), text) == "instant.unreadable"


class TestClockChanges:
    """In New York the clock went back on 1 November 2015 at 2:00 and forward on 8 March 2015 at 2:00."""

    FORM = "%Y-%m-%d %H:%M"

    @pytest.mark.parametrize(("which", "hour"), [("first", 5), ("second", 6)])
    def test_ambiguous(self, which: str, hour: int) -> None:
        """An hour that occurs twice is the one that the mapping says."""
        how = Instant(format=self.FORM, zone=NEW_YORK, ambiguous="second" if which == "second" else "first")
        assert reader(how)("2015-11-01 01:30") == datetime(2015, 11, 1, hour, 30, tzinfo=UTC)

    def test_ambiguous_refused(self) -> None:
        """A mapping may refuse such an hour; the hours around it are fine."""
        how = Instant(format=self.FORM, zone=NEW_YORK, ambiguous="refuse")
        assert rule(how, "2015-11-01 01:00") == "instant.ambiguous"
        assert rule(how, "2015-11-01 01:59") == "instant.ambiguous"
        assert reader(how)("2015-11-01 00:59") == datetime(2015, 11, 1, 4, 59, tzinfo=UTC)
        assert reader(how)("2015-11-01 02:00") == datetime(2015, 11, 1, 7, 0, tzinfo=UTC)

    @pytest.mark.parametrize("ambiguous", ["first", "second", "refuse"])
    def test_skipped(self, ambiguous: str) -> None:
        """An hour that the clock skipped never was, whatever the mapping says of those that occur twice."""
        how = Instant(
            format=self.FORM,
            zone=NEW_YORK,
            ambiguous="second" if ambiguous == "second" else "refuse" if ambiguous == "refuse" else "first",
        )
        assert rule(how, "2015-03-08 02:00") == "instant.skipped"
        assert rule(how, "2015-03-08 02:59") == "instant.skipped"
        assert reader(how)("2015-03-08 01:59") == datetime(2015, 3, 8, 6, 59, tzinfo=UTC)
        assert reader(how)("2015-03-08 03:00") == datetime(2015, 3, 8, 7, 0, tzinfo=UTC)

    @given(at=st.datetimes(datetime(1990, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)))
    @example(at=datetime(2015, 11, 1, 6, 30, tzinfo=UTC))
    def test_written_and_read(self, at: datetime) -> None:
        """An instant written with its offset is read back as itself, on either side of a change."""
        from zoneinfo import ZoneInfo

        local = at.astimezone(ZoneInfo(NEW_YORK))
        assert reader(Instant(zone=NEW_YORK))(local.isoformat()) == at
        which = Instant(zone=NEW_YORK, ambiguous="second" if local.fold else "first")
        assert reader(which)(local.replace(tzinfo=None).isoformat()) == at


class TestPadded:
    @pytest.mark.parametrize("form", FORMS)
    def test_is_used(self, form: str) -> None:
        """These forms go the fast way."""
        assert _padded(form) is not None

    @pytest.mark.parametrize("form", ["%d %b %Y", "%d.%m.%y", "%H:%M", "%Y-%m-%d %H:%M %z", "%Y-%m-%d 100%%"])
    def test_is_not_used(self, form: str) -> None:
        """Forms with names, short years, zones or no date go the slow way."""
        assert _padded(form) is None

    @given(form=st.sampled_from(FORMS), at=st.datetimes(datetime(1000, 1, 1)))
    def test_equals_strptime(self, form: str, at: datetime) -> None:
        """What ``strftime`` writes, the fast way reads as ``strptime`` does."""
        assert same(form, at.strftime(form))

    @given(
        form=st.sampled_from(FORMS),
        at=st.datetimes(datetime(1000, 1, 1)),
        place=st.integers(0, 40),
        length=st.integers(0, 2),
        damage=st.text(st.sampled_from("0123456789/:.-apmAPM\t\n x|[("), max_size=2),
    )
    def test_equals_strptime_on_damaged_text(
        self, form: str, at: datetime, place: int, length: int, damage: str
    ) -> None:
        """On damaged text both raise, or both read the same."""
        text = at.strftime(form)
        text = text[:place] + damage + text[place + length :]
        # strptime alone takes a day padded with a blank; see test_padded_day.
        assert same(form, text) or " " in damage

    @pytest.mark.parametrize(
        ("form", "text"),
        [
            ("%m/%d/%Y", "03/ 5/2015"),
            ("%m/%d/%Y", "03/٠٥/2015"),
            ("%Y-%m-%d %I:%M %p", "2015-03-05 09:07\u202fAM"),
        ],
    )
    def test_padded_day(self, form: str, text: str) -> None:
        """A blank before the day, a narrow no-break space before AM and other scripts' digits read as by strptime."""
        assert same(form, text)


def same(form: str, text: str) -> bool:
    """Return whether the fast parser and ``strptime`` agree on *text*."""
    fast = _padded(form)
    assert fast is not None
    found: list[datetime | None] = []
    for parse in (fast, lambda text: datetime.strptime(text, form)):  # noqa: DTZ007  # as the fast one: local
        try:
            found.append(parse(text))
        except ValueError:
            found.append(None)
    return found[0] == found[1]
