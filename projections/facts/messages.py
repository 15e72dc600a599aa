"""The fact table of messages: one row a message between customer and desk, with how long a reply took."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from attrs import frozen

from ventanilla.core import events as on
from ventanilla.core.events import AuthorKind
from ventanilla.projections.facts.history import History, history_table, span
from ventanilla.projections.facts.standing import VOIDING, Void, void


@frozen(kw_only=True)
class Message:
    """A message, never a note.

    Attributes:
        ticket: The ticket.
        message: Its id on the ticket.
        way: ``"in"``: from outside; ``"out"``: from the desk.
        author_kind: A person, or which kind of machine.
        message_channel: By which channel.
        void: Why the ticket counts in no rate.
        said_at: When it was received or sent.
        reply_time: Seconds from the message that this reply names to the reply; ``None``: it names none, or one that is
            not on the ticket.
        evidence: The message; of a reply the one that it names, too.
    """

    ticket: str
    message: str
    way: Literal["in", "out"]
    author_kind: AuthorKind
    message_channel: str
    void: Void | None
    said_at: datetime
    reply_time: float | None
    evidence: tuple[int, ...]


def _rows(history: History, _: datetime) -> Iterable[Message]:
    why = void(history)
    said = [(one, one.event) for one in history if isinstance(one.event, on.MessageReceived | on.ReplySent)]
    known = {event.message: one for one, event in said}
    for recorded, event in said:
        named = known.get(event.answers) if isinstance(event, on.ReplySent) and event.answers else None
        yield Message(
            ticket=recorded.stream,
            message=event.message,
            way="out" if isinstance(event, on.ReplySent) else "in",
            author_kind=event.author_kind,
            message_channel=event.channel,
            void=why,
            said_at=event.at,
            reply_time=span(named.event.at, event.at) if named else None,
            evidence=tuple(sorted({recorded.position, *([named.position] if named else [])})),
        )


MESSAGES = history_table(
    name="messages",
    about="one row a message between customer and desk",
    row=Message,
    reads=VOIDING | {on.MessageReceived, on.ReplySent},
    rows=_rows,
    dimensions=("way", "author_kind", "message_channel"),
)
"""The table."""
