"""A copy of a SQLite desk that is at work."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from lived_in import NINE, answers, content, live_in
from moved import opened

from ventanilla import Desk, NotUnderstood, Unavailable
from ventanilla.adapters.doctor import examine
from ventanilla.adapters.moving import back_up
from ventanilla.adapters.vault.keyring import MemoryKeys


class TestBackup:
    def test_is_a_desk(self, tmp_path: Path) -> None:
        """A copy opens and answers as the desk does."""
        address, copy = f"sqlite:///{tmp_path}/desk.db", tmp_path / "copy.db"
        keys = MemoryKeys()
        with Desk(address, keys=keys) as desk:
            live_in(desk, tmp_path)
            size = back_up(address, copy)
            assert size == copy.stat().st_size
            assert [path.name for path in tmp_path.iterdir() if "copy" in path.name] == ["copy.db"]
            with Desk(f"sqlite:///{copy}", keys=keys) as restored:
                assert content(restored.store) == content(desk.store)
                assert answers(restored) == answers(desk)
            assert [finding.rule for finding in examine(f"sqlite:///{copy}", keys=keys) if finding.serious] == []

    def test_while_others_write(self, tmp_path: Path) -> None:
        """It ends although others write all the time, and shows whole commands up to one moment."""
        address, copy = f"sqlite:///{tmp_path}/desk.db", tmp_path / "copy.db"
        with Desk(address) as desk:
            for start in range(0, 20_000, 1_000):
                commits = [opened(n, padding="x" * 400) for n in range(start, start + 1_000)]
                desk.store.append(commits, recorded_at=NINE)
            steps: list[int] = []

            def write(done: int, total: int) -> None:
                assert len(steps) < total, "it begins anew whenever somebody writes"
                steps.append(done)
                number = 100_000 + 2 * len(steps)
                desk.store.append([opened(number), opened(number + 1)], recorded_at=NINE)

            back_up(address, copy, progress=write)
            assert steps == sorted(steps)
            assert len(steps) > 2
            assert desk.store.head() > 20_004
        with Desk(f"sqlite:///{copy}") as restored:
            assert restored.store.head() == 20_000

    @pytest.mark.parametrize(
        ("address", "said"),
        [
            ("postgresql://somewhere/desk", "pg_dump"),
            ("sqlite:///:memory:", "`ventanilla export`"),
        ],
    )
    def test_of_other_desks_is_refused(self, tmp_path: Path, address: str, said: str) -> None:
        """What is no file is refused, with what to do instead."""
        with pytest.raises(NotUnderstood, match=said):
            back_up(address, tmp_path / "copy.db")
        assert list(tmp_path.iterdir()) == []

    def test_of_no_desk(self, tmp_path: Path) -> None:
        """Where there is no desk, or another program's file, there is no copy."""
        with pytest.raises(Unavailable, match="there is no desk"):
            back_up(f"sqlite:///{tmp_path}/desk.db", tmp_path / "copy.db")
        (tmp_path / "desk.db").write_text("Dear diary,\n" * 500)
        with pytest.raises(Unavailable, match="not a database"):
            back_up(f"sqlite:///{tmp_path}/desk.db", tmp_path / "copy.db")
        assert [path.name for path in tmp_path.iterdir()] == ["desk.db"]

    def test_never_replaces_a_file(self, tmp_path: Path) -> None:
        """A file that is there, be it the desk itself, is left as it is."""
        address = f"sqlite:///{tmp_path}/desk.db"
        Desk(address).close()
        with pytest.raises(FileExistsError):
            back_up(address, tmp_path / "desk.db")

    def test_of_a_damaged_desk(self, tmp_path: Path) -> None:
        """A copy that is damaged is thrown away, and said to be."""
        path = tmp_path / "desk.db"
        with Desk(f"sqlite:///{path}") as desk:
            desk.store.append([opened(n, padding="x" * 200) for n in range(2_000)], recorded_at=NINE)
        with closing(sqlite3.connect(path)) as connection:
            ((root,),) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'events'").fetchall()
            ((size,),) = connection.execute("PRAGMA page_size").fetchall()
        with path.open("r+b") as raw:
            raw.seek((root - 1) * size + 8)
            raw.write(b"\xee" * 64)
        with pytest.raises(Unavailable, match=r"damaged|malformed"):
            back_up(f"sqlite:///{path}", tmp_path / "copy.db")
        assert not (tmp_path / "copy.db").exists()
