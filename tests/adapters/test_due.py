from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from ventanilla import Actor, Desk
from ventanilla.adapters.due import escalation
from ventanilla.adapters.due_table import Coming, open_due_table
from ventanilla.adapters.store import Commit, Store, open_store
from ventanilla.core import commands as ask
from ventanilla.core.errors import InDoubt, NotUnderstood, Refused, Unavailable
from ventanilla.core.events import SettingRestated
from ventanilla.projections.timekeeper import Timekeeper

MARIA = Actor("agent", "maria")
ADMIN = Actor("agent", "ada", roles=("admin",))
POLICY = """
format = "ventanilla-policy/1"
name = "standard"

[[rules]]
name = "everybody"
calendar = "always"
[rules.targets]
first_response = {{ within = "{target}", warn = ["50%"] }}
resolution = {{ within = "4h", escalate = ["0m", "1h"] }}
[[rules]]
name = "promises"
slot = "given"
targets = {{ promise = {{ warn = ["10m"] }} }}
"""


def at(minutes: float) -> datetime:
    return datetime(2026, 1, 5, 9, tzinfo=UTC) + timedelta(minutes=minutes)


class Clock:
    """The desk's own clock, set by hand."""

    def __init__(self) -> None:
        self.now = at(0)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def desk(clock: Clock, backend_url: str) -> Iterator[Desk]:
    with Desk(backend_url, clock=clock) as opened:
        publish(opened, "1h")
        yield opened


def publish(desk: Desk, target: str, version: int = 1, minutes: float = -60, since: float = -60) -> None:
    desk.handle(
        ask.PublishSetting(
            setting="policy/standard",
            at=at(minutes),
            actor=ADMIN,
            version=version,
            since=at(since),
            content=POLICY.format(target=target),
        )
    )


def open_ticket(desk: Desk, ticket: str = "T-1", minutes: float = 0) -> None:
    desk.handle(ask.Open(ticket=ticket, at=at(minutes), actor=MARIA, channel="mail"))


def said(desk: Desk, minutes: float) -> list[tuple[str, str, int]]:
    """Return what a host is told that acts on everything at once."""
    found = desk.due(at(minutes))
    desk.acknowledge(found)
    return [(due.clock, due.kind, due.level) for due in found]


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


class TestRestatement:
    def test_is_a_decision_with_its_report(self, desk: Desk, clock: Clock, tmp_path: Path) -> None:
        """A version published later judges nothing that is over, unless it says why; then what changes is recorded."""
        open_ticket(desk)
        open_ticket(desk, "T-2")
        clock.now = at(200)
        desk.handle(ask.Reply(ticket="T-1", at=at(70), actor=MARIA, message="m1", channel="mail", author="maria"))

        def breached(known_at: datetime | None = None) -> bool:
            readings = desk.clocks("T-1", as_of=at(200), known_at=known_at)
            return next(reading.breached for reading in readings if reading.clock == "first_response")

        assert desk.publish(POLICY.format(target="2h"), actor=ADMIN, since=at(-60)).events[0].version == 2
        assert breached()
        assert desk.restatements() == []
        clock.now = at(250)
        why, file = "the contract says two hours", tmp_path / "report.json"
        policy = POLICY.format(target="2h")
        (recorded,) = desk.publish(policy, actor=ADMIN, since=at(-60), restates=why, report=file).events
        assert (breached(), breached(known_at=at(220))) == (False, True)
        assert desk.restatements() == [recorded]
        report, event = file.read_bytes(), recorded.event
        assert isinstance(event, SettingRestated)
        assert event.content.endswith(policy)
        assert (event.version, event.because, event.position) == (3, why, recorded.position - 1)
        assert (event.tickets, event.tickets_changed, event.instances_changed, event.left_out) == (2, 1, 1, 0)
        assert event.clocks["customer: first_response"] == (2, 2, 1, 0, 1)  # T-2 is late by either
        assert event.digest == sha256(report).hexdigest()
        told = json.loads(report)
        assert [one["ticket"] for one in told["differences"]] == ["T-1"]
        assert (told["differences"][0]["before"]["breached"], told["differences"][0]["after"]["breached"]) == (
            True,
            False,
        )
        assert (told["position"], told["because"]) == (event.position, why)

    def test_is_not_published_in_silence(self, desk: Desk) -> None:
        """A version that judges the past anew is refused without its report, and so is a report of something else."""
        content = 'restates = "we were wrong"\n' + POLICY.format(target="2h")
        silent = ask.PublishSetting(
            setting="policy/standard", at=at(0), actor=ADMIN, version=2, since=at(-60), content=content
        )
        with pytest.raises(Refused) as refused:
            desk.handle(silent)
        assert refused.value.rule == "publishsetting.unreported"
        said = {
            "at": at(0),
            "actor": ADMIN,
            "version": 2,
            "since": at(-60),
            "position": 1,
            "as_of": at(0),
            "digest": "",
        }
        counts = {"tickets": 0, "left_out": 0, "tickets_changed": 0, "instances_changed": 0, "clocks": {}}
        for setting, because, rule in [
            ("policy/standard", "another reason", "unsaid"),
            ("calendar/office", "we were wrong", "elsewhere"),
        ]:
            hours = "always = true" if setting.startswith("calendar") else content
            restate: Any = {**said, **counts, "setting": setting, "because": because, "content": hours}
            with pytest.raises(Refused) as refused:
                desk.handle(ask.RestateSetting(**restate))
            assert refused.value.rule == f"restatesetting.{rule}"

    def test_says_why_and_since_when(self, desk: Desk) -> None:
        """Without a reason, with two, or without a beginning, nothing is judged anew."""
        policy = POLICY.format(target="2h")
        with pytest.raises(NotUnderstood, match="say why"):
            desk.publish(policy, actor=ADMIN, since=at(-60), restates=" ")
        with pytest.raises(NotUnderstood, match="give one reason"):
            desk.publish('restates = "a"\n' + policy, actor=ADMIN, since=at(-60), restates="b")
        with pytest.raises(NotUnderstood, match="from when on"):
            desk.publish(policy, actor=ADMIN, restates="a")
        with pytest.raises(Refused) as refused:
            desk.publish(policy, actor=MARIA)
        assert refused.value.rule == "publishsetting.forbidden"

    @pytest.mark.parametrize(
        ("setting", "content", "why"),
        [
            ("policy/standard", POLICY.format(target="soon"), "'soon', not a duration"),
            ("policy/standard", POLICY.format(target="1h").replace('"always"', '"moon"'), "no calendar 'moon'"),
            ("policy/standard", "]", "is no TOML"),
            ("calendar/office", "tz = 'Europe/Atlantis'", "Atlantis"),
        ],
    )
    def test_what_makes_no_sense_is_refused(self, desk: Desk, setting: str, content: str, why: str) -> None:
        """A policy or a calendar that could not be read later is not published, and the reason says what to mend."""
        version = 2 if setting == "policy/standard" else 1
        publish = ask.PublishSetting(
            setting=setting, at=at(0), actor=ADMIN, version=version, since=at(0), content=content
        )
        with pytest.raises(Refused, match=why) as refused:
            desk.handle(publish)
        assert refused.value.rule == "publishsetting.not_understood"
        assert len(desk.log(f"setting/{setting}")) == version - 1


class TestClocks:
    def test_as_of_and_known_at(self, desk: Desk, clock: Clock) -> None:
        """What was true at an instant differs from what was known of it: a late mail counts for the one only."""
        open_ticket(desk)
        clock.now = at(90)
        desk.handle(ask.Reply(ticket="T-1", at=at(20), actor=MARIA, message="m1", channel="mail", author="maria"))
        now = {reading.clock: reading for reading in desk.clocks("T-1", as_of=at(70))}
        then = {reading.clock: reading for reading in desk.clocks("T-1", as_of=at(70), known_at=at(80))}
        assert (now["first_response"].state, now["first_response"].breached) == ("met", False)
        assert (then["first_response"].state, then["first_response"].breached) == ("running", True)

    def test_name_the_policy_and_its_rule(self, desk: Desk) -> None:
        """A clock says whose target it has."""
        open_ticket(desk)
        found = next(reading for reading in desk.clocks("T-1") if reading.clock == "resolution")
        assert (found.policy, found.version, found.rule, found.target) == ("standard", 1, "everybody", 14_400)
