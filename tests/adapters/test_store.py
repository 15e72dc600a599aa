"""The store: what any backend must do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, timedelta

import attrs
import pytest
from stored import AT, CLOSED, DUE, NOW, OPENED, ROUTED, aside, commit

from ventanilla.adapters.store import Claimed, Commit, Store, open_store
from ventanilla.adapters.store.limits import MAX_EVENT, MAX_ID, MAX_KEY
from ventanilla.core.errors import Conflict, Refused, Unavailable
from ventanilla.core.events import TicketOpened, TicketRouted
from ventanilla.core.recorded import Unreadable


@pytest.fixture
def store(backend_url: str) -> Iterator[Store]:
    """An empty store of each backend in turn; a new backend joins in ``conftest``."""
    opened, _ = open_store(backend_url, create=True)
    with closing(opened):
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
