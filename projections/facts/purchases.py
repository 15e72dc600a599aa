"""The fact table of purchases: one row a customer and currency, with what they spent over how long."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from attrs import field, frozen

from ventanilla.core import events as on
from ventanilla.core.streams import CUSTOMER
from ventanilla.projections.facts.history import History, history_table

SILENCE = timedelta(days=365)
"""A customer who has bought nothing for so long is taken to have left with their last order."""

YEAR = timedelta(days=365.25)


@frozen(kw_only=True)
class Purchases:
    """What a customer bought in a currency.

    Attributes:
        customer: The customer's id.
        currency: ISO 4217.
        first_at: Their first order.
        last_at: Their last.
        orders: How many.
        spent: What they paid for them, less what they got back, in the smallest unit.
        years: How long they have been a customer, in years of 365.25 days: to their last order and the usual time
            between two of theirs more, if they left; to now, if not.
        left: Whether they left: have been silent for :data:`SILENCE`.
        life: ``(currency, spent, years, left)``.
        evidence: The orders and returns.
    """

    customer: str
    currency: str
    first_at: datetime
    last_at: datetime
    orders: int
    spent: int
    years: float
    left: bool
    life: tuple[str, float, float, bool]
    evidence: tuple[int, ...]


@frozen
class _Order:
    currency: str
    at: datetime
    amounts: list[int] = field(factory=list)
    evidence: list[int] = field(factory=list)


def _rows(history: History, as_of: datetime) -> Iterable[Purchases]:
    orders: dict[str, _Order] = {}
    for recorded in history:
        match recorded.event:
            case on.OrderPlaced(order=name, currency=currency, at=at, amount=amount):
                orders[name] = _Order(currency, at, [amount], [recorded.position])
            case on.OrderReturned(order=name, amount=amount) if name in orders:
                orders[name].amounts.append(-amount)
                orders[name].evidence.append(recorded.position)
            case _:
                pass
    for currency in sorted({order.currency for order in orders.values()}):
        mine = [order for order in orders.values() if order.currency == currency]
        first, last, spent = mine[0].at, mine[-1].at, sum(sum(order.amounts) for order in mine)
        left = as_of - last > SILENCE
        usual = (last - first) / (len(mine) - 1) if len(mine) > 1 else timedelta()
        years = ((last + usual if left else as_of) - first) / YEAR
        yield Purchases(
            customer=history[0].stream.removeprefix(CUSTOMER),
            currency=currency,
            first_at=first,
            last_at=last,
            orders=len(mine),
            spent=spent,
            years=years,
            left=left,
            life=(currency, spent, years, left),
            evidence=tuple(sorted(position for order in mine for position in order.evidence)),
        )


PURCHASES = history_table(
    name="purchases",
    about="one row a customer and currency: what they spent",
    row=Purchases,
    streams=("customer",),
    reads={on.OrderPlaced, on.OrderReturned},
    rows=_rows,
    dimensions=("currency",),
)
"""The table."""
