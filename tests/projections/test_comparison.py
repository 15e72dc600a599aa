from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ventanilla.projections.comparison import NOT_WHOLE, barometer, compare
from ventanilla.projections.metric import Answer, Unit
from ventanilla.projections.summaries import Count, Mean, Net, Quantile, Rate, Share, Summary
from ventanilla.projections.targets import Target

AS_OF = datetime(2026, 9, 1, tzinfo=UTC)

law = settings(deadline=None)


def answer(summary: Summary, values: Sequence[Any], unit: Unit = "ratio", metric: str = "csat@1") -> Answer:
    figure = summary.of(values)
    return Answer(
        value=figure.value,
        unit=unit,
        n=figure.n,
        interval=figure.interval,
        method=figure.method,
        error=figure.error,
        numerator=figure.numerator,
        denominator=figure.denominator,
        metric=metric,
        as_of=AS_OF,
        evidence=(),
    )


def share(hits: int, n: int, metric: str = "csat@1") -> Answer:
    return answer(Share(), [True] * hits + [False] * (n - hits), metric=metric)


def net(promoters: int, passives: int, detractors: int) -> Answer:
    return answer(Net(9, 6), [10] * promoters + [8] * passives + [0] * detractors, "points", "nps@1")


def count(n: int) -> Answer:
    return answer(Count(), range(n), "count", "tickets@1")


class TestCompare:
    def test_shares_are_tested_by_two_proportions(self) -> None:
        """63 of 90 and 42 of 90: z = 0.2333 / sqrt(0.5833 * 0.4167 * 2 / 90) = 3.175."""
        found = compare(share(63, 90), share(42, 90))
        assert (found.change, found.z, found.p) == pytest.approx((0.23333, 3.1749, 0.00150), abs=0.0001)
        assert (found.significant, found.method, found.note) == (True, "two proportions", "")

    def test_few_are_said_to_be_few(self) -> None:
        """With less than five expected of a kind the test says that it is rough."""
        assert "rough" in compare(share(3, 4), share(1, 4)).note
        assert compare(share(4, 4), share(9, 9)).p == 1

    def test_two_hundred_answers_tell_fifteen_points_apart(self) -> None:
        """At a variance of 0.6 fifteen points are barely no chance, and fourteen may be (spec 2.1)."""
        # p = 0.5, d = 0.2 and p = 0.5 - 0.075, d = 0.275: variances 0.61 and 0.6775.
        found = compare(net(100, 60, 40), net(85, 60, 55))
        assert (found.change, found.z) == pytest.approx((15, 15 / 100 / math.sqrt((0.61 + 0.6775) / 200)))
        assert found.significant is False
        assert compare(net(105, 60, 35), net(85, 60, 55)).significant is True

    def test_counts_are_tested_exactly(self) -> None:
        """Of ten and two: 2 * P(10 or more of 12 heads) = 2 * (66 + 12 + 1) / 4096."""
        found = compare(count(10), count(2))
        assert found.p == pytest.approx(2 * 79 / 4_096)
        assert (found.change, found.significant, found.method) == (8, True, "two counts, exact")

    def test_counts_of_longer_periods_are_greater(self) -> None:
        """31 in a month of 31 days and 28 in one of 28 are no change at all; many go by the normal distribution."""
        assert compare(count(31), count(28), lengths=(31, 28)).p == pytest.approx(1, abs=0.01)
        many = compare(count(31_000), count(28_000), lengths=(31, 28))
        assert many.z == pytest.approx(0)
        assert many.method == "two counts, normal"

    def test_rates_are_tested_by_their_events(self) -> None:
        """Ten events on a base are tested against two on the same as ten against two."""
        one, other = (answer(Rate(1_000), [(events, 500)], "count", "contacts@1") for events in (10, 2))
        assert compare(one, other).p == pytest.approx(2 * 79 / 4_096)

    @pytest.mark.parametrize(
        ("now", "before", "note"),
        [
            (share(1, 2), share(0, 0), "one of the figures is not known"),
            (share(0, 0), share(0, 0), "neither figure is known"),
            (share(1, 2), share(1, 2, "csat@2"), "csat@1 is not csat@2: the series breaks here"),
        ],
    )
    def test_what_cannot_be_compared_is_not(self, now: Answer, before: Answer, note: str) -> None:
        """No change is made up."""
        found = compare(now, before)
        assert (found.change, found.p, found.significant, found.note) == (None, None, None, note)

    def test_medians_have_a_change_and_no_test(self) -> None:
        """Of quantiles the change is told, and that there is no test; of means of one value likewise."""
        for summary in (Quantile(0.5), Mean()):
            one, other = (answer(summary, [value], "seconds", "time@1") for value in (3, 2))
            found = compare(one, other)
            assert (found.change, found.p, found.significant) == (1, None, None)
            assert found.note == "there is no test for figures of this kind, or of so few"

    @law
    @given(st.integers(0, 40), st.integers(1, 40), st.integers(0, 40), st.integers(1, 40))
    def test_the_other_way_round_is_the_same(self, hits: int, misses: int, other_hits: int, other_misses: int) -> None:
        """A change back is as great and as likely, in every test; p is a probability."""
        pairs = [
            (share(hits, hits + misses), share(other_hits, other_hits + other_misses)),
            (net(hits, 1, misses), net(other_hits, 1, other_misses)),
            (count(hits), count(other_hits)),
        ]
        for now, before in pairs:
            there, back = compare(now, before), compare(before, now)
            assert there.change == pytest.approx(-(back.change or 0))
            assert there.p == pytest.approx(back.p)
            assert there.p is None or 0 <= there.p <= 1


class TestBarometer:
    def test_windows_that_overlap_are_not_compared(self) -> None:
        """Of three months pooled each is compared with three months earlier, with which it shares nothing."""
        cut: dict[str | None, Answer] = {f"2026-0{month}": share(9 if month > 3 else 3, 10) for month in range(1, 7)}
        points = barometer(cut, "month", 3)
        assert [points[key].comparison is None for key in cut] == [True, True, True, False, False, False]
        june = points["2026-06"].comparison
        assert june is not None
        assert june.change == pytest.approx(0.6)
        assert june.significant is True

    def test_months_are_of_unequal_length(self) -> None:
        """Counts are compared by the days of their months."""
        found = barometer({"2026-02": count(28), "2026-03": count(31)}, "month")["2026-03"].comparison
        assert found is not None
        assert found.p == pytest.approx(1, abs=0.01)

    def test_counts_of_what_is_not_whole_are_not_tested(self) -> None:
        """A month that is not over, or in which rows begin, has a change and no test; shares need no whole month."""
        cut: dict[str | None, Answer] = {"2026-08": count(31), "2026-09": count(1), "2026-10": count(0), None: count(1)}
        found = [point.comparison for point in barometer(cut, "month").values()]
        assert [one and (one.change, one.p, one.note) for one in found] == [
            None, (-30, None, NOT_WHOLE), (-1, None, NOT_WHOLE), None,
        ]  # fmt: skip
        july: dict[str | None, Answer] = {"2026-07": count(3), "2026-08": count(31)}
        begins = [datetime(2026, 7, day, tzinfo=UTC) for day in (1, 20)]
        tested = [barometer(july, "month", first=first)["2026-08"].comparison for first in begins]
        assert [one and one.significant for one in tested] == [True, None]
        shares = barometer({"2026-08": share(9, 10), "2026-09": share(3, 10)}, "month")["2026-09"].comparison
        assert shares is not None
        assert shares.significant is True

    def test_a_month_is_as_long_as_what_was_asked_for(self) -> None:
        """Of February only its last 14 days were asked for: 14 are as many as 31 in March."""
        february = attrs.evolve(count(14), since=datetime(2026, 2, 15, tzinfo=UTC))
        found = barometer({"2026-02": february, "2026-03": count(31)}, "month")["2026-03"].comparison
        assert found is not None
        assert found.p == pytest.approx(1, abs=0.01)

    def test_only_what_follows_is_a_series(self) -> None:
        """Hours of the day do not follow each other from one day to the next."""
        with pytest.raises(ValueError, match="hour is no period that follows another"):
            barometer({}, "hour")


class TestTarget:
    @pytest.mark.parametrize(
        ("hits", "n", "by_interval", "by_point"),
        [
            (95, 100, "met", "met"),
            (82, 100, "uncertain", "met"),
            (78, 100, "uncertain", "missed"),
            (50, 100, "missed", "missed"),
            (0, 0, "unknown", "unknown"),
        ],
    )
    def test_is_judged_by_all_of_the_interval(self, hits: int, n: int, by_interval: str, by_point: str) -> None:
        """80 % is met only if the whole interval reaches it, missed only if none of it does."""
        target = Target(metric="csat", comparator=">=", value=0.8)
        assert target.standing(share(hits, n)) == by_interval
        assert target.standing(share(hits, n), "point") == by_point

    def test_amber_is_a_near_miss(self) -> None:
        """A miss that stays within amber is amber, one past it is red, and what is not known is grey."""
        target = Target(metric="tickets", comparator="<=", value=10, amber=12)
        assert [target.colour(count(n)) for n in (10, 12, 13)] == ["green", "amber", "red"]
        assert Target(metric="csat", comparator=">=", value=0.8).colour(share(0, 0)) == "grey"
        assert Target(metric="csat", comparator=">=", value=0.8).colour(share(8, 10)) == "amber"

    def test_makes_sense_or_is_none(self) -> None:
        """Amber that reaches the target, a target of another metric, and one without end are refused."""
        with pytest.raises(ValueError, match=r"amber 0\.9 reaches the target >= 0\.8"):
            Target(metric="csat", comparator=">=", value=0.8, amber=0.9)
        with pytest.raises(ValueError, match="a target of nps is none of csat@1"):
            Target(metric="nps", comparator=">=", value=0.8).standing(share(1, 2))
        with pytest.raises(ValueError, match="a target is a finite number, not nan"):
            Target(metric="nps", comparator=">=", value=math.nan)
