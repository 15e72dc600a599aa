"""Who may make what happen: one table, deny by default. A host may restrict further, and never widen.

The name of the grant that allowed an event is recorded beside it, with the version of the table, so that a later audit
can ask why it was allowed. A table once released is not changed: a new version joins it.
"""

from __future__ import annotations

from typing import get_args

from attrs import frozen

from ventanilla.core import events as on
from ventanilla.core.aggregate import Aggregate
from ventanilla.core.events import (
    AgentEvent,
    CustomerEvent,
    CustomerObservation,
    Event,
    FeedbackEvent,
    SettingEvent,
    TeamEvent,
    TicketEvent,
)
from ventanilla.core.recorded import Actor, ActorKind
from ventanilla.core.streams import AGENT, CUSTOMER
from ventanilla.core.ticket import Ticket

VERSION = 1
PRIVACY = f"{VERSION}/privacy"
IMPORT = f"{VERSION}/importer"
"""What is recorded of all that a history import does; a mapping has no word for what that grant lacks."""


@frozen
class Decision:
    """Whether somebody may.

    Attributes:
        allowed: Whether.
        reason: ``version/grant``, for the record; or why not, in words.
    """

    allowed: bool
    reason: str


@frozen(kw_only=True)
class Grant:
    """A line of the table.

    Attributes:
        name: What is recorded.
        kinds: The kinds of actors who have it.
        role: The role that they need; ``None``: none.
        own: Whether it holds for what is the actor's own only.
        events: What they may make happen.
    """

    name: str
    kinds: frozenset[ActorKind]
    role: str | None = None
    own: bool = False
    events: frozenset[type[Event]]


_TICKET: frozenset[type[Event]] = frozenset(get_args(TicketEvent))
_CUSTOMER: frozenset[type[Event]] = frozenset(get_args(CustomerEvent))
_AGENT: frozenset[type[Event]] = frozenset(get_args(AgentEvent))
_TEAM: frozenset[type[Event]] = frozenset(get_args(TeamEvent))
_FEEDBACK: frozenset[type[Event]] = frozenset(get_args(FeedbackEvent))
_SETTING: frozenset[type[Event]] = frozenset(get_args(SettingEvent))
_KNOWN: frozenset[type[Event]] = frozenset(get_args(CustomerObservation)) | {
    on.CustomerAdded,
    on.IdentityLinked,
    on.IdentityUnlinked,
}
_ERASING: frozenset[type[Event]] = frozenset(
    {
        on.CustomerErased,
        on.AgentErased,
        on.CustomerHoldPlaced,
        on.CustomerHoldLifted,
        on.AgentHoldPlaced,
        on.AgentHoldLifted,
    }
)
"""What is for the role ``privacy`` alone: to erase a person, and to forbid it."""
_ROLES: frozenset[type[Event]] = frozenset({on.RoleGranted, on.RoleRevoked})
_ANSWERS: frozenset[type[Event]] = frozenset({on.SurveyAnswered, on.CommentLeft, on.AnswerAmended, on.AnswerWithdrawn})
_UNASKED: frozenset[type[Event]] = frozenset({on.ReviewPosted, on.MentionPosted, on.SignalRecorded})

TABLE = (
    Grant(name="agent", kinds=frozenset({"agent"}), events=_TICKET | _KNOWN | (_FEEDBACK - _ANSWERS)),
    Grant(name="survey-call", kinds=frozenset({"agent"}), role="interviewer", events=_ANSWERS),
    Grant(
        name="lead",
        kinds=frozenset({"agent"}),
        role="lead",
        events=(_AGENT | _TEAM | {on.CustomerMerged, on.CustomerUnmerged}) - _ERASING - _ROLES,
    ),
    Grant(
        name="admin", kinds=frozenset({"agent", "system"}), role="admin", events=_AGENT - _ERASING | _TEAM | _SETTING
    ),
    Grant(name="privacy", kinds=frozenset({"agent", "system"}), role="privacy", events=_ERASING),
    Grant(
        name="bot",
        kinds=frozenset({"bot"}),
        events=frozenset(
            {
                on.TicketClassified,
                on.TicketCategorised,
                on.TicketPrioritised,
                on.TicketRouted,
                on.TicketQueued,
                on.TicketTagged,
                on.TicketPaused,
                on.TicketResumed,
                on.TicketResolved,
                on.ConversationJoined,
                on.SessionEnded,
                on.ReplySent,
                on.NoteWritten,
                on.RepetitionNoticed,
                on.HumanRequested,
                on.HandedToHuman,
                on.ArticleSuggested,
                on.ArticleJudged,
                on.AutomationDecided,
                on.SelfServed,
                on.SentimentScored,
            }
        ),
    ),
    Grant(
        name="customer",
        kinds=frozenset({"customer"}),
        own=True,
        events=_ANSWERS
        | {
            on.TicketOpened,
            on.MessageReceived,
            on.TicketReopened,
            on.ConversationJoined,
            on.HumanRequested,
            on.ArticleJudged,
            on.CancellationAttempted,
            on.ChannelPreferred,
        },
    ),
    Grant(
        name="channel",
        kinds=frozenset({"channel"}),
        events=_ANSWERS
        | _UNASKED
        | {
            on.TicketOpened,
            on.TicketReopened,
            on.MessageReceived,
            on.ConversationJoined,
            on.SessionEnded,
            on.DeliveryReported,
            on.AttachmentKept,
            on.CallEnded,
            on.HumanRequested,
            on.CustomerAdded,
            on.SelfServed,
            on.SurveyDelivered,
            on.FeedbackRemoved,
        },
    ),
    Grant(
        name="system",
        kinds=frozenset({"system"}),
        events=_TICKET | _KNOWN | _FEEDBACK | {on.ShiftPlanned, on.ShiftCancelled, on.ShiftWorked},
    ),
    Grant(
        name="importer",
        kinds=frozenset({"importer"}),
        events=(_TICKET | _CUSTOMER | _AGENT | _TEAM | _FEEDBACK) - _ERASING - _ROLES,
    ),
)


def may(actor: Actor, event: Event, aggregate: Aggregate) -> Decision:
    """Return whether *actor* may make *event* happen to *aggregate*, as it stands before."""
    if _speaks_for_another(actor, event):
        return Decision(False, f"{actor.kind} {actor.id} speaks for somebody else: leave the author out")
    for grant in TABLE:
        if (
            actor.kind in grant.kinds
            and type(event) in grant.events
            and (grant.role is None or grant.role in actor.roles)
            and (not grant.own or _is_own(actor, event, aggregate))
        ):
            return Decision(True, f"{VERSION}/{grant.name}")
    others = ", ".join(grant.name for grant in TABLE if type(event) in grant.events)
    reason = f"{actor.kind} {actor.id} has no grant for {type(event).__name__} here"
    return Decision(False, f"{reason}: it takes one of {others}" if others else reason)


_INSIDE: frozenset[type[Event]] = frozenset({on.NoteWritten, on.CaseReviewed, on.AttachmentKept})
"""What stays inside the desk, even from the person whom it is about; a file may hang on a note."""


def may_read(actor: Actor, event: Event, subject: str) -> Decision:
    """Return whether *actor* may read the personal text about *subject*, a stream, in *event*.

    Those who work at the desk may, and so may they themselves, unless it stays inside.
    """
    own = actor.kind == "customer" and CUSTOMER + actor.id == subject and type(event) not in _INSIDE
    if actor.kind in ("agent", "system") or own:
        return Decision(True, f"{VERSION}/{actor.kind}")
    return Decision(False, f"{actor.kind} {actor.id} may not read that about {subject}: those who work at the desk may")


def may_see_all(actor: Actor, subject: str) -> Decision:
    """Return whether *actor* may have all that is held on *subject*: who looks after privacy, and they themselves."""
    if actor.kind == "customer" and CUSTOMER + actor.id == subject:
        return Decision(True, f"{VERSION}/customer")
    if actor.kind == "agent" and AGENT + actor.id == subject:
        return Decision(True, f"{VERSION}/agent")
    return may_see_readings(actor)


def may_see_readings(actor: Actor) -> Decision:
    """Return whether *actor* may know who read what, and who was erased."""
    if actor.kind in ("agent", "system") and "privacy" in actor.roles:
        return Decision(True, PRIVACY)
    return Decision(False, f"{actor.kind} {actor.id} may not see that: it takes the role privacy")


def _speaks_for_another(actor: Actor, event: Event) -> bool:
    """Return whether *actor* would put words into another's mouth: history and systems may tell of others' words."""
    match event:
        case on.ReplySent() | on.NoteWritten() if actor.kind in ("agent", "bot"):
            return (event.author, event.author_kind) != (actor.id, actor.kind)
        case on.MessageReceived() if actor.kind == "customer":
            return event.author not in (None, actor.id) or event.author_kind != "customer"
        case _:
            return False


def _is_own(actor: Actor, event: Event, aggregate: Aggregate) -> bool:
    match event:
        case on.TicketOpened():
            return event.customer == actor.id
        case _ if isinstance(aggregate, Ticket):
            return aggregate.customer == actor.id
        case _:
            return aggregate.id == CUSTOMER + actor.id or actor.id == getattr(aggregate, "respondent", None)
