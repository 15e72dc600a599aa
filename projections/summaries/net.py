"""Those for less those against."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from attrs import field, frozen

from ventanilla.projections.summaries.figure import Z95, Figure, Interval, known


def _below_high(net: Net, _: object, low: float) -> None:
    if not low < net.high:
        raise ValueError(f"'low' must be less than 'high', which is {net.high}: {low}")


@frozen
class Net:
    """The percentage of high scores less that of low ones, -100 to 100: ``Net(9, 6)`` is a Net Promoter Score.

    Attributes:
        high: The least score that counts for.
        low: The greatest score that counts against; what lies between counts as neither.
    """

    high: float
    low: float = field(validator=_below_high)

    def of(self, values: Sequence[Any]) -> Figure:
        """See :meth:`Summary.of`. Of nothing known there is none."""
        scores = known(values)
        n = len(scores)
        if not n:
            return Figure(value=None, n=0, numerator=0, denominator=0)
        up, down = sum(score >= self.high for score in scores), sum(score <= self.low for score in scores)
        return Figure(
            value=100 * (up - down) / n,
            n=n,
            interval=adjusted_wald(up, down, n),
            method="adjusted Wald",
            error=_error(up, down, n),
            numerator=up - down,
            denominator=n,
        )


def adjusted_wald(up: int, down: int, n: int) -> Interval:
    """Return the 95 % interval of 100 (*up* - *down*) / *n*.

    As Rocks 2016 recommends ("Interval estimation for the Net Promoter Score", The American Statistician 70:4): three
    quarters of an answer are added to each of *up* and *down*, and three answers in all, so that it has a width even
    where all answers are alike. It ends at -100 and 100, and is stretched to the score itself where it would not reach,
    as of a single answer.

    Example:
        >>> [round(edge, 1) for edge in adjusted_wald(60, 20, 100)]
        [23.4, 54.3]
    """
    value, middle = 100 * (up - down) / n, 100 * (up - down) / (n + 3)
    half = Z95 * _error(up + 0.75, down + 0.75, n + 3)
    return max(-100.0, min(value, middle - half)), min(100.0, max(value, middle + half))


def _error(up: float, down: float, n: float) -> float:
    """Return the standard error of a difference of shares of one sample, in points: each answer is 1, 0 or -1."""
    # Of alike answers the difference is 0 but for the last bit.
    return 100 * math.sqrt(max(0.0, up / n + down / n - ((up - down) / n) ** 2) / n)
