"""One matter, whatever the channel: timelines, merging and splitting, continuation, and the other kinds of stream."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ventanilla import Actor, Desk, NotUnderstood, Personal, Refused, hookimpl
from ventanilla.core import commands as ask
from ventanilla.core import events as on
from ventanilla.core.commands import Report
from ventanilla.core.continuation import Contact, Matter
from ventanilla.core.people import Customer
from ventanilla.core.setting import Setting
from ventanilla.core.streams import customer, feedback, setting
from ventanilla.plugins.host import Host

NINE = datetime(2026, 1, 5, 9, tzinfo=UTC)
MARIA, PHONE, FACEBOOK = Actor("agent", "maria"), Actor("channel", "phone"), Actor("channel", "facebook")
ADMIN = Actor("agent", "boss", roles=("lead", "admin"))


def at(minutes: int) -> datetime:
    return NINE + timedelta(minutes=minutes)


@pytest.fixture
def desk() -> Iterator[Desk]:
    with Desk("sqlite:///:memory:") as opened:
        yield opened


def open_(desk: Desk, ticket: str, minutes: int = 0, customer_: str | None = "c-1") -> None:
    desk.handle(ask.Open(ticket=ticket, at=at(minutes), actor=PHONE, channel="phone", customer=customer_))


def receive(desk: Desk, ticket: str, message: str, minutes: int, channel: str = "facebook") -> None:
    desk.handle(ask.Receive(ticket=ticket, at=at(minutes), actor=FACEBOOK, message=message, channel=channel))


def note(desk: Desk, ticket: str, message: str, minutes: int) -> None:
    desk.handle(ask.WriteNote(ticket=ticket, at=at(minutes), actor=MARIA, message=message))


def merge(desk: Desk, ticket: str, into: str, minutes: int) -> None:
    desk.handle(ask.Merge(ticket=ticket, at=at(minutes), actor=MARIA, into=into))


def told(desk: Desk, ticket: str) -> list[tuple[str, str]]:
    return [(recorded.stream, recorded.event.TOPIC) for recorded in desk.timeline(ticket)]


def messages(desk: Desk, ticket: str) -> list[str]:
    return [
        recorded.event.message
        for recorded in desk.timeline(ticket)
        if isinstance(recorded.event, on.MessageReceived | on.NoteWritten)
    ]


class TestTimeline:
    def test_is_in_the_order_in_which_things_happened(self, desk: Desk) -> None:
        """A message that came late stands where it belongs, not where it was recorded."""
        open_(desk, "T-1")
        receive(desk, "T-1", "m-2", 20)
        receive(desk, "T-1", "m-1", 10)
        assert messages(desk, "T-1") == ["m-1", "m-2"]

    def test_of_a_ticket_into_which_others_go_on(self, desk: Desk) -> None:
        """A merged ticket's history is read where it goes on; its own is still its own."""
        for number, ticket in enumerate(["T-1", "T-2", "T-3"]):
            open_(desk, ticket, number)
            receive(desk, ticket, f"m-{ticket}", 10 + number)
        merge(desk, "T-2", "T-1", 20)
        merge(desk, "T-3", "T-1", 21)
        assert messages(desk, "T-1") == ["m-T-1", "m-T-2", "m-T-3"]
        assert messages(desk, "T-2") == ["m-T-2"]

    def test_follows_a_chain(self, desk: Desk) -> None:
        """What went into a ticket that went into this one is read here."""
        for number, ticket in enumerate(["T-1", "T-2", "T-3"]):
            open_(desk, ticket, number)
            receive(desk, ticket, f"m-{ticket}", 10 + number)
        merge(desk, "T-3", "T-2", 20)
        merge(desk, "T-2", "T-1", 21)
        assert messages(desk, "T-1") == ["m-T-1", "m-T-2", "m-T-3"]

    def test_loses_what_is_unmerged(self, desk: Desk) -> None:
        """An undone merge leaves both histories as they were: nothing was moved."""
        open_(desk, "T-1")
        open_(desk, "T-2", 1)
        before = desk.log("T-1"), told(desk, "T-1")
        merge(desk, "T-2", "T-1", 2)
        desk.handle(ask.Unmerge(ticket="T-2", at=at(3), actor=MARIA))
        assert (desk.log("T-1"), told(desk, "T-1")) == before

    def test_has_the_messages_of_what_it_was_split_from(self, desk: Desk) -> None:
        """A split ticket shows the messages that belong to it, from the other one, until it is rejoined."""
        open_(desk, "T-1")
        receive(desk, "T-1", "m-1", 1)
        receive(desk, "T-1", "m-2", 2)
        note(desk, "T-1", "n-1", 3)
        open_(desk, "T-2", 4)
        desk.handle(ask.Split(ticket="T-2", at=at(5), actor=MARIA, source="T-1", messages=("m-2", "n-1")))
        assert messages(desk, "T-2") == ["m-2", "n-1"]
        assert messages(desk, "T-1") == ["m-1", "m-2", "n-1"]
        desk.handle(ask.Rejoin(ticket="T-2", at=at(6), actor=MARIA, source="T-1"))
        assert messages(desk, "T-2") == []

    def test_has_the_messages_of_all_splits(self, desk: Desk) -> None:
        """What is split off later, from the same ticket, comes beside what was split off before."""
        open_(desk, "T-1")
        for number in (1, 2, 3):
            receive(desk, "T-1", f"m-{number}", number)
        open_(desk, "T-2", 4)
        for number in (1, 3):
            split = ask.Split(ticket="T-2", at=at(5), actor=MARIA, source="T-1", messages=(f"m-{number}",))
            assert len(desk.handle(split).events) == 1
            assert desk.handle(split).events == ()
        assert messages(desk, "T-2") == ["m-1", "m-3"]

    @pytest.mark.parametrize(
        ("source", "message", "said"),
        [("T-9", "m-1", "there is no ticket T-9 yet"), ("T-1", "m-9", "T-1 has no message 'm-9'")],
    )
    def test_of_what_is_not_there_is_refused(self, desk: Desk, source: str, message: str, said: str) -> None:
        """Messages, and tickets, that nobody knows cannot be split off: nobody would find them."""
        open_(desk, "T-1")
        receive(desk, "T-1", "m-1", 1)
        open_(desk, "T-2", 2)
        with pytest.raises(Refused, match=said) as error:
            desk.handle(ask.Split(ticket="T-2", at=at(3), actor=MARIA, source=source, messages=(message,)))
        assert error.value.rule == "split.unknown"

    def test_of_a_session_that_ended_goes_on(self, desk: Desk) -> None:
        """A chat that timed out has lost nothing, and goes on with the next message."""
        open_(desk, "T-1")
        desk.handle(
            ask.JoinConversation(ticket="T-1", at=at(1), actor=FACEBOOK, conversation="f-9", channel="facebook")
        )
        receive(desk, "T-1", "m-1", 2)
        ended = on.SessionEnded(at=at(30), session="s-1", conversation="f-9", how="timed_out")
        desk.handle(Report(on="T-1", actor=FACEBOOK, fact=ended))
        receive(desk, "T-1", "m-2", 90)
        assert messages(desk, "T-1") == ["m-1", "m-2"]


class TestMerge:
    def test_in_a_circle_is_refused(self, desk: Desk) -> None:
        """Two tickets cannot each go on in the other, directly or by a detour."""
        for ticket in ["T-1", "T-2", "T-3"]:
            open_(desk, ticket)
        merge(desk, "T-1", "T-2", 1)
        merge(desk, "T-2", "T-3", 2)
        with pytest.raises(Refused) as error:
            merge(desk, "T-3", "T-1", 3)
        assert error.value.rule == "merge.circle"
        assert desk.ticket("T-3").merged_into is None

    def test_that_meet_do_not_close_a_circle(self, tmp_path: Path) -> None:
        """Of two desks that merge two tickets into each other at the same time, one is refused."""
        with Desk(f"sqlite:///{tmp_path}/desk.db") as desk, Desk(f"sqlite:///{tmp_path}/desk.db") as other:
            for ticket in ["T-1", "T-2"]:
                open_(desk, ticket)
            append = desk.store.append

            def meanwhile(*args: Any, **kwargs: Any) -> range:
                if other.ticket("T-2").merged_into is None:
                    merge(other, "T-2", "T-1", 1)
                return append(*args, **kwargs)

            setattr(desk.store, "append", meanwhile)  # noqa: B010  # a method, as far as the types know
            with pytest.raises(Refused) as error:
                merge(desk, "T-1", "T-2", 1)
            assert error.value.rule == "merge.circle"

    def test_into_nothing_is_refused(self, desk: Desk) -> None:
        """A ticket cannot go on in one that is not there: nobody would find it again."""
        open_(desk, "T-1")
        with pytest.raises(Refused, match="there is no ticket T-9 yet") as error:
            merge(desk, "T-1", "T-9", 1)
        assert error.value.rule == "merge.unknown"
        assert desk.ticket("T-1").merged_into is None

    def test_is_a_column_of_the_fact_table(self, desk: Desk) -> None:
        """Rates can leave merged tickets out: the table says where each goes on."""
        open_(desk, "T-1")
        open_(desk, "T-2")
        merge(desk, "T-1", "T-2", 1)
        assert {row.ticket: row.merged_into for row in desk.facts()} == {"T-1": "T-2", "T-2": None}


class TestKeys:
    def test_belong_to_one_stream(self, desk: Desk) -> None:
        """A key that was used on one ticket says nothing of another: the command is refused, not mistaken for it."""
        opened = ask.Open(ticket="T-1", at=at(0), actor=PHONE, channel="phone")
        desk.handle(opened, key="call-1")
        with pytest.raises(Refused) as error:
            desk.handle(ask.Open(ticket="T-2", at=at(0), actor=PHONE, channel="phone"), key="call-1")
        assert error.value.rule == "open.key_taken"
        assert desk.handle(opened, key="call-1").repeated


class TestWhatCannotBeKept:
    @pytest.mark.parametrize("code", [None, 7, "half a \ud800", b"bytes"])
    def test_is_never_recorded(self, desk: Desk, code: Any) -> None:
        """A value of another type, or half a character, is refused by name: the log stays readable."""
        open_(desk, "T-1")
        with pytest.raises(ValueError, match="TicketResolved cannot be kept"):
            desk.handle(ask.Resolve(ticket="T-1", at=at(1), actor=MARIA, code=code))
        assert [recorded.event.TOPIC for recorded in desk.log("T-1")] == ["ticket.opened/1"]

    def test_as_personal_is_not_shown(self, desk: Desk) -> None:
        """Text that is not wrapped as personal is refused without being shown."""
        open_(desk, "T-1")
        text: Any = "Canary"
        with pytest.raises(TypeError, match=r"NoteWritten\.text is personal: give a Personal, not a str") as error:
            desk.handle(ask.WriteNote(ticket="T-1", at=at(1), actor=MARIA, message="n-1", text=text))
        assert "Canary" not in str(error.value)
        with pytest.raises(ValueError, match="halves of characters"):
            Personal("half a \ud800", of="customer/c-1")


class TestTranscript:
    def test_has_no_notes(self, desk: Desk) -> None:
        """What the customer may see is what was said to and by them."""
        open_(desk, "T-1")
        receive(desk, "T-1", "m-1", 1)
        note(desk, "T-1", "n-1", 2)
        desk.handle(ask.Reply(ticket="T-1", at=at(3), actor=MARIA, message="m-2", channel="facebook"))
        assert [message.id for message in desk.transcript("T-1")] == ["m-1", "m-2"]


class Always:
    """A plug-in that has an answer of its own."""

    def __init__(self, ticket: str) -> None:
        self.ticket = ticket

    @hookimpl
    def continued(self, contact: Contact, matters: Sequence[Matter]) -> str | None:
        return self.ticket


class TestContinued:
    def test_on_another_channel(self, desk: Desk) -> None:
        """A customer who phoned yesterday and writes on Facebook today goes on with the same ticket."""
        open_(desk, "T-1")
        tomorrow = Contact(customer="c-1", channel="facebook", at=at(24 * 60))
        assert desk.continued(tomorrow) == "T-1"
        assert desk.continued(Contact(customer="c-2", channel="facebook", at=at(24 * 60))) is None

    def test_where_a_merged_ticket_goes_on(self, desk: Desk) -> None:
        """A merged ticket is not continued, the one it goes on in is."""
        open_(desk, "T-1")
        open_(desk, "T-2")
        receive(desk, "T-1", "m-1", 3)
        merge(desk, "T-1", "T-2", 4)
        assert desk.continued(Contact(customer="c-1", channel="mail", at=at(60))) == "T-2"

    def test_of_a_customer_named_later(self, desk: Desk) -> None:
        """It does not matter when it became known whose ticket it is."""
        open_(desk, "T-1", customer_=None)
        desk.handle(ask.NameCustomer(ticket="T-1", at=at(1), actor=MARIA, customer="c-1"))
        assert desk.continued(Contact(customer="c-1", channel="mail", at=at(60))) == "T-1"

    @pytest.mark.parametrize(("answer", "expected"), [("T-2", "T-2"), ("T-99", "T-1")])
    def test_as_a_plugin_says(self, answer: str, expected: str) -> None:
        """A plug-in may choose among the customer's tickets; an answer that is none of them is passed over."""
        host = Host()
        host.add("always", Always(answer))
        with Desk("sqlite:///:memory:", host=host) as desk:
            open_(desk, "T-1")
            open_(desk, "T-2")
            desk.handle(ask.Close(ticket="T-2", at=at(1), actor=MARIA))
            assert desk.continued(Contact(customer="c-1", channel="mail", at=at(60))) == expected


class TestOtherStreams:
    def test_of_a_customer(self, desk: Desk) -> None:
        """A customer has a history of their own, by the same road."""
        outcome = desk.handle(ask.AddCustomer(customer="c-1", at=at(0), actor=MARIA, language="es"))
        assert isinstance(outcome.aggregate, Customer)
        assert outcome.events[0].stream == customer("c-1")
        with pytest.raises(TypeError, match="customer/c-1 is no ticket"):
            _ = outcome.ticket
        with pytest.raises(NotUnderstood, match="customer/c-1 is no ticket but a customer"):
            desk.ticket(customer("c-1"))

    def test_leave_the_tickets_alone(self, desk: Desk) -> None:
        """What happens to people and settings is in the log, and in no row of the tickets' table."""
        open_(desk, "T-1")
        desk.handle(ask.AddCustomer(customer="c-1", at=at(500), actor=MARIA))
        desk.handle(ask.AddAgent(agent="maria", at=at(0), actor=ADMIN))
        desk.handle(ask.FormTeam(team="repairs", at=at(0), actor=ADMIN))
        assert [row.ticket for row in desk.facts()] == ["T-1"]
        assert desk.ask("tickets").value == 1
        assert desk.catch_up() == 4
        assert [row.ticket for row in desk.facts(as_of=at(1))] == ["T-1"]

    def test_of_feedback(self, desk: Desk) -> None:
        """A survey is offered, answered by whom it was offered to, and acted upon."""
        open_(desk, "T-1")
        offer = ask.OfferSurvey(
            feedback="f-1", at=at(1), actor=MARIA, survey="after-contact", version=1, about_kind="ticket", about="T-1",
            respondent="c-1", channel="mail",
        )  # fmt: skip
        desk.handle(offer)
        answer = on.SurveyAnswered(
            at=at(9), question="q-1", instrument="csat", wording="2", score=2, lowest=1, highest=5
        )
        desk.handle(Report(on=feedback("f-1"), actor=Actor("customer", "c-1"), fact=answer))
        desk.handle(ask.PlanAction(feedback="f-1", at=at(10), actor=MARIA, action="a-1", owner="repairs"))
        desk.handle(ask.TakeAction(feedback="f-1", at=at(11), actor=MARIA, action="a-1"))
        told_them = on.ActionTold(at=at(12), action="a-1")
        desk.handle(Report(on=feedback("f-1"), actor=MARIA, fact=told_them))
        assert desk.aggregate(feedback("f-1")).things == {("answer", "q-1"): "given", ("action", "a-1"): "told"}

    def test_of_a_setting(self, desk: Desk) -> None:
        """The version in force at an instant is the newest one begun by then; withdrawn, there is none."""
        for version, since in [(1, at(0)), (2, at(60))]:
            desk.handle(
                ask.PublishSetting(
                    setting="categories/madrid",
                    at=at(0),
                    actor=ADMIN,
                    version=version,
                    since=since,
                    content=f"v{version}",
                )
            )
        found = desk.aggregate(setting("categories/madrid"))
        assert isinstance(found, Setting)
        in_force = [found.in_force(at(minutes)) for minutes in (-1, 0, 59, 60)]
        assert [version and version.content for version in in_force] == [None, "v1", "v1", "v2"]
        desk.handle(ask.WithdrawSetting(setting="categories/madrid", at=at(70), actor=ADMIN, since=at(80)))
        found = desk.aggregate(setting("categories/madrid"))
        assert isinstance(found, Setting)
        assert found.in_force(at(79)) is not None
        assert found.in_force(at(80)) is None
