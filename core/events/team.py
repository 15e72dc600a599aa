"""What happens to a team."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from attrs import frozen

from ventanilla.core.events.base import Happened
from ventanilla.core.fields import fact


@frozen(kw_only=True)
class TeamFormed(Happened):
    """A team came to be.

    Attributes:
        division: What it belongs to; ``None``: to nothing.
    """

    TOPIC: ClassVar[str] = "team.formed/1"

    division: str | None = fact(default=None)


@frozen(kw_only=True)
class JourneyOwned(Happened):
    """It answers for a journey of the customers, from end to end.

    Attributes:
        journey: Which journey.
        since: From when on.
    """

    TOPIC: ClassVar[str] = "team.journey-owned/1"

    journey: str = fact()
    since: datetime


@frozen(kw_only=True)
class TeamDisbanded(Happened):
    """The team is no more."""

    TOPIC: ClassVar[str] = "team.disbanded/1"
