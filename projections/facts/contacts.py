"""The fact table of contacts: one row a ticket, with whether the customer had to come again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import chain

import attrs
from attrs import frozen

from ventanilla.core import events as on
from ventanilla.core.recorded import Recorded
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
        opened_position: The opening.
        settled_position: The first settlement.
        issue_positions: What says whose it is and about what.
        contact_positions: The opening, the conversations and the calls.
        asked_positions: The first answer of a person, and what the customer said after it.
        escalated_position: The first time that it was raised.
        reopened_position: The reopening within :data:`WINDOW`.
        follow_positions: The links to :attr:`follows`, in their order.
        repeat_positions: What makes another ticket one that repeats this one.
        recurred_positions: What makes another ticket the next one about the same issue.
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
    opened_position: int
    settled_position: int | None
    issue_positions: tuple[int, ...]
    contact_positions: tuple[int, ...]
    asked_positions: tuple[int, ...]
    escalated_position: int | None
    reopened_position: int | None
    follow_positions: tuple[int, ...]
    repeat_positions: tuple[int, ...] = ()
    recurred_positions: tuple[int, ...] = ()


SOURCES: Mapping[str, tuple[str, ...]] = {
    "ticket": ("opened_position",),
    "customer": ("issue_positions",),
    "category": ("issue_positions",),
    "origin": ("opened_position",),
    "void": (),
    "opened_at": ("opened_position",),
    "first_settled_at": ("settled_position",),
    "code": ("settled_position",),
    "contacts": ("contact_positions",),
    "asked_again": ("opened_position", "asked_positions"),
    "escalated": ("opened_position", "escalated_position"),
    "reopened_soon": ("settled_position", "reopened_position"),
    "follows": ("follow_positions",),
    "repeated": ("settled_position", "repeat_positions"),
    "recurred": ("issue_positions", "recurred_positions"),
    "first_contact": ("settled_position", "asked_positions", "reopened_position", "repeat_positions"),
}


def _rows(history: History, _: datetime) -> Iterable[Contact]:
    opened = opening(history)
    if opened is None:
        return
    start, opened_position = opened
    conversations: dict[str, int] = {}
    calls: list[int] = []
    category: str | None = None
    settled: Recorded | None = None
    categorised = spoken = escalated = reopened = named = None
    again: list[int] = []
    follows: dict[str, int] = {}
    for recorded in history:
        position = recorded.position
        match recorded.event:
            case on.TicketOpened(customer=str()) | on.CustomerNamed():
                named = position
            case on.TicketCategorised():
                category, categorised = recorded.event.category, position
            case on.ConversationJoined(conversation=name):
                conversations.setdefault(name, position)
            case on.TicketLinked(kind="follow_up", to=other):
                follows[other] = position
            case on.TicketUnlinked(kind="follow_up", to=other):
                follows.pop(other, None)
            case on.TicketEscalated():
                escalated = escalated or position
            case on.ReplySent(author_kind="agent"):
                spoken = spoken or position
            case on.MessageReceived(author_kind="customer"):
                again += [position] if spoken and settled is None else []
            case on.CallEnded(direction="inbound", outcome=outcome):
                calls.append(position)
                again += [position] if spoken and settled is None else []
                spoken = spoken or (position if outcome == "answered" else None)
            case on.TicketResolved() | on.TicketClosed():
                settled = settled or recorded
            case on.TicketReopened(at=at) if settled is not None and at - settled.event.at <= WINDOW:
                reopened = reopened or position
            case _:
                pass
    yield Contact(
        ticket=history[0].stream,
        customer=customer_of(history),
        category=category,
        origin=start.origin,
        void=void(history),
        opened_at=start.at,
        first_settled_at=settled.event.at if settled else None,
        code=settled.event.code if settled and isinstance(settled.event, on.TicketResolved) else None,
        contacts=max(1, len(conversations) + len(calls)),
        asked_again=bool(again),
        escalated=escalated is not None,
        reopened_soon=reopened is not None,
        follows=tuple(follows),
        opened_position=opened_position,
        settled_position=settled.position if settled else None,
        issue_positions=tuple(position for position in (named, categorised) if position is not None),
        contact_positions=(opened_position, *conversations.values(), *calls),
        asked_positions=(spoken, *again) if spoken and again else (),
        escalated_position=escalated,
        reopened_position=reopened,
        follow_positions=tuple(follows.values()),
    )


def _across(rows: Sequence[Contact], _: datetime) -> Iterable[Contact]:
    issues: Mapping[tuple[str, str], list[Contact]] = defaultdict(list)
    following: Mapping[str, list[tuple[Contact, int]]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: (row.opened_at, row.opened_position)):
        if row.void is None and row.origin != "proactive":
            if row.customer is not None and row.category is not None:
                issues[row.customer, row.category].append(row)
            for other, link in zip(row.follows, row.follow_positions, strict=True):
                following[other].append((row, link))
    places = {row.ticket: place for issue in issues.values() for place, row in enumerate(issue)}
    for row in rows:
        issue: Sequence[Contact] = ()
        if row.customer is not None and row.category is not None:
            whole = issues.get((row.customer, row.category), [])
            place = places.get(row.ticket)
            after = [one for one in whole if one.opened_at > row.opened_at] if place is None else whole[place + 1 :]
            issue = after[:1]
        yield _judged(row, issue, following.get(row.ticket, ()))


def _judged(row: Contact, issue: Sequence[Contact], following: Sequence[tuple[Contact, int]]) -> Contact:
    """Return *row*, with what the next contact about its issue and those that follow it up say of it."""
    again = [(one, (*row.issue_positions, *one.issue_positions)) for one in issue]
    again += [(one, (link,)) for one, link in following]
    settled_at = row.first_settled_at
    repeats = [
        (one.opened_position, *why)
        for one, why in again
        if settled_at is not None and one.opened_at - settled_at <= WINDOW
    ]
    soon = [(one.opened_position, *one.issue_positions) for one in issue if one.opened_at - row.opened_at <= RECURRENCE]
    known = row.customer is not None and row.category is not None
    return attrs.evolve(
        row,
        repeated=bool(repeats),
        recurred=bool(soon) if known else None,
        first_contact=None if settled_at is None else not (row.asked_again or row.reopened_soon or repeats),
        repeat_positions=tuple(sorted({*chain.from_iterable(repeats)})),
        recurred_positions=tuple(sorted({*chain.from_iterable(soon)})),
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
    sources=SOURCES,
)
"""The table."""
