"""What the README says is run."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def test_embedding_example_prints_what_it_says(capsys: pytest.CaptureFixture[str]) -> None:
    """The example of embedding runs as it stands, and each comment behind a print is what is printed."""
    (listing,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    exec(compile(listing, "README.md", "exec"), {})
    said = [comment.split(":")[0].strip() for comment in re.findall(r"print\(.*?\)  # (.*)", listing)]
    assert capsys.readouterr().out.splitlines() == said


def test_embedding_example_is_short() -> None:
    """A morning at the desk, from import to evidence, takes fewer than forty lines."""
    (listing,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert len(listing.splitlines()) < 40


def test_shell_commands_run(tmp_path: Path) -> None:
    """The commands of the section for the shell run, one after the other, in an empty folder."""
    (block,) = [block for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL) if "ventanilla init" in block]
    for line in block.splitlines():
        words = shlex.split(line, comments=True)
        program = [sys.executable, "-c", "from ventanilla.adapters.cli import main; main()", *words[1:]]
        done = subprocess.run(program, cwd=tmp_path, capture_output=True, text=True, check=False)
        expected = 1 if "quarantine list" in line else 0  # that there are rows put aside is a negative finding
        assert done.returncode == expected, f"{line}\n{done.stdout}{done.stderr}"
        assert done.stdout.strip() or "--html" in line or "export" in line, line
