"""The same table drawn again and again, whole customers at a time. Needs numpy (extra ``drivers``)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from ventanilla.core.errors import Unavailable
from ventanilla.projections.drivers.weights import Floats

try:
    import numpy as np
    from numpy.typing import NDArray
except ModuleNotFoundError as error:
    raise Unavailable(f"driver analysis needs {error.name}: pip install 'ventanilla[drivers]'") from error

Integers: TypeAlias = NDArray[np.int64]

_SAMPLES_AT_ONCE = 100
_ROWS_AT_ONCE = 8_192


def resample(
    x: Floats,
    y: Floats,
    customers: Integers,
    *,
    samples: int,
    seed: int,
    tell: Callable[[int, int], None] = lambda *_: None,
) -> tuple[Floats, Floats]:
    """Return the correlations among the columns of *x*, and of each with *y*, in each bootstrap sample.

    A column that is constant in a sample is related to nothing there.

    Args:
        x: The drivers, rows by drivers.
        y: The score.
        customers: Who gave each row: 0, 1, 2, …; all rows of a customer are drawn together.
        samples: How many samples.
        seed: The same seed gives the same samples.
        tell: Is told how many samples are drawn, and of how many.
    """
    table = np.column_stack([x, y])
    table = (table - table.mean(axis=0)) / table.std(axis=0)
    table = np.column_stack([np.ones(len(y)), table])
    random = np.random.default_rng(seed)
    people = int(customers.max()) + 1
    found = []
    for start in range(0, samples, _SAMPLES_AT_ONCE):
        some = min(_SAMPLES_AT_ONCE, samples - start)
        drawn = random.integers(0, people, size=(some, people)) + people * np.arange(some)[:, None]
        times = np.bincount(drawn.ravel(), minlength=some * people).reshape(some, people)
        found.append(_correlations(table, times, customers))
        tell(start + some, samples)
    whole = np.concatenate(found)
    return whole[:, :-1, :-1], whole[:, :-1, -1]


def _correlations(table: Floats, times: Integers, customers: Integers) -> Floats:
    width = table.shape[1]
    sums = np.zeros((len(times), width * width))
    for start in range(0, len(table), _ROWS_AT_ONCE):
        rows = slice(start, start + _ROWS_AT_ONCE)
        products = (table[rows, :, None] * table[rows, None, :]).reshape(-1, width * width)
        sums += times[:, customers[rows]].astype(np.float64) @ products
    moments = sums.reshape(-1, width, width) / sums[:, :1, None]
    means = moments[:, 0, 1:]
    spread = moments[:, 1:, 1:] - means[:, :, None] * means[:, None, :]
    variance = np.diagonal(spread, axis1=1, axis2=2)
    varies = variance > 1e-9
    scale = np.where(varies, 1.0 / np.sqrt(np.where(varies, variance, 1.0)), 0.0)
    found: Floats = spread * scale[:, :, None] * scale[:, None, :]
    places = np.arange(width - 1)
    found[:, places, places] = 1.0
    return found
