"""The rules: what a command makes happen, or why it may not."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from ventanilla.core.commands import (
    Categorise,
    Close,
    Command,
    Open,
    Prioritise,
    Reopen,
    Resolve,
    Route,
    SetDue,
    StateVerdict,
)
from ventanilla.core.errors import Refused
from ventanilla.core.events import (
    Event,
    TicketCategorised,
    TicketClosed,
    TicketDueSet,
    TicketOpened,
    TicketPrioritised,
    TicketReopened,
    TicketResolved,
    TicketRouted,
    VerdictStated,
)
from ventanilla.core.ticket import Ticket, draft, happen


def decide(command: Command, ticket: Ticket) -> tuple[Event, ...]:
    """Return the events that *command* makes happen, oldest first.

    A command that has made something happen makes nothing happen when it is repeated, however much has happened since.
    One that would change nothing now makes nothing happen either; as it leaves no trace, it is not known again later.

    Raises:
        Refused: The rules forbid it in this state.
    """
    at = command.at
    match command:
        case Open():
            return _open(command, ticket)
        case Categorise(category=category):
            return _next(command, ticket, TicketCategorised(at=at, category=category), ticket.category != category)
        case Prioritise(priority=priority):
            return _next(command, ticket, TicketPrioritised(at=at, priority=priority), ticket.priority != priority)
        case Route(team=team):
            return _next(command, ticket, TicketRouted(at=at, team=team), ticket.team != team)
        case SetDue(due=due):
            return _next(command, ticket, TicketDueSet(at=at, due=due), ticket.due != due)
        case Resolve(code=code):
            return _next(command, ticket, TicketResolved(at=at, code=code), ticket.status == "open")
        case Reopen():
            return _next(command, ticket, TicketReopened(at=at), True)
        case Close():
            return _next(command, ticket, TicketClosed(at=at), ticket.status != "closed")
        case StateVerdict(by=by, verdict=verdict):
            return _next(command, ticket, VerdictStated(at=at, by=by, verdict=verdict), True)


def decide_all(commands: Iterable[Command], ticket: Ticket) -> tuple[tuple[Event, ...], Ticket]:
    """Return what *commands*, one after the other, make happen to *ticket*, and the ticket after it.

    Raises:
        Refused: The rules forbid the command that was asked for last; then nothing happens.
    """
    after = draft(ticket)
    events: list[Event] = []
    for command in commands:
        for event in decide(command, after):
            happen(after, event)
            events.append(event)
    return tuple(events), after


def _open(command: Open, ticket: Ticket) -> tuple[Event, ...]:
    opened = TicketOpened(at=command.at, channel=command.channel, facts=command.facts)
    if ticket.opened is None:
        return (opened,)
    if ticket.opened == opened:
        return ()
    raise Refused("open.exists", f"ticket {ticket.id} is there already, opened {_show(ticket.opened.at)} otherwise")


def _next(command: Command, ticket: Ticket, event: Event, is_news: bool) -> tuple[Event, ...]:
    """Return *event* if it is news and may follow what the ticket has been told."""
    if ticket.opened is None or ticket.last_at is None:
        raise _refused(command, "unborn", f"there is no ticket {ticket.id} yet: open it first")
    if event in ticket.told or not is_news:
        return ()
    opened_at = ticket.opened.at
    if event.at < opened_at:
        raise _refused(command, "before_opened", f"{_show(event.at)} is before the opening, {_show(opened_at)}")
    if event.at < ticket.last_at:
        reason = f"{_show(event.at)} is before the ticket's newest event, {_show(ticket.last_at)}"
        raise _refused(command, "out_of_order", reason)
    if isinstance(event, TicketDueSet) and event.due < opened_at:
        reason = f"due {_show(event.due)} is before the opening, {_show(opened_at)}"
        raise _refused(command, "due_before_opened", reason)
    if isinstance(event, TicketReopened) and ticket.status == "open":
        raise _refused(command, "open", f"ticket {ticket.id} is open: there is nothing to reopen")
    if ticket.status == "closed" and not isinstance(event, TicketReopened | VerdictStated):
        raise _refused(command, "closed", f"ticket {ticket.id} is closed: reopen it first")
    return (event,)


def _refused(command: Command, state: str, reason: str) -> Refused:
    return Refused(f"{type(command).__name__.lower()}.{state}", reason)


def _show(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
