"""The timeline from the shell."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import timelines
from typer.testing import CliRunner

from ventanilla.adapters.cli.app import app
from ventanilla.adapters.store import open_store
from ventanilla.core.errors import DeskError, NotUnderstood

RUN = CliRunner()


@pytest.fixture
def desk(tmp_path: Path) -> str:
    """The address of a desk with four tickets."""
    url = f"sqlite:///{tmp_path}/desk.db"
    store, _ = open_store(url, create=True)
    for history in timelines.some():
        timelines.record(store, history)
    store.close()
    return url


def test_facts_are_written_a_row_a_ticket(desk: str, tmp_path: Path) -> None:
    """A table for other programs: every ticket, durations in microseconds, nothing where nothing is known."""
    out = tmp_path / "facts.csv"
    done = RUN.invoke(app, ["timeline", "facts", "--desk", desk, "--out", str(out), "--target", "first_reply=1h"])
    assert done.exit_code == 0, done.output
    with out.open(encoding="utf-8") as file:
        rows = {row["ticket"]: row for row in csv.DictReader(file)}
    assert sorted(rows) == ["T-1", "T-2", "T-3", "T-4"]
    assert (rows["T-1"]["first_reply"], rows["T-1"]["first_reply_late"]) == (str(3 * 3_600 * 1_000_000), "true")
    assert (rows["T-3"]["first_reply"], rows["T-3"]["settled_at"]) == ("", "")
    assert (tmp_path / "desk.timeline" / "manifest.json").exists()


def test_figures_are_cut_and_exact(desk: str) -> None:
    """Key figures of all and of each channel, in seconds, beside what they were measured from."""
    done = RUN.invoke(app, ["timeline", "facts", "--desk", desk, "--json", "--full"])
    assert done.exit_code == 0, done.output
    said = json.loads(done.output)
    by = {tuple(row["by"].items()): row for row in said["figures"]}
    assert (said["depth"], said["events"], said["findings"], said["incomplete"]) == ("full", 17, [], [])
    assert (by[()]["tickets"], by[()]["settled"], by[()]["first_reply_p50"]) == (4, 2, 10_800)
    assert by[("channel", "phone"),]["tickets"] == 2
    assert by[("channel", "phone"),]["first_reply_p50"] is None
    assert "phone" in RUN.invoke(app, ["timeline", "facts", "--desk", desk, "--by", "channel"]).output


def test_a_changed_file_is_a_negative_finding(desk: str, tmp_path: Path) -> None:
    """Verifying says which file it is, and building anew mends it."""
    assert RUN.invoke(app, ["timeline", "build", "--desk", desk]).exit_code == 0
    assert "17 events" in RUN.invoke(app, ["timeline", "verify", "--desk", desk]).output
    victim = next((tmp_path / "desk.timeline").glob("*.npz"))
    victim.write_bytes(b"")
    assert RUN.invoke(app, ["timeline", "verify", "--desk", desk]).exit_code == 1
    assert isinstance(RUN.invoke(app, ["timeline", "facts", "--desk", desk]).exception, DeskError)
    assert RUN.invoke(app, ["timeline", "build", "--desk", desk, "--anew"]).exit_code == 0
    assert RUN.invoke(app, ["timeline", "verify", "--desk", desk]).exit_code == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--target", "resolution"], "--target 'resolution' is not understood"),
        (["--target", "resolution=soon"], "--target resolution is 'soon', not a duration"),
        (["--by", "colour"], "--by 'colour': there are channel, kind"),
        (["--out", "facts.xls"], "facts.xls: a table's name ends in .parquet or .csv"),
    ],
)
def test_what_makes_no_sense_is_said(desk: str, words: list[str], message: str) -> None:
    """A wrong option is one line that names the value."""
    wrong = RUN.invoke(app, ["timeline", "facts", "--desk", desk, *words]).exception
    assert isinstance(wrong, NotUnderstood)
    assert message in str(wrong)


def test_a_server_has_no_place_beside_it() -> None:
    """For a desk on a server the folder has to be said."""
    wrong = RUN.invoke(app, ["timeline", "build", "--desk", "postgresql://nobody@nowhere/none"]).exception
    assert "say where, with --timeline FOLDER" in str(wrong)


WORKING = """
import os, signal, time
from ventanilla.adapters.cli.workers import spread
from ventanilla.core.errors import Unavailable

if __name__ == "__main__":
    try:
        with spread(2) as run:
            if {up}:
                list(run(time.sleep, [0, 0]))
            print("ready", flush=True)
            list(run({work}, {of}))
    except KeyboardInterrupt:
        print("stopped")
    except Unavailable as error:
        print(error)
"""


@pytest.mark.parametrize("up", [True, False])
def test_several_processes_end_at_once_and_without_a_word(up: bool) -> None:
    """Ctrl-C at a terminal reaches every process: those at work, or not even up, end with the command."""
    child = started(WORKING.format(up=up, work="time.sleep", of=[60, 60]))
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    os.killpg(child.pid, signal.SIGINT)
    out, err = child.communicate(timeout=30)
    assert (out, err, child.returncode) == ("stopped\n", "", 0)


def test_a_process_that_is_killed_is_told() -> None:
    """One of several that is gone, for want of memory say, ends the command with one line."""
    child = started(WORKING.format(up=True, work="signal.raise_signal", of=[signal.SIGKILL.value, 0]))
    out, err = child.communicate(timeout=30)
    assert out == "ready\none of 2 processes was killed, for want of memory perhaps\n"
    assert (err, child.returncode) == ("", 0)


def started(script: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # A test run in the background ignores Ctrl-C, and its children would, too.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
