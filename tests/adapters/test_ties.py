"""Clocks over merges and splits, by the options of the policy."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from ventanilla import Actor, Desk
from ventanilla.adapters.policies import read_text
from ventanilla.adapters.publishing import histories
from ventanilla.core import commands as ask
from ventanilla.core.commands import Command
from ventanilla.projections.clock import Reading
from ventanilla.projections.expressions import column
from ventanilla.projections.metric import Metric, Question
from ventanilla.projections.summaries import Share
from ventanilla.projections.what_if import compare, needed

MARIA = Actor("agent", "maria")
ADMIN = Actor("agent", "ada", roles=("admin",))
POLICY = """
format = "ventanilla-policy/1"
name = "standard"
[[rules]]
name = "everybody"
calendar = "always"
targets = {{ first_response = "2h", resolution = "4h" }}
options = {{ {options} }}
"""
LATE = Metric(
    name="acme.late",
    question="Which share of the clocks was breached?",
    table="clocks",
    unit="ratio",
    where=column("judged"),
    value=column("breached"),
    summary=Share(),
    dated=column("started_at"),
)
EARLIEST, AT_MESSAGE = 'merge = "earliest"', 'split = "at_message"'


def at(minutes: float) -> datetime:
    return datetime(2026, 1, 5, 9, tzinfo=UTC) + timedelta(minutes=minutes)


@pytest.fixture
def desk(backend_url: str) -> Iterator[Desk]:
    with Desk(backend_url, clock=lambda: at(600)) as opened:
        yield opened


def publish(desk: Desk, options: str) -> None:
    content = POLICY.format(options=options)
    desk.handle(
        ask.PublishSetting(
            setting="policy/standard", at=at(-60), actor=ADMIN, version=1, since=at(-60), content=content
        )
    )


def tell(desk: Desk, *commands: Command) -> None:
    for command in commands:
        desk.handle(command)


def opening(ticket: str, minutes: float) -> Command:
    return ask.Open(ticket=ticket, at=at(minutes), actor=MARIA, channel="mail")


def pausing(ticket: str, minutes: float) -> Command:
    return ask.Pause(ticket=ticket, at=at(minutes), actor=MARIA, reason="customer")


def merging(ticket: str, minutes: float, into: str) -> Command:
    return ask.Merge(ticket=ticket, at=at(minutes), actor=MARIA, into=into)


def clock(desk: Desk, ticket: str, name: str, minutes: float) -> Reading:
    (found,) = [one for one in desk.clocks(ticket, as_of=at(minutes)) if one.clock == name]
    return found


def said(reading: Reading) -> tuple[datetime, float, datetime | None]:
    return reading.started_at, reading.elapsed / 60, reading.due


class TestMerge:
    def test_leaves_the_target_alone(self, desk: Desk) -> None:
        """Without the option the clocks of the one end as cancelled, and those of the other go on untouched."""
        publish(desk, "")
        tell(desk, opening("T-1", 0), opening("T-2", 60), merging("T-1", 90, "T-2"))
        assert clock(desk, "T-1", "resolution", 100).state == "cancelled"
        assert said(clock(desk, "T-2", "resolution", 100)) == (at(60), 40, at(300))

    def test_takes_the_earliest_start(self, desk: Desk) -> None:
        """From the merge on a clock counts from where the other's began, without the other's pauses, no time twice."""
        publish(desk, EARLIEST)
        tell(desk, opening("T-1", 0), pausing("T-1", 20), ask.Resume(ticket="T-1", at=at(50), actor=MARIA))
        tell(desk, opening("T-2", 60), merging("T-1", 90, "T-2"))
        assert said(clock(desk, "T-2", "resolution", 80)) == (at(60), 20, at(300))
        assert said(clock(desk, "T-2", "first_response", 100)) == (at(0), 100, at(120))
        resolution = clock(desk, "T-2", "resolution", 100)
        assert said(resolution) == (at(0), 70, at(270))
        merged = desk.log("T-1")[-1].position
        assert (resolution.entries[-1].position, "as in T-1" in resolution.entries[-1].what) == (merged, True)
        assert clock(desk, "T-1", "resolution", 100).state == "cancelled"

    def test_a_later_start_is_none(self, desk: Desk) -> None:
        """Into the older ticket nothing is brought; nor by a clock that was over when it was merged."""
        publish(desk, EARLIEST)
        tell(desk, opening("T-1", 0), opening("T-2", 60), merging("T-2", 90, "T-1"))
        assert said(clock(desk, "T-1", "resolution", 100)) == (at(0), 100, at(240))
        tell(desk, opening("T-3", 10), ask.Resolve(ticket="T-3", at=at(20), actor=MARIA, code="fixed"))
        tell(desk, opening("T-4", 30), merging("T-3", 40, "T-4"))
        assert said(clock(desk, "T-4", "resolution", 100)) == (at(30), 70, at(270))

    def test_a_breach_is_not_dated_before_it(self, desk: Desk) -> None:
        """Due in the past by the earlier start, it is breached at the merge, because of the change."""
        publish(desk, EARLIEST)
        tell(desk, opening("T-1", 0), opening("T-2", 200), merging("T-1", 210, "T-2"))
        found = clock(desk, "T-2", "first_response", 220)
        assert (found.due, found.breached_at, found.because) == (at(120), at(210), "target changed")

    def test_undone_is_undone(self, desk: Desk) -> None:
        """Unmerged, a clock counts as if nothing had been merged; what is merged still, stays."""
        publish(desk, EARLIEST)
        tell(desk, opening("T-1", 0), opening("T-2", 60), opening("T-3", 30))
        tell(desk, merging("T-1", 90, "T-2"), merging("T-3", 91, "T-2"))
        tell(desk, ask.Unmerge(ticket="T-1", at=at(100), actor=MARIA))
        assert said(clock(desk, "T-2", "resolution", 95)) == (at(0), 95, at(240))
        assert said(clock(desk, "T-2", "resolution", 110)) == (at(30), 80, at(270))
        tell(desk, ask.Unmerge(ticket="T-3", at=at(120), actor=MARIA))
        assert said(clock(desk, "T-2", "resolution", 130)) == (at(60), 70, at(300))
        assert said(clock(desk, "T-1", "resolution", 130)) == (at(0), 120, at(250))

    def test_goes_through(self, desk: Desk) -> None:
        """What was taken over goes on with the ticket when that is merged itself; and back again does no harm."""
        publish(desk, EARLIEST)
        tell(desk, opening("T-1", 0), opening("T-2", 60), opening("T-3", 80))
        tell(desk, merging("T-1", 90, "T-2"), merging("T-2", 100, "T-3"))
        assert said(clock(desk, "T-3", "resolution", 110)) == (at(0), 110, at(240))
        tell(desk, ask.Unmerge(ticket="T-1", at=at(120), actor=MARIA), merging("T-3", 130, "T-1"))
        assert clock(desk, "T-1", "resolution", 140).started_at == at(0)

    def test_moves_what_is_due(self, desk: Desk) -> None:
        """The due instant moves with the start, in the table, in answers, and as it was known before."""
        publish(desk, EARLIEST)
        tell(desk, opening("T-1", 550), opening("T-2", 590))
        assert desk.due(at(600)) == []
        tell(desk, merging("T-1", 600, "T-2"))
        found = [due for due in desk.due(at(900)) if due.clock == "first_response"]
        assert [(due.ticket, due.at) for due in found] == [("T-2", at(670))]

    def test_is_answered_and_compared_alike(self, desk: Desk) -> None:
        """The fact table of clocks, and what would have been by another policy, tell the same."""
        publish(desk, EARLIEST)
        tell(desk, opening("T-1", 0), opening("T-2", 60), merging("T-1", 90, "T-2"))
        ((answer,),) = (cut.values() for cut in desk.answer([Question(metric=LATE, zone=UTC)], as_of=at(125)))
        assert (answer.value, answer.n) == (1.0, 1)
        document = read_text(POLICY.format(options=""))
        ((answer,),) = (
            cut.values() for cut in desk.answer([Question(metric=LATE, zone=UTC)], as_of=at(125), policy=document)
        )
        assert (answer.value, answer.n) == (None, 0)
        keepers = desk.dues.keeper(), desk.dues.keeper_by(document)
        found = compare(histories(desk.store, 9, lambda *_: None), *needed(*keepers), as_of=at(125))
        assert [(one.ticket, one.clock) for one in found.differences] == [
            ("T-2", "first_response"),
            ("T-2", "resolution"),
        ]


class TestSplit:
    @pytest.mark.parametrize(("options", "start"), [("", 60), (AT_MESSAGE, 20)])
    def test_starts_at_the_split_or_at_the_message(self, desk: Desk, options: str, start: float) -> None:
        """What was split off starts at its own opening; by the option, when its first message came."""
        publish(desk, options)
        tell(desk, opening("T-1", 0))
        for number, minutes in enumerate((20, 40), 1):
            tell(desk, ask.Receive(ticket="T-1", at=at(minutes), actor=MARIA, message=f"m-{number}", channel="mail"))
        tell(desk, opening("T-2", 60))
        tell(desk, ask.Split(ticket="T-2", at=at(60), actor=MARIA, source="T-1", messages=("m-2", "m-1")))
        assert said(clock(desk, "T-2", "resolution", 70)) == (at(start), 70 - start, at(start + 240))
        assert said(clock(desk, "T-2", "first_response", 70)) == (at(start), 70 - start, at(start + 120))
        assert said(clock(desk, "T-1", "resolution", 70)) == (at(0), 70, at(240))
        tell(desk, ask.Rejoin(ticket="T-2", at=at(80), actor=MARIA, source="T-1"))
        assert said(clock(desk, "T-2", "resolution", 90)) == (at(60), 30, at(300))

    def test_of_no_messages_changes_nothing(self, desk: Desk) -> None:
        """Where no message is named, there is no instant to start at but its own."""
        publish(desk, AT_MESSAGE)
        tell(desk, opening("T-1", 0), opening("T-2", 60))
        tell(desk, ask.Split(ticket="T-2", at=at(60), actor=MARIA, source="T-1", messages=()))
        assert clock(desk, "T-2", "resolution", 70).started_at == at(60)
