"""PostgreSQL for real: several processes on one desk, lost connections, a server that is restarted."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import psycopg
import pytest

from ventanilla import Actor, Desk, Recorded, hookimpl
from ventanilla.adapters.store import Commit, open_store
from ventanilla.adapters.store.postgres import PostgresStore
from ventanilla.adapters.store.postgres_database import COPY_FROM
from ventanilla.adapters.store.postgres_pool import SIZE
from ventanilla.core.commands import Command, Open, Prioritise
from ventanilla.core.errors import Conflict, InDoubt, NotUnderstood, Refused, Unavailable
from ventanilla.core.events import Event, TicketOpened, TicketRouted
from ventanilla.plugins import Host
from ventanilla.projections.tickets import TicketFacts

AT = datetime(2026, 1, 5, 9, tzinfo=UTC)
AGENT = Actor("agent", "a7")
OPENED = TicketOpened(at=AT, channel="phone")

WRITER = """
import sys
from datetime import UTC, datetime, timedelta
from ventanilla import Actor, Desk
from ventanilla.core.commands import Open, Prioritise
AT = datetime(2026, 1, 5, 9, tzinfo=UTC)
url, name, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
desk = Desk(url)
print("ready", flush=True)
sys.stdin.readline()
for n in range(count):
    desk.handle(Open(ticket=f"{name}-{n}", at=AT, actor=Actor("agent", name), channel="phone"), key=f"{name}-{n}")
    # One ticket that all of them fight for, an event a command.
    later = AT + timedelta(seconds=n)
    try:
        desk.handle(Prioritise(ticket="hot", at=AT, actor=Actor("agent", name), priority=f"{name}-{n}"))
    except Exception as error:
        print("conflict", type(error).__name__, flush=True)
    print(f"{name}-{n}", flush=True)
desk.close()
"""


def open_ticket(ticket: str) -> Open:
    return Open(ticket=ticket, at=AT, actor=AGENT, channel="phone")


def commit(stream: str, *, version: int = 0, count: int = 1, key: str | None = None) -> Commit:
    events: tuple[Event, ...] = (OPENED, *(TicketRouted(at=AT, team=f"t{n}") for n in range(1, count)))
    return Commit(
        stream=stream, version=version, events=events, actor="agent:a1", cause="c:1", allowed_by="1/a", key=key
    )


@pytest.fixture
def store(postgres_url: str) -> Iterator[PostgresStore]:
    opened, _ = open_store(postgres_url, create=True)
    assert isinstance(opened, PostgresStore)
    with closing(opened):
        yield opened


@pytest.fixture
def cut(postgres: str) -> Callable[[], int]:
    """Cuts every other connection to the server, as a failing network does, and tells how many there were."""

    def cut_all() -> int:
        with psycopg.connect(postgres, autocommit=True) as connection:
            rows = connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
            ).fetchall()
        return len(rows)

    return cut_all


class TestAddress:
    def test_unreachable(self) -> None:
        """A server that is not there is said in one line, without the password."""
        with pytest.raises(Unavailable) as error:
            open_store("postgresql://u:hunter2@127.0.0.1:9/desk?connect_timeout=1", create=True)
        assert "hunter2" not in str(error.value)
        assert str(error.value).startswith("postgresql://127.0.0.1/desk: ")

    def test_no_desk(self, postgres_url: str) -> None:
        """Where no desk is, none is made unless asked for."""
        with pytest.raises(Unavailable, match="`ventanilla init` makes one"):
            Desk(postgres_url, create=False)

    def test_schema_that_is_no_name(self, postgres: str) -> None:
        """A schema is a plain name."""
        with pytest.raises(NotUnderstood, match="schema='a b'"):
            open_store(f"{postgres}&schema=a%20b", create=True)

    def test_unsafe_setting_is_refused(self, postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """The package's database functions take no lock, so that readers miss events: the setting is refused."""
        monkeypatch.setenv("POSTGRES_ENABLE_DB_FUNCTIONS", "y")
        with pytest.raises(Unavailable, match="POSTGRES_ENABLE_DB_FUNCTIONS"):
            open_store(postgres_url, create=True)

    def test_of_another_format_is_refused(self, postgres_url: str, store: PostgresStore) -> None:
        """A desk of another format is not touched."""
        with store.database.write() as cursor:
            cursor.execute("UPDATE desk SET format = 99")
        with pytest.raises(Unavailable, match="format 99"):
            open_store(postgres_url, create=True)

    def test_two_desks_in_one_database(self, postgres_url: str) -> None:
        """Each schema is a desk of its own: what happens in one is not seen in the other, nor does it wait."""
        with Desk(postgres_url) as one, Desk(postgres_url + "_b") as other:
            one.handle(open_ticket("T-1"))
            assert (one.store.head(), other.store.head()) == (1, 0)
            assert one.store.identity() != other.store.identity()
            with one.store.database.write():
                other.handle(open_ticket("T-1"))
            with other.store.database.write() as cursor:
                cursor.execute(f'DROP SCHEMA "{postgres_url.rpartition("=")[2]}_b" CASCADE')

    def test_many_processes_make_it_at_once(self, postgres_url: str) -> None:
        """Processes that start together on an empty database all find the one desk."""
        code = (
            "import sys\nfrom ventanilla import Desk\nprint('ready', flush=True)\nsys.stdin.readline()\n"
            "with Desk(sys.argv[1]) as desk: print(desk.store.identity())"
        )
        children = [_start(code, postgres_url) for _ in range(4)]
        identities = {line for child in children for line in _finish(child)}
        assert len(identities) == 1


class TestDurability:
    def test_commits_are_synchronous(self, store: PostgresStore) -> None:
        """Whatever the server's default: an acknowledged commit is on disk."""
        assert store.database.select("SHOW synchronous_commit") == [("on",)]

    @pytest.mark.parametrize("count", [1, COPY_FROM - 1, COPY_FROM, 2_500])
    def test_both_ways_in_give_the_same(self, store: PostgresStore, count: int) -> None:
        """A call and a COPY record the same rows at the positions they say."""
        store.append([commit("T-0")], recorded_at=AT)
        positions = store.append([commit("T-1", count=count, key="k")], recorded_at=AT)
        history = store.load("T-1")
        assert [r.position for r in history] == list(positions) == list(range(2, count + 2))
        assert [r.event for r in history] == list(commit("T-1", count=count).events)
        assert store.claimed(["k"])["k"].events == count

    @pytest.mark.parametrize("count", [1, COPY_FROM])
    def test_a_conflict_leaves_nothing(self, store: PostgresStore, count: int) -> None:
        """A taken version or key takes all of it back; positions may be missing afterwards, events not."""
        store.append([commit("T-1", key="k")], recorded_at=AT)
        for late in (commit("T-1", count=count, key="new"), commit("T-2", count=count, key="k")):
            with pytest.raises(Conflict):
                store.append([late], recorded_at=AT)
        assert [r.position for r in store.load("T-1")] == [1]
        assert (store.load("T-2"), dict(store.claimed(["new"]))) == ([], {})
        (position,) = store.append([commit("T-3")], recorded_at=AT)
        assert position > 1
        assert [place for place, *_ in store.page(0, 9)] == [1, position]

    def test_text_that_it_cannot_keep_is_refused(self, store: PostgresStore) -> None:
        """A NUL character, which PostgreSQL keeps nowhere, is refused by name."""
        with pytest.raises(Refused) as error:
            store.append([commit("T\0")], recorded_at=AT)
        assert error.value.rule == "id.unkeepable"


class TestManyProcesses:
    def test_nothing_is_missed_or_seen_twice(self, postgres_url: str) -> None:
        """Three desks write, two of them to the same ticket, while a reader follows: it sees all, once, in order."""
        count = 40
        with Desk(postgres_url) as desk:
            desk.handle(open_ticket("hot"))
            writers = [_start(WRITER, postgres_url, name, str(count)) for name in ("red", "green", "blue")]
            seen: list[tuple[int, str]] = []
            reading = threading.Event()

            def follow() -> None:
                place = 0
                while not (reading.is_set() and place >= desk.store.head()):
                    for position, stream, _ in desk.store.page(place, 7):
                        seen.append((position, stream))
                        place = position

            reader = threading.Thread(target=follow)
            reader.start()
            said = [_finish(writer) for writer in writers]
            reading.set()
            reader.join(timeout=60)
            acknowledged = {line for lines in said for line in lines if not line.startswith("conflict")}
            assert len(acknowledged) == 3 * count
            positions = [position for position, _ in seen]
            assert positions == sorted(set(positions))
            everything = desk.store.page(0, 10_000)
            assert seen == [(position, stream) for position, stream, _ in everything]
            assert acknowledged < {stream for _, stream in seen}
            hot = desk.log("hot")
            assert [r.version for r in hot] == list(range(1, len(hot) + 1))
            assert desk.ask("tickets").value == 3 * count + 1

    def test_news_wakes_who_waits(self, postgres_url: str, store: PostgresStore) -> None:
        """Who waits for news is woken by a commit of another process, long before it would look by itself."""
        other, _ = open_store(postgres_url, create=False)
        with closing(other):
            woken: list[tuple[bool, float]] = []

            def wait() -> None:
                start = time.monotonic()
                woken.append((store.wait(0, 30), time.monotonic() - start))

            waiting = threading.Thread(target=wait)
            waiting.start()
            time.sleep(0.5)
            other.append([commit("T-1")], recorded_at=AT)
            waiting.join(timeout=30)
            ((found, seconds),) = woken
            assert found
            assert seconds < 10
            assert store.wait(0, 0)
            assert not store.wait(1, 0.05)

    def test_waiting_survives_a_lost_connection(self, store: PostgresStore, cut: Callable[[], int]) -> None:
        """If the connection that listens is cut, the next look finds the news."""
        assert not store.wait(0, 0.05)
        assert cut() > 0
        store.append([commit("T-1", key="k")], recorded_at=AT) if store.head() == 0 else None
        assert store.wait(0, 10)


class Hears:
    """A plug-in that keeps what it hears."""

    def __init__(self) -> None:
        self.heard: list[Recorded] = []

    @hookimpl
    def recorded(self, events: Sequence[Recorded]) -> None:
        self.heard.extend(events)


class LosesTheAnswer:
    """Stands before a store's ``append``: the first commit is carried out (or not), and its answer is lost."""

    def __init__(self, store: Any, *, carried_out: bool) -> None:
        self._append = store.append
        self._carried_out = carried_out
        self.calls = 0
        store.append = self

    def __call__(self, *args: Any, **kwargs: Any) -> range:
        self.calls += 1
        if self.calls > 1:
            return self._append(*args, **kwargs)  # type: ignore[no-any-return]
        if self._carried_out:
            self._append(*args, **kwargs)
        raise InDoubt("the connection was lost")


def _cut_and_go_on(cut: Callable[[], int], cursor: Any) -> None:
    cut()
    cursor.execute("SELECT 1")


class TestLostConnections:
    def test_reading_goes_on(self, postgres_url: str, cut: Callable[[], int]) -> None:
        """Connections that were cut while idle are nothing to whoever reads or asks."""
        with Desk(postgres_url) as desk:
            desk.handle(open_ticket("T-1"))
            assert cut() > 0
            assert desk.ticket("T-1").status == "open"
            assert cut() > 0
            assert desk.ask("tickets").value == 1

    def test_what_is_read_is_never_in_doubt(self, postgres_url: str, cut: Callable[[], int]) -> None:
        """Who reads, or writes what is made from the log, hears no more than that the connection is lost."""
        with Desk(postgres_url) as desk:
            desk.store.append([commit("T-1", count=5_000)], recorded_at=AT)
            rows = desk.store.database.stream("SELECT notification_id FROM events")
            assert next(rows) == (1,)
            assert cut() > 0
            with pytest.raises(Unavailable) as reading:
                list(rows)
            with pytest.raises(Unavailable) as writing, desk.store.database.beside().write() as cursor:
                _cut_and_go_on(cut, cursor)
            assert {type(reading.value), type(writing.value)} == {Unavailable}
            assert [row[0] for row in desk.store.database.stream("SELECT count(*) FROM events")] == [5_000]

    def test_a_command_goes_on(self, postgres_url: str, cut: Callable[[], int]) -> None:
        """A command whose connection was cut is carried out once."""
        with Desk(postgres_url) as desk:
            for n in range(5):
                assert cut() >= 0
                assert len(desk.handle(open_ticket(f"T-{n}"), key=f"k-{n}").events) == 1
            assert desk.store.head() >= 5
            assert desk.ask("tickets").value == 5

    @pytest.mark.parametrize("key", [None, "k"])
    @pytest.mark.parametrize("carried_out", [True, False])
    def test_a_lost_answer_is_no_conflict(self, postgres_url: str, key: str | None, *, carried_out: bool) -> None:
        """Our own write, recorded although its answer was lost, is the outcome, and plug-ins hear of it once."""
        host, hears = Host(), Hears()
        host.add("hears", hears)
        with Desk(postgres_url, host=host) as desk:
            lost = LosesTheAnswer(desk.store, carried_out=carried_out)
            outcome = desk.handle(open_ticket("T-1"), key=key)
            assert [(r.stream, r.version) for r in outcome.events] == [("T-1", 1)]
            assert not outcome.repeated
            assert lost.calls == (1 if carried_out else 2)
            assert list(outcome.events) == list(desk.log("T-1")) == hears.heard

    def test_of_two_the_others_write_is_a_conflict(self, postgres_url: str) -> None:
        """What another desk wrote at our version meanwhile is not taken for ours."""
        with Desk(postgres_url) as desk, Desk(postgres_url) as other:
            desk.handle(open_ticket("T-1"))
            LosesTheAnswer(desk.store, carried_out=False)
            other.handle(_prioritise("high"))
            assert [r.version for r in desk.handle(_prioritise("low")).events] == [3]

    def test_gone_for_good(self, postgres_url: str) -> None:
        """If the answer never comes, the caller is told that nobody knows, and what to do."""
        with Desk(postgres_url) as desk:

            def lose(*_: Any, **__: Any) -> range:
                raise InDoubt("the connection was lost")

            setattr(desk.store, "append", lose)  # noqa: B010  # a method, as far as the types know
            with pytest.raises(InDoubt, match="ask again, with the same key"):
                desk.handle(open_ticket("T-1"), key="k")

    def test_answers_that_are_half_read(self, postgres_url: str) -> None:
        """However many tables are read and left lying, commands go on; one too many is told what to do."""
        with Desk(postgres_url) as desk:
            for number in range(3):
                desk.handle(open_ticket(f"T-{number}"))
            half_read = [desk.facts() for _ in range(SIZE)]
            assert [next(rows).ticket for rows in half_read] == ["T-0"] * SIZE
            desk.handle(open_ticket("T-3"))
            assert desk.ticket("T-3").status == "open"
            cast("PostgresStore", desk.store).database.datastore.readers.timeout = 0.5
            with pytest.raises(Unavailable, match="8 answers are half read: read them to their end, or close them"):
                next(desk.facts())
            assert len(list(half_read[0])) == 2
            assert len(list(desk.facts())) == 4
            for rows in half_read[1:]:
                cast("Generator[TicketFacts]", rows).close()

    def test_a_lock_that_is_held_too_long(self, postgres_url: str, store: PostgresStore) -> None:
        """Whoever waits too long for the log's lock is told so, and nothing was recorded."""
        store.database.datastore.pool.resize(1, 1)
        with store.database.connection() as connection:
            connection.execute("SET lock_timeout = '100ms'")
        other, _ = open_store(postgres_url, create=False)
        with closing(other), other.database.write(), pytest.raises(Unavailable, match="lock timeout"):
            store.append([commit("T-1")], recorded_at=AT)
        assert store.head() == 0


class TestRestart:
    def test_a_desk_outlives_its_server(self, own_postgres: Any) -> None:
        """The server is killed and started again while a desk works: nothing acknowledged is lost, none is doubled."""
        with Desk(own_postgres.get_uri()) as desk:
            done: list[str] = []
            stop = threading.Event()

            def work() -> None:
                while not stop.is_set():
                    ticket = f"T-{len(done)}"
                    try:
                        desk.handle(open_ticket(ticket), key=ticket)
                    except Unavailable:
                        continue  # asked again, with the same key
                    done.append(ticket)

            working = threading.Thread(target=work)
            working.start()
            time.sleep(0.5)
            own_postgres.get_postmaster_info().process.kill()
            own_postgres.get_postmaster_info().process.wait(10)
            before = len(done)
            own_postgres.ensure_postgres_running()
            deadline = time.monotonic() + 30
            while len(done) < before + 20 and time.monotonic() < deadline:
                time.sleep(0.05)
            stop.set()
            working.join(timeout=60)
            assert len(done) >= before + 20
            streams = [stream for _, stream, _ in desk.store.page(0, 100_000)]
            assert sorted(streams) == sorted(set(streams))
            assert set(done) <= set(streams)


def _prioritise(priority: str) -> Command:
    return Prioritise(ticket="T-1", at=AT + timedelta(minutes=1), actor=AGENT, priority=priority)


def _start(code: str, *arguments: str) -> subprocess.Popen[str]:
    """Start a process that waits for its sign after it said that it is ready."""
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _finish(child: subprocess.Popen[str]) -> list[str]:
    """Give the sign and return what it printed after it."""
    output, errors = child.communicate("go\n", timeout=120)
    assert errors == ""
    first, *lines = output.splitlines()
    assert first == "ready"
    return lines
