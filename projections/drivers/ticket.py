"""What was known of a ticket when its customer answered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from math import log1p

from ventanilla.core import events as on
from ventanilla.core.events import Event
from ventanilla.core.recorded import Recorded
from ventanilla.projections.drivers.response import Value
from ventanilla.projections.reopening import is_courtesy

FEATURES = (
    "log_first_response",
    "log_resolution",
    "touches",
    "transfers",
    "reopens",
    "repeated_information",
    "channel_switches",
    "promise_broken",
    "bot_loops",
    "first_sentiment",
    "channel",
    "kind",
)
"""The names of the features of a ticket."""


def ticket_features(
    history: Iterable[Recorded], at: datetime, sentiments: Iterable[on.SentimentScored] = ()
) -> Mapping[str, Value]:
    """Return the features of a ticket at the instant of a response: nothing that happened later changes them.

    - ``log_first_response``, ``log_resolution``: log(1 + seconds) from the opening to the first answer by a person (a
      public reply, or a call that was answered), and to the settlement in force; ``None`` if there was none by then.
    - ``touches``: replies and calls by people. ``transfers``: changes of the team or agent that had it.
    - ``reopens``, ``repeated_information``: how often. ``channel_switches``: how often the customer came by another
      channel than the last time.
    - ``promise_broken``: whether one was, or was late, or overdue.
    - ``bot_loops``: replies of a bot that came though the customer had asked for a person, or were made from the same
      template as an earlier one, before a person took over. Our choice.
    - ``first_sentiment``: of the customer's first message, -1 to 1, as measured by then.
    - ``channel``, ``kind``: how it came in, and what sort of matter it was held to be.

    Args:
        history: The ticket's events, oldest first.
        at: The instant, aware. What happened exactly then counts.
        sentiments: What was measured of the ticket's messages; of several measurements the last by then counts.

    Returns:
        A value for each of :data:`FEATURES`; all are ``None`` while the ticket is not open yet.
    """
    past = [one.event for one in history if one.event.at <= at and not is_courtesy(one.event)]
    past.sort(key=lambda event: event.at)
    opened = next((event for event in past if isinstance(event, on.TicketOpened)), None)
    if opened is None:
        return dict.fromkeys(FEATURES)
    contacts = list(_contacts(past, opened))
    return {
        "log_first_response": _log(min(contacts) - opened.at if contacts else None),
        "log_resolution": _log(_settled(past, opened.at)),
        "touches": len(contacts),
        "transfers": _transfers(past),
        "reopens": _count(past, on.TicketReopened),
        "repeated_information": _count(past, on.RepetitionNoticed),
        "channel_switches": _switches(past),
        "promise_broken": _promise_broken(past, at),
        "bot_loops": _bot_loops(past),
        "first_sentiment": _first_sentiment(past, at, sentiments),
        "channel": opened.channel,
        "kind": _kind(past),
    }


def is_spam(history: Iterable[Recorded], at: datetime) -> bool:
    """Return whether a ticket was held to be spam at an instant."""
    marks = (on.TicketMarkedSpam, on.TicketClearedOfSpam)
    past = sorted(
        (one.event for one in history if one.event.at <= at and isinstance(one.event, marks)),
        key=lambda event: event.at,
    )
    return bool(past) and isinstance(past[-1], on.TicketMarkedSpam)


def _log(span: timedelta | None) -> float | None:
    return None if span is None else log1p(max(span.total_seconds(), 0.0))  # clocks of other systems may be wrong


def _count(past: Sequence[Event], kind: type[Event]) -> int:
    return sum(isinstance(event, kind) for event in past)


def _contacts(past: Sequence[Event], opened: on.TicketOpened) -> Iterator[datetime]:
    """Return when people of the desk spoke to the customer; the text with which one opens a ticket is no answer."""
    opening = opened.origin == "agent"
    for event in past:
        match event:
            case on.ReplySent(author_kind="agent"):
                if not (opening and event.at == opened.at):
                    yield event.at
                opening = False
            case on.CallEnded(outcome="answered"):
                yield event.at - timedelta(seconds=event.talked + event.held)


def _settled(past: Sequence[Event], opened: datetime) -> timedelta | None:
    settled: datetime | None = None
    for event in past:
        match event:
            case on.TicketResolved() | on.TicketClosed():
                settled = settled or event.at
            case on.TicketReopened():
                settled = None
    return None if settled is None else settled - opened


def _transfers(past: Sequence[Event]) -> int:
    """Count the instants at which another team or agent got it; both at once are one transfer."""
    had: dict[type[Event], str] = {}
    changes: set[datetime] = set()
    for event in past:
        if isinstance(event, on.TicketAssigned | on.TicketRouted):
            who = event.agent if isinstance(event, on.TicketAssigned) else event.team
            if had.setdefault(type(event), who) != who:
                had[type(event)] = who
                changes.add(event.at)
    return len(changes)


def _switches(past: Sequence[Event]) -> int:
    channels = []
    for event in past:
        match event:
            case (
                on.TicketOpened(origin="customer", channel=channel)
                | on.MessageReceived(author_kind="customer", channel=channel)
                | on.CallEnded(direction="inbound", channel=channel)
            ):
                channels.append(channel)
    return sum(one != other for one, other in pairwise(channels))


def _promise_broken(past: Sequence[Event], at: datetime) -> bool:
    due: dict[str, datetime] = {}
    for event in past:
        match event:
            case on.PromiseMade():
                due[event.promise] = event.due
            case on.PromiseBroken():
                return True
            case on.PromiseKept(promise=promise) | on.PromiseWithdrawn(promise=promise):
                if event.at > due.pop(promise, event.at):
                    return True
    return any(when < at for when in due.values())


def _bot_loops(past: Sequence[Event]) -> int:
    loops, asked, said = 0, False, set[str]()
    for event in past:
        match event:
            case on.ReplySent(author_kind="bot", template=template):
                loops += asked or template in said
                said |= {template} if template else set()
            case on.HumanRequested():
                asked = True
            case on.HandedToHuman() | on.ReplySent(author_kind="agent") | on.CallEnded(outcome="answered"):
                asked, said = False, set()
    return loops


def _first_sentiment(past: Sequence[Event], at: datetime, sentiments: Iterable[on.SentimentScored]) -> float | None:
    messages = (event for event in past if isinstance(event, on.MessageReceived) and event.author_kind == "customer")
    first = next(messages, None)
    if first is None:
        return None
    of_first = [one for one in sentiments if one.about_kind == "message" and one.about == first.message]
    by_then = [one for one in of_first if one.at <= at]
    return max(by_then, key=lambda one: one.at).score if by_then else None


def _kind(past: Sequence[Event]) -> str | None:
    kind = None
    for event in past:
        if isinstance(event, on.TicketOpened | on.TicketClassified):
            kind = event.kind or kind
    return kind
