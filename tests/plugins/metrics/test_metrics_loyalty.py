from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from catalogue import METRICS, Line, ask, cut, days
from hypothesis import given
from hypothesis import strategies as st

from ventanilla.core import events as on


def on_day(month: int, day: int, year: int = 2026) -> datetime:
    return datetime(year, month, day, tzinfo=UTC)


def began(at: datetime, until: datetime | None = None, name: str = "s") -> on.SubscriptionStarted:
    return on.SubscriptionStarted(
        at=at, subscription=name, plan="basic", amount=1_200, currency="EUR", months=1, until=until
    )


def ended(at: datetime, name: str = "s") -> on.SubscriptionEnded:
    return on.SubscriptionEnded(at=at, subscription=name)


LINES = [
    (1, "customer/stays", began(on_day(1, 10))),
    (2, "customer/leaves", began(on_day(1, 10))),
    (3, "customer/leaves", ended(on_day(2, 20))),
    (4, "customer/new", began(on_day(2, 5))),
    (5, "customer/short", began(on_day(2, 5))),
    (6, "customer/short", ended(on_day(2, 9))),
    (7, "customer/back", began(on_day(1, 10))),
    (8, "customer/back", ended(on_day(1, 20))),
    (9, "customer/back", began(on_day(3, 3), name="s2")),
    (10, "customer/lapses", began(on_day(1, 10), until=on_day(2, 10))),
]
END = on_day(4, 15)


@pytest.mark.parametrize(
    ("metric", "february", "march"),
    [
        ("churn_rate", (2 / 3, 3), (0, 2)),  # leaves and lapses, of those two and stays
        ("retention_rate", (1 / 3, 3), (1, 2)),  # stays and new
        ("reactivation_rate", (0, 1), (1 / 4, 4)),  # back, of leaves, lapses, short and back
    ],
)
def test_by_month(metric: str, february: tuple[float, int], march: tuple[float, int]) -> None:
    """Lost is in the base at the start and not at the end; who came and left in between was never in it."""
    found = cut(metric, LINES, END, "month")
    assert (found["2026-02"].value, found["2026-02"].n) == february
    assert (found["2026-03"].value, found["2026-03"].n) == march
    assert "period not over" in found["2026-04"].excluded


def test_evidence_of_churn() -> None:
    """What happened to those who were there, up to the end of the month, is behind it."""
    assert cut("churn_rate", LINES, END, "month")["2026-02"].evidence == (1, 2, 3, 10)


def test_by_quarter_and_year() -> None:
    """The base of a quarter is that at its own start, not a sum of months."""
    lines = [(1, "customer/a", began(on_day(12, 1, 2025))), (2, "customer/a", ended(on_day(2, 1)))]
    later = on_day(1, 2, 2028)
    for span, name in (("quarter", "2026-Q1"), ("year", "2026")):
        churn, kept, back = (
            cut(f"{metric}_rate_{span}ly", lines, later, span) for metric in ("churn", "retention", "reactivation")
        )
        assert {key: one.value for key, one in churn.items() if one.n} == {name: 1}
        assert {key: one.value for key, one in kept.items() if one.n} == {name: 0}
        assert {one.value for one in back.values() if one.n} == {0}
        assert min(key for key in back if key) == ("2026-Q2" if span == "quarter" else "2027")


def test_reactivations() -> None:
    """One customer came back, in March."""
    found = cut("reactivations", LINES, END, "month")
    assert {month: one.value for month, one in found.items() if one.n} == {"2026-03": 1}
    assert found["2026-03"].evidence == (7, 8, 9)


@given(
    st.lists(st.lists(st.integers(0, 400), max_size=6, unique=True), max_size=5), st.sampled_from(["", "_quarterly"])
)
def test_churn_and_retention_are_one(stories: list[list[int]], span: str) -> None:
    """On one base, what was lost and what stayed is all there was: in every period."""
    lines: list[Line] = []
    for who, story in enumerate(stories):
        for place, day in enumerate(sorted(story)):
            name = f"s{place // 2}"
            event: Any = began(days(day), name=name) if place % 2 == 0 else ended(days(day), name)
            lines.append((100 * who + place, f"customer/{who}", event))
    churn = cut(f"churn_rate{span}", lines, days(500), "month")
    retention = cut(f"retention_rate{span}", lines, days(500), "month")
    assert churn.keys() == retention.keys()
    for period, lost in churn.items():
        stayed = retention[period]
        assert (lost.n, lost.denominator) == (stayed.n, stayed.denominator)
        assert (lost.numerator or 0) + (stayed.numerator or 0) == (lost.denominator or 0)
        assert lost.value is None or lost.value + (stayed.value or 0) == pytest.approx(1)


def attempt(first: int, ticket: str, customer: str, at: float, outcome: on.CancellationOutcome | None) -> list[Line]:
    lines: list[Line] = [
        (first, ticket, on.TicketOpened(at=days(at), channel="phone", customer=customer)),
        (first + 1, ticket, on.CancellationAttempted(at=days(at), cancellation="x", subscription="s")),
    ]
    settled = outcome and on.CancellationSettled(at=days(at + 1), cancellation="x", outcome=outcome)
    return [*lines, (first + 2, ticket, settled)] if settled else lines


SAVES = [
    *attempt(1, "T-1", "a", 0, "saved"),
    *attempt(11, "T-2", "b", 0, "cancelled"),
    *attempt(21, "T-3", "c", 0, "saved"),  # undone within the guard period
    (31, "customer/c", ended(days(31))),
    *attempt(41, "T-4", "d", 0, "saved"),  # leaves, but later
    (51, "customer/d", ended(days(31.1))),
    *attempt(61, "T-5", "a", 40, "saved"),  # the same customer again
    *attempt(71, "T-6", "e", 80, "saved"),  # not over
    *attempt(81, "T-7", "f", 0, None),
]


def test_save_rate() -> None:
    """Three of five attempts, two of four customers: a save counts when its 30 days are over."""
    attempts, customers = (ask(metric, SAVES, days(90)) for metric in ("save_rate", "save_rate_customers"))
    assert (attempts.numerator, attempts.denominator) == (3, 5)
    assert (customers.numerator, customers.denominator) == (2, 4)
    assert attempts.excluded == customers.excluded == {"guard period not over": 1, "undecided": 1}
    assert {22, 23, 31} <= set(attempts.evidence)
    assert 51 not in attempts.evidence


def renewed(at: datetime, until: datetime | None = None) -> on.SubscriptionRenewed:
    return on.SubscriptionRenewed(at=at, subscription="s", until=until)


@pytest.mark.parametrize(
    ("story", "at", "saved", "evidence"),
    [
        ([began(days(-9), until=days(20))], 90, 0, (22, 23, 31)),  # lapsed
        ([began(days(-9), until=days(20))], 25, None, ()),  # may be renewed yet
        ([began(days(-9), until=days(31.1))], 90, 1, (22, 23)),  # lapsed later
        ([began(days(-9), until=days(20)), renewed(days(20))], 90, 1, (22, 23)),
        ([began(days(-9), until=days(20)), renewed(days(25))], 90, 1, (22, 23)),  # late, and in time
        ([began(days(-9), until=days(20)), renewed(days(40))], 90, 0, (22, 23, 31)),  # came back
        ([began(days(-9), until=days(5)), renewed(days(4), days(20))], 90, 0, (22, 23, 32)),
        ([began(days(-9), until=days(20)), ended(days(50))], 90, 0, (22, 23, 31)),  # told when it was over
        ([began(days(-9), until=days(20)), ended(days(10))], 15, 0, (22, 23, 32)),  # by word: for good
    ],
)
def test_a_lapse_undoes_a_save(story: list[Any], at: float, saved: int | None, evidence: tuple[int, ...]) -> None:
    """Who did not renew what was due, and has not by the end of the guard period, did not stay."""
    lines = [*attempt(21, "T-3", "c", 0, "saved"), *[(31 + n, "customer/c", event) for n, event in enumerate(story)]]
    found = ask("save_rate", lines, days(at))
    assert (found.value, found.evidence) == (saved, evidence)
    assert found.excluded == ({} if found.n else {"guard period not over": 1})


def test_the_subtraction_of_the_article_is_no_rate() -> None:
    """Of 100 attempts and 60 who stayed, 60 % were saved; the article's subtraction gives the 40 who left."""
    lines: list[Line] = []
    for place in range(100):
        lines += attempt(10 * place, f"T-{place}", f"c-{place}", 0, "saved" if place < 60 else "cancelled")
    found = ask("save_rate", lines, days(90))
    assert found.value == 0.6
    assert "it gives 40; right is a save rate of 60 %" in METRICS["save_rate"].text.replace("\n    ", " ")


def test_renewals() -> None:
    """Renewed early and late is renewed; cancelled or lapsed is not; what is not due is left out."""
    lines = [
        (1, "customer/early", began(on_day(1, 1), until=on_day(2, 1))),
        (2, "customer/early", renewed(on_day(1, 20), on_day(6, 1))),
        (3, "customer/late", began(on_day(1, 1), until=on_day(2, 1))),
        (4, "customer/late", renewed(on_day(2, 9), on_day(6, 1))),
        (5, "customer/lapsed", began(on_day(1, 1), until=on_day(2, 1))),
        (6, "customer/left", began(on_day(1, 1), until=on_day(2, 1))),
        (7, "customer/left", ended(on_day(1, 9))),
        (8, "customer/always", began(on_day(1, 1))),
    ]
    found = ask("renewal_rate", lines, on_day(3, 1))
    assert (found.numerator, found.denominator, found.excluded) == (2, 4, {"not due yet": 2})
    assert found.evidence == (1, 2, 3, 4, 5, 6, 7)
