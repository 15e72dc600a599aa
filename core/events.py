"""What can happen to a ticket.

NOTE: names, topics and fields here are the storage format of every log ever written. A class is never changed once
released: a new topic (``ticket.opened/2``) joins the old one, which stays readable for ever.

An event is pure: which ticket, who did it, why, and when it was recorded stand around it, in
:class:`~ventanilla.core.recorded.Recorded`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar, Literal, TypeAlias

from attrs import Factory, frozen

from ventanilla.core.fields import fact, refuse_undeclared_text

Verdict: TypeAlias = Literal["met", "breached"]


@frozen(kw_only=True)
class Happened:
    """What every event says.

    Attributes:
        at: When it happened: aware, UTC. When it was *recorded* is the store's to say.
    """

    TOPIC: ClassVar[str]

    at: datetime

    @classmethod
    def __attrs_init_subclass__(cls) -> None:
        refuse_undeclared_text(cls)


@frozen(kw_only=True)
class TicketOpened(Happened):
    """A customer's matter arrived.

    Attributes:
        channel: The way in, one word of a closed list: ``"phone"``, ``"mail"``, ``"app"``.
        facts: Further dimensions to cut figures by, name to value: ``{"district": "Roxbury"}``. Never free text.
    """

    TOPIC: ClassVar[str] = "ticket.opened/1"

    channel: str = fact()
    facts: Mapping[str, str] = fact(default=Factory(dict))


@frozen(kw_only=True)
class TicketCategorised(Happened):
    """Somebody said what kind of matter it is.

    Attributes:
        category: One of the desk's categories.
    """

    TOPIC: ClassVar[str] = "ticket.categorised/1"

    category: str = fact()


@frozen(kw_only=True)
class TicketPrioritised(Happened):
    """Somebody said how much it matters.

    Attributes:
        priority: One of the desk's priorities.
    """

    TOPIC: ClassVar[str] = "ticket.prioritised/1"

    priority: str = fact()


@frozen(kw_only=True)
class TicketRouted(Happened):
    """The ticket was given to a team.

    Attributes:
        team: The team's name or id.
    """

    TOPIC: ClassVar[str] = "ticket.routed/1"

    team: str = fact()


@frozen(kw_only=True)
class TicketDueSet(Happened):
    """The instant by which the matter should be settled was set, or set anew.

    Attributes:
        due: Aware, UTC. Settled exactly then is still on time.
    """

    TOPIC: ClassVar[str] = "ticket.due-set/1"

    due: datetime


@frozen(kw_only=True)
class TicketResolved(Happened):
    """The matter was settled, in the desk's eyes.

    Attributes:
        code: How, one of the desk's codes: ``"fixed"``, ``"duplicate"``.
    """

    TOPIC: ClassVar[str] = "ticket.resolved/1"

    code: str = fact()


@frozen(kw_only=True)
class TicketReopened(Happened):
    """The matter turned out not to be settled."""

    TOPIC: ClassVar[str] = "ticket.reopened/1"


@frozen(kw_only=True)
class TicketClosed(Happened):
    """The matter was put away for good."""

    TOPIC: ClassVar[str] = "ticket.closed/1"


@frozen(kw_only=True)
class VerdictStated(Happened):
    """Another system said whether the ticket was settled on time; kept beside our own verdict, to compare.

    Attributes:
        by: Who says so: ``"the city"``.
        verdict: What they say.
    """

    TOPIC: ClassVar[str] = "ticket.verdict-stated/1"

    by: str = fact()
    verdict: Verdict


Event: TypeAlias = (
    TicketOpened
    | TicketCategorised
    | TicketPrioritised
    | TicketRouted
    | TicketDueSet
    | TicketResolved
    | TicketReopened
    | TicketClosed
    | VerdictStated
)
