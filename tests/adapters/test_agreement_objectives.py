"""Objectives of an agreement at a desk: what they are held against, and what they say they cannot tell."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import attrs
import pytest
from agreed import METRICS, Now, evaluate, first, month, read, text
from asked_and_told import MARIA, Teller

from ventanilla import Desk
from ventanilla.adapters.agreements import Agreements, evaluations, read_file
from ventanilla.core.commands import Open
from ventanilla.projections.expressions import Expression, column
from ventanilla.projections.xla import Window, barometer

FEBRUARY = Window(first(2), first(3), "")
BETTER = "improvement = 0.05"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with Desk(f"sqlite:///{tmp_path / 'desk.db'}", clock=Now()) as opened:
        yield opened


def changed(path: Path, old: str, new: str, more: str = "") -> Agreements:
    file = path / "changed.toml"
    file.write_text(text(more=more).replace(old, new), encoding="utf-8")
    return read_file(file, METRICS)


def complaints(desk: Desk, *counts: int) -> None:
    for number, count in enumerate(counts, 1):
        for one in range(count):
            at = first(number) + timedelta(days=one % 25, hours=9)
            desk.handle(Open(ticket=f"c{number}-{one}", at=at, actor=MARIA, channel="mail", kind="complaint"))


FEWER = """
metric = "complaints_received"
source = "operational"
direction = "lower"
improvement = {by}
"""


def fewer(path: Path, by: int, more: str = "") -> Agreements:
    found = changed(path, 'metric = "csat"', FEWER.format(by=by), more)
    (agreement,) = found.versions
    (objective,) = agreement.objectives
    without = attrs.evolve(agreement, objectives=(attrs.evolve(objective, target=None),))
    return attrs.evolve(found, versions=[without])


class TestCounts:
    def test_of_several_windows_of_baseline_are_taken_for_one(self, desk: Desk, tmp_path: Path) -> None:
        """A hundred complaints a month for three months are a baseline of a hundred; 150 are no ten fewer."""
        complaints(desk, 100, 100, 100, 150)
        last = evaluate(desk, fewer(tmp_path, 10, "baselining = 3"), 5)[3].results[0]
        assert (last.baseline, last.better_by, last.status) == (100, -50, "red")

    def test_vary_by_chance(self, desk: Desk, tmp_path: Path) -> None:
        """99 after 100 are no improvement beyond chance, and 40 are one; a target is held against the count itself."""
        complaints(desk, 100, 99, 40)
        found = evaluate(desk, fewer(tmp_path, 0), 4)
        assert [one.results[0].status for one in found] == ["baselining", "uncertain", "green"]
        moved = [dict(point.moved) for point in barometer(found, {"satisfied@1": "lower"})]
        assert moved == [{}, {}, {"satisfied@1": "better"}]
        wanted = changed(tmp_path, 'metric = "csat"', FEWER.replace("improvement = {by}", ""))
        held = attrs.evolve(wanted.versions[0].objectives[0], target=99)
        plain = attrs.evolve(wanted, versions=[attrs.evolve(wanted.versions[0], objectives=(held,))])
        assert [one.results[0].status for one in evaluate(desk, plain, 3)] == ["baselining", "green"]


class TestBaseline:
    def test_is_no_part_of_what_is_held_against_it(self, desk: Desk, tmp_path: Path) -> None:
        """Rolling 45 days wait until none of them is of the first 45; then they are tested."""
        for number, satisfied in ((1, 16), (2, 16), (3, 40)):
            month(desk, number, satisfied=satisfied)
        found = changed(tmp_path, "target = 0.7", f'window = "45 days"\n{BETTER}')
        statuses = [one.results[0].status for one in evaluate(desk, found, 4)]
        assert statuses == ["baselining", "baselining", "green"]

    def test_that_is_given_without_an_interval_is_said_to_be(self, desk: Desk, tmp_path: Path) -> None:
        """Nobody can test against a bare number; the note says why it stays uncertain."""
        month(desk, 2, satisfied=38)
        given = "[objectives.baseline]\nvalue = 0.4\nn = 1000\nsince = 2025-01-01\nuntil = 2026-01-01\n"
        found = changed(tmp_path, "target = 0.7", f"{BETTER}\n{given}")
        (one,) = evaluations(desk, found, [FEBRUARY])
        assert one.results[0].status == "uncertain"
        assert "nobody can test whether it is better: what it was before has no interval" in one.results[0].notes
        known = changed(tmp_path, "target = 0.7", f"{BETTER}\n{given}low = 0.37\nhigh = 0.43")
        assert evaluations(desk, known, [FEBRUARY])[0].results[0].status == "green"


class TestNotes:
    def test_the_response_rate_is_of_those_who_were_asked_that(self, desk: Desk, tmp_path: Path) -> None:
        """200 who were asked whether they would recommend us were not asked whether they are satisfied."""
        told: Teller = month(desk, 2, satisfied=36, asked=10)
        for count in range(200):
            told.offer(f"nps-{count}", first(2), about="x", about_kind="ticket", survey="other")
        told.answer("nps-0", first(2) + timedelta(days=1), "nps", 9, (0, 10))
        (one,) = evaluations(desk, read(tmp_path, more="minimum_response_rate = 0.5"), [FEBRUARY])
        assert (one.results[0].asked, one.results[0].response_rate, one.status) == (50, 0.8, "green")

    @pytest.mark.parametrize(
        ("where", "more", "asked"),
        [
            (column("answered_at").given() & column("instrument").equals("csat"), "", 50),
            (column("answered_at").given() & ~column("expectation"), "", 51),
            (column("answered_at").given(), 'only = { instrument = "csat" }', 50),
        ],
    )
    def test_who_was_asked_that_is_as_the_metric_says(
        self, desk: Desk, tmp_path: Path, where: Expression, more: str, asked: int
    ) -> None:
        """A metric names its instrument wherever it stands, or the objective does; else whoever was asked counts."""
        told: Teller = month(desk, 2, satisfied=36, asked=10)
        told.ask("nps-0", first(2), "nps", 9, (0, 10), about_kind="ticket", survey="other")
        desk.host.metrics["acme.joy"] = attrs.evolve(METRICS["csat"], name="acme.joy", where=where)
        file = tmp_path / "joy.toml"
        file.write_text(text(more=more).replace('"csat"\nn', '"acme.joy"\nn', 1), encoding="utf-8")
        (one,) = evaluations(desk, read_file(file, desk.host.metrics), [FEBRUARY])
        assert one.results[0].asked == asked

    def test_exclusions_of_a_longer_window_are_told(self, desk: Desk, tmp_path: Path) -> None:
        """What an objective's own quarter leaves out is told with its month, though it lies before."""
        for number in (1, 2, 3):
            month(desk, number, satisfied=36)
        strike = '[[exclusions]]\nsince = 2026-01-03T00:00:00Z\nuntil = 2026-01-05T00:00:00Z\nbecause = "strike"'
        found = evaluate(desk, read(tmp_path, strike, 'window = "quarter"'), 4)[2]
        assert found.results[0].excluded == {"excluded: strike": 4}
        assert found.exclusions == ("2026-01-03T00:00:00+00:00 to 2026-01-05T00:00:00+00:00: strike",)

    def test_fatigue_is_of_those_whom_it_is_about(self, desk: Desk, tmp_path: Path) -> None:
        """Of mail alone nobody counts who wrote in a chat; but whoever was asked about a chat had been asked."""
        month(desk, 1, satisfied=40, channel="chat")
        month(desk, 2, satisfied=40, channel="chat")
        month(desk, 2, satisfied=20, of=20)
        found = read(tmp_path, 'only = { channel = "mail" }\nquarantine_days = 32')
        assert evaluate(desk, found, 3)[1].notes == ("20 of 20 asked had been asked in the 32 days before",)

    def test_a_metric_that_fails_is_unknown(self, desk: Desk, tmp_path: Path) -> None:
        """It says why, and takes no other figure with it."""
        month(desk, 2, satisfied=36)
        failing = attrs.evolve(METRICS["csat"], name="acme.joy", value=column("question") - 1)
        desk.host.metrics[failing.name] = failing
        file = tmp_path / "failing.toml"
        file.write_text(text().replace('"csat"', '"acme.joy"\nsource = "custom"'), encoding="utf-8")
        (one,) = evaluations(desk, read_file(file, desk.host.metrics), [FEBRUARY])
        assert one.results[0].status == "unknown"
        assert one.results[0].notes[0].startswith("the metric acme.joy@1 fails on the row of position")
        assert one.sla is not None
        assert one.sla.status == "green"
