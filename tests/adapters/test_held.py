"""What is held on a person: all of it, for who may have it, and once it is on record."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from people import ANA, BEN, MARIA, MARK, PRIVACY, at, erase, fill, link, spoil, unlink

from ventanilla import Actor, Desk, Personal, Refused
from ventanilla.adapters.vault import MemoryKeys
from ventanilla.core import commands as ask


@pytest.fixture
def keys() -> MemoryKeys:
    return MemoryKeys()


@pytest.fixture
def desk(backend_url: str, keys: MemoryKeys) -> Iterator[Desk]:
    with Desk(backend_url, keys=keys) as opened:
        fill(opened)
        yield opened


class TestHeld:
    def test_is_all_of_one_person(self, desk: Desk) -> None:
        """The export has what happened to them and on their tickets, their texts and addresses, and nobody else's."""
        desk.handle(link("c-1", "i-1", "a@example.org"))
        desk.handle(link("c-1", "i-2", "b@example.org"))
        desk.handle(unlink("c-1", "i-2"))
        desk.handle(ask.Open(ticket="T-2", at=at(7), actor=MARIA, channel="mail", customer="c-2"))
        said = Personal("Ana told me.", of=ANA)
        desk.handle(ask.Receive(ticket="T-2", at=at(8), actor=MARIA, message="m", channel="mail", text=said))
        for name, respondent in (("f-1", "c-1"), ("f-2", "c-10"), ("f-3", None)):
            desk.handle(
                ask.OfferSurvey(
                    feedback=name, at=at(8), actor=MARIA, survey="s", version=1, about_kind="ticket", about="T-1",
                    channel="mail", respondent=respondent,
                )
            )  # fmt: skip
        held = desk.held(ANA, actor=PRIVACY)
        lines = [json.loads(line) for line in held.lines()]
        assert [line["address"] for line in lines if line["what"] == "address"] == ["a@example.org"]
        found = [text for line in lines if line["what"] == "event" for text in line["texts"].values()]
        assert found == [
            f"Ana {MARK}", f"Where is it? {MARK}", f"Angry. {MARK}", "a@example.org", "b@example.org", "Ana told me.",
        ]  # fmt: skip
        assert [line["topic"] for line in lines if line.get("stream") == "T-2"] == ["message.received/1"]
        assert {line["stream"] for line in lines if "stream" in line} == {ANA, "T-1", "T-2", "feedback/f-1"}
        assert "I have it." not in str(lines)
        assert "c-2" not in str([line for line in lines if line.get("stream") == "T-1"])

    def test_is_on_record(self, desk: Desk) -> None:
        """Who takes all of it has read all of it."""
        desk.held(ANA, actor=PRIVACY)
        found = {(reading.stream, reading.version, reading.allowed_by) for reading in desk.readings(ANA, actor=PRIVACY)}
        assert found == {(ANA, 1, "1/privacy"), ("T-1", 2, "1/privacy"), ("T-1", 4, "1/privacy")}

    def test_by_themselves_is_without_what_stays_inside(self, desk: Desk) -> None:
        """A customer may have it themselves, but for the words of notes: those stay inside."""
        held = desk.held(ANA, actor=Actor("customer", "c-1"))
        assert [text for event in held.events for text in event.texts.values()] == [
            f"Ana {MARK}",
            f"Where is it? {MARK}",
        ]

    def test_is_for_few(self, desk: Desk) -> None:
        """Neither another customer nor an agent without the role has it."""
        for actor in (MARIA, Actor("customer", "c-2"), Actor("bot", "b", ("privacy",))):
            with pytest.raises(Refused) as error:
                desk.held(ANA, actor=actor)
            assert error.value.rule == "held.forbidden"
        assert desk.readings(ANA, actor=PRIVACY) == []

    def test_after_erasure_is_facts(self, desk: Desk) -> None:
        """Of who was erased there are the facts, and no text."""
        desk.handle(link("c-1", "i-1", "a@example.org"))
        desk.erase(erase())
        held = desk.held(ANA, actor=PRIVACY)
        assert [text for event in held.events for text in event.texts] == []
        assert len(held.events) == 3 + 4

    def test_of_nobody_is_nothing(self, desk: Desk) -> None:
        """Of somebody unknown nothing is held; a ticket's name is nobody."""
        assert desk.held("customer/c-9", actor=PRIVACY).events == []

    def test_tells_what_cannot_be_read(self, desk: Desk) -> None:
        """An event that cannot be read is in nobody's way: it is named, and all others are handed out."""
        desk.handle(
            ask.OfferSurvey(
                feedback="f-1", at=at(8), actor=MARIA, survey="s", version=1, about_kind="ticket", about="T-1",
                channel="mail", respondent="c-1",
            )
        )  # fmt: skip
        spoil(desk, "T-1", 1)
        position = desk.store.database.dialect.position
        ((place,),) = desk.store.database.select(
            f"SELECT {position} FROM events WHERE originator_id = 'T-1' AND originator_version = 1"
        )
        held = desk.held(ANA, actor=PRIVACY)
        assert [text for event in held.events for text in event.texts.values()] == [
            f"Ana {MARK}", f"Where is it? {MARK}", f"Angry. {MARK}",
        ]  # fmt: skip
        assert [one.position for one in held.unreadable] == [place]
        last = json.loads(list(held.lines())[-1])
        assert (last["what"], last["position"], last["topic"]) == ("unreadable", place, "ticket.opened/1")

    def test_is_of_those_who_were_merged_into_them_too(self, desk: Desk) -> None:
        """What is held on a customer who was merged into another, and not unmerged, is held on the other."""
        lead = Actor("agent", "l", roles=("lead",))
        desk.handle(ask.MergeCustomer(customer="c-1", at=at(9), actor=lead, into="c-2", verified_by="login"))
        held = desk.held(BEN, actor=PRIVACY)
        assert {event.recorded.stream for event in held.events} == {ANA, BEN, "T-1"}
        assert f"Where is it? {MARK}" in [text for event in held.events for text in event.texts.values()]
        assert {reading.subject for reading in desk.readings(ANA, actor=PRIVACY)} == {ANA}
        receipt = desk.erase(erase("c-2"))
        assert (receipt.texts, receipt.merged) == (2, (ANA,))
        desk.handle(ask.UnmergeCustomer(customer="c-1", at=at(10), actor=lead))
        assert {event.recorded.stream for event in desk.held(BEN, actor=PRIVACY).events} == {BEN}
