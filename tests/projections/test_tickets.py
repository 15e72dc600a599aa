from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ventanilla.core.events import (
    TicketCategorised,
    TicketClosed,
    TicketDueSet,
    TicketEvent,
    TicketOpened,
    TicketPrioritised,
    TicketReopened,
    TicketResolved,
    TicketRouted,
    VerdictStated,
)
from ventanilla.projections.tickets import DIMENSIONS, READS, SOURCES, TicketFacts, fold


def at(minutes: int) -> datetime:
    return datetime(2026, 1, 5, 9, tzinfo=UTC) + timedelta(minutes=minutes)


def row_after(*history: TicketEvent) -> TicketFacts:
    """Fold *history*, each event ten positions after the one before."""
    row = fold(None, "T-1", [(10 * place, event) for place, event in enumerate(history, 1)])
    assert row is not None
    return row


OPENED = TicketOpened(at=at(0), channel="phone", facts={"district": "Roxbury"})
DUE = TicketDueSet(at=at(0), due=at(10))


class TestFold:
    def test_of_nothing_is_nothing(self) -> None:
        """A ticket to which nothing has happened has no row."""
        assert fold(None, "T-1", []) is None

    def test_of_nothing_more_leaves_the_row(self) -> None:
        """A row to which nothing is added stays as it is."""
        row = row_after(OPENED, DUE)
        assert fold(row, "T-1", []) == row

    def test_of_the_opening_alone(self) -> None:
        """An opened ticket has its channel, its facts and its opening, and nothing else yet."""
        assert row_after(OPENED) == TicketFacts(
            ticket="T-1",
            version=1,
            last_at=at(0),
            status="open",
            channel="phone",
            facts={"district": "Roxbury"},
            opened_at=at(0),
            opened_position=10,
        )

    @pytest.mark.parametrize(
        ("event", "changed"),
        [
            (TicketCategorised(at=at(5), category="noise"), {"category": "noise", "categorised_position": 20}),
            (TicketPrioritised(at=at(5), priority="high"), {"priority": "high", "prioritised_position": 20}),
            (TicketRouted(at=at(5), team="roads"), {"team": "roads", "routed_position": 20}),
            (TicketDueSet(at=at(5), due=at(10)), {"due_at": at(10), "due_position": 20}),
            (
                TicketResolved(at=at(5), code="fixed"),
                {"status": "resolved", "code": "fixed", "settled_at": at(5), "settled_position": 20},
            ),
            (
                TicketClosed(at=at(5)),
                {
                    "status": "closed",
                    "closed_at": at(5),
                    "closed_position": 20,
                    "settled_at": at(5),
                    "settled_position": 20,
                },
            ),
            (
                VerdictStated(at=at(5), by="the city", verdict="met"),
                {"stated": "met", "stated_by": "the city", "stated_position": 20},
            ),
        ],
    )
    def test_of_a_later_event_changes_its_columns(self, event: TicketEvent, changed: dict[str, Any]) -> None:
        """A later event changes its own columns, names its position, and nothing else."""
        expected = attrs.evolve(row_after(OPENED), version=2, last_at=at(5), **changed)
        assert row_after(OPENED, event) == expected

    def test_keeps_the_newest_value(self) -> None:
        """Where something is set twice the row has the second value and its position."""
        row = row_after(OPENED, TicketRouted(at=at(1), team="roads"), TicketRouted(at=at(2), team="parks"))
        assert (row.team, row.routed_position) == ("parks", 30)

    def test_of_closing_after_resolving_keeps_the_settlement(self) -> None:
        """A ticket that was resolved before it was closed was settled when it was resolved."""
        row = row_after(OPENED, TicketResolved(at=at(5), code="fixed"), TicketClosed(at=at(9)))
        assert (row.status, row.settled_at, row.settled_position) == ("closed", at(5), 20)
        assert (row.closed_at, row.closed_position) == (at(9), 30)

    def test_of_closing_without_resolving_settles_without_a_code(self) -> None:
        """A ticket closed without having been resolved is settled then, and nobody said how."""
        row = row_after(OPENED, TicketClosed(at=at(9)))
        assert (row.settled_at, row.code) == (at(9), None)

    def test_of_reopening_withdraws_the_settlement(self) -> None:
        """A reopened ticket is open, neither settled nor closed, but its last code is still known."""
        row = row_after(
            OPENED,
            TicketResolved(at=at(5), code="fixed"),
            TicketClosed(at=at(6)),
            TicketReopened(at=at(9)),
        )
        assert (row.status, row.settled_at, row.closed_at) == ("open", None, None)
        assert (row.reopens, row.reopened_position, row.code) == (1, 40, "fixed")

    def test_counts_every_reopening(self) -> None:
        """A ticket that came back twice has been reopened twice, and is settled when it was settled last."""
        row = row_after(
            OPENED,
            TicketResolved(at=at(1), code="fixed"),
            TicketReopened(at=at(2)),
            TicketClosed(at=at(3)),
            TicketReopened(at=at(4)),
            TicketResolved(at=at(5), code="duplicate"),
        )
        assert (row.reopens, row.reopened_position) == (2, 50)
        assert (row.settled_at, row.settled_position, row.code) == (at(5), 60, "duplicate")


class TestBreach:
    def test_survives_a_softer_due_instant(self) -> None:
        """A due instant that passed unsettled stays breached when a later one is set, and met."""
        row = row_after(OPENED, DUE, TicketDueSet(at=at(11), due=at(60)), TicketResolved(at=at(20), code="fixed"))
        assert (row.breached_at, row.due_at) == (at(10), at(60))

    def test_is_the_first_of_several(self) -> None:
        """Where several due instants passed unsettled, the first is kept."""
        row = row_after(OPENED, DUE, TicketDueSet(at=at(11), due=at(15)), TicketResolved(at=at(20), code="fixed"))
        assert row.breached_at == at(10)

    def test_is_seen_by_whatever_happens_next(self) -> None:
        """Any event after the due instant shows that it passed unsettled."""
        assert row_after(OPENED, DUE, TicketRouted(at=at(11), team="roads")).breached_at == at(10)

    def test_is_a_late_settlement(self) -> None:
        """Settling after the due instant is a breach at the due instant, not at the settlement."""
        assert row_after(OPENED, DUE, TicketResolved(at=at(11), code="fixed")).breached_at == at(10)

    def test_is_not_a_settlement_at_the_due_instant(self) -> None:
        """Settled exactly then is on time."""
        assert row_after(OPENED, DUE, TicketResolved(at=at(10), code="fixed")).breached_at is None

    def test_is_not_what_happens_after_the_settlement(self) -> None:
        """A ticket settled on time may be closed after its due instant."""
        row = row_after(OPENED, DUE, TicketResolved(at=at(9), code="fixed"), TicketClosed(at=at(11)))
        assert row.breached_at is None

    def test_is_not_an_extension_in_time(self) -> None:
        """A due instant replaced before it passed was not breached."""
        row = row_after(OPENED, DUE, TicketDueSet(at=at(10), due=at(60)), TicketResolved(at=at(20), code="fixed"))
        assert row.breached_at is None


class TestSources:
    def test_name_columns(self) -> None:
        """Every source is a column that holds a position."""
        columns = set(attrs.fields_dict(TicketFacts))
        named = {source for sources in SOURCES.values() for source in sources}
        assert named <= {name for name in columns if name.endswith("_position")}
        assert set(SOURCES) <= columns

    def test_are_known_for_every_dimension(self) -> None:
        """Whatever a figure is cut by, the events that it comes from are known."""
        assert set(DIMENSIONS) <= set(SOURCES)


words = st.sampled_from(["a", "b"])
later_events: st.SearchStrategy[TicketEvent] = st.one_of(
    st.builds(TicketCategorised, at=st.just(at(0)), category=words),
    st.builds(TicketPrioritised, at=st.just(at(0)), priority=words),
    st.builds(TicketRouted, at=st.just(at(0)), team=words),
    st.builds(TicketDueSet, at=st.just(at(0)), due=st.integers(0, 20).map(at)),
    st.builds(TicketResolved, at=st.just(at(0)), code=words),
    st.builds(TicketReopened, at=st.just(at(0)), because=st.sampled_from([None, "courtesy"])),
    st.builds(TicketClosed, at=st.just(at(0))),
    st.builds(VerdictStated, at=st.just(at(0)), by=words, verdict=st.sampled_from(["met", "breached"])),
)


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[int, TicketEvent]]:
    """Draw an opening and what may follow it, each event up to five minutes after the one before."""
    history: list[tuple[int, TicketEvent]] = [(1, OPENED)]
    minute = 0
    for event in draw(st.lists(later_events, max_size=12)):
        minute += draw(st.integers(0, 5))
        history.append((len(history) + 1, attrs.evolve(event, at=at(minute))))
    return history


law = settings(deadline=None)


class TestLaws:
    @law
    @given(histories(), st.data())
    def test_in_two_parts_equals_at_once(self, history: Sequence[tuple[int, TicketEvent]], data: st.DataObject) -> None:
        """Folding up to any event, and on from there, gives the row that folding all at once gives."""
        cut = data.draw(st.integers(0, len(history)))
        first = fold(None, "T-1", history[:cut])
        assert fold(first, "T-1", history[cut:]) == fold(None, "T-1", history)

    @law
    @given(histories())
    def test_rows_do_not_contradict_themselves(self, history: Sequence[tuple[int, TicketEvent]]) -> None:
        """A row is settled just when it is not open, closed only when settled, and breached only past some due."""
        row = fold(None, "T-1", history)
        assert row is not None
        assert (row.version, row.last_at) == (len(history), history[-1][1].at)
        assert (row.settled_at is None) == (row.status == "open")
        assert row.closed_at is None or row.settled_at is not None
        assert row.breached_at is None or row.breached_at < row.last_at
        assert row.reopens == sum(isinstance(event, TicketReopened) and event.because is None for _, event in history)


class TestReads:
    @pytest.mark.parametrize("kind", sorted(set(get_args(TicketEvent)) - READS, key=str))
    def test_of_all_others_only_the_instant(self, kind: type[TicketEvent]) -> None:
        """An event that is not read leaves every column as it was, but the version and the newest instant."""
        bare = object.__new__(kind)
        object.__setattr__(bare, "at", at(9_000))
        opened = fold(None, "T-1", [(1, OPENED)])
        assert opened is not None
        assert fold(opened, "T-1", [(2, bare)]) == attrs.evolve(opened, version=2, last_at=at(9_000))
