"""What happens to a ticket itself: what it is, who has it, where it stands."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar, Literal, TypeAlias

from attrs import Factory, frozen

from ventanilla.core.events.base import Happened
from ventanilla.core.fields import fact

Verdict: TypeAlias = Literal["met", "breached"]
Origin: TypeAlias = Literal["customer", "agent", "proactive", "automation"]
PauseReason: TypeAlias = Literal["customer", "third_party", "snoozed"]


@frozen(kw_only=True)
class TicketOpened(Happened):
    """A customer's matter arrived.

    Attributes:
        channel: The way in: ``"phone"``, ``"mail"``, ``"app"``.
        kind: What sort of matter: ``"question"``, ``"request"``, ``"incident"``, ``"complaint"``, ``"cancellation"``,
            ``"return"``, ``"lead"``; ``None`` until somebody says it.
        customer: Whose matter it is, an id; ``None`` if unknown.
        origin: Who began: the customer, an agent on their behalf, we before they noticed, or a machine.
        facts: Further dimensions to cut figures by, name to value: ``{"district": "Roxbury"}``. Never free text.
    """

    TOPIC: ClassVar[str] = "ticket.opened/1"

    channel: str = fact()
    kind: str | None = fact(default=None)
    customer: str | None = fact(default=None)
    origin: Origin = "customer"
    facts: Mapping[str, str] = fact(default=Factory(dict), hash=False)


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
    """The matter turned out not to be settled.

    Attributes:
        because: What brought it back: ``"customer_replied"``, ``"wrong_fix"``; ``None`` if nobody said. By
            ``"courtesy"``, when the customer only says thanks, no figure takes it for back.
    """

    TOPIC: ClassVar[str] = "ticket.reopened/1"

    because: str | None = fact(default=None)


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


@frozen(kw_only=True)
class TicketClassified(Happened):
    """Somebody said what sort of matter it is.

    Attributes:
        kind: ``"complaint"``, ``"question"``, … as in :class:`TicketOpened`.
        type: Which type of that kind, for complaints above all: ``"late_delivery"``; ``None`` if it has none.
    """

    TOPIC: ClassVar[str] = "ticket.classified/1"

    kind: str = fact()
    type: str | None = fact(default=None)


@frozen(kw_only=True)
class CustomerNamed(Happened):
    """It became known, or was corrected, whose matter it is.

    Attributes:
        customer: The customer's id.
    """

    TOPIC: ClassVar[str] = "ticket.customer-named/1"

    customer: str = fact()


@frozen(kw_only=True)
class TicketTagged(Happened):
    """A tag was put on.

    Attributes:
        tag: One of the desk's tags.
    """

    TOPIC: ClassVar[str] = "ticket.tagged/1"

    tag: str = fact()


@frozen(kw_only=True)
class TicketUntagged(Happened):
    """A tag was taken off.

    Attributes:
        tag: One of the desk's tags.
    """

    TOPIC: ClassVar[str] = "ticket.untagged/1"

    tag: str = fact()


@frozen(kw_only=True)
class FactSet(Happened):
    """A further fact was set, or set anew.

    Attributes:
        name: Its name, a dimension.
        value: Its value; never free text.
    """

    TOPIC: ClassVar[str] = "ticket.fact-set/1"

    name: str = fact()
    value: str = fact()


@frozen(kw_only=True)
class StageReached(Happened):
    """The matter reached a stage of the customer's journey.

    Attributes:
        stage: One of the desk's stages: ``"before_sale"``, ``"onboarding"``.
    """

    TOPIC: ClassVar[str] = "ticket.stage-reached/1"

    stage: str = fact()


@frozen(kw_only=True)
class TicketQueued(Happened):
    """The ticket waits in a queue for somebody to take it.

    Attributes:
        queue: Which queue.
    """

    TOPIC: ClassVar[str] = "ticket.queued/1"

    queue: str = fact()


@frozen(kw_only=True)
class TicketAssigned(Happened):
    """An agent, or a bot, got it or took it.

    Attributes:
        agent: The agent's id.
    """

    TOPIC: ClassVar[str] = "ticket.assigned/1"

    agent: str = fact()


@frozen(kw_only=True)
class TicketUnassigned(Happened):
    """Nobody has it any more."""

    TOPIC: ClassVar[str] = "ticket.unassigned/1"


@frozen(kw_only=True)
class TicketPaused(Happened):
    """Work waits for somebody else, or for a time.

    Attributes:
        reason: For the customer, for a third party, or by choice.
        until: When it is taken up again by itself; ``None``: when somebody does.
    """

    TOPIC: ClassVar[str] = "ticket.paused/1"

    reason: PauseReason
    until: datetime | None = None


@frozen(kw_only=True)
class TicketResumed(Happened):
    """The wait is over."""

    TOPIC: ClassVar[str] = "ticket.resumed/1"


@frozen(kw_only=True)
class TicketMarkedSpam(Happened):
    """It is no matter of anybody; it leaves every rate and stays in gross volume."""

    TOPIC: ClassVar[str] = "ticket.marked-spam/1"


@frozen(kw_only=True)
class TicketClearedOfSpam(Happened):
    """It is a real matter after all."""

    TOPIC: ClassVar[str] = "ticket.cleared-of-spam/1"


@frozen(kw_only=True)
class TicketEscalated(Happened):
    """It was raised to a higher level.

    Attributes:
        level: Which level; 1 is the first above the usual.
        to: The team or agent it was raised to; ``None``: the same.
        because: A code: ``"breach"``, ``"customer_asked"``, ``"skill"``.
    """

    TOPIC: ClassVar[str] = "ticket.escalated/1"

    level: int
    to: str | None = fact(default=None)
    because: str = fact()
