"""What a customer is worth over their lifetime, in one currency: amounts of several are never added up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from attrs import frozen

from ventanilla.projections.summaries.count import total
from ventanilla.projections.summaries.figure import Figure, known
from ventanilla.projections.summaries.poisson import poisson
from ventanilla.projections.summaries.survival import mean_life

SEVERAL = "several currencies: ask for one, or cut by currency"
"""Why there is no figure, in place of a method."""


@frozen
class HistoricValue:
    """What customers spend a year, times the years that they stay. Of ``(currency, spent, years, left)``.

    It is mean order value times orders a year times lifetime in years: the orders cancel out.
    """

    def of(self, values: Sequence[Any]) -> Figure:
        """See :meth:`Summary.of`.

        The lifetime is the mean of a Kaplan-Meier estimate, since customers who are here still have lived a part of
        theirs. Without any time there is no figure; of several currencies neither.
        """
        lives = known(values)
        if len({currency for currency, *_ in lives}) > 1:
            return Figure(value=None, n=len(lives), method=SEVERAL)
        spent, years = total([one[1] for one in lives]), total([one[2] for one in lives])
        if not years:
            return Figure(value=None, n=len(lives), numerator=spent, denominator=years)
        lifetime = mean_life([(one[2], one[3]) for one in lives])
        return Figure(value=spent / years * lifetime, n=len(lives), numerator=spent, denominator=years)


@frozen
class ContractValue:
    """What a subscription brings a month, by the part that ends a month. Of ``(currency, monthly, months, ended)``.

    Attributes:
        margin: Which part of the price is margin, 0 to 1.
    """

    margin: float = 1.0

    def of(self, values: Sequence[Any]) -> Figure:
        """See :meth:`Summary.of`.

        The lifetime is 1 / churn, churn the endings by the months that all have run. While none has ended there is no
        figure. The interval is that of the number of endings (Poisson); the prices are taken as they are.
        """
        lives = known(values)
        if len({currency for currency, *_ in lives}) > 1:
            return Figure(value=None, n=len(lives), method=SEVERAL)
        months, ended = total([one[2] for one in lives]), sum(one[3] for one in lives)
        if not ended or not months:
            return Figure(value=None, n=len(lives))
        monthly = self.margin * total([one[1] for one in lives]) / len(lives)
        few, many = poisson(ended)
        return Figure(
            value=monthly * months / ended,
            n=len(lives),
            interval=(monthly * months / many, monthly * months / few),
            method="Poisson, of the endings",
            numerator=monthly,
            denominator=ended / months,
        )
