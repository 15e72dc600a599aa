"""Where in the order of all values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from attrs import field, frozen
from attrs.validators import ge, le

from ventanilla.projections.summaries.figure import Z95, Figure, Interval, known


@frozen
class Quantile:
    """The value below which a part of all known values lie.

    Attributes:
        part: Which part, 0 to 1; 0.5 is the median.
    """

    part: float = field(validator=[ge(0), le(1)])

    def of(self, values: Sequence[Any]) -> Figure:
        """See :meth:`Summary.of`.

        Between two values it lies on the straight line (Hyndman and Fan 1996, definition 7, which spreadsheets,
        numpy and pandas use by default). The interval needs no assumption on the distribution: it runs between order
        statistics (Conover 1999, section 3.2); too few values have none.
        """
        ordered = sorted(known(values))
        if not ordered:
            return Figure(value=None, n=0)
        place = self.part * (len(ordered) - 1)
        low = math.floor(place)
        high = min(low + 1, len(ordered) - 1)
        value = ordered[low] + (ordered[high] - ordered[low]) * (place - low)
        interval = _between_order_statistics(ordered, self.part)
        return Figure(value=value, n=len(ordered), interval=interval, method="order statistics" if interval else "")


def _between_order_statistics(ordered: Sequence[float], part: float) -> Interval | None:
    n = len(ordered)
    half = Z95 * math.sqrt(n * part * (1 - part))
    low, high = math.floor(n * part - half), math.ceil(n * part + half) + 1
    return (ordered[low - 1], ordered[high - 1]) if low >= 1 and high <= n else None
