"""What a ticket's clocks take over from other tickets: those merged into it, and the one that it was split from.

No event moves. A merge or a split is an instant in the life of the ticket's clocks, reckoned each time from the other
ticket's own history; undone, they count again as they would have without it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from attrs import frozen

from ventanilla.core import events as on
from ventanilla.core.events import TicketEvent
from ventanilla.projections.clock import LIVE, Span
from ventanilla.projections.settings import Moment

if TYPE_CHECKING:
    from ventanilla.projections.timekeeper import Timekeeper


@frozen(kw_only=True)
class Brought:
    """A clock of the other ticket that lived when it was merged.

    Attributes:
        key: Its slot, its name, and what tells it apart from others.
        started_at: From when on it counted.
        spans: The stretches in which it had run.
    """

    key: tuple[str, str, str | None]
    started_at: datetime
    spans: tuple[Span, ...]


@frozen(kw_only=True)
class Tie:
    """An instant at which a ticket is tied to another one, or is no longer.

    Attributes:
        at: When.
        other: The other ticket.
        brings: Of one that is merged: its clocks.
        since: Of one from which this is split: when the first of the messages came that belong here; ``None``: unknown.
        undone: Whether the tie ends.
    """

    at: Moment
    other: str
    brings: tuple[Brought, ...] = ()
    since: datetime | None = None
    undone: bool = False


@frozen
class Links:
    """Where to look for ties.

    Attributes:
        others: Gives the tickets that a ticket was ever tied to.
        history: Gives the (position, event)s of a ticket.
    """

    others: Callable[[str], Collection[str]]
    history: Callable[[str], Sequence[tuple[int, TicketEvent]]]


def ties(keeper: Timekeeper, links: Links, ticket: str, before: Moment | None = None) -> tuple[Tie, ...]:
    """Return the ties of *ticket*, oldest first.

    Args:
        keeper: The engine, for the clocks of the other tickets.
        links: Where to look.
        ticket: The ticket.
        before: Later ones are left out, and that very moment; ``None``: none is.
    """
    others = links.others(ticket)
    if not others:
        return ()
    found = [*_splits(links, ticket)]
    for other in others:
        found += _merges(keeper, links, other, ticket, before)
    return tuple(sorted((tie for tie in found if before is None or tie.at < before), key=lambda tie: tie.at))


def _splits(links: Links, ticket: str) -> Iterator[Tie]:
    for position, event in links.history(ticket):
        if isinstance(event, on.TicketSplit):
            said = [
                one.at
                for _, one in links.history(event.source)
                if isinstance(one, on.MessageReceived | on.ReplySent | on.NoteWritten) and one.message in event.messages
            ]
            yield Tie(at=(event.at, position), other=event.source, since=min(said, default=None))
        elif isinstance(event, on.TicketRejoined):
            yield Tie(at=(event.at, position), other=event.source, undone=True)


def _merges(keeper: Timekeeper, links: Links, other: str, ticket: str, before: Moment | None) -> Iterator[Tie]:
    history = sorted(links.history(other), key=lambda found: (found[1].at, found[0]))
    merged = False
    for place, (position, event) in enumerate(history):
        moment = (event.at, position)
        if before is not None and moment >= before:
            return  # else two tickets that were merged both ways, one after the other, would wait for each other
        if isinstance(event, on.TicketMerged) and event.into == ticket:
            merged = True
            yield Tie(at=moment, other=other, brings=_brought(keeper, links, other, history[:place], moment))
        elif merged and isinstance(event, on.TicketMerged | on.TicketUnmerged):
            merged = False
            yield Tie(at=moment, other=other, undone=True)


def _brought(
    keeper: Timekeeper, links: Links, other: str, history: Sequence[tuple[int, TicketEvent]], until: Moment
) -> tuple[Brought, ...]:
    """Return the clocks of *other* that lived just before it was merged; its own ties are older, so this ends."""
    state = keeper.fold(history, ties(keeper, links, other, until))
    if state is None or state.situation.off is not None:
        return ()
    state = keeper.advance(state, until[0])
    return tuple(
        Brought(
            key=(one.slot, one.clock, one.each),
            started_at=one.started_at,
            spans=(*one.spans, Span(one.since, until[0], one.calendar)) if one.running else one.spans,
        )
        for one in state.instances
        if one.state in LIVE
    )
