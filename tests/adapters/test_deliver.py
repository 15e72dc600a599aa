"""What a channel was sent is taken once, or kept whole: whatever its plug-in does."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs
from structlog.typing import EventDict

from ventanilla import Actor, Delivery, Desk, NotUnderstood, Personal, Refused, hookimpl
from ventanilla.adapters.deliveries import MAX_COMMANDS, MAX_DELIVERY, deliver_again
from ventanilla.core.commands import AddCustomer, Assign, Command, LinkIdentity, Open, Receive, Resolve
from ventanilla.plugins import Channel, Host

NINE = datetime(2026, 1, 5, 9, tzinfo=UTC)
TEN = NINE + timedelta(hours=1)
CLAIMS = Actor("agent", "boss", ("admin",))
FORM = (
    b'{"idempotency_key": "f-1", "name": "Ana", "email": "ana@example.org", "body": "Where is it?", "form_id": "help"}'
)


def chat(delivery: Delivery) -> Iterable[Command]:
    """Read ``ADDRESS TEXT`` as a message of a thread that is opened anew each time."""
    sender, _, text = delivery.body.decode("latin-1").partition(" ")
    if not text:
        raise NotUnderstood(f"{sender!r} says nothing")
    known = delivery.known("phone", sender)
    customer, at, ticket = known or delivery.id, delivery.received_at, f"chat:{delivery.id}"
    if not known:
        yield AddCustomer(customer=customer, at=at, actor=CLAIMS)
    yield Open(ticket=ticket, at=at, actor=CLAIMS, channel="chat", customer=customer)
    yield Receive(
        ticket=ticket,
        at=at,
        actor=CLAIMS,
        channel="chat",
        message=delivery.id,
        text=Personal(text, of=f"customer/{customer}"),
    )


def desk_with(read: Callable[[Delivery], Iterable[Command]] = chat, **more: object) -> Desk:
    class Plugin:
        @hookimpl
        def channels(self) -> list[Channel]:
            return [Channel(name="chat", read=read, **more)]  # type: ignore[arg-type]

    host = Host()
    assert host.add("x-chat", Plugin()).status == "ready"
    return Desk("sqlite:///:memory:", host=host, clock=lambda: TEN)


@pytest.fixture
def desk() -> Iterator[Desk]:
    with desk_with() as opened:
        yield opened


@pytest.fixture
def log() -> Iterator[list[EventDict]]:
    with capture_logs() as captured:
        yield captured


def said(text: str, at: datetime = NINE, **headers: str) -> Delivery:
    return Delivery(body=text.encode(), received_at=at, headers=headers)


def topics(desk: Desk) -> list[str]:
    return [stored.topic for stored in desk.store.stored(0, 100)]


class TestTaken:
    def test_becomes_events(self, desk: Desk) -> None:
        """A form becomes a customer, a ticket of theirs, and their message on it."""
        delivered = desk.deliver("webform", Delivery(body=FORM, received_at=NINE))
        assert topics(desk) == ["customer.added/1", "ticket.opened/1", "message.received/1"]
        assert (delivered.aside, delivered.repeated) == (None, False)
        ticket = desk.ticket("webform:f-1")
        assert (ticket.status, ticket.customer) == ("open", "webform-f-1")
        (_, received) = desk.log("webform:f-1")
        texts = desk.read(received, actor=Actor("agent", "a7"))
        assert texts == {"text": "email: ana@example.org\n\nWhere is it?"}

    def test_is_the_channels_own(self, desk: Desk) -> None:
        """Whomever the plug-in names as the actor, it was the channel, and the delivery is the cause."""
        delivered = desk.deliver("chat", said("+34600 hola"))
        around = {(r.actor, r.cause, r.allowed_by) for outcome in delivered.outcomes for r in outcome.events}
        assert around == {("channel:chat", f"delivery:chat:{delivered.id}", "1/channel")}

    def test_that_asks_for_nothing_records_nothing(self) -> None:
        """A delivery that means nothing, a ping say, is taken and leaves no trace."""
        with desk_with(lambda delivery: ()) as desk:
            delivered = desk.deliver("chat", said("ping"))
            assert (delivered.outcomes, delivered.aside, desk.store.head(), desk.put_aside()) == ((), None, 0, [])


class TestAgain:
    def test_gives_the_first_outcome(self, desk: Desk) -> None:
        """The same bytes, later and with other headers, record nothing and give what they gave at first."""
        first = desk.deliver("chat", said("+34600 hola", attempt="1"))
        again = desk.deliver("chat", said("+34600 hola", NINE + timedelta(minutes=9), attempt="2"))
        assert [o.events for o in again.outcomes] == [o.events for o in first.outcomes]
        assert (again.repeated, desk.store.head()) == (True, 3)

    def test_does_not_ask_the_plugin(self) -> None:
        """What was taken once is not read again: a plug-in that was changed meanwhile cannot make it happen twice."""
        asked: list[str] = []

        def read(delivery: Delivery) -> Iterable[Command]:
            asked.append(delivery.id)
            return chat(delivery)

        with desk_with(read) as desk:
            desk.deliver("chat", said("+34600 hola"))
            desk.deliver("chat", said("+34600 hola"))
        assert len(asked) == 1

    def test_goes_on_where_it_was_stopped(self) -> None:
        """Stopped between two commands, the delivery is taken to its end when it comes again, nothing twice."""
        stops = [True]

        class Stops:
            @hookimpl
            def objection(self, command: Command) -> str | None:
                if isinstance(command, Receive) and stops:
                    raise KeyboardInterrupt
                return None

        with desk_with() as desk:
            desk.host.add("stops", Stops())
            with pytest.raises(KeyboardInterrupt):
                desk.deliver("chat", said("+34600 hola"))
            assert topics(desk) == ["customer.added/1", "ticket.opened/1"]
            stops.clear()
            delivered = desk.deliver("chat", said("+34600 hola", TEN))
            assert topics(desk) == ["customer.added/1", "ticket.opened/1", "message.received/1"]
            assert [outcome.repeated for outcome in delivered.outcomes] == [True, True, False]

    @pytest.mark.parametrize(("headers", "count"), [((), 1), (("x-id",), 2)])
    def test_is_told_by_the_headers_that_name_it(self, headers: tuple[str, ...], count: int) -> None:
        """Where a header names the delivery, two with the same body are two; where none does, they are one."""
        with desk_with(id_headers=headers) as desk:
            for number in ("1", "2"):
                desk.deliver("chat", Delivery(body=b"+34600 ok", received_at=NINE, headers={"X-Id": number}))
            assert desk.ask("tickets").value == count


class TestGoingOn:
    def test_continues_the_matter_of_a_verified_customer(self, desk: Desk) -> None:
        """Who wrote before from a verified address goes on with the open ticket; a repeat finds it there, too."""
        ana = Actor("system", "test")
        desk.handle(AddCustomer(customer="c-1", at=NINE, actor=ana))
        address = Personal("+34600", of="customer/c-1")
        desk.handle(
            LinkIdentity(
                customer="c-1", at=NINE, actor=ana, identity="i", kind="phone", verified_by="code", address=address
            )
        )
        first = desk.deliver("chat", said("+34600 hola"))
        second = desk.deliver("chat", said("+34600 and now?"))
        ticket = first.outcomes[-1].aggregate.id
        assert [outcome.aggregate.id for outcome in second.outcomes] == [ticket]
        assert len(desk.log(ticket)) == 3
        desk.handle(Resolve(ticket=ticket, at=NINE, actor=Actor("agent", "a7"), code="done"))
        again = desk.deliver("chat", said("+34600 and now?", TEN))
        assert ([o.events for o in again.outcomes], again.repeated) == ([o.events for o in second.outcomes], True)

    def test_takes_a_stranger_for_a_new_matter(self, desk: Desk) -> None:
        """An address that nobody verified proves nothing: each delivery is a matter of its own."""
        for text in ("+34600 hola", "+34600 and now?"):
            desk.deliver("chat", said(text))
        assert desk.ask("tickets").value == 2


WORDS: dict[str, Any] = {}


def raises(error: BaseException) -> Callable[[Delivery], Iterable[Command]]:
    def read(delivery: Delivery) -> Iterable[Command]:
        raise error

    return read


def for_ever(delivery: Delivery) -> Iterable[Command]:
    while True:
        yield from chat(delivery)


def naive(delivery: Delivery) -> Iterable[Command]:
    return [AddCustomer(customer="c-1", actor=CLAIMS, at=datetime(2026, 1, 5))]


class TestPutAside:
    @pytest.mark.parametrize(
        ("read", "rule", "reason"),
        [
            (raises(NotUnderstood("no sender")), "delivery.not_understood", "plug-in x-chat: no sender"),
            (raises(KeyError("from")), "plugin.failed", "plug-in x-chat: KeyError: 'from'"),
            (raises(SystemExit(3)), "plugin.failed", "plug-in x-chat: SystemExit: 3"),
            (raises(RecursionError("deep")), "plugin.failed", "plug-in x-chat: RecursionError: deep"),
            (lambda delivery: ["open"], "plugin.failed", "plug-in x-chat: TypeError: a str is no command"),
            (lambda delivery: 7, "plugin.failed", "plug-in x-chat: TypeError: 'int' object is not iterable"),
            (for_ever, "plugin.failed", f"plug-in x-chat: ValueError: more than {MAX_COMMANDS:,} commands"),
            (naive, "plugin.failed", "plug-in x-chat: ValueError: 2026-01-05T00:00:00 has no time zone"),
            (
                lambda delivery: [Assign(ticket="T-1", at=NINE, actor=CLAIMS, agent="a7")],
                "assign.forbidden",
                "plug-in x-chat: channel chat has no grant for TicketAssigned here",
            ),
            (
                lambda delivery: [Receive(ticket="T-1", at=NINE, actor=CLAIMS, channel="chat", message="m")],
                "receive.unborn",
                "plug-in x-chat: there is no ticket T-1 yet",
            ),
        ],
    )
    def test_is_kept_whole(
        self, read: Callable[[Delivery], Iterable[Command]], rule: str, reason: str, log: list[EventDict]
    ) -> None:
        """What cannot be taken is in quarantine, once, with channel, plug-in, reason and all its bytes."""
        body = bytes(range(256))
        with desk_with(read) as desk:
            twice = [Delivery(body=body, received_at=NINE, headers={"X-Id": "7"}) for _ in range(2)]
            delivered = [desk.deliver("chat", one).aside for one in twice]
            (aside,) = desk.put_aside()
            assert delivered == [aside, aside]
            assert (aside.source, aside.mapping, aside.rule) == ("channel/chat", "plug-in/x-chat", rule)
            assert aside.reason.startswith(reason)
            kept = json.loads(aside.row)
            assert (kept["body"].encode("latin-1"), kept["headers"]) == (body, {"x-id": "7"})
            assert topics(desk) == []

    def test_logs_nothing_personal(self, log: list[EventDict]) -> None:
        """A plug-in that repeats what it read when it breaks is logged without its words."""
        with desk_with(lambda delivery: WORDS[delivery.body.decode()]) as desk:
            delivered = desk.deliver("chat", said("Canary"))
        assert delivered.aside
        assert "Canary" in delivered.aside.reason
        assert [line["event"] for line in log] == ["plugin.failed", "delivery.put_aside"]
        assert "Canary" not in repr(log)
        assert (log[0]["plugin"], log[0]["channel"], log[0]["error"]) == ("x-chat", "chat", "KeyError")

    def test_keeps_what_came_before(self) -> None:
        """The commands before the one that is refused stay recorded, and the delivery is put aside for the rest."""
        with desk_with(
            lambda delivery: [*chat(delivery), Assign(ticket="T", at=NINE, actor=CLAIMS, agent="a")]
        ) as desk:
            delivered = desk.deliver("chat", said("+34600 hola"))
            assert (len(delivered.outcomes), delivered.aside is not None, len(topics(desk))) == (3, True, 3)

    def test_is_taken_when_the_plugin_is_mended(self) -> None:
        """What waits in quarantine is delivered again, as it came and when it came, and leaves it."""
        broken = [True]

        def read(delivery: Delivery) -> Iterable[Command]:
            return WORDS["x"] if broken else chat(delivery)

        with desk_with(read) as desk:
            desk.deliver("chat", said("+34600 hola", NINE))
            assert [d.aside is not None for d in deliver_again(desk, "chat")] == [True]
            broken.clear()
            assert [d.aside for d in deliver_again(desk, "chat")] == [None]
            assert (desk.put_aside(), len(topics(desk))) == ([], 3)
            assert {recorded.event.at for recorded in desk.log(topics_stream(desk))} == {NINE}

    def test_leaves_quarantine_when_it_is_sent_again(self) -> None:
        """A sender who tries again after the plug-in was mended has their delivery taken, and answers lack nothing."""
        broken = [True]

        def read(delivery: Delivery) -> Iterable[Command]:
            return raises(ValueError("not yet"))(delivery) if broken else chat(delivery)

        with desk_with(read) as desk:
            assert desk.deliver("chat", said("+1 hello")).aside is not None
            broken.clear()
            assert desk.deliver("chat", said("+1 hello")).aside is None
            assert desk.put_aside() == []
            assert desk.ask("tickets").incomplete == ()

    def test_goes_on_when_another_process_dropped_what_was_there(self, tmp_path: Path) -> None:
        """Whoever drops a source destroys its key; the next delivery that is put aside is sealed with a new one."""
        url = f"sqlite:///{tmp_path}/desk.db"
        with Desk(url) as desk:
            assert desk.deliver("webform", Delivery(body=b"{", received_at=NINE)).aside is not None
            with Desk(url) as another:
                another.store.append((), recorded_at=TEN, released=[row.id for row in another.store.aside()])
            assert desk.deliver("webform", Delivery(body=b"[", received_at=NINE)).aside is not None
            assert [json.loads(row.row)["body"] for row in desk.put_aside()] == ["["]

    def test_lets_an_interrupt_through(self) -> None:
        """An impatient operator is no fault of a plug-in."""
        with desk_with(raises(KeyboardInterrupt())) as desk:
            with pytest.raises(KeyboardInterrupt):
                desk.deliver("chat", said("hola"))
            assert desk.put_aside() == []


def topics_stream(desk: Desk) -> str:
    return next(stored.stream for stored in desk.store.stored(0, 100) if stored.topic == "ticket.opened/1")


class TestRefused:
    @pytest.mark.parametrize("verify", [lambda delivery: False, lambda delivery: 1, lambda delivery: WORDS["x"]])
    def test_that_is_not_genuine(self, verify: Callable[[Delivery], bool], log: list[EventDict]) -> None:
        """What is not from whom it should be is refused and not kept, also if the check is broken."""
        with desk_with(verify=verify) as desk:
            with pytest.raises(Refused, match="not from whom the channel chat expects it"):
                desk.deliver("chat", said("+34600 hola"))
            assert (desk.store.head(), desk.put_aside()) == (0, [])

    def test_that_is_too_large(self, desk: Desk) -> None:
        """What is larger than any mail is refused before anybody reads it."""
        with pytest.raises(Refused, match="26,214,401 bytes"):
            desk.deliver("chat", Delivery(body=b"x" * (MAX_DELIVERY + 1), received_at=NINE))

    def test_channel_that_there_is_not(self, desk: Desk) -> None:
        """A channel that nobody brought is named, with those there are."""
        with pytest.raises(NotUnderstood, match="no channel is called 'fax'; there are chat, webform"):
            desk.deliver("fax", said("hola"))

    def test_instant_without_zone(self) -> None:
        """A delivery whose receipt has no time zone is none: nobody knows when it was."""
        with pytest.raises(ValueError, match="has no time zone"):
            Delivery(body=b"", received_at=datetime(2026, 1, 5))
