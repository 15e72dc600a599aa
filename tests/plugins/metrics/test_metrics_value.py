from __future__ import annotations

from datetime import timedelta

import pytest
from catalogue import METRICS, NINE, Line, ask, cut, days
from hypothesis import given
from hypothesis import strategies as st

from ventanilla.core import events as on

YEAR = 365.25


def bought(order: str, at: float, amount: int, currency: str = "USD") -> on.OrderPlaced:
    return on.OrderPlaced(at=days(at), order=order, amount=amount, currency=currency)


def test_the_article_s_example() -> None:
    """72 every 3 months for 7 years is 2,016, not the 1,512 that are printed."""
    lines = [(place, "customer/c", bought(f"o{place}", place * YEAR / 4, 7_200)) for place in range(28)]
    found = ask("clv", lines, days(9 * YEAR))
    assert found.value == pytest.approx(201_600)
    assert (found.n, found.evidence) == (1, tuple(range(28)))
    assert "1,512" in METRICS["clv"].text
    assert "2,016" in METRICS["clv"].text


def test_customers_who_are_here_still_are_no_customers_who_left() -> None:
    """Spent a year, times a lifetime in which those who are here count as far as they have come."""
    lines = [
        (1, "customer/left", bought("a", 0, 5_000)),
        (2, "customer/left", bought("b", YEAR, 5_000)),  # two years: to the last order, and one usual span more
        (3, "customer/here", bought("c", 0, 10_000)),
        (4, "customer/here", bought("d", 3.5 * YEAR, 10_000)),
    ]
    # Six years of custom in all, 30,000: 5,000 a year. Half are gone after 2 years, half are here after 4: 3 years.
    found = ask("clv", lines, days(4 * YEAR))
    assert found.value == pytest.approx(15_000)
    assert found.numerator == 30_000
    assert found.denominator == pytest.approx(6)


def test_returns_are_taken_off() -> None:
    """What was given back was not spent."""
    back = on.OrderReturned(at=days(2), order="a", amount=4_000)
    lines = [
        (1, "customer/c", bought("a", 0, 5_000)),
        (2, "customer/c", back),
        (3, "customer/c", bought("b", 10, 1_000)),
    ]
    found = ask("clv", lines, days(800))
    assert (found.numerator, found.evidence) == (2_000, (1, 2, 3))


def test_currencies_are_never_added_up() -> None:
    """Of several there is no figure, and the answer says why; of each there is one."""
    lines: list[Line] = [
        (place, f"customer/{currency}", bought(f"{currency}{place}", 100 * place, 1_000, currency))
        for place, currency in enumerate(("EUR", "USD", "EUR", "USD"))
    ]
    found = ask("clv", lines, days(900))
    assert (found.value, found.n) == (None, 2)
    assert "several currencies" in found.method
    assert set(cut("clv", lines, days(900), "currency")) == {"EUR", "USD"}
    assert ask("clv", lines, days(900), only={"currency": "EUR"}).value == pytest.approx(2_000)


@given(st.lists(st.lists(st.integers(1, 10_000), min_size=2, max_size=6), min_size=1, max_size=6))
def test_of_customers_all_gone_it_is_what_they_spent(spent: list[list[int]]) -> None:
    """Where nobody is left to estimate, it is the mean of what each spent."""
    lines: list[Line] = [
        (100 * who + place, f"customer/{who}", bought(f"o{who}-{place}", 30 * place, amount))
        for who, amounts in enumerate(spent)
        for place, amount in enumerate(amounts)
    ]
    assert ask("clv", lines, days(3_000)).value == pytest.approx(sum(map(sum, spent)) / len(spent))


def test_contract() -> None:
    """30 a month, and one ending in 36 months run: 30 x 36."""
    month = YEAR / 12

    def began(name: str, amount: int, months: int) -> on.SubscriptionStarted:
        return on.SubscriptionStarted(
            at=NINE, subscription=name, plan="p", amount=amount, currency="EUR", months=months
        )

    ended = on.SubscriptionEnded(at=NINE + timedelta(days=12 * month), subscription="a")
    lines = [
        (1, "customer/a", began("a", 2_000, 1)),
        (2, "customer/a", ended),
        (3, "customer/b", began("b", 48_000, 12)),
    ]
    found = ask("clv_contract", lines, days(24 * month))
    assert found.value == pytest.approx(3_000 * 36)
    assert found.evidence == (1, 2, 3)
    assert found.interval is not None
    assert found.interval[0] < 3_000 * 36 < found.interval[1]
    assert ask("clv_contract", lines, days(6 * month)).value is None
