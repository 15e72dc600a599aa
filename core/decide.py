"""The rules: what a command makes happen, or why it may not."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar, get_args

from ventanilla.core.aggregate import Aggregate
from ventanilla.core.commands import Asked, Command
from ventanilla.core.events import (
    AgentEvent,
    CustomerEvent,
    Event,
    FeedbackEvent,
    SettingEvent,
    TeamEvent,
    TicketEvent,
)
from ventanilla.core.evolve import happen_to
from ventanilla.core.feedback import Feedback
from ventanilla.core.fields import personal_fields
from ventanilla.core.people import Agent, Customer, Team
from ventanilla.core.rules.common import MEASURED, refuse_impossible, refused
from ventanilla.core.rules.others import (
    is_news_of_agent,
    is_news_of_customer,
    is_news_of_feedback,
    is_news_of_setting,
    is_news_of_team,
)
from ventanilla.core.rules.ticket import is_news_of_ticket
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
    event = _news(command, aggregate, *_RULES[type(aggregate)])
    return () if event is None else (event,)


def decide_all(commands: Iterable[Command], aggregate: A) -> tuple[tuple[Event, ...], A]:
    """Return what *commands*, one after the other, make happen to *aggregate*, and the aggregate after it.

    Raises:
        Refused: The rules forbid the command that was asked for last; then nothing happens.
    """
    after, happen = aggregate.draft(), happen_to(type(aggregate))
    mine, is_news = _RULES[type(aggregate)]
    events: list[Event] = []
    for command in commands:
        event = _news(command, after, mine, is_news)
        if event is not None:
            happen(after, event)
            events.append(event)
    return tuple(events), after


def _news(
    command: Command,
    aggregate: Aggregate,
    mine: frozenset[type[Event]],
    is_news: Callable[[Asked, Any, Any], bool],
) -> Event | None:
    """Return the event that *command* makes happen, ``None`` for nothing."""
    event = command.event()
    kind = type(event)
    if kind not in mine:
        what = type(aggregate).__name__.lower()
        raise refused(command, "elsewhere", f"{kind.__name__} does not happen to a {what}: not to {aggregate.id}")
    told = aggregate.told.get(kind)
    if told and event in told:
        _refuse_other_text(command, event, told[told.index(event)])
        return None
    if kind in MEASURED:
        refuse_impossible(command, event)
    return event if is_news(command, event, aggregate) else None


def _refuse_other_text(command: Command, event: Event, told: Event) -> None:
    """Raise :class:`Refused` if *event* repeats *told* with another text, which would be lost without a word."""
    for name in personal_fields(type(event)):
        now, before = getattr(event, name), getattr(told, name)
        if (now and now.length) != (before and before.length):
            reason = "the same was told before with another text: give what is new an id of its own"
            raise refused(command, "other_text", reason)


# Which events happen to what, and the rules for it: no type can say of a table that they belong together.
_RULES: dict[type[Aggregate], tuple[frozenset[type[Event]], Callable[[Asked, Any, Any], bool]]] = {
    Ticket: (frozenset(get_args(TicketEvent)), is_news_of_ticket),
    Customer: (frozenset(get_args(CustomerEvent)), is_news_of_customer),
    Agent: (frozenset(get_args(AgentEvent)), is_news_of_agent),
    Team: (frozenset(get_args(TeamEvent)), is_news_of_team),
    Feedback: (frozenset(get_args(FeedbackEvent)), is_news_of_feedback),
    Setting: (frozenset(get_args(SettingEvent)), is_news_of_setting),
}
