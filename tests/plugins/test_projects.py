"""Plug-ins as their authors have them: made by ``plugins new`` or kept as an example, built, installed, checked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from installing import install

from ventanilla import NotUnderstood
from ventanilla.plugins.template import files

EXAMPLES = Path(__file__).parents[2] / "examples" / "plugins"
PROGRAM = [sys.executable, "-P", "-c", "from ventanilla.adapters.cli import main; main()"]
CHANNEL, METRIC, SMS, EFFORT = "parrot-mail", "visits", "sms", "effort"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder into which two new plug-ins and the two examples were installed, with their tests beside it."""
    folder = tmp_path_factory.mktemp("plugins")
    for name, kind in ((CHANNEL, "channel"), (METRIC, "metric")):
        done = run("plugins", "new", name, "--kind", kind, "--out", str(folder / f"x-{name}"), site=folder)
        assert done.returncode == 0, done.stderr
    for project in (folder / f"x-{CHANNEL}", folder / f"x-{METRIC}", EXAMPLES / f"x-{SMS}", EXAMPLES / f"x-{EFFORT}"):
        install(project, folder / "site")
    return folder / "site"


def run(*words: str, site: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(site), "COLUMNS": "200"}
    return subprocess.run(
        [*PROGRAM, *words], cwd=site.parent, env=environment, capture_output=True, text=True, check=False
    )


class TestInstalled:
    def test_are_listed(self, site: Path) -> None:
        """Each is ready, with its package and version, and what it brings; the list exits 0."""
        done = run("plugins", "list", "--json", site=site)
        found = {one["name"]: (one["status"], one["distribution"], one["adds"]) for one in json.loads(done.stdout)}
        found.pop("builtin")
        assert done.returncode == 0
        assert found == {
            CHANNEL: ("ready", "x-parrot-mail", ["channel parrot-mail"]),
            METRIC: ("ready", "x-visits", ["table visits.tickets", "metric visits.visits"]),
            SMS: ("ready", "x-sms", ["channel sms"]),
            EFFORT: ("ready", "x-effort", ["table effort.tickets", "metric effort.messages"]),
        }

    @pytest.mark.parametrize("name", [CHANNEL, METRIC, SMS, EFFORT])
    def test_keep_the_contract(self, site: Path, name: str) -> None:
        """The kit has nothing against any of them, a line a rule."""
        done = run("plugins", "check", name, site=site)
        assert (done.returncode, done.stderr) == (0, "")
        words = {line.split()[0] for line in done.stdout.splitlines()}
        assert (words, len(done.stdout.splitlines()) > 10) == ({"ok"}, True)

    def test_pass_their_own_tests(self, site: Path) -> None:
        """The tests that come with them pass, where they are installed."""
        new = [str(site.parent / f"x-{name}") for name in (CHANNEL, METRIC)]
        kept = [str(EXAMPLES / f"x-{name}") for name in (SMS, EFFORT)]
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "--import-mode=importlib", "-p", "no:cacheprovider", *new, *kept],
            cwd=site.parent,
            env=os.environ | {"PYTHONPATH": str(site)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        assert "passed" in done.stdout


class TestTemplate:
    def test_writes_five_files(self) -> None:
        """A new plug-in is a module, its packaging, a test, a README and CI, each under its name."""
        assert set(files("parrot")) == {
            "x_parrot.py",
            "pyproject.toml",
            "tests/test_x_parrot.py",
            "README.md",
            ".github/workflows/test.yml",
        }

    @pytest.mark.parametrize("name", ["", "Parrot", "a b", "../x", "1st", "builtin", "x-", "päpagei"])
    def test_refuses_what_is_no_name(self, name: str) -> None:
        """A name that no package could have is refused before anything is written."""
        with pytest.raises(NotUnderstood, match="is no name for a plug-in"):
            files(name)

    def test_leaves_what_is_there(self, tmp_path: Path) -> None:
        """A folder that is there already is left as it is, and the error is one line."""
        (tmp_path / "x-parrot").mkdir()
        done = run("plugins", "new", "parrot", site=tmp_path / "site")
        assert (done.returncode, done.stderr) == (2, "error: x-parrot is there already: give another --out\n")


class TestCheck:
    def test_of_what_is_not_there(self, tmp_path: Path) -> None:
        """A plug-in that nobody installed is named, with those there are."""
        done = run("plugins", "check", "parrot", site=tmp_path)
        assert done.returncode == 2
        assert done.stderr.startswith("error: no plug-in is called 'parrot'; there are builtin")
