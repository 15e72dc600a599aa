"""The rules of tickets."""

from __future__ import annotations

from typing import TypeVar, cast

from ventanilla.core import events as on
from ventanilla.core.commands import Asked
from ventanilla.core.events import TicketEvent, TicketOpened
from ventanilla.core.rules.common import is_step, refused, show
from ventanilla.core.steps import STEPS
from ventanilla.core.streams import PREFIXES, is_ticket
from ventanilla.core.ticket import ANY_ORDER, Ticket

E = TypeVar("E", bound=TicketEvent)

WHILE_CLOSED: frozenset[type[TicketEvent]] = ANY_ORDER | {
    on.TicketReopened,
    on.VerdictStated,
    on.CustomerNamed,
    on.StageReached,
    on.TicketTagged,
    on.TicketUntagged,
    on.FactSet,
    on.TicketMarkedSpam,
    on.TicketClearedOfSpam,
    on.TicketLinked,
    on.TicketUnlinked,
    on.TicketMerged,
    on.TicketUnmerged,
    on.TicketSplit,
    on.TicketRejoined,
    on.ConversationLeft,
    on.ParticipantRemoved,
    on.PromiseKept,
    on.PromiseBroken,
    on.PromiseWithdrawn,
    on.FollowUpPlanned,
    on.FollowUpDone,
    on.FollowUpDropped,
    on.GoodwillGranted,
}
"""What may still happen to a closed ticket."""

WHILE_MERGED: frozenset[type[TicketEvent]] = ANY_ORDER | {
    on.TicketUnmerged,
    on.VerdictStated,
    on.TicketClosed,
    on.PromiseKept,
    on.PromiseBroken,
    on.PromiseWithdrawn,
    on.FollowUpDone,
    on.FollowUpDropped,
}
"""What may still happen to a ticket that goes on in another.

What arrives is kept, and what was promised here ends here; what is decided is decided there.
"""


def is_news_of_ticket(asked: Asked, event: TicketEvent, ticket: Ticket) -> bool:
    """Return whether *event* would change anything about *ticket*.

    Raises:
        Refused: It may not happen.
    """
    if isinstance(event, TicketOpened):
        return _may_open(asked, event, ticket)
    if ticket.opened is None:
        raise refused(asked, "unborn", f"there is no ticket {ticket.id} yet: open it first")
    if not _says_something_new(event, ticket):
        return False
    opened_at = ticket.opened.at
    if event.at < opened_at:
        raise refused(
            asked, "before_opened", f"{show(event.at)} is before the opening: give {show(opened_at)} or later"
        )
    kind = type(event)
    if ticket.last_at is not None and event.at < ticket.last_at and kind not in ANY_ORDER:
        reason = f"{show(event.at)} is before the ticket's newest event: give {show(ticket.last_at)} or later"
        raise refused(asked, "out_of_order", reason)
    if ticket.merged_into is not None and kind not in WHILE_MERGED:
        reason = f"ticket {ticket.id} goes on in {ticket.merged_into}: ask there, or unmerge it first"
        raise refused(asked, "merged", reason)
    if ticket.status == "closed" and kind not in WHILE_CLOSED:
        raise refused(asked, "closed", f"ticket {ticket.id} is closed: reopen it first")
    if kind in STEPS:
        return _may_step(asked, event, ticket)
    if kind in _BY_STATE:
        _refuse_by_state(asked, event, ticket)
    return True


def _may_open(asked: Asked, event: TicketOpened, ticket: Ticket) -> bool:
    if ticket.opened == event:
        return False
    if ticket.opened is not None:
        reason = f"ticket {ticket.id} is there already, opened {show(ticket.opened.at)} otherwise: give another id"
        raise refused(asked, "exists", reason)
    if not ticket.id or not is_ticket(ticket.id):
        raise refused(
            asked, "reserved", f"{ticket.id!r} is no ticket's id: it is empty or begins with {', '.join(PREFIXES)}"
        )
    if not event.channel.strip():
        raise refused(asked, "no_channel", f"ticket {ticket.id} came by no channel: name one")
    return True


def _says_something_new(event: TicketEvent, ticket: Ticket) -> bool:
    match event:
        case on.TicketCategorised():
            return ticket.category != event.category
        case on.TicketPrioritised():
            return ticket.priority != event.priority
        case on.TicketRouted():
            return ticket.team != event.team
        case on.TicketDueSet():
            return ticket.due != event.due
        case on.TicketResolved():
            return ticket.status == "open"
        case on.TicketClosed():
            return ticket.status != "closed"
        case on.TicketClassified():
            return (ticket.kind, ticket.type) != (event.kind, event.type)
        case on.CustomerNamed():
            return ticket.customer != event.customer
        case on.StageReached():
            return ticket.stage != event.stage
        case on.TicketQueued():
            return ticket.queue != event.queue
        case on.TicketAssigned():
            return ticket.agent != event.agent or ticket.queue is not None
        case on.TicketUnassigned():
            return ticket.agent is not None
        case on.TicketPaused():
            return (ticket.paused, ticket.paused_until) != (event.reason, event.until)
        case on.TicketResumed():
            return ticket.paused is not None
        case on.TicketEscalated():
            return ticket.level != event.level or event.to is not None
        case on.TicketMarkedSpam():
            return not ticket.spam
        case on.TicketClearedOfSpam():
            return ticket.spam
        case on.TicketMerged():
            return ticket.merged_into != event.into
        case on.TicketUnmerged():
            return ticket.merged_into is not None
        case _:
            return True


_BY_STATE = frozenset({on.TicketDueSet, on.TicketReopened, on.TicketPaused, on.TicketMerged, on.TicketEscalated})


def _refuse_by_state(asked: Asked, event: TicketEvent, ticket: Ticket) -> None:
    match event:
        case on.TicketDueSet() if ticket.opened is not None and event.due < ticket.opened.at:
            reason = f"due {show(event.due)} is before the opening: give {show(ticket.opened.at)} or later"
            raise refused(asked, "due_before_opened", reason)
        case on.TicketReopened() if ticket.status == "open":
            raise refused(asked, "open", f"ticket {ticket.id} is open: there is nothing to reopen")
        case on.TicketPaused() if ticket.status == "resolved":
            raise refused(asked, "resolved", f"ticket {ticket.id} is resolved and waits for nobody: reopen it first")
        case on.TicketPaused(until=until) if until is not None and until <= event.at:
            raise refused(asked, "impossible", f"{show(until)} is no time to wait for: give one after {show(event.at)}")
        case on.TicketMerged(into=into) if into == ticket.id or not into or not is_ticket(into):
            raise refused(asked, "itself", f"ticket {ticket.id} cannot go on in {into!r}: name another ticket")
        case on.TicketEscalated() if event.level < ticket.level:
            raise refused(
                asked, "higher", f"ticket {ticket.id} is at level {ticket.level} already: give that or a higher one"
            )
        case _:
            pass


def _may_step(asked: Asked, event: TicketEvent, ticket: Ticket) -> bool:
    match event:
        case on.TicketLinked(to=other) | on.TicketSplit(source=other) if (
            other == ticket.id or not other or not is_ticket(other)
        ):
            raise refused(asked, "itself", f"ticket {ticket.id} cannot be tied to {other!r}: name another ticket")
        case on.TicketSplit() if _is_split_off(event, ticket):
            return False
        case on.PromiseMade() | on.FollowUpPlanned() if event.due < event.at:
            raise refused(
                asked, "impossible", f"due {show(event.due)} is before it was said: give {show(event.at)} or later"
            )
        case _:
            pass
    return is_step(asked, event, ticket)


def _is_split_off(event: on.TicketSplit, ticket: Ticket) -> bool:
    """Return whether the messages of *event* belong here already."""
    if ticket.things.get(("split", event.source)) != "on":
        return False
    if any(one.source == event.source for one in _told(ticket, on.TicketRejoined)):
        return False  # which of the splits came after that is not known here: one too many does no harm
    before = (one for one in _told(ticket, on.TicketSplit) if one.source == event.source)
    return {message for one in before for message in one.messages}.issuperset(event.messages)


def _told(ticket: Ticket, kind: type[E]) -> tuple[E, ...]:
    return cast("tuple[E, ...]", ticket.told.get(cast("type[TicketEvent]", kind), ()))
