"""What can be said on a ticket."""

from __future__ import annotations

from attrs import frozen

from ventanilla.core.commands.base import ToTicket
from ventanilla.core.events.talk import (
    AuthorKind,
    ConversationJoined,
    ConversationLeft,
    HandedToHuman,
    MessageReceived,
    NoteWritten,
    ReplySent,
)
from ventanilla.core.fields import Personal
from ventanilla.core.recorded import ActorKind

SPEAKS_AS: dict[ActorKind, AuthorKind] = {
    "customer": "customer",
    "agent": "agent",
    "bot": "bot",
    "system": "system",
    "channel": "automation",
    "importer": "agent",
}
"""As what an actor speaks, unless told otherwise."""


@frozen(kw_only=True)
class JoinConversation(ToTicket):
    """Say that a conversation is about this matter: :class:`~ventanilla.core.events.ConversationJoined`."""

    conversation: str
    channel: str
    continues: bool = False

    def event(self) -> ConversationJoined:
        """See :meth:`Asked.event`."""
        return ConversationJoined(
            at=self.at, conversation=self.conversation, channel=self.channel, continues=self.continues
        )


@frozen(kw_only=True)
class LeaveConversation(ToTicket):
    """Say that it is not: :class:`~ventanilla.core.events.ConversationLeft`."""

    conversation: str

    def event(self) -> ConversationLeft:
        """See :meth:`Asked.event`."""
        return ConversationLeft(at=self.at, conversation=self.conversation)


@frozen(kw_only=True)
class Receive(ToTicket):
    """Take what somebody outside said: :class:`~ventanilla.core.events.MessageReceived`."""

    message: str
    conversation: str | None = None
    channel: str
    author: str | None = None
    author_kind: AuthorKind = "customer"
    public: bool = False
    language: str | None = None
    words: int | None = None
    text: Personal | None = None

    def event(self) -> MessageReceived:
        """See :meth:`Asked.event`."""
        return MessageReceived(
            at=self.at,
            message=self.message,
            conversation=self.conversation,
            channel=self.channel,
            author=self.author,
            author_kind=self.author_kind,
            public=self.public,
            language=self.language,
            words=self.words,
            text=self.text,
        )


@frozen(kw_only=True)
class Reply(ToTicket):
    """Say something that the customer sees: :class:`~ventanilla.core.events.ReplySent`.

    Unless told otherwise, the actor is the author.
    """

    message: str
    conversation: str | None = None
    channel: str
    author: str | None = None
    author_kind: AuthorKind | None = None
    answers: str | None = None
    template: str | None = None
    language: str | None = None
    words: int | None = None
    text: Personal | None = None

    def event(self) -> ReplySent:
        """See :meth:`Asked.event`."""
        return ReplySent(
            at=self.at,
            message=self.message,
            conversation=self.conversation,
            channel=self.channel,
            author=self.author or self.actor.id,
            author_kind=self.author_kind or SPEAKS_AS[self.actor.kind],
            answers=self.answers,
            template=self.template,
            language=self.language,
            words=self.words,
            text=self.text,
        )


@frozen(kw_only=True)
class WriteNote(ToTicket):
    """Write something that stays inside: :class:`~ventanilla.core.events.NoteWritten`.

    Unless told otherwise, the actor is the author.
    """

    message: str
    author: str | None = None
    author_kind: AuthorKind | None = None
    words: int | None = None
    text: Personal | None = None

    def event(self) -> NoteWritten:
        """See :meth:`Asked.event`."""
        return NoteWritten(
            at=self.at,
            message=self.message,
            author=self.author or self.actor.id,
            author_kind=self.author_kind or SPEAKS_AS[self.actor.kind],
            words=self.words,
            text=self.text,
        )


@frozen(kw_only=True)
class HandOver(ToTicket):
    """Give it from a machine to people: :class:`~ventanilla.core.events.HandedToHuman`."""

    bot: str
    because: str

    def event(self) -> HandedToHuman:
        """See :meth:`Asked.event`."""
        return HandedToHuman(at=self.at, bot=self.bot, because=self.because)
