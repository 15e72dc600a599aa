"""The fact table of tickets: one row a ticket, folded from its events.

The row *is* the fold's state: nothing is kept beside it, so a view can be dropped and folded again, or folded on from
where it stands, and comes out the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Literal, assert_never, cast

import attrs
from attrs import Factory, frozen

from ventanilla.core import events as on
from ventanilla.core.events import TicketEvent, Verdict
from ventanilla.core.recorded import Recorded
from ventanilla.projections.reopening import is_courtesy
from ventanilla.projections.table import FactTable


@frozen(kw_only=True, slots=False)
class TicketFacts:
    """What the log says of one ticket.

    All instants are aware, UTC; ``None`` means that it has not happened, or happens no more. Each ``…_position`` names
    the event that the columns beside it come from (see :data:`SOURCES`).

    Attributes:
        ticket: The ticket's id.
        version: How many of its events are in here.
        last_at: The instant of the newest of them.
        status: Where the ticket stands; a reopening out of courtesy leaves it there.
        channel: How it came in.
        kind: What sort of matter it is, now.
        type: Which type of that kind, now.
        customer: Whose it is.
        category: The desk's category, now.
        priority: How much it matters, now.
        team: Which team has it, now.
        agent: Which agent has it, now.
        merged_into: The ticket where it goes on; ``None``: here.
        code: How it was settled; stays through a reopening until it is settled anew.
        facts: Further dimensions given at the opening.
        opened_at: When it arrived.
        due_at: By when it should be settled: the due instant in force.
        breached_at: The first due instant that passed unsettled, or whose settlement a reopening withdrew. A softer due
            instant set later does not erase it.
        settled_at: When it was settled (resolved, or closed without having been); a reopening withdraws it.
        closed_at: When it was put away.
        reopens: How many times it was reopened, but for courtesy.
        stated: What another system says of its timeliness.
        stated_by: Which one.
    """

    ticket: str
    version: int = 0
    last_at: datetime
    status: Literal["open", "resolved", "closed"] = "open"
    channel: str
    kind: str | None = None
    type: str | None = None
    customer: str | None = None
    category: str | None = None
    priority: str | None = None
    team: str | None = None
    agent: str | None = None
    merged_into: str | None = None
    code: str | None = None
    facts: Mapping[str, str] = Factory(dict)
    opened_at: datetime
    due_at: datetime | None = None
    breached_at: datetime | None = None
    settled_at: datetime | None = None
    closed_at: datetime | None = None
    reopens: int = 0
    stated: Verdict | None = None
    stated_by: str | None = None
    opened_position: int
    classified_position: int | None = None
    customer_position: int | None = None
    categorised_position: int | None = None
    prioritised_position: int | None = None
    routed_position: int | None = None
    assigned_position: int | None = None
    merged_position: int | None = None
    due_position: int | None = None
    breached_position: int | None = None
    settled_position: int | None = None
    closed_position: int | None = None
    reopened_position: int | None = None
    stated_position: int | None = None


SOURCES: Mapping[str, tuple[str, ...]] = {
    **{field.name: (field.name,) for field in attrs.fields(TicketFacts) if field.name.endswith("_position")},
    "ticket": ("opened_position",),
    "version": (),
    "last_at": (),
    "channel": ("opened_position",),
    "facts": ("opened_position",),
    "opened_at": ("opened_position",),
    "kind": ("classified_position",),
    "type": ("classified_position",),
    "customer": ("customer_position",),
    "category": ("categorised_position",),
    "priority": ("prioritised_position",),
    "team": ("routed_position",),
    "agent": ("assigned_position",),
    "merged_into": ("merged_position",),
    "due_at": ("due_position",),
    "breached_at": ("breached_position",),
    "code": ("settled_position",),
    "settled_at": ("settled_position", "reopened_position"),
    "closed_at": ("closed_position", "reopened_position"),
    "status": ("settled_position", "closed_position", "reopened_position"),
    "reopens": ("reopened_position",),
    "stated": ("stated_position",),
    "stated_by": ("stated_position",),
}
"""Which events a column comes from, as the columns that hold their positions."""

DIMENSIONS = ("channel", "kind", "type", "category", "priority", "team", "agent", "code", "status")
"""The columns that every figure can be cut by; the names in ``facts`` come on top."""


READS: frozenset[type[on.Event]] = frozenset(
    {
        on.TicketOpened,
        on.TicketCategorised,
        on.TicketPrioritised,
        on.TicketRouted,
        on.TicketDueSet,
        on.TicketResolved,
        on.TicketReopened,
        on.TicketClosed,
        on.VerdictStated,
        on.TicketClassified,
        on.CustomerNamed,
        on.TicketAssigned,
        on.TicketUnassigned,
        on.TicketMerged,
        on.TicketUnmerged,
    }
)
"""The events that columns come from; of all others only the instant is looked at."""


def fold(row: TicketFacts | None, ticket: str, history: Iterable[tuple[int, TicketEvent]]) -> TicketFacts | None:
    """Return the facts of *ticket* after *history*, its next (position, event)s by version.

    Folding in two parts gives the same as folding at once. ``None`` is a ticket that has not been opened.
    """
    # One dictionary for the whole stretch: a new row for every event would cost more than all the rest.
    now: dict[str, Any] = {**row.__dict__} if row else {**_DEFAULTS, "ticket": ticket}
    version, last_at, due_at = now["version"], now.get("last_at"), now.get("due_at")
    for position, event in history:
        version += 1
        if last_at is None or event.at > last_at:  # mail may come late
            last_at = event.at
        if type(event) not in READS:
            continue
        if due_at is not None:
            _keep_breach(now, event.at)
        match event:
            case on.TicketOpened():
                now["channel"], now["facts"] = event.channel, event.facts
                if event.kind is not None:
                    now["kind"], now["classified_position"] = event.kind, position
                if event.customer is not None:
                    now["customer"], now["customer_position"] = event.customer, position
                now["opened_at"], now["opened_position"] = event.at, position
            case on.TicketCategorised():
                now["category"], now["categorised_position"] = event.category, position
            case on.TicketPrioritised():
                now["priority"], now["prioritised_position"] = event.priority, position
            case on.TicketRouted():
                now["team"], now["routed_position"] = event.team, position
            case on.TicketDueSet():
                due_at = now["due_at"] = event.due
                now["due_position"] = position
            case on.TicketResolved() if now.get("settled_at") is None:
                now["status"], now["code"] = "resolved", event.code
                now["settled_at"], now["settled_position"] = event.at, position
            case on.TicketReopened() if not is_courtesy(event):
                now["status"], now["settled_at"], now["closed_at"] = "open", None, None
                now["reopens"], now["reopened_position"] = now.get("reopens", 0) + 1, position
            case on.TicketClosed():
                now["status"], now["closed_at"], now["closed_position"] = "closed", event.at, position
                if now.get("settled_at") is None:
                    now["settled_at"], now["settled_position"] = event.at, position
            case on.VerdictStated():
                now["stated"], now["stated_by"], now["stated_position"] = event.verdict, event.by, position
            case on.TicketClassified():
                now["kind"], now["type"], now["classified_position"] = event.kind, event.type, position
            case on.CustomerNamed():
                now["customer"], now["customer_position"] = event.customer, position
            case on.TicketAssigned():
                now["agent"], now["assigned_position"] = event.agent, position
            case on.TicketMerged():
                now["merged_into"], now["merged_position"] = event.into, position
            case on.TicketUnmerged():
                now["merged_into"], now["merged_position"] = None, position
            case on.TicketUnassigned():
                now["agent"], now["assigned_position"] = None, position
            case (
                on.TicketResolved()  # again, after thanks: it stays as it was settled first
                | on.TicketReopened()
                | on.TicketTagged()
                | on.TicketUntagged()
                | on.FactSet()
                | on.StageReached()
                | on.TicketQueued()
                | on.TicketPaused()
                | on.TicketResumed()
                | on.TicketMarkedSpam()
                | on.TicketClearedOfSpam()
                | on.TicketEscalated()
                | on.TicketLinked()
                | on.TicketUnlinked()
                | on.TicketSplit()
                | on.TicketRejoined()
                | on.ParticipantAdded()
                | on.ParticipantRemoved()
                | on.ConversationJoined()
                | on.ConversationLeft()
                | on.SessionEnded()
                | on.MessageReceived()
                | on.ReplySent()
                | on.NoteWritten()
                | on.DeliveryReported()
                | on.AttachmentKept()
                | on.CallEnded()
                | on.RepetitionNoticed()
                | on.HumanRequested()
                | on.HandedToHuman()
                | on.PromiseMade()
                | on.PromiseKept()
                | on.PromiseBroken()
                | on.PromiseWithdrawn()
                | on.PromiseKeptTold()
                | on.FollowUpPlanned()
                | on.FollowUpDone()
                | on.FollowUpDropped()
                | on.TimeSpent()
                | on.ArticleSuggested()
                | on.ArticleJudged()
                | on.GoodwillGranted()
                | on.CancellationAttempted()
                | on.CancellationSettled()
                | on.OpportunityWon()
                | on.OpportunityLost()
                | on.AutomationDecided()
                | on.AutomationReviewed()
                | on.CaseReviewed()
            ):
                pass  # no column of this table
            case _:
                assert_never(event)
    if not version:
        return None
    now["version"], now["last_at"] = version, last_at
    folded = object.__new__(TicketFacts)  # as its class would make it, at a third of the price
    folded.__dict__.update(now)
    return folded


_DEFAULTS: dict[str, Any] = {
    field.name: {} if field.name == "facts" else field.default
    for field in attrs.fields(TicketFacts)
    if field.default is not attrs.NOTHING
}


def _keep_breach(now: dict[str, Any], at: datetime) -> None:
    """Note that the due instant has passed unsettled, before an event at *at* changes what is due or settled."""
    if at > now["due_at"] and now.get("settled_at") is None and now.get("breached_at") is None:
        now["breached_at"], now["breached_position"] = now["due_at"], now["due_position"]


def _rows(row: TicketFacts | None, _: datetime) -> Iterable[TicketFacts]:
    return () if row is None else (row,)


def _fold_one(row: TicketFacts | None, recorded: Recorded) -> TicketFacts | None:
    return fold(row, recorded.stream, [(recorded.position, cast("TicketEvent", recorded.event))])


TICKETS: FactTable[TicketFacts | None] = FactTable(
    name="tickets",
    about="one row a ticket",
    row=TicketFacts,
    reads=None,
    initial=None,
    fold=_fold_one,
    rows=_rows,
    dimensions=DIMENSIONS,
    key=("ticket",),
    sources=SOURCES,
)
"""The table of tickets as any other: folded event by event, for what the view of it cannot tell."""
