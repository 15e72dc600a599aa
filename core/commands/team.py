"""What can be asked about a team."""

from __future__ import annotations

from datetime import datetime

from attrs import field, frozen

from ventanilla.core.commands.base import ToTeam
from ventanilla.core.events.team import JourneyOwned, TeamDisbanded, TeamFormed
from ventanilla.core.fields import utc


@frozen(kw_only=True)
class FormTeam(ToTeam):
    """Make a team: :class:`~ventanilla.core.events.TeamFormed`."""

    division: str | None = None

    def event(self) -> TeamFormed:
        """See :meth:`Asked.event`."""
        return TeamFormed(at=self.at, division=self.division)


@frozen(kw_only=True)
class OwnJourney(ToTeam):
    """Make it answer for a journey: :class:`~ventanilla.core.events.JourneyOwned`."""

    journey: str
    since: datetime = field(converter=utc)

    def event(self) -> JourneyOwned:
        """See :meth:`Asked.event`."""
        return JourneyOwned(at=self.at, journey=self.journey, since=self.since)


@frozen(kw_only=True)
class DisbandTeam(ToTeam):
    """End it: :class:`~ventanilla.core.events.TeamDisbanded`."""

    def event(self) -> TeamDisbanded:
        """See :meth:`Asked.event`."""
        return TeamDisbanded(at=self.at)
