"""What customers without a contract will buy: the models BG/NBD and gamma-gamma. Needs scipy (extra ``drivers``).

Nobody sees when such a customer leaves, so it is estimated from how often they came back, how lately and since when.

Source: Fader, Hardie and Lee, "Counting Your Customers" the Easy Way, Marketing Science 24 (2005); Fader and Hardie,
The Gamma-Gamma Model of Monetary Value (2013).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import fsum
from typing import Any

from attrs import frozen

from ventanilla.core.errors import NotUnderstood, Unavailable
from ventanilla.projections.custom import Buyer, Custom

try:
    import numpy as np
    from scipy.optimize import minimize  # type: ignore[import-untyped]
    from scipy.special import gammaln, hyp2f1  # type: ignore[import-untyped]
except ModuleNotFoundError as error:
    raise Unavailable(f"models of custom need {error.name}: pip install 'ventanilla[drivers]'") from error


_BESIDE = 1e-7


@frozen(kw_only=True)
class Buying:
    """The model BG/NBD, fitted: how often customers buy, and when they leave.

    While here, a customer buys at a rate of their own, gamma-distributed (``r``, ``alpha``); after each purchase they
    leave with a probability of their own, beta-distributed (``a``, ``b``).
    """

    r: float
    alpha: float
    a: float
    b: float

    def expected(self, customer: Custom, ahead: float) -> float:
        """Return how many purchases *customer* is expected to make in the time *ahead* (equation 10 of 2005)."""
        r, alpha, b = self.r, self.alpha, self.b
        a = self.a if abs(self.a - 1) > _BESIDE else 1 + _BESIDE  # at 1 it is 0 / 0, and the limit is there
        x, now = customer.returns, alpha + customer.age
        whole = (a + b + x - 1) / (a - 1)
        share = (now / (now + ahead)) ** (r + x)
        found: float = whole * (1 - share * float(hyp2f1(r + x, b + x, a + b + x - 1, ahead / (now + ahead))))
        return found / (1 + self._gone(customer))

    def here(self, customer: Custom) -> float:
        """Return the probability that *customer* has not left; 1 for who never came back: one can leave only then."""
        return 1.0 / (1.0 + self._gone(customer))

    def _gone(self, customer: Custom) -> float:
        """Return the odds that the last purchase was the last one."""
        if not customer.returns:
            return 0.0
        since = (self.alpha + customer.age) / (self.alpha + customer.last)
        return float(self.a / (self.b + customer.returns - 1) * since ** (self.r + customer.returns))


@frozen(kw_only=True)
class Spending:
    """The gamma-gamma model, fitted: what customers pay a time.

    The mean of a customer varies among them, and what they pay a time varies around it (shapes ``p`` and ``q``, scale
    ``v``); how often they buy says nothing of it.
    """

    p: float
    q: float
    v: float

    def expected(self, customer: Custom) -> float:
        """Return what *customer* is expected to pay a time; of who never came back, the mean of all."""
        times, spent = (customer.returns, customer.spent) if customer.spent is not None else (0, 0.0)
        return self.p * (self.v + times * spent) / (self.p * times + self.q - 1)


def fit_buying(customers: Sequence[Custom]) -> Buying:
    """Return the model that makes what *customers* did most likely.

    Raises:
        NotUnderstood: A customer cannot be, nobody came back, or no model fits better than all others.
    """
    for place, one in enumerate(customers):
        if one.returns < 0 or not 0 <= one.last <= one.age or bool(one.returns) != bool(one.last):
            raise NotUnderstood(f"customer {place}: {one.returns} returns, the last at {one.last} of {one.age}")
    if not any(one.returns for one in customers):
        raise NotUnderstood(f"none of {len(customers)} customers came back: there is nothing to fit")
    x, last, age = (np.array([getattr(one, name) for one in customers], float) for name in ("returns", "last", "age"))
    unit = float(age.max())
    last, age = last / unit, age / unit  # so that all parameters are of a size

    def likelihood(r: float, alpha: float, a: float, b: float) -> Any:
        known = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
        known += gammaln(a + b) + gammaln(b + x) - gammaln(b) - gammaln(a + b + x)
        stayed = -(r + x) * np.log(alpha + age)
        left = np.log(a) - np.log(b + np.maximum(x, 1) - 1) - (r + x) * np.log(alpha + last)
        return known + np.where(x > 0, np.logaddexp(stayed, left), stayed)

    r, alpha, a, b = _likeliest(likelihood, 4)
    return Buying(r=r, alpha=alpha * unit, a=a, b=b)


def fit_spending(customers: Sequence[Custom]) -> Spending:
    """Return the model that makes what *customers* spent most likely; who never came back is left out.

    Raises:
        NotUnderstood: Somebody spent nothing or less, nobody came back, or no model fits better than all others.
    """
    known = [(one.returns, one.spent) for one in customers if one.returns and one.spent is not None]
    if not known:
        raise NotUnderstood(f"of none of {len(customers)} customers it is known what they spent: nothing to fit")
    if least := [spent for _, spent in known if spent <= 0]:
        raise NotUnderstood(f"{least[0]} was spent a time: the model is of what is paid")
    x, spent = (np.array(column, float) for column in zip(*known, strict=True))
    unit = float(spent.mean())
    spent = spent / unit

    def likelihood(p: float, q: float, v: float) -> Any:
        found = gammaln(p * x + q) - gammaln(p * x) - gammaln(q) + q * np.log(v)
        return found + (p * x - 1) * np.log(spent) + p * x * np.log(x) - (p * x + q) * np.log(v + x * spent)

    p, q, v = _likeliest(likelihood, 3)
    return Spending(p=p, q=q, v=v * unit)


@frozen(kw_only=True)
class Expectation:
    """What is expected of a customer.

    Attributes:
        buyer: The customer, and what they bought up to now.
        here: The probability that they have not left.
        purchases: How many more days they will buy on.
        spend: What they will pay a time; ``None``: it cannot be told.
        value: What they will pay in all; ``None``: it cannot be told.
    """

    buyer: Buyer
    here: float
    purchases: float
    spend: float | None
    value: float | None


@frozen(kw_only=True)
class Lifetimes:
    """What is expected of customers.

    Attributes:
        ahead: In how many days.
        buying: How often they buy, and when they leave, in days.
        spending: What they pay a time, in the currency's smallest unit; ``None``: it cannot be told.
        why_not: Why it cannot; empty where it can.
        purchases: How many times all will buy.
        value: What all will pay; ``None``: it cannot be told.
        expectations: Each customer: who is worth most first, or who comes most often; then by id.
    """

    ahead: float
    buying: Buying
    spending: Spending | None
    why_not: str = ""
    purchases: float
    value: float | None
    expectations: Sequence[Expectation]


def lifetimes(buyers: Sequence[Buyer], ahead: float) -> Lifetimes:
    """Return what is expected of *buyers*, all in one currency, in the days *ahead*.

    Money that is paid later counts as much as money that is paid now.

    Raises:
        NotUnderstood: How often they buy cannot be told: nobody came back, or no model fits better than all others.
    """
    customs = [one.custom for one in buyers]
    buying, spending, why_not = fit_buying(customs), None, ""
    try:
        spending = fit_spending(customs)
        if spending.q <= 1:
            spending, why_not = None, "what is paid a time varies so much among customers that it has no mean"
    except NotUnderstood as error:
        why_not = str(error)
    found = [_expectation(one, buying, spending, ahead) for one in buyers]
    found.sort(key=lambda one: (-(one.value or 0), -one.purchases, one.buyer.customer))
    return Lifetimes(
        ahead=ahead,
        buying=buying,
        spending=spending,
        why_not=why_not,
        purchases=fsum(one.purchases for one in found),
        value=None if spending is None else fsum(one.value or 0 for one in found),
        expectations=found,
    )


def _expectation(buyer: Buyer, buying: Buying, spending: Spending | None, ahead: float) -> Expectation:
    purchases = buying.expected(buyer.custom, ahead)
    spend = None if spending is None else spending.expected(buyer.custom)
    return Expectation(
        buyer=buyer,
        here=buying.here(buyer.custom),
        purchases=purchases,
        spend=spend,
        value=None if spend is None else purchases * spend,
    )


def _likeliest(likelihood: Callable[..., Any], parameters: int) -> list[float]:
    """Return the positive parameters with the greatest mean of *likelihood*."""
    found = minimize(
        lambda logs: -float(likelihood(*np.exp(logs)).mean()),
        np.zeros(parameters),
        method="L-BFGS-B",
        bounds=[(-15, 15)] * parameters,
        options={"ftol": 1e-14, "gtol": 1e-8},
    )
    if not found.success or np.abs(found.x).max() > 14:
        raise NotUnderstood("no model fits these customers: they are too few, or too much alike")
    return [float(one) for one in np.exp(found.x)]
