"""From events to the state that they lead to, whatever the stream."""

from __future__ import annotations

from typing import TypeVar, cast

from ventanilla.core import streams, ticket
from ventanilla.core.aggregate import Aggregate
from ventanilla.core.events import AgentEvent, CustomerEvent, Event, FeedbackEvent, SettingEvent, TeamEvent, TicketEvent
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
    after = aggregate.draft()
    for event in events:
        happen(after, event)
    return after


def happen(draft: Aggregate, event: Event) -> None:
    """Let *event* happen to *draft* itself, see :meth:`Aggregate.draft`."""
    # The rules let only events of its own kind onto a stream.
    match draft:
        case Ticket():
            ticket.happen(draft, cast("TicketEvent", event))
        case Customer():
            happen_to_customer(draft, cast("CustomerEvent", event))
        case Agent():
            happen_to_agent(draft, cast("AgentEvent", event))
        case Team():
            happen_to_team(draft, cast("TeamEvent", event))
        case Feedback():
            happen_to_feedback(draft, cast("FeedbackEvent", event))
        case Setting():
            happen_to_setting(draft, cast("SettingEvent", event))
        case _:
            raise TypeError(f"no aggregate: {type(draft).__name__}")
