from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ventanilla.core.commands import (
    Categorise,
    Close,
    Command,
    Open,
    Prioritise,
    Reopen,
    Resolve,
    Route,
    SetDue,
    StateVerdict,
)
from ventanilla.core.decide import decide, decide_all
from ventanilla.core.errors import Refused
from ventanilla.core.events import (
    Event,
    TicketCategorised,
    TicketClosed,
    TicketDueSet,
    TicketOpened,
    TicketPrioritised,
    TicketReopened,
    TicketResolved,
    TicketRouted,
    VerdictStated,
)
from ventanilla.core.evolve import evolve
from ventanilla.core.recorded import Actor
from ventanilla.core.ticket import Status, Ticket

AGENT = Actor("agent", "a7")


def at(minutes: int) -> datetime:
    return datetime(2026, 1, 5, 9, tzinfo=UTC) + timedelta(minutes=minutes)


def ticket_after(*history: Event) -> Ticket:
    ticket = Ticket(id="T-1")
    for event in history:
        ticket = evolve(ticket, event)
    return ticket


def open_(minutes: int = 0, channel: str = "phone", district: str | None = None) -> Open:
    facts = {"district": district} if district else {}
    return Open(ticket="T-1", at=at(minutes), actor=AGENT, channel=channel, facts=facts)


def categorise(minutes: int, category: str = "noise") -> Categorise:
    return Categorise(ticket="T-1", at=at(minutes), actor=AGENT, category=category)


def prioritise(minutes: int, priority: str = "high") -> Prioritise:
    return Prioritise(ticket="T-1", at=at(minutes), actor=AGENT, priority=priority)


def route(minutes: int, team: str = "roads") -> Route:
    return Route(ticket="T-1", at=at(minutes), actor=AGENT, team=team)


def set_due(minutes: int, due: int = 60) -> SetDue:
    return SetDue(ticket="T-1", at=at(minutes), actor=AGENT, due=at(due))


def resolve(minutes: int, code: str = "fixed") -> Resolve:
    return Resolve(ticket="T-1", at=at(minutes), actor=AGENT, code=code)


def reopen(minutes: int) -> Reopen:
    return Reopen(ticket="T-1", at=at(minutes), actor=AGENT)


def close(minutes: int) -> Close:
    return Close(ticket="T-1", at=at(minutes), actor=AGENT)


def state_verdict(minutes: int) -> StateVerdict:
    return StateVerdict(ticket="T-1", at=at(minutes), actor=AGENT, by="the city", verdict="met")


def every_later_command(minutes: int) -> list[tuple[str, Command]]:
    """Return, with the verb that its rules are named by, one of each command that needs a ticket."""
    return [
        ("categorise", categorise(minutes)),
        ("prioritise", prioritise(minutes)),
        ("route", route(minutes)),
        ("setdue", set_due(minutes)),
        ("resolve", resolve(minutes)),
        ("reopen", reopen(minutes)),
        ("close", close(minutes)),
        ("stateverdict", state_verdict(minutes)),
    ]


def rule_of(command: Command, ticket: Ticket) -> str:
    with pytest.raises(Refused) as refused:
        decide(command, ticket)
    return refused.value.rule


OPENED = TicketOpened(at=at(0), channel="phone")
OPEN = ticket_after(OPENED)
RESOLVED = ticket_after(OPENED, TicketResolved(at=at(5), code="fixed"))
CLOSED = ticket_after(OPENED, TicketClosed(at=at(5)))


class TestOpen:
    def test_opens_a_ticket_that_is_not_there(self) -> None:
        """A ticket nobody has heard of is opened as asked."""
        opened = TicketOpened(at=at(0), channel="phone", facts={"district": "Roxbury"})
        assert decide(open_(district="Roxbury"), Ticket(id="T-1")) == (opened,)

    def test_again_is_idle(self) -> None:
        """Opening twice in the same way records once, even when the ticket has been closed since."""
        assert decide(open_(), CLOSED) == ()

    @pytest.mark.parametrize("otherwise", [open_(minutes=1), open_(channel="mail"), open_(district="Roxbury")])
    def test_otherwise_is_refused(self, otherwise: Open) -> None:
        """A ticket that is there cannot be opened at another time, in another way or with other facts."""
        assert rule_of(otherwise, OPEN) == "open.exists"

    def test_refusal_says_when_it_was_opened(self) -> None:
        """Who opens a ticket a second time is told which one, and when it was opened."""
        with pytest.raises(Refused) as refused:
            decide(open_(minutes=1), OPEN)
        assert (
            refused.value.reason
            == "ticket T-1 is there already, opened 2026-01-05T09:00:00Z otherwise: give another id"
        )


class TestLaterCommands:
    @pytest.mark.parametrize(
        ("command", "event"),
        [
            (categorise(7), TicketCategorised(at=at(7), category="noise")),
            (prioritise(7), TicketPrioritised(at=at(7), priority="high")),
            (route(7), TicketRouted(at=at(7), team="roads")),
            (set_due(7), TicketDueSet(at=at(7), due=at(60))),
            (resolve(7), TicketResolved(at=at(7), code="fixed")),
            (close(7), TicketClosed(at=at(7))),
            (state_verdict(7), VerdictStated(at=at(7), by="the city", verdict="met")),
        ],
    )
    def test_happens_to_an_open_ticket(self, command: Command, event: Event) -> None:
        """An open ticket is told what was asked, when it was asked."""
        assert decide(command, OPEN) == (event,)

    @pytest.mark.parametrize(("verb", "command"), every_later_command(0))
    def test_needs_a_ticket(self, verb: str, command: Command) -> None:
        """Nothing but opening can happen to a ticket that is not there."""
        assert rule_of(command, Ticket(id="T-1")) == f"{verb}.unborn"

    @pytest.mark.parametrize(("verb", "command"), every_later_command(-1))
    def test_before_the_opening_is_refused(self, verb: str, command: Command) -> None:
        """Nothing happens to a ticket before it was opened."""
        assert rule_of(command, OPEN) == f"{verb}.before_opened"

    @pytest.mark.parametrize(("verb", "command"), every_later_command(-1))
    def test_before_the_opening_is_named_before_out_of_order(self, verb: str, command: Command) -> None:
        """What lies before the opening is told so, though it lies before the newest event too."""
        busy = ticket_after(OPENED, TicketRouted(at=at(5), team="parks"))
        assert rule_of(command, busy) == f"{verb}.before_opened"

    @pytest.mark.parametrize(("verb", "command"), every_later_command(4))
    def test_out_of_order_is_refused(self, verb: str, command: Command) -> None:
        """Nothing happens before the newest event."""
        busy = ticket_after(OPENED, TicketRouted(at=at(5), team="parks"))
        assert rule_of(command, busy) == f"{verb}.out_of_order"

    @pytest.mark.parametrize(("verb", "command"), [pair for pair in every_later_command(5) if pair[0] != "reopen"])
    def test_may_share_the_instant_of_the_newest_event(self, verb: str, command: Command) -> None:
        """Two things may happen at the same instant."""
        busy = ticket_after(OPENED, TicketRouted(at=at(5), team="parks"))
        assert len(decide(command, busy)) == 1, verb

    @pytest.mark.parametrize(("verb", "command"), [pair for pair in every_later_command(0) if pair[0] != "reopen"])
    def test_may_share_the_instant_of_the_opening(self, verb: str, command: Command) -> None:
        """A ticket may be told the first thing at the instant at which it is opened."""
        assert len(decide(command, OPEN)) == 1, verb

    @pytest.mark.parametrize(
        ("command", "ticket", "reason"),
        [
            (route(0), Ticket(id="T-1"), "there is no ticket T-1 yet: open it first"),
            (route(-1), OPEN, "2026-01-05T08:59:00Z is before the opening: give 2026-01-05T09:00:00Z or later"),
            (
                route(4),
                RESOLVED,
                "2026-01-05T09:04:00Z is before the ticket's newest event: give 2026-01-05T09:05:00Z or later",
            ),
            (
                set_due(1, -1),
                OPEN,
                "due 2026-01-05T08:59:00Z is before the opening: give 2026-01-05T09:00:00Z or later",
            ),
            (reopen(9), OPEN, "ticket T-1 is open: there is nothing to reopen"),
            (route(9), CLOSED, "ticket T-1 is closed: reopen it first"),
        ],
    )
    def test_refusal_says_why(self, command: Command, ticket: Ticket, reason: str) -> None:
        """Who is refused is told why, with the ticket or the instants, in UTC, and what to do."""
        with pytest.raises(Refused) as refused:
            decide(command, ticket)
        assert refused.value.reason == reason


class TestSettingAgain:
    HISTORY = (
        OPENED,
        TicketCategorised(at=at(1), category="noise"),
        TicketPrioritised(at=at(2), priority="high"),
        TicketRouted(at=at(3), team="roads"),
        TicketDueSet(at=at(4), due=at(60)),
    )

    @pytest.mark.parametrize("command", [categorise(9), prioritise(9), route(9), set_due(9)])
    def test_what_would_change_nothing_is_idle(self, command: Command) -> None:
        """Setting what is set already records nothing."""
        assert decide(command, ticket_after(*self.HISTORY)) == ()

    @pytest.mark.parametrize("command", [categorise(2), prioritise(1), route(-1), set_due(0)])
    def test_what_would_change_nothing_is_idle_even_out_of_order(self, command: Command) -> None:
        """What would change nothing is not held against the order of events."""
        assert decide(command, ticket_after(*self.HISTORY)) == ()

    @pytest.mark.parametrize(
        ("command", "event"),
        [
            (categorise(9, "trees"), TicketCategorised(at=at(9), category="trees")),
            (prioritise(9, "low"), TicketPrioritised(at=at(9), priority="low")),
            (route(9, "parks"), TicketRouted(at=at(9), team="parks")),
            (set_due(9, 90), TicketDueSet(at=at(9), due=at(90))),
        ],
    )
    def test_another_value_is_recorded(self, command: Command, event: Event) -> None:
        """Setting something else replaces it."""
        assert decide(command, ticket_after(*self.HISTORY)) == (event,)

    def test_back_to_an_earlier_value_is_recorded(self) -> None:
        """Setting what was once set, and is no longer, is news when it comes at another time."""
        moved = ticket_after(*self.HISTORY, TicketRouted(at=at(5), team="parks"))
        assert decide(route(9, "roads"), moved) == (TicketRouted(at=at(9), team="roads"),)

    def test_a_repetition_after_a_change_is_idle(self) -> None:
        """A command that comes again after others changed the same thing does not change it back."""
        moved = ticket_after(*self.HISTORY, TicketRouted(at=at(5), team="parks"))
        assert decide(route(3, "roads"), moved) == ()


class TestSetDue:
    def test_before_the_opening_is_refused(self) -> None:
        """A ticket cannot have been due before it was opened."""
        assert rule_of(set_due(1, due=-1), OPEN) == "setdue.due_before_opened"

    def test_at_the_opening_is_allowed(self) -> None:
        """A ticket may be due at the instant at which it is opened."""
        assert decide(set_due(1, due=0), OPEN) == (TicketDueSet(at=at(1), due=at(0)),)


class TestResolve:
    def test_again_with_another_code_is_idle(self) -> None:
        """A resolved ticket is not resolved a second time, whatever the code."""
        assert decide(resolve(9, "duplicate"), RESOLVED) == ()

    def test_of_a_closed_ticket_is_idle(self) -> None:
        """A ticket that was put away stays as it was put away."""
        assert decide(resolve(9), CLOSED) == ()

    def test_after_reopening_is_recorded(self) -> None:
        """A reopened ticket can be resolved again."""
        reopened = ticket_after(OPENED, TicketResolved(at=at(5), code="fixed"), TicketReopened(at=at(6)))
        assert decide(resolve(9), reopened) == (TicketResolved(at=at(9), code="fixed"),)


class TestReopen:
    @pytest.mark.parametrize("settled", [RESOLVED, CLOSED])
    def test_takes_up_a_settled_ticket(self, settled: Ticket) -> None:
        """What is resolved or closed can be taken up again."""
        assert decide(reopen(9), settled) == (TicketReopened(at=at(9)),)

    def test_of_an_open_ticket_is_refused(self) -> None:
        """There is nothing to reopen on an open ticket."""
        assert rule_of(reopen(9), OPEN) == "reopen.open"

    def test_again_is_idle(self) -> None:
        """A reopening that comes again is known, although the ticket is open by now."""
        reopened = ticket_after(OPENED, TicketResolved(at=at(5), code="fixed"), TicketReopened(at=at(6)))
        assert decide(reopen(6), reopened) == ()


class TestClose:
    def test_puts_away_a_resolved_ticket(self) -> None:
        """A resolved ticket can be closed."""
        assert decide(close(9), RESOLVED) == (TicketClosed(at=at(9)),)

    def test_of_a_closed_ticket_is_idle(self) -> None:
        """Closing a closed ticket at another time records nothing."""
        assert decide(close(9), CLOSED) == ()


class TestClosedTicket:
    @pytest.mark.parametrize(
        ("verb", "command"),
        [
            ("categorise", categorise(9)),
            ("prioritise", prioritise(9)),
            ("route", route(9)),
            ("setdue", set_due(9)),
        ],
    )
    def test_cannot_be_changed(self, verb: str, command: Command) -> None:
        """A closed ticket must be reopened before anything about it changes."""
        assert rule_of(command, CLOSED) == f"{verb}.closed"

    def test_may_be_judged(self) -> None:
        """Another system may state its verdict when all is over."""
        assert decide(state_verdict(9), CLOSED) == (VerdictStated(at=at(9), by="the city", verdict="met"),)


class TestStateVerdict:
    def test_at_another_time_is_recorded_again(self) -> None:
        """A verdict stated anew is kept, even when it is the same."""
        judged = ticket_after(OPENED, VerdictStated(at=at(5), by="the city", verdict="met"))
        assert decide(state_verdict(9), judged) == (VerdictStated(at=at(9), by="the city", verdict="met"),)


class TestDecideAll:
    def test_gives_the_events_and_the_ticket_after(self) -> None:
        """Commands that belong together make their events happen in order, each decided after the one before."""
        events, after = decide_all([open_(), resolve(5), resolve(6), reopen(7)], Ticket(id="T-1"))
        history = (OPENED, TicketResolved(at=at(5), code="fixed"), TicketReopened(at=at(7)))
        assert (events, after) == (history, ticket_after(*history))

    def test_of_nothing_leaves_the_ticket(self) -> None:
        """Where nothing is asked nothing happens."""
        assert decide_all([], RESOLVED) == ((), RESOLVED)

    def test_leaves_the_ticket_before_as_it_was(self) -> None:
        """The ticket that was given stays as it was, also when the last command is refused."""
        before = ticket_after(OPENED, TicketRouted(at=at(1), team="roads"))
        decide_all([route(5, "parks"), resolve(6)], before)
        with pytest.raises(Refused, match=r"\(route\.out_of_order\)"):
            decide_all([resolve(6), route(5, "parks")], before)
        assert before == ticket_after(OPENED, TicketRouted(at=at(1), team="roads"))


# Few instants and few words, so that commands meet, clash and repeat each other often.
minutes = st.integers(-1, 6)
commands: st.SearchStrategy[Command] = st.one_of(
    st.builds(open_, minutes, st.sampled_from(["phone", "mail"])),
    st.builds(categorise, minutes, st.sampled_from(["noise", "trees"])),
    st.builds(prioritise, minutes, st.sampled_from(["high", "low"])),
    st.builds(route, minutes, st.sampled_from(["roads", "parks"])),
    st.builds(set_due, minutes, st.integers(-1, 6)),
    st.builds(resolve, minutes, st.sampled_from(["fixed", "duplicate"])),
    st.builds(reopen, minutes),
    st.builds(close, minutes),
    st.builds(state_verdict, minutes),
)
# Half of them begin with an opening, lest most find no ticket.
sequences = st.one_of(st.lists(commands), st.lists(commands).map(lambda later: [open_(), *later]))
law = settings(deadline=None)


def carried_out(sequence: Iterable[Command]) -> tuple[Ticket, list[Event], list[Command]]:
    """Return the ticket after *sequence*, its history, and those commands that made something happen."""
    ticket, history, effective = Ticket(id="T-1"), list[Event](), list[Command]()
    for command in sequence:
        try:
            events = decide(command, ticket)
        except Refused:
            continue
        ticket = ticket_after(*history, *events)
        history.extend(events)
        if events:
            effective.append(command)
    return ticket, history, effective


class TestLaws:
    @law
    @given(sequences)
    def test_again_is_idle_however_much_has_happened_since(self, sequence: Sequence[Command]) -> None:
        """A command that made something happen never does so twice, whatever came in between."""
        ticket, _, effective = carried_out(sequence)
        assert [decide(command, ticket) for command in effective] == [() for _ in effective]

    @law
    @given(sequences, commands)
    def test_again_at_once_is_idle(self, sequence: Sequence[Command], command: Command) -> None:
        """A command that is not refused can be repeated at once, whether it made something happen or not."""
        ticket, history, _ = carried_out(sequence)
        try:
            events = decide(command, ticket)
        except Refused:
            return
        assert decide(command, ticket_after(*history, *events)) == ()

    @law
    @given(sequences)
    def test_any_sequence_ends_in_a_legal_state(self, sequence: Sequence[Command]) -> None:
        """No sequence of commands raises anything but a refusal, or leads to a ticket that contradicts itself."""
        ticket, history, _ = carried_out(sequence)
        assert ticket.version == len(history)
        assert [type(event) is TicketOpened for event in history] == [place == 0 for place in range(len(history))]
        if ticket.opened is None:
            assert ticket == Ticket(id="T-1")
        else:
            assert ticket.status in set(get_args(Status)) - {"unborn"}
            assert (ticket.opened, ticket.last_at) == (history[0], history[-1].at)
            told = [event for events in ticket.told.values() for event in events]
            assert set(told) == set(history)
            assert len(told) == ticket.version
            assert ticket.due is None or ticket.due >= ticket.opened.at

    @law
    @given(sequences)
    def test_histories_run_forward(self, sequence: Sequence[Command]) -> None:
        """Nothing in a history happened before what was recorded before it."""
        _, history, _ = carried_out(sequence)
        instants = [event.at for event in history]
        assert instants == sorted(instants)

    @law
    @given(sequences, commands)
    def test_a_command_brings_about_what_it_asks(self, sequence: Sequence[Command], command: Command) -> None:
        """After a command that made something happen the ticket stands as asked."""
        ticket, history, _ = carried_out(sequence)
        try:
            events = decide(command, ticket)
        except Refused:
            return
        if not events:
            return
        after = ticket_after(*history, *events)
        match command:
            case Open(channel=channel):
                assert after.opened == TicketOpened(at=command.at, channel=channel)
            case Categorise(category=category):
                assert after.category == category
            case Prioritise(priority=priority):
                assert after.priority == priority
            case Route(team=team):
                assert after.team == team
            case SetDue(due=due):
                assert after.due == due
            case Resolve():
                assert after.status == "resolved"
            case Reopen():
                assert after.status == "open"
            case Close():
                assert after.status == "closed"
            case StateVerdict():
                assert after.status == ticket.status

    @law
    @given(sequences)
    def test_together_equals_one_by_one(self, sequence: Sequence[Command]) -> None:
        """Deciding commands together gives the events and the ticket that deciding each alone gives."""
        ticket, history, effective = carried_out(sequence)
        assert decide_all(effective, Ticket(id="T-1")) == (tuple(history), ticket)
