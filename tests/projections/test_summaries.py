from __future__ import annotations

from math import comb

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ventanilla.projections.summaries import Count, Figure, Quantile, Share, wilson

law = settings(deadline=None)


class TestCount:
    def test_is_how_many(self) -> None:
        """Every row counts, whatever its value, and a count of what is there has no interval."""
        assert Count().of(["a", None, 0]) == Figure(value=3, n=3)

    def test_of_nothing_is_zero(self) -> None:
        """That nothing is there is known: it is 0, not unknown."""
        assert Count().of([]) == Figure(value=0, n=0)


class TestShare:
    def test_is_the_part_that_is_yes(self) -> None:
        """The share is that of the true values; the unknown counts as no."""
        found = Share().of([True, False, None, True])
        assert (found.value, found.interval, found.numerator, found.denominator) == (0.5, wilson(2, 4), 2, 4)

    def test_of_nothing_is_unknown(self) -> None:
        """Of nothing there is no share."""
        assert Share().of([]) == Figure(value=None, n=0, numerator=0, denominator=0)


class TestWilson:
    @pytest.mark.parametrize(
        ("hits", "n", "low", "high"),
        [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
    )
    def test_is_as_published(self, hits: int, n: int, low: float, high: float) -> None:
        """The intervals are those of Newcombe 1998, table I, method 3."""
        assert wilson(hits, n) == pytest.approx((low, high), abs=0.00005)

    @law
    @given(st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
    def test_holds_the_share(self, hits_of_n: tuple[int, int]) -> None:
        """The interval lies between 0 and 1 and has the share in it."""
        hits, n = hits_of_n
        low, high = wilson(hits, n)
        assert 0 <= low <= hits / n <= high <= 1
        assert low < high

    @law
    @given(st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
    def test_is_the_same_for_yes_and_no(self, hits_of_n: tuple[int, int]) -> None:
        """Counting the noes instead of the yeses mirrors the interval."""
        hits, n = hits_of_n
        low, high = wilson(hits, n)
        assert wilson(n - hits, n) == pytest.approx((1 - high, 1 - low), abs=1e-12)

    def test_narrows_with_more_rows(self) -> None:
        """The same share of more rows is known better."""
        (few_low, few_high), (many_low, many_high) = wilson(5, 10), wilson(50, 100)
        assert few_low < many_low < 0.5 < many_high < few_high


class TestQuantile:
    @pytest.mark.parametrize(
        ("part", "values", "expected"),
        [
            (0.5, [7], 7),
            (0.5, [3, 1, 2], 2),
            (0.5, [4, 1, 3, 2], 2.5),
            (0.25, [10, 20, 30, 40], 17.5),
            (0.9, list(range(1, 11)), 9.1),
            (0.9, list(range(1, 12)), 10),
            (0, [3, 1, 2], 1),
            (1, [3, 1, 2], 3),
        ],
    )
    def test_lies_on_the_line_between_two_values(self, part: float, values: list[float], expected: float) -> None:
        """Between two values the quantile is on the straight line, counted from the smallest at 0."""
        assert Quantile(part).of(values).value == pytest.approx(expected)

    def test_of_nothing_is_unknown(self) -> None:
        """Nothing has no quantile."""
        assert Quantile(0.5).of([]) == Figure(value=None, n=0)

    @pytest.mark.parametrize("part", [-0.1, 1.1])
    def test_takes_parts_only(self, part: float) -> None:
        """A part is from 0 to 1."""
        with pytest.raises(ValueError, match="'part' must be"):
            Quantile(part)

    def test_interval_runs_between_order_statistics(self) -> None:
        """The interval of a median of twenty runs from the fifth to the sixteenth value."""
        # 20/2 -+ 1.96 * sqrt(20/4) is 5.6 and 14.4; outwards, and one more at the top: 5 and 16.
        found = Quantile(0.5).of(list(range(20, 0, -1)))
        assert (found.value, found.interval) == (10.5, (5, 16))

    @pytest.mark.parametrize(("part", "fewest"), [(0.5, 8), (0.9, 53)])
    def test_too_few_values_have_no_interval(self, part: float, fewest: int) -> None:
        """Where the interval would reach past the values there is none."""
        assert Quantile(part).of(range(fewest - 1)).interval is None
        assert Quantile(part).of(range(fewest)).interval is not None

    @pytest.mark.parametrize("part", [0, 1])
    def test_the_ends_have_no_interval(self, part: float) -> None:
        """Nothing is known of what lies past the smallest and the largest value."""
        assert Quantile(part).of(range(1_000)).interval is None

    @pytest.mark.parametrize("part", [0.25, 0.5, 0.9])
    def test_interval_covers_what_it_says(self, part: float) -> None:
        """Whatever the distribution, the true quantile is in the interval 95 times in 100 at least, yet not always."""
        for n in range(60, 300, 7):
            interval = Quantile(part).of(range(1, n + 1)).interval
            assert interval is not None
            low, high = map(int, interval)
            covered = sum(comb(n, k) * part**k * (1 - part) ** (n - k) for k in range(low, high))
            assert 0.95 <= covered < 0.99, (n, covered)

    @law
    @given(st.lists(st.integers(-(10**6), 10**6), min_size=1, max_size=80), st.floats(0, 1))
    def test_interval_holds_the_value(self, values: list[int], part: float) -> None:
        """The interval has the quantile in it, and both lie within the values."""
        found = Quantile(part).of(values)
        assert found.value is not None
        low, high = found.interval or (min(values), max(values))
        assert min(values) <= low <= found.value <= high <= max(values)
