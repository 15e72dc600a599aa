"""Whatever a channel's plug-in does, the host gets no traceback, and the delivery is kept as it came."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn, cast

import pytest

from ventanilla import (
    Actor,
    Conflict,
    Delivery,
    Desk,
    NotUnderstood,
    Personal,
    PluginError,
    Refused,
    Unavailable,
    hookimpl,
)
from ventanilla.adapters.deliveries import deliver_again
from ventanilla.core.commands import AddCustomer, Command, Open, Receive
from ventanilla.core.errors import InDoubt
from ventanilla.plugins import Channel, Host

NINE = datetime(2026, 1, 5, 9, tzinfo=UTC)
CHAT = Actor("channel", "chat")
BODY = bytes(range(256))


class Mute(NotUnderstood):
    def __str__(self) -> str:
        raise RuntimeError


class Bare(Refused):
    def __init__(self) -> None:
        """Forget the rule."""


class Strange(BaseException):
    """Is no Exception."""


def raises(error: BaseException) -> Callable[..., NoReturn]:
    def read(*given: object, **named: object) -> NoReturn:
        raise error

    return read


def opens(**changes: Any) -> Open:
    told: dict[str, Any] = {"ticket": "T-1", "at": NINE, "actor": CHAT, "channel": "chat"}
    return Open(**told | changes)


def hears(**changes: Any) -> Receive:
    told: dict[str, Any] = {"ticket": "T-1", "at": NINE, "actor": CHAT, "channel": "chat", "message": "m-1"}
    return Receive(**told | changes)


def desk_with(read: Callable[[Delivery], Any], **more: Any) -> Desk:
    class Plugin:
        @hookimpl
        def channels(self) -> list[Channel]:
            return [Channel(name="chat", read=read, **more)]

    host = Host()
    assert host.add("x-chat", Plugin()).status == "ready"
    return Desk("sqlite:///:memory:", host=host, clock=lambda: NINE + timedelta(hours=1))


def delivery(body: bytes = BODY, number: str = "7") -> Delivery:
    return Delivery(body=body, received_at=NINE, headers={"X-Id": number})


def half(_: Delivery) -> Iterator[Command]:
    yield opens()
    raise KeyError("from")


def spoils(given: Delivery) -> NoReturn:
    cast("dict[str, Any]", given.headers).clear()
    cast("dict[str, Any]", given.headers)["x"] = b"bytes"
    object.__setattr__(given, "body", None)
    raise KeyError("from")


class TestRead:
    @pytest.mark.parametrize(
        ("read", "reason"),
        [
            (raises(Unavailable("mine")), "Unavailable: mine"),
            (raises(InDoubt("mine")), "InDoubt: mine"),
            (raises(Conflict("mine")), "Conflict: mine"),
            (raises(PluginError("mine")), "PluginError: mine"),
            (raises(Refused("a.b", "mine")), "Refused: mine (a.b)"),
            (raises(Bare()), "Bare"),
            (raises(GeneratorExit()), "GeneratorExit"),
            (raises(asyncio.CancelledError()), "CancelledError"),
            (raises(Strange("mine")), "Strange: mine"),
            (raises(StopIteration()), "StopIteration"),
            (raises(MemoryError()), "MemoryError"),
            (raises(ValueError("x" * 3_000_000)), f"ValueError: {'x' * 500}…"),
            (half, "KeyError: 'from'"),
            (spoils, "KeyError: 'from'"),
            (lambda given: None, "TypeError: 'NoneType' object is not iterable"),
            (lambda given: opens(), "TypeError: 'Open' object is not iterable"),
            (lambda given: b"ab", "TypeError: a int is no command"),
            (lambda given: [opens(at="2026")], "TypeError: '2026' is no instant"),
            (lambda given: [opens(ticket=["x"])], "TypeError: ticket is ['x']: give an id"),
            (lambda given: [opens(facts={b"a": b"b"})], "ValueError: TicketOpened cannot be kept"),
            (lambda given: [opens(facts={"a": 10**30})], "ValueError: TicketOpened cannot be kept"),
        ],
    )
    def test_that_fails_is_the_plugins_fault(self, read: Callable[[Delivery], Any], reason: str) -> None:
        """Whatever it raises or gives, the delivery is put aside whole, and nothing of it is recorded."""
        with desk_with(read) as desk:
            aside = desk.deliver("chat", delivery()).aside
            assert aside
            assert desk.put_aside() == [aside]
            assert aside.rule == "plugin.failed"
            assert aside.reason.startswith(f"plug-in x-chat: {reason}")
            kept = json.loads(aside.row)
            assert (kept["body"].encode("latin-1"), kept["headers"]) == (BODY, {"x-id": "7"})
            assert desk.store.head() == 0

    @pytest.mark.parametrize(
        ("error", "reason"),
        [
            (Mute(), "it gives no reason"),
            (NotUnderstood(), "it gives no reason"),
            (NotUnderstood("half \ud800\x1b[31m\nline"), r"half \ud800\x1b[31m line"),
            (NotUnderstood("x" * 3_000_000), "x" * 500 + "…"),
        ],
    )
    def test_that_does_not_understand(self, error: NotUnderstood, reason: str) -> None:
        """The reason of a plug-in is one line that can be printed, however it says it."""
        with desk_with(raises(error)) as desk:
            aside = desk.deliver("chat", delivery()).aside
            assert aside
            assert (aside.rule, aside.reason) == ("delivery.not_understood", f"plug-in x-chat: {reason}")

    @pytest.mark.parametrize("text", [b"hola", "hola", 7])
    def test_that_gives_text_which_is_none(self, text: Any) -> None:
        """Text that is no text is put aside for the rest of the delivery; what came before it stays."""
        with desk_with(lambda given: [opens(), hears(text=text)]) as desk:
            delivered = desk.deliver("chat", delivery())
            assert (delivered.aside is not None, len(delivered.outcomes), desk.store.head()) == (True, 1, 1)
            with desk_with(lambda given: [opens(), hears(text=Personal(text, of="customer/c-1"))]) as other:
                assert (other.deliver("chat", delivery()).aside is None) == isinstance(text, str)

    def test_that_says_a_thing_twice_says_it_once(self) -> None:
        """A ticket opened twice, and a message twice, in one delivery are one."""
        with desk_with(lambda given: [opens(), opens(), hears(), hears()]) as desk:
            assert (desk.deliver("chat", delivery()).aside, desk.store.head()) == (None, 2)

    def test_that_reads_otherwise_after_a_stop(self) -> None:
        """A delivery that means another ticket when it comes again, half taken, goes on with the one that it opened."""
        tickets = iter(["T-1", "T-2"])
        stops = [True]

        class Stops:
            @hookimpl
            def objection(self, command: Command) -> None:
                if isinstance(command, Receive) and stops:
                    stops.clear()
                    raise KeyboardInterrupt

        def read(given: Delivery) -> Iterable[Command]:
            ticket = next(tickets)
            return [opens(ticket=ticket), hears(ticket=ticket)]

        with desk_with(read) as desk:
            desk.host.add("stops", Stops())
            with pytest.raises(KeyboardInterrupt):
                desk.deliver("chat", delivery())
            assert desk.deliver("chat", delivery()).aside is None
            assert (len(desk.log("T-1")), len(desk.log("T-2"))) == (2, 0)


class TestKnown:
    @pytest.mark.parametrize("passes_over", [True, False])
    def test_that_cannot_be_asked_is_the_stores(self, monkeypatch: pytest.MonkeyPatch, passes_over: bool) -> None:
        """Where the desk cannot say who it is the host delivers again, also if the plug-in would have gone on."""

        def read(given: Delivery) -> Iterable[Command]:
            try:
                customer = given.known("phone", "+34600")
            except Exception:
                if not passes_over:
                    raise ValueError("nobody knows") from None
                customer = None
            return [] if customer else [AddCustomer(customer="c-1", at=NINE, actor=CHAT)]

        with desk_with(read) as desk:
            with monkeypatch.context() as patch:
                patch.setattr(Desk, "customer_of", raises(Unavailable("the disk is full")))
                with pytest.raises(Unavailable, match="the disk is full"):
                    desk.deliver("chat", delivery())
            assert (desk.store.head(), desk.put_aside()) == (0, [])
            assert (desk.deliver("chat", delivery()).aside, desk.store.head()) == (None, 1)


class TestVerify:
    @pytest.mark.parametrize("error", [GeneratorExit(), asyncio.CancelledError(), Unavailable("mine"), Strange()])
    def test_that_fails_keeps_the_door_shut(self, error: BaseException) -> None:
        """A check that breaks in any way lets nobody in, and the host is told in one line."""
        with desk_with(lambda given: [opens()], verify=raises(error)) as desk:
            with pytest.raises(Refused, match="not from whom the channel chat expects it"):
                desk.deliver("chat", delivery())

    def test_cannot_alter_what_is_read(self) -> None:
        """What a check does to the headers is not what is read, or put aside."""

        def verify(given: Delivery) -> bool:
            cast("dict[str, str]", given.headers).clear()
            return True

        with desk_with(lambda given: [opens(ticket=given.headers["x-id"])], verify=verify) as desk:
            assert desk.deliver("chat", delivery()).outcomes[0].aggregate.id == "7"

    def test_that_refuses_by_now_holds_up_no_other(self) -> None:
        """What waits in quarantine and is not genuine any more stays there, and the rest is tried."""
        broken = [True]

        def read(given: Delivery) -> Iterable[Command]:
            if broken:
                raise KeyError("from")
            return [opens()]

        with desk_with(read, verify=lambda given: bool(broken) or given.body != b"old") as desk:
            for body in (b"new", b"old", b"other"):
                desk.deliver("chat", delivery(body))
            broken.clear()
            tried = deliver_again(desk, "chat")
            assert [one.aside is None for one in tried].count(True) == 2
            assert [json.loads(aside.row)["body"] for aside in desk.put_aside()] == ["old"]


class TestHeaders:
    @pytest.mark.parametrize("headers", [{b"x-id": b"7"}, {"x-id": b"7"}, {"x-id": 7}, [("x-id", "7")], None])
    def test_that_are_no_text(self, headers: Any) -> None:
        """A host that hands in undecoded headers is told at once, and not when a delivery is put aside."""
        with pytest.raises(TypeError, match=r"give both as text|no mapping of names to texts"):
            Delivery(body=b"", received_at=NINE, headers=headers)

    def test_with_half_a_character(self) -> None:
        """A header that was decoded as it could be names a delivery as any other."""
        with desk_with(raises(KeyError("from")), id_headers=("x-id",)) as desk:
            ids = {desk.deliver("chat", delivery(number=text)).id for text in ("\ud800", "\ud801")}
            assert (len(ids), len(desk.put_aside())) == (2, 2)

    def test_that_name_it_in_any_case(self) -> None:
        """A plug-in may write the header as its sender does: two deliveries stay two."""
        with desk_with(lambda given: [opens(ticket=given.id)], id_headers=("X-Id",)) as desk:
            for number in ("1", "2"):
                desk.deliver("chat", delivery(number=number))
            assert desk.ask("tickets").value == 2

    @pytest.mark.parametrize("names", ["x-id", (7,), None])
    def test_whose_names_are_none(self, names: Any) -> None:
        """A word in place of names would name by its letters."""
        with pytest.raises(TypeError, match="id_headers is no tuple of names but"):
            Channel(name="chat", read=lambda given: (), id_headers=names)


@pytest.mark.parametrize("error", [GeneratorExit(), asyncio.CancelledError(), Strange()])
def test_a_listener_that_fails_stops_nobody(error: BaseException) -> None:
    """Whatever a listener raises, the delivery is taken to its end."""

    class Listens:
        @hookimpl
        def recorded(self, events: object) -> None:
            raise error

    with desk_with(lambda given: [opens(), hears()]) as desk:
        desk.host.add("listens", Listens())
        assert (desk.deliver("chat", delivery()).aside, desk.store.head()) == (None, 2)
