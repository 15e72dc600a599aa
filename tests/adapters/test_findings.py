"""What was found out about the libraries below us, each with the test that fails without our answer to it."""

from __future__ import annotations

import itertools
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from eventsourcing.persistence import StoredEvent
from eventsourcing.sqlite import SQLiteApplicationRecorder, SQLiteDatastore
from eventsourcing.utils import resolve_topic
from lived_in import content, skip

from ventanilla import Actor, Conflict, Desk, Unavailable
from ventanilla.adapters.doctor import examine
from ventanilla.adapters.store import Commit, Store, open_store
from ventanilla.adapters.store.codec import CATALOGUE, decode, encode
from ventanilla.core.commands import Open, Prioritise
from ventanilla.core.errors import InDoubt
from ventanilla.core.events import TicketOpened, TicketRouted
from ventanilla.core.recorded import Unreadable

AT = datetime(2026, 1, 5, 9, tzinfo=UTC)
AGENT = Actor("agent", "a7")


@pytest.fixture
def store(backend_url: str) -> Iterator[Store]:
    """Give an empty store of each backend."""
    opened, _ = open_store(backend_url, create=True)
    with closing(opened):
        yield opened


@pytest.fixture
def desk(backend_url: str) -> Iterator[Desk]:
    """Give an empty desk on each backend."""
    with Desk(backend_url) as opened:
        yield opened


def commit(stream: str, *, version: int = 0, facts: dict[str, str] | None = None, key: str | None = None) -> Commit:
    event = TicketOpened(at=AT, channel="phone", facts=facts or {}) if version == 0 else TicketRouted(at=AT, team="x")
    return Commit(
        stream=stream, version=version, events=(event,), actor="agent:a1", cause="c:1", allowed_by="1/agent", key=key
    )


def opening(ticket: str = "T-1") -> Open:
    return Open(ticket=ticket, at=AT, actor=AGENT, channel="phone")


def prioritising(priority: str, minutes: int = 1) -> Prioritise:
    return Prioritise(ticket="T-1", at=AT + timedelta(minutes=minutes), actor=AGENT, priority=priority)


class TestDatabaseFunctions:
    @pytest.mark.parametrize("value", ["y", "yes", "1", "TRUE", "on"])
    def test_are_refused(self, postgres_url: str, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
        """The package's functions in the database take no lock, and readers miss events: they are refused."""
        monkeypatch.setenv("POSTGRES_ENABLE_DB_FUNCTIONS", value)
        with pytest.raises(Unavailable, match="POSTGRES_ENABLE_DB_FUNCTIONS"):
            open_store(postgres_url, create=True)

    def test_positions_come_in_the_order_of_commits(self, postgres_url: str) -> None:
        """A transaction that is slow to commit holds back those behind it, so that no reader passes it by."""
        with Desk(postgres_url) as slow, Desk(postgres_url) as fast:
            others: list[int] = []
            with slow.store.database.write() as cursor:
                cursor.execute(
                    "INSERT INTO events (originator_id, originator_version, topic, state, recorded_at, actor, cause, "
                    "allowed_by) VALUES ('slow', 1, 'ticket.opened/1', ?, 0, '', '', '')",
                    (encode(TicketOpened(at=AT, channel="phone")),),
                )
                behind = threading.Thread(
                    target=lambda: others.extend(fast.store.append([commit("fast")], recorded_at=AT))
                )
                behind.start()
                behind.join(timeout=0.3)
                assert others == []
                assert fast.store.page(0, 9) == []
            behind.join(timeout=10)
            assert [stream for _, stream, _ in fast.store.page(0, 9)] == ["slow", "fast"]


class TestFailedSave:
    def test_loses_nothing(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        """The package empties an aggregate before it fails to save it, so that saving it again saves nothing, silently.

        Ours is decided again from what is stored: after a failure the same command is recorded in full.
        """
        desk.handle(opening())
        with monkeypatch.context() as patched:

            def fail(*_: Any, **__: Any) -> range:
                raise Unavailable("database is locked; nothing was recorded")

            patched.setattr(desk.store, "append", fail)
            for _ in range(2):
                with pytest.raises(Unavailable):
                    desk.handle(prioritising("high"))
        assert desk.store.head() == 1
        assert len(desk.handle(prioritising("high")).events) == 1
        assert [recorded.version for recorded in desk.log("T-1")] == [1, 2]


class TestLostAcknowledgement:
    @pytest.mark.parametrize("key", ["k", None])
    def test_is_no_conflict(self, desk: Desk, monkeypatch: pytest.MonkeyPatch, key: str | None) -> None:
        """The package tries again by itself, and takes its own write for somebody else's.

        Ours is known by its key, or by being word for word ours.
        """
        append = desk.store.append
        calls = itertools.count(1)

        def lose(*args: Any, **kwargs: Any) -> range:
            positions = append(*args, **kwargs)
            if next(calls) == 1:
                raise InDoubt("the connection was lost")
            return positions

        monkeypatch.setattr(desk.store, "append", lose)
        outcome = desk.handle(opening(), key=key)
        assert [(recorded.position, recorded.version) for recorded in outcome.events] == [(1, 1)]
        assert desk.store.head() == 1


class TestUserData:
    @pytest.mark.parametrize(
        "value",
        [
            '{"_type_": "nope", "_data_": 1}',
            '{"_type_":"uuid_hex","_data_":"00000000000000000000000000000001"}',
            "NaN",
            "[" * 5_000,
            '{"__class__": "os:system"}',
        ],
    )
    def test_is_text_and_stays_it(self, desk: Desk, value: str) -> None:
        """The package's own marks, found in somebody's data, make a log that cannot be read: for us they are text."""
        asked = Open(ticket="T-1", at=AT, actor=AGENT, channel="phone", facts={"_type_": value, "_data_": "1"})
        desk.handle(asked)
        (recorded,) = desk.log("T-1")
        assert isinstance(recorded.event, TicketOpened)
        assert recorded.event.facts == {"_type_": value, "_data_": "1"}
        assert desk.ask("tickets").value == 1

    def test_that_could_not_be_read_again_is_refused(self, desk: Desk) -> None:
        """What would be written and not be read, half a character, is refused before it is written."""
        with pytest.raises(ValueError, match="TicketOpened"):
            desk.handle(Open(ticket="T-1", at=AT, actor=AGENT, channel="phone", facts={"x": "\ud800"}))
        assert desk.store.head() == 0


class TestPositions:
    def test_are_given_out_once(self, store: Store) -> None:
        """The package's SQLite table gives the position of a deleted tail out again; ours never does."""
        store.append([commit("T-1"), commit("T-2"), commit("T-3")], recorded_at=AT)
        with store.database.write() as cursor:
            cursor.execute(f"DELETE FROM events WHERE {store.database.dialect.position} >= 2")
        assert list(store.append([commit("T-4")], recorded_at=AT)) == [4]

    def test_of_the_packages_table_are_not(self, tmp_path: Path) -> None:
        """The finding itself: should the package mend it, this test says so."""
        recorder = SQLiteApplicationRecorder(SQLiteDatastore(str(tmp_path / "theirs.db"), originator_id_type="text"))
        recorder.create_table()
        event = StoredEvent(originator_id="T-1", originator_version=1, topic="t", state=b"{}")
        assert recorder.insert_events([event]) == [1]
        with closing(sqlite3.connect(tmp_path / "theirs.db")) as connection:
            connection.execute("DELETE FROM stored_events")
            connection.commit()
        assert recorder.insert_events([event]) == [1]
        recorder.datastore.close()

    def test_are_no_dense_index(self, desk: Desk) -> None:
        """Positions have gaps, after transactions that were taken back: nothing counts on there being none."""
        desk.handle(opening("T-1"))
        skip(desk.store, 1_054)
        desk.handle(opening("T-2"))
        first, second = (position for position, *_ in desk.store.page(0, 9))
        assert second > first + 1_000
        assert desk.ask("tickets").value == 2
        assert desk.ask("tickets").evidence == (first, second)
        assert desk.rebuild() == second == desk.store.head()

    def test_of_a_conflict_leave_a_gap_on_a_server(self, postgres_url: str) -> None:
        """On PostgreSQL a command that lost a race takes a position with it: readers go on, and nothing is wrong."""
        store, _ = open_store(postgres_url, create=True)
        with closing(store):
            store.append([commit("T-1")], recorded_at=AT)
            with pytest.raises(Conflict):
                store.append([commit("T-1")], recorded_at=AT)
            (position,) = store.append([commit("T-2")], recorded_at=AT)
            assert position > 2
            assert [place for place, *_ in store.page(0, 9)] == [1, position]
        assert [finding for finding in examine(postgres_url) if finding.serious] == []

    def test_below_one_are_found(self, store: Store, backend_url: str) -> None:
        """An event at position 0 or below is loaded with its ticket and seen by no reader: the doctor names it."""
        if ":memory:" in backend_url:
            pytest.skip("nobody else can change a memory")
        store.append([commit("T-1"), commit("T-2")], recorded_at=AT)
        with store.database.write() as cursor:
            cursor.execute(f"UPDATE events SET {store.database.dialect.position} = 0 WHERE originator_id = 'T-1'")
        assert len(store.page(0, 9)) == 1
        assert [finding.rule for finding in examine(backend_url) if finding.serious] == ["position.hidden"]


class TestTopics:
    @pytest.mark.parametrize(
        "topic", ["os:system", "subprocess:Popen", "ventanilla.core.events:TicketOpened", "this:x"]
    )
    def test_import_nothing(self, topic: str) -> None:
        """The package imports whatever a database names; for us a topic is a word in a closed list."""
        assert resolve_topic("os:system") is os.system
        before = set(sys.modules)
        with pytest.raises(Unavailable, match="unknown topic"):
            decode(7, topic, b"{}")
        assert set(sys.modules) == before

    def test_are_words(self) -> None:
        """No topic of ours could be an importable path, so no renamed module makes history unreadable."""
        assert all("/" in topic and ":" not in topic for topic in CATALOGUE)

    def test_in_a_log_stop_its_reader_by_name(self, store: Store) -> None:
        """A topic that names a module is handed on as unreadable, with its position."""
        store.append([commit("T-1")], recorded_at=AT)
        with store.database.write() as cursor:
            cursor.execute("UPDATE events SET topic = 'os:system'")
        ((position, _, event),) = store.page(0, 9)
        assert isinstance(event, Unreadable)
        assert (position, event.topic) == (1, "os:system")


class TestWriting:
    def test_takes_the_lock_as_it_begins(self, tmp_path: Path) -> None:
        """A transaction that reads and then writes fails at once when there is another writer; ours waits.

        The finding itself first, with a deferred BEGIN as the package issues it.
        """
        path = tmp_path / "desk.db"
        store, _ = open_store(f"sqlite:///{path}", create=True)
        with closing(store), closing(sqlite3.connect(path, isolation_level=None, timeout=5)) as other:
            other.execute("BEGIN")
            other.execute("SELECT count(*) FROM events").fetchone()
            store.append([commit("T-1")], recorded_at=AT)
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                other.execute("DELETE FROM claims")
            other.execute("ROLLBACK")
            second, _ = open_store(f"sqlite:///{path}", create=False)  # as another process has it
            with closing(second):
                behind = threading.Thread(target=lambda: second.append([commit("T-2")], recorded_at=AT))
                with store.database.write() as cursor:
                    cursor.execute("SELECT count(*) FROM events")
                    assert cursor.fetchall() == [(1,)]
                    behind.start()
                    behind.join(timeout=0.3)
                    cursor.execute("INSERT INTO claims VALUES ('k', 'T-1', 0, 1)")
                behind.join(timeout=10)
                assert (second.head(), len(second.claimed(["k"]))) == (2, 1)

    def test_syncs_before_it_answers(self, store: Store) -> None:
        """Durability is set on every connection, whatever the build or the server has for a default."""
        if store.database.dialect.name == "sqlite":
            with store.database.snapshot() as snapshot:
                assert list(snapshot.rows("PRAGMA synchronous")) == [(2,)]
                assert list(snapshot.rows("PRAGMA mmap_size")) in ([], [(0,)])
        else:
            assert store.database.select("SHOW synchronous_commit") == [("on",)]


class TestViews:
    def test_share_no_position(self, tmp_path: Path) -> None:
        """In the package two projections in one SQLite file share a position, and the second skips what the first saw.

        Each view of ours keeps its own, beside its rows: a second one, behind, starts where it stands itself.
        """
        with Desk(f"sqlite:///{tmp_path}/one.db") as one, Desk(f"sqlite:///{tmp_path}/two.db") as two:
            for desk in (one, two):
                for n in range(3):
                    desk.handle(opening(f"T-{n}"))
            one.catch_up()
            assert (one.view.position(), two.view.position()) == (3, 0)
            assert len(list(two.facts())) == 3

    def test_of_another_log_are_thrown_away(self, tmp_path: Path) -> None:
        """A view that was made of another log is not taken for one of this."""
        with Desk(f"sqlite:///{tmp_path}/desk.db") as desk:
            desk.handle(opening("T-old"))
            desk.catch_up()
        for name in tmp_path.glob("desk.db*"):
            name.unlink()
        with Desk(f"sqlite:///{tmp_path}/desk.db") as desk:
            desk.handle(opening("T-new"))
            assert [row.ticket for row in desk.facts()] == ["T-new"]


class TestFirstStart:
    def test_of_many_at_once(self, postgres_url: str) -> None:
        """Processes that make the package's tables at once fail; ours make one desk, and all are heard."""
        code = (
            "import sys\nfrom ventanilla import Actor, Desk\nfrom ventanilla.core.commands import Open\n"
            "from datetime import UTC, datetime\nprint('ready', flush=True)\nsys.stdin.readline()\n"
            "with Desk(sys.argv[1]) as desk:\n"
            "    desk.handle(Open(ticket=sys.argv[2], at=datetime(2026, 1, 5, tzinfo=UTC), "
            "actor=Actor('agent', 'a'), channel='web'))\n"
        )
        children = [
            subprocess.Popen(
                [sys.executable, "-c", code, postgres_url, f"T-{n}"],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            )
            for n in range(4)
        ]  # fmt: skip
        for child in children:
            assert child.stdout is not None
            assert child.stdout.readline() == "ready\n"
        assert [child.communicate("go\n", timeout=60)[1] for child in children] == [""] * 4
        with Desk(postgres_url, create=False) as desk:
            assert sorted(stream for _, stream, _ in desk.store.page(0, 9)) == [f"T-{n}" for n in range(4)]
            assert len(content(desk.store)["desk"]) == 1
