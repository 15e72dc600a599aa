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

GUARD = timedelta(days=30)
"""A save counts only if the customer has not left within this time."""


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
    """A subscription of a customer ended."""

    customer: str
    subscription: str
    at: datetime
    position: int


def _rows(history: History, _: datetime) -> Iterable[Attempt | _Left]:
    stream = history[0].stream
    if stream.startswith(CUSTOMER):
        for recorded in history:
            if isinstance(recorded.event, on.SubscriptionEnded):
                event = recorded.event
                yield _Left(stream.removeprefix(CUSTOMER), event.subscription, event.at, recorded.position)
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
        and (row.subscription or one.subscription) == (one.subscription or row.subscription)
    ]
    places = (*row.evidence, *(one.position for one in undone))
    return attrs.evolve(row, saved=not undone, final=bool(undone) or as_of > until, evidence=places)


CANCELLATIONS = history_table(
    name="cancellations",
    about="one row an attempt to leave",
    row=Attempt,
    streams=("ticket", "customer"),
    reads=VOIDING
    | {
        on.TicketOpened,
        on.CustomerNamed,
        on.CancellationAttempted,
        on.CancellationSettled,
        on.SubscriptionEnded,
    },
    rows=_rows,
    across=_across,
    dimensions=("because", "outcome"),
)
"""The table."""
