"""The fact table on every backend: kept, compared, thrown away, made anew."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Collection, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ventanilla import Actor, Desk
from ventanilla.adapters.store import Store, open_store
from ventanilla.adapters.store.sqlite import SqliteDatabase
from ventanilla.adapters.views import VERSION, TicketView
from ventanilla.core.commands import Close, Command, Open, Reopen, Resolve, Route, SetDue
from ventanilla.core.errors import Conflict, Unavailable
from ventanilla.projections import runner
from ventanilla.projections.parked import Parked
from ventanilla.projections.runner import Mark
from ventanilla.projections.tickets import TicketFacts

AT = datetime(2026, 1, 5, 9, tzinfo=UTC)
AGENT = Actor("agent", "a7")
ROW = TicketFacts(ticket="T-1", version=1, last_at=AT, channel="phone", opened_at=AT, opened_position=1)

INSTANTS = st.datetimes(timezones=st.just(UTC))
WORDS = st.text(st.characters(codec="utf-8"), max_size=8)
POSITIONS = st.integers(1, 2**62)


def _column(name: str) -> st.SearchStrategy[Any]:
    if name.endswith("_at"):
        found: st.SearchStrategy[Any] = INSTANTS
    elif name.endswith("_position"):
        found = POSITIONS
    else:
        special: dict[str, st.SearchStrategy[Any]] = {
            "ticket": WORDS,
            "version": st.integers(1, 2**62),
            "reopens": st.integers(0, 9),
            "facts": st.dictionaries(WORDS, WORDS, max_size=3),
            "status": st.sampled_from(["open", "resolved", "closed"]),
            "stated": st.sampled_from(["met", "breached"]),
        }
        found = special.get(name, WORDS)
    required = ("ticket", "version", "last_at", "channel", "opened_at", "opened_position", "status", "facts", "reopens")
    return found if name in required else st.none() | found


ROWS = st.builds(TicketFacts, **{field.name: _column(field.name) for field in attrs.fields(TicketFacts)})


PARKED = Parked(stream="T-1", position=9, topic="ticket.lost/9", reason="position 9 is lost", events=2)


@pytest.fixture
def store(backend_url: str) -> Iterator[Store]:
    """Give an empty log on each backend."""
    opened, _ = open_store(backend_url, create=True)
    with closing(opened):
        yield opened


@pytest.fixture
def view(store: Store) -> Iterator[TicketView]:
    """Give an empty view on each backend."""
    with closing(TicketView(store.database.beside())) as opened:
        yield opened


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Give the place of a SQLite file."""
    return tmp_path / "desk.views.db"


def on_file(path: Path) -> TicketView:
    return TicketView(SqliteDatabase(path))


def save(view: TicketView, rows: Collection[TicketFacts], after: int, parked: Collection[Parked] = ()) -> bool:
    """Save *rows* from where *view* stands to the position *after*."""
    mark, newest = view.mark(), max((row.last_at for row in rows), default=None)
    return view.save(rows, parked, mark, attrs.evolve(mark, position=after, newest=newest))


def ask(*commands: Command, url: str) -> None:
    with Desk(url) as desk:
        for command in commands:
            desk.handle(command)


class TestSave:
    def test_empty(self, view: TicketView) -> None:
        """A new view has no rows, stands before the log and knows no newest instant."""
        assert view.position() == 0
        assert list(view.rows()) == []
        assert view.rows_of(["T-1"]) == {}
        assert view.last_at() is None
        assert view.parked() == []

    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=50)
    @given(row=ROWS)
    def test_rows_round_trip(self, view: TicketView, row: TicketFacts) -> None:
        """Every row that can be comes back as it was, NUL and all, alone and among all."""
        view.clear()
        assert save(view, [row], 7)
        assert view.rows_of([row.ticket]) == {row.ticket: row}
        assert list(view.rows()) == [row]
        assert view.last_at() == row.last_at
        if row.customer is not None:
            assert view.rows_where("customer", row.customer) == [row]

    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=50)
    @given(stream=WORDS, topic=WORDS, reason=WORDS)
    def test_parked_round_trip(self, view: TicketView, stream: str, topic: str, reason: str) -> None:
        """What is said of a parked ticket comes back as it was, alone and among all."""
        view.clear()
        found = Parked(stream=stream, position=4, topic=topic, reason=reason, events=1)
        assert save(view, [], 7, [found])
        assert (view.parked(), view.parked_of([stream, "other"])) == ([found], {stream: found})

    def test_keeps_rows_parked_and_position_together(self, store: Store, view: TicketView) -> None:
        """What was saved is there for whoever opens the view, with its position."""
        assert save(view, [ROW], 9, [PARKED])
        other = TicketView(view.database)
        assert (other.position(), list(other.rows()), other.last_at(), other.parked()) == (9, [ROW], AT, [PARKED])

    def test_a_newer_row_replaces_the_older(self, view: TicketView) -> None:
        """A ticket has one row, and one line among the parked."""
        later = attrs.evolve(ROW, version=2, team="blue", last_at=AT + timedelta(hours=1))
        save(view, [ROW], 1, [PARKED])
        save(view, [later], 2, [attrs.evolve(PARKED, events=3)])
        assert list(view.rows()) == [later]
        assert view.last_at() == AT + timedelta(hours=1)
        assert view.parked() == [attrs.evolve(PARKED, events=3)]

    def test_newest_instant_never_goes_back(self, view: TicketView) -> None:
        """A later page with older events leaves the newest instant as it is."""
        save(view, [attrs.evolve(ROW, last_at=AT + timedelta(days=1))], 1)
        save(view, [attrs.evolve(ROW, ticket="T-2")], 2)
        assert view.last_at() == AT + timedelta(days=1)

    @pytest.mark.parametrize("moved", [Mark(position=7, build=1), Mark(position=0, build=2)])
    def test_moved_meanwhile(self, view: TicketView, moved: Mark) -> None:
        """If another worker moved the position, or began anew, nothing is kept and the answer is no."""
        before = view.mark()
        assert view.save([ROW], (), before, moved)
        late = [attrs.evolve(ROW, team="late"), attrs.evolve(ROW, ticket="T-2")]
        assert not view.save(late, [PARKED], before, attrs.evolve(before, position=9))
        assert (view.mark(), list(view.rows()), view.parked()) == (moved, [ROW], [])

    def test_freed_is_parked_no_longer(self, view: TicketView) -> None:
        """What goes on again leaves the list; the others stay."""
        other = attrs.evolve(PARKED, stream="T\0-2", position=3)
        save(view, [], 9, [PARKED, other])
        mark = view.mark()
        assert view.save([ROW], (), mark, attrs.evolve(mark, build=mark.build + 1), ["T\0-2"])
        assert view.parked() == [PARKED]

    def test_rows_by_ticket(self, view: TicketView) -> None:
        """All rows come sorted by ticket, byte by byte."""
        save(view, [attrs.evolve(ROW, ticket=ticket) for ticket in ("b", "ä", "C", "a")], 4)
        assert [row.ticket for row in view.rows()] == ["C", "a", "b", "ä"]

    def test_rows_of_many(self, view: TicketView) -> None:
        """More tickets than a statement takes parameters can be asked for, those unknown left out."""
        save(view, [attrs.evolve(ROW, ticket=f"T-{n}") for n in range(2_000)], 2_000)
        assert len(view.rows_of([f"T-{n}" for n in range(1_000, 3_000)])) == 1_000

    def test_rows_are_of_one_moment(self, view: TicketView) -> None:
        """Rows that are saved while others are read are not among them."""
        save(view, [attrs.evolve(ROW, ticket=f"T-{n:05}") for n in range(5_000)], 5_000)
        rows = view.rows()
        next(rows)
        save(view, [attrs.evolve(ROW, ticket=f"T-{n:05}", team="late") for n in range(5_100)], 9_999)
        assert {row.team for row in rows} == {None}
        assert sum(1 for row in view.rows() if row.team == "late") == 5_100

    def test_clear(self, view: TicketView) -> None:
        """A cleared view is as good as new, and a worker that had read it before writes nothing into it."""
        before = view.mark()
        save(view, [ROW], 7, [PARKED])
        view.clear()
        assert (view.position(), list(view.rows()), view.last_at(), view.parked()) == (0, [], None, [])
        assert not view.save([ROW], (), before, Mark(position=1))
        assert save(view, [ROW], 1)


class TestBeside:
    """A view that is made anew beside the one that answers."""

    def test_is_swapped_in(self, view: TicketView) -> None:
        """The old rows answer until the new ones take their place, and again, and again."""
        save(view, [ROW], 7, [PARKED])
        for number in range(3):
            beside = view.beside()
            new = attrs.evolve(ROW, team=f"team {number}", customer="customer/c1")
            assert (beside.position(), list(beside.rows()), beside.parked()) == (0, [], [])
            save(beside, [new], 7)
            assert list(view.rows()) != [new]
            assert view.replace_by(beside)
            assert (view.position(), list(view.rows()), view.parked(), view.last_at()) == (7, [new], [], AT)
            assert view.rows_where("customer", "customer/c1") == [new]

    def test_that_is_behind_is_not_swapped_in(self, view: TicketView) -> None:
        """Nobody sees the view go back: what comes in its place is as far, or farther."""
        save(view, [ROW], 7)
        beside = view.beside()
        save(beside, [], 6)
        assert not view.replace_by(beside)
        save(beside, [ROW], 8)
        assert view.replace_by(beside)
        assert view.position() == 8

    def test_left_half_done_is_dropped(self, view: TicketView) -> None:
        """After a kill the next one begins at the beginning; whoever still writes to the first writes nothing."""
        first = view.beside()
        save(first, [ROW], 7)
        mark = first.mark()
        second = view.beside()
        assert (second.position(), list(second.rows())) == (0, [])
        assert not first.save([ROW], (), mark, attrs.evolve(mark, position=9))
        save(second, [attrs.evolve(ROW, ticket="T-2")], 7)
        assert view.replace_by(second)
        assert [row.ticket for row in view.rows()] == ["T-2"]

    def test_swapped_in_by_another(self, view: TicketView) -> None:
        """Of two that make it anew the second learns that it is done."""
        one, other = view.beside(), view.beside()
        assert view.replace_by(one)
        with pytest.raises(Conflict, match="made the view anew"):
            other.mark()
        with pytest.raises(Conflict, match="made the view anew"):
            view.replace_by(other)

    def test_a_page_read_before_the_swap_is_not_saved_after_it(self, view: TicketView) -> None:
        """A worker that read the old rows does not write them into the new view, though the position is the same."""
        save(view, [ROW], 7)
        mark, beside = view.mark(), view.beside()
        save(beside, [attrs.evolve(ROW, team="new")], 7)
        assert view.replace_by(beside)
        assert not view.save([ROW], (), mark, attrs.evolve(mark, position=8))

    def test_builds_never_come_again(self, view: TicketView) -> None:
        """However rebuilds, retries and half-done builds follow each other, no build has the number of another."""
        seen = [view.mark().build]
        for half_done in (0, 1, 2, 0, 3):
            for _ in range(half_done):
                view.beside()
            mark = view.mark()
            assert view.save((), (), mark, attrs.evolve(mark, build=mark.build + 1))
            seen.append(view.mark().build)
            assert view.replace_by(view.beside())
            seen.append(view.mark().build)
            view.clear()
            seen.append(view.mark().build)
        assert seen == sorted(set(seen))


class TestDatabase:
    def test_of_another_version_is_thrown_away(self, view: TicketView) -> None:
        """A view of another version is emptied, whatever its tables look like, and who had it open is told."""
        save(view, [ROW], 7)
        with view.database.write() as cursor:
            cursor.execute("ALTER TABLE view_tickets DROP COLUMN team")
            cursor.execute("UPDATE view_progress SET version = version + 40")
        with pytest.raises(Unavailable, match="another version"):
            view.position()
        again = TicketView(view.database)
        assert (again.position(), list(again.rows())) == (0, [])
        assert view.database.select("SELECT version FROM view_progress") == [(VERSION,)]

    def test_made_by_many_at_once(self, store: Store) -> None:
        """Processes that start together make the tables once."""
        found: list[TicketView | BaseException] = []

        def make() -> None:
            try:
                found.append(TicketView(store.database.beside()))
            except BaseException as error:
                found.append(error)

        threads = [threading.Thread(target=make) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [type(one) for one in found] == [TicketView] * 6
        for one in found:
            assert isinstance(one, TicketView)
            one.close()

    def test_no_database(self, path: Path) -> None:
        """A text file in its place is unavailable, and the message says that nothing is lost."""
        path.write_text("Dear diary,\n" * 500)
        with pytest.raises(Unavailable, match="nothing that the log does not"):
            on_file(path)

    def test_locked(self, path: Path) -> None:
        """While another program writes nothing is saved, and afterwards it is."""
        with closing(TicketView(SqliteDatabase(path, lock_timeout=1))) as view:
            with closing(sqlite3.connect(path)) as other:
                other.execute("BEGIN IMMEDIATE")
                with pytest.raises(Unavailable, match="locked"):
                    save(view, [ROW], 7)
                other.execute("ROLLBACK")
            assert save(view, [ROW], 7)

    def test_can_be_read_by_any_tool(self, view: TicketView) -> None:
        """Instants are ISO 8601 text that sorts, facts are a JSON object."""
        save(view, [attrs.evolve(ROW, facts={"district": "Roxbury"})], 1)
        district = (
            "facts::json ->> 'district'"
            if view.database.dialect.name == "postgresql"
            else ("json_extract(facts, '$.district')")
        )
        found = view.database.select(f"SELECT opened_at, {district} FROM view_tickets")
        assert found == [("2026-01-05T09:00:00.000000+00:00", "Roxbury")]

    def test_log_is_not_held_up(self, store: Store, view: TicketView) -> None:
        """Others write to the log while a page is saved."""
        with view.database.write() as cursor:
            cursor.execute("UPDATE view_progress SET position = position")
            store.append([], recorded_at=AT)


class TestWithADesk:
    """The view of a real log, beside its file."""

    @pytest.fixture(params=["sqlite", "postgresql"])
    def url(self, request: pytest.FixtureRequest, tmp_path: Path) -> str:
        if request.param == "sqlite":
            return f"sqlite:///{tmp_path}/desk.db"
        return str(request.getfixturevalue("postgres_url"))

    @pytest.fixture
    def commands(self) -> list[Command]:
        hour = timedelta(hours=1)
        return [
            Open(ticket="T-1", at=AT, actor=AGENT, channel="phone", facts={"district": "Roxbury"}),
            SetDue(ticket="T-1", at=AT, actor=AGENT, due=AT + hour),
            Open(ticket="T-2", at=AT, actor=AGENT, channel="mail"),
            Resolve(ticket="T-1", at=AT + 2 * hour, actor=AGENT, code="fixed"),
            Reopen(ticket="T-1", at=AT + 3 * hour, actor=AGENT),
            Route(ticket="T-1", at=AT + 3 * hour, actor=AGENT, team="blue"),
            Close(ticket="T-1", at=AT + 4 * hour, actor=AGENT),
        ]

    def test_rebuilt_equals(self, url: str, commands: list[Command]) -> None:
        """Folding on after every command gives the rows that folding the whole log at once gives."""
        with Desk(url) as desk:
            for command in commands:
                desk.handle(command)
                desk.catch_up()
            before = list(desk.view.rows())
            assert desk.rebuild() == desk.store.head() == 7
            assert list(desk.view.rows()) == before
        assert [(row.ticket, row.version, row.status, row.reopens) for row in before] == [
            ("T-1", 6, "closed", 1),
            ("T-2", 1, "open", 0),
        ]

    def test_answers_while_it_is_rebuilt(
        self, url: str, commands: list[Command], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Questions asked while the view is made anew are answered from the old one, whole."""
        monkeypatch.setattr(runner, "PAGE", 2)
        ask(*commands, url=url)
        values: list[float | None] = []
        with Desk(url) as desk, Desk(url) as other:
            desk.catch_up()
            desk.rebuild(lambda _: values.append(other.ask("tickets").value))
        assert values == [2, 2, 2, 2]

    def test_is_swapped_in_while_others_read(self, url: str) -> None:
        """Whoever reads all rows reads the old ones to their end, and then the new view takes their place."""
        with Desk(url) as desk:
            save(desk.view, [attrs.evolve(ROW, ticket=f"T-{n:05}", team="old") for n in range(5_000)], 0)
            rows = desk.view.rows()
            next(rows)
            thread = threading.Thread(target=desk.rebuild)
            thread.start()
            thread.join(2)
            assert sum(1 for row in rows if row.team == "old") == 4_999
            thread.join()
            assert list(desk.view.rows()) == []

    def test_deleted_file_is_rebuilt(self, commands: list[Command], tmp_path: Path) -> None:
        """If the view's file is deleted it is made anew from the log."""
        url = f"sqlite:///{tmp_path}/desk.db"
        ask(*commands, url=url)
        with Desk(url) as desk:
            before = list(desk.facts())
        for leftover in tmp_path.glob("desk.views.db*"):
            leftover.unlink()
        with Desk(url) as desk:
            assert list(desk.facts()) == before
        assert len(before) == 2

    def test_older_version_is_rebuilt(self, url: str, commands: list[Command]) -> None:
        """A view of another version is folded anew when the desk is asked."""
        ask(*commands, url=url)
        with Desk(url) as desk:
            before = list(desk.facts())
            with desk.view.database.write() as cursor:
                cursor.execute("UPDATE view_tickets SET team = 'wrong'")
                cursor.execute("UPDATE view_progress SET version = ?", (VERSION + 1,))
        with Desk(url) as desk:
            assert list(desk.facts()) == before

    def test_text_with_a_nul(self, url: str) -> None:
        """A team with a NUL character in its name, as some exports have them, is folded like any other."""
        with Desk(url) as desk:
            desk.handle(Open(ticket="T-1", at=AT, actor=AGENT, channel="phone", facts={"place": "a\0b"}))
            desk.handle(Route(ticket="T-1", at=AT, actor=AGENT, team="bl\0ue\x1b0"))
            assert [(row.team, row.facts) for row in desk.facts()] == [("bl\0ue\x1b0", {"place": "a\0b"})]

    def test_two_workers_on_one_view(self, url: str, commands: list[Command]) -> None:
        """Two desks that take turns in folding count every event once."""
        with Desk(url) as one, Desk(url) as other:
            for index, command in enumerate(commands):
                (one, other)[index % 2].handle(command)
                (other, one)[index % 2].catch_up()
            kept = list(one.facts())
            assert list(other.facts()) == kept
            one.rebuild()
            assert list(one.view.rows()) == kept

    def test_that_cannot_be_used_leaves_nothing_open(self, tmp_path: Path) -> None:
        """A desk whose view cannot be opened lets go of its log."""
        (tmp_path / "desk.views.db").write_text("Dear diary,\n" * 500)
        with pytest.raises(Unavailable, match=r"desk\.views\.db"):
            Desk(f"sqlite:///{tmp_path}/desk.db")
        (tmp_path / "desk.views.db").unlink()
        with Desk(f"sqlite:///{tmp_path}/desk.db") as desk:
            assert desk.ask("tickets").value == 0

    def test_of_another_log_is_thrown_away(self, commands: list[Command], tmp_path: Path) -> None:
        """If the log's file is deleted or replaced, the view of the old log answers nothing."""
        url = f"sqlite:///{tmp_path}/desk.db"
        ask(*commands, url=url)
        with Desk(url) as desk:
            assert desk.ask("tickets").value == 2
        for leftover in tmp_path.glob("desk.db*"):
            leftover.unlink()
        with Desk(url) as desk:
            desk.handle(Open(ticket="T-9", at=AT, actor=AGENT, channel="phone"))
            assert [row.ticket for row in desk.facts()] == ["T-9"]
