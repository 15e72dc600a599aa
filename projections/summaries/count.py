"""How many, and how much."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from attrs import frozen

from ventanilla.projections.summaries.figure import Figure, known


@frozen
class Count:
    """How many rows there are. A count of what is in the log is no sample: it has no interval."""

    def of(self, values: Sequence[Any]) -> Figure:
        """See :meth:`Summary.of`. Nothing counted is 0, and known to be."""
        return Figure(value=len(values), n=len(values))


@frozen
class Distinct:
    """How many different values there are among the known ones; ``of(["a", "b", "a"])`` is 2."""

    def of(self, values: Sequence[Any]) -> Figure:
        """See :meth:`Summary.of`. Among no rows there are 0; among rows of which nothing is known nobody knows."""
        found = known(values)
        return Figure(value=None if values and not found else len(set(found)), n=len(found))


@frozen
class Sum:
    """How much the known values come to."""

    def of(self, values: Sequence[Any]) -> Figure:
        """See :meth:`Summary.of`. No rows come to 0; rows of which nothing is known come to nobody knows what."""
        found = known(values)
        return Figure(value=None if values and not found else total(found), n=len(found))


def total(values: Sequence[Any]) -> float:
    """Return the sum of *values*, the same in whatever order they come; whole numbers stay whole."""
    return sum(values) if all(isinstance(value, int) for value in values) else math.fsum(values)
