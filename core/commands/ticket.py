"""What can be asked of a ticket itself."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from attrs import Factory, field, frozen
from attrs.converters import optional

from ventanilla.core.commands.base import ToTicket
from ventanilla.core.events.ticket import (
    CustomerNamed,
    FactSet,
    Origin,
    PauseReason,
    TicketAssigned,
    TicketCategorised,
    TicketClassified,
    TicketClearedOfSpam,
    TicketClosed,
    TicketDueSet,
    TicketEscalated,
    TicketMarkedSpam,
    TicketOpened,
    TicketPaused,
    TicketPrioritised,
    TicketQueued,
    TicketReopened,
    TicketResolved,
    TicketResumed,
    TicketRouted,
    TicketTagged,
    TicketUnassigned,
    TicketUntagged,
    Verdict,
    VerdictStated,
)
from ventanilla.core.fields import utc


@frozen(kw_only=True)
class Open(ToTicket):
    """Open a ticket: :class:`~ventanilla.core.events.TicketOpened`."""

    channel: str
    kind: str | None = None
    customer: str | None = None
    origin: Origin = "customer"
    facts: Mapping[str, str] = Factory(dict)

    def event(self) -> TicketOpened:
        """See :meth:`Asked.event`."""
        return TicketOpened(
            at=self.at,
            channel=self.channel,
            kind=self.kind,
            customer=self.customer,
            origin=self.origin,
            facts=self.facts,
        )


@frozen(kw_only=True)
class Classify(ToTicket):
    """Say what sort of matter it is: :class:`~ventanilla.core.events.TicketClassified`."""

    kind: str
    type: str | None = None

    def event(self) -> TicketClassified:
        """See :meth:`Asked.event`."""
        return TicketClassified(at=self.at, kind=self.kind, type=self.type)


@frozen(kw_only=True)
class Categorise(ToTicket):
    """Say which of the desk's categories it is in: :class:`~ventanilla.core.events.TicketCategorised`."""

    category: str

    def event(self) -> TicketCategorised:
        """See :meth:`Asked.event`."""
        return TicketCategorised(at=self.at, category=self.category)


@frozen(kw_only=True)
class Prioritise(ToTicket):
    """Say how much it matters: :class:`~ventanilla.core.events.TicketPrioritised`."""

    priority: str

    def event(self) -> TicketPrioritised:
        """See :meth:`Asked.event`."""
        return TicketPrioritised(at=self.at, priority=self.priority)


@frozen(kw_only=True)
class NameCustomer(ToTicket):
    """Say whose matter it is: :class:`~ventanilla.core.events.CustomerNamed`."""

    customer: str

    def event(self) -> CustomerNamed:
        """See :meth:`Asked.event`."""
        return CustomerNamed(at=self.at, customer=self.customer)


@frozen(kw_only=True)
class Tag(ToTicket):
    """Put a tag on: :class:`~ventanilla.core.events.TicketTagged`."""

    tag: str

    def event(self) -> TicketTagged:
        """See :meth:`Asked.event`."""
        return TicketTagged(at=self.at, tag=self.tag)


@frozen(kw_only=True)
class Untag(ToTicket):
    """Take a tag off: :class:`~ventanilla.core.events.TicketUntagged`."""

    tag: str

    def event(self) -> TicketUntagged:
        """See :meth:`Asked.event`."""
        return TicketUntagged(at=self.at, tag=self.tag)


@frozen(kw_only=True)
class SetFact(ToTicket):
    """Set a further fact: :class:`~ventanilla.core.events.FactSet`."""

    name: str
    value: str

    def event(self) -> FactSet:
        """See :meth:`Asked.event`."""
        return FactSet(at=self.at, name=self.name, value=self.value)


@frozen(kw_only=True)
class Route(ToTicket):
    """Give it to a team; a second time is a transfer: :class:`~ventanilla.core.events.TicketRouted`."""

    team: str

    def event(self) -> TicketRouted:
        """See :meth:`Asked.event`."""
        return TicketRouted(at=self.at, team=self.team)


@frozen(kw_only=True)
class Queue(ToTicket):
    """Put it in a queue: :class:`~ventanilla.core.events.TicketQueued`."""

    queue: str

    def event(self) -> TicketQueued:
        """See :meth:`Asked.event`."""
        return TicketQueued(at=self.at, queue=self.queue)


@frozen(kw_only=True)
class Assign(ToTicket):
    """Give it to an agent: :class:`~ventanilla.core.events.TicketAssigned`."""

    agent: str

    def event(self) -> TicketAssigned:
        """See :meth:`Asked.event`."""
        return TicketAssigned(at=self.at, agent=self.agent)


@frozen(kw_only=True)
class Unassign(ToTicket):
    """Take it from its agent: :class:`~ventanilla.core.events.TicketUnassigned`."""

    def event(self) -> TicketUnassigned:
        """See :meth:`Asked.event`."""
        return TicketUnassigned(at=self.at)


@frozen(kw_only=True)
class SetDue(ToTicket):
    """Set the instant by which it should be settled: :class:`~ventanilla.core.events.TicketDueSet`."""

    due: datetime = field(converter=utc)

    def event(self) -> TicketDueSet:
        """See :meth:`Asked.event`."""
        return TicketDueSet(at=self.at, due=self.due)


@frozen(kw_only=True)
class Pause(ToTicket):
    """Wait for somebody else, or for a time: :class:`~ventanilla.core.events.TicketPaused`."""

    reason: PauseReason
    until: datetime | None = field(default=None, converter=optional(utc))

    def event(self) -> TicketPaused:
        """See :meth:`Asked.event`."""
        return TicketPaused(at=self.at, reason=self.reason, until=self.until)


@frozen(kw_only=True)
class Resume(ToTicket):
    """End the wait: :class:`~ventanilla.core.events.TicketResumed`."""

    def event(self) -> TicketResumed:
        """See :meth:`Asked.event`."""
        return TicketResumed(at=self.at)


@frozen(kw_only=True)
class Escalate(ToTicket):
    """Raise it to a higher level: :class:`~ventanilla.core.events.TicketEscalated`."""

    level: int
    to: str | None = None
    because: str

    def event(self) -> TicketEscalated:
        """See :meth:`Asked.event`."""
        return TicketEscalated(at=self.at, level=self.level, to=self.to, because=self.because)


@frozen(kw_only=True)
class Resolve(ToTicket):
    """Settle it: :class:`~ventanilla.core.events.TicketResolved`."""

    code: str

    def event(self) -> TicketResolved:
        """See :meth:`Asked.event`."""
        return TicketResolved(at=self.at, code=self.code)


@frozen(kw_only=True)
class Reopen(ToTicket):
    """Take it up again: :class:`~ventanilla.core.events.TicketReopened`."""

    because: str | None = None

    def event(self) -> TicketReopened:
        """See :meth:`Asked.event`."""
        return TicketReopened(at=self.at, because=self.because)


@frozen(kw_only=True)
class Close(ToTicket):
    """Put it away for good: :class:`~ventanilla.core.events.TicketClosed`."""

    def event(self) -> TicketClosed:
        """See :meth:`Asked.event`."""
        return TicketClosed(at=self.at)


@frozen(kw_only=True)
class MarkSpam(ToTicket):
    """Say that it is nobody's matter: :class:`~ventanilla.core.events.TicketMarkedSpam`."""

    def event(self) -> TicketMarkedSpam:
        """See :meth:`Asked.event`."""
        return TicketMarkedSpam(at=self.at)


@frozen(kw_only=True)
class ClearSpam(ToTicket):
    """Say that it is a real matter after all: :class:`~ventanilla.core.events.TicketClearedOfSpam`."""

    def event(self) -> TicketClearedOfSpam:
        """See :meth:`Asked.event`."""
        return TicketClearedOfSpam(at=self.at)


@frozen(kw_only=True)
class StateVerdict(ToTicket):
    """Keep what another system says of its timeliness: :class:`~ventanilla.core.events.VerdictStated`."""

    by: str
    verdict: Verdict

    def event(self) -> VerdictStated:
        """See :meth:`Asked.event`."""
        return VerdictStated(at=self.at, by=self.by, verdict=self.verdict)
