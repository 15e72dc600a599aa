"""What a summary is, and what it gives."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist
from typing import Any, Protocol, TypeAlias

from attrs import frozen

Interval: TypeAlias = tuple[float, float]

Z95 = NormalDist().inv_cdf(0.975)
"""How many standard errors each way hold 95 in 100."""


@frozen(kw_only=True)
class Figure:
    """What a summary makes of some values.

    Attributes:
        value: The figure; ``None`` where there is nothing to say.
        n: Of how many values: the unknown ones do not count.
        interval: 95 %, low and high; ``None`` where there is none, or the values are too few.
        method: How the interval was made.
        error: The standard error of the value; ``None`` where it has none.
        numerator: What the value is the quotient of; ``None`` where it is none.
        denominator: By what that was divided.
    """

    value: float | None
    n: int
    interval: Interval | None = None
    method: str = ""
    error: float | None = None
    numerator: float | None = None
    denominator: float | None = None


class Summary(Protocol):
    """From many values to one."""

    def of(self, values: Sequence[Any]) -> Figure:
        """Return the figure that *values*, in no order, come to."""
        ...


def known(values: Sequence[Any]) -> list[Any]:
    """Return the *values* that are known, in their order."""
    return [value for value in values if value is not None]


def known_pairs(values: Sequence[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    """Return the pairs of which both parts are known, in their order."""
    return [(left, right) for left, right in values if left is not None and right is not None]
