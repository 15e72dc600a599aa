"""The driver analysis itself. Needs numpy and statsmodels (extra ``drivers``)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from ventanilla.core.errors import NotUnderstood, Unavailable
from ventanilla.projections.drivers.analysis import Analysis, Driver, Quadrant
from ventanilla.projections.drivers.bootstrap import resample
from ventanilla.projections.drivers.caveats import caveats
from ventanilla.projections.drivers.columns import Columns, columns_of
from ventanilla.projections.drivers.models import least_squares, ordered_logit
from ventanilla.projections.drivers.response import Response
from ventanilla.projections.drivers.weights import Floats, coefficients, correlate, inflation, johnson, shapley

try:
    import numpy as np
    from numpy.typing import NDArray
except ModuleNotFoundError as error:
    raise Unavailable(f"driver analysis needs {error.name}: pip install 'ventanilla[drivers]'") from error

FEWEST_RESPONSES = 100
RESPONSES_PER_DRIVER = 10
FEWEST_CUSTOMERS = 30
FEWEST_SAMPLES = 1_000
MOST_FOR_SHAPLEY = 15
SAME_SIGN = 0.99
"""These are our choice, but for the number of samples."""

_SAME = 1e-6  # an eigenvalue of the correlations below it: some drivers say the same thing


def analyse(
    responses: Sequence[Response],
    *,
    without: Collection[str] = (),
    samples: int = FEWEST_SAMPLES,
    seed: int = 0,
    tell: Callable[[int, int], None] = lambda *_: None,
) -> Analysis:
    """Return which features go along with the score, or why that cannot be said.

    Features that are words become a driver a word, compared with the most common one. Nothing unknown is filled in: a
    response with an unknown feature is not used, and counted. There must be 100 complete responses, 10 a driver, of 30
    customers. The two stages (touch-points on transactional scores, the journey on relationship scores) are two
    analyses; their coefficients cannot be multiplied.

    Args:
        responses: The responses; their order changes nothing but which samples the seed draws.
        without: Features to leave out.
        samples: How many bootstrap samples, at least 1,000; whole customers are drawn.
        seed: The same seed gives the same intervals.
        tell: Is told how far it has come: how many samples, of how many.

    Raises:
        NotUnderstood: A value is none that can be counted with, or there are fewer samples asked for.
    """
    if samples < FEWEST_SAMPLES:
        raise NotUnderstood(f"samples is {samples}: an interval needs {FEWEST_SAMPLES:,} at least")
    if seed < 0:
        raise NotUnderstood(f"seed is {seed}: it must not be less than 0")
    table = columns_of(responses, without)
    if why_not := _guard(table, len(responses)):
        return _analysis(responses, table, samples, seed, why_not=why_not)

    among, with_score = correlate(table.x, table.y)
    weights = johnson(among, with_score)
    fitted = least_squares(table.x, table.y, table.customers)
    logit = ordered_logit(table.x, table.y)
    parts = shapley(among, with_score) if len(weights) <= MOST_FOR_SHAPLEY else None

    drawn = resample(table.x, table.y, table.customers, samples=samples, seed=seed, tell=tell)
    drawn_weights = johnson(*drawn)
    lows, highs = np.quantile(drawn_weights, (0.025, 0.975), axis=0)
    ranks = (-drawn_weights).argsort(axis=1, kind="stable").argsort(axis=1, kind="stable") + 1
    best, worst = np.quantile(ranks, (0.025, 0.975), axis=0, method="inverted_cdf")
    same_sign = (np.sign(coefficients(*drawn)) == np.sign(fitted.coefficients)).mean(axis=0)
    stable = same_sign >= SAME_SIGN
    if not isinstance(logit, str):
        stable &= np.sign(logit) == np.sign(fitted.coefficients)

    reached = _performance(table.x, fitted.coefficients)
    cells = _quadrants(weights, reached, stable)
    vif = inflation(among)
    drivers = [
        Driver(
            name=column.name,
            feature=column.feature,
            reference=column.reference,
            weight=float(weights[i]),
            weight_interval=(float(lows[i]), float(highs[i])),
            share=float(weights[i] / weights.sum()),
            ranks=(int(best[i]), int(worst[i])),
            shapley=None if parts is None else float(parts[i]),
            coefficient=float(fitted.coefficients[i]),
            coefficient_interval=(float(fitted.lows[i]), float(fitted.highs[i])),
            p=float(fitted.p[i]),
            logit=None if isinstance(logit, str) else float(logit[i]),
            vif=float(vif[i]),
            same_sign=float(same_sign[i]),
            stable=bool(stable[i]),
            mean=float(table.x[:, i].mean()),
            performance=float(reached[i]) if stable[i] else None,
            quadrant=cells[i],
        )
        for i, column in enumerate(table.columns)
    ]
    found = _analysis(
        responses,
        table,
        samples,
        seed,
        r2=fitted.r2,
        errors=fitted.errors,
        drivers=tuple(sorted(drivers, key=lambda driver: (-driver.weight, driver.name))),
    )
    return caveats(found, logit if isinstance(logit, str) else None)


def _guard(table: Columns, given: int) -> str | None:
    """Return why nothing can be said; ``None`` if something can."""
    n, p = len(table.y), len(table.columns)
    if not given:
        return "there are no responses"
    if n < (needed := max(FEWEST_RESPONSES, RESPONSES_PER_DRIVER * p)):
        return f"{n:,} of {given:,} responses are complete; {p} drivers need {needed:,}"
    if (people := int(table.customers.max()) + 1) < FEWEST_CUSTOMERS:
        return f"the responses are of {people} customers; it needs {FEWEST_CUSTOMERS}"
    if not p:
        return "no feature differs from response to response"
    if not (table.y != table.y[0]).any():
        return "all scores are the same"
    values, vectors = np.linalg.eigh(correlate(table.x, table.y)[0])
    if values[0] < _SAME:
        same = [column.name for column, part in zip(table.columns, vectors[:, 0], strict=True) if abs(part) > 0.05]
        return f"these say the same thing, so that they cannot be told apart: {', '.join(same)}; leave one of them out"
    return None


def _analysis(responses: Sequence[Response], table: Columns, samples: int, seed: int, **found: object) -> Analysis:
    positions = (responses[place].position for place in table.used)
    return Analysis(
        given=len(responses),
        n=len(table.y),
        customers=len(set(table.customers.tolist())),
        missing=table.missing,
        left_out=table.left_out,
        samples=samples,
        seed=seed,
        evidence=tuple(sorted(position for position in positions if position is not None)),
        **found,  # type: ignore[arg-type]
    )


def _performance(x: Floats, slopes: Floats) -> Floats:
    low, high = x.min(axis=0), x.max(axis=0)
    reached = (x.mean(axis=0) - low) / (high - low)
    turned: Floats = np.where(slopes < 0, 1 - reached, reached)
    return turned


def _quadrants(weights: Floats, reached: Floats, stable: NDArray[np.bool_]) -> list[Quadrant | None]:
    """Return the cell of each driver; where the sign is not stable it is not known which end is the good one."""
    if stable.sum() < 2:
        return [None] * len(weights)
    important, well = weights >= weights.mean(), reached >= reached[stable].mean()
    names: dict[tuple[bool, bool], Quadrant] = {
        (True, False): "concentrate here",
        (True, True): "keep up the good work",
        (False, False): "low priority",
        (False, True): "possible overkill",
    }
    return [
        names[bool(heavy), bool(high)] if known else None
        for heavy, high, known in zip(important, well, stable, strict=True)
    ]
