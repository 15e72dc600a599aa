"""What can be asked of its ties to other tickets and people."""

from __future__ import annotations

from attrs import frozen

from ventanilla.core.commands.base import ToTicket
from ventanilla.core.events.links import (
    LinkKind,
    ParticipantAdded,
    ParticipantRemoved,
    ParticipantRole,
    TicketLinked,
    TicketMerged,
    TicketRejoined,
    TicketSplit,
    TicketUnlinked,
    TicketUnmerged,
)


@frozen(kw_only=True)
class Link(ToTicket):
    """Link it to another ticket: :class:`~ventanilla.core.events.TicketLinked`."""

    kind: LinkKind
    to: str

    def event(self) -> TicketLinked:
        """See :meth:`Asked.event`."""
        return TicketLinked(at=self.at, kind=self.kind, to=self.to)


@frozen(kw_only=True)
class Unlink(ToTicket):
    """Undo a link: :class:`~ventanilla.core.events.TicketUnlinked`."""

    kind: LinkKind
    to: str

    def event(self) -> TicketUnlinked:
        """See :meth:`Asked.event`."""
        return TicketUnlinked(at=self.at, kind=self.kind, to=self.to)


@frozen(kw_only=True)
class Merge(ToTicket):
    """Let it go on in another ticket: :class:`~ventanilla.core.events.TicketMerged`."""

    into: str

    def event(self) -> TicketMerged:
        """See :meth:`Asked.event`."""
        return TicketMerged(at=self.at, into=self.into)


@frozen(kw_only=True)
class Unmerge(ToTicket):
    """Undo a merge: :class:`~ventanilla.core.events.TicketUnmerged`."""

    def event(self) -> TicketUnmerged:
        """See :meth:`Asked.event`."""
        return TicketUnmerged(at=self.at)


@frozen(kw_only=True)
class Split(ToTicket):
    """Say that it is a part of another ticket: :class:`~ventanilla.core.events.TicketSplit`."""

    source: str
    messages: tuple[str, ...]

    def event(self) -> TicketSplit:
        """See :meth:`Asked.event`."""
        return TicketSplit(at=self.at, source=self.source, messages=self.messages)


@frozen(kw_only=True)
class Rejoin(ToTicket):
    """Undo a split: :class:`~ventanilla.core.events.TicketRejoined`."""

    source: str

    def event(self) -> TicketRejoined:
        """See :meth:`Asked.event`."""
        return TicketRejoined(at=self.at, source=self.source)


@frozen(kw_only=True)
class AddParticipant(ToTicket):
    """Let somebody else take part: :class:`~ventanilla.core.events.ParticipantAdded`."""

    participant: str
    role: ParticipantRole

    def event(self) -> ParticipantAdded:
        """See :meth:`Asked.event`."""
        return ParticipantAdded(at=self.at, participant=self.participant, role=self.role)


@frozen(kw_only=True)
class RemoveParticipant(ToTicket):
    """Let somebody take part no more: :class:`~ventanilla.core.events.ParticipantRemoved`."""

    participant: str

    def event(self) -> ParticipantRemoved:
        """See :meth:`Asked.event`."""
        return ParticipantRemoved(at=self.at, participant=self.participant)
