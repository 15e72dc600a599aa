"""The fact table of cancellations: one row an attempt to leave, with whether the customer stayed for good."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import attrs
from attrs import frozen

from ventanilla.core import events as on
from ventanilla.core.events import CancellationOutcome
from ventanilla.core.streams import CUSTOMER
from ventanilla.projections.facts.history import History, history_table
from ventanilla.projections.facts.standing import VOIDING, Void, customer_of, void
from ventanilla.projections.facts.subscriptions import SUBSCRIBING

GUARD = timedelta(days=30)
"""A save counts only if the customer has not left, by word or unrenewed, when this time is over."""


@frozen(kw_only=True)
class Attempt:
    """A customer's attempt to leave, or to give something up.

    Attributes:
        ticket: The ticket.
        customer: Whose it is.
        subscription: What they want to give up; ``None``: nothing in particular.
        because: Their reason, a code.
        attempted_at: When.
        settled_at: When it became clear whether they stay.
        outcome: What was said then; ``None``: nothing yet.
        saved: Whether they stayed, and had not left when :data:`GUARD` was over; ``None``: nothing was said yet.
        final: Whether that can change no more.
        void: Why the ticket counts in no rate.
        evidence: The attempt, what came of it, and what undid that.
    """

    ticket: str
    customer: str | None
    subscription: str | None
    because: str | None
    attempted_at: datetime
    settled_at: datetime | None = None
    outcome: CancellationOutcome | None = None
    saved: bool | None = None
    final: bool = False
    void: Void | None
    evidence: tuple[int, ...]


@frozen
class _Left:
    """A subscription of a customer ended: by word, or unrenewed when it was due; then they may come back to it."""

    customer: str
    subscription: str
    at: datetime
    position: int
    lapsed: bool = False
    back_at: datetime | None = None


def _rows(history: History, as_of: datetime) -> Iterable[Attempt | _Left]:
    stream = history[0].stream
    if stream.startswith(CUSTOMER):
        yield from _endings(stream.removeprefix(CUSTOMER), history, as_of)
        return
    found: dict[str, Attempt] = {}
    customer, why = customer_of(history), void(history)
    for recorded in history:
        match recorded.event:
            case on.CancellationAttempted(cancellation=name) as attempted:
                found[name] = Attempt(
                    ticket=stream,
                    customer=customer,
                    subscription=attempted.subscription,
                    because=attempted.because,
                    attempted_at=attempted.at,
                    void=why,
                    evidence=(recorded.position,),
                )
            case on.CancellationSettled(cancellation=name, at=at, outcome=outcome) if name in found:
                before = found[name]
                places = (*before.evidence, recorded.position)
                found[name] = attrs.evolve(before, settled_at=at, outcome=outcome, evidence=places)
            case _:
                pass
    yield from found.values()


def _endings(customer: str, history: History, as_of: datetime) -> Iterable[_Left]:
    """Yield the ends of the subscriptions of *customer*; behind a lapse is what set the instant when it was due."""
    due: dict[str, _Left] = {}
    for recorded in history:
        event = recorded.event
        if not isinstance(event, on.SubscriptionStarted | on.SubscriptionRenewed | on.SubscriptionEnded):
            continue
        name, lapse = event.subscription, due.pop(event.subscription, None)
        ended = isinstance(event, on.SubscriptionEnded)
        if lapse and lapse.at < event.at:
            yield lapse if ended else attrs.evolve(lapse, back_at=event.at)
        elif ended:
            yield _Left(customer, name, event.at, recorded.position)
        if not isinstance(event, on.SubscriptionEnded) and event.until is not None:
            due[name] = _Left(customer, name, event.until, recorded.position, lapsed=True)
    yield from (lapse for lapse in due.values() if lapse.at <= as_of)


def _across(rows: Sequence[Attempt | _Left], as_of: datetime) -> Iterable[Attempt]:
    left: Mapping[str, list[_Left]] = defaultdict(list)
    for row in rows:
        if isinstance(row, _Left):
            left[row.customer].append(row)
        elif row.customer and row.outcome == "cancelled" and row.settled_at is not None and row.void is None:
            left[row.customer].append(_Left(row.customer, row.subscription or "", row.settled_at, row.evidence[-1]))
    return [_judged(row, left.get(row.customer or "", ()), as_of) for row in rows if isinstance(row, Attempt)]


def _judged(row: Attempt, left: Sequence[_Left], as_of: datetime) -> Attempt:
    if row.settled_at is None or row.outcome in (None, "undecided"):
        return row
    if row.outcome == "cancelled":
        return attrs.evolve(row, saved=False, final=True)
    until = row.settled_at + GUARD
    undone = [
        one
        for one in left
        if row.settled_at < one.at <= until
        and (one.back_at is None or one.back_at > until)
        and (row.subscription or one.subscription) == (one.subscription or row.subscription)
    ]
    places = (*row.evidence, *(one.position for one in undone))
    for_good = any(not one.lapsed for one in undone)  # what lapsed may be renewed until then
    return attrs.evolve(row, saved=not undone, final=for_good or as_of > until, evidence=places)


CANCELLATIONS = history_table(
    name="cancellations",
    about="one row an attempt to leave",
    row=Attempt,
    streams=("ticket", "customer"),
    reads=VOIDING
    | SUBSCRIBING
    | {
        on.TicketOpened,
        on.CustomerNamed,
        on.CancellationAttempted,
        on.CancellationSettled,
    },
    rows=_rows,
    across=_across,
    dimensions=("because", "outcome"),
)
"""The table."""
