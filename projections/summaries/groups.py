"""Figures of groups of rows: of customers who came several times, of agents with several tickets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
from attrs import frozen

from ventanilla.projections.summaries.count import total
from ventanilla.projections.summaries.figure import Figure, known_pairs
from ventanilla.projections.summaries.poisson import poisson
from ventanilla.projections.summaries.share import Share


@frozen
class Arrivals:
    """How many rows there are, taken as a sample of how many come: with the interval of a count of chance events."""

    def of(self, values: Sequence[Any]) -> Figure:
        """See :meth:`Summary.of`. Nothing counted is 0, and known to be; what comes in bursts varies more."""
        n = len(values)
        return Figure(value=n, n=n, interval=poisson(n), method="Poisson")


@frozen
class ShareOfGroups:
    """The part of groups all of whose values are yes, 0 to 1. Of pairs of a group and a yes or no."""

    def of(self, values: Sequence[Any]) -> Figure:
        """See :meth:`Summary.of`. Each group counts once, however often it is there."""
        pairs, groups = known_pairs(values), dict[Any, bool]()
        for group, value in pairs:
            groups[group] = groups.get(group, True) and bool(value)
        return attrs.evolve(Share().of(list(groups.values())), n=len(pairs))


@frozen
class PerGroup:
    """The sum of values by the number of groups that there are. Of pairs of a value and a group."""

    def of(self, values: Sequence[Any]) -> Figure:
        """See :meth:`Summary.of`. Of no group there is none. The interval takes the values as counts (Poisson)."""
        pairs = known_pairs(values)
        whole, groups = total([value for value, _ in pairs]), len({group for _, group in pairs})
        if not groups:
            return Figure(value=None, n=0, numerator=0, denominator=0)
        low, high = poisson(round(whole))
        return Figure(
            value=whole / groups,
            n=len(pairs),
            interval=(low / groups, high / groups),
            method="Poisson",
            numerator=whole,
            denominator=groups,
        )
