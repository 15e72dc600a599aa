from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ventanilla.projections.drivers.bootstrap import resample
from ventanilla.projections.drivers.weights import Floats, coefficients, correlate, inflation, johnson, shapley

# mpg, cyl, disp, hp, gear of the 32 cars in Motor Trend 1974 (Henderson and Velleman 1981), "mtcars" in R.
CARS = np.array(
    [
        *((21.0, 6, 160.0, 110, 4), (21.0, 6, 160.0, 110, 4), (22.8, 4, 108.0, 93, 4), (21.4, 6, 258.0, 110, 3)),
        *((18.7, 8, 360.0, 175, 3), (18.1, 6, 225.0, 105, 3), (14.3, 8, 360.0, 245, 3), (24.4, 4, 146.7, 62, 4)),
        *((22.8, 4, 140.8, 95, 4), (19.2, 6, 167.6, 123, 4), (17.8, 6, 167.6, 123, 4), (16.4, 8, 275.8, 180, 3)),
        *((17.3, 8, 275.8, 180, 3), (15.2, 8, 275.8, 180, 3), (10.4, 8, 472.0, 205, 3), (10.4, 8, 460.0, 215, 3)),
        *((14.7, 8, 440.0, 230, 3), (32.4, 4, 78.7, 66, 4), (30.4, 4, 75.7, 52, 4), (33.9, 4, 71.1, 65, 4)),
        *((21.5, 4, 120.1, 97, 3), (15.5, 8, 318.0, 150, 3), (15.2, 8, 304.0, 150, 3), (13.3, 8, 350.0, 245, 3)),
        *((19.2, 8, 400.0, 175, 3), (27.3, 4, 79.0, 66, 4), (26.0, 4, 120.3, 91, 5), (30.4, 4, 95.1, 113, 5)),
        *((15.8, 8, 351.0, 264, 5), (19.7, 6, 145.0, 175, 5), (15.0, 8, 301.0, 335, 5), (21.4, 4, 121.0, 109, 4)),
    ]
)


def table(seed: int, drivers: int, rows: int = 60) -> tuple[Floats, Floats]:
    """Make up drivers that are related to each other, and a score that is related to them."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(rows, drivers)) @ random.normal(size=(drivers, drivers))
    return x, x @ random.normal(size=drivers) + random.normal(size=rows) * x.std()


def r_squared(x: Floats, y: Floats) -> float:
    """Return R² by least squares, the long way."""
    design = np.column_stack([np.ones(len(y)), x])
    rest = y - design @ np.linalg.lstsq(design, y)[0]
    return float(1 - (rest @ rest) / ((y - y.mean()) @ (y - y.mean())))


tables = st.builds(table, st.integers(0, 10_000), st.integers(1, 6))


class TestCars:
    """Numbers that others published: the R package rwa (Johnson) and pingouin (LMG)."""

    AMONG, WITH_SCORE = correlate(CARS[:, 1:], CARS[:, 0])

    def test_johnson(self) -> None:
        """Relative weights are those of the R package rwa."""
        weights = johnson(self.AMONG, self.WITH_SCORE)
        assert weights.sum() == pytest.approx(0.77919, abs=5e-6)
        assert 100 * weights / weights.sum() == pytest.approx([29.32, 28.51, 29.80, 12.37], abs=5e-3)

    def test_shapley(self) -> None:
        """Shapley values are those of pingouin, in another order."""
        parts = shapley(self.AMONG, self.WITH_SCORE)
        assert parts.sum() == pytest.approx(0.77919, abs=5e-6)
        assert 100 * parts / parts.sum() == pytest.approx([31.71, 31.25, 27.07, 9.98], abs=5.1e-3)


class TestLaws:
    @given(tables)
    def test_parts_sum_to_r_squared(self, made: tuple[Floats, Floats]) -> None:
        """Weights and Shapley values are not negative and sum to R²."""
        found = correlate(*made)
        for parts in (johnson(*found), shapley(*found)):
            assert parts.min() > -1e-9
            assert parts.sum() == pytest.approx(r_squared(*made), abs=1e-8)

    @given(tables, st.integers(0, 100))
    def test_units_and_order_mean_nothing(self, made: tuple[Floats, Floats], seed: int) -> None:
        """Other units, other zeros, turned signs and another order of the drivers give the same weights."""
        x, y = made
        random = np.random.default_rng(seed)
        order = random.permutation(x.shape[1])
        other = x[:, order] * random.uniform(0.1, 10, len(order)) * random.choice([-1, 1], len(order)) + 7
        for share in (johnson, shapley):
            assert share(*correlate(other, 3 * y - 5)) == pytest.approx(share(*correlate(x, y))[order], abs=1e-8)

    @given(st.integers(0, 10_000))
    def test_noise_gets_about_nothing(self, seed: int) -> None:
        """A driver that has nothing to do with the score or the others gets about nothing of R²."""
        x, y = table(seed, 3, rows=4_000)
        noise = np.random.default_rng(seed + 1).normal(size=len(y))
        found = correlate(np.column_stack([x, noise]), y)
        assert johnson(*found)[-1] < 0.01
        assert shapley(*found)[-1] < 0.01

    @given(tables)
    def test_coefficients_and_inflation(self, made: tuple[Floats, Floats]) -> None:
        """Coefficients are those of least squares; inflation is 1 / (1 - R² on the other drivers)."""
        x, y = made
        z = (x - x.mean(axis=0)) / x.std(axis=0)
        among, with_score = correlate(x, y)
        slopes = np.linalg.lstsq(z, (y - y.mean()) / y.std())[0]
        assert coefficients(among, with_score) == pytest.approx(slopes, abs=1e-6)
        if x.shape[1] > 1:
            rest = r_squared(np.delete(x, 0, axis=1), x[:, 0])
            assert inflation(among)[0] * (1 - rest) == pytest.approx(1, rel=1e-6)


class TestBootstrap:
    def test_is_drawn_by_customer(self) -> None:
        """A sample is made of whole customers: with two of them it is one of three tables."""
        x, y = table(1, 1)
        customers = np.array([0] * 30 + [1] * 30)
        _, drawn = resample(x, y, customers, samples=200, seed=3)
        possible = {
            round(float(correlate(x[rows], y[rows])[1][0]), 9) for rows in (slice(0, 30), slice(30, 60), slice(None))
        }
        assert {round(float(one), 9) for one in drawn[:, 0]} == possible

    def test_is_like_sampling_one_by_one(self) -> None:
        """The samples spread as those that are drawn row by row."""
        x, y = table(2, 2, rows=200)
        _, drawn = resample(x, y, np.arange(200), samples=1_500, seed=5)
        random = np.random.default_rng(6)
        slow = np.array([correlate(x[rows], y[rows])[1] for rows in random.integers(0, 200, size=(1_500, 200))])
        assert drawn.mean(axis=0) == pytest.approx(slow.mean(axis=0), abs=0.01)
        assert drawn.std(axis=0) == pytest.approx(slow.std(axis=0), rel=0.1)

    def test_a_column_that_is_constant_in_a_sample_is_nothing_there(self) -> None:
        """A sample that leaves all rows out in which a column differs gives that column no weight."""
        x, y = table(3, 2)
        x[:, 1] = [1] * 3 + [0] * 57
        customers = np.array([0] * 3 + list(range(1, 58)))
        among, with_score = resample(x, y, customers, samples=300, seed=1)
        without = with_score[:, 1] == 0
        assert 0 < without.sum() < 300
        assert johnson(among, with_score)[without, 1] == pytest.approx(0)
