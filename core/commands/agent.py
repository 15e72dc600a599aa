"""What can be asked about an agent."""

from __future__ import annotations

from datetime import datetime

from attrs import field, frozen

from ventanilla.core.commands.base import ToAgent
from ventanilla.core.events.agent import (
    AgentErased,
    AgentHoldLifted,
    AgentHoldPlaced,
    AgentJoined,
    AgentLeft,
    RoleGranted,
    RoleRevoked,
    ShiftCancelled,
    ShiftPlanned,
    TeamJoined,
    TeamLeft,
)
from ventanilla.core.fields import Personal, utc


@frozen(kw_only=True)
class AddAgent(ToAgent):
    """Make an agent known: :class:`~ventanilla.core.events.AgentJoined`."""

    machine: bool = False
    name: Personal | None = None

    def event(self) -> AgentJoined:
        """See :meth:`Asked.event`."""
        return AgentJoined(at=self.at, machine=self.machine, name=self.name)


@frozen(kw_only=True)
class RemoveAgent(ToAgent):
    """Say that they work here no more: :class:`~ventanilla.core.events.AgentLeft`."""

    because: str

    def event(self) -> AgentLeft:
        """See :meth:`Asked.event`."""
        return AgentLeft(at=self.at, because=self.because)


@frozen(kw_only=True)
class JoinTeam(ToAgent):
    """Make them a member: :class:`~ventanilla.core.events.TeamJoined`."""

    team: str
    since: datetime = field(converter=utc)

    def event(self) -> TeamJoined:
        """See :meth:`Asked.event`."""
        return TeamJoined(at=self.at, team=self.team, since=self.since)


@frozen(kw_only=True)
class LeaveTeam(ToAgent):
    """Make them a member no more: :class:`~ventanilla.core.events.TeamLeft`."""

    team: str
    since: datetime = field(converter=utc)

    def event(self) -> TeamLeft:
        """See :meth:`Asked.event`."""
        return TeamLeft(at=self.at, team=self.team, since=self.since)


@frozen(kw_only=True)
class GrantRole(ToAgent):
    """Give them a role: :class:`~ventanilla.core.events.RoleGranted`."""

    role: str
    since: datetime = field(converter=utc)

    def event(self) -> RoleGranted:
        """See :meth:`Asked.event`."""
        return RoleGranted(at=self.at, role=self.role, since=self.since)


@frozen(kw_only=True)
class RevokeRole(ToAgent):
    """Take a role from them: :class:`~ventanilla.core.events.RoleRevoked`."""

    role: str
    since: datetime = field(converter=utc)

    def event(self) -> RoleRevoked:
        """See :meth:`Asked.event`."""
        return RoleRevoked(at=self.at, role=self.role, since=self.since)


@frozen(kw_only=True)
class PlanShift(ToAgent):
    """Plan when they work: :class:`~ventanilla.core.events.ShiftPlanned`."""

    shift: str
    starts: datetime = field(converter=utc)
    ends: datetime = field(converter=utc)
    team: str | None = None

    def event(self) -> ShiftPlanned:
        """See :meth:`Asked.event`."""
        return ShiftPlanned(at=self.at, shift=self.shift, starts=self.starts, ends=self.ends, team=self.team)


@frozen(kw_only=True)
class CancelShift(ToAgent):
    """Call a shift off: :class:`~ventanilla.core.events.ShiftCancelled`."""

    shift: str

    def event(self) -> ShiftCancelled:
        """See :meth:`Asked.event`."""
        return ShiftCancelled(at=self.at, shift=self.shift)


@frozen(kw_only=True)
class PlaceAgentHold(ToAgent):
    """Forbid to erase them for now: :class:`~ventanilla.core.events.AgentHoldPlaced`."""

    hold: str
    because: str

    def event(self) -> AgentHoldPlaced:
        """See :meth:`Asked.event`."""
        return AgentHoldPlaced(at=self.at, hold=self.hold, because=self.because)


@frozen(kw_only=True)
class LiftAgentHold(ToAgent):
    """Take such a reason away: :class:`~ventanilla.core.events.AgentHoldLifted`."""

    hold: str

    def event(self) -> AgentHoldLifted:
        """See :meth:`Asked.event`."""
        return AgentHoldLifted(at=self.at, hold=self.hold)


@frozen(kw_only=True)
class EraseAgent(ToAgent):
    """Erase all personal text of theirs: :class:`~ventanilla.core.events.AgentErased`."""

    request: str
    because: str

    def event(self) -> AgentErased:
        """See :meth:`Asked.event`."""
        return AgentErased(at=self.at, request=self.request, because=self.because)
