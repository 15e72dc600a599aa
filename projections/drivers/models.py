"""The two regressions: least squares with robust errors, and an ordered logit as a check. Needs statsmodels."""

from __future__ import annotations

import warnings
from typing import Literal

from attrs import frozen

from ventanilla.core.errors import Unavailable
from ventanilla.projections.drivers.bootstrap import Integers
from ventanilla.projections.drivers.weights import Floats

try:
    import numpy as np
    from statsmodels.miscmodels.ordinal_model import OrderedModel  # type: ignore[import-untyped]
    from statsmodels.regression.linear_model import OLS  # type: ignore[import-untyped]
    from statsmodels.stats.multitest import multipletests  # type: ignore[import-untyped]
except ModuleNotFoundError as error:
    raise Unavailable(f"driver analysis needs {error.name}: pip install 'ventanilla[drivers]'") from error

MOST_LEVELS = 21
"""With more different scores than that, the score is no scale with steps, and the ordered logit is left out."""


@frozen(kw_only=True)
class LeastSquares:
    """What least squares on standardised columns gave.

    Attributes:
        errors: What the errors allow for.
        r2: R².
        coefficients: One a driver.
        lows: The lower ends of their 95 % intervals.
        highs: The upper ends.
        p: Their p values, corrected after Holm.
    """

    errors: Literal["HC3", "by customer"]
    r2: float
    coefficients: Floats
    lows: Floats
    highs: Floats
    p: Floats


def least_squares(x: Floats, y: Floats, customers: Integers) -> LeastSquares:
    """Return the coefficients of standardised columns, with errors that allow for unequal spread (HC3).

    Where customers answered several times, the errors are clustered by customer instead.
    """
    design = np.column_stack([np.ones(len(y)), standardise(x)])
    repeat = int(customers.max()) + 1 < len(customers)
    model = OLS(standardise(y), design)
    if repeat:
        fitted = model.fit(cov_type="cluster", cov_kwds={"groups": customers}, use_t=True)
    else:
        fitted = model.fit(cov_type="HC3", use_t=True)
    interval = np.asarray(fitted.conf_int(0.05), np.float64)[1:]
    return LeastSquares(
        errors="by customer" if repeat else "HC3",
        r2=float(fitted.rsquared),
        coefficients=np.asarray(fitted.params, np.float64)[1:],
        lows=interval[:, 0],
        highs=interval[:, 1],
        p=np.asarray(multipletests(np.asarray(fitted.pvalues)[1:], method="holm")[1], np.float64),
    )


def ordered_logit(x: Floats, y: Floats) -> Floats | str:
    """Return the coefficients of an ordered logit on standardised columns, or why there are none, in words."""
    levels, steps = np.unique(y, return_inverse=True)
    if len(levels) > MOST_LEVELS:
        return f"the score has {len(levels):,} different values"
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # whether it came to an end is looked at
        try:
            model = OrderedModel(steps, standardise(x), distr="logit")
            fitted = model.fit(method="bfgs", maxiter=500, disp=False, skip_hessian=True)
        except (np.linalg.LinAlgError, ValueError, FloatingPointError):
            return "it could not be fitted"
    found = np.asarray(fitted.params, np.float64)[: x.shape[1]]
    if not fitted.mle_retvals["converged"] or not np.isfinite(found).all():
        return "it did not converge"
    return found


def standardise(columns: Floats) -> Floats:
    """Return *columns* with mean 0 and standard deviation 1."""
    found: Floats = (columns - columns.mean(axis=0)) / columns.std(axis=0)
    return found
