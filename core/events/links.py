"""What ties a ticket to other tickets and people. Every tie can be undone, and none moves an event."""

from __future__ import annotations

from typing import ClassVar, Literal, TypeAlias

from attrs import frozen

from ventanilla.core.events.base import Happened
from ventanilla.core.fields import fact

LinkKind: TypeAlias = Literal["problem", "duplicate", "parent", "follow_up", "related"]
ParticipantRole: TypeAlias = Literal["requester", "copied", "follower", "approver", "supplier"]


@frozen(kw_only=True)
class TicketLinked(Happened):
    """It has to do with another ticket, as this one sees it.

    Attributes:
        kind: The other is its problem, what it duplicates, its parent, what it follows up, or just related.
        to: The other ticket.
    """

    TOPIC: ClassVar[str] = "ticket.linked/1"

    kind: LinkKind
    to: str = fact()


@frozen(kw_only=True)
class TicketUnlinked(Happened):
    """The link was a mistake, or is over.

    Attributes:
        kind: Of the link.
        to: The other ticket.
    """

    TOPIC: ClassVar[str] = "ticket.unlinked/1"

    kind: LinkKind
    to: str = fact()


@frozen(kw_only=True)
class TicketMerged(Happened):
    """It is the same matter as another, and goes on there. Its events stay its own; reading follows the link.

    Attributes:
        into: The ticket where it goes on.
    """

    TOPIC: ClassVar[str] = "ticket.merged/1"

    into: str = fact()


@frozen(kw_only=True)
class TicketUnmerged(Happened):
    """It is a matter of its own after all."""

    TOPIC: ClassVar[str] = "ticket.unmerged/1"


@frozen(kw_only=True)
class TicketSplit(Happened):
    """It is a part of another ticket that turned out to be a matter of its own.

    The messages stay with the other ticket, and are read here, too.

    Attributes:
        source: The ticket that it was a part of.
        messages: Ids of the messages there that belong here.
    """

    TOPIC: ClassVar[str] = "ticket.split/1"

    source: str = fact()
    messages: tuple[str, ...] = fact()


@frozen(kw_only=True)
class TicketRejoined(Happened):
    """It belongs to the other ticket after all.

    Attributes:
        source: The ticket that it had been split from.
    """

    TOPIC: ClassVar[str] = "ticket.rejoined/1"

    source: str = fact()


@frozen(kw_only=True)
class ParticipantAdded(Happened):
    """Somebody else takes part.

    Attributes:
        participant: Their id, of a customer or an agent.
        role: As what.
    """

    TOPIC: ClassVar[str] = "ticket.participant-added/1"

    participant: str = fact()
    role: ParticipantRole


@frozen(kw_only=True)
class ParticipantRemoved(Happened):
    """Somebody takes part no more.

    Attributes:
        participant: Their id.
    """

    TOPIC: ClassVar[str] = "ticket.participant-removed/1"

    participant: str = fact()
