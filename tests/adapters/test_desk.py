"""The desk: a command in, an outcome out, and answers that hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from desks import AGENT, AT, NOW, OPEN, Hears, route, tell_story

from ventanilla import Actor, Cause, Desk, Recorded
from ventanilla.adapters.handling import CLOCK_SKEW, TRIES
from ventanilla.adapters.history import import_history, read_mapping
from ventanilla.adapters.store import SqliteStore, Store
from ventanilla.core.commands import (
    Close,
    Command,
    Open,
)
from ventanilla.core.errors import Conflict, Refused, Unavailable
from ventanilla.core.events import TicketOpened, TicketRouted
from ventanilla.plugins import Host


class Interrupted:
    """Lets somebody else write before each of a desk's first appends.

    Attributes:
        appends: How many there were.
    """

    def __init__(self, desk: Desk, other: Desk, meanwhile: Sequence[tuple[Command, str | None]]) -> None:
        self._append = desk.store.append
        self._other = other
        self._meanwhile = list(meanwhile)
        self.appends = 0
        setattr(desk.store, "append", self)  # noqa: B010  # a method, as far as the types know

    def __call__(self, *args: Any, **kwargs: Any) -> range:
        """Let the other one go first, then append."""
        self.appends += 1
        if self._meanwhile:
            command, key = self._meanwhile.pop(0)
            self._other.handle(command, key=key)
        return self._append(*args, **kwargs)


@pytest.fixture
def hears() -> Hears:
    return Hears()


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/desk.db"


@pytest.fixture
def desk(url: str, hears: Hears) -> Iterator[Desk]:
    host = Host()
    assert host.add("hears", hears).status == "ready"
    with Desk(url, host=host, clock=lambda: NOW) as opened:
        yield opened


@pytest.fixture
def told(desk: Desk) -> Desk:
    """A desk that has been told the whole story."""
    return tell_story(desk)


class TestHandle:
    def test_records(self, desk: Desk) -> None:
        """A command is recorded with its whole envelope, and the outcome says what the log says."""
        outcome = desk.handle(OPEN)
        assert outcome.events == tuple(desk.log("T-1"))
        assert outcome.events == (
            Recorded(
                position=1,
                stream="T-1",
                version=1,
                recorded_at=NOW,
                actor="agent:a7",
                cause="command:open",
                allowed_by="1/agent",
                event=TicketOpened(at=AT, channel="phone", facts={"district": "Roxbury", "ward": "4"}),
            ),
        )
        assert (outcome.ticket, outcome.repeated) == (desk.ticket("T-1"), False)
        assert (outcome.ticket.status, outcome.ticket.version) == ("open", 1)

    def test_keeps_the_hosts_cause(self, desk: Desk) -> None:
        """If the host knows what a command comes from, the log says that."""
        cause = Cause("delivery", "d-17")
        (event,) = desk.handle(
            Open(ticket="T-1", at=AT, actor=Actor("channel", "mail"), cause=cause, channel="mail")
        ).events
        assert (event.cause, event.actor) == ("delivery:d-17", "channel:mail")

    def test_keeps_instants_in_utc(self, desk: Desk) -> None:
        """An instant in another zone is the same instant in the log."""
        berlin = timezone(timedelta(hours=1))
        desk.handle(Open(ticket="T-1", at=AT.astimezone(berlin), actor=AGENT, channel="phone"))
        (recorded,) = desk.log("T-1")
        assert recorded.event.at == AT
        assert recorded.event.at.utcoffset() == timedelta(0)

    def test_again_is_idle(self, desk: Desk) -> None:
        """The same command without a key records once."""
        desk.handle(OPEN)
        outcome = desk.handle(OPEN)
        assert (outcome.events, outcome.repeated, outcome.ticket.version) == ((), False, 1)
        assert desk.store.head() == 1

    def test_same_key_gives_the_first_outcome(self, desk: Desk) -> None:
        """A key used before gives what it gave then, whatever happened since."""
        desk.handle(OPEN, key="k-1")
        first = desk.handle(route("blue"), key="k-2")
        desk.handle(route("red"), key="k-3")
        again = desk.handle(route("blue"), key="k-2")
        assert again.events == first.events
        assert (first.repeated, again.repeated) == (False, True)
        assert again.ticket.team == "red"
        assert desk.store.head() == 3

    def test_same_key_in_another_process(self, desk: Desk, url: str) -> None:
        """A key is remembered in the database, not in the desk."""
        first = desk.handle(OPEN, key="k-1")
        with Desk(url) as other:
            again = other.handle(OPEN, key="k-1")
        assert (again.events, again.repeated) == (first.events, True)

    def test_idle_command_claims_its_key(self, desk: Desk) -> None:
        """A command that changed nothing still uses its key up."""
        desk.handle(OPEN)
        assert desk.handle(OPEN, key="k").repeated is False
        again = desk.handle(OPEN, key="k")
        assert (again.events, again.repeated) == ((), True)

    def test_refused(self, desk: Desk, hears: Hears) -> None:
        """What the rules forbid is refused, records nothing and leaves the key free."""
        with pytest.raises(Refused) as error:
            desk.handle(route("blue"), key="k")
        assert error.value.rule == "route.unborn"
        assert (desk.store.head(), hears.heard) == (0, [])
        desk.handle(OPEN)
        assert desk.handle(route("blue"), key="k").repeated is False

    def test_future_is_refused(self, desk: Desk) -> None:
        """A command whose instant has not come, by more than clocks differ, is refused by name."""
        with pytest.raises(Refused) as error:
            desk.handle(
                Open(ticket="T-1", at=NOW + CLOCK_SKEW + timedelta(microseconds=1), actor=AGENT, channel="phone")
            )
        assert error.value.rule == "open.in_the_future"
        assert desk.store.head() == 0
        desk.handle(Open(ticket="T-1", at=NOW + CLOCK_SKEW, actor=AGENT, channel="phone"))
        assert desk.store.head() == 1

    def test_plugins_hear_what_was_recorded(self, desk: Desk, hears: Hears) -> None:
        """Plug-ins hear once what was recorded, and nothing when nothing was."""
        first = desk.handle(OPEN, key="k")
        desk.handle(OPEN, key="k")
        desk.handle(OPEN)
        second = desk.handle(route("blue"))
        assert hears.heard == [first.events, second.events]

    def test_plugins_hear_nothing_of_imports(self, desk: Desk, hears: Hears, tmp_path: Path) -> None:
        """History raises no alarms."""
        (tmp_path / "map.toml").write_text(
            'format = "ventanilla-map/1"\nname = "acme"\nsource.key = ["id"]\n'
            '[[steps]]\ndo = "open"\nat = "opened"\nchannel = { constant = "phone" }\n'
        )
        (tmp_path / "a.csv").write_text("id,opened\n1,2026-01-05T09:00:00Z\n")
        *_, tally = import_history(desk, tmp_path / "a.csv", read_mapping(tmp_path / "map.toml"))
        assert (tally.events, hears.heard) == (1, [])


class TestConflict:
    @pytest.fixture
    def other(self, url: str) -> Iterator[Desk]:
        with Desk(url, clock=lambda: NOW) as opened:
            yield opened

    def test_is_decided_again(self, desk: Desk, other: Desk) -> None:
        """If another desk writes to the ticket first, the command is decided anew and recorded behind it."""
        desk.handle(OPEN)
        interrupted = Interrupted(desk, other, [(route("red"), None)])
        outcome = desk.handle(route("blue"))
        assert [(r.version, r.event) for r in outcome.events] == [(3, TicketRouted(at=AT, team="blue"))]
        assert [r.event for r in other.log("T-1")][1:] == [
            TicketRouted(at=AT, team="red"),
            TicketRouted(at=AT, team="blue"),
        ]
        assert interrupted.appends == 2

    def test_may_have_become_idle(self, desk: Desk, other: Desk) -> None:
        """If another desk did the same meanwhile, nothing is left to do."""
        desk.handle(OPEN)
        Interrupted(desk, other, [(route("blue"), None)])
        assert desk.handle(route("blue")).events == ()
        assert desk.store.head() == 2

    def test_may_have_become_forbidden(self, desk: Desk, other: Desk) -> None:
        """If another desk closed the ticket meanwhile, the rules answer for the new state."""
        desk.handle(OPEN)
        Interrupted(desk, other, [(Close(ticket="T-1", at=AT, actor=AGENT), None)])
        with pytest.raises(Refused) as error:
            desk.handle(route("blue"))
        assert error.value.rule == "route.closed"

    def test_same_key_elsewhere(self, desk: Desk, other: Desk) -> None:
        """If another desk used the key meanwhile, its outcome is the answer."""
        desk.handle(OPEN)
        Interrupted(desk, other, [(route("blue"), "k")])
        outcome = desk.handle(route("blue"), key="k")
        assert outcome.repeated
        assert [r.version for r in outcome.events] == [2]
        assert desk.store.head() == 2

    def test_gives_up_in_the_end(self, desk: Desk, other: Desk) -> None:
        """If others are always faster the caller is told, and nothing was recorded for him."""
        desk.handle(OPEN)
        Interrupted(desk, other, [(route(f"red {n}"), None) for n in range(TRIES)])
        with pytest.raises(Conflict, match="T-1"):
            desk.handle(route("blue"))
        assert desk.ticket("T-1").team == f"red {TRIES - 1}"
        assert desk.store.head() == 1 + TRIES

    def test_of_an_idle_command_with_a_key(self, desk: Desk, other: Desk) -> None:
        """A claim alone needs no version: another desk's event on the ticket does not disturb it."""
        desk.handle(OPEN)
        interrupted = Interrupted(desk, other, [(route("red"), None)])
        assert desk.handle(OPEN, key="k").events == ()
        assert interrupted.appends == 1


class TestOpening:
    @pytest.mark.parametrize(("version", "warned"), [((3, 51, 2), True), ((3, 51, 3), False)])
    def test_old_sqlite_is_for_one_writer(
        self, url: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, version: Any, *, warned: bool
    ) -> None:
        """A SQLite in which several writing processes can damage a file is told of, in the log."""
        monkeypatch.setattr("sqlite3.sqlite_version_info", version)
        Desk(url).close()
        Desk("sqlite:///:memory:").close()
        assert [record.name for record in caplog.records if "sqlite.one_writer_only" in record.getMessage()] == (
            ["ventanilla.store"] if warned else []
        )

    def test_missing_desk_is_not_made(self, url: str, tmp_path: Path) -> None:
        """Without leave to create nothing is made, not even a view."""
        with pytest.raises(Unavailable):
            Desk(url, create=False)
        assert list(tmp_path.iterdir()) == []

    def test_view_lies_beside_the_log(self, told: Desk, tmp_path: Path) -> None:
        """The view is a file of its own, so the log's file is the log alone."""
        told.catch_up()
        assert {file.name for file in tmp_path.glob("*.db")} == {"desk.db", "desk.views.db"}

    def test_in_memory(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A desk in memory answers like any other and leaves no file."""
        monkeypatch.chdir(tmp_path)
        with Desk("sqlite:///:memory:") as desk:
            tell_story(desk)
            assert desk.ask("tickets").value == 2
            assert desk.ask("tickets", as_of=AT).value == 1
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize("part", ["purge", "view", "dues"])
    def test_closes_all_though_a_part_fails(self, url: str, monkeypatch: pytest.MonkeyPatch, part: str) -> None:
        """What goes wrong while one part is closed is told once all the others are closed."""
        desk = Desk(url)
        closed: list[str] = []
        parts = {
            "purge": (desk._handler, "purge"),
            "view": (desk.view, "close"),
            "dues": (desk.dues.table, "close"),
            "store": (desk.store, "close"),
        }

        def closing_one(name: str, real: Callable[[], None]) -> Callable[[], None]:
            def close() -> None:
                closed.append(name)
                real()
                if name == part:
                    raise OSError("it broke")

            return close

        for name, (owner, method) in parts.items():
            monkeypatch.setattr(owner, method, closing_one(name, getattr(owner, method)))
        with pytest.raises(OSError, match="it broke"):
            desk.close()
        desk.close()
        assert closed == ["purge", "view", "dues", "store"]

    def test_unborn_ticket(self, desk: Desk) -> None:
        """A ticket never opened has no history and is unborn."""
        assert (desk.ticket("T-1").status, list(desk.log("T-1"))) == ("unborn", [])

    def test_store_is_a_store(self, tmp_path: Path) -> None:
        """The SQLite store meets the port, so that a checker sees it drift."""
        store: Store
        with closing(SqliteStore(tmp_path / "a.db")) as store:
            assert store.head() == 0
