from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import get_args

import attrs
import pytest

from ventanilla.core.events import (
    Event,
    Happened,
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
from ventanilla.core.ticket import Ticket

EVENTS: tuple[type[Happened], ...] = get_args(Event)


def at(minutes: int) -> datetime:
    return datetime(2026, 1, 5, 9, tzinfo=UTC) + timedelta(minutes=minutes)


OPENED = TicketOpened(at=at(0), channel="phone", facts={"district": "Roxbury"})
OPEN = Ticket(
    id="T-1",
    version=1,
    status="open",
    opened=OPENED,
    last_at=at(0),
    things={("fact", "district"): "Roxbury"},
    told={TicketOpened: (OPENED,)},
)
LATER: Sequence[tuple[Event, Ticket]] = [
    (TicketCategorised(at=at(1), category="noise"), attrs.evolve(OPEN, category="noise")),
    (TicketPrioritised(at=at(1), priority="high"), attrs.evolve(OPEN, priority="high")),
    (TicketRouted(at=at(1), team="roads"), attrs.evolve(OPEN, team="roads")),
    (TicketDueSet(at=at(1), due=at(60)), attrs.evolve(OPEN, due=at(60))),
    (TicketResolved(at=at(1), code="fixed"), attrs.evolve(OPEN, status="resolved")),
    (TicketReopened(at=at(1)), attrs.evolve(OPEN, status="open")),
    (TicketClosed(at=at(1)), attrs.evolve(OPEN, status="closed")),
    (VerdictStated(at=at(1), by="the city", verdict="met"), OPEN),
]
"""Events after the opening, with what each changes of an open ticket."""


class TestFormat:
    def test_gives_every_event_a_topic_of_its_own(self) -> None:
        """No two events are stored under the same topic."""
        assert len({event.TOPIC for event in EVENTS}) == len(EVENTS)

    def test_leaves_no_event_out_of_the_union(self) -> None:
        """Every released event class belongs to the union that rules and folds are checked against."""
        released = {kind for kind in Happened.__subclasses__() if kind.__module__.startswith("ventanilla.core.events")}
        # attrs replaces a class by one with slots, so the subclasses know each name twice.
        assert {kind.__name__ for kind in released} == {event.__name__ for event in EVENTS}


class TestTicket:
    def test_is_unborn_at_first(self) -> None:
        """A ticket to which nothing has happened knows its id, and that it is unborn."""
        unborn = Ticket(id="T-1")
        assert (unborn.id, unborn.status, unborn.version, unborn.opened) == ("T-1", "unborn", 0, None)
        assert not unborn.told


class TestEvolve:
    def test_of_the_opening_starts_the_ticket(self) -> None:
        """The opening makes an unborn ticket an open one that knows how it was opened."""
        assert evolve(Ticket(id="T-1"), OPENED) == OPEN

    @pytest.mark.parametrize(("event", "expected"), LATER)
    def test_of_a_later_event_changes_what_it_says(self, event: Event, expected: Ticket) -> None:
        """A later event changes its own part of the ticket, and is remembered."""
        assert evolve(OPEN, event) == attrs.evolve(
            expected, version=2, last_at=at(1), told={**OPEN.told, type(event): (event,)}
        )

    def test_of_a_reopening_opens_again(self) -> None:
        """A settled ticket is open after its reopening."""
        resolved = evolve(OPEN, TicketResolved(at=at(1), code="fixed"))
        assert evolve(resolved, TicketReopened(at=at(2))).status == "open"

    def test_of_many_equals_one_by_one(self) -> None:
        """Many events at once leave the ticket where they leave it one after the other."""
        first, second = TicketRouted(at=at(1), team="roads"), TicketClosed(at=at(2))
        assert evolve(OPEN, first, second) == evolve(evolve(OPEN, first), second)

    def test_of_nothing_is_the_same_ticket(self) -> None:
        """Where nothing happens the ticket stays as it is."""
        assert evolve(OPEN) == OPEN

    def test_leaves_the_ticket_before_as_it_was(self) -> None:
        """Evolving makes a new ticket: the one before stays as it was."""
        before = evolve(Ticket(id="T-1"), OPENED)
        evolve(before, TicketRouted(at=at(1), team="roads"))
        assert before == OPEN
