from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from dues import MARIA, Clock, at, open_ticket, publish, said, with_policy

from ventanilla import Desk
from ventanilla.adapters.due import escalation
from ventanilla.adapters.due_table import Coming, open_due_table
from ventanilla.adapters.store import Commit, Store, open_store
from ventanilla.core import commands as ask
from ventanilla.core.errors import InDoubt, NotUnderstood, Unavailable
from ventanilla.projections.timekeeper import Timekeeper


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def desk(clock: Clock, backend_url: str) -> Iterator[Desk]:
    with with_policy(backend_url, clock) as opened:
        yield opened


def lent(desk: Desk, minutes: float, lease: float = 60) -> list[tuple[str, str, int]]:
    """Return what a host is told that dies before it has acted."""
    return [(due.clock, due.kind, due.level) for due in desk.due(at(minutes), lease=lease)]


class TestDue:
    def test_comes_by_time_and_once(self, desk: Desk) -> None:
        """Warnings, due instants and levels come when their instant has come, each once."""
        open_ticket(desk)
        assert said(desk, 29) == []
        assert said(desk, 30) == [("first_response", "warn", 1)]
        assert said(desk, 30) == []
        assert said(desk, 240) == [
            ("first_response", "due", 0),
            ("resolution", "due", 0),
            ("resolution", "escalate", 1),
        ]
        assert said(desk, 1_000) == [("resolution", "escalate", 2)]
        assert said(desk, 9_000) == []

    def test_nothing_of_what_was_done_in_time(self, desk: Desk, clock: Clock) -> None:
        """What was done in time is never due, though nobody asked before."""
        open_ticket(desk)
        clock.now = at(10)
        desk.handle(ask.Reply(ticket="T-1", at=at(10), actor=MARIA, message="m1", channel="mail", author="maria"))
        desk.handle(ask.Resolve(ticket="T-1", at=at(10), actor=MARIA, code="fixed"))
        assert said(desk, 9_000) == []

    def test_again_of_an_imported_history_is_silence(self, desk: Desk, clock: Clock) -> None:
        """What was due long before it was recorded raises no alarm; what comes due later does."""
        clock.now = at(180)
        open_ticket(desk, minutes=0)
        assert said(desk, 240) == [("resolution", "due", 0), ("resolution", "escalate", 1)]

    def test_a_ticket_that_cannot_be_read_silences_no_other(
        self, desk: Desk, clock: Clock, caplog: pytest.LogCaptureFixture
    ) -> None:
        """A damaged event takes its own ticket out, by name; the others come due as ever."""
        open_ticket(desk)
        open_ticket(desk, "T-2")
        with desk.store.database.write() as cursor:
            cursor.execute("UPDATE events SET topic = 'ticket.vanished/9' WHERE originator_id = 'T-1'")
        assert {due.ticket for due in desk.due(at(30))} == {"T-2"}
        assert "ticket.vanished/9" in caplog.text

    def test_a_lost_table_gives_nothing_twice(self, tmp_path: Path, clock: Clock) -> None:
        """That something was acknowledged is in the log's store: the table may be lost; what was not comes again."""
        url = f"sqlite:///{tmp_path / 'desk.db'}"
        with Desk(url, clock=clock) as desk:
            publish(desk, "1h")
            open_ticket(desk)
            assert said(desk, 30) == [("first_response", "warn", 1)]
            assert lent(desk, 60, lease=3_600) == [("first_response", "due", 0)]
        for file in tmp_path.glob("desk.views*"):
            file.unlink()
        with Desk(url, clock=clock) as desk:
            assert said(desk, 60) == [("first_response", "due", 0)]

    @pytest.mark.parametrize("backend", ["sqlite", "postgresql"])
    def test_two_desks_share_what_is_due(
        self, tmp_path: Path, clock: Clock, backend: str, request: pytest.FixtureRequest
    ) -> None:
        """Of two processes on one desk each thing comes to one of them."""
        url = f"sqlite:///{tmp_path / 'desk.db'}"
        if backend == "postgresql":
            url = request.getfixturevalue("postgres_url")
        with Desk(url, clock=clock) as one, Desk(url, clock=clock) as other:
            publish(one, "1h")
            for number in range(20):
                open_ticket(one, f"T-{number}")
            found = [*one.due(at(30)), *other.due(at(30))]
            assert len({due.key for due in found}) == len(found) == 20
            other.acknowledge(found[:5])  # whoever acts on it may be another
            again = [*other.due(at(31)), *one.due(at(31))]
            assert [due.key for due in again] == [due.key for due in found[5:]]

    @pytest.mark.parametrize("carried_out", [True, False])
    def test_a_lost_answer_loses_nothing(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch, *, carried_out: bool
    ) -> None:
        """Though the answer to it is lost, what was acknowledged is, and may be acknowledged again."""
        open_ticket(desk)
        append, lost = desk.store.append, False

        def loses_the_answer(commits: Sequence[Commit], **others: Any) -> range:
            nonlocal lost
            if lost:
                return append(commits, **others)
            lost = True
            if carried_out:
                append(commits, **others)
            raise InDoubt("the connection was lost")

        monkeypatch.setattr(desk.store, "append", loses_the_answer)
        (warning,) = found = desk.due(at(30))
        desk.acknowledge([warning, *found])
        assert lost
        desk.acknowledge(found)
        assert said(desk, 32) == []

    def test_what_is_not_acknowledged_comes_again(self, desk: Desk) -> None:
        """While it is on loan nobody is given it; when the loan is over it is handed out again, with the same key."""
        open_ticket(desk)
        first = desk.due(at(30), lease=120)
        assert [due.kind for due in first] == ["warn"]
        assert lent(desk, 31) == []
        desk.handle(ask.WriteNote(ticket="T-1", at=at(0), actor=MARIA, message="n1"))
        assert lent(desk, 31.9) == []  # though what is to come of the ticket was reckoned anew
        publish(desk, "3h", version=2, minutes=0, since=600)
        assert lent(desk, 31.9) == []  # of all tickets, even
        assert desk.due(at(32)) == first
        desk.acknowledge(first)
        assert lent(desk, 40) == []

    def test_what_no_longer_wants_attention_does_not(self, desk: Desk, clock: Clock) -> None:
        """What was on loan is not handed out again once the customer has been answered."""
        open_ticket(desk)
        assert lent(desk, 60) == [("first_response", "warn", 1), ("first_response", "due", 0)]
        clock.now = at(61)
        desk.handle(ask.Reply(ticket="T-1", at=at(61), actor=MARIA, message="m1", channel="mail", author="maria"))
        assert lent(desk, 62) == []

    @pytest.mark.parametrize("lease", [0, -60, 0.5, float("nan")])
    def test_a_lease_is_a_second_at_least(self, desk: Desk, lease: float) -> None:
        """What would be free before anybody can act on it is refused."""
        with pytest.raises(NotUnderstood, match="lease"):
            desk.due(at(30), lease=lease)

    def test_a_table_that_fails_loses_nothing(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        """What is acknowledged is, though the table cannot be used just then; the error is told."""

        def locked(dues: object) -> None:
            raise Unavailable("the database is locked")

        open_ticket(desk)
        found = desk.due(at(30))
        with monkeypatch.context() as patched:
            patched.setattr(desk.dues.table, "drop", locked)
            with pytest.raises(Unavailable):
                desk.acknowledge(found)
        assert said(desk, 32) == []
        assert said(desk, 60) == [("first_response", "due", 0)]

    def test_who_looks_late_puts_nothing_back(
        self, tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What one process saw of a ticket before another went on with it does not come over what that one put."""
        url = f"sqlite:///{tmp_path / 'desk.db'}"
        with Desk(url, clock=clock) as slow, Desk(url, clock=clock) as fast:
            publish(slow, "24h")
            open_ticket(slow)
            slow.handle(ask.Pause(ticket="T-1", at=at(0), actor=MARIA, reason="customer", until=at(60)))
            assert said(slow, 1) == []
            look, looked = slow.dues._coming, False

            def look_slowly(keeper: Timekeeper, ticket: str, now: datetime) -> Coming:
                nonlocal looked
                coming = look(keeper, ticket, now)
                if not looked:
                    looked = True
                    clock.now = at(61)
                    fast.handle(ask.Resolve(ticket="T-1", at=at(61), actor=MARIA, code="fixed"))
                    assert said(fast, 61) == []
                return coming

            monkeypatch.setattr(slow.dues, "_coming", look_slowly)
            assert said(slow, 61) == []
            assert looked
            assert "resolution" not in {clock for clock, _, _ in said(slow, 9_000)}

    def test_many_make_the_table_at_once(self, postgres_url: str) -> None:
        """Processes that ask together for the first time all find the one table."""
        stores = [open_store(postgres_url, create=True)[0] for _ in range(6)]
        ready = threading.Barrier(len(stores))
        failed: list[Exception] = []

        def make(store: Store) -> None:
            ready.wait()
            try:
                open_due_table(store).close()
            except Exception as error:
                failed.append(error)

        threads = [threading.Thread(target=make, args=(store,)) for store in stores]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for store in stores:
            store.close()
        assert failed == []

    def test_a_policy_that_comes_into_force_moves_what_is_due(self, desk: Desk, clock: Clock) -> None:
        """A new version is taken in at its instant, without anything having happened to the ticket."""
        open_ticket(desk)
        publish(desk, "2h", version=2, minutes=0, since=20)
        assert said(desk, 30) == []
        assert said(desk, 60) == [("first_response", "warn", 1)]
        assert said(desk, 120) == [("first_response", "due", 0)]

    def test_a_pause_that_ends_by_itself(self, desk: Desk, clock: Clock) -> None:
        """A clock that waits has no due instant, until the pause ends at the instant that was set for it."""
        open_ticket(desk)
        desk.handle(ask.Pause(ticket="T-1", at=at(0), actor=MARIA, reason="customer", until=at(600)))
        found = desk.due(at(1_000))
        assert [(due.at, due.kind) for due in found if due.clock == "resolution"] == [
            (at(840), "due"),
            (at(840), "escalate"),
            (at(900), "escalate"),
        ]

    def test_promises_warn(self, desk: Desk) -> None:
        """What was promised by an instant warns before it, and is due at it."""
        open_ticket(desk)
        desk.handle(ask.MakePromise(ticket="T-1", at=at(0), actor=MARIA, promise="p1", due=at(100), what="call_back"))
        found = {(due.kind, due.at) for due in desk.due(at(200)) if due.clock == "promise"}
        assert found == {("warn", at(90)), ("due", at(100))}

    def test_escalation_is_a_command_with_its_cause(self, desk: Desk, clock: Clock) -> None:
        """What is done about a level is recorded on the ticket, with what it came from, and acknowledges it: once."""
        open_ticket(desk)
        clock.now = at(240)
        (due,) = [due for due in desk.due() if due.kind == "escalate"]
        for minutes in (240, 250):
            clock.now = at(minutes)
            assert desk.handle(escalation(due, at=at(240), actor=MARIA), key=due.key).ticket.level == 1
        assert desk.log("T-1")[-1].cause == "event:due:T-1:customer:resolution:1:escalate:1"
        assert [event.version for event in desk.log("T-1")] == [1, 2]
        assert ("escalate", 1) not in [(due.kind, due.level) for due in desk.due(at(300))]
