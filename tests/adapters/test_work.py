"""Workers: several on one view, stopped, killed, cut off; and how far behind they are."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
import structlog
from shell import PROGRAM

from ventanilla import Actor, Desk, Unavailable
from ventanilla.adapters import worker
from ventanilla.adapters.leader import SessionLock, open_leader
from ventanilla.adapters.store import Commit
from ventanilla.adapters.worker import Lag
from ventanilla.core.commands import Open
from ventanilla.core.events import Event, TicketOpened, TicketRouted
from ventanilla.projections import runner

AT = datetime(2026, 1, 5, 9, tzinfo=UTC)
AGENT = Actor("agent", "a7")
SECONDS = 60
"""How long to wait for what must come: a busy machine is slow."""


def record(desk: Desk, first: int, count: int) -> None:
    """Record *count* tickets of four events each, from number *first* on, in one transaction."""
    events: tuple[Event, ...] = (
        TicketOpened(at=AT, channel="phone"),
        *(TicketRouted(at=AT, team=f"team {n}") for n in range(3)),
    )
    around = {"version": 0, "events": events, "actor": "system:test", "cause": "row:1", "allowed_by": "1/system"}
    commits = [Commit(stream=f"T-{n:05}", **around) for n in range(first, first + count)]  # type: ignore[arg-type]
    desk.store.append(commits, recorded_at=desk.now())


def until(reached: Callable[[], object]) -> None:
    """Wait for what must come."""
    deadline = time.monotonic() + SECONDS
    while not reached():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.05)


def equals_a_replay(desk: Desk) -> bool:
    """Whether the rows are those of a fresh replay, each event folded once."""
    rows = list(desk.view.rows())
    return rows == list(runner.replay(desk.store, desk.view.position(), AT + timedelta(days=1)))


@contextmanager
def working(url: str) -> Iterator[subprocess.Popen[str]]:
    """Run a worker in a process of its own."""
    process = subprocess.Popen(
        [*PROGRAM, "work", "--desk", url], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stderr
        assert process.stderr.readline() == "working; stop with Ctrl-C\n"
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a desk that processes can share."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/desk.db"
    return str(request.getfixturevalue("postgres_url"))


class TestLag:
    def test_of_an_empty_log(self, backend_url: str) -> None:
        """Where there is nothing, nothing is behind."""
        with Desk(backend_url) as desk:
            assert desk.lag() == Lag(events=0, seconds=0.0, parked=0)

    def test_counts_what_is_not_folded(self, backend_url: str) -> None:
        """It is the number of events not folded yet, and the time since the oldest of them was recorded."""
        now = AT
        with Desk(backend_url, clock=lambda: now) as desk:
            desk.handle(Open(ticket="T-1", at=AT, actor=AGENT, channel="phone"))
            desk.catch_up()
            now = AT + timedelta(seconds=10)
            desk.handle(Open(ticket="T-2", at=AT, actor=AGENT, channel="phone"))
            now = AT + timedelta(seconds=15)
            desk.handle(Open(ticket="T-3", at=AT, actor=AGENT, channel="phone"))
            now = AT + timedelta(seconds=30)
            assert desk.lag() == Lag(events=2, seconds=20.0, parked=0)
            desk.catch_up()
            assert desk.lag() == Lag(events=0, seconds=0.0, parked=0)

    def test_of_a_clock_that_was_set_back(self, backend_url: str) -> None:
        """A clock that was set back makes no lag below nothing."""
        now = AT
        with Desk(backend_url, clock=lambda: now) as desk:
            desk.handle(Open(ticket="T-1", at=AT, actor=AGENT, channel="phone"))
            now = AT - timedelta(hours=1)
            assert desk.lag() == Lag(events=1, seconds=0.0, parked=0)


class TestWork:
    def test_folds_what_comes(self, url: str) -> None:
        """What is recorded while it works is in the view soon after, and it ends when it is told to."""
        ended = threading.Event()
        with Desk(url) as desk, Desk(url) as other:
            thread = threading.Thread(target=lambda: other.work(ended.is_set))
            thread.start()
            for n in range(3):
                record(desk, n * 10, 10)
                until(lambda: desk.lag().events == 0)
            ended.set()
            thread.join(SECONDS)
            assert not thread.is_alive()
            assert desk.view.position() == desk.store.head()
            assert equals_a_replay(desk)

    def test_stops_between_pages(self, backend_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """It does not fold on to the end of a long log before it stops."""
        monkeypatch.setattr(runner, "PAGE", 4)
        answers = iter([False, False, False, True, True, True])
        with Desk(backend_url) as desk:
            record(desk, 0, 10)
            desk.work(lambda: next(answers))
            assert 0 < desk.lag().events < 40

    def test_says_where_it_stands(self, backend_url: str) -> None:
        """It logs position and lag, and no word of what was recorded."""
        now, answers = AT, iter([False, False, False, True, True])
        with structlog.testing.capture_logs() as logs, Desk(backend_url, clock=lambda: now) as desk:
            record(desk, 0, 2)
            now = AT + timedelta(seconds=3)
            desk.work(lambda: next(answers))
            assert [line for line in logs if line["event"].startswith("projection.")] == [
                {
                    "event": "projection.caught_up",
                    "log_level": "debug",
                    "projection": "tickets",
                    "position": desk.store.head(),
                    "events": 8,
                    "lag": 3.0,
                }
            ]

    def test_is_silent_where_nobody_asks(self, backend_url: str, caplog: pytest.LogCaptureFixture) -> None:
        """It logs to the standard library when the host has not set structlog up."""
        caplog.set_level(logging.DEBUG, "ventanilla.worker")
        answers = iter([False, False, False, True, True])
        with Desk(backend_url) as desk:
            record(desk, 0, 2)
            desk.work(lambda: next(answers))
        said = [record.message.split()[0] for record in caplog.records if record.name == "ventanilla.worker"]
        assert said == ["event='projection.caught_up'"]

    def test_waits_for_a_database_that_fails(self, backend_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """A database that cannot be used is tried again, each time later, and the work goes on."""
        fails, pauses, right = iter([True, True, True]), list[float](), runner.step

        def step(*words: Any) -> int | None:
            if next(fails, False):
                raise Unavailable("the cable was pulled")
            return right(*words)

        monkeypatch.setattr(worker, "step", step)
        monkeypatch.setattr("ventanilla.adapters.worker.time.sleep", pauses.append)
        with structlog.testing.capture_logs() as logs, Desk(backend_url) as desk:
            record(desk, 0, 2)
            desk.work(lambda: desk.view.position() > 0)
            told = [line["event"] for line in logs if line["event"].startswith("projection.")]
            assert told == ["projection.failed"] * 3 + ["projection.caught_up"]
            assert equals_a_replay(desk)
        assert [pause for pause in pauses if pause in (0.1, 0.2, 0.4)] == [0.1, 0.2, 0.4]


class TestManyWorkers:
    def test_count_each_event_once(self, url: str) -> None:
        """Two processes work on one view while a third folds for its own questions: each event is counted once."""
        with Desk(url) as desk, working(url), working(url):
            for n in range(30):
                record(desk, n * 50, 50)
                if n % 5 == 0:
                    assert desk.ask("tickets").value == (n + 1) * 50
            until(lambda: desk.lag().events == 0)
            assert {row.version for row in desk.view.rows()} == {4}
            assert equals_a_replay(desk)

    def test_without_a_leader_count_each_event_once(self, backend_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """Where all fold at once, compare-and-set alone lets each page in once."""
        monkeypatch.setattr(runner, "PAGE", 40)
        with Desk(backend_url) as desk:
            record(desk, 0, 400)
            told: list[int] = []
            threads = [threading.Thread(target=lambda: desk.catch_up(told.append)) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert sorted(told) == list(range(40, 1_601, 40))
            assert equals_a_replay(desk)

    def test_killed_the_next_takes_over(self, url: str) -> None:
        """However a worker dies, the one that stands by goes on, and nothing is lost or counted twice."""
        with Desk(url) as desk, working(url) as first, working(url):
            for n in range(20):
                record(desk, n * 50, 50)
                if n == 10:
                    os.kill(first.pid, signal.SIGKILL)
            until(lambda: desk.lag().events == 0)
            assert equals_a_replay(desk)

    def test_rebuilt_under_their_hands(self, url: str) -> None:
        """While others record and fold, the view is made anew, and nothing is lost or counted twice."""
        with Desk(url) as desk, working(url):
            done = threading.Event()

            def load() -> None:
                with Desk(url) as other:
                    for n in range(20):
                        record(other, n * 50, 50)
                done.set()

            thread = threading.Thread(target=load)
            thread.start()
            while not done.is_set():
                desk.rebuild()
            thread.join()
            until(lambda: desk.lag().events == 0)
            assert len(list(desk.view.rows())) == 1_000
            assert equals_a_replay(desk)


class TestCommand:
    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_stops_cleanly(self, url: str, number: signal.Signals) -> None:
        """Ctrl-C and SIGTERM end it between pages, with exit code 0 and a word on where it stands."""
        with Desk(url) as desk:
            record(desk, 0, 10)
        with working(url) as process, Desk(url) as desk:
            until(lambda: desk.lag().events == 0)
            process.send_signal(number)
            said, errors = process.communicate(timeout=SECONDS)
            assert (process.returncode, said, errors) == (
                0,
                f"Stopped at position {desk.store.head():,}, 0 events behind the log\n",
                "",
            )

    @pytest.mark.parametrize("words", ["work", "status", "parked", "parked list", "parked retry"])
    def test_teaches(self, words: str) -> None:
        """Every command has help, and exits 0 after it."""
        done = subprocess.run([*PROGRAM, *words.split(), "--help"], capture_output=True, text=True, check=False)
        assert (done.returncode, "Usage:" in done.stdout) == (0, True)

    def test_status_says_how_far_behind(self, url: str) -> None:
        """`status` folds nothing: it says what is behind."""
        with Desk(url) as desk:
            record(desk, 0, 10)
            done = subprocess.run([*PROGRAM, "status", "--desk", url], capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr
            assert f"log at position {desk.store.head()}\nfact table at position 0, 40 events behind" in done.stdout


class TestLeader:
    """Who leads on PostgreSQL."""

    @pytest.fixture
    def desk(self, postgres_url: str) -> Iterator[Desk]:
        with Desk(postgres_url) as opened:
            yield opened

    def test_is_one_at_a_time(self, desk: Desk) -> None:
        """The second stands by until the first has gone; another projection has a leader of its own."""
        database = desk.store.database
        with open_leader(database, "other") as other, open_leader(database, "tickets") as second:
            with open_leader(database, "tickets") as first:
                assert (first.leads(), second.leads(), first.leads(), other.leads()) == (True, False, True, True)
            assert second.leads()

    def test_that_is_cut_off_leads_no_longer(self, desk: Desk, postgres: str) -> None:
        """A leader whose connection was cut learns of it, and the other one leads."""
        database = desk.store.database
        with closing(psycopg.connect(postgres, autocommit=True)) as admin:
            with SessionLock(database, "tickets") as first, SessionLock(database, "tickets") as second:
                assert first.leads()
                admin.execute(
                    "SELECT pg_terminate_backend(l.pid) FROM pg_locks l WHERE l.locktype = 'advisory' "
                    "AND l.pid <> pg_backend_pid() AND l.granted AND l.pid = %s",
                    (first._connection.info.backend_pid,),
                )
                until(second.leads)
                with pytest.raises(Unavailable, match="lost"):
                    first.leads()
                assert not first.leads()

    def test_the_work_survives_every_cut(self, desk: Desk, postgres_url: str, postgres: str) -> None:
        """Workers whose connections are cut again and again fold everything once."""
        ended = threading.Event()
        mine = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query ~ %s AND pid <> pg_backend_pid()"
        with Desk(postgres_url) as one, Desk(postgres_url) as other:
            threads = [threading.Thread(target=each.work, args=(ended.is_set,)) for each in (one, other)]
            for thread in threads:
                thread.start()
            with closing(psycopg.connect(postgres, autocommit=True)) as admin:
                for n in range(20):
                    record(desk, n * 50, 50)
                    admin.execute(mine, ("view_|advisory_lock|SELECT true|synchronous_commit",))
                    time.sleep(0.1)
            until(lambda: desk.lag().events == 0)
            ended.set()
            for thread in threads:
                thread.join(SECONDS)
            assert equals_a_replay(desk)

    def test_the_work_survives_its_server(self, own_postgres: Any) -> None:
        """The server is killed and started again under a worker: the view, which may lose its last pages, folds on."""
        url, ended = own_postgres.get_uri(), threading.Event()
        with Desk(url) as desk, Desk(url) as other:
            thread = threading.Thread(target=other.work, args=(ended.is_set,))
            thread.start()
            for n in range(3):
                record(desk, n * 500, 500)
                time.sleep(0.05)
                process = own_postgres.get_postmaster_info().process
                process.kill()
                process.wait(10)
                own_postgres.ensure_postgres_running()
                until(lambda: desk.lag().events == 0)
                assert equals_a_replay(desk)
            ended.set()
            thread.join(SECONDS)
            assert not thread.is_alive()
            assert len(list(desk.view.rows())) == 1_500
