"""The fact table in its own file: kept, compared, thrown away, made anew."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ventanilla import Actor, Desk
from ventanilla.adapters.views import VERSION, SqliteView
from ventanilla.core.commands import Close, Command, Open, Reopen, Resolve, Route, SetDue
from ventanilla.core.errors import Unavailable
from ventanilla.projections.tickets import TicketFacts

AT = datetime(2026, 1, 5, 9, tzinfo=UTC)
AGENT = Actor("agent", "a7")
ROW = TicketFacts(ticket="T-1", version=1, last_at=AT, channel="phone", opened_at=AT, opened_position=1)

INSTANTS = st.datetimes(timezones=st.just(UTC))
WORDS = st.text(max_size=8)
POSITIONS = st.integers(1, 2**62)


def _column(name: str) -> st.SearchStrategy[Any]:
    if name.endswith("_at"):
        found: st.SearchStrategy[Any] = INSTANTS
    elif name.endswith("_position"):
        found = POSITIONS
    else:
        special: dict[str, st.SearchStrategy[Any]] = {
            "ticket": st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8),
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


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "desk.views.db"


@pytest.fixture
def view(path: Path) -> Iterator[SqliteView]:
    with closing(SqliteView(path)) as opened:
        yield opened


def ask(*commands: Command, url: str) -> None:
    with Desk(url) as desk:
        for command in commands:
            desk.handle(command)


class TestSave:
    def test_empty(self, view: SqliteView) -> None:
        """A new view has no rows, stands before the log and knows no newest instant."""
        assert view.position() == 0
        assert list(view.rows()) == []
        assert view.rows_of(["T-1"]) == {}
        assert view.last_at() is None

    @given(row=ROWS)
    def test_rows_round_trip(self, row: TicketFacts) -> None:
        """Every row that can be comes back as it was, alone and among all."""
        with closing(SqliteView(None)) as view:
            assert view.save([row], 0, 7)
            assert view.rows_of([row.ticket]) == {row.ticket: row}
            assert list(view.rows()) == [row]
            assert view.last_at() == row.last_at

    def test_keeps_rows_and_position_together(self, view: SqliteView, path: Path) -> None:
        """What was saved is there when the file is opened again, with its position."""
        assert view.save([ROW], 0, 7)
        with closing(SqliteView(path)) as other:
            assert (other.position(), list(other.rows()), other.last_at()) == (7, [ROW], AT)

    def test_a_newer_row_replaces_the_older(self, view: SqliteView) -> None:
        """A ticket has one row."""
        later = attrs.evolve(ROW, version=2, team="blue", last_at=AT + timedelta(hours=1))
        view.save([ROW], 0, 1)
        view.save([later], 1, 2)
        assert list(view.rows()) == [later]
        assert view.last_at() == AT + timedelta(hours=1)

    def test_newest_instant_never_goes_back(self, view: SqliteView) -> None:
        """A later page with older events leaves the newest instant as it is."""
        view.save([attrs.evolve(ROW, last_at=AT + timedelta(days=1))], 0, 1)
        view.save([attrs.evolve(ROW, ticket="T-2")], 1, 2)
        assert view.last_at() == AT + timedelta(days=1)

    def test_position_moved(self, view: SqliteView, path: Path) -> None:
        """If another worker moved the position, nothing is kept and the answer is no."""
        with closing(SqliteView(path)) as other:
            assert other.save([ROW], 0, 7)
            assert not view.save([attrs.evolve(ROW, team="late"), attrs.evolve(ROW, ticket="T-2")], 0, 9)
            assert (view.position(), list(view.rows())) == (7, [ROW])

    def test_rows_by_ticket(self, view: SqliteView) -> None:
        """All rows come sorted by ticket."""
        view.save([attrs.evolve(ROW, ticket=ticket) for ticket in ("b", "c", "a")], 0, 3)
        assert [row.ticket for row in view.rows()] == ["a", "b", "c"]

    def test_rows_of_many(self, view: SqliteView) -> None:
        """More tickets than a statement takes parameters can be asked for, those unknown left out."""
        view.save([attrs.evolve(ROW, ticket=f"T-{n}") for n in range(2_000)], 0, 2_000)
        assert len(view.rows_of([f"T-{n}" for n in range(1_000, 3_000)])) == 1_000

    def test_clear(self, view: SqliteView) -> None:
        """A cleared view is as good as new."""
        view.save([ROW], 0, 7)
        view.clear()
        assert (view.position(), list(view.rows()), view.last_at()) == (0, [], None)
        assert view.save([ROW], 0, 1)


class TestFile:
    @pytest.mark.parametrize("version", [VERSION + 1, VERSION + 40])
    def test_of_another_version_is_thrown_away(self, path: Path, version: int) -> None:
        """A view of another version is emptied, whatever its tables look like."""
        with closing(SqliteView(path)) as view:
            view.save([ROW], 0, 7)
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("ALTER TABLE tickets DROP COLUMN team")
            connection.execute(f"PRAGMA user_version = {version}")
            connection.commit()
        with closing(SqliteView(path)) as view:
            assert (view.position(), list(view.rows())) == (0, [])
        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute("PRAGMA user_version").fetchone() == (VERSION,)

    def test_no_database(self, path: Path) -> None:
        """A text file in its place is unavailable, and the message says that nothing is lost."""
        path.write_text("Dear diary,\n" * 500)
        with pytest.raises(Unavailable, match="nothing that the log does not"):
            SqliteView(path)

    def test_locked(self, view: SqliteView, path: Path) -> None:
        """While another program writes nothing is saved, and afterwards it is."""
        view._connection.execute("PRAGMA busy_timeout = 50")
        with closing(sqlite3.connect(path)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(Unavailable, match="locked"):
                view.save([ROW], 0, 7)
            other.execute("ROLLBACK")
        assert view.save([ROW], 0, 7)

    def test_can_be_read_by_any_tool(self, view: SqliteView, path: Path) -> None:
        """Instants are ISO 8601 text that sorts, facts are a JSON object."""
        view.save([attrs.evolve(ROW, facts={"district": "Roxbury"})], 0, 1)
        with closing(sqlite3.connect(path)) as connection:
            found = connection.execute("SELECT opened_at, json_extract(facts, '$.district') FROM tickets").fetchall()
        assert found == [("2026-01-05T09:00:00.000000+00:00", "Roxbury")]


class TestWithADesk:
    """The view of a real log, beside its file."""

    @pytest.fixture
    def url(self, tmp_path: Path) -> str:
        return f"sqlite:///{tmp_path}/desk.db"

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

    def test_deleted_file_is_rebuilt(self, url: str, commands: list[Command], tmp_path: Path) -> None:
        """If the view's file is deleted it is made anew from the log."""
        ask(*commands, url=url)
        with Desk(url) as desk:
            before = list(desk.facts())
        for leftover in tmp_path.glob("desk.views.db*"):
            leftover.unlink()
        with Desk(url) as desk:
            assert list(desk.facts()) == before
        assert len(before) == 2

    def test_older_version_is_rebuilt(self, url: str, commands: list[Command], tmp_path: Path) -> None:
        """A view of another version is folded anew when the desk is asked."""
        ask(*commands, url=url)
        with Desk(url) as desk:
            before = list(desk.facts())
        with closing(sqlite3.connect(tmp_path / "desk.views.db")) as connection:
            connection.execute("UPDATE tickets SET team = 'wrong'")
            connection.execute(f"PRAGMA user_version = {VERSION + 1}")
            connection.commit()
        with Desk(url) as desk:
            assert list(desk.facts()) == before

    def test_ticket_with_a_nul(self, url: str) -> None:
        """A ticket with a NUL character in its id, as some exports have them, is folded on like any other."""
        with Desk(url) as desk:
            desk.handle(Open(ticket="T\0-1", at=AT, actor=AGENT, channel="phone"))
            desk.catch_up()
            desk.handle(Route(ticket="T\0-1", at=AT, actor=AGENT, team="blue"))
            assert [(row.ticket, row.version, row.team) for row in desk.facts()] == [("T\0-1", 2, "blue")]

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

    def test_of_another_log_is_thrown_away(self, url: str, commands: list[Command], tmp_path: Path) -> None:
        """If the log's file is deleted or replaced, the view of the old log answers nothing."""
        ask(*commands, url=url)
        with Desk(url) as desk:
            assert desk.ask("tickets").value == 2
        for leftover in tmp_path.glob("desk.db*"):
            leftover.unlink()
        with Desk(url) as desk:
            desk.handle(Open(ticket="T-9", at=AT, actor=AGENT, channel="phone"))
            assert [row.ticket for row in desk.facts()] == ["T-9"]
