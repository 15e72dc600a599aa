"""A host may restrict what the table of rights allows, and never widen it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ventanilla import Actor, Desk, Personal, Refused, hookimpl
from ventanilla.core.commands import Command, GrantGoodwill, GrantRole, Open, Receive
from ventanilla.plugins.host import Host

NINE = datetime(2026, 1, 5, 9, tzinfo=UTC)
MARIA = Actor("agent", "maria")
OPEN = Open(ticket="T-1", at=NINE, actor=MARIA, channel="phone")


class Guard:
    @hookimpl
    def objection(self, command: Command) -> str | None:
        if isinstance(command, GrantGoodwill) and command.amount > 5000:
            return "more than 50.00 needs a lead"
        return None


class Broken:
    @hookimpl
    def objection(self, command: Command) -> str | None:
        raise RuntimeError("no connection")


class Tells:
    @hookimpl
    def objection(self, command: Command) -> str | None:
        assert isinstance(command, Receive)
        assert command.text
        raise ValueError(command.text.text)


def desk(plugin: object) -> Desk:
    host = Host()
    assert host.add("guard", plugin).status == "ready"
    return Desk("sqlite:///:memory:", host=host)


def goodwill(amount: int) -> GrantGoodwill:
    return GrantGoodwill(
        ticket="T-1", at=NINE, actor=MARIA, goodwill="g-1", kind="coupon", amount=amount, currency="EUR"
    )


class TestObjection:
    def test_refuses(self) -> None:
        """What a guard objects to is refused in its words, and nothing is recorded."""
        with desk(Guard()) as opened:
            opened.handle(OPEN)
            with pytest.raises(Refused, match=r"more than 50\.00 needs a lead") as error:
                opened.handle(goodwill(5001))
            assert error.value.rule == "grantgoodwill.forbidden"
            assert opened.store.head() == 1
            assert len(opened.handle(goodwill(5000)).events) == 1

    def test_cannot_allow(self) -> None:
        """Having no objection does not give a right that the table denies."""
        with desk(Guard()) as opened, pytest.raises(Refused) as error:
            opened.handle(GrantRole(agent="maria", at=NINE, actor=MARIA, role="admin", since=NINE))
        assert error.value.rule == "grantrole.forbidden"

    def test_that_raises_keeps_the_door_shut(self, caplog: pytest.LogCaptureFixture) -> None:
        """A guard that breaks is logged, and what it should have looked at is refused."""
        with desk(Broken()) as opened, pytest.raises(Refused, match="the plug-in guard failed: RuntimeError"):
            opened.handle(OPEN)
        assert "plugin.failed" in caplog.text

    def test_that_repeats_what_is_personal_is_not_heard(self, caplog: pytest.LogCaptureFixture) -> None:
        """What a guard says when it breaks is not logged, nor told to who asked: it may be somebody's words."""
        said = Personal("Canary", of="customer/c-1")
        asked = Receive(ticket="T-1", at=NINE, actor=MARIA, message="m-1", channel="mail", text=said)
        with desk(Tells()) as opened, pytest.raises(Refused) as error:
            opened.handle(asked)
        logged = repr([vars(record) for record in caplog.records])
        assert "Canary" not in str(error.value) + caplog.text + logged
        assert "plugin.failed" in caplog.text


class TestRecord:
    def test_says_by_which_right(self) -> None:
        """The grant that allowed an event stands beside it."""
        with desk(Guard()) as opened:
            (recorded,) = opened.handle(OPEN).events
            assert recorded.allowed_by == "1/agent"
            assert opened.log("T-1") == [recorded]
