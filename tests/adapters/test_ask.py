"""Asking on the command line: what counts, by which window, and against which."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeAlias

import pytest
from asked_and_told import NINE, Teller, day
from typer.testing import CliRunner

from ventanilla import Desk
from ventanilla.adapters.cli.app import app

Shell: TypeAlias = Callable[..., Any]
FIVE = (1, 5)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Make a desk of two months: of forty answers in January ten are satisfied, of forty in February thirty."""
    url = f"sqlite:///{tmp_path_factory.mktemp('asked') / 'desk.db'}"
    with Desk(url, clock=lambda: NINE + timedelta(days=90)) as opened:
        told = Teller(opened)
        for month, satisfied in (("jan", 10), ("feb", 30)):
            for number in range(40):
                at = day(number % 20 + (30 if month == "feb" else 0))
                score = 5 if number < satisfied else 1
                told.ask(f"{month}-{number}", at, "csat", score, FIVE, survey="a" if number % 2 else "b")
    return url


@pytest.fixture
def ask(desk: str) -> Shell:
    def run(*words: str) -> Any:
        found = CliRunner().invoke(app, ["ask", *words, "--desk", desk, "--json"])
        return json.loads(found.stdout) if found.exit_code == 0 else found

    return run


class TestAsk:
    def test_counts_only_what_is_named(self, ask: Shell) -> None:
        """Of the answers to one survey a half was given each month."""
        assert ask("csat", "--only", "survey=a")["n"] == 40
        assert ask("csat", "--only", "survey=a", "--only", "satisfied=True")["value"] == 1

    @pytest.mark.parametrize(
        ("words", "message"),
        [
            (["--only", "survey"], "--only 'survey' names no value: write it as channel=mail"),
            (["--only", "survey=a", "--only", "survey=b"], "--only survey is given twice"),
            (["--compare", "previous"], "to compare, say from when to when, or cut by day, week, month"),
            (["--compare", "previous", "--by", "hour"], "a cut by hour has nothing previous"),
        ],
    )
    def test_says_what_it_does_not_understand(self, ask: Shell, words: list[str], message: str) -> None:
        """One line that names the option and the value."""
        found = ask("csat", *words)
        assert found.exit_code
        assert message in str(found.exception) + found.output

    def test_pools_months(self, ask: Shell) -> None:
        """Of both months together a half is satisfied: forty of eighty."""
        january, february = ask("csat", "--by", "month", "--pooled", "2")
        assert [(one["month"], one["numerator"], one["denominator"]) for one in (january, february)] == [
            ("2026-01", 10, 40),
            ("2026-02", 40, 80),
        ]

    def test_knew_nothing_before_it_was_recorded(self, ask: Shell) -> None:
        """All was recorded in April."""
        assert ask("csat", "--known-at", "2026-04-01")["value"] is None
        assert ask("csat", "--known-at", "2026-04-06")["n"] == 80

    def test_says_why_there_is_no_figure(self, desk: str) -> None:
        """Where a figure cannot be made, the reason stands below the table."""
        found = CliRunner().invoke(app, ["ask", "occupancy", "--desk", desk])
        assert "note: no shift is on record" in found.stdout


class TestCompare:
    def test_months_with_months(self, ask: Shell) -> None:
        """From a quarter to three quarters is no chance: z = 0.5 / sqrt(0.5 * 0.5 * 2 / 40)."""
        january, february = ask("csat", "--by", "month", "--compare", "previous")
        assert january["comparison"] is None
        found = february["comparison"]
        assert (found["change"], found["z"]) == pytest.approx((0.5, 0.5 / (0.5 / 20**0.5)))
        assert found["significant"] is True

    def test_a_window_with_that_before(self, ask: Shell) -> None:
        """February is compared with January, month with month, whole or by survey."""
        window = ("--from", "2026-02-01", "--to", "2026-03-01", "--compare", "previous")
        assert ask("csat", *window)["comparison"]["change"] == pytest.approx(0.5)
        by_survey = {one["survey"]: one["comparison"]["change"] for one in ask("csat", *window, "--by", "survey")}
        assert by_survey == {"a": pytest.approx(0.5), "b": pytest.approx(0.5)}

    def test_is_shown_to_people(self, desk: str) -> None:
        """The table has the change and how often it would come by chance, with a star where that is seldom."""
        found = CliRunner().invoke(app, ["ask", "csat", "--by", "month", "--compare", "previous", "--desk", desk])
        assert "+50.00 %" in found.stdout
        assert "0.000 *" in found.stdout

    def test_notes_what_a_test_takes_for_granted(self, desk: str) -> None:
        """Below the table stands what else is to be known."""
        words = ["ask", "csat_mean", "--by", "day", "--compare", "previous", "--desk", desk]
        found = CliRunner().invoke(app, words)
        assert "note: fewer than 30 answers: z is rough" in found.stdout


class TestMetrics:
    def test_are_listed_by_table(self) -> None:
        """Each table is followed by the metrics that ask it, with unit and direction."""
        found = CliRunner().invoke(app, ["metrics", "list"]).stdout
        assert "survey_answers: one row a question of a survey that somebody answered" in found
        assert "    nps (points, higher is better)  How many more would recommend us than would not?" in found

    def test_are_shown_whole(self) -> None:
        """Text, table, columns and dimensions are told, to people and to programs."""
        found = CliRunner().invoke(app, ["metrics", "show", "csat_support"]).stdout
        assert found.startswith("csat_support@1  Which share of the answers about support is satisfied?")
        assert "Formula: as that of csat." in found
        assert "table: ratings@1" in found
        told = json.loads(CliRunner().invoke(app, ["metrics", "show", "csat_support", "--json"]).stdout)
        assert {"rated_agent", "team", "segment"} <= set(told["dimensions"])
        assert "satisfied" in told["columns"]

    def test_one_that_is_not_there_is_named(self) -> None:
        """The message lists those there are."""
        found = CliRunner().invoke(app, ["metrics", "show", "npss"])
        assert "no metric is called 'npss'" in str(found.exception) + found.output
