"""The rules: what a command makes happen, or why it may not."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar, cast, get_args

from ventanilla.core.aggregate import Aggregate
from ventanilla.core.commands import Command
from ventanilla.core.events import (
    AgentEvent,
    CustomerEvent,
    Event,
    FeedbackEvent,
    SettingEvent,
    TeamEvent,
    TicketEvent,
)
from ventanilla.core.evolve import happen
from ventanilla.core.feedback import Feedback
from ventanilla.core.people import Agent, Customer, Team
from ventanilla.core.rules.common import refuse_impossible, refused
from ventanilla.core.rules.others import (
    is_news_of_agent,
    is_news_of_customer,
    is_news_of_feedback,
    is_news_of_setting,
    is_news_of_team,
)
from ventanilla.core.rules.ticket import is_news
from ventanilla.core.setting import Setting
from ventanilla.core.ticket import Ticket

A = TypeVar("A", bound=Aggregate)


def decide(command: Command, aggregate: Aggregate) -> tuple[Event, ...]:
    """Return the events that *command* makes happen to *aggregate*, oldest first.

    A command that has made something happen makes nothing happen when it is repeated, however much has happened since.
    One that would change nothing now makes nothing happen either; as it leaves no trace, it is not known again later.

    Raises:
        Refused: The rules forbid it in this state.
    """
    event = command.event()
    if type(event) not in _EVENTS[type(aggregate)]:
        kind = type(aggregate).__name__.lower()
        raise refused(command, "elsewhere", f"{type(event).__name__} does not happen to a {kind}: {aggregate.id}")
    refuse_impossible(command, event)
    return (event,) if _is_news(command, event, aggregate) else ()


def decide_all(commands: Iterable[Command], aggregate: A) -> tuple[tuple[Event, ...], A]:
    """Return what *commands*, one after the other, make happen to *aggregate*, and the aggregate after it.

    Raises:
        Refused: The rules forbid the command that was asked for last; then nothing happens.
    """
    after = aggregate.draft()
    events: list[Event] = []
    for command in commands:
        for event in decide(command, after):
            happen(after, event)
            events.append(event)
    return tuple(events), after


_EVENTS: dict[type[Aggregate], frozenset[type[Event]]] = {
    Ticket: frozenset(get_args(TicketEvent)),
    Customer: frozenset(get_args(CustomerEvent)),
    Agent: frozenset(get_args(AgentEvent)),
    Team: frozenset(get_args(TeamEvent)),
    Feedback: frozenset(get_args(FeedbackEvent)),
    Setting: frozenset(get_args(SettingEvent)),
}


def _is_news(command: Command, event: Event, aggregate: Aggregate) -> bool:
    if isinstance(aggregate, Ticket):
        return is_news(command, cast("TicketEvent", event), aggregate)
    if event in aggregate.told:
        return False
    match aggregate:
        case Customer():
            return is_news_of_customer(command, cast("CustomerEvent", event), aggregate)
        case Agent():
            return is_news_of_agent(command, cast("AgentEvent", event), aggregate)
        case Team():
            return is_news_of_team(command, cast("TeamEvent", event), aggregate)
        case Feedback():
            return is_news_of_feedback(command, cast("FeedbackEvent", event), aggregate)
        case Setting():
            return is_news_of_setting(command, cast("SettingEvent", event), aggregate)
        case _:
            raise TypeError(f"no aggregate: {type(aggregate).__name__}")
