"""The commands about what is personal, as somebody types them."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

import pytest
from shell import PROGRAM

from ventanilla import Actor, Desk, Personal
from ventanilla.core import commands as ask

Shell: TypeAlias = Callable[..., subprocess.CompletedProcess[str]]
HIDDEN = ("VENTANILLA_DESK", "VENTANILLA_KEYS")
ENVIRONMENT = {name: value for name, value in os.environ.items() if name not in HIDDEN} | {"COLUMNS": "120"}
NINE = datetime(2026, 1, 5, 9, tzinfo=UTC)
PRIVACY = Actor("agent", "dpo", roles=("privacy",))


@pytest.fixture
def ventanilla(tmp_path: Path) -> Shell:
    """Give a function that runs ``ventanilla`` in a folder with a desk that knows two customers."""
    with Desk(f"sqlite:///{tmp_path}/desk.db") as desk:
        for name in ("c-1", "c-2"):
            said = Personal(f"Canary {name}", of=f"customer/{name}")
            desk.handle(ask.AddCustomer(customer=name, at=NINE, actor=PRIVACY, name=said))

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*PROGRAM, *words], cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True, check=False
        )

    return run


@pytest.mark.parametrize("command", ["", "erase", "erasures", "reapply", "export", "readings", "epoch"])
def test_every_command_teaches(ventanilla: Shell, command: str) -> None:
    """Every command has help, and exits 0 after it."""
    done = ventanilla("vault", *command.split(), "--help")
    assert done.returncode == 0
    assert "Usage:" in done.stdout


def test_a_person_from_export_to_erasure(ventanilla: Shell, tmp_path: Path) -> None:
    """What is held on a person is handed out, who had it is on record, and they are erased, once."""
    done = ventanilla("vault", "export", "customer/c-1", "--out", "ana.jsonl", "--by", "dpo")
    assert (done.returncode, done.stderr) == (0, "")
    assert "1 events with 1 texts" in done.stdout
    (line,) = (tmp_path / "ana.jsonl").read_text().splitlines()
    assert json.loads(line)["texts"] == {"name": "Canary c-1"}
    assert stat.S_IMODE((tmp_path / "ana.jsonl").stat().st_mode) == 0o600
    (reading,) = json.loads(ventanilla("vault", "readings", "customer/c-1", "--json").stdout)
    assert (reading["actor"], reading["allowed_by"]) == ("agent:dpo", "1/privacy")
    assert "agent:dpo" in ventanilla("vault", "readings", "customer/c-1").stdout

    done = ventanilla("vault", "erase", "customer/c-1", "--request", "r-1")
    assert done.returncode == 0
    assert "customer/c-1 was erased (1 texts, 0 addresses, 1 keys)" in done.stdout
    again = ventanilla("vault", "erase", "customer/c-1", "--request", "r-2", "--json")
    assert json.loads(again.stdout)["request"] == "r-1"
    assert "customer/c-1" in ventanilla("vault", "erasures").stdout
    done = ventanilla("vault", "export", "customer/c-1", "--out", "nothing.jsonl")
    assert "with 0 texts" in done.stdout


def test_a_register_after_a_restore(ventanilla: Shell, tmp_path: Path) -> None:
    """Whom an older copy still knows, the register erases again."""
    shutil.copy(tmp_path / "desk.db", tmp_path / "backup.db")
    ventanilla("vault", "erase", "customer/c-1", "--request", "r-1")
    (tmp_path / "register.jsonl").write_text(ventanilla("vault", "erasures", "--json").stdout)
    shutil.copy(tmp_path / "backup.db", tmp_path / "desk.db")
    assert "Erased 1 again" in ventanilla("vault", "reapply", "register.jsonl").stdout
    assert "Erased 0 again; 1 of the register" in ventanilla("vault", "reapply", "register.jsonl").stdout


def test_an_epoch(ventanilla: Shell, tmp_path: Path) -> None:
    """The key is changed, and what to do now is said."""
    done = ventanilla("vault", "epoch")
    assert done.returncode == 0
    assert "Epoch 2: 2 keys wrapped anew" in done.stdout
    assert "Destroyed the key of 1: older backups open nothing any more" in done.stdout
    assert (tmp_path / "desk.db.keys").read_text().startswith("2:")
    assert "with 1 texts" in ventanilla("vault", "export", "customer/c-2", "--out", "ben.jsonl").stdout


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["erase", "Ana", "--request", "r"], 2, "'Ana' is nobody: write customer/ID or agent/ID"),
        (["export", "customer/c-9", "--out", "x.jsonl"], 1, "nothing is held on 'customer/c-9'"),
        (["export", "customer/c-1", "--out", "desk.db"], 2, "File exists"),
        (["reapply", "desk.db"], 2, "no register"),
        (["reapply", "nowhere"], 2, "No such file"),
    ],
)
def test_errors_are_one_line(ventanilla: Shell, words: list[str], code: int, said: str) -> None:
    """What cannot be done is said in one line."""
    done = ventanilla("vault", *words)
    assert done.returncode == code
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_nobody_was_erased_or_read(ventanilla: Shell) -> None:
    """Where there is nothing to list, that is said."""
    assert ventanilla("vault", "erasures").stdout == "Nobody was erased.\n"
    assert ventanilla("vault", "readings", "customer/c-1").stdout == "Nobody read anything about them.\n"


def test_a_hold_is_said(ventanilla: Shell, tmp_path: Path) -> None:
    """Under a legal hold nobody is erased, and nothing of them shows."""
    with Desk(f"sqlite:///{tmp_path}/desk.db") as desk:
        desk.handle(ask.PlaceCustomerHold(customer="c-1", at=NINE, actor=PRIVACY, hold="h-1", because="tax"))
    done = ventanilla("vault", "erase", "customer/c-1", "--request", "r")
    assert done.returncode == 2
    assert "under the legal hold h-1: lift it first" in done.stderr
    assert "Canary" not in done.stdout + done.stderr
