"""Imports that are stopped, or large."""

from __future__ import annotations

import itertools
import random
import signal
import subprocess
import sys
import tracemalloc
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from imports import NOW, content, many, mapping, taken

from ventanilla import Desk
from ventanilla.adapters.history import import_history


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with Desk(f"sqlite:///{tmp_path}/desk.db", clock=lambda: NOW) as opened:
        yield opened


class TestInterrupted:
    def test_stopped_and_run_again(self, desk: Desk, tmp_path: Path) -> None:
        """Stopped after any batch, an import goes on where it was, and nothing is doubled."""
        path, by = many(tmp_path / "a.csv", 60), mapping(tmp_path)
        with Desk("sqlite:///:memory:", clock=lambda: NOW) as clean:
            taken(clean, path, by)
            recorded: list[int] = []
            for stop in (1, 3, 2):
                running = import_history(desk, path, by, batch=7)
                *_, tally = itertools.islice(running, stop + 1)
                assert isinstance(running, Generator)
                running.close()
                recorded.append(tally.imported + tally.known)
                assert desk.ask("tickets").value == max(recorded)
            assert recorded == [7, 21, 14]
            last = taken(desk, path, by, batch=7)
            assert (last.rows, last.known, last.imported) == (60, 21, 39)
            assert content(desk) == content(clean)

    def test_what_was_yielded_is_recorded(self, desk: Desk, tmp_path: Path) -> None:
        """Every tally is told after its batch is in the log, for another desk to see."""
        path = many(tmp_path / "a.csv", 30)
        with Desk(f"sqlite:///{tmp_path}/desk.db") as other:
            for tally in import_history(desk, path, mapping(tmp_path), batch=10):
                assert other.store.head() == tally.events

    def kill_at_random(self, folder: Path, rounds: int, rows: int) -> None:
        """Kill an import again and again, then let it finish, and compare with a clean one."""
        path, by = many(folder / "a.csv", rows), mapping(folder)
        code = (
            "import sys; from pathlib import Path; from ventanilla import Desk\n"
            "from ventanilla.adapters.history import import_history, read_mapping\n"
            "with Desk(sys.argv[1]) as desk:\n"
            "    for tally in import_history(desk, Path(sys.argv[2]), read_mapping(Path(sys.argv[3])), batch=5):\n"
            "        print(tally.imported + tally.known, flush=True)\n"
        )
        url = f"sqlite:///{folder}/desk.db"
        dice = random.Random(7)
        killed = 0
        for _ in range(rounds):
            child = subprocess.Popen(
                [sys.executable, "-c", code, url, str(path), str(folder / "map.toml")],
                stdout=subprocess.PIPE,
                text=True,
            )
            assert child.stdout is not None
            acknowledged, patience = 0, dice.randrange(2, rows // 5)
            for line in child.stdout:
                acknowledged = int(line)
                patience -= 1
                if patience == 0:
                    child.send_signal(signal.SIGKILL)
                    break
            acknowledged = max([acknowledged, *map(int, child.stdout.read().split())])
            child.stdout.close()
            killed += child.wait() == -signal.SIGKILL
            with Desk(url) as desk:
                present = {ticket for ticket, _ in content(desk)}
                assert {f"acme:N-{n}" for n in range(acknowledged)} <= present
                assert len(present) % 5 == 0
        assert killed > rounds // 2
        with Desk(url) as desk, Desk("sqlite:///:memory:") as clean:
            taken(desk, path, by)
            taken(clean, path, by)
            assert content(desk) == content(clean)
            assert desk.ask("tickets").value == rows
            assert desk.put_aside() == []

    def test_killed(self, tmp_path: Path) -> None:
        """Killed at any moment, an import keeps what it acknowledged, and running it again completes the log."""
        self.kill_at_random(tmp_path, rounds=4, rows=400)

    @pytest.mark.slow
    def test_killed_many_times(self, tmp_path: Path) -> None:
        """The same, thirty times over a longer history."""
        self.kill_at_random(tmp_path, rounds=30, rows=2_000)


class TestMemory:
    def peak(self, folder: Path, rows: int) -> int:
        path, by = many(folder / f"{rows}.csv", rows), mapping(folder)
        with Desk(f"sqlite:///{folder}/{rows}.db", clock=lambda: NOW) as desk:
            tracemalloc.start()
            for _ in import_history(desk, path, by, batch=200):
                pass
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
        return peak

    def test_stays_flat(self, tmp_path: Path) -> None:
        """Ten times the rows need no more memory."""
        self.peak(tmp_path, 400)  # caches and imports
        small, large = self.peak(tmp_path, 2_000), self.peak(tmp_path, 20_000)
        assert large < 1.5 * small
