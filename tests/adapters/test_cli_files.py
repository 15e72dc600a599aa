"""Files that are not as they should be, and readers who leave: nothing is spoilt, and errors name what was typed."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from shell import ENVIRONMENT, PROGRAM, Shell, shell_in


@pytest.fixture
def ventanilla(tmp_path: Path) -> Shell:
    """Give a function that runs ``ventanilla`` in an empty folder."""
    return shell_in(tmp_path)


@pytest.mark.parametrize(("content", "said"), [(b"", "it is empty"), (b"x", "one.db"), (b"x" * 5_000, "one.db")])
def test_what_is_no_desk_stays_as_it_is(ventanilla: Shell, tmp_path: Path, content: bytes, said: str) -> None:
    """A command that reads makes no database of a file that is none."""
    (tmp_path / "one.db").write_bytes(content)
    done = ventanilla("ask", "tickets", "--desk", "sqlite:///one.db")
    assert (done.returncode, said in done.stderr) == (2, True)
    assert (tmp_path / "one.db").read_bytes() == content
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.db"]


def test_a_byte_is_not_written_over(ventanilla: Shell, tmp_path: Path) -> None:
    """A desk is made in an empty file, never in one with anything in it."""
    (tmp_path / "desk.db").write_bytes(b"x")
    assert ventanilla("init").returncode == 2
    assert (tmp_path / "desk.db").read_bytes() == b"x"
    (tmp_path / "desk.db").write_bytes(b"")
    assert ventanilla("init").returncode == 0


@pytest.mark.parametrize("words", [["export", "no/x.gz"], ["backup", "no/x.db"], ["simulate", "--out", "no/x.csv"]])
def test_a_folder_that_is_not_there_is_named(ventanilla: Shell, words: list[str]) -> None:
    """The error names the folder that was typed, and no name of our own."""
    ventanilla("init")
    done = ventanilla(*words)
    assert (done.returncode, done.stderr.strip()) == (2, "error: no: there is no such folder: make it first")


def test_bytes_are_no_header(ventanilla: Shell, tmp_path: Path) -> None:
    """A file of bytes is refused in a line, without the bytes."""
    ventanilla("init")
    ventanilla("simulate", "--tickets", "3", "--out", "m.csv")
    (tmp_path / "bin.csv").write_bytes(bytes(range(256)) * 9)
    done = ventanilla("import", "bin.csv", "--map", "m.toml")
    assert done.returncode == 2
    assert done.stderr.strip().endswith("it is no text of the mapping's encoding")


def test_no_desk_is_made_for_nothing(ventanilla: Shell, tmp_path: Path) -> None:
    """A file that is no exported log makes no desk."""
    (tmp_path / "x.log").write_text("hello\n", encoding="utf-8")
    for name in ("x.log", "y.log"):
        done = ventanilla("import-log", name)
        assert (done.returncode, name in done.stderr) == (2, True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.log"]


def test_a_reader_who_leaves(ventanilla: Shell, tmp_path: Path) -> None:
    """A command whose reader has gone ends as by SIGPIPE: it found nothing negative out, and says nothing."""
    ventanilla("init")
    read, write = os.pipe()
    os.close(read)
    words = [*PROGRAM, "metrics", "list"]
    done = subprocess.run(words, cwd=tmp_path, env=ENVIRONMENT, stdout=write, stderr=subprocess.PIPE, check=False)
    os.close(write)
    assert (done.returncode, done.stderr) == (141, b"")
