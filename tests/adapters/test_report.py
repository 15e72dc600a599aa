"""The page: as data, in the terminal, as HTML."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from rich.console import Console, RenderableType
from tags import Tags

from ventanilla import Actor, Desk
from ventanilla.adapters.report import html, make_page, terminal
from ventanilla.adapters.report.words import agreement_line, duration, percent
from ventanilla.core.commands import Close, Open, Resolve, Route, SetDue, StateVerdict

MADRID = ZoneInfo("Europe/Madrid")
MONDAY = datetime(2025, 3, 3, 9, tzinfo=UTC)
WHO = Actor("agent", "a1")
HOUR = timedelta(hours=1)


def settle(desk: Desk, ticket: str, *, hours: int, channel: str = "phone", team: str = "repairs") -> None:
    """Open a ticket on Monday, due in four hours, and settle it after *hours*."""
    desk.handle(Open(ticket=ticket, at=MONDAY, actor=WHO, channel=channel))
    desk.handle(Route(ticket=ticket, at=MONDAY, actor=WHO, team=team))
    desk.handle(SetDue(ticket=ticket, at=MONDAY, actor=WHO, due=MONDAY + 4 * HOUR))
    desk.handle(Resolve(ticket=ticket, at=MONDAY + hours * HOUR, actor=WHO, code="fixed"))
    desk.handle(Close(ticket=ticket, at=MONDAY + hours * HOUR, actor=WHO))


@pytest.fixture
def desk() -> Iterator[Desk]:
    """Give a desk with a ticket on time, a late one with a verdict that is not ours, and an open one."""
    with Desk("sqlite:///:memory:") as opened:
        settle(opened, "T-1", hours=3)
        settle(opened, "T-2", hours=5, team="<script>alert(1)</script>")
        stated = MONDAY + 5 * HOUR
        opened.handle(StateVerdict(ticket="T-2", at=stated, actor=WHO, by="the city", verdict="met"))
        opened.handle(Open(ticket="T-3", at=MONDAY + 6 * HOUR, actor=WHO, channel="web"))
        yield opened


class TestPage:
    def test_figures(self, desk: Desk) -> None:
        """The page has the figures that the desk answers one by one."""
        page = make_page(desk, zone=MADRID)
        assert {name: answer.value for name, answer in page.headlines.items()} == {
            "tickets": 3,
            "settled": 2,
            "on_time": 0.5,
            "resolution_time": 4 * 3600,
            "resolution_time_p90": 4.8 * 3600,
            "backlog": 1,
            "backlog_age": 0,
        }
        assert [(line.name, line.answers["tickets"].value) for line in page.by_channel] == [("phone", 2), ("web", 1)]
        assert [(line.name, line.answers["tickets"].value) for line in page.over_time] == [("2025-03-03", 3)]
        assert dict(page.ages)["up to a day"] == 1
        assert page.codes == [("fixed", 2)]

    def test_disagreement_is_explained(self, desk: Desk) -> None:
        """Another system's verdict that is not ours is named, with both instants."""
        (agreement,) = make_page(desk, zone=MADRID).agreements
        (one,) = agreement.disagreements
        assert agreement_line(agreement) == "agreement with the city's own verdict: 0 of 1 (0.00 %)"
        assert (one.ticket, one.stated, one.ours) == ("T-2", "met", "breached")
        assert one.settled_at - one.due_at == HOUR

    def test_empty_desk(self) -> None:
        """A desk without tickets has a page: nothing is counted, and nothing is made up."""
        with Desk("sqlite:///:memory:") as empty:
            page = make_page(empty, zone=MADRID)
        assert page.headlines["tickets"].value == 0
        assert page.headlines["on_time"].value is None
        assert "0" in shown(terminal.render(page))
        assert "<html" in html.render(page)

    def test_json_is_the_same_data(self, desk: Desk) -> None:
        """As JSON it says the same, without the evidence."""
        page = make_page(desk, zone=MADRID)
        data = json.loads(page.as_json())
        assert data["headlines"]["on_time"]["value"] == 0.5
        assert data["agreements"][0]["disagreements"][0]["ticket"] == "T-2"
        assert "evidence" not in data["headlines"]["on_time"]


class TestTerminal:
    def test_says_it_all(self, desk: Desk) -> None:
        """The figures, the verdict and the ticket behind the disagreement are on the screen."""
        text = shown(terminal.render(make_page(desk, zone=MADRID)))
        for part in ("50.00 %", "4 h 0 min", "agreement with the city's own verdict: 0 of 1", "T-2: they say met"):
            assert part in text


class TestHtml:
    def test_stands_alone_and_is_escaped(self, desk: Desk) -> None:
        """The file needs nothing from anywhere else, and what comes from the log cannot act in it."""
        text = html.render(make_page(desk, zone=MADRID))
        found = Tags()
        found.feed(text)
        assert not {"script", "link", "img", "iframe"} & set(found.tags)
        assert not {"src", "href", "onload"} & set(found.attributes)
        assert "&lt;script&gt;alert(1)" in text
        assert "http" not in text

    @pytest.mark.skipif(not shutil.which("chromium"), reason="needs the browser chromium")
    def test_a_browser_draws_it(self, desk: Desk, tmp_path: Path) -> None:
        """A real browser loads the page and lays its chart and tables out."""
        file = tmp_path / "page.html"
        file.write_text(html.render(make_page(desk, zone=MADRID)), encoding="utf-8")
        flags = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
        program = [shutil.which("chromium") or "", *flags, f"--user-data-dir={tmp_path / 'profile'}"]
        done = subprocess.run(
            [*program, "--dump-dom", file.as_uri()], capture_output=True, text=True, timeout=120, check=True
        )
        assert "<rect" in done.stdout
        assert "agreement with the city's own verdict: 0 of 1" in done.stdout


class TestWords:
    @pytest.mark.parametrize(
        ("seconds", "words"),
        [(0, "0 s"), (59.9, "59 s"), (61, "1 min 1 s"), (3_600, "1 h 0 min"), (90_000, "1 d 1 h"), (-61, "-1 min 1 s")],
    )
    def test_duration(self, seconds: float, words: str) -> None:
        """A duration is told in its two greatest units."""
        assert duration(seconds) == words

    @pytest.mark.parametrize(
        ("ratio", "words"), [(1, "100.00 %"), (0.999999, "99.99 %"), (0.000001, "0.01 %"), (0, "0.00 %")]
    )
    def test_percent(self, ratio: float, words: str) -> None:
        """Only all is a hundred per cent, and only nothing is none."""
        assert percent(ratio) == words


def shown(rendered: RenderableType) -> str:
    """Return what is on the screen when *rendered* is printed."""
    console = Console(width=120, file=StringIO())
    console.print(rendered)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()
