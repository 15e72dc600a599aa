"""What is known of the custom of who buys without a contract: how often they came back, how lately, since when."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, tzinfo

from attrs import frozen

from ventanilla.core import events as on
from ventanilla.core.events import Event
from ventanilla.core.recorded import Recorded
from ventanilla.core.streams import CUSTOMER

READS: frozenset[type[Event]] = frozenset({on.OrderPlaced, on.OrderReturned})


@frozen(kw_only=True)
class Custom:
    """What is known of a customer.

    Attributes:
        returns: How many times they bought again after the first time.
        last: When they did so last, from their first purchase, in any unit of time; 0 if they never did.
        age: How long ago the first purchase was, in that unit.
        spent: What they paid a time on average, the first left out; ``None``: not known, or they never came back.
    """

    returns: int
    last: float
    age: float
    spent: float | None = None


@frozen(kw_only=True)
class Buyer:
    """A customer, and what they bought in one currency.

    Attributes:
        customer: The customer's id.
        currency: ISO 4217.
        first: The day of their first purchase.
        last: That of their last.
        custom: In days, and in the currency's smallest unit: all that is bought on a day is one purchase.
        evidence: The positions of the orders and of what was given back.
    """

    customer: str
    currency: str
    first: date
    last: date
    custom: Custom
    evidence: tuple[int, ...]


def buyers(history: Sequence[Recorded], as_of: datetime, zone: tzinfo) -> Iterator[Buyer]:
    """Return what a customer's *history* says up to *as_of*: one a currency, in the order of its code.

    What was given back is taken off. An order that was given back whole, or cost nothing, is no purchase.

    Args:
        history: Their events, in any order.
        as_of: What happened later is left out.
        zone: Where days begin.
    """
    orders: dict[str, on.OrderPlaced] = {}
    paid: dict[str, int] = {}
    evidence: dict[str, list[int]] = {}
    for recorded in sorted(history, key=lambda one: (one.event.at, one.position)):
        match recorded.event:
            case on.OrderPlaced(at=at) as placed if at <= as_of:
                orders[placed.order], paid[placed.order] = placed, placed.amount
                evidence[placed.order] = [recorded.position]
            case on.OrderReturned(at=at, order=order, amount=amount) if at <= as_of and order in orders:
                paid[order] -= amount
                evidence[order].append(recorded.position)
            case _:
                pass
    for currency in sorted({order.currency for order in orders.values()}):
        days: dict[date, int] = {}
        behind: list[int] = []
        for name, placed in orders.items():
            if placed.currency == currency and paid[name] > 0:
                day = placed.at.astimezone(zone).date()
                days[day] = days.get(day, 0) + paid[name]
                behind += evidence[name]
        if days:
            first, *again = sorted(days)
            yield Buyer(
                customer=history[0].stream.removeprefix(CUSTOMER),
                currency=currency,
                first=first,
                last=again[-1] if again else first,
                custom=Custom(
                    returns=len(again),
                    last=(again[-1] - first).days if again else 0,
                    age=(as_of.astimezone(zone).date() - first).days,
                    spent=sum(days[day] for day in again) / len(again) if again else None,
                ),
                evidence=tuple(sorted(behind)),
            )
