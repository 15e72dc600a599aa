"""The made-up month."""

from __future__ import annotations

from datetime import datetime
from itertools import islice
from pathlib import Path

import pytest

from ventanilla import Desk
from ventanilla.adapters.history import import_history, read_mapping
from ventanilla.adapters.simulate import mapping_path, simulate, write


def written(path: Path, tickets: int, seed: int) -> bytes:
    """Return the bytes of a simulated history."""
    for _ in write(path, simulate(tickets, seed)):
        pass
    return path.read_bytes()


class TestSimulate:
    @pytest.mark.parametrize("name", ["month.csv", "month.csv.gz", "month.jsonl", "month.jsonl.gz"])
    def test_same_seed_same_bytes(self, tmp_path: Path, name: str) -> None:
        """The same seed makes the same file, another seed another one."""
        (tmp_path / "again").mkdir()
        first = written(tmp_path / name, 1_500, 7)
        assert written(tmp_path / "again" / name, 1_500, 7) == first
        assert written(tmp_path / "again" / name, 1_500, 8) != first

    @pytest.mark.parametrize("name", ["month.csv.gz", "month.jsonl"])
    def test_every_row_is_taken_or_put_aside(self, tmp_path: Path, name: str) -> None:
        """Imported through the mapping written beside it, nothing is lost, and a few rows cannot be true."""
        written(tmp_path / name, 3_000, 1)
        mapping = read_mapping(mapping_path(tmp_path / name))
        with Desk("sqlite:///:memory:") as desk:
            *_, tally = import_history(desk, tmp_path / name, mapping)
            rules = {aside.rule for aside in desk.put_aside()}
            agreement = desk.ask("verdict_agreement")
            statuses = set(desk.ask("tickets", by="status"))
        assert (tally.rows, tally.imported + tally.aside) == (3_000, 3_000)
        assert 0 < tally.aside < 30
        assert rules == {"resolve.before_opened", "instant.unreadable", "value.unknown"}
        assert agreement.value == 1.0
        assert statuses == {"open", "resolved", "closed"}

    def test_arrivals_follow_hour_and_weekday(self) -> None:
        """More tickets come at eleven on a Monday than at three on a Sunday, and some come back."""
        rows = list(simulate(5_000, 3))
        opened = [datetime.fromisoformat(row["opened"]) for row in rows if "02-30" not in row["opened"]]
        busy = sum(at.weekday() == 0 and at.hour == 11 for at in opened)
        quiet = sum(at.weekday() == 6 and at.hour == 3 for at in opened)
        assert busy > 20 * max(quiet, 1)
        assert sum(bool(row["reopened"]) for row in rows) > 100

    def test_streams(self) -> None:
        """The first rows of a great history are there at once."""
        assert [row["ticket"] for row in islice(simulate(200_000, 1), 2)] == ["S-000001", "S-000002"]

    def test_no_tickets(self, tmp_path: Path) -> None:
        """A history of no tickets is a header."""
        assert written(tmp_path / "none.csv", 0, 1).count(b"\n") == 1

    def test_a_broken_off_file_is_not_there(self, tmp_path: Path) -> None:
        """What was not written to its end does not stand under its name."""
        steps = write(tmp_path / "month.csv", simulate(5_000, 1))
        next(steps)
        steps.close()  # type: ignore[attr-defined]  # a generator
        assert not (tmp_path / "month.csv").exists()
