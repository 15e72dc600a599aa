"""Quotients of sums: what many rows come to, divided by what they come to otherwise."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from attrs import field, frozen
from attrs.validators import gt

from ventanilla.projections.summaries.count import total
from ventanilla.projections.summaries.figure import Figure, known_pairs
from ventanilla.projections.summaries.mean import around
from ventanilla.projections.summaries.poisson import poisson


@frozen
class Ratio:
    """The sum of the first parts of pairs by that of the second: never a mean of quotients."""

    def of(self, values: Sequence[Any]) -> Figure:
        """See :meth:`Summary.of`. Where the second parts come to 0 there is none.

        The interval is Student's, round the standard error of a ratio of means (Cochran 1977, section 2.11); fewer
        than two pairs have none, nor have pairs whose quotients are all alike.
        """
        pairs = known_pairs(values)
        n, over, under = len(pairs), total([pair[0] for pair in pairs]), total([pair[1] for pair in pairs])
        if not under:
            return Figure(value=None, n=n, numerator=over, denominator=under)
        value = over / under
        squares = math.fsum((one - value * other) ** 2 for one, other in pairs)
        error = math.sqrt(squares * n / (n - 1)) / abs(under) if n > 1 else 0.0
        return Figure(
            value=value,
            n=n,
            interval=around(value, error, n - 1) if error else None,
            method="ratio of means, Student t" if error else "",
            error=error or None,
            numerator=over,
            denominator=under,
        )


@frozen
class RatioOfKnown:
    """A :class:`Ratio`, where some row tells its base. Of pairs of such a pair and whether the row tells the base.

    Attributes:
        lacking: Why there is no figure where no row does, in place of a method.
    """

    lacking: str

    def of(self, values: Sequence[Any]) -> Figure:
        """See :meth:`Summary.of`. What the rows come to without the base is no part of it: there is no figure."""
        if not any(tells for _, tells in values):
            return Figure(value=None, n=0, method=self.lacking)
        return Ratio().of([pair for pair, _ in values])


@frozen
class Rate:
    """How many events there are to a base, such as tickets to a thousand customers. Of pairs of events and base.

    Attributes:
        per: To how much of the base.
    """

    per: float = field(default=1, validator=gt(0))

    def of(self, values: Sequence[Any]) -> Figure:
        """See :meth:`Summary.of`. Where the base comes to 0 there is none.

        The interval takes events to come singly, each on its own (Poisson), and is exact for them; those that come in
        bursts vary more.
        """
        pairs = known_pairs(values)
        events, base = total([pair[0] for pair in pairs]), total([pair[1] for pair in pairs])
        if not base:
            return Figure(value=None, n=len(pairs), numerator=events, denominator=base)
        scale = self.per / base
        low, high = poisson(round(events))
        return Figure(
            value=events * scale,
            n=len(pairs),
            interval=(low * scale, high * scale),
            method="Poisson",
            error=math.sqrt(events) * scale,
            numerator=events,
            denominator=base,
        )
