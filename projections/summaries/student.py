"""How many standard errors each way, where the error itself is estimated."""

from __future__ import annotations

import math
from statistics import NormalDist


def student(degrees: int, outside: float = 0.05) -> float:
    """Return the quantile of Student's t that leaves *outside*, both tails together, past it on either side.

    By Hill 1970 ("Algorithm 396: Student's t-quantiles", Communications of the ACM 13:10), good to six digits.

    Args:
        degrees: The degrees of freedom, 1 or more.
        outside: The probability outside, from 0 to 1, both excluded.

    Example:
        >>> [round(student(degrees), 3) for degrees in (1, 2, 10, 120)]
        [12.706, 4.303, 2.228, 1.98]
    """
    if degrees == 1:
        return 1 / math.tan(outside * math.pi / 2)
    if degrees == 2:
        return math.sqrt(2 / (outside * (2 - outside)) - 2)
    a = 1 / (degrees - 0.5)
    b = 48 / a**2
    c = ((20_700 * a / b - 98) * a - 16) * a + 96.36
    d = ((94.5 / (b + c) - 3) / b + 1) * math.sqrt(a * math.pi / 2) * degrees
    y = (d * outside) ** (2 / degrees)
    return math.sqrt(degrees * (_near(degrees, outside, a, b, c, d) if y > 0.05 + a else _far(degrees, y, d)))


def _near(degrees: int, outside: float, a: float, b: float, c: float, d: float) -> float:
    """Expand about the normal distribution."""
    x = NormalDist().inv_cdf(outside / 2)
    y = x * x
    if degrees < 5:
        c += 0.3 * (degrees - 4.5) * (x + 0.6)
    c += (((0.05 * d * x - 5) * x - 7) * x - 2) * x + b
    y = (((((0.4 * y + 6.3) * y + 36) * y + 94.5) / c - y - 3) / b + 1) * x
    return math.expm1(a * y * y)


def _far(degrees: int, y: float, d: float) -> float:
    """Expand about the tail."""
    tail = 1 / (((degrees + 6) / (degrees * y) - 0.089 * d - 0.822) * (degrees + 2) * 3) + 0.5 / (degrees + 4)
    return (tail * y - 1) * (degrees + 1) / (degrees + 2) + 1 / y
