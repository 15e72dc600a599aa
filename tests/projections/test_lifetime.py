"""What customers will buy: the published fits come out, and what was put in."""

from __future__ import annotations

import numpy as np
import pytest
from public_data import table

from ventanilla import NotUnderstood
from ventanilla.projections.custom import Custom
from ventanilla.projections.lifetime import Buying, Spending, fit_buying, fit_spending

PUBLISHED = Buying(r=0.243, alpha=4.414, a=0.793, b=2.426)


@pytest.fixture(scope="module")
def cdnow() -> list[Custom]:
    """Read the customers of CDNOW."""
    return [
        Custom(returns=int(row["x"]), last=float(row["t_x"]), age=float(row["T"]), spent=float(row["zbar"]) or None)
        for row in table("cdnow_clv/cdnow_customers_summary_with_transactions.csv")
    ]


class TestCdnow:
    def test_how_often_they_buy(self, cdnow: list[Custom]) -> None:
        """The parameters are those that Fader, Hardie and Lee (2005) print, in all their digits."""
        found = fit_buying(cdnow)
        assert [round(one, 3) for one in (found.r, found.alpha, found.a, found.b)] == [0.243, 4.414, 0.793, 2.426]

    def test_what_they_spend(self, cdnow: list[Custom]) -> None:
        """The parameters are those that Fader and Hardie (2013) print, but for half a hundredth of the scale."""
        found = fit_spending(cdnow)
        assert [round(one, 2) for one in (found.p, found.q)] == [6.25, 3.74]
        assert found.v == pytest.approx(15.44, abs=0.01)


def test_what_a_customer_will_buy() -> None:
    """Of customer 1 of CDNOW, back twice, lastly in week 30.43 of 38.86, 1.226 purchases are expected in 39 weeks."""
    assert PUBLISHED.expected(Custom(returns=2, last=30.43, age=38.86), 39) == pytest.approx(1.226, abs=5e-4)


def test_what_a_customer_will_buy_where_the_formula_has_a_hole() -> None:
    """At a = 1, where the formula is 0 / 0, the expectation lies between those on both sides."""
    customer = Custom(returns=2, last=30.43, age=38.86)
    below, at, above = (Buying(r=0.243, alpha=4.414, a=a, b=2.426).expected(customer, 39) for a in (0.999, 1, 1.001))
    assert below > at > above
    assert at == pytest.approx((below + above) / 2, abs=1e-6)


def test_who_was_here_lately_is_rather_here() -> None:
    """The longer somebody who used to come has been silent, the less likely it is that they come again."""
    lately, long_ago, never = (Custom(returns=n, last=t, age=40) for n, t in ((9, 39), (9, 10), (0, 0)))
    assert PUBLISHED.here(never) == 1
    assert 0 < PUBLISHED.here(long_ago) < 0.01 < 0.9 < PUBLISHED.here(lately) < 1
    assert PUBLISHED.expected(long_ago, 10) < PUBLISHED.expected(lately, 10)


def test_what_a_customer_will_spend_lies_between_theirs_and_all_others() -> None:
    """One purchase says little of a customer, a hundred say nearly all."""
    model = Spending(p=6.25, q=3.74, v=15.44)
    everybody = model.expected(Custom(returns=0, last=0, age=40))
    once, often = (model.expected(Custom(returns=n, last=30, age=40, spent=100)) for n in (1, 100))
    assert everybody == pytest.approx(6.25 * 15.44 / 2.74)
    assert everybody < once < often < 100
    assert often == pytest.approx(100, abs=1)


def test_what_was_put_in_comes_out() -> None:
    """Customers who are made up by the models are fitted by about the same ones."""
    chance = np.random.default_rng(1)
    true, spend = Buying(r=1, alpha=5, a=1, b=3), Spending(p=6, q=4, v=15)
    found = [_made_up(chance, true, spend) for _ in range(6_000)]
    buying, spending = fit_buying(found), fit_spending(found)
    assert buying.r / buying.alpha == pytest.approx(true.r / true.alpha, rel=0.1)
    assert buying.a / (buying.a + buying.b) == pytest.approx(0.25, rel=0.15)
    assert spending.p * spending.v / (spending.q - 1) == pytest.approx(30, rel=0.05)


def _made_up(chance: np.random.Generator, buying: Buying, spending: Spending) -> Custom:
    rate, leaves = chance.gamma(buying.r, 1 / buying.alpha), chance.beta(buying.a, buying.b)
    scale, age, at, last, paid = chance.gamma(spending.q, 1 / spending.v), 40.0, 0.0, 0.0, list[float]()
    while True:
        if chance.random() < leaves and at:
            break
        at += chance.exponential(1 / rate)
        if at > age:
            break
        last = at
        paid.append(float(chance.gamma(spending.p, 1 / scale)))
    return Custom(returns=len(paid), last=last, age=age, spent=sum(paid) / len(paid) if paid else None)


@pytest.mark.parametrize(
    ("customers", "said"),
    [
        ([Custom(returns=1, last=50, age=40)], "customer 0: 1 returns, the last at 50 of 40"),
        ([Custom(returns=0, last=3, age=40)], "customer 0: 0 returns, the last at 3 of 40"),
        ([Custom(returns=0, last=0, age=40)] * 3, "none of 3 customers came back"),
        ([], "none of 0 customers came back"),
    ],
)
def test_customers_that_cannot_be_are_refused(customers: list[Custom], said: str) -> None:
    """What makes no sense, and what says nothing, is told with its numbers."""
    with pytest.raises(NotUnderstood, match=said):
        fit_buying(customers)


def test_spending_of_nothing_is_refused() -> None:
    """The model is of what is paid: neither nothing nor a refund fits, and of nobody nothing can be said."""
    with pytest.raises(NotUnderstood, match=r"-1\.5 was spent a time"):
        fit_spending([Custom(returns=1, last=1, age=2, spent=-1.5)])
    with pytest.raises(NotUnderstood, match="of none of 1 customers"):
        fit_spending([Custom(returns=1, last=1, age=2)])
