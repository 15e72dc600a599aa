"""What is known of who buys without a contract."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from ventanilla.core import events as on
from ventanilla.core.events import Event
from ventanilla.core.recorded import Recorded
from ventanilla.projections.custom import Buyer, Custom, buyers

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
LATER = NOON + timedelta(days=100)


def day(number: float) -> datetime:
    return NOON + timedelta(days=number)


def placed(number: float, amount: int = 1_000, currency: str = "EUR", order: str = "") -> on.OrderPlaced:
    return on.OrderPlaced(at=day(number), order=order or f"o-{number}", amount=amount, currency=currency)


def known(*events: Event, as_of: datetime = LATER, zone: str = "UTC") -> list[Buyer]:
    history = [
        Recorded(
            position=position,
            stream="customer/c-1",
            version=position,
            recorded_at=LATER,
            actor="system:shop",
            cause="row:1",
            allowed_by="1/importer",
            event=event,
        )
        for position, event in enumerate(events, 1)
    ]
    return list(buyers(history, as_of, ZoneInfo(zone)))


def test_who_came_back() -> None:
    """Three days of buying are two returns; the age is that of the first, and what is spent a time leaves that out."""
    (found,) = known(placed(0, 9_000), placed(30, 1_000), placed(40, 2_000))
    assert found.custom == Custom(returns=2, last=40, age=100, spent=1_500)
    assert (found.customer, found.first, found.last) == ("c-1", date(2026, 1, 5), date(2026, 2, 14))
    assert found.evidence == (1, 2, 3)


def test_who_never_came_back() -> None:
    """One purchase says when it was, and nothing of what a next one would cost."""
    (found,) = known(placed(10))
    assert found.custom == Custom(returns=0, last=0, age=90, spent=None)


def test_what_is_bought_on_a_day_is_one_purchase() -> None:
    """Two orders on one day are one purchase; which day it is depends on the zone."""
    events = (placed(0), placed(3.4, 700), placed(3.45, 300), placed(3.6, 500))  # 21:36, 22:48 and 02:24 in UTC
    assert known(*events)[0].custom == Custom(returns=2, last=4, age=100, spent=750)
    assert known(*events, zone="Asia/Tokyo")[0].custom == Custom(returns=1, last=4, age=100, spent=1_500)
    assert known(*events, zone="America/New_York")[0].custom == Custom(returns=1, last=3, age=100, spent=1_500)


def test_what_was_given_back_is_none() -> None:
    """What was given back in part counts for the rest; what was given back whole, or cost nothing, does not count."""
    part = on.OrderReturned(at=day(50), order="a", amount=400)
    whole = on.OrderReturned(at=day(50), order="b", amount=1_000)
    (found,) = known(placed(0), placed(20, order="a"), placed(30, order="b"), placed(35, 0), part, whole)
    assert found.custom == Custom(returns=1, last=20, age=100, spent=600)
    assert found.evidence == (1, 2, 5)
    assert known(placed(0, order="b"), whole) == []


def test_each_currency_is_its_own() -> None:
    """Orders in two currencies are two buyers, never added up."""
    euros, yen = known(placed(0), placed(10, 5, "JPY"), placed(20, 7, "JPY"))
    assert (euros.currency, euros.custom.returns) == ("EUR", 0)
    assert (yen.currency, yen.custom) == ("JPY", Custom(returns=1, last=10, age=90, spent=7))


def test_what_happened_later_is_left_out() -> None:
    """As of the thirtieth day there is no order of the fortieth, and nothing was given back yet."""
    events = (placed(0), placed(20, order="a"), placed(40), on.OrderReturned(at=day(50), order="a", amount=1_000))
    assert known(*events, as_of=day(30))[0].custom == Custom(returns=1, last=20, age=30, spent=1_000)
    assert known(*events, as_of=day(-1)) == []


def test_order_of_recording_does_not_matter() -> None:
    """What was recorded late stands where it happened."""
    assert known(placed(20), placed(0), placed(10)) == [
        Buyer(
            customer="c-1",
            currency="EUR",
            first=date(2026, 1, 5),
            last=date(2026, 1, 25),
            custom=Custom(returns=2, last=20, age=100, spent=1_000),
            evidence=(1, 2, 3),
        )
    ]
