"""The fact table of activities: one row whenever a customer does something, a ticket or anything else."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from attrs import frozen

from ventanilla.core import events as on
from ventanilla.core.streams import CUSTOMER
from ventanilla.projections.facts.history import History, history_table
from ventanilla.projections.facts.standing import VOIDING, customer_of, opening, void

_ACTIVE = (on.OrderPlaced, on.OrderReturned, on.SubscriptionStarted, on.SubscriptionRenewed, on.SelfServed)


@frozen(kw_only=True)
class Activity:
    """Something that a customer did.

    Attributes:
        customer: The customer's id.
        ticket: The ticket that they opened; ``None``: they did something else.
        at: When.
        tickets: 1 if it was a ticket, or else 0.
        evidence: The event.
    """

    customer: str
    ticket: str | None = None
    at: datetime
    tickets: int = 0
    evidence: tuple[int, ...]


def _rows(history: History, _: datetime) -> Iterable[Activity]:
    stream = history[0].stream
    if stream.startswith(CUSTOMER):
        for recorded in history:
            if isinstance(recorded.event, _ACTIVE):
                who = stream.removeprefix(CUSTOMER)
                yield Activity(customer=who, at=recorded.event.at, evidence=(recorded.position,))
        return
    opened = opening(history)
    named = [one for one in history if isinstance(one.event, on.CustomerNamed)]
    customer = customer_of(history)
    if opened and customer and void(history) is None and opened[0].origin != "proactive":
        places = (opened[1], *(one.position for one in named[-1:]))
        yield Activity(customer=customer, ticket=stream, at=opened[0].at, tickets=1, evidence=places)


ACTIVITIES = history_table(
    name="activities",
    about="one row whenever a customer does something",
    row=Activity,
    streams=("ticket", "customer"),
    reads=VOIDING | {on.TicketOpened, on.CustomerNamed, *_ACTIVE},
    rows=_rows,
)
"""The table."""
