"""The fact table of visits: one row a time that a customer helped themselves, with whether they needed us after all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import attrs
from attrs import frozen

from ventanilla.core import events as on
from ventanilla.core.streams import CUSTOMER
from ventanilla.projections.facts.history import History, history_table
from ventanilla.projections.facts.standing import VOIDING, customer_of, opening, void

PATIENCE = timedelta(days=3)
"""A ticket that the customer opens within this time shows that the visit did not spare it."""


@frozen(kw_only=True)
class Visit:
    """A time that a customer helped themselves, or tried to.

    Attributes:
        customer: The customer's id.
        channel: Where.
        article: What they read; ``None``: nothing in particular.
        at: When.
        solved: What they said: whether it helped; ``None``: nothing.
        deflected: Whether they did not say that it did not help, and opened no ticket within :data:`PATIENCE`.
        evidence: The visit, and the ticket that came of it.
    """

    customer: str
    channel: str
    article: str | None
    at: datetime
    solved: bool | None
    deflected: bool = False
    evidence: tuple[int, ...]


@frozen
class _Asked:
    customer: str
    at: datetime
    position: int


def _rows(history: History, _: datetime) -> Iterable[Visit | _Asked]:
    stream = history[0].stream
    if not stream.startswith(CUSTOMER):
        opened = opening(history)
        if opened and void(history) is None and opened[0].origin == "customer":
            customer = customer_of(history)
            yield from [_Asked(customer, opened[0].at, opened[1])] if customer else []
        return
    for recorded in history:
        if isinstance(recorded.event, on.SelfServed):
            event = recorded.event
            yield Visit(
                customer=stream.removeprefix(CUSTOMER),
                channel=event.channel,
                article=event.article,
                at=event.at,
                solved=event.solved,
                evidence=(recorded.position,),
            )


def _across(rows: Sequence[Visit | _Asked], _: datetime) -> Iterable[Visit]:
    asked: Mapping[str, list[_Asked]] = defaultdict(list)
    for row in rows:
        if isinstance(row, _Asked):
            asked[row.customer].append(row)
    for row in rows:
        if isinstance(row, Visit):
            after = [one for one in asked.get(row.customer, ()) if row.at <= one.at <= row.at + PATIENCE]
            places = tuple(one.position for one in after)
            deflected = row.solved is not False and not after
            yield attrs.evolve(row, deflected=deflected, evidence=(*row.evidence, *places))


VISITS = history_table(
    name="visits",
    about="one row a time that a customer helped themselves",
    row=Visit,
    streams=("ticket", "customer"),
    reads=VOIDING | {on.TicketOpened, on.CustomerNamed, on.SelfServed},
    rows=_rows,
    across=_across,
    dimensions=("channel", "article"),
)
"""The table."""
