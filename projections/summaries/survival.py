"""How long things last when some last still: the open ones count as what they are, not as what is missing."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

from attrs import field, frozen
from attrs.validators import gt, lt

from ventanilla.projections.summaries.figure import Z95, Figure, Interval, known

Life: TypeAlias = "tuple[float, bool]"
"""How long something has lasted, and whether it is over."""


@frozen
class Survival:
    """The time by which a part of all will be over, estimated from those that are over and those that are not.

    Of pairs of a time and whether it is over then.

    Attributes:
        part: Which part, between 0 and 1; 0.5 is the median.
    """

    part: float = field(default=0.5, validator=[gt(0), lt(1)])

    def of(self, values: Sequence[Any]) -> Figure:
        """See :meth:`Summary.of`.

        By Kaplan and Meier 1958 ("Nonparametric estimation from incomplete observations"): the first time at which
        the estimated part that lasts is 1 - part or less; ``None`` where so few are over that it is never that small.
        The interval is that of Brookmeyer and Crowley 1982 on the log-log scale; ``None`` where an end of it lies
        past what was seen.
        """
        lives = known(values)
        left, value, low, high = 1 - self.part, None, None, None
        for time, lasting, error in steps(lives):
            below, above = _around(lasting, error)
            value = time if value is None and lasting <= left + 1e-12 else value
            low = time if low is None and below <= left else low
            high = time if high is None and above <= left else high
        interval: Interval | None = None if value is None or low is None or high is None else (low, high)
        return Figure(value=value, n=len(lives), interval=interval, method="Kaplan-Meier" if interval else "")


def steps(lives: Sequence[Life]) -> Iterator[tuple[float, float, float]]:
    """Yield each time at which something was over, the estimated part that lasts longer, and Greenwood's sum there.

    Example:
        >>> [(time, round(lasting, 3)) for time, lasting, _ in steps([(1, True), (2, False), (3, True)])]
        [(1, 0.667), (3, 0.0)]
    """
    over = Counter(time for time, is_over in lives if is_over)
    gone = Counter(time for time, _ in lives)
    there, lasting, greenwood = len(lives), 1.0, 0.0
    for time in sorted(gone):
        if ended := over[time]:
            lasting *= (there - ended) / there
            greenwood += ended / (there * (there - ended)) if there > ended else math.inf
            yield time, lasting, greenwood
        there -= gone[time]


def mean_life(lives: Sequence[Life]) -> float:
    """Return how long they last on average, as far as was seen: the area under the curve of those that last.

    Where the longest lasts still, that is less than the true mean: nobody knows how long it will. Nothing lasts 0.

    Example:
        >>> mean_life([(1, True), (3, True)]), mean_life([(2, False)])
        (2.0, 2.0)
    """
    area, since, lasting = 0.0, 0.0, 1.0
    for time, then, _ in steps(lives):
        area += lasting * (time - since)
        since, lasting = time, then
    return area + lasting * (max((time for time, _ in lives), default=0.0) - since)


def _around(lasting: float, greenwood: float) -> Interval:
    """Return the 95 % interval of the part that lasts: none at its ends, where the scale has none."""
    if not 0 < lasting < 1:
        return lasting, lasting
    half = Z95 * math.sqrt(greenwood) / abs(math.log(lasting))
    return lasting ** math.exp(half), lasting ** math.exp(-half)
