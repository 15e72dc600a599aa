"""What happens to an agent or a team. Agents are people with rights, too: names are personal, ids are random."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from attrs import frozen

from ventanilla.core.events.base import Happened
from ventanilla.core.fields import Personal, fact, personal


@frozen(kw_only=True)
class AgentJoined(Happened):
    """Somebody began to work at the desk.

    Attributes:
        machine: Whether it is a bot.
        name: What they are called.
    """

    TOPIC: ClassVar[str] = "agent.joined/1"

    machine: bool = False
    name: Personal | None = personal(default=None)


@frozen(kw_only=True)
class AgentLeft(Happened):
    """They work here no more.

    Attributes:
        because: A code: ``"own_wish"``, ``"dismissed"``, ``"moved"``.
    """

    TOPIC: ClassVar[str] = "agent.left/1"

    because: str = fact()


@frozen(kw_only=True)
class TeamJoined(Happened):
    """They became a member of a team.

    Attributes:
        team: Which.
        since: From when on.
    """

    TOPIC: ClassVar[str] = "agent.team-joined/1"

    team: str = fact()
    since: datetime


@frozen(kw_only=True)
class TeamLeft(Happened):
    """They are a member no more.

    Attributes:
        team: Which.
        since: From when on.
    """

    TOPIC: ClassVar[str] = "agent.team-left/1"

    team: str = fact()
    since: datetime


@frozen(kw_only=True)
class RoleGranted(Happened):
    """They got a role, and the rights that come with it.

    Attributes:
        role: Which.
        since: From when on.
    """

    TOPIC: ClassVar[str] = "agent.role-granted/1"

    role: str = fact()
    since: datetime


@frozen(kw_only=True)
class RoleRevoked(Happened):
    """They have the role no more.

    Attributes:
        role: Which.
        since: From when on.
    """

    TOPIC: ClassVar[str] = "agent.role-revoked/1"

    role: str = fact()
    since: datetime


@frozen(kw_only=True)
class SkillSet(Happened):
    """They can do something, or can do it better now.

    Attributes:
        skill: What.
        level: How well; 0: not any more.
    """

    TOPIC: ClassVar[str] = "agent.skill-set/1"

    skill: str = fact()
    level: int = 1


@frozen(kw_only=True)
class TrainingCompleted(Happened):
    """They went through a training.

    Attributes:
        training: Which.
    """

    TOPIC: ClassVar[str] = "agent.training-completed/1"

    training: str = fact()


@frozen(kw_only=True)
class ShiftPlanned(Happened):
    """They are to be at work.

    Attributes:
        shift: Its id.
        starts: From.
        ends: To, not included.
        team: For which team; ``None``: any.
    """

    TOPIC: ClassVar[str] = "agent.shift-planned/1"

    shift: str = fact()
    starts: datetime
    ends: datetime
    team: str | None = fact(default=None)


@frozen(kw_only=True)
class ShiftCancelled(Happened):
    """They need not be at work after all.

    Attributes:
        shift: Its id.
    """

    TOPIC: ClassVar[str] = "agent.shift-cancelled/1"

    shift: str = fact()


@frozen(kw_only=True)
class ShiftWorked(Happened):
    """They were at work.

    Attributes:
        shift: Its id.
        paid: Seconds paid for.
        available: Seconds free to take work, waiting for it.
    """

    TOPIC: ClassVar[str] = "agent.shift-worked/1"

    shift: str = fact()
    paid: int
    available: int


@frozen(kw_only=True)
class AgentRecognised(Happened):
    """Somebody thanked or celebrated them.

    Attributes:
        recognition: Its id.
        by: Who, an id.
        because: For what, a code.
        ticket: On which ticket; ``None``: on none in particular.
    """

    TOPIC: ClassVar[str] = "agent.recognised/1"

    recognition: str = fact()
    by: str = fact()
    because: str = fact()
    ticket: str | None = fact(default=None)


@frozen(kw_only=True)
class AgentHoldPlaced(Happened):
    """They may not be erased for now: the law, or a lawsuit, asks to keep what there is.

    Attributes:
        hold: Its id; there may be several at a time.
        because: A code: ``"lawsuit"``, ``"tax"``.
    """

    TOPIC: ClassVar[str] = "agent.hold-placed/1"

    hold: str = fact()
    because: str = fact()


@frozen(kw_only=True)
class AgentHoldLifted(Happened):
    """One of the reasons to keep what there is of them is gone.

    Attributes:
        hold: Which.
    """

    TOPIC: ClassVar[str] = "agent.hold-lifted/1"

    hold: str = fact()


@frozen(kw_only=True)
class AgentErased(Happened):
    """All personal text of theirs was erased.

    Attributes:
        request: The id of the request.
        because: A code.
    """

    TOPIC: ClassVar[str] = "agent.erased/1"

    request: str = fact()
    because: str = fact()
