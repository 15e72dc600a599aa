"""The store: what any backend must do, and what SQLite files must survive."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import NoneType
from typing import Any, Literal, get_args, get_origin, get_type_hints

import attrs
import pytest
from eventsourcing.persistence import IntegrityError, StoredEvent
from hypothesis import given
from hypothesis import strategies as st

from ventanilla.adapters.store import Claimed, Commit, SealedRow, SqliteStore, Store, open_store
from ventanilla.adapters.store.codec import CATALOGUE, decode, encode
from ventanilla.adapters.store.instants import instant, stamp
from ventanilla.adapters.store.limits import MAX_EVENT, MAX_ID, MAX_KEY
from ventanilla.adapters.store.schema import FORMAT
from ventanilla.adapters.store.sqlite import APPLICATION_ID, Recorder
from ventanilla.adapters.store.sqlite_pool import Datastore
from ventanilla.core.errors import Conflict, Refused, Unavailable
from ventanilla.core.events import Event, TicketClosed, TicketDueSet, TicketOpened, TicketRouted
from ventanilla.core.fields import Personal, personal_fields
from ventanilla.core.recorded import Unreadable

AT = datetime(2026, 1, 5, 9, tzinfo=UTC)
NOW = datetime(2026, 2, 1, 12, 30, 15, 123456, tzinfo=UTC)
OPENED = TicketOpened(at=AT, channel="phone", facts={"district": "Roxbury"})
ROUTED = TicketRouted(at=AT, team="blue")
DUE = TicketDueSet(at=AT, due=AT + timedelta(hours=4))
CLOSED = TicketClosed(at=AT + timedelta(hours=1))

SEPARATE = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from ventanilla.adapters.store import Commit, SqliteStore
from ventanilla.core.events import TicketOpened
AT = datetime(2026, 1, 5, 9, tzinfo=UTC)
def commit(n):
    return Commit(stream=f"T-{n}", version=0, events=(TicketOpened(at=AT, channel="phone" * 50),), actor="a:1",
                  allowed_by="1/agent",
                  cause="c:1", key=f"k-{n}")
"""


def commit(
    *events: Event, stream: str = "T-1", version: int = 0, key: str | None = None, actor: str = "agent:a7"
) -> Commit:
    return Commit(
        stream=stream, version=version, events=events, actor=actor, cause="command:open", allowed_by="1/agent", key=key
    )


def aside(id_: str, *, source: str = "a.csv", line: int = 2, sealed: bytes = b"\x00sealed\xff") -> SealedRow:
    return SealedRow(
        id=id_,
        source=source,
        line=line,
        mapping="acme",
        column="opened",
        rule="instant.unreadable",
        sealed_with=1,
        sealed=sealed,
    )


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


class TestAppend:
    def test_empty_log(self, store: Store) -> None:
        """A new store has nothing in it."""
        assert store.head() == 0
        assert list(store.load("T-1")) == []
        assert list(store.page(0, 10)) == []
        assert list(store.histories(10)) == []
        assert dict(store.events_of(["T-1"])) == {}
        assert dict(store.claimed(["k"])) == {}
        assert list(store.aside()) == []

    def test_returns_the_positions_in_order(self, store: Store) -> None:
        """Positions are given out one after the other, in the order of the events."""
        assert list(store.append([commit(OPENED, ROUTED)], recorded_at=NOW)) == [1, 2]
        assert list(store.append([commit(OPENED, stream="T-2")], recorded_at=NOW)) == [3]
        assert store.head() == 3

    def test_nothing_is_allowed(self, store: Store) -> None:
        """A commit without events keeps its claim and takes no position."""
        assert list(store.append([], recorded_at=NOW)) == []
        assert list(store.append([commit(key="idle")], recorded_at=NOW)) == []
        assert store.head() == 0
        assert store.claimed(["idle"]) == {"idle": Claimed(stream="T-1", version=0, events=0)}

    def test_several_commits_on_one_ticket(self, store: Store) -> None:
        """Commits of one call may follow each other on the same ticket."""
        store.append([commit(OPENED), commit(ROUTED, version=1)], recorded_at=NOW)
        assert [(r.version, r.event) for r in store.load("T-1")] == [(1, OPENED), (2, ROUTED)]

    def test_taken_version_records_nothing(self, store: Store) -> None:
        """A version conflict takes back events, claims and quarantine together, of every commit of the call."""
        store.append([commit(OPENED)], recorded_at=NOW, aside=[aside("old")])
        late = [commit(OPENED, stream="T-2", key="fresh"), commit(CLOSED, version=0, key="late")]
        with pytest.raises(Conflict):
            store.append(late, recorded_at=NOW, aside=[aside("new")], released=["old"])
        assert store.head() == 1
        assert list(store.load("T-2")) == []
        assert dict(store.claimed(["fresh", "late"])) == {}
        assert [a.id for a in store.aside()] == ["old"]

    def test_taken_key_records_nothing(self, store: Store) -> None:
        """A key that is claimed already takes back everything else of the call."""
        store.append([commit(OPENED, key="k")], recorded_at=NOW, aside=[aside("old")])
        with pytest.raises(Conflict):
            store.append(
                [commit(OPENED, stream="T-2", key="k")], recorded_at=NOW, aside=[aside("new")], released=["old"]
            )
        assert store.head() == 1
        assert list(store.load("T-2")) == []
        assert store.claimed(["k"]) == {"k": Claimed(stream="T-1", version=0, events=1)}
        assert [a.id for a in store.aside()] == ["old"]

    def test_works_after_a_conflict(self, store: Store) -> None:
        """A conflict leaves the store usable."""
        store.append([commit(OPENED)], recorded_at=NOW)
        with pytest.raises(Conflict):
            store.append([commit(OPENED)], recorded_at=NOW)
        positions = store.append([commit(ROUTED, version=1)], recorded_at=NOW)
        assert [r.position for r in store.load("T-1")] == [1, positions[0]]


class TestConstraints:
    @pytest.mark.parametrize(
        "statement",
        ["INSERT INTO claims (key, stream, version, events) VALUES ('k', NULL, 0, 0)", "UPDATE desk SET only_one = 2"],
    )
    def test_that_are_broken_are_no_conflict(self, store: Store, statement: str) -> None:
        """Only a key that is taken is a conflict: whatever else is broken would be broken again."""
        with pytest.raises(Unavailable, match="constraint"), store.database.write() as cursor:
            cursor.execute(statement)

    def test_of_keys_are(self, store: Store) -> None:
        """A key that is taken is a conflict, the table's first key or another one."""
        for values in ("(?, 's', 'i')", "(?, 's', 'i2')"):
            with store.database.write() as cursor:
                cursor.execute(f"INSERT INTO addresses (blind, stream, identity) VALUES {values}", (values.encode(),))
        for blind, identity in ((b"(?, 's', 'i')", "i3"), (b"other", "i")):
            with pytest.raises(Conflict), store.database.write() as cursor:
                cursor.execute("INSERT INTO addresses (blind, stream, identity) VALUES (?, 's', ?)", (blind, identity))


class TestRequires:
    def test_holds(self, store: Store) -> None:
        """A commit that depends on another stream is recorded if that is where it was seen."""
        store.append([commit(OPENED, stream="T-2")], recorded_at=NOW)
        needy = attrs.evolve(commit(OPENED), requires={"T-2": 1, "T-3": 0})
        assert list(store.append([needy], recorded_at=NOW)) == [2]

    def test_has_gone_on(self, store: Store) -> None:
        """If the other stream went on meanwhile nothing is recorded."""
        store.append([commit(OPENED, ROUTED, stream="T-2")], recorded_at=NOW)
        with pytest.raises(Conflict, match="T-2 has gone on"):
            store.append([attrs.evolve(commit(OPENED, key="k"), requires={"T-2": 1})], recorded_at=NOW)
        assert (store.head(), dict(store.claimed(["k"]))) == (2, {})


class TestLimits:
    @pytest.mark.parametrize(
        ("bad", "rule"),
        [
            (commit(OPENED, stream="T" * (MAX_ID + 1)), "id.too_long"),
            (commit(OPENED, key="k" * (MAX_KEY + 1)), "id.too_long"),
            (commit(OPENED, actor="a" * (MAX_ID + 1)), "id.too_long"),
            (commit(OPENED, stream="T\0"), "id.unkeepable"),
            (commit(OPENED, key="k\0"), "id.unkeepable"),
            (commit(TicketOpened(at=AT, channel="x" * MAX_EVENT)), "event.too_large"),
        ],
    )
    def test_too_much(self, store: Store, bad: Commit, rule: str) -> None:
        """What is too large, or what not every database keeps, is refused by name, and nothing is recorded."""
        with pytest.raises(Refused) as error:
            store.append([commit(OPENED, stream="T-1"), bad], recorded_at=NOW)
        assert error.value.rule == rule
        assert len(str(error.value)) < 300
        assert store.head() == 0

    def test_as_much_as_may_be(self, store: Store) -> None:
        """Ids of the full length, and text in any script, come back as they were."""
        stream = "é" * (MAX_ID - 1) + "\U0001f3ab"
        opened = TicketOpened(at=AT, channel="phone", facts={"\t": "\u200b‮\x01"})
        store.append([commit(opened, stream=stream, key="k" * MAX_KEY)], recorded_at=NOW)
        assert [r.event for r in store.load(stream)] == [opened]
        assert "k" * MAX_KEY in store.claimed(["k" * MAX_KEY])


class TestLoad:
    def test_gives_back_all_that_was_recorded(self, store: Store) -> None:
        """A recorded event comes back with its whole envelope, to the microsecond."""
        store.append([commit(OPENED), commit(DUE, version=1, actor="system:x")], recorded_at=NOW)
        first, second = store.load("T-1")
        assert (first.position, first.stream, first.version, first.recorded_at) == (1, "T-1", 1, NOW)
        assert (first.actor, first.cause, first.event) == ("agent:a7", "command:open", OPENED)
        assert (second.position, second.version, second.actor, second.event) == (2, 2, "system:x", DUE)
        assert first.recorded_at.tzinfo is UTC

    def test_only_that_ticket(self, store: Store) -> None:
        """The history of a ticket holds nothing of another one, however alike their ids."""
        for ticket in ["T-1", "t-1", "T-1 ", "T-10", "T-%"]:
            store.append([commit(OPENED, stream=ticket)], recorded_at=NOW)
        assert [r.position for r in store.load("T-1")] == [1]
        assert [r.position for r in store.load("T-%")] == [5]


class TestEventsOf:
    def test_of_many_tickets(self, store: Store) -> None:
        """The events of more tickets than a statement takes parameters come back, those unknown left out."""
        commits = [commit(OPENED, ROUTED, stream=f"T-{n}") for n in range(1_201)]
        store.append(commits, recorded_at=NOW)
        found = store.events_of([f"T-{n}" for n in range(1_300)])
        assert set(found) == {f"T-{n}" for n in range(1_201)}
        assert all(list(events) == [OPENED, ROUTED] for events in found.values())


class TestClaimed:
    def test_of_many_keys(self, store: Store) -> None:
        """Only keys that are taken come back, each with its first outcome."""
        store.append([commit(OPENED, stream=f"T-{n}", key=f"k-{n}") for n in range(1_201)], recorded_at=NOW)
        found = store.claimed([f"k-{n}" for n in range(1_300)])
        assert len(found) == 1_201
        assert found["k-1200"] == Claimed(stream="T-1200", version=0, events=1)


class TestPage:
    def test_goes_through_the_log(self, store: Store) -> None:
        """Pages follow the positions, start behind the one given and end with the log."""
        store.append([commit(OPENED, ROUTED), commit(OPENED, stream="T-0")], recorded_at=NOW)
        assert list(store.page(0, 2)) == [(1, "T-1", OPENED), (2, "T-1", ROUTED)]
        assert list(store.page(2, 2)) == [(3, "T-0", OPENED)]
        assert list(store.page(3, 2)) == []


class TestReads:
    def test_others_are_stand_ins(self, store: Store) -> None:
        """Who reads some types of events gets the others as stand-ins, which have their topic and instant."""
        store.append([commit(OPENED, ROUTED, CLOSED)], recorded_at=NOW)
        reads = frozenset({TicketOpened})
        ((_, history),) = store.histories(9, reads)
        ((_, history_of),) = store.histories_of(["T-1"], 9, reads)
        page = [(position, event) for position, _, event in store.page(0, 9, reads)]
        for found in (page, history, history_of):
            assert found[0] == (1, OPENED)
            said = [(event.TOPIC, event.at) for _, event in found[1:] if not isinstance(event, Unreadable)]
            assert said == [(ROUTED.TOPIC, ROUTED.at), (CLOSED.TOPIC, CLOSED.at)]
            assert not isinstance(found[1][1], TicketRouted)


class TestHistories:
    def test_ticket_by_ticket(self, store: Store) -> None:
        """Each ticket comes once, with its events by version, however they lie in the log."""
        store.append([commit(OPENED), commit(OPENED, stream="T-0")], recorded_at=NOW)
        store.append([commit(ROUTED, version=1)], recorded_at=NOW)
        assert [(ticket, list(history)) for ticket, history in store.histories(3)] == [
            ("T-0", [(2, OPENED)]),
            ("T-1", [(1, OPENED), (3, ROUTED)]),
        ]

    def test_until(self, store: Store) -> None:
        """What lies behind the last position asked for is left out."""
        store.append([commit(OPENED, ROUTED), commit(OPENED, stream="T-2")], recorded_at=NOW)
        assert [(ticket, list(history)) for ticket, history in store.histories(1)] == [("T-1", [(1, OPENED)])]

    def test_longer_than_a_page(self, store: Store) -> None:
        """A ticket whose events fall on two pages of the reading still comes once and whole."""
        store.append([commit(OPENED, *[ROUTED] * 1_499, stream=f"T-{n}") for n in range(3)], recorded_at=NOW)
        found = [(ticket, [position for position, _ in history]) for ticket, history in store.histories(4_500)]
        assert found == [(f"T-{n}", list(range(n * 1_500 + 1, n * 1_500 + 1_501))) for n in range(3)]

    def test_may_be_left_half_read(self, store: Store) -> None:
        """Reading histories holds no lock: the log can be written to between two tickets."""
        store.append([commit(OPENED), commit(OPENED, stream="T-2")], recorded_at=NOW)
        histories = store.histories(2)
        next(histories)
        store.append([commit(OPENED, stream="T-3")], recorded_at=NOW)
        assert [ticket for ticket, _ in histories] == ["T-2"]


class TestHistoriesOf:
    def test_of_those_streams_until_there(self, store: Store) -> None:
        """Only the streams asked for come, as far as asked for, by version."""
        store.append([commit(OPENED, ROUTED), commit(OPENED, stream="T-2")], recorded_at=NOW)
        store.append([commit(DUE, version=2), commit(OPENED, stream="T-3")], recorded_at=NOW)
        assert list(store.histories_of(["T-1", "T-3", "T-9"], 4)) == [("T-1", [(1, OPENED), (2, ROUTED), (4, DUE)])]
        assert list(store.histories_of([], 4)) == []

    def test_of_many(self, store: Store) -> None:
        """More streams than a statement takes parameters can be asked for."""
        store.append([commit(OPENED, stream=f"T-{n}") for n in range(1_200)], recorded_at=NOW)
        assert len(list(store.histories_of([f"T-{n}" for n in range(1_200)], 9_999))) == 1_200


class TestBehind:
    def test_counts_and_dates_what_is_past_a_position(self, store: Store) -> None:
        """It is how many events lie past the position, and when the first of them was recorded."""
        assert store.behind(0) == (0, None)
        store.append([commit(OPENED, ROUTED)], recorded_at=NOW)
        store.append([commit(DUE, version=2)], recorded_at=NOW + timedelta(seconds=5))
        assert store.behind(0) == (3, NOW)
        assert store.behind(2) == (1, NOW + timedelta(seconds=5))
        assert store.behind(3) == (0, None)


class TestStream:
    def test_is_of_one_moment(self, store: Store) -> None:
        """What is recorded while rows are read is not among them, and recording does not wait for the reader."""
        store.append([commit(OPENED, stream=f"T-{n}") for n in range(5_000)], recorded_at=NOW)
        rows = store.database.stream("SELECT originator_id FROM events WHERE originator_version = ?", (1,))
        next(rows)
        store.append([commit(OPENED, stream="X")], recorded_at=NOW)
        assert sum(1 for _ in rows) == 4_999

    def test_may_be_left_half_read(self, store: Store) -> None:
        """Whoever stops reading gives the connection back."""
        store.append([commit(OPENED, stream=f"T-{n}") for n in range(3_000)], recorded_at=NOW)
        for _ in range(20):
            next(iter(store.database.stream("SELECT originator_id FROM events")))
        assert store.head() == 3_000


class TestAside:
    def test_round_trips(self, store: Store) -> None:
        """A row put aside comes back as it was, by source and line."""
        rows = [
            aside("3", source="b.csv", line=2),
            aside("1", source="a.csv", line=10),
            attrs.evolve(aside("2", source="a.csv", line=9), column=None),
        ]
        store.append([], recorded_at=NOW, aside=rows)
        assert list(store.aside()) == [rows[2], rows[1], rows[0]]

    def test_same_row_is_kept_once(self, store: Store) -> None:
        """A row that is in quarantine already is left as it is."""
        store.append([], recorded_at=NOW, aside=[aside("1", sealed=b"first")])
        store.append([], recorded_at=NOW, aside=[aside("1", sealed=b"second")])
        assert [a.sealed for a in store.aside()] == [b"first"]

    def test_released_leaves(self, store: Store) -> None:
        """A released row leaves the quarantine, an unknown id is no error."""
        store.append([], recorded_at=NOW, aside=[aside("1"), aside("2")])
        store.append([], recorded_at=NOW, released=["1", "unknown"])
        assert [a.id for a in store.aside()] == ["2"]

    def test_released_and_put_aside_again(self, store: Store) -> None:
        """A row released and put aside in one call stays, with the new reason."""
        store.append([], recorded_at=NOW, aside=[aside("1", sealed=b"yesterday's")])
        store.append([], recorded_at=NOW, aside=[aside("1", sealed=b"today's")], released=["1"])
        assert [a.sealed for a in store.aside()] == [b"today's"]


WORDS = st.text(max_size=12)
INSTANTS = st.datetimes(timezones=st.just(UTC))
PERSONAL = st.builds(
    Personal,
    st.none(),
    of=WORDS,
    digest=st.text("0123456789abcdef", min_size=32, max_size=32),
    length=st.integers(0, 9),
)


def hints_of(cls: type[Event]) -> dict[str, Any]:
    hints = get_type_hints(cls)
    return {field.name: hints[field.name] for field in attrs.fields(cls)}


def fitting(hint: Any) -> st.SearchStrategy[Any]:
    """Return values of the type *hint*, as fields of events have them."""
    if get_origin(hint) is Literal:
        return st.sampled_from(get_args(hint))
    if get_origin(hint) is tuple:
        return st.lists(WORDS, max_size=3).map(tuple)
    if NoneType in get_args(hint):
        return st.one_of(*(fitting(part) for part in get_args(hint)))
    if get_args(hint):
        return st.dictionaries(WORDS, WORDS, max_size=3)
    made: dict[Any, st.SearchStrategy[Any]] = {
        NoneType: st.none(),
        str: WORDS,
        bool: st.booleans(),
        int: st.integers(-(2**53), 2**53),
        float: st.floats(allow_nan=False, allow_infinity=False),
        datetime: INSTANTS,
        Personal: PERSONAL,
    }
    return made[hint]


EVENTS: st.SearchStrategy[Event] = st.one_of(
    *(st.builds(cls, **{name: fitting(hint) for name, hint in hints_of(cls).items()}) for cls in CATALOGUE.values())
)


def references(event: Event) -> list[object]:
    """Return what *event* says of its personal texts, which equality passes over."""
    found = [getattr(event, name) for name in personal_fields(type(event))]
    return [one and (one.of, one.digest, one.length) for one in found]


class TestCodec:
    @given(event=EVENTS)
    def test_every_event_round_trips(self, event: Event) -> None:
        """Whatever can happen comes back from its bytes as it was."""
        back = decode(1, event.TOPIC, encode(event))
        assert back == event
        assert references(back) == references(event)
        assert type(back) is type(event)
        assert back.at.utcoffset() == timedelta(0)

    @given(at=INSTANTS)
    def test_recording_instants_round_trip(self, at: datetime) -> None:
        """The instant of recording is kept to the microsecond, in every year."""
        assert instant(stamp(at)) == at

    @given(topic=st.sampled_from(sorted(CATALOGUE)), payload=st.binary(max_size=30))
    def test_damaged_bytes_are_unavailable(self, topic: str, payload: bytes) -> None:
        """Bytes that are no event raise ``Unavailable`` with the position, and nothing else."""
        with pytest.raises(Unavailable, match="position 77 "):
            decode(77, topic, payload)


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
