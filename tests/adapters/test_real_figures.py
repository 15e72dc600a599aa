"""Published figures come out of the engine, where the public files are at hand: imported by mappings that we show."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import attrs
import pytest
from public_data import DATA, ROOT, at_hand, table
from typer.testing import CliRunner

from ventanilla import Desk
from ventanilla.adapters.cli.app import app
from ventanilla.adapters.history import Tally, import_history, read_mapping
from ventanilla.projections.expressions import column
from ventanilla.projections.metric import Answer, Metric, Question
from ventanilla.projections.summaries import Count, Mean, Quantile
from ventanilla.projections.targets import Target


@contextmanager
def imported(mapping: str, files: Sequence[str]) -> Iterator[tuple[Desk, Tally]]:
    """Open a desk with *files* in it, and the tally of the last."""
    paths = [at_hand(file) for file in files]
    with Desk("sqlite:///:memory:") as desk:
        tallies = [list(import_history(desk, path, read_mapping(ROOT / "examples" / mapping))) for path in paths]
        yield desk, tallies[-1][-1]


def reference(folder: str) -> dict[str, Any]:
    """Return the figures that pandas found."""
    found: dict[str, Any] = json.loads((DATA / folder / "reference.json").read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module")
def shopzilla() -> Iterator[Desk]:
    """Give a desk with the contacts of Shopzilla."""
    with imported("shopzilla_csat.toml", ["csat_shopzilla_a/customer_support_data.csv.gz"]) as (desk, tally):
        assert (tally.imported, tally.aside) == (8_591, 0)
        yield desk


@pytest.fixture(scope="module")
def telco() -> Iterator[Desk]:
    """Give a desk with the telephone company's customers."""
    with imported("telco_churn.toml", ["telco_churn/Telco-Customer-Churn.csv.gz"]) as (desk, tally):
        assert (tally.imported, tally.aside) == (7_043, 0)
        yield desk


@pytest.fixture(scope="module")
def callcentre() -> Iterator[Desk]:
    """Give a desk with the calls."""
    with imported("callcenter.toml", ["callcenter_pwc/calls.csv.gz"]) as (desk, tally):
        assert (tally.imported, tally.aside) == (5_000, 0)
        yield desk


@pytest.fixture(scope="module")
def twitter() -> Iterator[Desk]:
    """Give a desk with the conversations."""
    with imported("twitter_support.toml", ["twitter_support_a/twcs_part.csv.gz"]) as (desk, tally):
        assert (tally.imported, tally.aside) == (2_523, 0)
        yield desk


class TestShopzilla:
    def test_satisfaction(self, shopzilla: Desk) -> None:
        """The mean is 4.2574, and 82.96 % answer 4 or 5."""
        assert shopzilla.ask("csat_mean").value == pytest.approx(4.2574, abs=5e-5)
        share = shopzilla.ask("csat")
        assert (share.numerator, share.denominator) == (1_141 + 5_986, 8_591)
        assert share.value == pytest.approx(0.8296, abs=5e-5)

    @pytest.mark.parametrize(
        ("by", "published"), [("channel", "by_channel"), ("category", "by_category"), ("shift", "by_shift")]
    )
    def test_cuts(self, shopzilla: Desk, by: str, published: str) -> None:
        """By channel, category and shift of the ticket, each mean and each count is the published one."""
        channels = {"Inbound": "inbound", "Outcall": "outcall", "Email": "mail"}
        figures = reference("csat_shopzilla_a")[published]
        expected = {channels.get(name, name): (told["n"], told["csat_mean"]) for name, told in figures.items()}
        found = shopzilla.ask("csat_mean", by=by)
        assert {name: (one.n, pytest.approx(one.value, abs=1e-6)) for name, one in found.items()} == expected

    def test_response_time(self, shopzilla: Desk) -> None:
        """The median is 5 minutes; the 316 responses before the report count as none, and are told apart."""
        assert shopzilla.ask("first_response_time").value == 5 * 60
        clocks = shopzilla.ask("first_response_time", by="clocks")
        assert {name: answer.n for name, answer in clocks.items()} == {"agree": 8_275, "disagree": 316}
        assert clocks["disagree"].value == 0
        assert clocks["agree"].value == 6 * 60


class TestSudzilla:
    def test_score(self) -> None:
        """The Net Promoter Score is the one that is expected: of 39 answers 8 promoters and 22 detractors."""
        with imported("sudzilla_nps.toml", ["nps_sudzilla/input_02.csv"]) as (desk, tally):
            (expected,) = table("nps_sudzilla/expected_output_01.csv")
            found = desk.ask("nps")
            bands = desk.ask("nps", by="band")
        assert tally.aside == 0
        assert (round(found.value or 0, 1), found.n) == (-35.9, 39)
        assert (str(round(found.value or 0, 1)), str(found.n)) == (expected["NPS Score"], expected["Total Respondents"])
        assert {name: bands[name].n for name in ("promoter", "detractor")} == {
            "promoter": int(expected["Promoter"]),
            "detractor": int(expected["Detractor"]),
        }


class TestTelco:
    def test_churn(self, telco: Desk) -> None:
        """Of 7,043 customers 1,869 are lost in the month: 26.537 %."""
        found = telco.ask("churn_rate", as_of=datetime(2018, 10, 1, tzinfo=UTC))
        assert (found.numerator, found.denominator) == (1_869, 7_043)
        assert found.value == pytest.approx(0.26537, abs=5e-6)

    def test_churn_by_contract(self, telco: Desk) -> None:
        """By contract it is 42.71, 11.27 and 2.83 %."""
        found = telco.ask("churn_rate", by="segment", as_of=datetime(2018, 10, 1, tzinfo=UTC))
        shares = {name: round(100 * (answer.value or 0), 2) for name, answer in found.items()}
        assert shares == {"Month-to-month": 42.71, "One year": 11.27, "Two year": 2.83}

    def test_price(self, telco: Desk) -> None:
        """What is charged a month is 64.76 on average: an amount in dollars is kept in cents, exactly."""
        monthly = Metric(
            name="acme.monthly",
            question="How much?",
            table="subscriptions",
            unit="money",
            where=column("monthly").given(),
            value=column("monthly"),
            summary=Mean(),
            dated=column("started_at"),
        )
        found = ask(telco, monthly)
        assert found.value == pytest.approx(100 * reference("telco_churn")["monthly_charges_mean"], abs=1e-4)


class TestCdnow:
    """What customers bought; the published fits of models stand in ``tests/projections/test_lifetime.py``."""

    def test_how_often_they_came_back(self) -> None:
        """Of 2,357 customers 1,411 never came back, 439 once, 214 twice …, as Fader, Hardie and Lee (2005) print it."""
        customers = Metric(
            name="acme.customers",
            question="How many?",
            table="customers",
            unit="count",
            where=column("customer").given(),
            value=column("customer"),
            summary=Count(),
            dated=column("added_at"),
        )
        with cdnow() as desk:
            (cut,) = desk.answer([Question(metric=customers, by="came_back", zone=UTC)])
        often = Counter[str]()
        for times, answer in cut.items():
            often["7+" if int(times or 0) >= 7 else str(times)] += answer.n
        assert often == {"0": 1411, "1": 439, "2": 214, "3": 100, "4": 62, "5": 38, "6": 29, "7+": 64}

    def test_what_they_spent(self) -> None:
        """The 946 who came back spent 35.08 dollars on average, half of them 27.50 or less (Fader and Hardie, 2013)."""
        mean = Metric(
            name="acme.spent",
            question="How much?",
            table="purchases",
            unit="money",
            where=column("spent").given(),
            value=column("spent"),
            summary=Mean(),
            dated=column("first_at"),
        )
        median = attrs.evolve(mean, summary=Quantile(0.5))
        with cdnow() as desk:
            found, middle = ask(desk, mean), ask(desk, median)
            assert desk.ask("clv").value is None  # all at one instant: no time, no value a year
        assert (round(found.value or 0), found.n, middle.value) == (3508, 946, 2750)

    def test_history_of_purchases(self) -> None:
        """What is bought over a lifetime is purchases a year by years of custom, times the lifetime: as by hand."""
        with imported("cdnow_orders.toml", ["cdnow_clv/example_transactions.csv"]) as (desk, tally):
            found = desk.ask("clv")
            end = desk.last_at()
        bought: dict[str, list[datetime]] = {}
        for row in table("cdnow_clv/example_transactions.csv"):
            bought.setdefault(row["id"], []).append(datetime.fromisoformat(row["date"]).replace(tzinfo=UTC))
        days = sum((end - min(when)).days for when in bought.values())
        assert max((end - max(when)).days for when in bought.values()) <= 365  # nobody has left yet
        longest = max((end - min(when)).days for when in bought.values()) / 365.25
        assert (tally.imported, found.n, found.numerator) == (15_273, len(bought), 15_273)
        assert found.denominator == pytest.approx(days / 365.25)
        assert found.value == pytest.approx(15_273 / (days / 365.25) * longest)  # all that was seen is a lower bound


class TestCallCentre:
    def test_answered(self, callcentre: Desk) -> None:
        """Of 5,000 calls 4,054 are answered, 81.08 %, and 946 given up."""
        found = callcentre.ask("calls_answered")
        assert (found.value, found.numerator, found.denominator) == (0.8108, 4_054, 5_000)
        assert callcentre.ask("calls_abandoned").numerator == 946

    def test_resolved(self, callcentre: Desk) -> None:
        """3,646 are settled, 72.92 % of all."""
        found = callcentre.ask("case_resolution_rate_cohort")
        assert (found.value, found.numerator) == (0.7292, 3_646)

    def test_times(self, callcentre: Desk) -> None:
        """An answer took 67.52 seconds on average, a call 224.92; with the published medians and percentiles."""
        told = reference("callcenter_pwc")
        for metric, published in (("speed_of_answer", "speed_of_answer_s"), ("talk_time", "talk_s")):
            found = callcentre.ask(f"{metric}_mean")
            assert found.value == pytest.approx(told[published]["mean"], abs=5e-5)
            assert found.n == 4_054
            for end, name in (("", "median"), ("_p90", "p90"), ("_p95", "p95")):
                assert callcentre.ask(metric + end).value == told[published][name]
        assert round(callcentre.ask("speed_of_answer_mean").value or 0, 2) == 67.52

    def test_rating(self, callcentre: Desk) -> None:
        """The mean rating is 3.4036, of those who were answered."""
        found = callcentre.ask("csat_mean")
        assert (round(found.value or 0, 4), found.n) == (3.4036, 4_054)

    def test_topics(self, callcentre: Desk) -> None:
        """Each topic has the published number of calls."""
        found = callcentre.ask("ticket_volume", by="category")
        assert {name: answer.n for name, answer in found.items()} == reference("callcenter_pwc")["topics"]


class TestKpiSheet:
    """Twelve shops' sheets; the files do not say which shop is whose, so they are told by their figures."""

    MEASURES = (
        ("Orders % Shipped in 3 days", "% Orders Shipped in 3 days"),
        ("Orders % Shipped in 5 days", "% Orders Shipped in 5 days"),
        ("Returns % Processed in 3 days", "% Returns Processed in 3 days"),
        ("Returns % Processed in 5 days", "% Returns Processed in 5 days"),
        ("Complaints # Received", "# Complaints Received"),
    )

    def test_figures_and_targets(self) -> None:
        """Each shop's months have the expected figures, and meet the expected targets or not."""
        files = [f"kpi_targets_monthly/input_{number:02}.csv" for number in range(1, 13)]
        found: Counter[tuple[object, ...]] = Counter()
        with imported("kpi_sheet.toml", files) as (desk, _):
            assert not desk.put_aside()
            expected = table("kpi_targets_monthly/expected_output_01.csv")
            targets = {name: _target(name, expected) for _, name in self.MEASURES}
            for file in files:
                cuts = {
                    name: desk.ask("dex_score", by="month", only={"subject": Path(file).name, "indicator": indicator})
                    for indicator, name in self.MEASURES
                }
                for month in cuts["# Complaints Received"]:
                    answers = {name: cut[month] for name, cut in cuts.items()}
                    found[_line(str(month), answers, targets)] += 1
        assert found == Counter(_expected(row) for row in expected)
        assert sum(found.values()) == 12 * 10


def _target(name: str, rows: Sequence[dict[str, str]]) -> Target:
    (value,) = {float(row[f"Target - {name}"]) for row in rows}
    best = 100 - value / 10 if name.startswith("#") else 100 * value
    return Target(metric="dex_score", comparator=">=", value=best)


def _line(month: str, answers: dict[str, Answer], targets: dict[str, Target]) -> tuple[object, ...]:
    line: list[object] = [month]
    for name, answer in answers.items():
        assert answer.value is not None
        figure = 10 * (100 - answer.value) if name.startswith("#") else answer.value / 100
        line += [round(figure, 2), targets[name].standing(answer, "point")]
    return tuple(line)


def _expected(row: dict[str, str]) -> tuple[object, ...]:
    _, month, year = row["Date"].split("/")
    line: list[object] = [f"{year}-{month}"]
    for _, name in TestKpiSheet.MEASURES:
        figure, target = float(row[name]), float(row[f"Target - {name}"])
        line += [figure, "met" if (figure <= target if name.startswith("#") else figure >= target) else "missed"]
    return tuple(line)


class TestTwitter:
    def test_messages(self, twitter: Desk) -> None:
        """In 656 conversations 1,404 tweets came in and 1,119 went out."""
        assert [twitter.ask(name).n for name in ("tickets", "messages_received", "messages_sent")] == [
            656,
            1_404,
            1_119,
        ]

    def test_reply_time(self, twitter: Desk) -> None:
        """1,107 replies took 11.8 minutes in the median, and 202.17 on average; with the published percentiles."""
        told = reference("twitter_support_a")["reply_minutes"]
        mean = twitter.ask("reply_time_mean")
        assert (mean.n, round((mean.value or 0) / 60, 2)) == (1_107, 202.17)
        assert twitter.ask("reply_time").value == pytest.approx(60 * 11.8)
        for end, name in (("_p90", "p90"), ("_p95", "p95")):
            assert twitter.ask(f"reply_time{end}").value == pytest.approx(60 * told[name], abs=0.01)


def test_from_the_shell(tmp_path: Path) -> None:
    """A user imports by a mapping and asks, all from the shell."""
    desk = ["--desk", f"sqlite:///{tmp_path}/desk.db"]
    mapping, file = str(ROOT / "examples/sudzilla_nps.toml"), str(at_hand("nps_sudzilla/input_02.csv"))
    assert CliRunner().invoke(app, ["init", *desk]).exit_code == 0
    taken = CliRunner().invoke(app, ["import", file, "--map", mapping, *desk])
    assert taken.exit_code == 0, taken.output
    again = CliRunner().invoke(app, ["import", file, "--map", mapping, *desk])
    assert again.exit_code == 0
    asked = CliRunner().invoke(app, ["ask", "nps", *desk])
    assert asked.exit_code == 0, asked.output
    assert "-35.9" in asked.output


@contextmanager
def cdnow() -> Iterator[Desk]:
    """Open a desk with CDNOW's customers."""
    file = "cdnow_clv/cdnow_customers_summary_with_transactions.csv"
    with imported("cdnow_customers.toml", [file]) as (desk, tally):
        assert (tally.imported, tally.aside) == (2_357, 0)
        yield desk


def ask(desk: Desk, metric: Metric) -> Answer:
    """Ask a metric of our own."""
    (cut,) = desk.answer([Question(metric=metric, zone=UTC)])
    return cut[None]
