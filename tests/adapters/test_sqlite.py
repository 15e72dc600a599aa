"""What a SQLite file must be, and survive."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from eventsourcing.persistence import IntegrityError, StoredEvent
from stored import CLOSED, DUE, NOW, OPENED, ROUTED, aside, commit

from ventanilla.adapters.store import SqliteStore, Store, open_store
from ventanilla.adapters.store.schema import FORMAT
from ventanilla.adapters.store.sqlite import APPLICATION_ID, Recorder
from ventanilla.adapters.store.sqlite_pool import Datastore
from ventanilla.core.errors import Conflict, Unavailable
from ventanilla.core.recorded import Unreadable

SEPARATE = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from ventanilla.adapters.store import Commit, SqliteStore
from ventanilla.core.events import TicketOpened
AT = datetime(2026, 1, 5, 9, tzinfo=UTC)
def commit(n):
    return Commit(stream=f"T-{n}", version=0, events=(TicketOpened(at=AT, channel="phone" * 50),), actor="agent:a1",
                  allowed_by="1/agent",
                  cause="c:1", key=f"k-{n}")
"""


def text(statement: str, path: Path) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute(statement).fetchall()
        connection.commit()
    return rows


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "desk.db"


@pytest.fixture
def store(backend_url: str) -> Iterator[Store]:
    """An empty store of each backend in turn; a new backend joins in ``conftest``."""
    opened, _ = open_store(backend_url, create=True)
    with closing(opened):
        yield opened


@pytest.fixture
def file(path: Path) -> Iterator[SqliteStore]:
    with closing(SqliteStore(path)) as opened:
        yield opened


class TestPositions:
    def test_are_never_reused(self, path: Path) -> None:
        """A position whose event was deleted, even the last, is not given out again."""
        with closing(SqliteStore(path)) as store:
            store.append([commit(OPENED, ROUTED, DUE)], recorded_at=NOW)
        text("DELETE FROM events WHERE rowid >= 2", path)
        with closing(SqliteStore(path)) as store:
            assert list(store.append([commit(ROUTED, version=1)], recorded_at=NOW)) == [4]
            assert [r.position for r in store.load("T-1")] == [1, 4]

    def test_survive_a_dump(self, path: Path, tmp_path: Path) -> None:
        """Positions are part of the data: a dump and a restore keep the gaps."""
        with closing(SqliteStore(path)) as store:
            store.append([commit(OPENED), commit(OPENED, stream="T-2")], recorded_at=NOW)
        text("DELETE FROM events WHERE rowid = 1", path)
        with closing(sqlite3.connect(path)) as old, closing(sqlite3.connect(tmp_path / "new.db")) as new:
            new.executescript("\n".join(old.iterdump()))
            new.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            new.execute(f"PRAGMA user_version = {FORMAT}")
        with closing(SqliteStore(tmp_path / "new.db")) as store:
            assert [r.position for r in store.load("T-2")] == [2]


class TestFile:
    def test_is_kept(self, path: Path) -> None:
        """What was recorded is there when the file is opened again."""
        with closing(SqliteStore(path)) as store:
            store.append([commit(OPENED, key="k")], recorded_at=NOW, aside=[aside("1")])
        with closing(SqliteStore(path)) as store:
            assert [r.event for r in store.load("T-1")] == [OPENED]
            assert store.claimed(["k"])["k"].events == 1
            assert store.aside() == [aside("1")]

    def test_is_durable(self, file: SqliteStore) -> None:
        """A pooled connection syncs fully and writes ahead, so an acknowledged commit survives a power cut."""
        with file.database.write() as cursor:
            cursor.execute("PRAGMA synchronous")
            full = cursor.fetchone()[0]
            cursor.execute("PRAGMA journal_mode")
            mode = cursor.fetchone()[0]
        assert (full, mode) == (2, "wal")

    def test_says_what_it_is(self, file: SqliteStore, path: Path) -> None:
        """The file carries our application id and the format's number."""
        assert text("PRAGMA application_id", path) == [(APPLICATION_ID,)]
        assert text("PRAGMA user_version", path) == [(FORMAT,)]

    def test_can_be_read_by_people(self, file: SqliteStore, path: Path) -> None:
        """The view ``log`` shows instants and payloads as text."""
        file.append([commit(OPENED)], recorded_at=NOW)
        ((position, ticket, topic, event, recorded_at),) = text(
            "SELECT position, stream, topic, event, recorded_at FROM log", path
        )
        assert (position, ticket, topic, recorded_at) == (1, "T-1", "ticket.opened/1", "2026-02-01T12:30:15.123Z")
        assert '"Roxbury"' in event

    def test_of_another_program_is_refused(self, path: Path) -> None:
        """Another program's database is no desk, and stays as it was."""
        text("CREATE TABLE notes (text)", path)
        with pytest.raises(Unavailable, match="another program"):
            SqliteStore(path)
        assert text("SELECT name FROM sqlite_master", path) == [("notes",)]

    def test_of_another_program_is_left_as_it_is(self, path: Path) -> None:
        """Whoever names the wrong file does not turn it to another journal mode."""
        with closing(sqlite3.connect(path)) as other:
            other.execute("CREATE TABLE recipes (name TEXT)")
        before = path.read_bytes()
        with pytest.raises(Unavailable, match="another program"):
            SqliteStore(path)
        assert path.read_bytes() == before
        assert list(path.parent.iterdir()) == [path]

    @pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="tells open files by /proc")
    def test_that_is_refused_is_let_go(self, path: Path) -> None:
        """Of a file that is no desk nothing stays open."""
        with closing(sqlite3.connect(path)) as other:
            other.execute("PRAGMA journal_mode = WAL")
            other.execute("CREATE TABLE recipes (name TEXT)")
        with pytest.raises(Unavailable) as error:
            SqliteStore(path)
        assert error.value.__traceback__ is not None  # which keeps the store alive
        found = [os.readlink(file) for file in Path("/proc/self/fd").iterdir() if file.is_symlink()]
        assert not [name for name in found if name.startswith(str(path))]

    def test_of_a_newer_format_is_refused(self, path: Path) -> None:
        """A desk of a newer format is not touched."""
        SqliteStore(path).close()
        text(f"PRAGMA user_version = {FORMAT + 1}", path)
        with pytest.raises(Unavailable, match=f"format {FORMAT + 1}; .* up to {FORMAT}"):
            SqliteStore(path)

    def test_of_text_is_refused(self, path: Path) -> None:
        """A text file is no desk, and stays as it was."""
        path.write_text("Dear diary,\n" * 500)
        with pytest.raises(Unavailable, match=r"desk\.db"):
            SqliteStore(path)
        assert path.read_text() == "Dear diary,\n" * 500

    def test_unknown_topic_names_the_position(self, file: SqliteStore, path: Path) -> None:
        """A topic that this version does not know is told with its position, and is in nobody's way."""
        file.append([commit(OPENED), commit(OPENED, stream="T-2")], recorded_at=NOW)
        text("UPDATE events SET topic = 'ticket.vanished/9' WHERE rowid = 2", path)
        for read in (lambda: file.load("T-2"), lambda: file.events_of(["T-2"])):
            with pytest.raises(Unavailable, match=r"position 2 .*unknown topic 'ticket\.vanished/9'"):
                read()
        reason = "position 2 of the log has the unknown topic 'ticket.vanished/9'"
        unreadable = Unreadable(position=2, topic="ticket.vanished/9", reason=reason)
        assert file.page(0, 9) == [(1, "T-1", OPENED), (2, "T-2", unreadable)]
        assert list(file.histories(9)) == [("T-1", [(1, OPENED)]), ("T-2", [(2, unreadable)])]
        assert len(file.load("T-1")) == 1

    @pytest.mark.parametrize("payload", ["x''", "'{}'", "'[1]'", '\'{"at":"yesterday","channel":"phone"}\'', "x'ff'"])
    def test_damaged_payload_names_the_position(self, file: SqliteStore, path: Path, payload: str) -> None:
        """A payload that does not fit its topic is reported with its position."""
        file.append([commit(OPENED)], recorded_at=NOW)
        text(f"UPDATE events SET state = {payload}", path)
        with pytest.raises(Unavailable, match="position 1 "):
            file.load("T-1")

    def test_locked_by_another_program(self, path: Path) -> None:
        """While another program holds the lock nothing is recorded, and afterwards everything works."""
        with closing(SqliteStore(path, lock_timeout=1)) as store, closing(sqlite3.connect(path)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(Unavailable, match="locked"):
                store.append([commit(OPENED, key="k")], recorded_at=NOW, aside=[aside("1")])
            assert (store.head(), store.claimed(["k"]), store.aside()) == (0, {}, [])
            other.execute("ROLLBACK")
            assert list(store.append([commit(OPENED, key="k")], recorded_at=NOW)) == [1]

    @pytest.mark.parametrize("name", ["SIGINT", "SIGALRM"])
    def test_interrupted_while_waiting_for_the_lock(self, path: Path, name: str) -> None:
        """Ctrl-C or an alarm while another program holds the lock leaves it free afterwards, for us and for others."""
        number = signal.Signals[name]
        before = signal.signal(number, _interrupt)
        with closing(SqliteStore(path)) as store, closing(sqlite3.connect(path, check_same_thread=False)) as other:
            other.execute("BEGIN IMMEDIATE")
            timers = [
                threading.Timer(0.2, os.kill, [os.getpid(), number]),
                threading.Timer(0.6, other.execute, ["ROLLBACK"]),
            ]
            for timer in timers:
                timer.start()
            try:
                with pytest.raises(InterruptedError):
                    store.append([commit(OPENED)], recorded_at=NOW)
            finally:
                for timer in timers:
                    timer.join()
                signal.signal(number, before)
            with closing(SqliteStore(path, lock_timeout=1)) as another:
                assert list(another.append([commit(OPENED)], recorded_at=NOW)) == [1]
            assert list(store.append([commit(ROUTED, version=1)], recorded_at=NOW)) == [2]

    def test_connection_left_in_a_transaction(self, file: SqliteStore) -> None:
        """A connection that came back with a transaction open is rolled back before it is lent again."""
        with file.database.datastore.get_connection(commit=True) as connection:
            connection.cursor().execute("BEGIN IMMEDIATE")
        assert list(file.append([commit(OPENED)], recorded_at=NOW)) == [1]

    def test_waits_for_a_short_lock(self, path: Path) -> None:
        """A writer who lets go within the timeout is waited for."""
        with closing(SqliteStore(path, lock_timeout=5)) as store:
            with closing(sqlite3.connect(path, check_same_thread=False)) as other:
                other.execute("BEGIN IMMEDIATE")
                release = threading.Timer(0.3, other.execute, ["ROLLBACK"])
                release.start()
                assert list(store.append([commit(OPENED)], recorded_at=NOW)) == [1]
                release.join()

    def test_made_while_another_process_makes_it(self, path: Path) -> None:
        """A file that another process is just making is waited for, not refused."""
        with closing(sqlite3.connect(path, check_same_thread=False, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            release = threading.Timer(0.3, other.execute, ["ROLLBACK"])
            release.start()
            try:
                SqliteStore(path, lock_timeout=5).close()
            finally:
                release.join()

    def test_two_processes_make_it_at_once(self, tmp_path: Path) -> None:
        """Two processes that make the same files at the same time both succeed, and both are heard."""
        code = SEPARATE + (
            "print('ready', flush=True); sys.stdin.readline()\n"
            "for n in range(20):\n"
            "    store = SqliteStore(Path(sys.argv[1]) / f'{n}.db')\n"
            "    store.append([commit(sys.argv[2])], recorded_at=AT)\n"
            "    store.close()\n"
        )
        children = [
            subprocess.Popen(
                [sys.executable, "-c", code, str(tmp_path), name],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for name in ("left", "right")
        ]
        for child in children:
            assert child.stdout is not None
            assert child.stdout.readline() == "ready\n"
        for child in children:
            assert child.stdin is not None
            child.stdin.write("go\n")
            child.stdin.flush()
        assert [child.communicate(timeout=60)[1] for child in children] == ["", ""]
        for n in range(20):
            with closing(SqliteStore(tmp_path / f"{n}.db")) as store:
                assert {ticket for _, ticket, _ in store.page(0, 9)} == {"T-left", "T-right"}

    def test_two_stores_see_each_other(self, file: SqliteStore, path: Path) -> None:
        """What one process records another reads, and versions and keys are taken for both."""
        with closing(SqliteStore(path)) as other:
            other.append([commit(OPENED, key="k")], recorded_at=NOW)
            assert [r.event for r in file.load("T-1")] == [OPENED]
            with pytest.raises(Conflict):
                file.append([commit(CLOSED)], recorded_at=NOW)
            with pytest.raises(Conflict):
                file.append([commit(CLOSED, version=1, key="k")], recorded_at=NOW)
            assert file.head() == 1

    @pytest.mark.parametrize("is_file", [True, False])
    def test_that_was_closed(self, path: Path, is_file: bool) -> None:
        """Whoever uses what they closed is told so."""
        store = SqliteStore(path if is_file else None)
        store.close()
        with pytest.raises(Unavailable, match="this desk is closed"):
            store.head()

    def test_two_memories_are_two(self) -> None:
        """Every store in memory is one of its own."""
        with closing(SqliteStore(None)) as one, closing(SqliteStore(None)) as other:
            one.append([commit(OPENED)], recorded_at=NOW)
            assert (one.head(), other.head()) == (1, 0)

    def test_disk_full(self, path: Path) -> None:
        """When the disk is full the store says so, and all that was acknowledged is still there."""
        code = SEPARATE + (
            "import resource, signal\n"
            "from ventanilla.core.errors import Unavailable\n"
            "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
            "store = SqliteStore(Path(sys.argv[1]))\n"
            "resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))\n"
            "n = 0\n"
            "try:\n"
            "    while n < 100_000:\n"
            "        store.append([commit(n)], recorded_at=AT)\n"
            "        n += 1\n"
            "        print(n, flush=True)\n"
            "except Unavailable as error:\n"
            "    print('full:', error, flush=True)\n"
            "try:\n"
            "    store.append([commit(n)], recorded_at=AT)\n"
            "except Unavailable:\n"
            "    print('still full', flush=True)\n"
            "print('head', store.head(), flush=True)\n"
            "store.close()\n"
        )
        child = subprocess.run(
            [sys.executable, "-c", code, str(path)], capture_output=True, text=True, timeout=60, check=False
        )
        *acknowledged, full, still, head = child.stdout.splitlines()
        assert child.stderr == ""
        assert full.startswith("full: ")
        assert full.endswith("; nothing was recorded")
        assert still == "still full"
        count = len(acknowledged)
        assert count > 10
        assert head == f"head {count}"
        with closing(SqliteStore(path)) as store:
            assert store.head() == count
            assert len(store.claimed([f"k-{n}" for n in range(count + 1)])) == count
            assert list(store.append([commit(OPENED, stream="T-after")], recorded_at=NOW)) == [count + 1]
        assert text("PRAGMA integrity_check", path) == [("ok",)]


def _interrupt(*_: object) -> None:
    raise InterruptedError


ENVELOPE = {"recorded_at": NOW, "actor": "agent:a7", "cause": "command:x", "allowed_by": "1/agent"}


class TestRecorder:
    """The vocabulary of the package eventsourcing, on our tables."""

    @pytest.fixture
    def recorder(self) -> Iterator[Recorder]:
        datastore = Datastore("file:recorder-test?mode=memory&cache=shared", lock_timeout=1, pool_size=1)
        recorder = Recorder(datastore)
        recorder.create_table()
        yield recorder
        datastore.close()

    def test_inserts_and_selects(self, recorder: Recorder) -> None:
        """Stored events go in and come out as the package does it."""
        events = [StoredEvent(originator_id="T-1", originator_version=n, topic="t", state=b"%d" % n) for n in (1, 2, 3)]
        positions = recorder.insert_events(events, **ENVELOPE)
        assert positions is not None
        assert list(positions) == [1, 2, 3]
        assert recorder.select_events("T-1") == events
        assert recorder.select_events("T-1", gt=1, desc=True, limit=1) == [events[2]]
        assert recorder.max_notification_id() == 3

    def test_notifies_by_position(self, recorder: Recorder) -> None:
        """Positions are the package's notification ids."""
        for ticket in ("T-1", "T-2"):
            event = StoredEvent(originator_id=ticket, originator_version=1, topic="t", state=b"{}")
            recorder.insert_events([event], **ENVELOPE)
        assert [(n.id, n.originator_id) for n in recorder.select_notifications(1, 10)] == [(1, "T-1"), (2, "T-2")]
        assert [n.id for n in recorder.select_notifications(2, 10)] == [2]

    def test_lost_race(self, recorder: Recorder) -> None:
        """A version that is taken is the package's ``IntegrityError``."""
        event = StoredEvent(originator_id="T-1", originator_version=1, topic="t", state=b"{}")
        recorder.insert_events([event], **ENVELOPE)
        with pytest.raises(IntegrityError):
            recorder.insert_events([event], **ENVELOPE)
        assert recorder.max_notification_id() == 1
