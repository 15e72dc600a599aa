"""An event that cannot be read: its ticket stands still, the others go on, and every answer says so."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console
from typer.testing import CliRunner

from ventanilla import Actor, Desk, Unavailable
from ventanilla.adapters.cli.app import app
from ventanilla.adapters.report import html, make_page, terminal
from ventanilla.core.commands import Command, Open, Reopen, Resolve, Route
from ventanilla.projections import runner
from ventanilla.projections.parked import Parked
from ventanilla.projections.tickets import fold

AT = datetime(2026, 1, 5, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
AGENT = Actor("agent", "a7")
COMMANDS: list[Command] = [
    Open(ticket="T-1", at=AT, actor=AGENT, channel="phone"),
    Open(ticket="T-2", at=AT, actor=AGENT, channel="mail"),
    Route(ticket="T-1", at=AT + HOUR, actor=AGENT, team="blue"),
    Resolve(ticket="T-1", at=AT + 2 * HOUR, actor=AGENT, code="fixed"),
    Resolve(ticket="T-2", at=AT + 2 * HOUR, actor=AGENT, code="fixed"),
    Reopen(ticket="T-2", at=AT + 3 * HOUR, actor=AGENT),
]
REASON = (
    "ticket T-1 stands as before event 3, 2 events are left out: "
    "position 3 of the log has the unknown topic 'ticket.lost/9'"
)


def damage(desk: Desk, *positions: int) -> None:
    """Let the events at *positions* be of a later version."""
    column = desk.store.database.dialect.position
    with desk.store.database.write() as cursor:
        for position in positions:
            cursor.execute(f"UPDATE events SET topic = 'ticket.lost/9/' || topic WHERE {column} = ?", (position,))


def mend(desk: Desk) -> None:
    """Let this version know all topics again."""
    with desk.store.database.write() as cursor:
        cursor.execute("UPDATE events SET topic = replace(topic, 'ticket.lost/9/', '')")


@pytest.fixture
def desk(backend_url: str) -> Iterator[Desk]:
    """Give a desk with two tickets on each backend, of which event 3 cannot be read."""
    with Desk(backend_url) as opened:
        for command in COMMANDS:
            opened.handle(command)
        lose_the_third(opened)
        yield opened


def lose_the_third(desk: Desk) -> None:
    column = desk.store.database.dialect.position
    with desk.store.database.write() as cursor:
        cursor.execute(f"UPDATE events SET topic = 'ticket.lost/9' WHERE {column} = 3")


def find_the_third(desk: Desk) -> None:
    with desk.store.database.write() as cursor:
        cursor.execute("UPDATE events SET topic = 'ticket.routed/1' WHERE topic = 'ticket.lost/9'")


class TestAnswers:
    def test_of_a_whole_log_are_complete(self, backend_url: str) -> None:
        """Where everything can be read no answer lacks anything, now or in a look back."""
        with Desk(backend_url) as desk:
            for command in COMMANDS:
                desk.handle(command)
            assert desk.ask("tickets").incomplete == ()
            assert desk.ask("tickets", as_of=AT).incomplete == ()

    def test_say_that_they_are_incomplete(self, desk: Desk) -> None:
        """Every answer, cut or not, names the ticket, the event and the reason."""
        assert desk.ask("settled").incomplete == (REASON,)
        assert {answer.incomplete for answer in desk.ask("tickets", by="channel").values()} == {(REASON,)}

    def test_are_the_same_from_the_view_and_from_the_log(self, desk: Desk) -> None:
        """What is replayed from the log has the same rows, and lacks the same."""
        desk.catch_up()
        told: list[Parked] = []
        replayed = list(runner.replay(desk.store, desk.store.head(), AT + 9 * HOUR, told.append))
        assert list(desk.facts()) == replayed
        assert desk.parked() == told
        assert [(row.ticket, row.version, row.status, row.team) for row in replayed] == [
            ("T-1", 1, "open", None),
            ("T-2", 3, "open", None),
        ]

    def test_say_so_in_a_look_back(self, desk: Desk) -> None:
        """A look back does not know when the event happened that it cannot read, so it says it, too."""
        answer = desk.ask("tickets", as_of=AT)
        assert (answer.value, answer.incomplete) == (2, (REASON,))

    def test_of_a_ticket_that_never_had_a_row(self, desk: Desk) -> None:
        """If its first event cannot be read a ticket is in no figure, and is named."""
        damage(desk, 2)
        answer = desk.ask("tickets")
        assert answer.value == 1
        assert [reason.split(":")[0] for reason in answer.incomplete] == [
            "ticket T-2 stands as before event 2, 3 events are left out",
            "ticket T-1 stands as before event 3, 2 events are left out",
        ]

    def test_count_on_while_it_is_parked(self, desk: Desk) -> None:
        """Other tickets go on, and each event recorded on them is counted."""
        desk.catch_up()
        desk.handle(Open(ticket="T-3", at=AT + 4 * HOUR, actor=AGENT, channel="web"))
        assert desk.ask("tickets").value == 3


class TestTheTicketItself:
    def test_takes_no_command(self, desk: Desk) -> None:
        """Nobody decides upon half a history; the message names the position."""
        with pytest.raises(Unavailable, match="position 3 "):
            desk.handle(Reopen(ticket="T-1", at=AT + 9 * HOUR, actor=AGENT))

    def test_is_not_explained(self, desk: Desk) -> None:
        """Half an account is none."""
        with pytest.raises(Unavailable, match="position 3 "):
            desk.explain("T-1")
        assert desk.explain("T-2")


class TestTryingAgain:
    def test_in_vain(self, desk: Desk) -> None:
        """As long as it cannot be read it stays parked."""
        desk.catch_up()
        before = list(desk.view.rows()), desk.parked()
        assert desk.retry_parked() == 0
        assert (list(desk.view.rows()), desk.parked()) == before

    def test_after_an_upgrade(self, desk: Desk) -> None:
        """A version that can read the event folds all that has waited, and the answers are complete again."""
        desk.catch_up()
        find_the_third(desk)
        assert desk.ask("settled").incomplete == (REASON,)
        assert desk.retry_parked() == 1
        assert (desk.ask("settled").value, desk.ask("settled").incomplete, desk.lag().parked) == (1, (), 0)
        kept = list(desk.view.rows())
        desk.rebuild()
        assert list(desk.view.rows()) == kept

    def test_by_a_rebuild(self, desk: Desk) -> None:
        """A rebuild tries everything again."""
        desk.catch_up()
        desk.rebuild()
        assert [found.position for found in desk.parked()] == [3]
        find_the_third(desk)
        desk.rebuild()
        assert desk.parked() == []
        assert desk.ask("settled").incomplete == ()


class TestAFoldThatRaises:
    def test_parks_the_ticket(self, backend_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """A fault of the fold itself parks the ticket that it shows on, by name, and is gone when it is mended."""
        right = fold

        def wrong(row: Any, ticket: str, history: Any) -> Any:
            if ticket == "T-1" and any(position == 4 for position, _ in history):
                raise ZeroDivisionError("a share of nothing")
            return right(row, ticket, history)

        with Desk(backend_url) as desk:
            for command in COMMANDS:
                desk.handle(command)
            monkeypatch.setattr(runner, "fold", wrong)
            (reason,) = desk.ask("settled").incomplete
            assert reason.endswith("position 4 of the log cannot be folded: ZeroDivisionError: a share of nothing")
            assert [(found.topic, found.events) for found in desk.parked()] == [("ticket.resolved/1", 1)]
            monkeypatch.setattr(runner, "fold", right)
            assert desk.retry_parked() == 1
            assert desk.ask("settled").incomplete == ()


class TestLaw:
    @settings(max_examples=25)
    @given(
        first=st.sets(st.integers(1, 6)),
        second=st.sets(st.integers(1, 12)),
        pages=st.integers(0, 12),
    )
    def test_wherever_it_happens(self, first: set[int], second: set[int], pages: int) -> None:
        """Whatever is unreadable before or after a catch-up, tickets without it have the rows that they have anyway.

        And once all is mended and tried again, the view is that of a log that was always whole.
        """
        with Desk("sqlite:///:memory:") as desk, pytest.MonkeyPatch.context() as patch:
            patch.setattr(runner, "PAGE", max(pages, 1))
            for command in COMMANDS:
                desk.handle(command)
            later: list[Command] = [
                Open(ticket="T-3", at=AT + 5 * HOUR, actor=AGENT, channel="web"),
                Route(ticket="T-1", at=AT + 6 * HOUR, actor=AGENT, team="red"),
                Route(ticket="T-2", at=AT + 6 * HOUR, actor=AGENT, team="red"),
                Route(ticket="T-3", at=AT + 6 * HOUR, actor=AGENT, team="red"),
            ]
            streams = {n: command.stream for n, command in enumerate([*COMMANDS, *later], 1)}
            whole = {row.ticket: row for row in desk.facts()}
            desk.view.clear()
            damage(desk, *first)
            desk.catch_up()
            hit = {streams[place] for place in first}
            assert {row.ticket: row for row in desk.view.rows() if row.ticket not in hit} == {
                ticket: row for ticket, row in whole.items() if ticket not in hit
            }
            assert {found.stream for found in desk.parked()} == hit
            mend(desk)
            for command in later:
                desk.handle(command)
            damage(desk, *second)
            desk.catch_up()
            mend(desk)
            desk.retry_parked()
            kept = list(desk.view.rows())
            assert kept == list(runner.replay(desk.store, desk.store.head(), AT + 99 * HOUR))
            assert (len(kept), desk.parked()) == (3, [])


class TestShown:
    """Where people and programs read it."""

    @pytest.fixture
    def url(self, tmp_path: Path) -> str:
        url = f"sqlite:///{tmp_path}/desk.db"
        with Desk(url) as desk:
            for command in COMMANDS:
                desk.handle(command)
            lose_the_third(desk)
        return url

    @pytest.fixture
    def run(self, url: str) -> Callable[..., Any]:
        """Give a function that runs ``ventanilla`` on that desk."""
        return lambda *words: CliRunner().invoke(app, [*words, "--desk", url], env={"COLUMNS": "300"})

    def test_on_the_page(self, url: str) -> None:
        """The page says it in the terminal, in the browser and as data."""
        with closing(Desk(url)) as desk:
            page = make_page(desk, zone=ZoneInfo("UTC"))
        console = Console(file=StringIO(), width=300)
        console.print(terminal.render(page))
        said = console.file.getvalue()  # type: ignore[attr-defined]
        assert f"incomplete:\n{REASON}" in said
        assert "ticket T-1 stands as before event 3" in html.render(page)
        data = json.loads(page.as_json())
        assert data["incomplete"] == [REASON]
        assert "incomplete" not in data["headlines"]["tickets"]

    def test_nothing_on_a_page_that_is_complete(self, url: str) -> None:
        """A page of a whole log does not speak of it, but for programs."""
        with closing(Desk(url)) as desk:
            find_the_third(desk)
            page = make_page(desk, zone=ZoneInfo("UTC"))
        assert "ncomplete" not in html.render(page)
        assert json.loads(page.as_json())["incomplete"] == []

    def test_by_ask(self, run: Callable[..., Any]) -> None:
        """`ask` says it below the table and in its data; the exit code stays as it is."""
        done = run("ask", "tickets", "--by", "channel")
        assert (done.exit_code, done.stdout.count(f"incomplete: {REASON}")) == (0, 1)
        done = run("ask", "tickets", "--json")
        assert (done.exit_code, json.loads(done.stdout)["incomplete"]) == (0, [REASON])

    def test_by_report(self, run: Callable[..., Any]) -> None:
        """`report` says it, too; the exit code stays as it is."""
        done = run("report")
        assert done.exit_code == 0
        assert REASON in " ".join(done.stdout.split())  # lines are broken at the terminal's width

    def test_by_status(self, run: Callable[..., Any], url: str) -> None:
        """`status` counts it and exits 1, until it is mended."""
        assert run("status").exit_code == 0  # not folded yet
        assert run("ask", "tickets").exit_code == 0
        done = run("status")
        assert (done.exit_code, "tickets parked: 1 " in done.stdout) == (1, True)
        done = run("status", "--json")
        assert done.exit_code == 1
        assert json.loads(done.stdout) == {
            "head": 6,
            "position": 6,
            "events_behind": 0,
            "seconds_behind": 0.0,
            "parked": [
                {
                    "stream": "T-1",
                    "position": 3,
                    "topic": "ticket.lost/9",
                    "reason": "position 3 of the log has the unknown topic 'ticket.lost/9'",
                    "events": 2,
                }
            ],
            "quarantine": 0,
        }

    def test_by_parked(self, run: Callable[..., Any], url: str) -> None:
        """`parked list` names it, `parked retry` tries it again; both exit 1 as long as there is anything."""
        done = run("parked", "list")
        assert (done.exit_code, "ticket.lost/9" in done.stdout) == (1, True)
        assert json.loads(run("parked", "list", "--json").stdout)[0]["position"] == 3
        done = run("parked", "retry")
        assert (done.exit_code, done.stdout) == (1, "Parked no longer: 0; parked still: 1\n")
        with closing(Desk(url)) as desk:
            find_the_third(desk)
        done = run("parked", "retry")
        assert (done.exit_code, done.stdout) == (0, "Parked no longer: 1; parked still: 0\n")
        done = run("parked", "list")
        assert (done.exit_code, done.stdout) == (0, "Nothing is parked.\n")
