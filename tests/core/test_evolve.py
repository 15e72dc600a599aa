"""What every event leaves of itself in the state, written out by hand."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import attrs
import pytest

from ventanilla.core import events as on
from ventanilla.core import ticket as tickets
from ventanilla.core.aggregate import Aggregate
from ventanilla.core.events import Event
from ventanilla.core.evolve import evolve, unborn
from ventanilla.core.feedback import Feedback, happen_to_feedback
from ventanilla.core.people import Agent, Customer, Team, happen_to_agent, happen_to_customer, happen_to_team
from ventanilla.core.setting import Setting, happen_to_setting
from ventanilla.core.steps import STEPS
from ventanilla.core.ticket import ANY_ORDER, Ticket

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
AT = NOON + timedelta(minutes=10)
LATER = NOON + timedelta(hours=1)

OPENED = on.TicketOpened(at=NOON, channel="phone")
ANSWER: dict[str, Any] = {"instrument": "csat", "wording": "1", "score": 4.0, "lowest": 1.0, "highest": 5.0}
SURVEY: dict[str, Any] = {"survey": "s", "version": 1, "about_kind": "ticket", "about": "T-1", "channel": "mail"}
TONE: dict[str, Any] = {"about_kind": "ticket", "about": "T", "label": "x", "score": 0.0, "model": "m"}
PRICE: dict[str, Any] = {"amount": 1, "currency": "EUR"}
VERSION = on.SettingPublished(at=AT, version=1, since=LATER, content="")
RESTATED = on.SettingRestated(
    at=AT, version=2, since=AT, content="", because="we were wrong", position=1, as_of=AT, tickets=1, left_out=0,
    tickets_changed=1, instances_changed=1, clocks={"customer: resolution": (1, 1, 0, 0, 1)}, digest="0f",
)  # fmt: skip
SEALED = on.WindowSealed(at=LATER, version=1, since=AT, until=LATER, position=1, digest="0f", result="{}")
MOST = on.TicketOpened(at=AT, channel="web", kind="complaint", customer="c-1", facts={"district": "Roxbury"})

PAUSED = {"paused": "snoozed", "paused_until": LATER}
TICKET: list[tuple[Event, dict[str, Any], dict[str, Any]]] = [
    (on.TicketCategorised(at=AT, category="noise"), {}, {"category": "noise"}),
    (on.TicketPrioritised(at=AT, priority="high"), {}, {"priority": "high"}),
    (on.TicketRouted(at=AT, team="roads"), {"team": "parks"}, {"team": "roads"}),
    (on.TicketDueSet(at=AT, due=LATER), {}, {"due": LATER}),
    (
        on.TicketResolved(at=AT, code="fixed"),
        PAUSED | {"agent": "a"},
        {"status": "resolved", "paused": None, "paused_until": None},
    ),
    (on.TicketReopened(at=AT), {"status": "closed"}, {"status": "open"}),
    (on.TicketClosed(at=AT), PAUSED, {"status": "closed", "paused": None, "paused_until": None}),
    (on.VerdictStated(at=AT, by="the city", verdict="met"), {}, {}),
    (on.TicketClassified(at=AT, kind="complaint", type="late"), {}, {"kind": "complaint", "type": "late"}),
    (
        on.TicketClassified(at=AT, kind="question"),
        {"kind": "complaint", "type": "late"},
        {"kind": "question", "type": None},
    ),
    (on.CustomerNamed(at=AT, customer="c-1"), {}, {"customer": "c-1"}),
    (on.StageReached(at=AT, stage="onboarding"), {}, {"stage": "onboarding"}),
    (on.TicketQueued(at=AT, queue="second line"), {}, {"queue": "second line"}),
    (on.TicketAssigned(at=AT, agent="maria"), {"queue": "second line"}, {"agent": "maria", "queue": None}),
    (on.TicketUnassigned(at=AT), {"agent": "maria"}, {"agent": None}),
    (on.TicketPaused(at=AT, reason="snoozed", until=LATER), {}, PAUSED),
    (on.TicketPaused(at=AT, reason="customer"), PAUSED, {"paused": "customer", "paused_until": None}),
    (on.TicketResumed(at=AT), PAUSED, {"paused": None, "paused_until": None}),
    (on.TicketEscalated(at=AT, level=2, because="breach"), {"level": 1}, {"level": 2}),
    (on.TicketMarkedSpam(at=AT), {}, {"spam": True}),
    (on.TicketClearedOfSpam(at=AT), {"spam": True}, {"spam": False}),
    (on.TicketMerged(at=AT, into="T-2"), {}, {"merged_into": "T-2"}),
    (on.TicketUnmerged(at=AT), {"merged_into": "T-2"}, {"merged_into": None}),
    (on.RepetitionNoticed(at=AT, by="agent"), {}, {}),
    (on.HumanRequested(at=AT), {}, {}),
    (on.HandedToHuman(at=AT, bot="b", because="asked"), {}, {}),
    (on.OpportunityLost(at=AT), {}, {}),
]
OTHERS: list[tuple[Aggregate, Event, dict[str, Any]]] = [
    (Customer(id="customer/1"), on.CustomerAdded(at=AT), {"status": "known"}),
    (Customer(id="customer/1", status="known"), on.SegmentSet(at=AT, segment="vip"), {"segment": "vip"}),
    (Customer(id="customer/1", status="known"), on.ChannelPreferred(at=AT, channel="sms"), {"channel": "sms"}),
    (Customer(id="customer/1", status="known"), on.ValueStated(at=AT, by="crm", **PRICE), {}),
    (
        Customer(id="customer/1", status="known"),
        on.CustomerMerged(at=AT, into="2", verified_by="login"),
        {"status": "merged", "merged_into": "2"},
    ),
    (
        Customer(id="customer/1", status="merged", merged_into="2"),
        on.CustomerUnmerged(at=AT),
        {"status": "known", "merged_into": None},
    ),
    (
        Customer(id="customer/1", status="known"),
        on.CustomerErased(at=AT, request="r", because="asked"),
        {"status": "erased"},
    ),
    (Agent(id="agent/1"), on.AgentJoined(at=AT, machine=True), {"status": "here", "machine": True}),
    (Agent(id="agent/1", status="here"), on.AgentLeft(at=AT, because="moved"), {"status": "left"}),
    (Agent(id="agent/1", status="left"), on.AgentErased(at=AT, request="r", because="asked"), {"status": "erased"}),
    (Team(id="team/1"), on.TeamFormed(at=AT), {"status": "formed"}),
    (Team(id="team/1", status="formed"), on.TeamDisbanded(at=AT), {"status": "disbanded"}),
    (
        Feedback(id="feedback/1"),
        on.SurveyOffered(at=AT, respondent="c-1", **SURVEY),
        {"status": "offered", "respondent": "c-1"},
    ),
    (Feedback(id="feedback/1", status="offered"), on.SurveyDelivered(at=AT, reached=True), {}),
    (
        Feedback(id="feedback/1", status="offered", scales={"p": (0.0, 10.0)}),
        on.SurveyAnswered(at=AT, question="q", **ANSWER),
        {"status": "given", "scales": {"p": (0.0, 10.0), "q": (1.0, 5.0)}, "things": {("answer", "q"): "given"}},
    ),
    (Feedback(id="feedback/1", status="offered"), on.CommentLeft(at=AT), {"status": "given"}),
    (Feedback(id="feedback/1", status="given"), on.DriverCoded(at=AT, driver="speed", coded_by="a"), {}),
    (Feedback(id="feedback/1"), on.SentimentScored(at=AT, model_version="1", **TONE), {}),
    (Feedback(id="feedback/1", status="offered"), on.SentimentScored(at=AT, model_version="1", **TONE), {}),
    (
        Feedback(id="feedback/1"),
        on.ReviewPosted(at=AT, site="s", about_kind="brand", about="b", stars=1.0, best=5.0),
        {"status": "given"},
    ),
    (Feedback(id="feedback/1"), on.MentionPosted(at=AT, network="x", kind="mention", brand="b"), {"status": "given"}),
    (
        Feedback(id="feedback/1"),
        on.SignalRecorded(at=AT, subject="d", indicator="i", score=1.0, lowest=0.0, highest=5.0),
        {"status": "given"},
    ),
    (Feedback(id="feedback/1", status="given"), on.FeedbackRemoved(at=AT), {"status": "removed"}),
    (Setting(id="setting/policy/1"), VERSION, {"versions": (VERSION,), "withdrawn": None}),
    (Setting(id="setting/policy/1", versions=(VERSION,)), RESTATED, {"versions": (VERSION, RESTATED)}),
    (
        Setting(id="setting/policy/1", versions=(VERSION,)),
        on.SettingWithdrawn(at=AT, since=LATER),
        {"withdrawn": LATER, "withdrawals": {1: LATER}},
    ),
    (Setting(id="setting/agreement/1", versions=(VERSION,)), SEALED, {"sealed": {(AT, LATER): "0f"}}),
]
THINGS: list[tuple[Event, tuple[str, str, str]]] = [
    (on.TicketTagged(at=AT, tag="vip"), ("tag", "vip", "on")),
    (on.TicketUntagged(at=AT, tag="vip"), ("tag", "vip", "off")),
    (on.FactSet(at=AT, name="district", value="Roxbury"), ("fact", "district", "Roxbury")),
    (on.TicketLinked(at=AT, kind="parent", to="T-2"), ("link", "parent:T-2", "on")),
    (on.TicketUnlinked(at=AT, kind="parent", to="T-2"), ("link", "parent:T-2", "off")),
    (on.TicketSplit(at=AT, source="T-2", messages=("m",)), ("split", "T-2", "on")),
    (on.TicketRejoined(at=AT, source="T-2"), ("split", "T-2", "off")),
    (on.ParticipantAdded(at=AT, participant="c-2", role="copied"), ("participant", "c-2", "copied")),
    (on.ParticipantRemoved(at=AT, participant="c-2"), ("participant", "c-2", "off")),
    (on.ConversationJoined(at=AT, conversation="c", channel="chat"), ("conversation", "c", "on")),
    (on.ConversationLeft(at=AT, conversation="c"), ("conversation", "c", "off")),
    (on.SessionEnded(at=AT, session="s", conversation="c", how="timed_out"), ("session", "s", "timed_out")),
    (on.MessageReceived(at=AT, message="m", channel="mail"), ("message", "m", "received")),
    (on.ReplySent(at=AT, message="m", channel="mail", author="a"), ("message", "m", "replied")),
    (on.NoteWritten(at=AT, message="m", author="a"), ("message", "m", "noted")),
    (on.DeliveryReported(at=AT, message="m", state="read"), ("message", "m", "read")),
    (on.AttachmentKept(at=AT, message="m", attachment="a", media_type="x", size=1), ("attachment", "a", "kept")),
    (on.CallEnded(at=AT, call="c", direction="inbound", outcome="missed", waited=1), ("call", "c", "missed")),
    (on.PromiseMade(at=AT, promise="p", due=LATER, what="x"), ("promise", "p", "made")),
    (on.PromiseKept(at=AT, promise="p"), ("promise", "p", "kept")),
    (on.PromiseBroken(at=AT, promise="p"), ("promise", "p", "broken")),
    (on.PromiseWithdrawn(at=AT, promise="p"), ("promise", "p", "withdrawn")),
    (on.PromiseKeptTold(at=AT, promise="p"), ("promise", "p", "told")),
    (on.FollowUpPlanned(at=AT, follow_up="f", due=LATER), ("follow-up", "f", "planned")),
    (on.FollowUpDone(at=AT, follow_up="f"), ("follow-up", "f", "done")),
    (on.FollowUpDropped(at=AT, follow_up="f"), ("follow-up", "f", "dropped")),
    (on.TimeSpent(at=AT, entry="e", agent="a", seconds=1), ("entry", "e", "kept")),
    (on.ArticleSuggested(at=AT, article="a", by="search"), ("article", "a", "suggested")),
    (on.ArticleJudged(at=AT, article="a", solved=False), ("article", "a", "False")),
    (on.GoodwillGranted(at=AT, goodwill="g", kind="coupon"), ("goodwill", "g", "granted")),
    (on.CancellationAttempted(at=AT, cancellation="c"), ("cancellation", "c", "attempted")),
    (on.CancellationSettled(at=AT, cancellation="c", outcome="saved"), ("cancellation", "c", "saved")),
    (on.OpportunityWon(at=AT, order="o"), ("order", "o", "won")),
    (
        on.AutomationDecided(at=AT, decision="d", model="m", model_version="1", what="category", value="noise"),
        ("decision", "d", "decided"),
    ),
    (on.AutomationReviewed(at=AT, decision="d", judgement="overruled", reviewer="a"), ("decision", "d", "overruled")),
    (on.CaseReviewed(at=AT, review="r", kind="quality", reviewer="a", aspect="empathy"), ("review", "r", "done")),
    (on.IdentityClaimed(at=AT, identity="i", kind="mail"), ("identity", "i", "claimed")),
    (on.CustomerHoldPlaced(at=AT, hold="h", because="tax"), ("hold", "h", "on")),
    (on.CustomerHoldLifted(at=AT, hold="h"), ("hold", "h", "off")),
    (on.AgentHoldPlaced(at=AT, hold="h", because="tax"), ("hold", "h", "on")),
    (on.AgentHoldLifted(at=AT, hold="h"), ("hold", "h", "off")),
    (on.IdentityLinked(at=AT, identity="i", kind="mail", verified_by="login"), ("identity", "i", "on")),
    (on.IdentityUnlinked(at=AT, identity="i"), ("identity", "i", "off")),
    (on.JourneyStageReached(at=AT, journey="j", stage="trial"), ("journey", "j", "trial")),
    (on.ReferenceSet(at=AT, system="crm", reference="17"), ("reference", "crm", "17")),
    (on.ProfileFactSet(at=AT, name="tier", value="gold"), ("fact", "tier", "gold")),
    (on.OrderPlaced(at=AT, order="o", **PRICE), ("order", "o", "placed")),
    (on.OrderReturned(at=AT, order="o", amount=1), ("order", "o", "returned")),
    (on.SubscriptionStarted(at=AT, subscription="s", plan="p", months=1, **PRICE), ("subscription", "s", "running")),
    (on.SubscriptionRenewed(at=AT, subscription="s"), ("subscription", "s", "running")),
    (on.SubscriptionEnded(at=AT, subscription="s"), ("subscription", "s", "ended")),
    (on.SelfServed(at=AT, visit="v", channel="portal"), ("visit", "v", "done")),
    (on.TeamJoined(at=AT, team="roads", since=AT), ("team", "roads", "on")),
    (on.TeamLeft(at=AT, team="roads", since=AT), ("team", "roads", "off")),
    (on.RoleGranted(at=AT, role="lead", since=AT), ("role", "lead", "on")),
    (on.RoleRevoked(at=AT, role="lead", since=AT), ("role", "lead", "off")),
    (on.SkillSet(at=AT, skill="french", level=2), ("skill", "french", "2")),
    (on.TrainingCompleted(at=AT, training="t"), ("training", "t", "done")),
    (on.ShiftPlanned(at=AT, shift="s", starts=AT, ends=LATER), ("shift", "s", "planned")),
    (on.ShiftCancelled(at=AT, shift="s"), ("shift", "s", "cancelled")),
    (on.ShiftWorked(at=AT, shift="s", paid=1, available=1), ("shift", "s", "worked")),
    (on.AgentRecognised(at=AT, recognition="r", by="a", because="x"), ("recognition", "r", "done")),
    (on.JourneyOwned(at=AT, journey="j", since=AT), ("journey", "j", "owned")),
    (on.AnswerAmended(at=AT, question="q", score=1.0), ("answer", "q", "given")),
    (on.AnswerWithdrawn(at=AT, question="q"), ("answer", "q", "withdrawn")),
    (on.ActionPlanned(at=AT, action="a", owner="o"), ("action", "a", "planned")),
    (on.ActionTaken(at=AT, action="a"), ("action", "a", "taken")),
    (on.ActionTold(at=AT, action="a"), ("action", "a", "told")),
]
STREAM_OF = {
    kind: stream
    for stream, union in {
        "T-1": on.TicketEvent,
        "customer/1": on.CustomerEvent,
        "agent/1": on.AgentEvent,
        "team/1": on.TeamEvent,
        "feedback/1": on.FeedbackEvent,
        "setting/policy/1": on.SettingEvent,
    }.items()
    for kind in get_args(union)
}


def kept(before: Aggregate, event: Event) -> dict[str, Any]:
    """Return what any event leaves: one version more, and itself."""
    told = {**before.told, type(event): (*before.told.get(type(event), ()), event)}
    last_at = event.at if isinstance(before, Ticket) and type(event) not in ANY_ORDER else before.last_at
    return {"version": before.version + 1, "told": told, "last_at": last_at}


def topic(value: object) -> str | None:
    return getattr(value, "TOPIC", None)


@pytest.mark.parametrize(("event", "before", "after"), TICKET, ids=topic)
def test_changes_the_ticket(event: Event, before: dict[str, Any], after: dict[str, Any]) -> None:
    """An event about the ticket as a whole changes its own part of it, and nothing else."""
    ticket = attrs.evolve(evolve(Ticket(id="T-1"), OPENED), **before)
    assert evolve(ticket, event) == attrs.evolve(ticket, **(kept(ticket, event) | after))


@pytest.mark.parametrize(("before", "event", "after"), OTHERS, ids=topic)
def test_changes_the_others(before: Aggregate, event: Event, after: dict[str, Any]) -> None:
    """An event about a customer, an agent, … as a whole changes its own part of them, and nothing else."""
    assert evolve(before, event) == attrs.evolve(before, **(kept(before, event) | after))


@pytest.mark.parametrize(("event", "thing"), THINGS, ids=topic)
def test_moves_its_thing(event: Event, thing: tuple[str, str, str]) -> None:
    """An event about a thing says where that thing stands, and nothing else."""
    noun, id_, stands = thing
    before = unborn(STREAM_OF[type(event)])
    before = attrs.evolve(before, things={("tag", "another"): "on"})
    after = {"things": {("tag", "another"): "on", (noun, id_): stands}}
    assert evolve(before, event) == attrs.evolve(before, **(kept(before, event) | after))


def test_the_opening_says_the_most() -> None:
    """The opening of a ticket is kept, with what it says of the matter."""
    assert evolve(Ticket(id="T-1"), MOST) == Ticket(
        id="T-1",
        version=1,
        last_at=AT,
        status="open",
        opened=MOST,
        kind="complaint",
        customer="c-1",
        things={("fact", "district"): "Roxbury"},
        told={on.TicketOpened: (MOST,)},
    )


def test_every_event_is_tried() -> None:
    """Every event there is stands in one of the tables above, and every step in theirs."""
    whole = {type(event) for event, _, _ in TICKET} | {type(event) for _, event, _ in OTHERS} | {on.TicketOpened}
    moving = {type(event) for event, _ in THINGS}
    assert whole | moving == set(get_args(Event))
    assert moving | {on.SurveyAnswered} == set(STEPS)


@pytest.mark.parametrize("event", [event for event, _ in THINGS], ids=topic)
def test_leaves_the_one_before_as_it_was(event: Event) -> None:
    """A draft shares nothing that changes with the aggregate that it was made of."""
    before = evolve(unborn(STREAM_OF[type(event)]), event)
    as_it_was = copy.deepcopy({name: getattr(before, name) for name in ("version", "things", "told", "last_at")})
    evolve(before, event, event)
    assert {name: getattr(before, name) for name in as_it_was} == as_it_was


@pytest.mark.parametrize(
    ("happen", "aggregate", "foreign"),
    [
        (tickets.happen, Ticket(id="T-1"), on.TeamFormed(at=AT)),
        (happen_to_customer, Customer(id="customer/1"), OPENED),
        (happen_to_agent, Agent(id="agent/1"), OPENED),
        (happen_to_team, Team(id="team/1"), OPENED),
        (happen_to_feedback, Feedback(id="feedback/1"), OPENED),
        (happen_to_setting, Setting(id="setting/policy/1"), OPENED),
    ],
    ids=topic,
)
def test_every_kind_is_closed(happen: Callable[..., None], aggregate: Aggregate, foreign: Event) -> None:
    """What no case is for is an error, which a type checker finds first."""
    with pytest.raises(AssertionError, match="unreachable"):
        happen(aggregate.draft(), foreign)
