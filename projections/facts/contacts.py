"""The fact table of contacts: one row a ticket, with whether the customer had to come again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import attrs
from attrs import frozen

from ventanilla.core import events as on
from ventanilla.projections.facts.history import History, history_table
from ventanilla.projections.facts.standing import VOIDING, Void, customer_of, opening, void

WINDOW = timedelta(days=7)
"""How long after the settlement a new contact about the same issue, or a reopening, fails the earlier one."""

RECURRENCE = timedelta(days=30)
"""How soon a ticket of the same customer and category makes the problem a recurrent one."""


@frozen(kw_only=True)
class Contact:
    """A ticket, as one of several that a customer may have about one issue.

    Attributes:
        ticket: The ticket.
        customer: Whose it is.
        category: About what.
        origin: Who began.
        void: Why it counts in no rate.
        opened_at: When it arrived.
        first_settled_at: When it was settled for the first time.
        code: How, then.
        contacts: How often the customer came: conversations and calls; the opening is one at least.
        asked_again: Whether they came again between the first answer of a person and that settlement.
        escalated: Whether it was raised to a higher level.
        reopened_soon: Whether it was reopened within :data:`WINDOW`.
        follows: The tickets that it follows up.
        repeated: Whether they opened another about the same issue by then: one that follows this up, or that has the
            same customer and category.
        recurred: Whether they opened another of the same category within :data:`RECURRENCE`; ``None``: no customer or
            no category.
        first_contact: Whether it was settled at the first contact; ``None``: it is not settled.
        evidence: The events behind it; those of the repeating ticket among them.
    """

    ticket: str
    customer: str | None
    category: str | None
    origin: str
    void: Void | None
    opened_at: datetime
    first_settled_at: datetime | None
    code: str | None
    contacts: int
    asked_again: bool
    escalated: bool
    reopened_soon: bool
    follows: tuple[str, ...]
    repeated: bool = False
    recurred: bool | None = None
    first_contact: bool | None = None
    evidence: tuple[int, ...]


def _rows(history: History, _: datetime) -> Iterable[Contact]:
    opened = opening(history)
    if opened is None:
        return
    (start, _position), conversations, calls = opened, set[str](), 0
    category: str | None = None
    code: str | None = None
    settled_at: datetime | None = None
    follows: dict[str, None] = {}
    spoken = again = escalated = reopened = False
    for recorded in history:
        match recorded.event:
            case on.TicketCategorised():
                category = recorded.event.category
            case on.ConversationJoined(conversation=name):
                conversations.add(name)
            case on.TicketLinked(kind="follow_up", to=other):
                follows[other] = None
            case on.TicketUnlinked(kind="follow_up", to=other):
                follows.pop(other, None)
            case on.TicketEscalated():
                escalated = True
            case on.ReplySent(author_kind="agent"):
                spoken = True
            case on.MessageReceived(author_kind="customer"):
                again = again or (spoken and settled_at is None)
            case on.CallEnded(direction="inbound", outcome=outcome):
                calls += 1
                again = again or (spoken and settled_at is None)
                spoken = spoken or outcome == "answered"
            case on.TicketResolved() | on.TicketClosed() if settled_at is None:
                settled_at = recorded.event.at
                code = recorded.event.code if isinstance(recorded.event, on.TicketResolved) else None
            case on.TicketReopened(at=at) if settled_at is not None:
                reopened = reopened or at - settled_at <= WINDOW
            case _:
                pass
    yield Contact(
        ticket=history[0].stream,
        customer=customer_of(history),
        category=category,
        origin=start.origin,
        void=void(history),
        opened_at=start.at,
        first_settled_at=settled_at,
        code=code,
        contacts=max(1, len(conversations) + calls),
        asked_again=again,
        escalated=escalated,
        reopened_soon=reopened,
        follows=tuple(follows),
        evidence=tuple(recorded.position for recorded in history if type(recorded.event) not in VOIDING),
    )


def _across(rows: Sequence[Contact], _: datetime) -> Iterable[Contact]:
    issues: Mapping[tuple[str, str], list[Contact]] = defaultdict(list)
    following: Mapping[str, list[Contact]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: (row.opened_at, row.evidence)):
        if row.void is None and row.origin != "proactive":
            if row.customer is not None and row.category is not None:
                issues[row.customer, row.category].append(row)
            for other in row.follows:
                following[other].append(row)
    places = {row.ticket: place for issue in issues.values() for place, row in enumerate(issue)}
    for row in rows:
        issue: Sequence[Contact] = ()
        if row.customer is not None and row.category is not None:
            whole = issues.get((row.customer, row.category), [])
            place = places.get(row.ticket)
            after = [one for one in whole if one.opened_at > row.opened_at] if place is None else whole[place + 1 :]
            issue = after[:1]
        yield _judged(row, issue, following.get(row.ticket, ()))


def _judged(row: Contact, issue: Sequence[Contact], following: Sequence[Contact]) -> Contact:
    """Return *row*, with what the next contact about its issue and those that follow it up say of it."""
    settled_at = row.first_settled_at
    again = [*issue, *following]
    repeats = [one for one in again if settled_at is not None and one.opened_at - settled_at <= WINDOW]
    soon = [one for one in issue if one.opened_at - row.opened_at <= RECURRENCE]
    known = row.customer is not None and row.category is not None
    other = {position for one in (*repeats, *soon) for position in one.evidence}
    return attrs.evolve(
        row,
        repeated=bool(repeats),
        recurred=bool(soon) if known else None,
        first_contact=None if settled_at is None else not (row.asked_again or row.reopened_soon or repeats),
        evidence=tuple(sorted({*row.evidence, *other})),
    )


CONTACTS = history_table(
    name="contacts",
    about="one row a ticket, as one of several about one issue",
    row=Contact,
    reads=VOIDING
    | {
        on.TicketOpened,
        on.CustomerNamed,
        on.TicketCategorised,
        on.TicketResolved,
        on.TicketClosed,
        on.TicketReopened,
        on.TicketEscalated,
        on.TicketLinked,
        on.TicketUnlinked,
        on.ConversationJoined,
        on.MessageReceived,
        on.ReplySent,
        on.CallEnded,
    },
    rows=_rows,
    across=_across,
    dimensions=("origin",),
)
"""The table."""
