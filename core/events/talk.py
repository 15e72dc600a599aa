"""What is said on a ticket: messages, notes, calls, sessions, on whatever channel."""

from __future__ import annotations

from typing import ClassVar, Literal, TypeAlias

from attrs import frozen

from ventanilla.core.events.base import Happened
from ventanilla.core.fields import Personal, fact, personal

AuthorKind: TypeAlias = Literal["customer", "agent", "bot", "automation", "campaign", "system", "auto_reply"]
DeliveryState: TypeAlias = Literal["sent", "delivered", "read", "failed"]
SessionEnd: TypeAlias = Literal["customer_left", "agent_left", "timed_out", "connection_lost"]
CallDirection: TypeAlias = Literal["inbound", "outbound"]
CallOutcome: TypeAlias = Literal["answered", "abandoned", "missed", "voicemail"]
Judge: TypeAlias = Literal["agent", "bot", "automation"]


@frozen(kw_only=True)
class ConversationJoined(Happened):
    """A conversation on some channel is about this matter: the first one, or one that continues it.

    Attributes:
        conversation: The id of the thread on that channel.
        channel: Which channel.
        continues: Whether an earlier conversation of this ticket goes on in it.
    """

    TOPIC: ClassVar[str] = "conversation.joined/1"

    conversation: str = fact()
    channel: str = fact()
    continues: bool = False


@frozen(kw_only=True)
class ConversationLeft(Happened):
    """A conversation turned out to be about something else.

    Attributes:
        conversation: Its id.
    """

    TOPIC: ClassVar[str] = "conversation.left/1"

    conversation: str = fact()


@frozen(kw_only=True)
class SessionEnded(Happened):
    """A live session ended. The conversation is not lost: it goes on whenever somebody writes.

    Attributes:
        session: The session's id, unique on this ticket.
        conversation: The conversation's id.
        how: Who left, or what broke off.
    """

    TOPIC: ClassVar[str] = "conversation.session-ended/1"

    session: str = fact()
    conversation: str = fact()
    how: SessionEnd


@frozen(kw_only=True)
class MessageReceived(Happened):
    """Somebody outside the desk said something.

    Attributes:
        message: Its id, unique on this ticket.
        conversation: The conversation it came in; ``None`` if there is none.
        channel: The channel it came by.
        author: Who, an id; ``None`` if unknown.
        author_kind: A person, or a machine that answered for them.
        public: Whether the world could read it, as on a social network.
        language: BCP 47 tag; ``None`` if unknown.
        words: How many; ``None`` if not counted.
        text: What they said.
    """

    TOPIC: ClassVar[str] = "message.received/1"

    message: str = fact()
    conversation: str | None = fact(default=None)
    channel: str = fact()
    author: str | None = fact(default=None)
    author_kind: AuthorKind = "customer"
    public: bool = False
    language: str | None = fact(default=None)
    words: int | None = None
    text: Personal | None = personal(default=None)


@frozen(kw_only=True)
class ReplySent(Happened):
    """The desk said something that the customer sees.

    Attributes:
        message: Its id, unique on this ticket.
        conversation: The conversation it went into; ``None`` if there is none.
        channel: The channel it went by.
        author: Who, an id.
        author_kind: A person, or which kind of machine; only a person's is a response.
        answers: The message that it answers; ``None``: no particular one.
        template: The text module it was made from; ``None``: none.
        language: BCP 47 tag; ``None`` if unknown.
        words: How many; ``None`` if not counted.
        text: What was said.
    """

    TOPIC: ClassVar[str] = "message.sent/1"

    message: str = fact()
    conversation: str | None = fact(default=None)
    channel: str = fact()
    author: str = fact()
    author_kind: AuthorKind = "agent"
    answers: str | None = fact(default=None)
    template: str | None = fact(default=None)
    language: str | None = fact(default=None)
    words: int | None = None
    text: Personal | None = personal(default=None)


@frozen(kw_only=True)
class NoteWritten(Happened):
    """Somebody wrote a note that stays inside the desk, for ever: no road leads from it to a customer.

    Attributes:
        message: Its id, unique on this ticket.
        author: Who, an id.
        author_kind: A person or a machine.
        words: How many; ``None`` if not counted.
        text: What it says.
    """

    TOPIC: ClassVar[str] = "message.note-written/1"

    message: str = fact()
    author: str = fact()
    author_kind: AuthorKind = "agent"
    words: int | None = None
    text: Personal | None = personal(default=None)


@frozen(kw_only=True)
class DeliveryReported(Happened):
    """The channel told what became of a message that was sent.

    Attributes:
        message: Its id.
        state: How far it came.
        code: The channel's own code for a failure; ``None`` without one.
    """

    TOPIC: ClassVar[str] = "message.delivery-reported/1"

    message: str = fact()
    state: DeliveryState
    code: str | None = fact(default=None)


@frozen(kw_only=True)
class AttachmentKept(Happened):
    """A file that came or went with a message is kept.

    Attributes:
        message: The message it belongs to.
        attachment: Its id, never made from its name.
        media_type: As found by looking at it: ``"image/png"``.
        size: In bytes.
        name: As its sender called it.
    """

    TOPIC: ClassVar[str] = "message.attachment-kept/1"

    message: str = fact()
    attachment: str = fact()
    media_type: str = fact()
    size: int
    name: Personal | None = personal(default=None)


@frozen(kw_only=True)
class CallEnded(Happened):
    """A phone or video call is over, answered or not. A meeting in person is told alike.

    Attributes:
        call: Its id, unique on this ticket.
        channel: ``"phone"``, ``"video"``, ``"in_person"``.
        direction: Who called.
        outcome: What came of it.
        agent: Who answered, an id; ``None`` if nobody.
        waited: Seconds before it was answered or given up.
        talked: Seconds of talk, holding left out.
        held: Seconds on hold.
    """

    TOPIC: ClassVar[str] = "call.ended/1"

    call: str = fact()
    channel: str = fact(default="phone")
    direction: CallDirection
    outcome: CallOutcome
    agent: str | None = fact(default=None)
    waited: int
    talked: int = 0
    held: int = 0


@frozen(kw_only=True)
class RepetitionNoticed(Happened):
    """The customer had to tell something again that the desk knew.

    Attributes:
        message: Where; ``None``: in no particular message.
        by: Who noticed.
    """

    TOPIC: ClassVar[str] = "ticket.repetition-noticed/1"

    message: str | None = fact(default=None)
    by: Judge


@frozen(kw_only=True)
class HumanRequested(Happened):
    """The customer, talking to a machine, asked for a person.

    Attributes:
        conversation: Where; ``None`` if not known.
    """

    TOPIC: ClassVar[str] = "ticket.human-requested/1"

    conversation: str | None = fact(default=None)


@frozen(kw_only=True)
class HandedToHuman(Happened):
    """A machine gave the matter over to people.

    Attributes:
        bot: Which machine, an id.
        because: A code: ``"asked"``, ``"not_understood"``, ``"policy"``.
    """

    TOPIC: ClassVar[str] = "ticket.handed-to-human/1"

    bot: str = fact()
    because: str = fact()
