"""``ventanilla lifetime``: what customers will buy, told from the orders in the log."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import attrs
import pytest
from public_data import ROOT, at_hand
from typer.testing import CliRunner, Result

from ventanilla import Desk, NotUnderstood
from ventanilla.adapters.cli.app import app
from ventanilla.adapters.store import Store
from ventanilla.adapters.store.port import Commit
from ventanilla.core import events as on
from ventanilla.core.events import Event

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
CUSTOMERS = 1_500


def at(days: float) -> datetime:
    return START + timedelta(days=days)


def record(store: Store, histories: Iterable[Sequence[Event]]) -> None:
    """Record what customers c-0, c-1, ... did."""
    store.append(
        [
            Commit(
                stream=f"customer/c-{number}", version=0, events=tuple(events), actor="system:shop", cause="row:1",
                allowed_by="1/importer",
            )
            for number, events in enumerate(histories)
        ],
        recorded_at=at(400),
    )  # fmt: skip


def orders(chance: Random, number: int) -> list[Event]:
    """Make up what a customer bought: some often and dear, some once; some left."""
    rate, leaves, pays = chance.gammavariate(1.5, 1 / 30), chance.betavariate(1, 4), chance.gammavariate(6, 400)
    now, left = chance.uniform(0, 200), False
    events: list[Event] = [on.CustomerAdded(at=at(now))]
    while now < 360 and not left:
        amount = max(1, round(chance.gammavariate(8, pays / 8)))
        events.append(on.OrderPlaced(at=at(now), order=f"{number}-{now}", amount=amount, currency="EUR"))
        now += chance.expovariate(rate)
        left = len(events) > 2 and chance.random() < leaves  # never right after the first order
    return events


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a desk of a shop."""
    url, chance = f"sqlite:///{tmp_path_factory.mktemp('shop') / 'desk.db'}", Random(1)
    with Desk(url) as opened:
        record(opened.store, (orders(chance, number) for number in range(CUSTOMERS)))
    return url


def run(url: str, *words: str) -> Result:
    return CliRunner().invoke(app, ["lifetime", "--desk", url, *words])


def told(url: str, *words: str) -> Any:
    found = run(url, "--json", *words)
    assert found.exit_code == 0, found.output
    return json.loads(found.stdout)


class TestPublic:
    def test_fit_comes_out_of_a_desk(self, tmp_path: Path) -> None:
        """A list of 15,273 purchases, imported by a mapping, is fitted as the package "lifetimes" documents it."""
        url, mapping = f"sqlite:///{tmp_path}/desk.db", str(ROOT / "examples/cdnow_orders.toml")
        file = str(at_hand("cdnow_clv/example_transactions.csv"))
        assert CliRunner().invoke(app, ["init", "--desk", url]).exit_code == 0
        assert CliRunner().invoke(app, ["import", file, "--map", mapping, "--desk", url]).exit_code == 0
        found = told(url, "--as-of", "2014-12-31")
        assert found["customers"] == 5_000
        assert {name: round(number, 2) for name, number in found["buying"].items()} == {
            "r": 0.16, "alpha": 1.86, "a": 1.85, "b": 3.18,
        }  # fmt: skip
        custom = {one["buyer"]["customer"]: one["buyer"]["custom"] for one in found["expectations"]}
        first = [custom[f"purchases:{number}"] for number in range(5)]
        assert [(one["returns"], one["last"], one["age"]) for one in first] == [
            (0, 0, 298), (0, 0, 224), (6, 142, 292), (0, 0, 147), (2, 9, 183),
        ]  # fmt: skip


class TestCommand:
    def test_sums_are_those_of_the_customers(self, desk: str) -> None:
        """What is expected of all is the sum over each, who is worth most comes first, and each names their orders."""
        found = told(desk, "--days", "90", "--evidence")
        each = found["expectations"]
        assert (found["customers"], len(each), found["currency"]) == (CUSTOMERS, CUSTOMERS, "EUR")
        assert found["purchases"] == pytest.approx(sum(one["purchases"] for one in each))
        assert found["value"] == pytest.approx(sum(one["purchases"] * one["spend"] for one in each))
        values = [one["value"] for one in each]
        assert values == sorted(values, reverse=True)
        with Desk(desk) as opened:
            for one in each[:20]:
                log = opened.log(f"customer/{one['buyer']['customer']}")
                placed = [line.position for line in log if isinstance(line.event, on.OrderPlaced)]
                assert one["buyer"]["evidence"] == placed

    def test_looks_as_far_ahead_as_is_asked(self, desk: str) -> None:
        """In twice the time more is bought, but not twice as much: some leave."""
        short, long = (told(desk, "--days", days)["purchases"] for days in ("90", "180"))
        assert short < long < 2 * short

    def test_tells_beforehand_what_came(self, desk: str) -> None:
        """As of half a year before its end, the log's last half year is told within a fifth."""
        found = told(desk, "--as-of", at(180).isoformat(), "--days", "180")
        known = {one["buyer"]["customer"] for one in found["expectations"]}
        with Desk(desk) as opened:
            logs = [opened.log(f"customer/{name}") for name in known]
        days = {
            (line.stream, line.event.at.date())
            for log in logs
            for line in log
            if isinstance(line.event, on.OrderPlaced) and line.event.at > at(180)
        }
        assert found["purchases"] == pytest.approx(len(days), rel=0.2)

    def test_is_shown_to_people(self, desk: str) -> None:
        """The sums, the models, and as many customers as are asked for."""
        found = run(desk, "--top", "3", "--evidence")
        assert found.exit_code == 0
        lines = found.stdout.splitlines()
        assert lines[0].startswith("1,500 customers who paid in EUR, as of 20")
        assert lines[1].startswith("Expected in the next 365 days: ")
        assert " purchases, worth " in lines[1]
        assert lines[2].startswith("BG/NBD, in days: r ")
        assert lines[3].startswith("gamma-gamma, in the smallest unit: p ")
        assert sum(line.startswith("c-") for line in lines) == 3
        assert sum(": events " in line for line in lines) == 3


class TestWhatCannotBeTold:
    def test_nobody_bought(self, tmp_path: Path) -> None:
        """Nothing is told of an empty log."""
        url = f"sqlite:///{tmp_path}/desk.db"
        Desk(url).close()
        assert str(run(url).exception) == "the log is empty: nobody bought anything"

    def test_nobody_bought_in_that_currency(self, desk: str) -> None:
        """A currency that is not there is named with those that are."""
        found = run(desk, "--currency", "USD").exception
        assert isinstance(found, NotUnderstood)
        assert str(found) == "nobody bought anything in USD up to then: there are orders in EUR"

    def test_several_currencies(self, tmp_path: Path) -> None:
        """Money of two currencies is never added up."""
        url = f"sqlite:///{tmp_path}/desk.db"
        with Desk(url) as opened:
            placed = [on.OrderPlaced(at=at(1), order="o", amount=5, currency=currency) for currency in ("EUR", "USD")]
            record(opened.store, [(on.CustomerAdded(at=at(0)), one) for one in placed])
        said = "money of several currencies is never added up: say one; there are orders in EUR, USD"
        assert str(run(url).exception) == said
        assert "none of 1 customers came back" in str(run(url, "--currency", "USD").exception)

    def test_what_they_pay(self, tmp_path: Path) -> None:
        """Where all pay the same, how often they buy is told, and of what they pay why it is not."""
        url, chance = f"sqlite:///{tmp_path}/desk.db", Random(2)
        with Desk(url) as opened:
            told_of = (
                [attrs.evolve(one, amount=700) if isinstance(one, on.OrderPlaced) else one for one in orders(chance, n)]
                for n in range(100)
            )
            record(opened.store, told_of)
        found = told(url)
        assert found["purchases"] > 0
        assert (found["spending"], found["value"]) == (None, None)
        assert "no model fits" in found["why_not"]
        assert "What they will pay is not told: no model fits" in run(url).stdout
