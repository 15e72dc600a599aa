"""The envelope around an event: where it stands in the log, who did it, why, and when we learnt of it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, TypeAlias

from attrs import frozen

from ventanilla.core.events import Event

ActorKind: TypeAlias = Literal["customer", "agent", "bot", "system", "channel", "importer"]
CauseKind: TypeAlias = Literal["command", "delivery", "event", "row"]


@frozen
class Actor:
    """Who asked. Never taken from a payload: the host, or the importer, says it.

    Attributes:
        kind: What sort of actor.
        id: Which one; an id, never a name or an address.
        roles: The roles they have now, as the host knows them.
        via: How the host knows that it is them: ``"session"``, ``"token"``, ``"signature"``; ``"host"`` for itself.
    """

    kind: ActorKind
    id: str
    roles: tuple[str, ...] = ()
    via: str = "host"

    def __attrs_post_init__(self) -> None:
        """Refuse who is nobody, and a word where roles belong: each part of it would be one."""
        if not isinstance(self.id, str) or not self.id.strip():
            raise ValueError(f"the id of an actor is {self.id!r}: say which {self.kind} it is")
        if isinstance(self.roles, str):
            raise TypeError(f"the roles of {self} are a word, {self.roles!r}: give a tuple of words")

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"


@frozen
class Cause:
    """What an event came from.

    Attributes:
        kind: A command of the host, a delivery of a channel, another event, or a row of an imported history.
        id: Which one.
    """

    kind: CauseKind
    id: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"


@frozen(kw_only=True, slots=False)
class Recorded:
    """An event in the log.

    Attributes:
        position: Its place in the whole log; grows, may have gaps.
        stream: What it happened to: a ticket's id, or one of :mod:`ventanilla.core.streams`.
        version: Its place in the stream's own history: 1, 2, 3, …
        recorded_at: When it was recorded: aware, UTC. ``event.at`` is when it happened.
        actor: Who asked, as ``kind:id``.
        allowed_by: The grant that allowed it, see :mod:`ventanilla.core.rights`: ``"1/agent"``.
        cause: What it came from, as ``kind:id``.
        event: What happened.
    """

    position: int
    stream: str
    version: int
    recorded_at: datetime
    actor: str
    allowed_by: str
    cause: str
    event: Event


@frozen(kw_only=True)
class Unreadable:
    """An event that is in the log and cannot be read: written by a later version, or damaged.

    Attributes:
        position: Its place in the whole log.
        topic: What its topic says.
        reason: Why it cannot be read, with its position.
    """

    position: int
    topic: str
    reason: str
