"""What can be asked to be done for a ticket."""

from __future__ import annotations

from datetime import datetime

from attrs import field, frozen

from ventanilla.core.commands.base import ToTicket
from ventanilla.core.events.work import (
    FollowUpDone,
    FollowUpDropped,
    FollowUpPlanned,
    GoodwillGranted,
    PromiseBroken,
    PromiseKept,
    PromiseMade,
    PromiseWithdrawn,
)
from ventanilla.core.fields import Personal, utc


@frozen(kw_only=True)
class MakePromise(ToTicket):
    """Promise something: :class:`~ventanilla.core.events.PromiseMade`."""

    promise: str
    due: datetime = field(converter=utc)
    what: str
    text: Personal | None = None

    def event(self) -> PromiseMade:
        """See :meth:`Asked.event`."""
        return PromiseMade(at=self.at, promise=self.promise, due=self.due, what=self.what, text=self.text)


@frozen(kw_only=True)
class KeepPromise(ToTicket):
    """Say that it was done: :class:`~ventanilla.core.events.PromiseKept`."""

    promise: str

    def event(self) -> PromiseKept:
        """See :meth:`Asked.event`."""
        return PromiseKept(at=self.at, promise=self.promise)


@frozen(kw_only=True)
class BreakPromise(ToTicket):
    """Say that it will not be done: :class:`~ventanilla.core.events.PromiseBroken`."""

    promise: str

    def event(self) -> PromiseBroken:
        """See :meth:`Asked.event`."""
        return PromiseBroken(at=self.at, promise=self.promise)


@frozen(kw_only=True)
class WithdrawPromise(ToTicket):
    """Call it off: :class:`~ventanilla.core.events.PromiseWithdrawn`."""

    promise: str

    def event(self) -> PromiseWithdrawn:
        """See :meth:`Asked.event`."""
        return PromiseWithdrawn(at=self.at, promise=self.promise)


@frozen(kw_only=True)
class PlanFollowUp(ToTicket):
    """Plan to come back to the customer: :class:`~ventanilla.core.events.FollowUpPlanned`."""

    follow_up: str
    due: datetime = field(converter=utc)
    agent: str | None = None

    def event(self) -> FollowUpPlanned:
        """See :meth:`Asked.event`."""
        return FollowUpPlanned(at=self.at, follow_up=self.follow_up, due=self.due, agent=self.agent)


@frozen(kw_only=True)
class FinishFollowUp(ToTicket):
    """Say that somebody came back: :class:`~ventanilla.core.events.FollowUpDone`."""

    follow_up: str

    def event(self) -> FollowUpDone:
        """See :meth:`Asked.event`."""
        return FollowUpDone(at=self.at, follow_up=self.follow_up)


@frozen(kw_only=True)
class DropFollowUp(ToTicket):
    """Say that nobody need: :class:`~ventanilla.core.events.FollowUpDropped`."""

    follow_up: str

    def event(self) -> FollowUpDropped:
        """See :meth:`Asked.event`."""
        return FollowUpDropped(at=self.at, follow_up=self.follow_up)


@frozen(kw_only=True)
class GrantGoodwill(ToTicket):
    """Give something to make up for the trouble: :class:`~ventanilla.core.events.GoodwillGranted`."""

    goodwill: str
    kind: str
    amount: int = 0
    currency: str | None = None

    def event(self) -> GoodwillGranted:
        """See :meth:`Asked.event`."""
        return GoodwillGranted(
            at=self.at, goodwill=self.goodwill, kind=self.kind, amount=self.amount, currency=self.currency
        )
