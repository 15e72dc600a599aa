"""Who may make what happen, every kind of actor against every event: the table of version 1, said a second time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal, get_args, get_origin, get_type_hints

import attrs
import pytest

from ventanilla.core import events as on
from ventanilla.core.aggregate import Aggregate
from ventanilla.core.events import Event
from ventanilla.core.evolve import evolve, unborn
from ventanilla.core.recorded import Actor
from ventanilla.core.rights import may

AT = datetime(2026, 1, 5, 9, tzinfo=UTC)
Kinds = frozenset[type[Event]]

TICKET: Kinds = frozenset(get_args(on.TicketEvent))
CUSTOMER: Kinds = frozenset(get_args(on.CustomerEvent))
AGENT: Kinds = frozenset(get_args(on.AgentEvent))
TEAM: Kinds = frozenset(get_args(on.TeamEvent))
FEEDBACK: Kinds = frozenset(get_args(on.FeedbackEvent))
SETTING: Kinds = frozenset(get_args(on.SettingEvent))
EVERY: Kinds = frozenset(get_args(Event))

ANSWERS: Kinds = frozenset({on.SurveyAnswered, on.CommentLeft, on.AnswerAmended, on.AnswerWithdrawn})
ONE_PERSON: Kinds = frozenset({on.CustomerMerged, on.CustomerUnmerged})
HOLDS: Kinds = frozenset({on.CustomerHoldPlaced, on.CustomerHoldLifted, on.AgentHoldPlaced, on.AgentHoldLifted})
ERASURES: Kinds = HOLDS | {on.CustomerErased, on.AgentErased}
ROLES: Kinds = frozenset({on.RoleGranted, on.RoleRevoked})
SHIFTS: Kinds = frozenset({on.ShiftPlanned, on.ShiftCancelled, on.ShiftWorked})

DESK = TICKET | (CUSTOMER - ONE_PERSON - ERASURES) | (FEEDBACK - ANSWERS)
PERSONNEL = (AGENT - ROLES - ERASURES) | TEAM

MAY: Mapping[str, tuple[Actor, Kinds]] = {
    "agent": (Actor("agent", "x"), DESK),
    "agent of no known role": (Actor("agent", "x", ("boss", "Admin", "")), DESK),
    "interviewer": (Actor("agent", "x", ("interviewer",)), DESK | ANSWERS),
    "lead": (Actor("agent", "x", ("lead",)), DESK | PERSONNEL | ONE_PERSON),
    "admin": (Actor("agent", "x", ("admin",)), DESK | PERSONNEL | ROLES | SETTING),
    "privacy": (Actor("agent", "x", ("privacy",)), DESK | ERASURES),
    "system": (Actor("system", "x"), DESK | ANSWERS | SHIFTS),
    "system as lead": (Actor("system", "x", ("lead", "interviewer")), DESK | ANSWERS | SHIFTS),
    "system as admin": (
        Actor("system", "x", ("admin",)),
        DESK | ANSWERS | PERSONNEL | ROLES | SETTING,
    ),
    "system for privacy": (Actor("system", "x", ("privacy",)), DESK | ANSWERS | SHIFTS | ERASURES),
    "importer": (
        Actor("importer", "x", ("admin", "privacy", "lead")),
        TICKET | (CUSTOMER - ERASURES) | PERSONNEL | FEEDBACK,
    ),
    "bot": (
        Actor("bot", "x", ("admin", "privacy", "lead", "interviewer")),
        frozenset(
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
    "customer": (
        Actor("customer", "x", ("admin", "privacy", "lead", "interviewer")),
        ANSWERS
        | {
            on.TicketOpened,
            on.TicketReopened,
            on.MessageReceived,
            on.ConversationJoined,
            on.HumanRequested,
            on.ArticleJudged,
            on.CancellationAttempted,
            on.ChannelPreferred,
        },
    ),
    "another customer": (Actor("customer", "y"), frozenset()),
    "channel": (
        Actor("channel", "x", ("admin", "privacy", "lead", "interviewer")),
        ANSWERS
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
            on.ReviewPosted,
            on.MentionPosted,
            on.SignalRecorded,
            on.FeedbackRemoved,
        },
    ),
}

AGGREGATES: Mapping[Kinds, Aggregate] = {
    TICKET: evolve(unborn("T-1"), on.TicketOpened(at=AT, channel="web", customer="x")),
    CUSTOMER: evolve(unborn("customer/x"), on.CustomerAdded(at=AT)),
    AGENT: evolve(unborn("agent/x"), on.AgentJoined(at=AT)),
    TEAM: evolve(unborn("team/x"), on.TeamFormed(at=AT)),
    FEEDBACK: evolve(
        unborn("feedback/x"),
        on.SurveyOffered(at=AT, survey="s", version=1, about_kind="brand", about="x", respondent="x", channel="mail"),
    ),
    SETTING: unborn("setting/policy/x"),
}


def sample(kind: type[Event], actor: Actor) -> Event:
    """Return an event of *kind* about the customer x, spoken by *actor* in their own name."""
    hints = get_type_hints(kind)
    made: dict[Any, Any] = {str: "x", int: 1, float: 1.0, bool: True, datetime: AT}
    fields: dict[str, Any] = {}
    for field in attrs.fields(kind):
        if field.default is attrs.NOTHING:
            hint = hints[field.name]
            fields[field.name] = get_args(hint)[0] if get_origin(hint) is Literal else made.get(hint, ())
    if kind is on.TicketOpened:
        fields["customer"] = "x"
    if kind in (on.ReplySent, on.NoteWritten):
        fields |= {"author": actor.id, "author_kind": "bot" if actor.kind == "bot" else "agent"}
    return kind(**fields)


def allowed(actor: Actor) -> Kinds:
    """Return what *actor* may make happen, to what is the customer x's where it is somebody's."""
    return frozenset(
        kind
        for kinds, aggregate in AGGREGATES.items()
        for kind in kinds
        if may(actor, sample(kind, actor), aggregate).allowed
    )


@pytest.mark.parametrize(("actor", "expected"), MAY.values(), ids=MAY)
def test_every_event(actor: Actor, expected: Kinds) -> None:
    """Each kind of actor, with each role, may do just what is written above, and nothing else."""
    found = allowed(actor)
    assert sorted(kind.TOPIC for kind in found - expected) == [], "may do more than it should"
    assert sorted(kind.TOPIC for kind in expected - found) == [], "may do less than it should"


def test_what_is_no_event_is_denied() -> None:
    """What the table does not know nobody may, whatever their roles."""

    @attrs.frozen(kw_only=True)
    class Unheard(on.Happened):
        TOPIC = "desk.unheard-of/1"

    unheard: Any = Unheard(at=AT)
    for actor, _ in MAY.values():
        decision = may(actor, unheard, AGGREGATES[TICKET])
        assert not decision.allowed
        assert decision.reason == f"{actor.kind} {actor.id} has no grant for Unheard here"


def test_an_unknown_kind_of_actor_is_denied() -> None:
    """Whoever is of no kind that the table knows may do nothing."""
    kind: Any = "root"
    assert allowed(Actor(kind, "x", ("admin", "privacy", "lead", "interviewer"))) == frozenset()


class TestOwn:
    ANONYMOUS = evolve(
        unborn("feedback/y"),
        on.SurveyOffered(at=AT, survey="s", version=1, about_kind="brand", about="x", channel="mail"),
    )

    @pytest.mark.parametrize(
        ("event", "aggregate"),
        [
            (on.TicketReopened(at=AT), evolve(unborn("T-9"), on.TicketOpened(at=AT, channel="web"))),
            (on.TicketReopened(at=AT), unborn("T-9")),
            (on.CommentLeft(at=AT), ANONYMOUS),
            (on.CommentLeft(at=AT), unborn("feedback/z")),
            (on.ChannelPreferred(at=AT, channel="mail"), unborn("customer/xx")),
        ],
    )
    @pytest.mark.parametrize("customer", ["x", "None"])
    def test_what_is_nobodys_is_not_theirs(self, customer: str, event: Event, aggregate: Aggregate) -> None:
        """What belongs to nobody, or to nobody known, is no customer's own."""
        assert not may(Actor("customer", customer), event, aggregate).allowed

    def test_follows_the_ticket(self) -> None:
        """A ticket that turned out to be another's is theirs from then on, and no longer one's own."""
        moved = evolve(AGGREGATES[TICKET], on.CustomerNamed(at=AT, customer="y"))
        assert not may(Actor("customer", "x"), on.TicketReopened(at=AT), moved).allowed
        assert may(Actor("customer", "y"), on.TicketReopened(at=AT), moved).allowed


class TestVoice:
    @pytest.mark.parametrize("kind", ["customer", "bot", "automation", "campaign", "system", "auto_reply"])
    def test_an_agent_speaks_as_an_agent(self, kind: on.AuthorKind) -> None:
        """An agent's reply or note is never told as that of a machine or a customer."""
        for made in (
            on.ReplySent(at=AT, message="m", channel="mail", author="x", author_kind=kind),
            on.NoteWritten(at=AT, message="m", author="x", author_kind=kind),
        ):
            assert (
                may(Actor("agent", "x"), made, AGGREGATES[TICKET]).reason
                == "agent x speaks for somebody else: leave the author out"
            )

    @pytest.mark.parametrize("kind", get_args(on.AuthorKind))
    def test_a_customer_speaks_as_a_customer(self, kind: on.AuthorKind) -> None:
        """A customer's words are a customer's, and their own."""
        made = on.MessageReceived(at=AT, message="m", channel="web", author="x", author_kind=kind)
        assert may(Actor("customer", "x"), made, AGGREGATES[TICKET]).allowed == (kind == "customer")

    def test_history_and_systems_tell_of_others(self) -> None:
        """An importer, or a system, may record what others said."""
        made = on.ReplySent(at=AT, message="m", channel="mail", author="someone")
        assert may(Actor("importer", "acme"), made, AGGREGATES[TICKET]).reason == "1/importer"
        assert may(Actor("system", "host"), made, AGGREGATES[TICKET]).reason == "1/system"
