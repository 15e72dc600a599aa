from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ventanilla.projections.summaries import Mean, Share
from ventanilla.projections.summaries.groups import Arrivals, PerGroup, ShareOfGroups
from ventanilla.projections.summaries.lifetime_value import ContractValue, HistoricValue
from ventanilla.projections.summaries.survival import Survival, mean_life, steps

REMISSION = [
    *[(time, True) for time in (6, 6, 6, 7, 10, 13, 16, 22, 23)],
    *[(time, False) for time in (6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35)],
]
"""Weeks of remission of the 21 patients with 6-MP (Freireich et al. 1963), the usual example."""

LIVES = st.lists(st.tuples(st.integers(0, 1_000), st.booleans()), min_size=1, max_size=40)


class TestSurvival:
    def test_is_as_published(self) -> None:
        """The curve is that of the textbooks, and half relapse by week 23."""
        curve = {time: round(lasting, 3) for time, lasting, _ in steps(REMISSION)}
        assert curve == {6: 0.857, 7: 0.807, 10: 0.753, 13: 0.690, 16: 0.627, 22: 0.538, 23: 0.448}
        assert Survival(0.5).of(REMISSION).value == 23

    @pytest.mark.parametrize("part", [0.1, 0.2, 0.25, 0.3])
    def test_interval_is_that_of_others(self, part: float) -> None:
        """The interval is the one that statsmodels finds on the log-log scale."""
        duration = pytest.importorskip("statsmodels.duration.survfunc")
        other = duration.SurvfuncRight(*zip(*REMISSION, strict=True))
        low, high = other.quantile_ci(part, method="cloglog")
        found = Survival(part).of(REMISSION)
        assert found.value == other.quantile(part)
        assert found.interval == ((low, high) if high < float("inf") else None)

    def test_is_unknown_while_too_few_are_over(self) -> None:
        """Of three of which one is over nobody knows when half will be."""
        assert Survival().of([(1, True), (2, False), (3, False)]).value is None
        assert Survival().of([]).n == 0

    @given(st.lists(st.integers(0, 1_000), min_size=1, max_size=40))
    def test_of_all_over_is_what_is_seen(self, times: list[int]) -> None:
        """Where nothing lasts still the mean life is the mean, and the median one of the middle values."""
        lives = [(time, True) for time in times]
        assert mean_life(lives) == pytest.approx(Mean().of(times).value)
        median = Survival().of(lives).value
        assert median == sorted(times)[(len(times) - 1) // 2]

    @given(LIVES)
    def test_what_lasts_makes_it_longer(self, lives: list[tuple[int, bool]]) -> None:
        """Those that last still count for more than if they had ended, and the curve only falls."""
        assert mean_life(lives) >= mean_life([(time, True) for time, _ in lives]) - 1e-9
        curve = [1.0, *(lasting for _, lasting, _ in steps(lives))]
        assert all(after < before for before, after in pairwise(curve))
        assert curve[-1] >= 0

    @given(LIVES)
    def test_order_says_nothing(self, lives: list[tuple[int, bool]]) -> None:
        """Values come in no order."""
        assert Survival().of(lives) == Survival().of(lives[::-1])


class TestLifetimeValue:
    def test_of_no_time_is_unknown(self) -> None:
        """Who bought once, and left at once, has no spending a year."""
        assert HistoricValue().of([("EUR", 100, 0.0, True)]).value is None
        assert HistoricValue().of([]).value is None

    def test_margin(self) -> None:
        """Where half of the price is margin, the value is half."""
        lives = [("EUR", 300.0, 10.0, True)]
        assert ContractValue(0.5).of(lives).value == 1_500
        assert ContractValue().of(lives).value == 3_000

    def test_several_currencies(self) -> None:
        """Nothing is added up over currencies."""
        lives = [("EUR", 300.0, 10.0, True), ("USD", 300.0, 10.0, True)]
        assert [summary.of(lives).value for summary in (ContractValue(), HistoricValue())] == [None, None]


class TestGroups:
    def test_arrivals(self) -> None:
        """A count has the interval of chance events (Garwood 1936: 10 are 4.795 to 18.39)."""
        found = Arrivals().of(range(10))
        assert found.value == 10
        assert found.interval == pytest.approx((4.795, 18.390), abs=1e-3)
        assert Arrivals().of([]).interval == pytest.approx((0, 3.689), abs=1e-3)

    def test_share_of_groups(self) -> None:
        """A group with one no is a no, however many yeses it has; what is unknown is in no group."""
        found = ShareOfGroups().of([("a", True), ("a", False), ("b", True), ("b", True), (None, True), ("c", None)])
        assert (found.value, found.n, found.denominator, found.interval) == (0.5, 4, 2, Share().of([1, 0]).interval)

    def test_per_group(self) -> None:
        """The sum is divided by the groups, not by the rows."""
        found = PerGroup().of([(1, "a"), (1, "a"), (1, "b"), (0, "c"), (1, None)])
        assert (found.value, found.n, found.denominator) == (1, 4, 3)
        assert PerGroup().of([]).value is None
