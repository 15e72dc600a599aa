"""From events to the state that they lead to, whatever the stream."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from ventanilla.core import streams, ticket
from ventanilla.core.aggregate import Aggregate
from ventanilla.core.events import Event
from ventanilla.core.feedback import Feedback, happen_to_feedback
from ventanilla.core.people import Agent, Customer, Team, happen_to_agent, happen_to_customer, happen_to_team
from ventanilla.core.setting import Setting, happen_to_setting
from ventanilla.core.ticket import Ticket

A = TypeVar("A", bound=Aggregate)

_KINDS: dict[str, type[Aggregate]] = {
    streams.CUSTOMER: Customer,
    streams.AGENT: Agent,
    streams.TEAM: Team,
    streams.FEEDBACK: Feedback,
    streams.SETTING: Setting,
}


def unborn(stream: str) -> Aggregate:
    """Return the aggregate of *stream* before anything has happened on it."""
    prefix, slash, _ = stream.partition("/")
    return _KINDS.get(prefix + slash, Ticket)(id=stream)


def evolve(aggregate: A, *events: Event) -> A:
    """Return *aggregate* after *events*, oldest first."""
    after, happen = aggregate.draft(), happen_to(type(aggregate))
    for event in events:
        happen(after, event)
    return after


def happen_to(kind: type[Aggregate]) -> Callable[[Aggregate, Event], None]:
    """Return the function that lets an event happen to drafts of *kind*."""
    return _HAPPEN[kind]


# The rules let only events of its own kind onto a stream, which no type can say of a table.
_HAPPEN: dict[type[Aggregate], Callable[[Any, Any], None]] = {
    Ticket: ticket.happen,
    Customer: happen_to_customer,
    Agent: happen_to_agent,
    Team: happen_to_team,
    Feedback: happen_to_feedback,
    Setting: happen_to_setting,
}
