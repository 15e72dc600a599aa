"""What hosts get wrong when they command is told in words, and nothing of it is recorded."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ventanilla import Actor, Desk, NotUnderstood, Personal, Refused, Unavailable
from ventanilla.core import commands as ask

NINE = datetime(2026, 1, 5, 9, tzinfo=UTC)
MARIA = Actor("agent", "maria")
ANY: Any = None


@pytest.fixture
def desk() -> Iterator[Desk]:
    """A desk with a ticket."""
    with Desk("sqlite:///:memory:") as opened:
        opened.handle(open_("T-1"))
        yield opened


def open_(ticket: str, channel: str = "mail") -> ask.Open:
    return ask.Open(ticket=ticket, at=NINE, actor=MARIA, channel=channel)


def tag(word: str, minutes: int = 1, actor: Actor = MARIA) -> ask.Tag:
    return ask.Tag(ticket="T-1", at=NINE + timedelta(minutes=minutes), actor=actor, tag=word)


class TestKeys:
    def test_repeated_later(self, desk: Desk) -> None:
        """The same command with the same key gives the first outcome, though its sender looked at the clock again."""
        first = desk.handle(tag("late"), key="k")
        again = desk.handle(tag("late", minutes=2), key="k")
        assert (again.repeated, again.events) == (True, first.events)

    @pytest.mark.parametrize(
        "other",
        [
            tag("lost"),
            tag("late", actor=Actor("agent", "juan")),
            ask.Untag(ticket="T-1", at=NINE + timedelta(minutes=1), actor=MARIA, tag="late"),
        ],
    )
    def test_used_for_something_else(self, desk: Desk, other: ask.Command) -> None:
        """Another word, actor or verb under a key that was used would be lost without a word: it is refused."""
        desk.handle(tag("late"), key="k")
        with pytest.raises(Refused, match=r"the key 'k' was used .* of agent:maria \(command:tag\)") as told:
            desk.handle(other, key="k")
        assert told.value.rule.endswith(".key_taken")
        assert len(desk.log("T-1")) == 2

    def test_used_for_another_text(self, desk: Desk) -> None:
        """Two notes of different lengths are two notes, though their texts are not in the log."""

        def note(text: str) -> ask.WriteNote:
            kept = Personal(text, of="agent/maria")
            return ask.WriteNote(ticket="T-1", at=NINE, actor=MARIA, message="n-1", author="maria", text=kept)

        desk.handle(note("call back"), key="k")
        assert desk.handle(note("call back"), key="k").repeated
        with pytest.raises(Refused, match="used for another command"):
            desk.handle(note("call back soon"), key="k")

    def test_blank(self, desk: Desk) -> None:
        """A key that is none is refused: it would be everybody's."""
        with pytest.raises(Refused, match="is blank") as told:
            desk.handle(tag("late"), key=" ")
        assert told.value.rule == "id.blank"


class TestIds:
    @pytest.mark.parametrize(("ticket", "rule"), [("  ", "id.blank"), ("T-\ud800", "id.unkeepable")])
    def test_that_nobody_finds_again(self, desk: Desk, ticket: str, rule: str) -> None:
        """A ticket without a letter, or with half a character, is refused."""
        with pytest.raises(Refused) as told:
            desk.handle(open_(ticket), key="k")
        assert told.value.rule == rule

    def test_of_a_customer(self, desk: Desk) -> None:
        """A customer whose id is blank is nobody."""
        with pytest.raises(Refused) as told:
            desk.handle(ask.AddCustomer(customer=" ", at=NINE, actor=MARIA))
        assert told.value.rule == "id.blank"

    def test_of_a_channel(self, desk: Desk) -> None:
        """A ticket came by some channel."""
        with pytest.raises(Refused, match="by no channel") as told:
            desk.handle(open_("T-2", channel=""))
        assert told.value.rule == "open.no_channel"

    @pytest.mark.parametrize("id_", ["", " ", None, 7])
    def test_of_an_actor(self, id_: Any) -> None:
        """Who asks has an id."""
        with pytest.raises(ValueError, match="say which agent it is"):
            Actor("agent", id_)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: open_(ANY), "ticket is None: give an id"),
        (lambda: ask.AddCustomer(customer=ANY, at=NINE, actor=MARIA), "customer is None"),
        (lambda: ask.Open(ticket="T-2", at=ANY, actor=MARIA, channel="mail"), "None is no instant"),
        (lambda: ask.Open(ticket="T-2", at="2026-01-05", actor=MARIA, channel="mail"), "'2026-01-05' is no instant"),  # type: ignore[arg-type]
        (lambda: ask.Open(ticket="T-2", at=NINE, actor=ANY, channel="mail"), "'actor' must be .*Actor"),
        (lambda: Personal("text", of=ANY), "text str, of NoneType"),
        (lambda: Personal(7, of="agent/a"), "text int, of str"),  # type: ignore[arg-type]
    ],
)
def test_commands_of_wrong_types(make: Callable[[], object], said: str) -> None:
    """A command with a value of another type is not made; the message names the value."""
    with pytest.raises(TypeError, match=said):
        make()


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda desk: desk.handle(ANY), TypeError, "a NoneType is no command"),
        (lambda desk: desk.erase(open_("T-2")), TypeError, "a Open erases nobody"),
        (lambda desk: desk.deliver("webform", ANY), TypeError, "NoneType is no delivery"),
        (lambda desk: desk.publish(ANY, actor=MARIA), TypeError, "a policy is a text, TOML, not None"),
        (lambda desk: desk.acknowledge(["x"]), TypeError, "'x' is nothing due"),
        (lambda desk: desk.due(NINE, lease=math.inf), NotUnderstood, "inf s ends beyond the calendar"),
        (lambda desk: desk.due(datetime(2026, 1, 5)), ValueError, "has no time zone"),
        (lambda desk: desk.clocks("T-1", as_of=datetime(2026, 1, 5)), ValueError, "has no time zone"),
        (lambda desk: desk.clocks("T-1", known_at=datetime(2026, 1, 5)), ValueError, "has no time zone"),
        (lambda desk: desk.explain("T-1", as_of=datetime(2026, 1, 5)), ValueError, "has no time zone"),
        (lambda desk: desk.facts(as_of=datetime(2026, 1, 5)), ValueError, "has no time zone"),
    ],
)
def test_calls_of_wrong_types(desk: Desk, call: Callable[[Desk], object], error: type[Exception], said: str) -> None:
    """A call with a value of another type says so, and nothing is recorded."""
    with pytest.raises(error, match=said):
        call(desk)
    assert len(desk.log("T-1")) == 1
    assert desk.log("T-2") == []


def test_a_closed_desk(backend_url: str) -> None:
    """Whatever is asked of a closed desk is told that it is closed, on any backend."""
    desk = Desk(backend_url)
    desk.handle(open_("T-1"))
    desk.close()
    calls: list[Callable[[], object]] = [
        lambda: desk.handle(open_("T-2")),
        lambda: desk.log("T-1"),
        lambda: desk.ask("tickets"),
        lambda: list(desk.facts()),
        lambda: desk.acknowledge([]),
        lambda: desk.work(lambda: True),
        desk.__enter__,
    ]
    for call in calls:
        with pytest.raises(Unavailable, match="closed"):
            call()
