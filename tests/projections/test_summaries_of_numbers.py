"""Summaries of numbers and of pairs; those of rows and of yes or no are in ``test_summaries``."""

from __future__ import annotations

import math
from statistics import mean, stdev
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ventanilla.projections.summaries import (
    Count,
    Distinct,
    Figure,
    Gap,
    Mean,
    Net,
    Quantile,
    Rate,
    Ratio,
    RatioOfKnown,
    Share,
    Spread,
    Sum,
    Summary,
    adjusted_wald,
    poisson,
    student,
)

law = settings(deadline=None)

OF_VALUES: list[Summary] = [Count(), Distinct(), Sum(), Mean(), Quantile(0.5), Share(), Net(9, 6)]
OF_PAIRS: list[Summary] = [Ratio(), Rate(1_000), Spread(2), Gap()]
SCORES = st.lists(st.one_of(st.none(), st.integers(0, 10)), max_size=60)
PAIRS = st.lists(st.tuples(st.one_of(st.none(), st.integers(0, 9)), st.integers(0, 99)), max_size=60)


def scores(promoters: int, passives: int, detractors: int) -> list[int]:
    return [10] * promoters + [8] * passives + [3] * detractors


class TestSumAndDistinct:
    def test_are_of_what_is_known(self) -> None:
        """Unknown values are not counted; whole numbers stay whole."""
        assert Sum().of([3, None, 4]) == Figure(value=7, n=2)
        assert Sum().of([0.1] * 10).value == 1.0
        assert Distinct().of(["a", None, "b", "a"]) == Figure(value=2, n=3)

    @pytest.mark.parametrize("summary", [Sum(), Distinct()])
    def test_nothing_and_nothing_known(self, summary: Summary) -> None:
        """No rows come to 0; rows of which nothing is known come to nobody knows what."""
        assert summary.of([]) == Figure(value=0, n=0)
        assert summary.of([None, None]) == Figure(value=None, n=0)


class TestStudent:
    @pytest.mark.parametrize(
        ("degrees", "both_tails_5", "both_tails_1"),
        [
            (1, 12.706, 63.657),
            (2, 4.303, 9.925),
            (3, 3.182, 5.841),
            (4, 2.776, 4.604),
            (5, 2.571, 4.032),
            (6, 2.447, 3.707),
            (7, 2.365, 3.499),
            (8, 2.306, 3.355),
            (9, 2.262, 3.250),
            (10, 2.228, 3.169),
            (15, 2.131, 2.947),
            (20, 2.086, 2.845),
            (30, 2.042, 2.750),
            (60, 2.000, 2.660),
            (120, 1.980, 2.617),
            (10**6, 1.960, 2.576),
        ],
    )
    def test_is_as_in_the_tables(self, degrees: int, both_tails_5: float, both_tails_1: float) -> None:
        """The quantiles are those of the table that every textbook prints."""
        assert student(degrees) == pytest.approx(both_tails_5, abs=0.00051)
        assert student(degrees, 0.01) == pytest.approx(both_tails_1, abs=0.00051)


class TestMean:
    def test_has_the_interval_of_student(self) -> None:
        """It is the mean with Student's interval, and the sum by the number."""
        values = [4.0, 5.0, None, 3.0, 5.0, 1.0]
        given_ = [4.0, 5.0, 3.0, 5.0, 1.0]
        found = Mean().of(values)
        error = stdev(given_) / math.sqrt(5)
        assert (found.value, found.n, found.numerator, found.denominator) == (3.6, 5, 18, 5)
        assert found.error == pytest.approx(error)
        assert found.interval == pytest.approx((3.6 - 2.776 * error, 3.6 + 2.776 * error), abs=0.001)
        assert found.method == "Student t"

    @pytest.mark.parametrize("values", [[4], [4, 4, 4], [4, None]])
    def test_of_alike_values_has_no_interval(self, values: list[Any]) -> None:
        """Where nothing varies nothing says how much it would: no interval of width 0 is made up."""
        found = Mean().of(values)
        assert (found.value, found.interval, found.method, found.error) == (4, None, "", None)

    @pytest.mark.parametrize("values", [[], [None]])
    def test_of_nothing_is_unknown(self, values: list[Any]) -> None:
        """What has no value has no mean."""
        assert Mean().of(values) == Figure(value=None, n=0, numerator=0, denominator=0)


class TestNet:
    def test_is_those_for_less_those_against(self) -> None:
        """Sixty promoters and twenty detractors of a hundred are 40, with the standard error of a trinomial."""
        found = Net(9, 6).of(scores(60, 20, 20))
        assert (found.value, found.n, found.numerator, found.denominator) == (40, 100, 40, 100)
        # Variance of the answers, each 1, 0 or -1: 0.6 + 0.2 - 0.4**2 = 0.64.
        assert found.error == pytest.approx(8)
        # (60.75 - 20.75) / 103 = 0.3883; variance 0.5898 + 0.2015 - 0.1508 = 0.6405; 1.96 * sqrt(0.6405 / 103) = 0.1546
        assert found.interval == pytest.approx((23.38, 54.29), abs=0.005)

    def test_error_is_that_of_the_answers_as_numbers(self) -> None:
        """Its error is that of the mean of 1, 0 and -1, in points, over n."""
        recoded = [1] * 7 + [0] * 3 + [-1] * 2
        variance = mean(one * one for one in recoded) - mean(recoded) ** 2
        assert Net(9, 6).of(scores(7, 3, 2)).error == pytest.approx(100 * math.sqrt(variance / 12))

    @pytest.mark.parametrize(("score", "points"), [(0, -100), (6, -100), (7, 0), (8, 0), (9, 100), (10, 100)])
    def test_seven_and_eight_are_neither(self, score: int, points: int) -> None:
        """The bands are 0 to 6, 7 and 8, 9 and 10."""
        assert Net(9, 6).of([score]).value == points

    def test_two_hundred_answers_tell_fifteen_points_apart(self) -> None:
        """At a variance of 0.6 two surveys of 200 must lie 15 points apart (spec: "about 15 points")."""
        error = 100 * math.sqrt(0.6 / 200)
        assert 1.96 * math.sqrt(2) * error == pytest.approx(15, abs=0.2)

    def test_of_alike_answers_still_has_a_width(self) -> None:
        """All ten promoters do not make a certainty."""
        found = Net(9, 6).of([10] * 10)
        assert (found.value, found.error) == (100, 0)
        # 10 / 13 = 0.7692; variance 0.8269 + 0.0577 - 0.5917 = 0.2929; 1.96 * sqrt(0.2929 / 13) = 0.2942
        assert found.interval == pytest.approx((47.50, 100), abs=0.01)

    def test_of_nothing_is_unknown(self) -> None:
        """Without an answer there is no score."""
        assert Net(9, 6).of([None]) == Figure(value=None, n=0, numerator=0, denominator=0)

    def test_bands_do_not_overlap(self) -> None:
        """A score cannot count for and against."""
        with pytest.raises(ValueError, match="'low' must be less than 'high', which is 6: 6"):
            Net(6, 6)

    @law
    @given(st.tuples(st.integers(0, 500), st.integers(0, 500), st.integers(0, 500)).filter(any))
    def test_interval_holds_the_score(self, bands: tuple[int, int, int]) -> None:
        """The interval lies between -100 and 100 and has the score in it; for and against mirror it."""
        up, neither, down = bands
        n = sum(bands)
        low, high = adjusted_wald(up, down, n)
        assert -100 <= low <= 100 * (up - down) / n <= high <= 100
        assert low < high
        assert adjusted_wald(down, up, up + neither + down) == pytest.approx((-high, -low))


class TestPoisson:
    @pytest.mark.parametrize(
        ("events", "low", "high"),
        [
            (0, 0, 3.689),
            (1, 0.0253, 5.572),
            (2, 0.242, 7.225),
            (3, 0.619, 8.767),
            (5, 1.623, 11.668),
            (10, 4.795, 18.390),
            (20, 12.217, 30.888),
            (50, 37.111, 65.919),
            (100, 81.364, 121.627),
        ],
    )
    def test_is_as_in_the_tables(self, events: int, low: float, high: float) -> None:
        """The bounds are those of the tables of exact limits (Garwood 1936)."""
        assert poisson(events) == pytest.approx((low, high), abs=0.0006)

    @law
    @given(st.integers(1, 3_000))
    def test_leaves_a_fortieth_on_either_side(self, events: int) -> None:
        """At each bound the chance of what came, or of more extreme, is 2.5 %."""
        low, high = poisson(events)

        def chance(expected: float, counts: range) -> float:
            return math.fsum(math.exp(k * math.log(expected) - expected - math.lgamma(k + 1)) for k in counts)

        assert low < events < high
        assert chance(low, range(events)) == pytest.approx(0.975, abs=1e-9)
        assert chance(high, range(events + 1)) == pytest.approx(0.025, abs=1e-9)


class TestRatio:
    def test_is_pooled(self) -> None:
        """Sums are divided, never are quotients averaged: 1 of 1 and 0 of 99 are 1 of 100."""
        found = Ratio().of([(1, 1), (0, 99), (None, 50)])
        assert (found.value, found.n, found.numerator, found.denominator) == (0.01, 2, 1, 100)

    def test_of_a_base_of_one_is_the_mean(self) -> None:
        """Where each base is 1 the ratio is the mean, with its interval."""
        values = [4.0, 5.0, 3.0, 5.0, 1.0]
        ratio, plain = Ratio().of([(value, 1) for value in values]), Mean().of(values)
        assert (ratio.value, ratio.n) == (plain.value, plain.n)
        assert ratio.error == pytest.approx(plain.error)
        assert ratio.interval == pytest.approx(plain.interval)

    def test_of_no_base_is_unknown(self) -> None:
        """Nothing is divided by nothing."""
        assert Ratio().of([(3, 0)]) == Figure(value=None, n=1, numerator=3, denominator=0)
        assert Ratio().of([]) == Figure(value=None, n=0, numerator=0, denominator=0)


class TestRatioOfKnown:
    def test_needs_a_row_that_tells_the_base(self) -> None:
        """With such a row it is the ratio of all; without one it is unknown, and says why."""
        asked = RatioOfKnown("no base")
        assert asked.of([((2, 2), False), ((0, 2), True)]) == Ratio().of([(2, 2), (0, 2)])
        assert asked.of([((2, 2), False)]) == Figure(value=None, n=0, method="no base")


class TestRate:
    def test_is_events_to_a_base(self) -> None:
        """Ten events on a base of five thousand are two to a thousand, with the exact interval of ten."""
        found = Rate(1_000).of([(4, 2_000), (6, 3_000)])
        assert (found.value, found.numerator, found.denominator, found.method) == (2, 10, 5_000, "Poisson")
        assert found.interval == pytest.approx((4.795 / 5, 18.390 / 5), abs=0.001)
        assert found.error == pytest.approx(math.sqrt(10) / 5)

    def test_of_no_base_is_unknown(self) -> None:
        """Nothing is divided by nothing, and no event on a base is 0."""
        assert Rate().of([]).value is None
        assert Rate().of([(0, 5)]).value == 0


class TestSpread:
    def test_is_between_the_means_of_groups_that_are_large_enough(self) -> None:
        """A group of too few values does not count."""
        pairs = [("mail", 4), ("mail", 2), ("chat", 5), ("chat", 5), ("phone", 0), (None, 9), ("mail", None)]
        assert Spread(2).of(pairs) == Figure(value=2, n=4)

    def test_of_one_group_is_unknown(self) -> None:
        """There is nothing to compare."""
        assert Spread(1).of([("mail", True), ("mail", False)]) == Figure(value=None, n=2)
        assert Spread(1).of([]) == Figure(value=None, n=0)


class TestGap:
    def test_is_the_difference_of_two_means(self) -> None:
        """What was got less what was expected, with Welch's interval."""
        got, expected = [4, 5, 3, 4, 2], [5, 5, 4]
        pairs = [*((False, value) for value in got), *((True, value) for value in expected), (None, 9)]
        found = Gap().of(pairs)
        error = math.hypot(stdev(got) / math.sqrt(5), stdev(expected) / math.sqrt(3))
        assert found.value == pytest.approx(3.6 - 14 / 3)
        assert (found.n, found.method) == (8, "Welch")
        assert found.error == pytest.approx(error)
        # (0.26 + 0.1111)**2 / (0.26**2 / 4 + 0.1111**2 / 2) = 5.97 degrees of freedom, rounded down: 5.
        assert found.interval is not None
        assert found.interval[1] - found.interval[0] == pytest.approx(2 * 2.571 * error, abs=0.001)

    @pytest.mark.parametrize("pairs", [[], [(True, 3), (True, 4)], [(False, 3)]])
    def test_of_one_side_is_unknown(self, pairs: list[Any]) -> None:
        """Without the other side there is no difference."""
        assert Gap().of(pairs) == Figure(value=None, n=len(pairs))

    def test_of_too_few_has_no_interval(self) -> None:
        """One value says nothing of how much it varies."""
        assert Gap().of([(True, 3), (False, 4), (False, 5)]) == Figure(value=1.5, n=3)


class TestLaws:
    @law
    @given(SCORES.flatmap(lambda values: st.tuples(st.just(values), st.permutations(values))))
    def test_order_is_nothing(self, values: tuple[list[Any], list[Any]]) -> None:
        """The same values in another order give the same figure, to the last bit."""
        for summary in OF_VALUES:
            assert summary.of(values[0]) == summary.of(values[1])

    @law
    @given(PAIRS.flatmap(lambda pairs: st.tuples(st.just(pairs), st.permutations(pairs))))
    def test_order_of_pairs_is_nothing(self, pairs: tuple[list[Any], list[Any]]) -> None:
        """The same pairs in another order give the same figure, to the last bit."""
        for summary in OF_PAIRS:
            assert summary.of(pairs[0]) == summary.of(pairs[1])

    @law
    @given(SCORES, SCORES)
    def test_pooling_adds_numerators_and_denominators(self, left: list[Any], right: list[Any]) -> None:
        """Two samples together are one sample of both: numerator and denominator add up."""
        for summary in (Share(), Mean(), Net(9, 6)):
            one, other, both = summary.of(left), summary.of(right), summary.of(left + right)
            assert (both.numerator, both.denominator) == (
                (one.numerator or 0) + (other.numerator or 0),
                (one.denominator or 0) + (other.denominator or 0),
            )

    @law
    @given(SCORES)
    def test_interval_holds_the_value(self, values: list[Any]) -> None:
        """Wherever there is an interval, the value is in it, and a method is named."""
        for summary in OF_VALUES:
            found = summary.of(values)
            assert (found.interval is None) == (found.method == "")
            assert found.n <= len(values)
            if found.interval is not None:
                assert found.value is not None
                assert found.interval[0] <= found.value <= found.interval[1]
