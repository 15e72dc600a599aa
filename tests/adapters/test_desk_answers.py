"""A desk asked: figures and accounts."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from desks import AGENT, AT, HOUR, NOW, STORY, tell_story

from ventanilla import Desk
from ventanilla.core.commands import (
    Open,
    Reopen,
)
from ventanilla.core.errors import NotUnderstood
from ventanilla.plugins import Host

METRICS = sorted(Host().metrics)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/desk.db"


@pytest.fixture
def desk(url: str) -> Iterator[Desk]:
    with Desk(url, clock=lambda: NOW) as opened:
        yield opened


@pytest.fixture
def told(desk: Desk) -> Desk:
    """A desk that has been told the whole story."""
    return tell_story(desk)


class TestAsk:
    def test_as_of_the_newest_event(self, told: Desk) -> None:
        """Without an instant the question is put at the newest event, not at today's."""
        assert told.last_at() == AT + 8 * HOUR
        for metric in METRICS:
            assert told.ask(metric).as_of == AT + 8 * HOUR

    def test_empty_log(self, desk: Desk) -> None:
        """An empty log is asked as of now, and has nothing to say."""
        assert desk.last_at() == NOW
        assert (desk.ask("tickets").value, desk.ask("on_time").value, desk.ask("tickets").n) == (0, None, 0)

    def test_values(self, told: Desk) -> None:
        """The figures of the story, with the events behind them."""
        assert told.ask("tickets").value == 2
        assert told.ask("settled").value == 2
        assert told.ask("on_time").value == 0.5
        assert told.ask("tickets").evidence == (1, 4)
        assert {key: answer.value for key, answer in told.ask("on_time", by="channel").items()} == {
            "mail": 1.0,
            "phone": 0.0,
        }
        assert {key: answer.value for key, answer in told.ask("tickets", by="district").items()} == {
            "Dorchester": 1,
            "Roxbury": 1,
        }

    def test_a_look_back(self, told: Desk, tmp_path: Path) -> None:
        """A look back answers as a desk did that knew the earlier events only, at every instant of the story."""
        for hours in range(9):
            as_of = AT + hours * HOUR
            with Desk(f"sqlite:///{tmp_path}/{hours}.db", clock=lambda: NOW) as earlier:
                for command in STORY:
                    if command.at <= as_of:
                        earlier.handle(command)
                for metric in METRICS:
                    then, now = earlier.ask(metric, as_of=as_of), told.ask(metric, as_of=as_of)
                    assert (now.value, now.n, now.interval, now.as_of) == (then.value, then.n, then.interval, as_of)
                for mine, theirs in zip(told.facts(as_of=as_of), earlier.facts(as_of=as_of), strict=True):
                    assert (mine.ticket, mine.version, mine.status) == (theirs.ticket, theirs.version, theirs.status)
                    assert (mine.due_at, mine.settled_at, mine.team) == (theirs.due_at, theirs.settled_at, theirs.team)

    def test_before_everything(self, told: Desk) -> None:
        """Before the first event there was nothing."""
        assert list(told.facts(as_of=AT - HOUR)) == []
        assert told.ask("tickets", as_of=AT - HOUR).value == 0

    def test_a_look_ahead(self, told: Desk) -> None:
        """Asked later than the newest event, open tickets are judged then."""
        told.handle(Reopen(ticket="T-1", at=AT + 9 * HOUR, actor=AGENT))
        assert told.ask("backlog_age", as_of=AT + 30 * HOUR).value == 30 * 3600

    def test_a_view_that_lags_is_caught_up(self, told: Desk, url: str) -> None:
        """What another desk recorded is in the next answer."""
        assert told.ask("tickets").value == 2
        with Desk(url) as other:
            other.handle(Open(ticket="T-3", at=AT, actor=AGENT, channel="phone"))
        assert told.ask("tickets").value == 3

    def test_rebuild_equals(self, told: Desk) -> None:
        """A rebuilt view has the same rows, and the same rows as a replay of the log."""
        before = list(told.facts())
        assert told.rebuild() == 13
        assert list(told.facts()) == before
        told.handle(Open(ticket="T-0", at=AT + 99 * HOUR, actor=AGENT, channel="phone"))
        assert list(told.facts(as_of=AT + 98 * HOUR)) == before

    def test_progress(self, told: Desk) -> None:
        """Catching up tells how far it has come."""
        reached: list[int] = []
        told.rebuild(reached.append)
        assert reached == [13]

    def test_unknown(self, told: Desk) -> None:
        """An unknown metric or dimension is not understood, and the message names those there are."""
        with pytest.raises(NotUnderstood, match=r"'speed'; there are \d+, like it settled"):
            told.ask("speed")
        with pytest.raises(NotUnderstood, match=r"'moon'.*channel"):
            told.ask("tickets", by="moon")

    def test_same_log_same_answer_in_any_process(self, told: Desk, url: str) -> None:
        """Another process with other hash seeds gives the same answers, to the last digit and position."""
        code = (
            "import sys; from ventanilla import Desk; from ventanilla.plugins import Host\n"
            "with Desk(sys.argv[1], create=False) as desk:\n"
            "    desk.rebuild()\n"
            "    for metric in sorted(Host().metrics):\n"
            "        for by in (None, 'channel', 'district', 'month'):\n"
            "            cut = desk.ask(metric, by=by)\n"
            "            for key, one in ([(None, cut)] if by is None else cut.items()):\n"
            "                print(metric, by, key, one, one.evidence)\n"
        )
        answers = [
            subprocess.run(
                [sys.executable, "-c", code, url],
                env={**os.environ, "PYTHONHASHSEED": seed},
                capture_output=True,
                text=True,
                check=True,
            ).stdout
            for seed in ("1", "4242")
        ]
        assert answers[0] == answers[1]
        here = told.ask("on_time")
        assert f"on_time None None {here} {here.evidence}\n" in answers[0]


class TestExplain:
    def test_tells_the_clocks_story(self, told: Desk) -> None:
        """The account of a ticket names positions, the verdict and the first breach."""
        account = told.explain("T-1", as_of=AT + 8 * HOUR)
        assert account is not None
        assert [(entry.position, entry.at) for entry in account.entries] == [
            (1, AT),
            (3, AT),
            (7, AT + 3 * HOUR),
            (8, AT + 3 * HOUR),
            (11, AT + 6 * HOUR),
            (13, AT + 8 * HOUR),
        ]
        assert (account.state, account.breached_at) == ("breached", AT + 2 * HOUR)
        assert account.seconds_left == -6 * 3600

    def test_then_and_now(self, told: Desk) -> None:
        """A ticket is explained as it stood at any instant, by default now."""
        early = told.explain("T-1", as_of=AT + HOUR)
        assert early is not None
        assert (early.state, early.seconds_left) == ("running", 3600)
        now = told.explain("T-1")
        assert now is not None
        assert now.as_of == NOW

    def test_nothing_to_explain(self, told: Desk) -> None:
        """A ticket not opened by then has no account."""
        assert told.explain("T-1", as_of=AT - HOUR) is None
        assert told.explain("T-77") is None
