"""Parts of a whole."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from attrs import frozen

from ventanilla.projections.summaries.figure import Z95, Figure, Interval


@frozen
class Share:
    """The part of yes-or-no values that are yes, 0 to 1; the unknown counts as no."""

    def of(self, values: Sequence[Any]) -> Figure:
        """See :meth:`Summary.of`. Of nothing there is no share."""
        n, hits = len(values), sum(map(bool, values))
        if not n:
            return Figure(value=None, n=0, numerator=0, denominator=0)
        share = hits / n
        return Figure(
            value=share,
            n=n,
            interval=wilson(hits, n),
            method="Wilson",
            error=math.sqrt(share * (1 - share) / n),
            numerator=hits,
            denominator=n,
        )


def wilson(hits: int, n: int) -> Interval:
    """Return the 95 % score interval of the share *hits* of *n* (Wilson 1927; Newcombe 1998, method 3).

    Example:
        >>> [round(edge, 4) for edge in wilson(81, 263)]
        [0.2553, 0.3662]
    """
    share, z2 = hits / n, Z95**2
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = Z95 / (1 + z2 / n) * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    # At the ends the formula gives 0 and 1 but for the last bit.
    return (middle - half if hits else 0.0), (middle + half if hits < n else 1.0)
