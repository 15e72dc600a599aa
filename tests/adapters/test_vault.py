"""Personal text: in the vault and nowhere else, until it is erased."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ventanilla import Actor, Conflict, Desk, Personal, Recorded, Refused, hookimpl
from ventanilla.adapters.store import Commit
from ventanilla.core import commands as ask
from ventanilla.core.events import MessageReceived
from ventanilla.core.streams import customer
from ventanilla.plugins.host import Host

NINE = datetime(2026, 1, 5, 9, tzinfo=UTC)
MARIA = Actor("agent", "maria")
PRIVACY = Actor("agent", "dpo", roles=("privacy",))
ANA, BEN = "customer/c-1", "customer/c-2"
MARK = "Canary-4711"


def at(minutes: int) -> datetime:
    return NINE + timedelta(minutes=minutes)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "desk.db"


@pytest.fixture
def desk(path: Path) -> Iterator[Desk]:
    with Desk(f"sqlite:///{path}") as opened:
        opened.handle(ask.AddCustomer(customer="c-1", at=at(0), actor=MARIA, name=Personal(f"Ana {MARK}", of=ANA)))
        opened.handle(ask.AddCustomer(customer="c-2", at=at(0), actor=MARIA, name=Personal("Ben", of=BEN)))
        opened.handle(ask.Open(ticket="T-1", at=at(0), actor=MARIA, channel="mail", customer="c-1"))
        opened.handle(receive("m-1", 1, f"Where is it? {MARK}"))
        opened.handle(receive("m-2", 2, "I have it.", of=BEN))
        yield opened


def receive(message: str, minutes: int, text: str, of: str = ANA) -> ask.Receive:
    said = Personal(text, of=of)
    return ask.Receive(ticket="T-1", at=at(minutes), actor=MARIA, message=message, channel="mail", text=said)


def erase(request: str = "r-1") -> ask.EraseCustomer:
    return ask.EraseCustomer(customer="c-1", at=at(60), actor=PRIVACY, request=request, because="asked")


def texts(desk: Desk) -> list[str]:
    found = [*desk.log(customer("c-1")), *desk.log(customer("c-2")), *desk.log("T-1")]
    return [text for recorded in found for text in desk.read(recorded, actor=MARIA).values()]


class TestKeeping:
    def test_gives_the_text_back(self, desk: Desk, path: Path) -> None:
        """Who may read it gets it back, also after the desk was opened anew."""
        expected = [f"Ana {MARK}", "Ben", f"Where is it? {MARK}", "I have it."]
        assert texts(desk) == expected
        with Desk(f"sqlite:///{path}") as another:
            assert texts(another) == expected

    def test_leaves_a_reference_in_the_log(self, desk: Desk, path: Path) -> None:
        """The log says of whom it is, how long, and a digest that proves what is sealed."""
        event = desk.log("T-1")[1].event
        assert isinstance(event, MessageReceived)
        assert event.text is not None
        assert (event.text.of, event.text.length) == (ANA, len(f"Where is it? {MARK}"))
        with pytest.raises(LookupError, match="not in the log"):
            _ = event.text.text
        with closing(sqlite3.connect(path)) as database:
            ((sealed,),) = database.execute("SELECT sealed FROM vault WHERE stream = 'T-1' AND version = 2")
            logged = database.execute("SELECT group_concat(CAST(state AS TEXT)) FROM events").fetchone()[0]
        assert hashlib.sha256(sealed).hexdigest() == event.text.digest
        assert MARK not in logged

    def test_of_equal_texts_gives_unlike_references(self, desk: Desk) -> None:
        """The digest of a text cannot be guessed from the text: no two are sealed alike."""
        event = MessageReceived(at=at(0), message="m", channel="mail", text=Personal("yes", of=ANA))
        _, changes = desk.vault.seal([event, event], "T-9", 0)
        assert changes.texts[0].digest != changes.texts[1].digest

    def test_is_with_the_event_or_not_at_all(self, desk: Desk, path: Path) -> None:
        """A commit that loses a race leaves no text behind."""
        event = MessageReceived(at=at(0), message="m", channel="mail", text=Personal(MARK, of=ANA))
        events, changes = desk.vault.seal([event], "T-1", 0)
        lost = Commit(
            stream="T-1", version=0, events=events, actor="a", cause="c", allowed_by="1/agent", changes=changes
        )
        with pytest.raises(Conflict):
            desk.store.append([lost], recorded_at=at(0))
        assert desk.store.personal.texts("T-1", 1) == []

    def test_is_not_dropped_for_a_repetition(self, desk: Desk) -> None:
        """A message that comes again is idle; with another text it is refused, so that nothing is lost unseen."""
        assert desk.handle(receive("m-1", 1, f"Where is it? {MARK}")).events == ()
        with pytest.raises(Refused) as error:
            desk.handle(receive("m-1", 1, "Never mind."))
        assert error.value.rule == "receive.other_text"

    def test_is_for_those_who_may_read(self, desk: Desk) -> None:
        """A customer reads what they said themselves, and nobody else's."""
        _, first, second = desk.log("T-1")
        ana = Actor("customer", "c-1")
        assert desk.read(first, actor=ana) == {"text": f"Where is it? {MARK}"}
        with pytest.raises(Refused) as error:
            desk.read(second, actor=ana)
        assert error.value.rule == "read.forbidden"

    def test_of_a_note_is_not_for_the_customer(self, desk: Desk) -> None:
        """What the desk noted about a customer is read by those who work there, and never by the customer."""
        note = ask.WriteNote(ticket="T-1", at=at(3), actor=MARIA, message="n-1", text=Personal("Difficult.", of=ANA))
        (noted,) = desk.handle(note).events
        with pytest.raises(Refused) as error:
            desk.read(noted, actor=Actor("customer", "c-1"))
        assert error.value.rule == "read.forbidden"
        assert desk.read(noted, actor=MARIA) == {"text": "Difficult."}


class Hears:
    """A plug-in that keeps what it hears."""

    def __init__(self) -> None:
        self.heard: list[Recorded] = []

    @hookimpl
    def recorded(self, events: Sequence[Recorded]) -> None:
        self.heard.extend(events)


class TestNowhereElse:
    def test_is_it_shown(self, desk: Desk) -> None:
        """No outcome, refusal, aggregate or answer shows a text."""
        outcome = desk.handle(receive("m-3", 3, MARK))
        with pytest.raises(Refused) as error:
            desk.handle(receive("m-3", 4, MARK))
        shown = [outcome, error.value, desk.ticket("T-1"), desk.timeline("T-1"), desk.transcript("T-1"), *desk.facts()]
        assert MARK not in repr(shown)

    def test_is_it_told(self, path: Path) -> None:
        """A plug-in that listens hears the reference."""
        host, hears = Host(), Hears()
        host.add("hears", hears)
        with Desk(f"sqlite:///{path}", host=host) as desk:
            desk.handle(ask.AddCustomer(customer="c-1", at=at(0), actor=MARIA, name=Personal(MARK, of=ANA)))
        (recorded,) = hears.heard
        name = recorded.event.name  # type: ignore[union-attr]  # it is the customer's
        assert isinstance(name, Personal)
        with pytest.raises(LookupError):
            _ = name.text

    def test_is_it_in_the_views(self, desk: Desk, path: Path) -> None:
        """The fact tables are made of facts."""
        desk.catch_up()
        desk.close()
        assert MARK.encode() not in path.with_suffix(".views.db").read_bytes()


class TestErasing:
    def test_takes_all_of_a_person_and_nothing_else(self, desk: Desk) -> None:
        """What one person said and is called is gone; what others said stays."""
        desk.handle(erase())
        assert texts(desk) == ["Ben", "I have it."]

    def test_changes_no_figure(self, desk: Desk) -> None:
        """Facts stay: every answer is as before."""
        before = desk.ask("tickets"), desk.log("T-1"), list(desk.facts())
        desk.handle(erase())
        after = desk.ask("tickets"), desk.log("T-1"), list(desk.facts())
        assert after[0].value == before[0].value
        assert after[1:] == before[1:]

    def test_leaves_nothing_in_the_files(self, desk: Desk, path: Path) -> None:
        """Sealed or erased, a text is in no byte of the database, its write-ahead log or the views."""
        for _ in range(2):
            assert [file.name for file in path.parent.iterdir() if MARK.encode() in file.read_bytes()] == []
            desk.handle(erase())

    def test_again_is_idle(self, desk: Desk) -> None:
        """Who is erased is erased: asking again records nothing."""
        assert len(desk.handle(erase()).events) == 1
        assert desk.handle(erase("r-2")).events == ()

    def test_takes_an_agent_too(self, desk: Desk) -> None:
        """Agents are people with rights: what they are called goes like anybody's."""
        name, boss = Personal(f"Maria {MARK}", of="agent/maria"), Actor("agent", "boss", roles=("lead",))
        (joined,) = desk.handle(ask.AddAgent(agent="maria", at=at(0), actor=boss, name=name)).events
        desk.handle(ask.EraseAgent(agent="maria", at=at(60), actor=PRIVACY, request="r", because="asked"))
        assert desk.read(joined, actor=MARIA) == {}

    def test_needs_the_role(self, desk: Desk) -> None:
        """Not everybody may erase; who may not leaves everything as it was."""
        with pytest.raises(Refused) as error:
            desk.handle(ask.EraseCustomer(customer="c-1", at=at(60), actor=MARIA, request="r", because="asked"))
        assert error.value.rule == "erasecustomer.forbidden"
        assert len(texts(desk)) == 4
