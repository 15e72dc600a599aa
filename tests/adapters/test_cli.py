"""The command line, as somebody types it."""

from __future__ import annotations

import json
import shutil
import signal
import sqlite3
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from shell import ENVIRONMENT, PROGRAM, Shell, shell_in

from ventanilla import Actor, Desk, Personal
from ventanilla.core.commands import AddCustomer


@pytest.fixture
def ventanilla(tmp_path: Path) -> Shell:
    """Give a function that runs ``ventanilla`` in an empty folder."""
    return shell_in(tmp_path)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with a simulated month, imported into ``desk.db``."""
    folder = tmp_path_factory.mktemp("made")
    for words in (
        ["init"],
        ["simulate", "--tickets", "600", "--seed", "1", "--out", "month.csv"],
        ["import", "month.csv", "--map", "month.toml"],
    ):
        subprocess.run([*PROGRAM, *words], cwd=folder, env=ENVIRONMENT, capture_output=True, check=True)
    return folder


@pytest.fixture
def month(ventanilla: Shell, made: Path, tmp_path: Path) -> Shell:
    """Give a function that runs ``ventanilla`` in a folder of its own with that month in it."""
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    return ventanilla


class TestHelp:
    @pytest.mark.parametrize(
        "command",
        [
            *("", "init", "simulate", "import", "report", "ask", "explain", "log", "rebuild", "quarantine"),
            *("quarantine list", "quarantine retry", "quarantine drop", "metrics", "metrics list"),
        ],
    )
    def test_every_command_teaches(self, ventanilla: Shell, command: str) -> None:
        """Every command has help, and exits 0 after it."""
        done = ventanilla(*command.split(), "--help")
        assert done.returncode == 0
        assert "Usage:" in done.stdout

    def test_version(self, ventanilla: Shell) -> None:
        """It says which version it is."""
        assert ventanilla("--version").stdout.startswith("ventanilla 0.")


class TestErrors:
    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (
                ["report", "--desk", "sqlite:///none.db"],
                "error: there is no desk at none.db: `ventanilla init`",
            ),
            (["report", "--desk", "mysql://x"], "error: 'mysql://x' is no desk's address"),
            (["ask", "nope"], "error: no metric is called 'nope'; there are "),
            (["ask", "on_time", "--by", "moon"], "error: 'moon' is no dimension of these tickets"),
            (["ask", "on_time", "--as-of", "soon"], "error: 'soon' is no instant"),
            (["ask", "on_time", "--zone", "Mars/Olympus"], "error: --zone 'Mars/Olympus' is no time zone"),
            (["import", "none.csv", "--map", "month.toml"], "error: none.csv: No such file or directory"),
            (["import", ".", "--map", "month.toml"], "error: .: Is a directory"),
            (["import", "month.csv", "--map", "none.toml"], "error: none.toml: No such file or directory"),
            (["simulate", "--out", "month.xlsx"], "error: month.xlsx: a history's name ends in"),
            (["simulate", "--out", "nowhere/month.csv"], "error: nowhere: there is no such folder: make it first"),
        ],
    )
    def test_one_line_and_exit_2(self, month: Shell, words: list[str], said: str) -> None:
        """What is wrong is said in one line, with the value and the place; nothing goes to standard output."""
        done = month(*words)
        assert done.returncode == 2
        assert said in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1
        assert done.stdout == ""

    def test_bad_usage(self, ventanilla: Shell) -> None:
        """An unknown option is bad usage."""
        assert ventanilla("report", "--nope").returncode == 2

    def test_locked_database(self, month: Shell, tmp_path: Path) -> None:
        """While another program holds the database, an import says so, and works afterwards."""
        other = sqlite3.connect(tmp_path / "desk.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        month("simulate", "--tickets", "50", "--seed", "2", "--out", "more.csv")
        text = (tmp_path / "more.toml").read_text()
        (tmp_path / "more.toml").write_text(text.replace('name = "simulated"', 'name = "more"'))
        done = month("import", "more.csv", "--map", "more.toml")
        assert done.returncode == 2
        assert "database is locked; nothing was recorded" in done.stderr
        other.close()
        assert month("import", "more.csv", "--map", "more.toml").returncode == 0


class TestFindings:
    def test_unknown_ticket(self, month: Shell) -> None:
        """That there is no such ticket is a negative finding, and for a program an empty one."""
        assert [month(command, "simulated:X").returncode for command in ("explain", "log")] == [1, 1]
        told = [month(command, "simulated:X", "--json") for command in ("explain", "log")]
        assert [done.returncode for done in told] == [1, 1]
        assert [json.loads(done.stdout) for done in told] == [{"ticket": "simulated:X", "clocks": []}, []]

    def test_quarantine(self, month: Shell) -> None:
        """Rows put aside are listed and make it exit 1; once dropped, there is nothing to find."""
        listed = month("quarantine", "list", "--json")
        assert listed.returncode == 1
        assert {"source", "line", "column", "value", "rule", "reason", "row"} <= set(json.loads(listed.stdout)[0])
        assert month("quarantine", "retry", "--map", "month.toml").returncode == 1
        assert month("quarantine", "drop", "month.csv").returncode == 0
        assert month("quarantine", "list").returncode == 0
        assert month("quarantine", "drop", "month.csv").returncode == 1


class TestAnswers:
    def test_import_twice_adds_nothing(self, month: Shell) -> None:
        """A second import of the same file knows every row already."""
        done = month("import", "month.csv", "--map", "month.toml")
        assert "0 taken into 0 events" in done.stdout
        assert done.returncode == 0

    def test_ask_with_evidence(self, month: Shell) -> None:
        """Data for a program has the figure, its interval, its metric and the events behind it."""
        answer = json.loads(month("ask", "on_time", "--json", "--evidence").stdout)
        assert answer["metric"] == "on_time@1"
        assert answer["interval"][0] < answer["value"] < answer["interval"][1]
        assert len(answer["evidence"]) >= answer["n"]
        cut = json.loads(month("ask", "on_time", "--by", "region", "--json").stdout)
        assert {line["region"] for line in cut} == {"north", "centre", "south"}
        assert sum(line["n"] for line in cut) == answer["n"]

    def test_report(self, month: Shell, tmp_path: Path) -> None:
        """The page comes in three forms that say the same."""
        data = json.loads(month("report", "--json").stdout)
        assert f"{data['headlines']['tickets']['n']:,}" in month("report").stdout
        assert month("report", "--html", "page.html").returncode == 0
        assert f"{data['headlines']['on_time']['value']:.2%}".replace("%", " %") in (tmp_path / "page.html").read_text()

    def test_explain_and_log(self, month: Shell) -> None:
        """A ticket's story ends in its verdict; its log says who did it, why, and when it was recorded."""
        story = month("explain", "simulated:S-000009").stdout
        assert "started: the ticket was opened" in story
        assert "due instant" in story or "late" in story
        log = month("log", "simulated:S-000009").stdout
        assert "by importer:simulated (1/importer), because of row:month.csv:" in log
        assert json.loads(month("log", "simulated:S-000009", "--json").stdout)[0]["topic"] == "ticket.opened/1"

    def test_rebuild(self, month: Shell) -> None:
        """A rebuilt fact table gives the same page."""
        before = month("report", "--json").stdout
        assert month("rebuild").returncode == 0
        assert month("report", "--json").stdout == before

    def test_metrics(self, ventanilla: Shell) -> None:
        """The questions are listed."""
        assert "on_time" in {metric["name"] for metric in json.loads(ventanilla("metrics", "list", "--json").stdout)}
        assert "on_time" in ventanilla("metrics", "list").stdout


class TestInterrupt:
    def test_ctrl_c_loses_nothing(self, ventanilla: Shell, tmp_path: Path) -> None:
        """Ctrl-C ends an import with what is safely in; the same command takes the rest, and nothing twice."""
        ventanilla("init")
        ventanilla("simulate", "--tickets", "20000", "--seed", "1", "--out", "month.csv")
        words = ["import", "month.csv", "--map", "month.toml"]
        child = subprocess.Popen(
            [*PROGRAM, *words],
            cwd=tmp_path,
            env=ENVIRONMENT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # A test run in the background ignores Ctrl-C, and its children would, too.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        wal = tmp_path / "desk.db-wal"
        while child.poll() is None and (not wal.exists() or wal.stat().st_size < 500_000):
            time.sleep(0.01)
        child.send_signal(signal.SIGINT)
        out, error = child.communicate(timeout=60)
        assert child.returncode == 130, out + error
        assert "the same command goes on from there" in error
        ventanilla(*words)
        tickets = json.loads(ventanilla("ask", "tickets", "--json").stdout)["value"]
        aside = len(json.loads(ventanilla("quarantine", "list", "--json").stdout))
        assert tickets + aside == 20_000


class TestOtherStreams:
    def test_are_logged_without_their_texts(self, ventanilla: Shell, tmp_path: Path) -> None:
        """The log of a customer shows references; a customer has no clock to explain."""
        with Desk(f"sqlite:///{tmp_path / 'desk.db'}") as desk:
            name = Personal("Ana Canary", of="customer/c-1")
            at = datetime(2026, 1, 5, 9, tzinfo=UTC)
            desk.handle(AddCustomer(customer="c-1", at=at, actor=Actor("agent", "a7"), name=name))
        shown, as_json = ventanilla("log", "customer/c-1"), ventanilla("log", "customer/c-1", "--json")
        assert (shown.returncode, as_json.returncode) == (0, 0)
        assert "by agent:a7 (1/agent)" in shown.stdout
        assert json.loads(as_json.stdout)[0]["event"]["name"]["length"] == 10
        assert "Canary" not in shown.stdout + as_json.stdout
        explained = ventanilla("explain", "customer/c-1")
        assert explained.returncode == 2
        assert "customer/c-1 is no ticket and has no clock" in " ".join(explained.stderr.split())
