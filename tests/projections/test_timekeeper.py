"""The engine of all clocks: given events and policies, what the clocks show; and its laws."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ventanilla.core import events as on
from ventanilla.core.events import TicketEvent
from ventanilla.projections.calendar import ALWAYS, calendar
from ventanilla.projections.clock import Clock, Reading
from ventanilla.projections.due import instants
from ventanilla.projections.policy import GIVEN, Margin, Options, Policy, Rule, Target
from ventanilla.projections.settings import CalendarVersion, PolicyVersion, Settings
from ventanilla.projections.standard import STANDARD
from ventanilla.projections.ticket_clocks import TicketClocks
from ventanilla.projections.timekeeper import Timekeeper
from ventanilla.projections.triggers import on as when

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
BEGINNING = (datetime.min.replace(tzinfo=UTC), -1)
OFFICE = calendar(
    {"tz": "UTC", "weekly": {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}}, name="office"
)
HOUR = 3600.0


def at(hours: float) -> datetime:
    return MONDAY + timedelta(hours=hours)


def rule(name: str = "all", *, calendar: str | None = None, **said: Any) -> Rule:
    targets = said.pop("targets", {"first_response": HOUR, "resolution": 4 * HOUR, "next_response": 2 * HOUR})
    aims = {clock: Target(seconds={None: seconds}, calendar=calendar) for clock, seconds in targets.items()}
    return Rule(name=name, targets=aims, **said)


def keeper(*rules: Rule, clocks: tuple[Clock, ...] = STANDARD, later: Sequence[PolicyVersion] = ()) -> Timekeeper:
    version = PolicyVersion(name="p", version=1, since=BEGINNING, content=Policy(name="p", rules=rules))
    hours = {"office": [CalendarVersion(published=BEGINNING, since=None, content=OFFICE)]}
    return Timekeeper(Settings(policies=[version, *later], calendars=hours), clocks)


def version(number: int, since: float, *rules: Rule) -> PolicyVersion:
    content = Policy(name="p", rules=rules) if rules else None
    return PolicyVersion(name="p", version=number, since=(at(since), 0), content=content)


def read(engine: Timekeeper, history: Sequence[Any], as_of: float, clock: str) -> Reading:
    return reads(engine, history, as_of, clock)[-1]


def reads(engine: Timekeeper, history: Sequence[Any], as_of: float, clock: str) -> list[Reading]:
    events = [(10 * number, event) for number, event in enumerate(history, 1) if event.at <= at(as_of)]
    return [reading for reading in engine.read(engine.fold(events), at(as_of)) if reading.clock == clock]


def opened(hours: float = 0, **facts: str) -> on.TicketOpened:
    return on.TicketOpened(at=at(hours), channel="mail", facts=facts)


def asked(hours: float) -> on.MessageReceived:
    return on.MessageReceived(at=at(hours), message=f"c{hours}", channel="mail")


def answered(hours: float, kind: on.AuthorKind = "agent") -> on.ReplySent:
    return on.ReplySent(at=at(hours), message=f"a{hours}", channel="mail", author="a", author_kind=kind)


def resolved(hours: float) -> on.TicketResolved:
    return on.TicketResolved(at=at(hours), code="fixed")


def reopened(hours: float) -> on.TicketReopened:
    return on.TicketReopened(at=at(hours))


def paused(hours: float, **said: Any) -> on.TicketPaused:
    return on.TicketPaused(at=at(hours), reason="customer", **said)


def resumed(hours: float) -> on.TicketResumed:
    return on.TicketResumed(at=at(hours))


class TestFirstResponse:
    def test_is_met_exactly_at_its_due_instant(self) -> None:
        """An answer at the due second is in time; a second later it is not."""
        engine = keeper(rule())
        late = answered(1 + 1 / 3600)
        assert not read(engine, [opened(), answered(1)], 9, "first_response").breached
        found = read(engine, [opened(), late], 9, "first_response")
        assert (found.state, found.breached, found.breached_at, found.elapsed) == ("met", True, at(1), HOUR + 1)

    def test_is_not_what_a_machine_or_a_note_says(self) -> None:
        """A bot, a note and the text with which an agent opens a ticket are no response."""
        history = [
            attrs.evolve(opened(), origin="agent"),
            answered(0),
            answered(0.1, "bot"),
            on.NoteWritten(at=at(0.2), message="n", author="a"),
        ]
        assert read(keeper(rule()), history, 0.5, "first_response").state == "running"

    def test_stops_with_a_settlement_and_goes_on_with_a_reopening(self) -> None:
        """The time in between is left out."""
        engine, history = keeper(rule()), [opened(), resolved(0.5), reopened(20), answered(20.25)]
        assert read(engine, history, 10, "first_response").state == "stopped"
        found = read(engine, history, 21, "first_response")
        assert (found.met_at, found.elapsed, found.breached) == (at(20.25), 0.75 * HOUR, False)

    def test_ends_unmet_when_the_ticket_is_closed(self) -> None:
        """Closed for good without an answer, it has ended and was not met."""
        found = read(keeper(rule()), [opened(), on.TicketClosed(at=at(0.5))], 9, "first_response")
        assert (found.state, found.ended_at, found.met_at) == ("ended", at(0.5), None)


class TestNextResponse:
    def test_one_instance_for_each_wait(self) -> None:
        """Further messages do not begin another wait; the first response is no next one."""
        history = [opened(), asked(0), answered(1), asked(2), asked(2.5), answered(3), asked(5)]
        found = reads(keeper(rule()), history, 6, "next_response")
        assert [(one.started_at, one.met_at, one.state) for one in found] == [
            (at(2), at(3), "met"),
            (at(5), None, "running"),
        ]

    def test_from_the_latest_message(self) -> None:
        """By option a further message begins the wait anew."""
        engine = keeper(rule(options=Options(next_response_clock="latest_unanswered", next_response_from="always")))
        found = reads(engine, [opened(), asked(0), asked(1)], 2, "next_response")
        assert [(one.started_at, one.elapsed, one.due) for one in found] == [(at(1), HOUR, at(3))]

    def test_a_bot_clears_the_wait_by_option(self) -> None:
        """Then the wait was neither met nor not."""
        engine = keeper(rule(options=Options(bot_clears_waiting=True, next_response_from="always")))
        (found,) = reads(engine, [opened(), asked(0), answered(0.1, "bot")], 2, "next_response")
        assert (found.state, found.cancelled_at) == ("cancelled", at(0.1))

    def test_ends_with_the_settlement_and_begins_with_a_message_after_it(self) -> None:
        """What the customer writes to a settled ticket counts when it is reopened."""
        history = [opened(), answered(1), asked(2), resolved(3), asked(4), reopened(5)]
        found = reads(keeper(rule()), history, 6, "next_response")
        assert [(one.state, one.started_at, one.ended_at, one.elapsed) for one in found] == [
            ("ended", at(2), at(3), HOUR),
            ("running", at(4), None, HOUR),
        ]


class TestResolution:
    def test_a_pause_moves_what_is_due(self) -> None:
        """While the desk waits for the customer nothing is due; then it is due later by the open time of the pause."""
        engine = keeper(rule(calendar="office"))
        history = [opened(10), paused(11), resumed(13)]
        assert read(engine, history, 12, "resolution").due is None
        found = read(engine, history, 13, "resolution")
        assert (found.due, found.elapsed, found.paused, found.remaining) == (at(16), HOUR, 2 * HOUR, 3 * HOUR)

    def test_a_pause_ends_by_itself(self) -> None:
        """A pause until an instant is over at that instant, without an event."""
        found = read(keeper(rule()), [opened(), paused(1, until=at(2))], 5, "resolution")
        assert (found.state, found.elapsed, found.due) == ("running", 4 * HOUR, at(5))

    def test_reopening_resumes(self) -> None:
        """The settlement is withdrawn, the time in between not counted, and a breach stays."""
        engine, history = keeper(rule()), [opened(), resolved(5), reopened(50)]
        before, after = read(engine, history, 49, "resolution"), read(engine, history, 50, "resolution")
        assert (before.state, before.breached_at) == ("met", at(4))
        assert (after.state, after.met_at, after.elapsed, after.breached_at) == ("running", None, 5 * HOUR, at(4))

    def test_thanks_reopen_nothing(self) -> None:
        """A reopening out of courtesy starts no clock and withdraws no settlement, nor does another settlement."""
        engine, thanks = keeper(rule()), on.TicketReopened(at=at(9), because="courtesy")
        before = engine.fold([(1, opened()), (2, answered(1)), (3, resolved(2))])
        after = engine.fold([(1, opened()), (2, answered(1)), (3, resolved(2)), (4, thanks), (5, resolved(50))])
        assert engine.read(before, at(60)) == engine.read(after, at(60))

    @pytest.mark.parametrize(("option", "number", "state"), [("restart", 2, "running"), ("first_final", 1, "met")])
    def test_reopening_by_option(self, option: Any, number: int, state: str) -> None:
        """A fresh clock, or none: the first settlement decides."""
        engine = keeper(rule(options=Options(reopen=option)))
        found = read(engine, [opened(), resolved(1), reopened(9)], 10, "resolution")
        assert (found.number, found.state) == (number, state)

    def test_of_a_merged_ticket_is_cancelled(self) -> None:
        """It goes on elsewhere; unmerged it runs on, without the time in between."""
        engine = keeper(rule())
        history = [opened(), on.TicketMerged(at=at(1), into="T-2"), on.TicketUnmerged(at=at(9))]
        assert read(engine, history, 8, "resolution").state == "cancelled"
        found = read(engine, history, 10, "resolution")
        assert (found.state, found.elapsed) == ("running", 2 * HOUR)

    def test_statuses_of_the_desks_own(self) -> None:
        """A desk's own words for the status pause and stop as its rule says."""
        engine = keeper(rule(pauses={"resolution": ("on hold",)}, stop=("done",)))
        history = [
            opened(status="on hold"),
            on.FactSet(at=at(1), name="status", value="in work"),
            on.FactSet(at=at(3), name="status", value="done"),
        ]
        found = read(engine, history, 9, "resolution")
        assert (found.state, found.met_at, found.elapsed, found.paused) == ("met", at(3), 2 * HOUR, HOUR)


class TestOwnership:
    def test_goes_from_team_to_team(self) -> None:
        """An instance an assignment, and a new one at a reopening."""
        engine = keeper(rule(targets={"ownership": HOUR}))
        history = [
            opened(),
            on.TicketRouted(at=at(0), team="first"),
            on.TicketRouted(at=at(2), team="second"),
            resolved(2.5),
            reopened(4),
        ]
        found = reads(engine, history, 4.5, "ownership")
        assert [(one.each, one.state, one.elapsed, one.breached) for one in found] == [
            ("first", "met", 2 * HOUR, True),
            ("second", "met", 0.5 * HOUR, False),
            ("second", "running", 0.5 * HOUR, False),
        ]


class TestRetarget:
    URGENT = rule("urgent", when={"priority": ("urgent",)}, targets={"resolution": HOUR})

    def history(self, hours: float) -> list[TicketEvent]:
        return [opened(), on.TicketPrioritised(at=at(hours), priority="urgent")]

    def test_from_the_start(self) -> None:
        """The new target is measured from the start; a due instant in the past is breached at the change."""
        found = read(keeper(self.URGENT, rule()), self.history(2), 3, "resolution")
        assert (found.due, found.breached_at, found.because) == (at(1), at(2), "target changed")

    @pytest.mark.parametrize(("option", "due"), [("restart_at_change", 3), ("keep", 4)])
    def test_by_option(self, option: Any, due: float) -> None:
        """From the change, or not at all."""
        urgent = attrs.evolve(self.URGENT, options=Options(retarget=option))
        assert read(keeper(urgent, rule()), self.history(2), 2.5, "resolution").due == at(due)

    def test_a_softer_target_erases_no_breach(self) -> None:
        """What was breached stays so, though the clock may be in time again."""
        history = [opened(priority="urgent"), on.TicketPrioritised(at=at(2), priority="low")]
        found = read(keeper(self.URGENT, rule()), history, 3, "resolution")
        assert (found.breached, found.breached_at, found.due) == (False, at(1), at(4))

    def test_by_a_version_that_comes_into_force(self) -> None:
        """A policy binds open clocks from its instant on, and never those that have ended."""
        engine = keeper(rule(), later=[version(2, 2, rule(targets={"resolution": 9 * HOUR}))])
        assert read(engine, [opened()], 3, "resolution").due == at(9)
        assert read(engine, [opened(), resolved(1)], 3, "resolution").due == at(4)

    def test_by_a_policy_that_is_withdrawn(self) -> None:
        """Where no rule holds any more the clock is cancelled: nothing is due, and nothing breached."""
        engine = keeper(rule(), later=[version(2, 2)])
        found = read(engine, [opened()], 9, "resolution")
        assert (found.state, found.due, found.breached) == ("cancelled", None, False)

    def test_explicitly_no_target(self) -> None:
        """A rule without targets that matches first leaves the ticket without any."""
        leads = Rule(name="none", when={"kind": ("lead",)})
        ticket = attrs.evolve(opened(), kind="lead")
        assert read(keeper(leads, rule()), [ticket], 9, "resolution").state == "none"

    def test_a_calendar_counts_from_its_date_on(self) -> None:
        """Time before a change is counted by the calendar of that time."""
        versions = [
            CalendarVersion(published=BEGINNING, since=None, content=OFFICE),
            CalendarVersion(published=(at(16), 5), since=at(16), content=ALWAYS),
        ]
        policy = PolicyVersion(
            name="p", version=1, since=BEGINNING, content=Policy(name="p", rules=(rule(calendar="office"),))
        )
        engine = Timekeeper(Settings(policies=[policy], calendars={"office": versions}))
        assert read(engine, [opened(15)], 15.5, "resolution").due == at(24 + 11)
        assert read(engine, [opened(15)], 16.5, "resolution").due == at(19)


class TestGiven:
    def test_promises_run_beside_each_other(self) -> None:
        """Each promise has its own clock, which the end of the work does not stop."""
        history = [
            opened(),
            on.PromiseMade(at=at(0), promise="p", due=at(2), what="call"),
            on.PromiseMade(at=at(0), promise="q", due=at(3), what="call"),
            resolved(1),
            on.PromiseKept(at=at(2.5), promise="p"),
            on.PromiseWithdrawn(at=at(2.5), promise="q"),
        ]
        found = reads(Timekeeper(), history, 9, "promise")
        assert [(one.each, one.state, one.breached, one.breached_at) for one in found] == [
            ("p", "met", True, at(2)),
            ("q", "cancelled", False, None),
        ]

    def test_a_follow_up_is_done(self) -> None:
        """Coming back in time meets it."""
        history = [
            opened(),
            on.FollowUpPlanned(at=at(0), follow_up="f", due=at(2)),
            on.FollowUpDone(at=at(1), follow_up="f"),
        ]
        assert read(Timekeeper(), history, 9, "follow_up").state == "met"


class TestPlugIn:
    def test_adds_a_clock_in_a_few_lines(self) -> None:
        """A clock over events that ours do not look at is data, too, and pauses and reopens like ours."""
        call_back = Clock(
            name="acme.call_back",
            starts=(when(on.HumanRequested),),
            meets=(when(on.CallEnded, direction="outbound", outcome="answered"),),
            at_stop="ended",
        )
        engine = keeper(rule(targets={"acme.call_back": HOUR}), clocks=(*STANDARD, call_back))
        call = on.CallEnded(
            at=at(3), call="c", channel="phone", direction="outbound", outcome="answered", agent="a",
            waited=0, talked=1,
        )  # fmt: skip
        found = read(engine, [opened(), on.HumanRequested(at=at(1)), call], 9, "acme.call_back")
        assert (found.state, found.met_at, found.breached_at) == ("met", at(3), at(2))

    def test_two_clocks_of_one_name_are_refused(self) -> None:
        """A name says which clock is meant."""
        with pytest.raises(ValueError, match="one name"):
            Timekeeper(clocks=(*STANDARD, STANDARD[0]))


class TestAccount:
    def test_tells_pauses_target_and_rule(self) -> None:
        """Every line names its event; pauses are told in open seconds, targets with policy, version and rule."""
        found = read(keeper(rule(calendar="office")), [opened(16), paused(16.5), resumed(34)], 35, "resolution")
        assert [(entry.position, entry.what) for entry in found.entries] == [
            (10, "started: the ticket was opened"),
            (10, "target 4 h in the hours of 'office' by rule 'all' of policy 'p', version 1"),
            (20, "paused: ticket paused"),
            (30, "runs on: ticket resumed; paused for 1 h 30 min of open time"),
        ]


class TestInstants:
    def test_warn_due_and_escalate(self) -> None:
        """Margins and levels are in the hours of the target."""
        aim = Target(
            seconds={None: 4 * HOUR},
            calendar="office",
            warn=(Margin(part=0.5), Margin(seconds=HOUR)),
            escalate=(0.0, HOUR),
        )
        engine = keeper(Rule(name="all", targets={"resolution": aim}))
        state = engine.fold([(1, opened(14))])
        assert state is not None
        assert sorted((one.at, one.kind, one.level) for one in instants(engine, state)) == [
            (at(16), "warn", 1),
            (at(17), "warn", 2),
            (at(34), "due", 0),
            (at(34), "escalate", 1),
            (at(35), "escalate", 2),
        ]

    def test_of_a_paused_clock_are_none(self) -> None:
        """What waits has no instant."""
        engine = keeper(rule(targets={"resolution": HOUR}))
        state = engine.fold([(1, opened()), (2, paused(0.5))])
        assert state is not None
        assert instants(engine, state) == []


# The laws.

_WORDS = """
asked answered bot paused held resumed resolved reopened thanked closed urgent low first second status merged unmerged
promise kept due
"""
_KINDS = st.sampled_from(_WORDS.split())


def event_of(kind: str, number: int, hours: float) -> TicketEvent:
    instant = at(hours)
    made: dict[str, TicketEvent] = {
        "asked": on.MessageReceived(at=instant, message=f"m{number}", channel="mail"),
        "answered": on.ReplySent(at=instant, message=f"m{number}", channel="mail", author="a"),
        "bot": on.ReplySent(at=instant, message=f"m{number}", channel="mail", author="b", author_kind="bot"),
        "paused": on.TicketPaused(at=instant, reason="customer", until=at(hours + 7)),
        "held": on.TicketPaused(at=instant, reason="third_party"),
        "resumed": on.TicketResumed(at=instant),
        "resolved": on.TicketResolved(at=instant, code="fixed"),
        "reopened": on.TicketReopened(at=instant),
        "thanked": on.TicketReopened(at=instant, because="courtesy"),
        "closed": on.TicketClosed(at=instant),
        "urgent": on.TicketPrioritised(at=instant, priority="urgent"),
        "low": on.TicketPrioritised(at=instant, priority="low"),
        "first": on.TicketRouted(at=instant, team="a"),
        "second": on.TicketRouted(at=instant, team="b"),
        "status": on.FactSet(at=instant, name="status", value="in work"),
        "merged": on.TicketMerged(at=instant, into="T-2"),
        "unmerged": on.TicketUnmerged(at=instant),
        "promise": on.PromiseMade(at=instant, promise=f"p{number}", due=at(hours + 5), what="call"),
        "kept": on.PromiseKept(at=instant, promise=f"p{number - 1}"),
        "due": on.TicketDueSet(at=instant, due=at(hours + 9)),
    }
    return made[kind]


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[int, TicketEvent]]:
    """Return a ticket's history, whose events may share an instant."""
    steps = draw(st.lists(st.tuples(_KINDS, st.sampled_from([0, 0, 0.5, 3, 14, 41])), max_size=14))
    instants_ = itertools.accumulate((wait for _, wait in steps), initial=9.5)
    next(instants_)
    events = [
        event_of(kind, number, hours) for number, ((kind, _), hours) in enumerate(zip(steps, instants_, strict=True))
    ]
    return [(10 * number, event) for number, event in enumerate([opened(9.5, priority="low"), *events], 1)]


@st.composite
def engines(draw: st.DrawFn) -> Timekeeper:
    """Return an engine with some policy, which changes on the way."""
    options = Options(
        reopen=draw(st.sampled_from(["resume", "restart", "first_final"])),
        next_response_from=draw(st.sampled_from(["always", "after_first_response"])),
        next_response_clock=draw(st.sampled_from(["oldest_unanswered", "latest_unanswered"])),
        bot_clears_waiting=draw(st.booleans()),
        retarget=draw(st.sampled_from(["from_start", "restart_at_change", "keep"])),
        calendar_change=draw(st.sampled_from(["from_change", "retroactive"])),
        status_counts_as_response=draw(st.sampled_from([(), ("in work",)])),
    )
    every = {clock.name: 5 * HOUR for clock in STANDARD if clock.due is None}
    urgent = rule("urgent", when={"priority": ("urgent",)}, targets={"resolution": HOUR}, options=options)
    rest = rule("rest", calendar="office", targets=every, options=options)
    return keeper(urgent, rest, later=[version(2, 30, rest)] if draw(st.booleans()) else ())


class TestLaws:
    @settings(deadline=None)
    @given(engine=engines(), history=histories(), data=st.data())
    def test_resuming_anywhere_gives_the_same_clocks(
        self, engine: Timekeeper, history: list[tuple[int, TicketEvent]], data: st.DataObject
    ) -> None:
        """Fold a part, look at it at any instant, fold on: the clocks are those of folding at once."""
        cut = data.draw(st.integers(0, len(history)))
        state: TicketClocks | None = engine.fold(history[:cut])
        if state is not None and cut < len(history):
            then, following = state.now[0], history[cut][1].at
            if following > then:
                state = engine.advance(state, then + (following - then) * data.draw(st.sampled_from([0.2, 0.9])))
        for position, event in history[cut:]:
            state = engine.step(state, position, event)
        whole = engine.fold(history)
        as_of = history[-1][1].at + timedelta(hours=data.draw(st.integers(0, 90)))
        assert engine.read(state, as_of) == engine.read(whole, as_of)

    @settings(deadline=None)
    @given(engine=engines(), history=histories())
    def test_order_of_equal_instants_is_the_logs(
        self, engine: Timekeeper, history: list[tuple[int, TicketEvent]]
    ) -> None:
        """In whatever order the events come in, they are folded by instant, then by position."""
        assert engine.fold(reversed(history)) == engine.fold(history)

    @settings(deadline=None)
    @given(engine=engines(), history=histories(), later=st.integers(1, 90))
    def test_a_breach_is_never_taken_back(
        self, engine: Timekeeper, history: list[tuple[int, TicketEvent]], later: int
    ) -> None:
        """What was breached when looked at is breached at the same instant ever after."""
        for count in range(1, len(history) + 1):
            then = history[count - 1][1].at
            if count < len(history) and history[count][1].at == then:
                continue
            early = {(one.slot, one.clock, one.number): one for one in engine.read(engine.fold(history[:count]), then)}
            whole = engine.read(engine.fold(history), history[-1][1].at + timedelta(hours=later))
            for one in whole:
                before = early.get((one.slot, one.clock, one.number))
                if before is not None and before.breached_at is not None:
                    assert one.breached_at == before.breached_at

    @settings(deadline=None)
    @given(start=st.integers(0, 200), begin=st.integers(0, 200), length=st.integers(0, 200), target=st.integers(1, 60))
    def test_pausing_in_closed_hours_costs_nothing(self, start: int, begin: int, length: int, target: int) -> None:
        """A pause moves what is due by its open time, and by nothing if there is none."""
        engine = keeper(rule(calendar="office", targets={"resolution": target * HOUR / 4}))
        first, second = start + begin / 4, start + begin / 4 + length / 4
        plain = read(engine, [opened(start)], second, "resolution")
        waited = read(engine, [opened(start), paused(first), resumed(second)], second, "resolution")
        open_time = OFFICE.elapsed(at(first), at(second))
        assert waited.elapsed == plain.elapsed - open_time
        if open_time == 0:
            assert (waited.due, waited.breached) == (plain.due, plain.breached)

    @settings(deadline=None)
    @given(engine=engines(), history=histories())
    def test_what_has_ended_never_changes(self, engine: Timekeeper, history: list[tuple[int, TicketEvent]]) -> None:
        """A clock that is over shows the same at any later instant, unless the ticket is reopened."""
        as_of = history[-1][1].at
        whole = engine.fold(history)
        for one, later in zip(engine.read(whole, as_of), engine.read(whole, as_of + timedelta(days=9)), strict=False):
            if one.state in ("met", "ended"):
                assert attrs.evolve(later, as_of=one.as_of) == one


def test_the_slot_of_given_instants_is_no_slot_of_policies() -> None:
    """Rules for it warn and escalate; the other clocks are not measured in it."""
    found = Timekeeper().fold([(1, opened())])
    assert found is not None
    assert {(one.slot, one.clock) for one in found.instances} == {(GIVEN, "due_date")}
