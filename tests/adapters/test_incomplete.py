"""Commands that tell figures say what these lack: rows in quarantine here."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from agreed import Now, first, month, text
from asked_and_told import MARIA, report
from stored import aside
from typer.testing import CliRunner

from ventanilla import Desk
from ventanilla.adapters.cli.app import app
from ventanilla.core import events as on
from ventanilla.core.commands import AddCustomer

EXAMPLE = str(Path(__file__).parents[2] / "examples/policies/standard.toml")
LACK = "1 row of a.csv is in quarantine"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Make a desk with answered tickets, orders, and a row put aside."""
    url = f"sqlite:///{tmp_path_factory.mktemp('incomplete') / 'desk.db'}"
    with Desk(url, clock=Now()) as opened:
        month(opened, 2, satisfied=15, of=20)
        for number in range(12):
            opened.handle(AddCustomer(customer=f"c-{number}", at=first(1), actor=MARIA))
            for count in range(1 + number % 4):
                at = first(1) + timedelta(days=30 * count + number)
                order = on.OrderPlaced(at=at, order=f"{number}-{count}", amount=1_000 + 100 * number, currency="EUR")
                report(opened, f"customer/c-{number}", order)
        opened.store.append([], recorded_at=first(6), aside=[aside("1")])
    return url


@pytest.mark.parametrize(
    "words",
    [
        ["xla", "watermelon", "--agreement", "FILE"],
        ["what-if", "--policy", EXAMPLE],
        ["drivers", "csat"],
        ["lifetime"],
        ["ask", "csat", "--by", "channel", "--to", "2026-01-01"],
    ],
)
def test_is_said_to_people_and_to_programs(desk: str, tmp_path: Path, words: list[str]) -> None:
    """Below the table, and in the data; a cut of nothing says it below."""
    file = tmp_path / "contact.toml"
    file.write_text(text(), encoding="utf-8")
    given = [str(file) if word == "FILE" else word for word in words]
    done = CliRunner().invoke(app, [*given, "--desk", desk])
    assert f"incomplete: {LACK}" in done.stdout
    if words[0] != "ask":
        data: Any = json.loads(CliRunner().invoke(app, [*given, "--json", "--desk", desk]).stdout)
        assert data["incomplete"] == [LACK]
