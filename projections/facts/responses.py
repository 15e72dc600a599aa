"""The fact table of first responses: one row a ticket, with how long it took until somebody answered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from attrs import frozen

from ventanilla.core import events as on
from ventanilla.core.recorded import Recorded
from ventanilla.projections.facts.history import History, history_table, span
from ventanilla.projections.facts.standing import VOIDING, Void, opening, settlement, void


@frozen(kw_only=True)
class Response:
    """How soon a ticket was answered. Seconds around the clock; ``None``: it has not happened.

    Attributes:
        ticket: The ticket.
        origin: Who began.
        void: Why it counts in no rate.
        opened_at: When it arrived.
        settled_at: When it was settled; ``None``: it is open.
        first_response: From the opening to the first message of a person that the customer sees; on a ticket that an
            agent opened, to the second.
        first_bot_response: To the first message of a bot.
        time_to_human: From the first wish for a person, or hand-over by a machine, to the next message or call of one.
        time_to_acknowledge: To the first sign that somebody took it up: an assignment, a message, a note, a call.
        time_to_assign: To the first assignment.
        asked_human_at: When a person was first wished for, or the machine gave up.
        skewed: How many of these spans would be negative, by clocks that disagree; they are 0 here.
        opened_position: The opening.
        settled_position: The settlement.
        reply_position: The first response.
        bot_position: The first message of a bot.
        asked_position: The wish for a person.
        human_position: The person who came.
        taken_position: The first sign.
        assigned_position: The first assignment.
    """

    ticket: str
    origin: str
    void: Void | None
    opened_at: datetime
    settled_at: datetime | None = None
    first_response: float | None = None
    first_bot_response: float | None = None
    time_to_human: float | None = None
    time_to_acknowledge: float | None = None
    time_to_assign: float | None = None
    asked_human_at: datetime | None = None
    skewed: int = 0
    opened_position: int
    settled_position: int | None = None
    reply_position: int | None = None
    bot_position: int | None = None
    asked_position: int | None = None
    human_position: int | None = None
    taken_position: int | None = None
    assigned_position: int | None = None


SOURCES: Mapping[str, tuple[str, ...]] = {
    "ticket": ("opened_position",),
    "origin": ("opened_position",),
    "void": (),
    "opened_at": ("opened_position",),
    "settled_at": ("settled_position",),
    "first_response": ("opened_position", "reply_position"),
    "first_bot_response": ("opened_position", "bot_position"),
    "asked_human_at": ("asked_position",),
    "time_to_human": ("asked_position", "human_position"),
    "time_to_acknowledge": ("opened_position", "taken_position"),
    "time_to_assign": ("opened_position", "assigned_position"),
    "skewed": ("opened_position", "taken_position"),
}


def _rows(history: History, _: datetime) -> Iterable[Response]:
    opened = opening(history)
    if opened is None:
        return
    (start, opened_position), settled = opened, settlement(history)
    replies = [one for one in history if isinstance(one.event, on.ReplySent) and one.event.author_kind == "agent"]
    first_reply = next(iter(replies[start.origin == "agent" :]), None)
    bot = next((one for one in history if isinstance(one.event, on.ReplySent) and one.event.author_kind == "bot"), None)
    asked = next((one for one in history if isinstance(one.event, on.HumanRequested | on.HandedToHuman)), None)
    after = [one for one in history if asked and _when(one) >= asked.event.at and one.position != asked.position]
    human = next((one for one in after if _is_word(one)), None)
    assigned = next((one for one in history if isinstance(one.event, on.TicketAssigned)), None)
    signs = [one for one in history if _is_word(one) or _is_sign(one)]
    taken = min(signs, key=_when, default=None)
    taken_at = start.at if start.origin == "agent" else _at(taken)
    yield Response(
        ticket=history[0].stream,
        origin=start.origin,
        void=void(history),
        opened_at=start.at,
        settled_at=settled[0] if settled else None,
        first_response=span(start.at, _at(first_reply)),
        first_bot_response=span(start.at, _at(bot)),
        time_to_human=span(_at(asked), _at(human)),
        time_to_acknowledge=span(start.at, taken_at),
        time_to_assign=span(start.at, _at(assigned)),
        asked_human_at=_at(asked),
        skewed=sum(at is not None and at < start.at for at in (_at(first_reply), _at(bot), taken_at, _at(assigned))),
        opened_position=opened_position,
        settled_position=settled[1] if settled else None,
        reply_position=_position(first_reply),
        bot_position=_position(bot),
        asked_position=_position(asked),
        human_position=_position(human),
        taken_position=opened_position if start.origin == "agent" else _position(taken),
        assigned_position=_position(assigned),
    )


def _is_word(recorded: Recorded) -> bool:
    """Return whether a person spoke to the customer."""
    event = recorded.event
    if isinstance(event, on.CallEnded):
        return event.outcome == "answered" and event.agent is not None
    return isinstance(event, on.ReplySent) and event.author_kind == "agent"


def _is_sign(recorded: Recorded) -> bool:
    event = recorded.event
    return isinstance(event, on.TicketAssigned) or (isinstance(event, on.NoteWritten) and event.author_kind == "agent")


def _when(recorded: Recorded) -> datetime:
    """Return when it began: a call is told when it is over."""
    event = recorded.event
    return event.at - timedelta(seconds=event.talked + event.held) if isinstance(event, on.CallEnded) else event.at


def _at(recorded: Recorded | None) -> datetime | None:
    return None if recorded is None else _when(recorded)


def _position(recorded: Recorded | None) -> int | None:
    return None if recorded is None else recorded.position


RESPONSES = history_table(
    name="responses",
    about="one row a ticket: how soon it was answered",
    row=Response,
    reads=VOIDING
    | {
        on.TicketOpened,
        on.TicketResolved,
        on.TicketClosed,
        on.TicketReopened,
        on.ReplySent,
        on.NoteWritten,
        on.CallEnded,
        on.HumanRequested,
        on.HandedToHuman,
        on.TicketAssigned,
    },
    rows=_rows,
    dimensions=("origin",),
    sources=SOURCES,
)
"""The table."""
