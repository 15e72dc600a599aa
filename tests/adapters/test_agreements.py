"""Experience agreements at a desk: read, evaluated, found green outside and red inside."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from agreed import ADMIN, METRICS, Now, evaluate, first, month, publish, read, text
from asked_and_told import MARIA
from typer.testing import CliRunner

from ventanilla import Desk
from ventanilla.adapters.agreements import evaluations, examples, of_log, read_file
from ventanilla.adapters.cli.app import app
from ventanilla.core import events as on
from ventanilla.core.commands import Open, Resolve, SetDue, WithdrawSetting
from ventanilla.core.errors import NotUnderstood
from ventanilla.projections.summaries import wilson
from ventanilla.projections.xla import Window, findings, hidden

EXAMPLE = Path(__file__).parents[2] / "examples" / "agreements" / "experience.toml"


@pytest.fixture
def now() -> Now:
    return Now()


@pytest.fixture
def desk(tmp_path: Path, now: Now) -> Iterator[Desk]:
    with Desk(f"sqlite:///{tmp_path / 'desk.db'}", clock=now) as opened:
        yield opened


class TestEvaluations:
    def test_baseline_first_then_the_target(self, desk: Desk, tmp_path: Path) -> None:
        """The first month finds the baseline; then 38 of 40 are green by their interval, and 12 of 40 red."""
        for number, satisfied in ((1, 30), (2, 38), (3, 12)):
            told = month(desk, number, satisfied=satisfied)
        found = evaluate(desk, read(tmp_path), 4)
        assert [one.status for one in found] == ["baselining", "green", "red"]
        assert [one.index for one in found] == [75, 95, 30]
        (result,) = found[1].results
        assert (result.value, result.n, result.baseline, result.better_by) == (0.95, 40, 0.75, pytest.approx(0.2))
        assert (result.low, result.high) == wilson(38, 40)
        assert (found[1].sla.value, found[1].sla.status, found[1].position) == (1, "green", desk.store.head())
        assert set(found[2].results[0].evidence) == set(told.of(*told.positions))

    def test_too_few_are_unknown(self, desk: Desk, tmp_path: Path) -> None:
        """29 answers say nothing, and with them the index is unknown; 29 may be enough where that was agreed."""
        month(desk, 2, satisfied=29, of=29)
        (found,) = evaluations(desk, read(tmp_path), [Window(first(2), first(3), "")])
        assert (found.index, found.status, found.results[0].notes[0]) == (None, "unknown", "29 values, 30 are needed")
        (found,) = evaluations(desk, read(tmp_path, more="minimum_n = 29"), [Window(first(2), first(3), "")])
        assert found.status == "green"

    def test_a_net_score_needs_a_hundred(self, desk: Desk, tmp_path: Path) -> None:
        """Of points a hundred are needed where nobody says otherwise."""
        given = read(tmp_path).versions[0].objectives[0].indicator
        assert given.minimum_n == 30
        file = tmp_path / "nps.toml"
        file.write_text(text().replace('"csat"', '"nps"').replace("{ worst = 0, best = 1 }", '"nps"'), encoding="utf-8")
        assert read_file(file, METRICS).versions[0].objectives[0].indicator.minimum_n == 100

    def test_the_response_rate_has_a_floor(self, desk: Desk, tmp_path: Path) -> None:
        """40 of 100 asked answered: enough for 40 %, too few for 41 %; either way those who did chose to."""
        month(desk, 2, satisfied=40, asked=60)
        february = [Window(first(2), first(3), "")]
        (enough,) = evaluations(desk, read(tmp_path, more="minimum_response_rate = 0.4"), february)
        (result,) = enough.results
        assert (enough.status, result.asked, result.response_rate) == ("green", 100, 0.4)
        assert result.notes == ("40% of 100 asked answered: those who did chose to",)
        (few,) = evaluations(desk, read(tmp_path, more="minimum_response_rate = 0.41"), february)
        assert (few.status, few.results[0].notes[0]) == ("unknown", "40% of 100 asked answered, 41% have to")

    def test_exclusions_leave_out_experience_and_service_alike(self, desk: Desk, tmp_path: Path) -> None:
        """The two tickets a day of two days are left out of both, with their answers, and the report says why."""
        month(desk, 2, satisfied=40)
        strike = '[[exclusions]]\nsince = 2026-02-03T00:00:00Z\nuntil = 2026-02-05T00:00:00Z\nbecause = "strike"'
        (found,) = evaluations(desk, read(tmp_path, strike), [Window(first(2), first(3), "")])
        (result,) = found.results
        assert (result.n, result.asked, result.excluded) == (36, 36, {"excluded: strike": 4})
        assert found.sla is not None
        assert found.sla.n == 36
        assert found.exclusions == ("2026-02-03T00:00:00+00:00 to 2026-02-05T00:00:00+00:00: strike",)

    def test_fatigue_is_counted(self, desk: Desk, tmp_path: Path) -> None:
        """Everybody who was asked in February had been asked in January, 31 days before: within 32 days, not 31."""
        for number in (1, 2):
            month(desk, number, satisfied=40)
        notes = [evaluate(desk, read(tmp_path, f"quarantine_days = {days}"), 3)[1].notes for days in (32, 31)]
        assert notes == [
            ("40 of 40 asked had been asked in the 32 days before",),
            ("0 of 40 asked had been asked in the 31 days before",),
        ]

    def test_a_quarter_of_answers_in_a_month(self, desk: Desk, tmp_path: Path) -> None:
        """An objective with a window of its own is measured over the last one that is over with the month."""
        for number in (1, 2, 3, 4):
            month(desk, number, satisfied=30)
        found = evaluate(desk, read(tmp_path, more='window = "quarter"'), 5)
        assert [(one.results[0].n, one.results[0].status) for one in found] == [
            (0, "unknown"), (0, "unknown"), (120, "baselining"), (120, "baselining"),
        ]  # fmt: skip
        rolls = evaluate(desk, read(tmp_path, more='window = "59 days"'), 5)[2].results[0]
        assert (rolls.window, rolls.n) == (Window(datetime(2026, 2, 1, tzinfo=UTC), first(4), ""), 80)

    def test_are_cut_by_dimensions_never_by_people(self, desk: Desk, tmp_path: Path) -> None:
        """The whole is green, one channel red inside (Simpson); nobody is ranked."""
        month(desk, 2, satisfied=150, of=150)
        month(desk, 2, satisfied=8, of=30, channel="chat")
        found, february = read(tmp_path), [Window(first(2), first(3), "")]
        total = findings(evaluations(desk, found, february))
        parts = findings(evaluations(desk, found, february, by="channel"))
        assert [(one.segment, one.xla, one.kind) for one in (*total, *parts)] == [
            (None, "green", "none"), ("chat", "red", "watermelon"), ("mail", "green", "none"),
        ]  # fmt: skip
        assert [one.segment for one in hidden(total[0], parts)] == ["chat"]
        for who in ("agent", "customer"):
            with pytest.raises(NotUnderstood, match="nobody is ranked"):
                evaluations(desk, found, february, by=who)
        with pytest.raises(NotUnderstood, match="not by month"):
            evaluations(desk, found, february, by="month")

    def test_a_cut_keeps_what_does_not_say(self, desk: Desk, tmp_path: Path) -> None:
        """Tickets that lack the dimension are a segment too, or the whole would be more than its parts."""
        month(desk, 2, satisfied=36, facts={"region": "north"})
        month(desk, 2, satisfied=4, channel="chat")
        found, february = read(tmp_path), [Window(first(2), first(3), "")]
        parts = evaluations(desk, found, february, by="region")
        assert [(one.segment, one.results[0].n, one.status) for one in parts] == [
            ("north", 40, "green"), (None, 40, "red"),
        ]  # fmt: skip

    def test_reasons_of_the_unhappy_are_named(self, desk: Desk, tmp_path: Path) -> None:
        """What the unhappy named most comes first; what the happy named does not count."""
        told = month(desk, 2, satisfied=20)
        for name, driver in ((39, "speed"), (38, "speed"), (37, "courtesy"), (1, "price"), (2, "price"), (3, "price")):
            coded = on.DriverCoded(at=first(2) + timedelta(days=25), driver=driver, coded_by="ada")
            told.tell(f"f-mail-2-{name:03}", coded)
        (found,) = evaluations(desk, read(tmp_path), [Window(first(2), first(3), "")])
        assert [(one.name, one.named) for one in found.factors] == [("speed", 2), ("courtesy", 1)]
        assert found.worst == "satisfied"


class TestWatermelonTickets:
    def test_met_every_clock_and_disappointed(self, desk: Desk, tmp_path: Path) -> None:
        """Of 40 answered tickets, all on time, 15 were disappointed; the worst ten are named with their events."""
        told = month(desk, 2, satisfied=25)
        late = first(2) + timedelta(days=2)
        desk.handle(Open(ticket="late", at=late, actor=MARIA, channel="mail"))
        desk.handle(SetDue(ticket="late", at=late, actor=MARIA, due=late + timedelta(hours=1)))
        desk.handle(Resolve(ticket="late", at=late + timedelta(hours=2), actor=MARIA, code="fixed"))
        told.ask("f-late", late + timedelta(hours=3), "csat", 1, (1, 5), about_kind="ticket", about="late")
        desk.handle(Open(ticket="free", at=late, actor=MARIA, channel="mail"))
        told.ask("f-free", late + timedelta(hours=3), "csat", 1, (1, 5), about_kind="ticket", about="free")
        agreement = read(tmp_path).versions[0]
        share, tickets = examples(desk, agreement, Window(first(2), first(3), ""))
        assert (share.value, share.n, share.excluded) == (15 / 41, 41, {"no clock has a verdict": 1})
        assert share.value == desk.ask("watermelon_tickets").value
        assert [one.value for one in tickets.values()] == [0] * 7 + [0.25] * 3
        evidence = set(tickets["mail-2-026"].evidence)
        assert set(told.of("f-mail-2-026")) <= evidence
        assert evidence - set(told.of("f-mail-2-026")) <= {one.position for one in desk.log("mail-2-026")}


class TestOfLog:
    def test_each_window_by_the_version_in_force_when_it_began(self, desk: Desk) -> None:
        """The second version counts from March on, and finds no new baseline for what it did not change."""
        for number in (1, 2, 3):
            month(desk, number, satisfied=38)
        publish(desk, text())
        publish(desk, text(more="critical = true"), 2, 3)
        found = evaluate(desk, of_log(desk, "contact"), 4)
        assert [(one.agreement, one.status) for one in found] == [
            ("contact@1", "baselining"), ("contact@1", "green"), ("contact@2", "green"),
        ]  # fmt: skip
        assert [one.results[0].critical for one in found] == [False, False, True]

    def test_what_is_withdrawn_ends(self, desk: Desk) -> None:
        """No window begins after the withdrawal."""
        publish(desk, text())
        desk.handle(WithdrawSetting(setting="agreement/contact", at=first(1), actor=ADMIN, since=first(3)))
        assert [one.name for one in of_log(desk, "contact").windows(None, first(6))] == ["2026-01", "2026-02"]

    def test_what_makes_no_sense_is_named(self, desk: Desk) -> None:
        """An unknown agreement, and a version that cannot be read, are told in one line."""
        with pytest.raises(NotUnderstood, match="no agreement is called 'contact'"):
            of_log(desk, "contact")
        publish(desk, text(top="green = 1"))
        with pytest.raises(NotUnderstood, match="contact, version 1: the agreement has an unknown 'green'"):
            of_log(desk, "contact")


class TestCommandLine:
    def test_checks_the_example(self) -> None:
        """The example of the guide makes sense, and is told in words."""
        found = CliRunner().invoke(app, ["xla", "check", str(EXAMPLE)])
        assert found.exit_code == 0
        assert "satisfied@1: csat >= 0.8, by interval, n >= 30, weight 2" in found.stdout
        assert "when red: action, the owner plans an improvement" in found.stdout.replace("\n", " ")

    @pytest.mark.parametrize(
        ("old", "new", "why"),
        [
            ('metric = "csat"', 'metric = "csta"', "'satisfied': there is no metric 'csta': do you mean csat"),
            ("target = 0.7", "targe = 0.7", "objective 'satisfied' has an unknown 'targe'"),
            ("target = 0.7", "", "objective 'satisfied' has neither a target nor an improvement"),
            ("target = 0.7", 'target = "high"', "objective 'satisfied': target is 'high', not a number"),
            ('"experience"', '"luck"', "objective 'satisfied': driver is 'luck', not one of collaboration, experience"),
            ("{ worst = 0, best = 1 }", "{ worst = 1, best = 1 }", "'satisfied', normaliser: a normaliser needs"),
            ("{ worst = 0, best = 1 }", '"ces"', "objective 'satisfied', normaliser is 'ces', not 'nps'"),
            ("target = 0.9", "target = 90", "sla: target is 90, not a share from 0 to 1"),
            ('"on_time"', '"nps"', "sla: nps is a points, not a share"),
            ("green = 75, ", "", "index has no green"),
            ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00", "since is 2026-01-01 00:00:00, without a time zone"),
            ('"ana"', '"ana"\nzone = "Madrid"', "zone is 'Madrid', no time zone like Europe/Madrid"),
            ('"ana"', '"ana"\nwindow = "week"', "window is 'week', not 'month', 'quarter' or '28 days'"),
            ("agreement/1", "agreement/2", "format is 'ventanilla-agreement/2'"),
            ("[[objectives]]", "[objectives]", "objectives is {"),
            ("format", "= format", "is no TOML"),
        ],
    )  # fmt: skip
    def test_a_wrong_file_is_told_in_one_line(self, tmp_path: Path, old: str, new: str, why: str) -> None:
        """What is wrong is named with its place and value."""
        file = tmp_path / "wrong.toml"
        file.write_text(text().replace(old, new), encoding="utf-8")
        with pytest.raises(NotUnderstood) as error:
            read_file(file, METRICS)
        assert why in str(error.value)
        assert str(error.value).startswith(str(file))
        assert "\n" not in str(error.value)

    def test_shows_seals_and_finds(self, tmp_path: Path) -> None:
        """Published, shown, sealed, and held against the service level: the same figures, as data and in words."""
        url = f"sqlite:///{tmp_path / 'cli.db'}"
        with Desk(url, clock=lambda: first(6)) as opened:
            for number, satisfied in ((1, 30), (2, 5), (3, 4)):
                month(opened, number, satisfied=satisfied)
        file = tmp_path / "contact.toml"
        file.write_text(text(), encoding="utf-8")

        def run(*words: str) -> Any:
            return CliRunner().invoke(app, ["xla", *words, "--desk", url])

        assert run("publish", str(file)).exit_code == 0
        shown = run("show", "contact", "--json")
        assert shown.exit_code == 1
        assert [(one["window"]["name"], one["status"], one["index"]) for one in json.loads(shown.stdout)] == [
            ("2026-01", "baselining", 75), ("2026-02", "red", 12.5), ("2026-03", "red", 10),
        ]  # fmt: skip
        assert "is red" in run("show", "--agreement", str(file)).stdout
        found = run("watermelon", "contact", "--by", "channel", "--json")
        assert found.exit_code == 1
        said = json.loads(found.stdout)
        assert [(one["kind"], one["severity"], one["alarm"]) for one in said["total"]] == [
            ("unknown", 25, False), ("watermelon", 87.5, True), ("watermelon", 90, True),
        ]  # fmt: skip
        assert (said["tickets"]["value"], len(said["examples"]), said["hidden"]) == (0.9, 10, [])
        assert "Watermelon tickets in 2026-03: 90.0% of 40" in run("watermelon", "contact").stdout
        assert run("seal", "contact", "--month", "2026-02").exit_code == 0
        assert [one["sealed"] for one in json.loads(run("show", "contact", "--json").stdout)] == [False, True, False]
        assert run("show", "contact", "--month", "2026-01").exit_code == 0
        first_red = json.loads(run("watermelon", "contact", "--month", "2026-02", "--json").stdout)
        assert [one["window"]["name"] for one in first_red["total"]] == ["2026-02"]
        with pytest.raises(NotUnderstood, match=r"'contact' was published at .* only: look at a later instant"):
            raise run("show", "contact", "--as-of", "2025-12-01").exception
        for words in (("show",), ("show", "contact", "--month", "soon"), ("show", "contact", "--month", "2025-01")):
            assert isinstance(run(*words).exception, NotUnderstood)

    def test_an_alarm_does_not_depend_on_how_much_is_looked_at(self, tmp_path: Path) -> None:
        """A watermelon in its second month alarms, also where that month alone is asked for."""
        url = f"sqlite:///{tmp_path / 'cli.db'}"
        with Desk(url, clock=lambda: first(6)) as opened:
            for number, satisfied in ((1, 40), (2, 29), (3, 29)):
                month(opened, number, satisfied=satisfied, channel="mail")
        file = tmp_path / "contact.toml"
        mild = text(more='judged_by = "point"').replace("green = 75, amber = 60", "green = 80, amber = 75")
        file.write_text(mild, encoding="utf-8")
        for words in ((), ("--month", "2026-03")):
            told = ("watermelon", "--agreement", str(file), *words, "--json", "--desk", url)
            found = CliRunner().invoke(app, ["xla", *told])
            last = json.loads(found.stdout)["total"][-1]
            assert (last["window"]["name"], last["severity"], last["alarm"]) == ("2026-03", pytest.approx(27.5), True)
