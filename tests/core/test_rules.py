"""What may not happen, and the stable name of the rule that says so."""

from __future__ import annotations

import math
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
from ventanilla.core.recorded import Actor

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
MARIA = Actor("agent", "maria")


def at(minutes: int) -> datetime:
    return NOON + timedelta(minutes=minutes)


OPENED = on.TicketOpened(at=at(0), channel="phone")
CLOSED = on.TicketClosed(at=at(5))
MERGED = on.TicketMerged(at=at(5), into="T-2")
PROMISED = on.PromiseMade(at=at(1), promise="p-1", due=at(60), what="call_back")
RECEIVED = on.MessageReceived(at=at(1), message="m-1", channel="mail")
OFFERED = on.SurveyOffered(at=at(0), survey="s", version=1, about_kind="ticket", about="T-1", channel="mail")
ANSWERED = on.SurveyAnswered(at=at(1), question="q", instrument="csat", wording="1", score=4.0, lowest=1.0, highest=5.0)
ADDED, JOINED = on.CustomerAdded(at=at(0)), on.AgentJoined(at=at(0))


def report(fact: Observation, stream: str = "T-1") -> Report:
    return Report(on=stream, actor=MARIA, fact=fact)


T: dict[str, Any] = {"ticket": "T-1", "actor": MARIA}
C: dict[str, Any] = {"customer": "c-1", "actor": MARIA}
A: dict[str, Any] = {"agent": "a-7", "actor": MARIA}


def kept(minutes: int = 10, promise: str = "p-1") -> Command:
    return ask.KeepPromise(ticket="T-1", actor=MARIA, at=at(minutes), promise=promise)


def receive(minutes: int, message: str = "m-1", channel: str = "mail") -> Command:
    return ask.Receive(ticket="T-1", actor=MARIA, at=at(minutes), message=message, channel=channel)


def ticket(*history: Event) -> list[Event]:
    return [OPENED, *history]


def resolve(minutes: int = 10) -> Command:
    return ask.Resolve(ticket="T-1", actor=MARIA, at=at(minutes), code="fixed")


def merge(into: str) -> Command:
    return ask.Merge(ticket="T-1", actor=MARIA, at=at(10), into=into)


def call(waited: int = 0, talked: int = 0) -> Report:
    return report(
        on.CallEnded(at=at(1), call="c", direction="inbound", outcome="answered", waited=waited, talked=talked)
    )


def answer(score: float, lowest: float = 1.0, highest: float = 5.0) -> Report:
    fact = on.SurveyAnswered(
        at=at(1), question="q", instrument="csat", wording="1", score=score, lowest=lowest, highest=highest
    )
    return report(fact, "feedback/f-1")


def amend(score: float) -> Report:
    return report(on.AnswerAmended(at=at(2), question="q", score=score), "feedback/f-1")


def publish(version: int, setting: str = "calendar/madrid") -> Command:
    return ask.PublishSetting(setting=setting, actor=MARIA, at=at(1), version=version, since=at(0), content="")


def link(verified_by: str) -> Command:
    return ask.LinkIdentity(customer="c-1", actor=MARIA, at=at(1), identity="i-1", kind="mail", verified_by=verified_by)


REFUSALS: list[tuple[str, list[Event], Command]] = [
    ("resolve.merged", ticket(MERGED), resolve()),
    ("merge.itself", ticket(), merge("T-1")),
    ("merge.itself", ticket(), merge("customer/c-1")),
    ("link.itself", ticket(), ask.Link(ticket="T-1", actor=MARIA, at=at(1), kind="duplicate", to="T-1")),
    ("split.itself", ticket(), ask.Split(ticket="T-1", actor=MARIA, at=at(1), source="T-1", messages=())),
    ("untag.unknown", ticket(), ask.Untag(ticket="T-1", actor=MARIA, at=at(1), tag="vip")),
    ("unlink.unknown", ticket(), ask.Unlink(ticket="T-1", actor=MARIA, at=at(1), kind="parent", to="T-2")),
    ("assign.closed", ticket(CLOSED), ask.Assign(ticket="T-1", actor=MARIA, at=at(10), agent="maria")),
    ("makepromise.closed", ticket(CLOSED), ask.MakePromise(**T, at=at(10), promise="p", due=at(20), what="x")),
    ("pause.resolved", ticket(on.TicketResolved(at=at(5), code="x")), ask.Pause(**T, at=at(6), reason="customer")),
    ("pause.impossible", ticket(), ask.Pause(**T, at=at(6), reason="snoozed", until=at(6))),
    ("escalate.impossible", ticket(), ask.Escalate(**T, at=at(6), level=0, because="breach")),
    (
        "escalate.higher",
        ticket(on.TicketEscalated(at=at(1), level=2, because="breach")),
        ask.Escalate(**T, at=at(6), level=1, because="breach"),
    ),
    ("receive.exists", ticket(RECEIVED), receive(2)),
    ("receive.exists", ticket(RECEIVED), receive(1, channel="chat")),
    ("receive.before_opened", ticket(), receive(-1)),
    ("keeppromise.unknown", ticket(), kept()),
    ("keeppromise.broken", ticket(PROMISED, on.PromiseBroken(at=at(2), promise="p-1")), kept()),
    ("keeppromise.withdrawn", ticket(PROMISED, on.PromiseWithdrawn(at=at(2), promise="p-1")), kept()),
    ("makepromise.impossible", ticket(), ask.MakePromise(**T, at=at(10), promise="p", due=at(9), what="x")),
    ("report.made", ticket(PROMISED), report(on.PromiseKeptTold(at=at(2), promise="p-1"))),
    (
        "report.unknown",
        ticket(),
        report(on.AttachmentKept(at=at(1), message="m-9", attachment="a", media_type="image/png", size=1)),
    ),
    ("report.unknown", ticket(), report(on.DeliveryReported(at=at(1), message="m-1", state="read"))),
    ("report.received", ticket(RECEIVED), report(on.DeliveryReported(at=at(1), message="m-1", state="read"))),
    ("report.impossible", ticket(), call(waited=-1)),
    ("report.impossible", ticket(), call(talked=-1)),
    ("report.impossible", ticket(), report(on.TimeSpent(at=at(1), entry="e", agent="a", seconds=-1))),
    ("report.impossible", [OFFERED], answer(6.0)),
    ("report.impossible", [OFFERED], answer(0.0)),
    ("report.impossible", [OFFERED], answer(math.nan)),
    ("report.impossible", [OFFERED], answer(math.inf, highest=math.inf)),
    ("report.impossible", [OFFERED], answer(5.0, lowest=5.0)),
    (
        "report.impossible",
        [OFFERED, ANSWERED],
        report(on.AnswerAmended(at=at(2), question="q", score=9.0), "feedback/f-1"),
    ),
    ("report.unknown", [OFFERED], amend(3.0)),
    ("report.removed", [OFFERED, on.FeedbackRemoved(at=at(1))], answer(3.0)),
    ("report.exists", [OFFERED, ANSWERED], answer(3.0)),
    ("open.reserved", [], ask.Open(ticket="", actor=MARIA, at=at(0), channel="phone")),
    ("linkidentity.unverified", [ADDED], link("")),
    ("linkidentity.unverified", [ADDED], link("  ")),
    ("linkidentity.unborn", [], link("login")),
    (
        "linkidentity.erased",
        [ADDED, on.CustomerErased(at=at(1), request="r", because="asked")],
        link("login"),
    ),
    ("mergecustomer.itself", [ADDED], ask.MergeCustomer(**C, at=at(1), into="c-1", verified_by="login")),
    ("mergecustomer.unverified", [ADDED], ask.MergeCustomer(**C, at=at(1), into="c-2", verified_by="")),
    ("addcustomer.exists", [ADDED], ask.AddCustomer(**C, at=at(1))),
    ("addagent.exists", [JOINED], ask.AddAgent(**A, at=at(1))),
    (
        "grantrole.left",
        [JOINED, on.AgentLeft(at=at(1), because="moved")],
        ask.GrantRole(**A, at=at(2), role="lead", since=at(2)),
    ),
    ("revokerole.unknown", [JOINED], ask.RevokeRole(**A, at=at(2), role="lead", since=at(2))),
    ("planshift.impossible", [JOINED], ask.PlanShift(**A, at=at(2), shift="s", starts=at(9), ends=at(9))),
    ("publishsetting.version", [], publish(2)),
    ("publishsetting.unknown", [], publish(1, "weather/madrid")),
    ("publishsetting.unknown", [], publish(1, "calendar/")),
]


@pytest.mark.parametrize(("rule", "history", "command"), REFUSALS, ids=[rule for rule, _, _ in REFUSALS])
def test_refuses(rule: str, history: list[Event], command: Command) -> None:
    """Given that history, the command is refused by that rule, in words that go on to what can be done about it."""
    with pytest.raises(Refused) as error:
        decide(command, evolve(unborn(command.stream), *history))
    assert error.value.rule == rule
    assert ": " in error.value.reason or rule.endswith(".impossible")  # a false number says itself what is wrong


def test_a_ticket_cannot_take_the_stream_of_another_kind() -> None:
    """Opening a ticket under a reserved prefix is refused."""
    command = ask.Open(ticket="customer/c-1", actor=MARIA, at=at(0), channel="phone")
    with pytest.raises(Refused) as error:
        decide(command, unborn(command.stream))
    assert error.value.rule == "open.elsewhere"


class TestLate:
    def test_mail_may_come_late(self) -> None:
        """A message older than the newest event is recorded: it was under way."""
        state = evolve(unborn("T-1"), OPENED, on.TicketResolved(at=at(60), code="fixed"))
        assert decide(receive(30), state) == (on.MessageReceived(at=at(30), message="m-1", channel="mail"),)

    def test_a_decision_may_not(self) -> None:
        """What changes where the ticket stands comes in order."""
        state = evolve(unborn("T-1"), OPENED, on.TicketRouted(at=at(60), team="roads"))
        with pytest.raises(Refused) as error:
            decide(resolve(30), state)
        assert error.value.rule == "resolve.out_of_order"

    def test_a_late_message_does_not_hold_up_a_decision(self) -> None:
        """A message dated later than a decision does not make it too late."""
        state = evolve(unborn("T-1"), OPENED, on.MessageReceived(at=at(60), message="m-1", channel="mail"))
        assert decide(resolve(30), state) == (on.TicketResolved(at=at(30), code="fixed"),)


class TestStillHappens:
    @pytest.mark.parametrize(
        "command",
        [
            receive(10),
            ask.WriteNote(ticket="T-1", actor=MARIA, at=at(10), message="n-1"),
            call(),
            ask.Merge(ticket="T-1", actor=MARIA, at=at(10), into="T-2"),
            ask.GrantGoodwill(ticket="T-1", actor=MARIA, at=at(10), goodwill="g", kind="coupon"),
        ],
        ids=lambda command: type(command).__name__,
    )
    def test_to_a_closed_ticket(self, command: Command) -> None:
        """What arrives for a closed ticket is kept."""
        assert len(decide(command, evolve(unborn("T-1"), OPENED, CLOSED))) == 1

    def test_to_a_merged_ticket(self) -> None:
        """What arrives for a merged ticket is kept, and the merge can be undone."""
        merged = evolve(unborn("T-1"), OPENED, MERGED)
        assert len(decide(receive(10), merged)) == 1
        undone = decide(ask.Unmerge(ticket="T-1", actor=MARIA, at=at(10)), merged)
        assert evolve(merged, *undone).merged_into is None  # type: ignore[attr-defined]  # a ticket, as its stream says


class TestWhateverCameFirst:
    def test_a_tone_may_be_measured_before_the_review_is_told(self) -> None:
        """Two reports of one thing come in any order."""
        tone = on.SentimentScored(
            at=at(1), about_kind="brand", about="b", label="negative", score=-1.0, model="m", model_version="1"
        )
        review = on.ReviewPosted(at=at(0), site="s", about_kind="brand", about="b", stars=1.0, best=5.0)
        state = evolve(unborn("feedback/f-1"), tone)
        assert decide(report(review, "feedback/f-1"), state) == (review,)

    def test_somebody_unknown_can_be_erased(self) -> None:
        """What others wrote down of a person who was never added can be erased, and nobody is added under that id."""
        erase = ask.EraseCustomer(**C, at=at(1), request="r", because="asked")
        (erased,) = decide(erase, unborn("customer/c-1"))
        with pytest.raises(Refused) as error:
            decide(ask.AddCustomer(**C, at=at(2)), evolve(unborn("customer/c-1"), erased))
        assert error.value.rule == "addcustomer.exists"

    def test_an_escalation_may_go_to_somebody_else(self) -> None:
        """The same level and another team is something new."""
        state = evolve(unborn("T-1"), OPENED, on.TicketEscalated(at=at(1), level=1, to="a", because="breach"))
        assert len(decide(ask.Escalate(**T, at=at(2), level=1, to="b", because="breach"), state)) == 1
