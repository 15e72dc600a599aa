"""Whether a ticket counts at all, and how it stood when."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Literal, TypeAlias

from attrs import frozen

from ventanilla.core import events as on
from ventanilla.core.events import Event
from ventanilla.projections.facts.history import History

Void: TypeAlias = Literal["spam", "merged", "test"]
Standing: TypeAlias = Literal["work", "customer", "third_party", "snoozed", "solved"]

TEST = "test"
"""The tag of a ticket with which somebody tried the desk out."""

VOIDING: frozenset[type[Event]] = frozenset(
    {
        on.TicketMarkedSpam,
        on.TicketClearedOfSpam,
        on.TicketMerged,
        on.TicketUnmerged,
        on.TicketTagged,
        on.TicketUntagged,
    }
)
"""The events that :func:`void` looks at."""

STANDING: frozenset[type[Event]] = frozenset(
    {
        on.TicketOpened,
        on.TicketPaused,
        on.TicketResumed,
        on.TicketResolved,
        on.TicketClosed,
        on.TicketReopened,
    }
)
"""The events that :func:`stretches` looks at."""


@frozen
class Stretch:
    """How a ticket stood for a while: ``[start, end)``."""

    standing: Standing
    start: datetime
    end: datetime
    position: int


def void(history: History) -> Void | None:
    """Return why a ticket counts in no rate, only in gross volume; ``None``: it counts."""
    why: dict[Void, bool] = {}
    for recorded in history:
        match recorded.event:
            case on.TicketMarkedSpam() | on.TicketClearedOfSpam():
                why["spam"] = isinstance(recorded.event, on.TicketMarkedSpam)
            case on.TicketMerged() | on.TicketUnmerged():
                why["merged"] = isinstance(recorded.event, on.TicketMerged)
            case on.TicketTagged(tag=tag) | on.TicketUntagged(tag=tag) if tag == TEST:
                why["test"] = isinstance(recorded.event, on.TicketTagged)
            case _:
                pass
    return next((reason for reason, holds in why.items() if holds), None)


def opening(history: History) -> tuple[on.TicketOpened, int] | None:
    """Return the event that opened the ticket, with its position; ``None`` if it is not there."""
    found = (one for one in history if isinstance(one.event, on.TicketOpened))
    return next(((one.event, one.position) for one in found if isinstance(one.event, on.TicketOpened)), None)


def customer_of(history: History) -> str | None:
    """Return whose ticket it is; ``None``: nobody knows."""
    customer: str | None = None
    for recorded in history:
        if isinstance(recorded.event, on.TicketOpened | on.CustomerNamed):
            customer = recorded.event.customer
    return customer


def settlement(history: History) -> tuple[datetime, int] | None:
    """Return when the ticket was last settled, with the position; ``None`` while it is open.

    A reopening withdraws a settlement; closing what is resolved settles nothing.
    """
    settled: tuple[datetime, int] | None = None
    for recorded in history:
        match recorded.event:
            case on.TicketResolved() | on.TicketClosed() if settled is None:
                settled = recorded.event.at, recorded.position
            case on.TicketReopened():
                settled = None
            case _:
                pass
    return settled


def stretches(history: History, as_of: datetime) -> Iterator[Stretch]:
    """Yield how the ticket stood, stretch by stretch, from its opening to *as_of*.

    A pause with an end is over then by itself.
    """
    now: tuple[Standing, datetime, int, datetime | None] | None = None
    for recorded in history:
        event = recorded.event
        standing = _after(event)
        if standing is None or (now is None and not isinstance(event, on.TicketOpened)):
            continue
        if now and now[0] == "solved" and not isinstance(event, on.TicketReopened):
            continue
        yield from _until(now, event.at)
        until = event.until if isinstance(event, on.TicketPaused) else None
        now = standing, event.at, recorded.position, until
    yield from _until(now, as_of)


def _after(event: Event) -> Standing | None:
    match event:
        case on.TicketPaused(reason=reason):
            return reason
        case on.TicketResolved() | on.TicketClosed():
            return "solved"
        case on.TicketOpened() | on.TicketResumed() | on.TicketReopened():
            return "work"
        case _:
            return None


def _until(now: tuple[Standing, datetime, int, datetime | None] | None, end: datetime) -> Iterator[Stretch]:
    if now is None:
        return
    standing, start, position, until = now
    if until is not None and until < end:
        yield Stretch(standing, start, until, position)
        yield Stretch("work", until, end, position)
    else:
        yield Stretch(standing, start, end, position)
