"""The guide for authors of plug-ins is true: its listings run, and it leaves nothing out."""

from __future__ import annotations

import inspect
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import get_args

import pytest
from installing import install

from ventanilla.plugins import hooks
from ventanilla.plugins.found import Status
from ventanilla.plugins.host import BLOCKED
from ventanilla.plugins.testing import ChannelContract, Contract, MetricContract, TableContract

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "plugins.md").read_text(encoding="utf-8")
LISTINGS: list[tuple[str, str]] = re.findall(r"^```(\w+)\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
PYTHON = [text for language, text in LISTINGS if language == "python"]
COPIED = {text.split("\n", 1)[0].removeprefix("# "): text.split("\n", 1)[1] for text in PYTHON if text.startswith("# ")}
RUN = [text for text in PYTHON if not text.startswith("# ")]
HOOKS = {name: hook for name, hook in vars(hooks).items() if hasattr(hook, f"{hooks.PROJECT}_spec")}


def test_listings_are_all_looked_at() -> None:
    """The page has listings that are files, listings that are run, one of packaging and one for the shell; no other."""
    assert (len(COPIED), len(RUN)) == (3, 3)
    assert sorted(language for language, _ in LISTINGS if language != "python") == ["sh", "toml"]


@pytest.mark.parametrize("name", COPIED)
def test_listings_that_are_files(name: str) -> None:
    """A listing that says it is a file is that file, whose tests run."""
    assert COPIED[name] == (ROOT / name).read_text(encoding="utf-8")


def test_listings_that_are_run(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other listings run one after the other, and print what the comments behind each print say."""
    monkeypatch.chdir(tmp_path)
    place: dict[str, object] = {}
    for listing in RUN:
        exec(compile(listing, "plugins.md", "exec"), place)
        said = re.findall(r"print\(.*\)  # (.*)", listing)
        assert capsys.readouterr().out.splitlines() == said
        assert said


def test_packaging_is_that_of_the_example() -> None:
    """The lines of packaging are those of the example that they name."""
    (listing,) = [text for language, text in LISTINGS if language == "toml"]
    name = listing.split("\n", 1)[0].removeprefix("# of ")
    example = tomllib.loads((ROOT / name).read_text(encoding="utf-8"))
    assert tomllib.loads(listing)["project"]["entry-points"] == example["project"]["entry-points"]
    assert list(example["project"]["entry-points"]) == [hooks.GROUP]


def test_shell_commands_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands run one after the other, in an empty folder."""
    (listing,) = [text for language, text in LISTINGS if language == "sh"]
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "site"))
    for line in listing.splitlines():
        words = shlex.split(line, comments=True)
        if words[:2] == ["pip", "install"]:
            install(tmp_path / words[2], tmp_path / "site")
            continue
        program = [sys.executable, "-c", "from ventanilla.adapters.cli import main; main()", *words[1:]]
        done = subprocess.run(program, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"


def test_every_hook_is_there_with_its_arguments() -> None:
    """The page has a heading for each hook with the arguments that it has, and for no other."""
    signatures = [f"{name}({', '.join(inspect.signature(hook).parameters)})" for name, hook in HOOKS.items()]
    assert sorted(re.findall(r"^### `(.*)`$", PAGE, re.MULTILINE)) == sorted(signatures)


@pytest.mark.parametrize("contract", [ChannelContract, TableContract, MetricContract])
def test_every_rule_of_the_kit_is_there(contract: type[Contract]) -> None:
    """The page has a line for each rule of the kit, in its order, and for no other."""
    (table,) = re.findall(
        rf"^\| `{contract.__name__}` \| \|\n\| --- \| --- \|\n(.*?)\n\n", PAGE, re.DOTALL | re.MULTILINE
    )
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == list(contract().rules())


def test_every_status_is_there() -> None:
    """The page names every status that a plug-in can have, and the variable that blocks."""
    for status in get_args(Status):
        assert status == "ready" or f"`{status}`" in PAGE
    assert BLOCKED in PAGE
