from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from ventanilla.core.events import (
    TicketCategorised,
    TicketClosed,
    TicketDueSet,
    TicketEvent,
    TicketOpened,
    TicketReopened,
    TicketResolved,
    VerdictStated,
)
from ventanilla.core.recorded import Recorded
from ventanilla.projections.clocks import BREACHED, END, JUDGED, Account, ClockState, Entry, account, verdict
from ventanilla.projections.tickets import TicketFacts, fold


def at(minutes: int, seconds: int = 0) -> datetime:
    return datetime(2026, 1, 5, 9, tzinfo=UTC) + timedelta(minutes=minutes, seconds=seconds)


def recorded(*history: TicketEvent) -> list[Recorded]:
    """Return *history* as the log has it, each event ten positions after the one before."""
    return [
        Recorded(
            position=10 * version,
            stream="T-1",
            version=version,
            recorded_at=at(1_000),
            actor="agent:a7",
            cause="command:any",
            allowed_by="1/agent",
            event=event,
        )
        for version, event in enumerate(history, 1)
    ]


def row_after(*history: TicketEvent) -> TicketFacts:
    row = fold(None, "T-1", list(enumerate(history, 1)))
    assert row is not None
    return row


def account_of(history: Sequence[TicketEvent], as_of: datetime) -> Account:
    found = account(recorded(*history), as_of)
    assert found is not None
    return found


OPENED = TicketOpened(at=at(0), channel="phone")
DUE = TicketDueSet(at=at(0), due=at(10))


class TestVerdict:
    @pytest.mark.parametrize(
        ("settled", "state"), [(at(9), "met"), (at(10), "met"), (at(10, seconds=1), "breached"), (at(60), "breached")]
    )
    def test_of_a_settled_ticket(self, settled: datetime, state: ClockState) -> None:
        """Settled exactly at the due instant is on time; a second later is not."""
        row = row_after(OPENED, DUE, TicketResolved(at=settled, code="fixed"))
        assert verdict(row, at(1_000)) == state

    @pytest.mark.parametrize(
        ("as_of", "state"), [(at(0), "running"), (at(10), "running"), (at(10, seconds=1), "breached")]
    )
    def test_of_an_open_ticket(self, as_of: datetime, state: ClockState) -> None:
        """An open ticket runs up to its due instant, and is overdue a second later."""
        assert verdict(row_after(OPENED, DUE), as_of) == state

    def test_without_a_due_instant(self) -> None:
        """What is never due is never late."""
        assert verdict(row_after(OPENED), at(1_000)) == "none"

    def test_of_a_closed_ticket(self) -> None:
        """Closing without having resolved ends the clock as well."""
        assert verdict(row_after(OPENED, DUE, TicketClosed(at=at(10))), at(1_000)) == "met"

    def test_of_a_reopened_ticket(self) -> None:
        """A settlement that was withdrawn does not count: the clock runs on and may be breached."""
        row = row_after(OPENED, DUE, TicketResolved(at=at(5), code="fixed"), TicketReopened(at=at(6)))
        assert (verdict(row, at(10)), verdict(row, at(11))) == ("running", "breached")

    def test_goes_by_the_due_instant_in_force(self) -> None:
        """A softer due instant set later is the one that a settlement is judged by."""
        row = row_after(OPENED, DUE, TicketDueSet(at=at(11), due=at(60)), TicketResolved(at=at(20), code="fixed"))
        assert verdict(row, at(1_000)) == "met"


class TestExpressions:
    def test_end_is_the_settlement_or_now(self) -> None:
        """The clock has run up to the settlement, and while there is none up to the instant of the question."""
        settled = row_after(OPENED, TicketResolved(at=at(5), code="fixed"))
        assert (END.run()(settled, at(9)), END.run()(row_after(OPENED), at(9))) == (at(5), at(9))

    def test_breached_is_unknown_without_a_due_instant(self) -> None:
        """Whether a clock without a due instant is breached is unknown, neither yes nor no."""
        assert BREACHED.run()(row_after(OPENED), at(9)) is None

    @pytest.mark.parametrize(
        ("row", "judged"),
        [
            (row_after(OPENED), False),
            (row_after(OPENED, TicketResolved(at=at(5), code="fixed")), False),
            (row_after(OPENED, TicketDueSet(at=at(0), due=at(60))), False),
            (row_after(OPENED, DUE), True),
            (row_after(OPENED, TicketDueSet(at=at(0), due=at(60)), TicketResolved(at=at(5), code="fixed")), True),
        ],
    )
    def test_judged_is_settled_or_overdue(self, row: TicketFacts, judged: bool) -> None:
        """A verdict is known of what was due and is settled or overdue; not of what is open and not yet due."""
        assert JUDGED.run()(row, at(20)) is judged


class TestAccount:
    def test_before_the_opening_is_none(self) -> None:
        """There is no account of a ticket that was not opened by then, or never was."""
        assert account(recorded(OPENED, DUE), at(-1)) is None
        assert account([], at(0)) is None

    def test_tells_a_whole_life(self) -> None:
        """Each event that touches the clock has its line: position, instant, and what it did."""
        told = account_of(
            [
                OPENED,
                DUE,
                TicketCategorised(at=at(1), category="noise"),
                TicketDueSet(at=at(2), due=at(60)),
                TicketResolved(at=at(5), code="fixed"),
                TicketReopened(at=at(6)),
                TicketClosed(at=at(61)),
                VerdictStated(at=at(62), by="the city", verdict="met"),
            ],
            at(1_000),
        )
        assert told == Account(
            clock="resolution",
            entries=(
                Entry(position=10, at=at(0), what="started: the ticket was opened"),
                Entry(position=20, at=at(0), what="due 2026-01-05 09:10:00Z"),
                Entry(position=40, at=at(2), what="due 2026-01-05 10:00:00Z, no longer 2026-01-05 09:10:00Z"),
                Entry(position=50, at=at(5), what="ended: resolved as 'fixed'"),
                Entry(
                    position=60, at=at(6), what="runs on: the ticket was reopened, so its settlement no longer counts"
                ),
                Entry(position=70, at=at(61), what="ended: closed without having been resolved"),
                Entry(position=80, at=at(62), what="not ours: the city says met"),
            ),
            state="breached",
            due_at=at(60),
            breached_at=at(60),
            seconds_left=-60.0,
            as_of=at(1_000),
        )

    def test_says_nothing_of_closing_a_resolved_ticket(self) -> None:
        """A clock that has ended does not end again when the ticket is closed."""
        told = account_of([OPENED, TicketResolved(at=at(5), code="fixed"), TicketClosed(at=at(6))], at(9))
        assert [entry.position for entry in told.entries] == [10, 20]

    def test_leaves_out_what_happened_later(self) -> None:
        """What happened after the instant of the question is not in the account; what happened then is."""
        history: list[TicketEvent] = [OPENED, DUE, TicketResolved(at=at(5), code="fixed")]
        before, then = account_of(history, at(5) - timedelta(seconds=1)), account_of(history, at(5))
        assert ([entry.position for entry in before.entries], before.state) == ([10, 20], "running")
        assert ([entry.position for entry in then.entries], then.state) == ([10, 20, 30], "met")

    def test_counts_the_seconds_left(self) -> None:
        """An open ticket has the seconds from the instant of the question to its due instant left."""
        assert account_of([OPENED, DUE], at(9)).seconds_left == 60.0

    def test_of_what_is_never_due(self) -> None:
        """Without a due instant there are no seconds left and no breach."""
        told = account_of([OPENED], at(9))
        assert (told.state, told.due_at, told.breached_at, told.seconds_left) == ("none", None, None, None)

    def test_of_an_overdue_ticket_names_the_breach(self) -> None:
        """An overdue ticket was breached at its due instant, though nothing has happened to it since."""
        told = account_of([OPENED, DUE], at(11))
        assert (told.state, told.breached_at, told.seconds_left) == ("breached", at(10), -60.0)

    def test_of_a_running_ticket_has_no_breach(self) -> None:
        """An open ticket that is not yet due has not been breached."""
        assert account_of([OPENED, DUE], at(10)).breached_at is None

    def test_remembers_a_breach_that_was_softened(self) -> None:
        """A clock that is met by a softer due instant still says that the first one was breached."""
        told = account_of(
            [OPENED, DUE, TicketDueSet(at=at(11), due=at(60)), TicketResolved(at=at(20), code="fixed")], at(1_000)
        )
        assert (told.state, told.due_at, told.breached_at) == ("met", at(60), at(10))
