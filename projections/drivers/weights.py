"""How R² is shared out among drivers that are related to each other. Needs numpy (extra ``drivers``).

All functions take correlations: ``among`` the drivers (p by p) and of each with the score (p).
"""

from __future__ import annotations

from itertools import combinations
from math import factorial
from typing import TypeAlias

from ventanilla.core.errors import Unavailable

try:
    import numpy as np
    from numpy.typing import NDArray
except ModuleNotFoundError as error:
    raise Unavailable(f"driver analysis needs {error.name}: pip install 'ventanilla[drivers]'") from error

Floats: TypeAlias = NDArray[np.float64]

_NOTHING = 1e-10  # an eigenvalue below it is none: the drivers say the same thing twice


def correlate(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Return the correlations among the columns of *x* and of each with *y*; none of them may be constant."""
    found: Floats = np.asarray(np.corrcoef(np.column_stack([x, y]), rowvar=False), np.float64)
    return found[:-1, :-1], found[:-1, -1]


def johnson(among: Floats, with_score: Floats) -> Floats:
    """Return the relative weights: the part of R² that belongs to each driver; they sum to R².

    Johnson 2000, *A heuristic method for estimating the relative weight of predictor variables in multiple regression*.
    Further axes in front (many bootstrap samples) are worked on at once.

    Example:
        >>> johnson(np.eye(2), np.array([0.6, 0.3])).round(4)
        array([0.36, 0.09])
    """
    values, vectors = np.linalg.eigh(among)
    kept = values > _NOTHING
    root = np.sqrt(np.where(kept, values, 0.0))
    inverse = np.where(kept, 1.0 / np.where(kept, root, 1.0), 0.0)
    loadings = _compose(vectors, root)
    orthogonal = _apply(_compose(vectors, inverse), with_score)
    return _apply(loadings**2, orthogonal**2)


def coefficients(among: Floats, with_score: Floats) -> Floats:
    """Return the standardised coefficients of least squares; further axes in front are worked on at once."""
    values, vectors = np.linalg.eigh(among)
    kept = values > _NOTHING
    return _apply(_compose(vectors, np.where(kept, 1.0 / np.where(kept, values, 1.0), 0.0)), with_score)


def shapley(among: Floats, with_score: Floats) -> Floats:
    """Return each driver's part of R², averaged over all orders in which they may be added; they sum to R².

    Lindeman, Merenda and Gold 1980 (LMG), the Shapley value of R². Looks at all 2^p subsets: for 15 drivers at most.

    Example:
        >>> shapley(np.eye(2), np.array([0.6, 0.3])).round(4)
        array([0.36, 0.09])
    """
    p = len(with_score)
    r2 = np.zeros(1 << p)
    size = np.zeros(1 << p, np.int64)
    for k in range(1, p + 1):
        chosen = np.array(list(combinations(range(p), k)))
        of_score = with_score[chosen]
        inside = among[chosen[:, :, None], chosen[:, None, :]]
        masks = (1 << chosen).sum(axis=1)
        r2[masks] = (of_score * np.linalg.solve(inside, of_score[..., None])[..., 0]).sum(axis=1)
        size[masks] = k
    orders = np.array([factorial(k) * factorial(p - k - 1) / factorial(p) for k in range(p)])
    every = np.arange(1 << p)
    parts = []
    for driver in range(p):
        without = every[every & (1 << driver) == 0]
        parts.append((orders[size[without]] * (r2[without | (1 << driver)] - r2[without])).sum())
    return np.array(parts)


def inflation(among: Floats) -> Floats:
    """Return the variance inflation factor of each driver."""
    return np.diagonal(np.linalg.inv(among)).astype(np.float64)


def _compose(vectors: Floats, values: Floats) -> Floats:
    return (vectors * values[..., None, :]) @ np.swapaxes(vectors, -1, -2)


def _apply(matrix: Floats, vector: Floats) -> Floats:
    found: Floats = (matrix @ vector[..., None])[..., 0]
    return found
