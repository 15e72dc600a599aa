"""Deliveries and plug-ins, as somebody types them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest
from installing import record

Shell: TypeAlias = Callable[..., subprocess.CompletedProcess[str]]
PROGRAM = [sys.executable, "-P", "-c", "from ventanilla.adapters.cli import main; main()"]
ECHO = """
from ventanilla import Actor, NotUnderstood, hookimpl
from ventanilla.core.commands import Open
from ventanilla.plugins import Channel

def read(delivery):
    if "x-name" not in delivery.headers:
        raise NotUnderstood("no name, [/red]")
    name, actor = delivery.headers["x-name"], Actor("channel", "echo")
    yield Open(ticket=name, at=delivery.received_at, actor=actor, channel="echo")

@hookimpl
def channels():
    return [Channel(name="echo", read=read)]
"""


@pytest.fixture
def ventanilla(tmp_path: Path) -> Shell:
    """Give a function that runs ``ventanilla`` in a folder with a desk, where two plug-ins are installed."""
    site = tmp_path / "site"
    record(site, {"echo": "x_echo", "torn": "x_torn"})
    (site / "x_echo.py").write_text(ECHO)
    (site / "x_torn.py").write_text("import no_such_library")
    environment = os.environ | {"PYTHONPATH": str(site), "COLUMNS": "160"}
    environment.pop("VENTANILLA_DESK", None)

    def run(*words: str, said: str | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*PROGRAM, *words], cwd=tmp_path, env=environment, input=said, capture_output=True, text=True, check=False
        )

    assert run("init").returncode == 0
    return run


class TestDeliver:
    def test_from_a_file_and_again(self, ventanilla: Shell, tmp_path: Path) -> None:
        """A body in a file becomes events; given again, the same ones, and nothing is recorded."""
        (tmp_path / "form.json").write_text('{"body": "hola", "idempotency_key": "f-1"}')
        first, again = (ventanilla("deliver", "webform", "form.json", "--json") for _ in range(2))
        assert (first.returncode, again.returncode) == (0, 0)
        assert json.loads(first.stdout) == json.loads(again.stdout) | {"repeated": False}
        assert json.loads(again.stdout)["events"] == [1, 2, 3]

    def test_from_standard_input_with_headers(self, ventanilla: Shell) -> None:
        """A body may come from standard input, with what was said around it."""
        done = ventanilla("deliver", "echo", "-", "--header", "X-Name: T-1", said="hola")
        assert (done.returncode, done.stdout.splitlines()[1:]) == (0, ["    #1 T-1 ticket.opened/1"])

    def test_that_is_put_aside_exits_1(self, ventanilla: Shell) -> None:
        """What cannot be read is told in one line, found in quarantine, and tried again there."""
        done = ventanilla("deliver", "echo", "-", said="hola")
        assert done.returncode == 1
        assert done.stderr.startswith("put aside: plug-in echo: no name, [/red] (delivery.not_understood)")
        listed = ventanilla("quarantine", "list")
        assert listed.returncode == 1
        assert "channel/echo" in listed.stdout
        tried = ventanilla("quarantine", "redeliver", "echo")
        assert (tried.returncode, tried.stdout) == (1, "0 deliveries taken, 1 put aside again\n")
        assert ventanilla("quarantine", "drop", "channel/echo").returncode == 0
        assert ventanilla("quarantine", "list").returncode == 0

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (
                ("fax", "-"),
                "error: no channel is called 'fax'; there are echo, webform; not ready are",
            ),
            (
                ("torn.fax", "-"),
                "error: channel torn.fax is not there: its plug-in torn is broken: Module",
            ),
            (("echo", "absent.json"), "error: absent.json: No such file"),
            (("echo", "-", "--header", "nonsense"), "error: --header 'nonsense' is none; write it as"),
        ],
    )
    def test_that_makes_no_sense(self, ventanilla: Shell, words: tuple[str, ...], said: str) -> None:
        """A mistake is one line, and exit code 2."""
        done = ventanilla("deliver", *words, said="hola")
        assert (done.returncode, done.stderr[: len(said)]) == (2, said)
        assert done.stderr.count("\n") == 1


class TestPluginsList:
    def test_says_of_each_what_it_is(self, ventanilla: Shell) -> None:
        """Each plug-in has a line with status, package and what it brings, or why not; it exits 1 for a broken one."""
        done = ventanilla("plugins", "list")
        lines = [line.split(maxsplit=4) for line in done.stdout.splitlines()]
        assert done.returncode == 1
        assert lines[1] == ["echo", "ready", "x-test", "1.0", "channel echo"]
        assert lines[2] == ["torn", "broken", "x-test", "1.0", "ModuleNotFoundError: No module named 'no_such_library'"]
        assert lines[0][:2] == ["builtin", "ready"]

    def test_of_metrics_names_what_is_broken(self, ventanilla: Shell) -> None:
        """Who lists metrics hears of plug-ins that are not ready."""
        done = ventanilla("metrics", "list")
        assert "broken plug-in torn: ModuleNotFoundError" in done.stderr


def test_what_a_plugin_says_is_no_markup(ventanilla: Shell) -> None:
    """A reason with brackets in it is printed as it is, by whatever lists it."""
    assert ventanilla("deliver", "echo", "-", said="x").returncode == 1
    assert ventanilla("deliver", "echo", "-", "--header", "x-name: T[/red]", said="y").returncode == 0
    listed, page = ventanilla("quarantine", "list"), ventanilla("report", "--title", "[/red]")
    assert (listed.returncode, page.returncode, page.stderr) == (1, 0, "")
    assert "no name, [/red]" in listed.stdout
    assert "[/red]" in page.stdout
