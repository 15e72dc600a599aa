"""kill -9 at any moment: what was acknowledged is there, and nothing is there by halves."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import crash_client
import psycopg
import pytest
from crash_client import AT, acknowledgements, triple
from invariants import check, check_exports

from ventanilla import Actor, Desk
from ventanilla.adapters.moving import export_log, import_log
from ventanilla.adapters.simulate import mapping_path, simulate, write
from ventanilla.core import commands as ask

SHORT, LONG = 1, 17
"""Rounds: of six kills each."""
KEY = "MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI="


@pytest.fixture(params=["sqlite", "postgresql"])
def urls(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, str]]:
    """Give the address of a desk, and the beginning of those of others."""
    monkeypatch.setenv("VENTANILLA_KEYS", f"1:{KEY}")
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/desk.db", f"sqlite:///{tmp_path}/other.db"
        return
    url, server = str(request.getfixturevalue("postgres_url")), str(request.getfixturevalue("postgres"))
    yield url, f"{url}_o"
    with psycopg.connect(server, autocommit=True) as connection:
        mine = url.rpartition("schema=")[2] + "_o"
        connection.execute("SET client_min_messages = warning")
        for (schema,) in connection.execute("SELECT nspname FROM pg_namespace WHERE starts_with(nspname, %s)", (mine,)):
            connection.execute(f'DROP SCHEMA "{schema}" CASCADE'.encode())


@pytest.fixture
def clients() -> Iterator[subprocess.Popen[str]]:
    """Give a process that forks clients, so that a kill costs no start of Python."""
    process = subprocess.Popen(
        [sys.executable, str(crash_client.SCRIPT)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    yield process
    process.communicate(timeout=30)


def kill_while(clients: subprocess.Popen[str], work: str, after: float, *arguments: str) -> None:
    """Let a client work for a while, and kill it."""
    pid = start(clients, work, *arguments)
    time.sleep(after)
    kill(clients, pid)


def start(clients: subprocess.Popen[str], work: str, *arguments: str) -> int:
    """Let a client begin to work, and return its process."""
    assert clients.stdin is not None
    assert clients.stdout is not None
    url, history, round_, *files = arguments
    clients.stdin.write(json.dumps([url, history, round_, work, *files]) + "\n")
    clients.stdin.flush()
    said, _, pid = clients.stdout.readline().strip().partition(" ")
    assert said == "ready", pid
    return int(pid)


def kill(clients: subprocess.Popen[str], pid: int) -> None:
    """Kill a client."""
    assert clients.stdout is not None
    os.kill(pid, signal.SIGKILL)
    assert clients.stdout.readline() == f"ended {-signal.SIGKILL}\n"


class TestKill:
    @pytest.mark.parametrize("rounds", [SHORT, pytest.param(LONG, marks=pytest.mark.slow)])
    def test_at_any_moment(
        self, urls: tuple[str, str], clients: subprocess.Popen[str], tmp_path: Path, rounds: int
    ) -> None:
        """Killed while it commands, imports, folds, erases, exports and takes a log in: every promise holds."""
        url, other = urls
        history = tmp_path / "history.jsonl"
        chance = random.Random(f"{rounds} {url.partition(':')[0]}")
        file, mapping = tmp_path / "month.csv", tmp_path / "map.toml"
        list(write(file, simulate(400, 1)))
        large = tmp_path / "large.jsonl"
        with Desk("sqlite:///:memory:") as desk:
            for start in range(0, 3_000, 500):
                desk.store.append([triple(f"triple-{n}") for n in range(start, start + 500)], recorded_at=desk.now())
            export_log(desk.store, large)
        kills = 0
        for round_ in range(rounds):
            meaning = mapping_path(file).read_text().replace('name = "simulated"', f'name = "r{round_}"')
            mapping.write_text(meaning)
            work = {"command": (), "project": (), "erase": (), "export": (str(tmp_path),)}
            for name, files in (*work.items(), ("import", (str(file), str(mapping)))):
                kill_while(clients, name, chance.uniform(0.01, 0.4), url, str(history), f"{round_}", *files)
                kills += 1
                if rounds == LONG or name == "import":
                    check(url, history)
            self.restore(
                clients, other if url.startswith("postgres") else f"{other}{round_}", large, chance, f"{round_}"
            )
            kills += 1
        assert kills == 6 * rounds
        assert len(list(acknowledgements(history))) > rounds
        check_exports(tmp_path)

    def restore(
        self, clients: subprocess.Popen[str], url: str, large: Path, chance: random.Random, round_: str
    ) -> None:
        """Kill a client that takes a log in: the desk has all of it or nothing, and it can begin anew."""
        url = f"{url}{round_}" if url.startswith("postgres") else url
        history = large.with_name(f"restored-{round_}.jsonl")
        kill_while(clients, "restore", chance.uniform(0.01, 0.8), url, str(history), round_, str(large))
        with Desk(url) as desk:
            if desk.store.head() == 0:
                assert list(acknowledgements(history)) == []
                import_log(desk, large)
            assert desk.store.head() == 9_000
        check(url)


POLICY = """
format = "ventanilla-policy/1"
name = "standard"
rules = [{ name = "everybody", calendar = "always", targets = { first_response = "1h" } }]
"""
ADMIN = Actor("agent", "ada", roles=("admin",))


class TestDue:
    def test_what_is_due_outlives_whoever_was_told(
        self, urls: tuple[str, str], clients: subprocess.Popen[str], tmp_path: Path
    ) -> None:
        """Killed after it was given a thing and before it has it, or has acted on it: another is given it, once."""
        url, _ = urls
        history = tmp_path / "history.jsonl"
        with Desk(url, clock=lambda: AT) as desk:
            policy = ask.PublishSetting(
                setting="policy/standard", at=AT, actor=ADMIN, version=1, since=AT, content=POLICY
            )
            desk.handle(policy)
            tickets = [f"T-{number}" for number in range(60)]
            for ticket in tickets:
                desk.handle(crash_client.opening(ticket))
            pid = start(clients, "lend", url, str(history), "0")
            until_said(history, "lent")
            kill(clients, pid)
            (lent,) = (found["lent"] for found in acknowledgements(history))
            assert sorted(lent) == sorted(f"due:{ticket}:customer:first_response:1:due:0" for ticket in tickets)
            later = AT + timedelta(hours=2)
            assert desk.due(later + timedelta(seconds=59)) == []  # they are on loan still
            for round_ in range(1, 4):
                pid = start(clients, "acknowledge", url, str(history), f"{round_}")
                time.sleep(0.15)
                kill(clients, pid)
            said = list(acknowledgements(history))
            done = [found["acknowledged"] for found in said if "acknowledged" in found]
            given = [found["due"] for found in said if "due" in found]
            assert 0 < len(done) < len(lent)
            assert len(set(done)) == len(done)
            for key in done:  # never again after that
                assert {"due": key} not in said[said.index({"acknowledged": key}) :]
            left = {due.key for due in desk.due(later + timedelta(hours=1))}
            assert left.isdisjoint(done)
            assert len(set(lent) - set(done) - left) <= 3  # acknowledged, and killed before it could write that down
            assert left | set(given) == set(lent)


def until_said(history: Path, what: str) -> None:
    """Wait until a client has written down something of that name."""
    for _ in range(1_000):
        if any(what in found for found in acknowledgements(history)):
            return
        time.sleep(0.01)
    raise AssertionError(f"nobody ever said {what}")
