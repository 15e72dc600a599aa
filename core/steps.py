"""Things with an id of their own, and the steps they go: a promise is made, then kept; a shift is planned, then worked.

One table says it for all of them. What a thing *is* stands in its events; here is only where it stands.
"""

from __future__ import annotations

from typing import Any, get_args

from attrs import frozen

from ventanilla.core import events as on
from ventanilla.core.aggregate import Noun, Thing
from ventanilla.core.events import Event


@frozen
class Step:
    """What an event does to a thing.

    Attributes:
        noun: What sort of thing.
        id: The event's field with its id; several are joined by ``:``.
        after: Where it may stand before; ``""``: not there yet. Empty: anywhere.
        becomes: Where it stands then; the name of a field of the event after ``=``.
        needs: Another thing that must be there: its noun and the event's field with its id.
    """

    noun: Noun
    id: str
    after: tuple[str, ...]
    becomes: str
    needs: tuple[Noun, str] | None = None


NEW = ("",)
ANY: tuple[str, ...] = ()
OFF = ("", "off")

STEPS: dict[type[Event], Step] = {
    on.TicketTagged: Step("tag", "tag", OFF, "on"),
    on.TicketUntagged: Step("tag", "tag", ("on",), "off"),
    on.FactSet: Step("fact", "name", ANY, "=value"),
    on.TicketLinked: Step("link", "kind:to", OFF, "on"),
    on.TicketUnlinked: Step("link", "kind:to", ("on",), "off"),
    on.TicketSplit: Step("split", "source", ANY, "on"),
    on.TicketRejoined: Step("split", "source", ("on",), "off"),
    on.ParticipantAdded: Step("participant", "participant", ANY, "=role"),
    on.ParticipantRemoved: Step("participant", "participant", get_args(on.ParticipantRole), "off"),
    on.ConversationJoined: Step("conversation", "conversation", OFF, "on"),
    on.ConversationLeft: Step("conversation", "conversation", ("on",), "off"),
    on.SessionEnded: Step("session", "session", NEW, "=how"),
    on.MessageReceived: Step("message", "message", NEW, "received"),
    on.ReplySent: Step("message", "message", NEW, "replied"),
    on.NoteWritten: Step("message", "message", NEW, "noted"),
    on.DeliveryReported: Step("message", "message", ("replied", "sent", "delivered", "read", "failed"), "=state"),
    on.AttachmentKept: Step("attachment", "attachment", NEW, "kept", ("message", "message")),
    on.CallEnded: Step("call", "call", NEW, "=outcome"),
    on.PromiseMade: Step("promise", "promise", NEW, "made"),
    on.PromiseKept: Step("promise", "promise", ("made",), "kept"),
    on.PromiseBroken: Step("promise", "promise", ("made",), "broken"),
    on.PromiseWithdrawn: Step("promise", "promise", ("made",), "withdrawn"),
    on.PromiseKeptTold: Step("promise", "promise", ("kept",), "told"),
    on.FollowUpPlanned: Step("follow-up", "follow_up", NEW, "planned"),
    on.FollowUpDone: Step("follow-up", "follow_up", ("planned",), "done"),
    on.FollowUpDropped: Step("follow-up", "follow_up", ("planned",), "dropped"),
    on.TimeSpent: Step("entry", "entry", NEW, "kept"),
    on.ArticleSuggested: Step("article", "article", ANY, "suggested"),
    on.ArticleJudged: Step("article", "article", ANY, "=solved"),
    on.GoodwillGranted: Step("goodwill", "goodwill", NEW, "granted"),
    on.CancellationAttempted: Step("cancellation", "cancellation", NEW, "attempted"),
    on.CancellationSettled: Step("cancellation", "cancellation", ("attempted", "undecided"), "=outcome"),
    on.OpportunityWon: Step("order", "order", NEW, "won"),
    on.AutomationDecided: Step("decision", "decision", NEW, "decided"),
    on.AutomationReviewed: Step("decision", "decision", ("decided", "accepted", "overruled"), "=judgement"),
    on.CaseReviewed: Step("review", "review", NEW, "done"),
    on.IdentityClaimed: Step("identity", "identity", NEW, "claimed"),
    on.IdentityLinked: Step("identity", "identity", (*OFF, "claimed"), "on"),
    on.IdentityUnlinked: Step("identity", "identity", ("on",), "off"),
    on.JourneyStageReached: Step("journey", "journey", ANY, "=stage"),
    on.ReferenceSet: Step("reference", "system", ANY, "=reference"),
    on.ProfileFactSet: Step("fact", "name", ANY, "=value"),
    on.OrderPlaced: Step("order", "order", NEW, "placed"),
    on.OrderReturned: Step("order", "order", ("placed", "returned"), "returned"),
    on.SubscriptionStarted: Step("subscription", "subscription", NEW, "running"),
    on.SubscriptionRenewed: Step("subscription", "subscription", ("running",), "running"),
    on.SubscriptionEnded: Step("subscription", "subscription", ("running",), "ended"),
    on.SelfServed: Step("visit", "visit", NEW, "done"),
    on.CustomerHoldPlaced: Step("hold", "hold", OFF, "on"),
    on.CustomerHoldLifted: Step("hold", "hold", ("on",), "off"),
    on.TeamJoined: Step("team", "team", OFF, "on"),
    on.TeamLeft: Step("team", "team", ("on",), "off"),
    on.RoleGranted: Step("role", "role", OFF, "on"),
    on.RoleRevoked: Step("role", "role", ("on",), "off"),
    on.SkillSet: Step("skill", "skill", ANY, "=level"),
    on.TrainingCompleted: Step("training", "training", ANY, "done"),
    on.ShiftPlanned: Step("shift", "shift", NEW, "planned"),
    on.ShiftCancelled: Step("shift", "shift", ("planned",), "cancelled"),
    on.ShiftWorked: Step("shift", "shift", ("", "planned"), "worked"),
    on.AgentRecognised: Step("recognition", "recognition", NEW, "done"),
    on.AgentHoldPlaced: Step("hold", "hold", OFF, "on"),
    on.AgentHoldLifted: Step("hold", "hold", ("on",), "off"),
    on.JourneyOwned: Step("journey", "journey", ANY, "owned"),
    on.SurveyAnswered: Step("answer", "question", NEW, "given"),
    on.AnswerAmended: Step("answer", "question", ("given",), "given"),
    on.AnswerWithdrawn: Step("answer", "question", ("given",), "withdrawn"),
    on.ActionPlanned: Step("action", "action", NEW, "planned"),
    on.ActionTaken: Step("action", "action", ("planned",), "taken"),
    on.ActionTold: Step("action", "action", ("taken",), "told"),
}
"""What each event does to a thing; the other events are about the aggregate as a whole."""

REPEATS = (on.SubscriptionRenewed, on.AnswerAmended, on.OrderReturned, on.ArticleSuggested, on.TicketSplit)
"""Events that say something new though the thing stays where it stands."""


def thing(event: Event, step: Step) -> Thing:
    """Return which thing *event* is about."""
    return step.noun, ":".join(str(getattr(event, name)) for name in step.id.split(":"))


def becomes(event: Event, step: Step) -> str:
    """Return where the thing stands after *event*."""
    return str(getattr(event, step.becomes[1:])) if step.becomes.startswith("=") else step.becomes


def go(now: dict[str, Any], event: Event) -> None:
    """Let the thing of *event* go its step in a draft's attributes *now*."""
    step = STEPS[type(event)]
    now["things"][thing(event, step)] = becomes(event, step)
