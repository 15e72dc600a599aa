"""A ticket as the rules see it: one matter of one customer."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, TypeAlias, assert_never

from attrs import frozen

from ventanilla.core import events as on
from ventanilla.core.aggregate import Aggregate, tell
from ventanilla.core.events import PauseReason, TicketEvent, TicketOpened
from ventanilla.core.steps import go

Status: TypeAlias = Literal["unborn", "open", "resolved", "closed"]


@frozen(kw_only=True, slots=False)
class Ticket(Aggregate):
    """One matter of one customer.

    Attributes:
        status: Where it stands.
        opened: The event that opened it; ``None`` while unborn.
        kind: What sort of matter it is; ``None`` until somebody says.
        type: Which type of that kind; ``None`` without one.
        customer: Whose it is; ``None`` if unknown.
        stage: The stage of the customer's journey; ``None`` if unknown.
        category: The present category; ``None`` before the first.
        priority: The present priority; ``None`` before the first.
        team: The present team; ``None`` before the first.
        queue: The queue it waits in; ``None`` once somebody has it.
        agent: Who has it; ``None`` if nobody.
        due: The present due instant; ``None`` without one.
        paused: What it waits for; ``None`` if it does not wait.
        paused_until: When that ends by itself; ``None`` if it does not.
        level: How far it was escalated; 0: not at all.
        spam: Whether it is nobody's matter.
        merged_into: The ticket where it goes on; ``None`` if here.
    """

    status: Status = "unborn"
    opened: TicketOpened | None = None
    kind: str | None = None
    type: str | None = None
    customer: str | None = None
    stage: str | None = None
    category: str | None = None
    priority: str | None = None
    team: str | None = None
    queue: str | None = None
    agent: str | None = None
    due: datetime | None = None
    paused: PauseReason | None = None
    paused_until: datetime | None = None
    level: int = 0
    spam: bool = False
    merged_into: str | None = None


ANY_ORDER: frozenset[type[TicketEvent]] = frozenset(
    {
        on.MessageReceived,
        on.ReplySent,
        on.NoteWritten,
        on.DeliveryReported,
        on.AttachmentKept,
        on.CallEnded,
        on.ConversationJoined,
        on.SessionEnded,
        on.RepetitionNoticed,
        on.HumanRequested,
        on.TimeSpent,
        on.ArticleSuggested,
        on.ArticleJudged,
        on.PromiseKeptTold,
        on.OpportunityWon,
        on.OpportunityLost,
        on.AutomationDecided,
        on.AutomationReviewed,
        on.CaseReviewed,
        on.CancellationAttempted,
        on.CancellationSettled,
    }
)
"""Events that may come late, as mail does: nothing that another event says depends on their order."""


def happen(draft: Ticket, event: TicketEvent) -> None:
    """Let *event* happen to *draft* itself."""
    now = draft.__dict__
    tell(now, event)
    if type(event) not in ANY_ORDER:
        now["last_at"] = event.at
    match event:
        case on.TicketOpened():
            now["opened"], now["status"] = event, "open"
            now["kind"], now["customer"] = event.kind, event.customer
            for name, value in event.facts.items():
                now["things"]["fact", name] = value
        case on.TicketCategorised():
            now["category"] = event.category
        case on.TicketPrioritised():
            now["priority"] = event.priority
        case on.TicketRouted():
            now["team"] = event.team
        case on.TicketDueSet():
            now["due"] = event.due
        case on.TicketResolved():
            now["status"], now["paused"], now["paused_until"] = "resolved", None, None
        case on.TicketReopened():
            now["status"] = "open"
        case on.TicketClosed():
            now["status"], now["paused"], now["paused_until"] = "closed", None, None
        case on.TicketClassified():
            now["kind"], now["type"] = event.kind, event.type
        case on.CustomerNamed():
            now["customer"] = event.customer
        case on.StageReached():
            now["stage"] = event.stage
        case on.TicketQueued():
            now["queue"] = event.queue
        case on.TicketAssigned():
            now["agent"], now["queue"] = event.agent, None
        case on.TicketUnassigned():
            now["agent"] = None
        case on.TicketPaused():
            now["paused"], now["paused_until"] = event.reason, event.until
        case on.TicketResumed():
            now["paused"], now["paused_until"] = None, None
        case on.TicketEscalated():
            now["level"] = event.level
        case on.TicketMarkedSpam():
            now["spam"] = True
        case on.TicketClearedOfSpam():
            now["spam"] = False
        case on.TicketMerged():
            now["merged_into"] = event.into
        case on.TicketUnmerged():
            now["merged_into"] = None
        case (
            on.VerdictStated()
            | on.RepetitionNoticed()
            | on.HumanRequested()
            | on.HandedToHuman()
            | on.OpportunityLost()
        ):
            pass  # no rule asks for it
        case (
            on.TicketTagged()
            | on.TicketUntagged()
            | on.FactSet()
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
            | on.AutomationDecided()
            | on.AutomationReviewed()
            | on.CaseReviewed()
        ):
            go(now, event)
        case _:
            assert_never(event)
