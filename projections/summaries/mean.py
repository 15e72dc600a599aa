"""Means: of values, and how far apart those of groups lie."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from attrs import field, frozen
from attrs.validators import ge

from ventanilla.projections.summaries.count import total
from ventanilla.projections.summaries.figure import Figure, Interval, known, known_pairs
from ventanilla.projections.summaries.student import student


@frozen
class Mean:
    """The mean of all known values. Of times, which are skewed, show a median beside it."""

    def of(self, values: Sequence[Any]) -> Figure:
        """See :meth:`Summary.of`.

        The interval is Student's. Fewer than two values have none, nor have values that are all alike: they do not
        say how much they vary.
        """
        found = known(values)
        n = len(found)
        if not n:
            return Figure(value=None, n=0, numerator=0, denominator=0)
        whole = total(found)
        value = whole / n
        error = math.sqrt(math.fsum((one - value) ** 2 for one in found) / (n - 1) / n) if n > 1 else 0.0
        return Figure(
            value=value,
            n=n,
            interval=around(value, error, n - 1) if error else None,
            method="Student t" if error else "",
            error=error or None,
            numerator=whole,
            denominator=n,
        )


@frozen
class Spread:
    """How far the means of groups lie apart: the greatest less the least. Of pairs of a group and a value.

    Attributes:
        fewest: How many known values a group has at least, to count.
    """

    fewest: int = field(default=30, validator=ge(1))

    def of(self, values: Sequence[Any]) -> Figure:
        """See :meth:`Summary.of`. Of fewer than two groups that count there is none."""
        groups: dict[Any, list[Any]] = {}
        for group, value in known_pairs(values):
            groups.setdefault(group, []).append(value)
        enough = [group for group in groups.values() if len(group) >= self.fewest]
        means = [total(group) / len(group) for group in enough]
        return Figure(value=max(means) - min(means) if len(means) > 1 else None, n=sum(map(len, enough)))


@frozen
class Gap:
    """The mean of some values less that of others. Of pairs of whether it is one of the others, and a value."""

    def of(self, values: Sequence[Any]) -> Figure:
        """See :meth:`Summary.of`. Where either has no known value there is none.

        The interval is Welch's ("The generalization of Student's problem when several different population variances
        are involved", Biometrika 34, 1947); it takes two values of each, and some that differ.
        """
        pairs = known_pairs(values)
        ours, others = (Mean().of([value for other, value in pairs if bool(other) is which]) for which in (False, True))
        if ours.value is None or others.value is None:
            return Figure(value=None, n=len(pairs))
        value, error = ours.value - others.value, math.hypot(ours.error or 0, others.error or 0)
        if not error or min(ours.n, others.n) < 2:
            return Figure(value=value, n=len(pairs))
        parts = [(one.error or 0) ** 4 / (one.n - 1) for one in (ours, others)]
        # Rounded down, which errs towards the wider interval.
        interval = around(value, error, max(1, math.floor(error**4 / sum(parts))))
        return Figure(value=value, n=len(pairs), interval=interval, method="Welch", error=error)


def around(value: float, error: float, degrees: int) -> Interval:
    """Return Student's 95 % interval round *value*."""
    half = student(degrees) * error
    return value - half, value + half
