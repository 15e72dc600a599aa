"""What the histories of customers, agents, teams and feedback make possible, idle or forbidden."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ventanilla.core import commands as ask
from ventanilla.core import events as on
from ventanilla.core.commands import Command, Report
from ventanilla.core.decide import decide
from ventanilla.core.errors import Refused
from ventanilla.core.events import Event, Observation
from ventanilla.core.evolve import evolve, unborn
from ventanilla.core.fields import Personal
from ventanilla.core.recorded import Actor

ADA = Actor("agent", "ada", ("admin",))
NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def at(minutes: int) -> datetime:
    return NOON + timedelta(minutes=minutes)


C: dict[str, Any] = {"customer": "c-1", "actor": ADA, "at": at(10)}
A: dict[str, Any] = {"agent": "a-7", "actor": ADA, "at": at(10)}
G: dict[str, Any] = {"team": "repairs", "actor": ADA, "at": at(10)}
F: dict[str, Any] = {"feedback": "f-1", "actor": ADA, "at": at(10)}
SURVEY: dict[str, Any] = {"survey": "s", "version": 1, "about_kind": "ticket", "about": "T-1", "channel": "mail"}
SCALE: dict[str, Any] = {"instrument": "csat", "wording": "1", "lowest": 1.0, "highest": 5.0}

ADDED = on.CustomerAdded(at=at(0))
ERASED = on.CustomerErased(at=at(5), request="r", because="asked")
MERGED = on.CustomerMerged(at=at(5), into="c-2", verified_by="login")
JOINED = on.AgentJoined(at=at(0))
LEFT = on.AgentLeft(at=at(5), because="moved")
AGENT_ERASED = on.AgentErased(at=at(5), request="r", because="asked")
HELD = on.CustomerHoldPlaced(at=at(4), hold="h", because="tax")
FREE = on.CustomerHoldLifted(at=at(5), hold="h")
AGENT_HELD = on.AgentHoldPlaced(at=at(4), hold="h", because="tax")
AGENT_FREE = on.AgentHoldLifted(at=at(5), hold="h")
ELSE = Personal("ana@example.org", of="customer/c-2")
OWN = Personal("ana@example.org", of="customer/c-1")
FORMED = on.TeamFormed(at=at(0))
DISBANDED = on.TeamDisbanded(at=at(5))
OFFERED = on.SurveyOffered(at=at(0), **SURVEY)
ANSWERED = on.SurveyAnswered(at=at(1), question="q", score=4.0, **SCALE)
REVIEW = on.ReviewPosted(at=at(0), site="shop", about_kind="product", about="p", stars=1.0, best=5.0)
MENTION = on.MentionPosted(at=at(0), network="x", kind="mention", brand="ours")
SIGNAL = on.SignalRecorded(at=at(0), subject="d", indicator="crashes", score=1.0, lowest=0.0, highest=5.0)
TONE = on.SentimentScored(
    at=at(10), about_kind="message", about="m", label="negative", score=-1.0, model="m", model_version="1"
)


def report(fact: Observation, stream: str) -> Report:
    return Report(on=stream, actor=ADA, fact=fact)


def link(address: Personal | None) -> ask.LinkIdentity:
    return ask.LinkIdentity(**C, identity="i", kind="mail", verified_by="login", address=address)


def outcome(command: Command, *history: Event) -> str:
    """Return the rule that refuses *command* after *history*, or ``"happens"``, or ``"idle"``."""
    try:
        return "happens" if decide(command, evolve(unborn(command.stream), *history)) else "idle"
    except Refused as refused:
        return refused.rule


@pytest.mark.parametrize(
    ("command", "history", "expected"),
    [
        (ask.AddCustomer(**C), [], "happens"),
        (ask.AddCustomer(**C), [ADDED, ERASED], "addcustomer.exists"),
        (ask.UnmergeCustomer(**C), [ADDED], "idle"),
        (ask.UnmergeCustomer(**C), [ADDED, MERGED], "happens"),
        (ask.UnmergeCustomer(**C), [ADDED, MERGED, ERASED], "unmergecustomer.erased"),
        (ask.MergeCustomer(**C, into="c-2", verified_by="login"), [ADDED, MERGED], "idle"),
        (ask.MergeCustomer(**C, into="c-3", verified_by="login"), [ADDED, MERGED], "happens"),
        (ask.MergeCustomer(**C, into="", verified_by="login"), [ADDED], "mergecustomer.itself"),
        (ask.EraseCustomer(**C, request="r-2", because="asked"), [ADDED], "happens"),
        (ask.EraseCustomer(**C, request="r-2", because="asked"), [ADDED, MERGED], "happens"),
        (ask.EraseCustomer(**C, request="r-2", because="asked"), [ADDED, ERASED], "idle"),
        (ask.EraseCustomer(**C, request="r-2", because="asked"), [ADDED, HELD], "erasecustomer.held"),
        (ask.EraseCustomer(**C, request="r-2", because="asked"), [HELD], "erasecustomer.held"),
        (ask.EraseCustomer(**C, request="r-2", because="asked"), [ADDED, HELD, FREE], "happens"),
        (ask.PlaceCustomerHold(**C, hold="h", because="tax"), [], "happens"),
        (ask.PlaceCustomerHold(**C, hold="h", because="tax"), [ADDED, MERGED], "happens"),
        (ask.PlaceCustomerHold(**C, hold="h", because="lawsuit"), [HELD], "idle"),
        (ask.PlaceCustomerHold(**C, hold="i", because="lawsuit"), [ADDED, HELD], "happens"),
        (ask.PlaceCustomerHold(**C, hold="h", because="lawsuit"), [ADDED, HELD, FREE], "happens"),
        (ask.PlaceCustomerHold(**C, hold="h", because="tax"), [ADDED, ERASED], "placecustomerhold.erased"),
        (ask.LiftCustomerHold(**C, hold="h"), [ADDED], "liftcustomerhold.unknown"),
        (ask.LiftCustomerHold(**C, hold="h"), [ADDED, HELD], "happens"),
        (ask.LiftCustomerHold(**C, hold="h"), [HELD], "happens"),
        (ask.AddCustomer(**C), [HELD], "happens"),
        (link(None), [ADDED], "happens"),
        (link(OWN), [ADDED], "happens"),
        (link(ELSE), [ADDED], "linkidentity.another"),
        (ask.UnlinkIdentity(**C, identity="i"), [ADDED], "unlinkidentity.unknown"),
        (report(on.SegmentSet(at=at(10), segment="vip"), "customer/c-1"), [ADDED], "happens"),
        (
            report(on.SegmentSet(at=at(10), segment="vip"), "customer/c-1"),
            [ADDED, on.SegmentSet(at=at(1), segment="vip")],
            "idle",
        ),
        (report(on.SegmentSet(at=at(10), segment="vip"), "customer/c-1"), [ADDED, ERASED], "report.erased"),
        (
            report(on.ChannelPreferred(at=at(10), channel="mail"), "customer/c-1"),
            [ADDED, on.ChannelPreferred(at=at(1), channel="mail")],
            "idle",
        ),
        (report(on.OrderReturned(at=at(10), order="o", amount=1), "customer/c-1"), [ADDED], "report.unknown"),
        (report(on.SubscriptionRenewed(at=at(10), subscription="s"), "customer/c-1"), [ADDED], "report.unknown"),
    ],
    ids=str,
)
def test_customers(command: Command, history: list[Event], expected: str) -> None:
    """A customer is added once, merged and unmerged, and after erasure nothing happens to them any more."""
    assert outcome(command, *history) == expected


@pytest.mark.parametrize(
    ("command", "history", "expected"),
    [
        (ask.AddAgent(**A), [], "happens"),
        (ask.AddAgent(**A), [JOINED, LEFT], "happens"),
        (ask.AddAgent(**A), [JOINED, AGENT_ERASED], "addagent.erased"),
        (ask.RemoveAgent(**A, because="moved"), [JOINED], "happens"),
        (ask.RemoveAgent(**A, because="moved"), [JOINED, LEFT], "idle"),
        (ask.EraseAgent(**A, request="r-2", because="asked"), [JOINED, LEFT], "happens"),
        (ask.EraseAgent(**A, request="r-2", because="asked"), [JOINED, AGENT_ERASED], "idle"),
        (ask.EraseAgent(**A, request="r-2", because="asked"), [JOINED, AGENT_HELD], "eraseagent.held"),
        (ask.EraseAgent(**A, request="r-2", because="asked"), [AGENT_HELD, AGENT_FREE], "happens"),
        (ask.PlaceAgentHold(**A, hold="h", because="tax"), [], "happens"),
        (ask.PlaceAgentHold(**A, hold="h", because="tax"), [JOINED, LEFT], "happens"),
        (ask.PlaceAgentHold(**A, hold="h", because="tax"), [JOINED, AGENT_ERASED], "placeagenthold.erased"),
        (ask.LiftAgentHold(**A, hold="h"), [JOINED, AGENT_HELD], "happens"),
        (ask.LiftAgentHold(**A, hold="h"), [AGENT_HELD], "happens"),
        (ask.LiftAgentHold(**A, hold="h"), [JOINED], "liftagenthold.unknown"),
        (ask.JoinTeam(**A, team="repairs", since=at(0)), [JOINED, LEFT], "jointeam.left"),
        (ask.GrantRole(**A, role="lead", since=at(0)), [JOINED, AGENT_ERASED], "grantrole.left"),
        (ask.PlanShift(**A, shift="s", starts=at(0), ends=at(60)), [JOINED, LEFT], "planshift.left"),
        (ask.LeaveTeam(**A, team="repairs", since=at(0)), [JOINED], "leaveteam.unknown"),
        (ask.CancelShift(**A, shift="s"), [JOINED], "cancelshift.unknown"),
        (
            ask.CancelShift(**A, shift="s"),
            [JOINED, on.ShiftWorked(at=at(1), shift="s", paid=1, available=1)],
            "cancelshift.worked",
        ),
        (
            report(on.ShiftWorked(at=at(10), shift="s", paid=1, available=1), "agent/a-7"),
            [
                JOINED,
                on.ShiftPlanned(at=at(1), shift="s", starts=at(1), ends=at(9)),
                on.ShiftCancelled(at=at(2), shift="s"),
            ],
            "report.cancelled",
        ),
        (report(on.ShiftWorked(at=at(10), shift="s", paid=1, available=1), "agent/a-7"), [JOINED, LEFT], "happens"),
    ],
    ids=str,
)
def test_agents(command: Command, history: list[Event], expected: str) -> None:
    """An agent may come back, unless erased; who left gets no team, role or shift, but what they worked is kept."""
    assert outcome(command, *history) == expected


@pytest.mark.parametrize(
    ("command", "history", "expected"),
    [
        (ask.FormTeam(**G), [], "happens"),
        (ask.FormTeam(**G), [FORMED], "formteam.exists"),
        (ask.FormTeam(**G), [FORMED, DISBANDED], "happens"),
        (ask.DisbandTeam(**G), [], "disbandteam.unborn"),
        (ask.DisbandTeam(**G), [FORMED, DISBANDED], "idle"),
        (ask.OwnJourney(**G, journey="j", since=at(0)), [FORMED, DISBANDED], "ownjourney.disbanded"),
    ],
    ids=str,
)
def test_teams(command: Command, history: list[Event], expected: str) -> None:
    """A team is formed, disbanded and formed again; while it is no more it answers for nothing."""
    assert outcome(command, *history) == expected


@pytest.mark.parametrize(
    ("command", "history", "expected"),
    [
        (ask.OfferSurvey(**F, **SURVEY), [], "happens"),
        (ask.OfferSurvey(**F, **SURVEY), [OFFERED], "offersurvey.exists"),
        (report(REVIEW, "feedback/f-1"), [OFFERED], "report.exists"),
        (report(MENTION, "feedback/f-1"), [REVIEW], "report.exists"),
        (report(SIGNAL, "feedback/f-1"), [MENTION], "report.exists"),
        (report(TONE, "feedback/f-1"), [], "happens"),
        (report(TONE, "feedback/f-1"), [OFFERED], "happens"),
        (report(on.CommentLeft(at=at(10)), "feedback/f-1"), [], "report.unborn"),
        (report(on.FeedbackRemoved(at=at(10)), "feedback/f-1"), [REVIEW], "happens"),
        (
            report(on.FeedbackRemoved(at=at(10)), "feedback/f-1"),
            [REVIEW, on.FeedbackRemoved(at=at(1), because="spam")],
            "idle",
        ),
        (report(on.AnswerAmended(at=at(10), question="q", score=5.0), "feedback/f-1"), [OFFERED, ANSWERED], "happens"),
        (report(on.AnswerAmended(at=at(10), question="q", score=4.0), "feedback/f-1"), [OFFERED, ANSWERED], "happens"),
        (
            report(on.AnswerAmended(at=at(10), question="q", score=5.0), "feedback/f-1"),
            [OFFERED, ANSWERED, on.AnswerWithdrawn(at=at(2), question="q")],
            "report.withdrawn",
        ),
        (
            report(on.AnswerAmended(at=at(10), question="q", score=float("nan")), "feedback/f-1"),
            [OFFERED, ANSWERED],
            "report.impossible",
        ),
        (ask.TakeAction(**F, action="a"), [REVIEW], "takeaction.unknown"),
        (
            report(on.ActionTold(at=at(10), action="a"), "feedback/f-1"),
            [REVIEW, on.ActionPlanned(at=at(1), action="a", owner="repairs")],
            "report.planned",
        ),
    ],
    ids=str,
)
def test_feedback(command: Command, history: list[Event], expected: str) -> None:
    """Feedback begins once, is removed once, and an answer is changed on its own scale until it is withdrawn."""
    assert outcome(command, *history) == expected


@pytest.mark.parametrize(
    "command",
    [
        ask.AddCustomer(**{**C, "customer": ""}),
        ask.AddAgent(**{**A, "agent": ""}),
        ask.FormTeam(**{**G, "team": ""}),
        ask.OfferSurvey(**{**F, "feedback": ""}, **SURVEY),
        report(REVIEW, "feedback/"),
        report(TONE, "feedback/"),
    ],
    ids=str,
)
def test_nothing_goes_by_an_empty_id(command: Command) -> None:
    """Nobody and nothing can be made known under an empty id."""
    assert outcome(command) == f"{type(command).__name__.lower()}.reserved"
