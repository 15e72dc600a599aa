"""From many values to one, with an interval that says how far to trust it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import Any, Protocol, TypeAlias

from attrs import field, frozen
from attrs.validators import ge, le

Interval: TypeAlias = tuple[float, float]

_Z95 = NormalDist().inv_cdf(0.975)


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


@frozen
class Count:
    """How many rows there are. A count of what is in the log is no sample: it has no interval."""

    def of(self, values: Sequence[Any]) -> Figure:
        """See :meth:`Summary.of`. Nothing counted is 0, and known to be."""
        return Figure(value=len(values), n=len(values))


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
        ordered = sorted(value for value in values if value is not None)
        if not ordered:
            return Figure(value=None, n=0)
        place = self.part * (len(ordered) - 1)
        low = math.floor(place)
        high = min(low + 1, len(ordered) - 1)
        value = ordered[low] + (ordered[high] - ordered[low]) * (place - low)
        interval = _between_order_statistics(ordered, self.part)
        return Figure(value=value, n=len(ordered), interval=interval, method="order statistics" if interval else "")


def wilson(hits: int, n: int) -> Interval:
    """Return the 95 % score interval of the share *hits* of *n* (Wilson 1927; Newcombe 1998, method 3).

    Example:
        >>> [round(edge, 4) for edge in wilson(81, 263)]
        [0.2553, 0.3662]
    """
    share, z2 = hits / n, _Z95**2
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z95 / (1 + z2 / n) * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    # At the ends the formula gives 0 and 1 but for the last bit.
    return (middle - half if hits else 0.0), (middle + half if hits < n else 1.0)


def _between_order_statistics(ordered: Sequence[float], part: float) -> Interval | None:
    n = len(ordered)
    half = _Z95 * math.sqrt(n * part * (1 - part))
    low, high = math.floor(n * part - half), math.ceil(n * part + half) + 1
    return (ordered[low - 1], ordered[high - 1]) if low >= 1 and high <= n else None
