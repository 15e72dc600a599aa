"""Driver analysis of a desk, from the log alone."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from ventanilla import Desk
from ventanilla.adapters.drivers import Found, find, join
from ventanilla.adapters.store import Store
from ventanilla.adapters.store.port import Commit
from ventanilla.core import events as on
from ventanilla.core.errors import NotUnderstood
from ventanilla.core.events import Event
from ventanilla.core.streams import feedback
from ventanilla.projections.drivers import Asked, Response
from ventanilla.projections.drivers.analyse import analyse

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
CSAT, NPS = Asked(what="csat"), Asked(what="nps", level="relationship")


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def commit(stream: str, *events: Event) -> Commit:
    return Commit(
        stream=stream, version=0, events=events, actor="importer:test", cause="row:1", allowed_by="1/importer"
    )


def offered(about: str, customer: str | None, when: float, **changed: Any) -> on.SurveyOffered:
    given: dict[str, Any] = {"about_kind": "ticket", "about": about, "respondent": customer, "level": "transactional"}
    return on.SurveyOffered(at=at(when), survey="s", version=1, channel="mail", **{**given, **changed})


def answered(when: float, score: float, instrument: on.Instrument = "csat", **changed: Any) -> on.SurveyAnswered:
    scale = {"lowest": 0.0, "highest": 10.0} if instrument == "nps" else {"lowest": 1.0, "highest": 5.0}
    given: dict[str, Any] = {"question": f"q-{instrument}", "wording": "1", **scale}
    return on.SurveyAnswered(at=at(when), instrument=instrument, score=score, **{**given, **changed})


def lived_in(tickets: int, seed: int = 1) -> Iterator[Commit]:
    """Make a desk up where reopening goes with low scores, and transfers and the channel with nothing."""
    random = Random(seed)
    lows: dict[str, list[int]] = {}
    for number in range(tickets):
        begin, ticket, customer = 60.0 * number, f"T-{number}", f"c-{number // 2}"
        wait, reopens, transfers = random.expovariate(1 / 60), random.choice([0, 0, 1, 2]), random.choice([0, 1])
        lows.setdefault(customer, []).append(reopens)
        events: list[Event] = [
            on.TicketOpened(at=at(begin), channel=random.choice(["mail", "phone"]), customer=customer),
            on.TicketAssigned(at=at(begin + 1), agent="a-0"),
            *(on.TicketAssigned(at=at(begin + 2), agent="a-1") for _ in range(transfers)),
            on.ReplySent(at=at(begin + wait), message="r", channel="mail", author="a-0"),
            on.TicketResolved(at=at(begin + wait + 5), code="fixed"),
        ]
        for turn in range(reopens):
            events += [
                on.TicketReopened(at=at(begin + wait + 10 + turn)),
                on.TicketResolved(at=at(begin + wait + 10.5 + turn), code="fixed"),
            ]
        when = begin + wait + 30
        score = min(max(round(4.5 - 1.2 * reopens + random.gauss(0, 0.7)), 1), 5)
        yield commit(ticket, *events, *[on.TicketReopened(at=at(when + 60)) for _ in range(5 - score)])  # a trap
        yield commit(feedback(f"s-{number}"), offered(ticket, customer, when - 1), answered(when, float(score)))
    for customer, reopened in lows.items():
        score = min(max(round(9 - 2 * sum(reopened) / len(reopened) + random.gauss(0, 1)), 0), 10)
        when = 60.0 * tickets + 5_000
        asked = offered("whole", customer, when, about_kind="relationship", level="relationship")
        yield commit(feedback(f"r-{customer}"), asked, answered(when, float(score), "nps"))


def record(store: Store, *commits: Commit) -> None:
    store.append(commits, recorded_at=at(1_000_000))


def collect(store: Store, asked: Asked = CSAT, **how: Any) -> tuple[list[Response], dict[str, int]]:
    found: Found = find(store, asked, lambda *_: None)
    responses, not_used = join(store, found, tell=lambda *_: None, **how)
    return responses, dict(not_used)


@pytest.fixture
def desk() -> Iterator[Desk]:
    with Desk("sqlite:///:memory:") as opened:
        yield opened


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with a desk of 400 tickets of 200 customers in ``desk.db``."""
    folder = tmp_path_factory.mktemp("lived")
    with Desk(f"sqlite:///{folder}/desk.db") as opened:
        record(opened.store, *lived_in(400))
    return folder


def ventanilla(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, "-c", "from ventanilla.adapters.cli import main; main()"]
    environment = {"COLUMNS": "140", "VENTANILLA_DESK": "sqlite:///desk.db", "PATH": ""}
    return subprocess.run([*program, *words], cwd=folder, env=environment, capture_output=True, text=True, check=False)


class TestOfTickets:
    def test_the_known_driver_comes_first(self, lived: Path) -> None:
        """In a desk where reopening goes with low scores, that comes first, and later reopenings betray nothing."""
        with Desk(f"sqlite:///{lived}/desk.db") as opened:
            responses, not_used = collect(opened.store)
        assert (len(responses), not_used) == (400, {})
        assert max(float(one.features["reopens"] or 0) for one in responses) == 2
        found = analyse(responses)
        first = found.drivers[0]
        assert (first.name, first.stable, first.coefficient < 0) == ("reopens", True, True)
        assert first.share > 0.8
        assert found.errors == "by customer"
        assert len(found.evidence) == found.n == 400

    def test_on_each_backend(self, backend_url: str) -> None:
        """Every backend gives the same responses."""
        with Desk(backend_url) as opened, Desk("sqlite:///:memory:") as other:
            for one in (opened, other):
                record(one.store, *lived_in(20))
            assert collect(opened.store) == collect(other.store)

    def test_what_cannot_be_used_is_counted(self, desk: Desk) -> None:
        """Answers that cannot be joined to a ticket are counted by reason, and not used."""
        opened = on.TicketOpened(at=at(0), channel="mail", customer="c-1")
        record(
            desk.store,
            commit("T-1", opened),
            commit("T-2", opened, on.TicketMarkedSpam(at=at(1))),
            commit(feedback("1"), offered("T-1", "c-1", 5), answered(6, 4)),
            commit(feedback("2"), offered("T-1", None, 5), answered(6, 4)),
            commit(feedback("3"), offered("T-2", "c-1", 5), answered(6, 4)),
            commit(feedback("4"), offered("T-9", "c-1", 5), answered(6, 4)),
            commit(feedback("5"), offered("a-1", "c-1", 5, about_kind="agent"), answered(6, 4)),
            commit(feedback("6"), offered("T-1", "c-1", 5), answered(6, 4, highest=7.0)),
        )
        responses, not_used = collect(desk.store)
        assert [(one.score, one.customer, one.position) for one in responses] == [(4, "c-1", 5)]
        assert not_used == {
            "anonymous": 1,
            "about spam": 1,
            "about a ticket that is not in the log": 1,
            "about something else than a ticket": 1,
            "on another scale than 1 to 5": 1,
        }

    def test_the_tone_of_the_first_message(self, desk: Desk) -> None:
        """The tone of a ticket's first message is found, on whichever stream it was measured."""
        scored = on.SentimentScored(
            at=at(2), about_kind="message", about="m", ticket="T-1", label="x", score=-0.5, model="m", model_version="1"
        )
        record(
            desk.store,
            commit(
                "T-1",
                on.TicketOpened(at=at(0), channel="mail", customer="c-1"),
                on.MessageReceived(at=at(1), message="m", channel="mail"),
            ),
            commit(feedback("tone"), scored),
            commit(feedback("1"), offered("T-1", "c-1", 5), answered(6, 4)),
        )
        ((response,), _) = collect(desk.store)
        assert response.features["first_sentiment"] == -0.5

    def test_nobody_answered_that(self, desk: Desk) -> None:
        """To ask for what nobody answered is a mistake, and what was answered is said."""
        record(desk.store, commit(feedback("1"), offered("T-1", "c-1", 5), answered(6, 4)))
        with pytest.raises(NotUnderstood, match=r"no transactional answer to 'ces' .*; there are answers to q-csat"):
            collect(desk.store, Asked(what="ces"))

    def test_several_questions_are_not_mixed(self, desk: Desk) -> None:
        """An instrument that several questions have is not one score: which question must be said."""
        two = commit(feedback("1"), offered("T-1", "c-1", 5), answered(6, 4), answered(6, 4, question="other"))
        record(desk.store, two)
        with pytest.raises(NotUnderstood, match="several questions: say which of other, q-csat"):
            collect(desk.store)


class TestOfCustomers:
    def test_the_known_driver_comes_first(self, lived: Path) -> None:
        """The relationship has a model of its own, over the customer's tickets of the period."""
        with Desk(f"sqlite:///{lived}/desk.db") as opened:
            responses, not_used = collect(opened.store, NPS)
            recent, without = collect(opened.store, NPS, days=7)
        assert (len(responses), not_used) == (200, {})
        assert {one.features["tickets"] for one in responses} == {2}
        assert len(recent) + without["of customers without a ticket in the period"] == 200
        assert 0 < len(recent) < 200
        found = analyse(responses, without=["log_resolution"])
        assert found.drivers[0].name == "reopens"
        assert (found.errors, found.n) == ("HC3", 200)

    def test_a_ticket_is_whose_it_was_then(self, desk: Desk) -> None:
        """A ticket that was named theirs after the answer is not theirs in it, nor is spam."""
        opened = on.TicketOpened(at=at(0), channel="mail", customer="c-1")
        record(
            desk.store,
            commit("T-1", opened),
            commit("T-2", opened, on.CustomerNamed(at=at(3), customer="c-2")),
            commit("T-3", on.TicketOpened(at=at(0), channel="chat"), on.CustomerNamed(at=at(9), customer="c-1")),
            commit("T-4", opened, on.TicketMarkedSpam(at=at(3))),
            commit(
                feedback("1"),
                offered("whole", "c-1", 5, about_kind="relationship", level="relationship"),
                answered(6, 9, "nps"),
            ),
        )
        ((response,), _) = collect(desk.store, NPS)
        assert (response.features["tickets"], response.features["channels"]) == (1, 1)


class TestCommand:
    def test_prints_what_it_found(self, lived: Path) -> None:
        """The tables name the drivers, and the caveats come with them."""
        done = ventanilla(lived, "drivers", "csat")
        assert (done.returncode, done.stderr.strip()) == (0, "")
        assert "csat (transactional): 400 complete responses of 200 customers, R²" in done.stdout
        lines = done.stdout.splitlines()
        heads = [place for place, line in enumerate(lines) if "part" in line and "95 % interval" in line]
        assert lines[heads[0] + 2].split()[0] == "reopens"
        assert "The sign of these is not stable: " in done.stdout
        assert "first_sentiment is left out: known in 0 of 400 responses only" in done.stdout
        assert "no experiment was made" in done.stdout

    def test_json(self, lived: Path) -> None:
        """Programs get all of it, and the same again."""
        words = ["drivers", "q-nps", "--level", "relationship", "--without", "log_resolution", "--seed", "3", "--json"]
        done = ventanilla(lived, *words)
        found = json.loads(done.stdout)
        assert (found["n"], found["seed"], found["samples"]) == (200, 3, 1_000)
        assert found["drivers"][0]["name"] == "reopens"
        assert found["left_out"]["log_resolution"] == "as asked"
        assert done.stdout == ventanilla(lived, *words).stdout

    def test_too_little_exits_1(self, lived: Path) -> None:
        """Where there is too little to say anything, that is what it says, and exits 1."""
        done = ventanilla(lived, "drivers", "csat", "--to", at(60 * 50).isoformat())
        assert done.returncode == 1
        assert "No drivers are given: " in done.stdout
        assert "need 100" in done.stdout

    def test_a_mistake_exits_2(self, lived: Path) -> None:
        """What nobody answered, or a feature that is none, is an error of one line."""
        for words in (["ces"], ["csat", "--without", "wiat"]):
            done = ventanilla(lived, "drivers", *words)
            assert (done.returncode, done.stdout) == (2, "")
            assert done.stderr.strip().startswith("error: ")
            assert len(done.stderr.strip().splitlines()) == 1

    def test_without_the_extra(self, lived: Path) -> None:
        """Where statsmodels is not installed, the command says what to install."""
        program = (
            "import sys; sys.modules['statsmodels'] = None\n"
            "from ventanilla.adapters.cli import main; sys.argv[1:] = ['drivers', 'csat']; main()"
        )
        environment = {"VENTANILLA_DESK": "sqlite:///desk.db"}
        done = subprocess.run(
            [sys.executable, "-c", program], cwd=lived, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 2
        assert "pip install 'ventanilla[drivers]'" in done.stderr
