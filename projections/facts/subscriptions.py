"""The fact tables of subscriptions and renewals: one row each, with how long it ran and whether it was renewed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

import attrs
from attrs import frozen

from ventanilla.core import events as on
from ventanilla.core.events import Event
from ventanilla.core.streams import CUSTOMER
from ventanilla.projections.facts.history import History, history_table
from ventanilla.projections.facts.presence import Presence

MONTH = timedelta(days=365.25 / 12)

SUBSCRIBING: frozenset[type[Event]] = frozenset({on.SubscriptionStarted, on.SubscriptionRenewed, on.SubscriptionEnded})
"""The events that these tables are made of."""


@frozen(kw_only=True)
class Subscription:
    """What a customer subscribed to.

    Attributes:
        customer: The customer's id.
        subscription: Its id.
        plan: To what.
        currency: ISO 4217.
        started_at: When it began.
        ended_at: When it ended: by word, or unrenewed when it was due for renewal; ``None``: it runs.
        ended: Whether it has ended.
        monthly: Its price a month, in the smallest unit.
        months: How long it has run, in months of a twelfth of 365.25 days.
        life: ``(currency, monthly, months, ended)``.
        runs: The stretches in which it ran.
        evidence: The events behind it.
    """

    customer: str
    subscription: str
    plan: str
    currency: str
    started_at: datetime
    ended_at: datetime | None
    ended: bool
    monthly: float
    months: float
    life: tuple[str, float, float, bool]
    runs: tuple[Presence, ...]
    evidence: tuple[int, ...]


@frozen(kw_only=True)
class Renewal:
    """A subscription that was due for renewal.

    Attributes:
        customer: The customer's id.
        subscription: Its id.
        plan: To what.
        due: When it was, or is, due.
        renewed: Whether it was renewed, before or after.
        cancelled: Whether it ended by word before it was due.
        evidence: What set the due instant, and the renewal.
    """

    customer: str
    subscription: str
    plan: str
    due: datetime
    renewed: bool = False
    cancelled: bool = False
    evidence: tuple[int, ...]


@frozen(kw_only=True)
class _Running:
    started: on.SubscriptionStarted
    since: datetime
    until: datetime | None
    over: tuple[Presence, ...] = ()
    ended: bool = False
    evidence: tuple[int, ...]


def subscriptions(history: History, as_of: datetime) -> Iterable[Subscription]:
    """Return the subscriptions of a customer whose *history* it is."""
    found: dict[str, _Running] = {}
    for recorded in history:
        event = recorded.event
        match event:
            case on.SubscriptionStarted(subscription=name):
                found[name] = _Running(started=event, since=event.at, until=event.until, evidence=(recorded.position,))
            case on.SubscriptionRenewed(subscription=name) if name in found:
                before = found[name]
                gone = before.until is not None and event.at >= before.until
                found[name] = attrs.evolve(
                    before,
                    since=event.at if gone else before.since,
                    over=(*before.over, Presence(before.since, before.until)) if gone else before.over,
                    until=event.until,
                    evidence=(*before.evidence, recorded.position),
                )
            case on.SubscriptionEnded(subscription=name) if name in found:
                before = found[name]
                end = event.at if before.until is None else min(event.at, before.until)
                found[name] = attrs.evolve(
                    before, until=end, ended=True, evidence=(*before.evidence, recorded.position)
                )
            case _:
                pass
    return [_row(history[0].stream.removeprefix(CUSTOMER), running, as_of) for running in found.values()]


def _row(customer: str, running: _Running, as_of: datetime) -> Subscription:
    started = running.started
    ended = running.until is not None and (running.ended or running.until <= as_of)
    end = running.until if ended else None
    runs = (*running.over, Presence(running.since, end))
    months = sum(((one.end or as_of) - one.start) / MONTH for one in runs)
    monthly = started.amount / started.months
    return Subscription(
        customer=customer,
        subscription=started.subscription,
        plan=started.plan,
        currency=started.currency,
        started_at=started.at,
        ended_at=end,
        ended=ended,
        monthly=monthly,
        months=months,
        life=(started.currency, monthly, months, ended),
        runs=runs,
        evidence=running.evidence,
    )


def _renewals(history: History, _: datetime) -> Iterable[Renewal]:
    customer = history[0].stream.removeprefix(CUSTOMER)
    waiting: dict[str, Renewal] = {}
    plans: Mapping[str, str] = {
        one.event.subscription: one.event.plan for one in history if isinstance(one.event, on.SubscriptionStarted)
    }
    for recorded in history:
        event = recorded.event
        if not isinstance(event, on.SubscriptionStarted | on.SubscriptionRenewed | on.SubscriptionEnded):
            continue
        name, before = event.subscription, waiting.pop(event.subscription, None)
        if isinstance(event, on.SubscriptionEnded):
            if before:
                cancelled = event.at < before.due
                yield attrs.evolve(before, cancelled=cancelled, evidence=(*before.evidence, recorded.position))
            continue
        if before:
            yield attrs.evolve(before, renewed=True, evidence=(*before.evidence, recorded.position))
        if event.until is not None and name in plans:
            waiting[name] = Renewal(
                customer=customer, subscription=name, plan=plans[name], due=event.until, evidence=(recorded.position,)
            )
    yield from waiting.values()


SUBSCRIPTIONS = history_table(
    name="subscriptions",
    about="one row a subscription",
    row=Subscription,
    streams=("customer",),
    reads=SUBSCRIBING,
    rows=subscriptions,
    dimensions=("plan", "currency"),
)
"""The table of subscriptions."""

RENEWALS = history_table(
    name="renewals",
    about="one row a subscription that was due for renewal",
    row=Renewal,
    streams=("customer",),
    reads=SUBSCRIBING,
    rows=_renewals,
    dimensions=("plan",),
)
"""The table of renewals."""
