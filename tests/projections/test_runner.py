from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import attrs
from hypothesis import given, settings
from hypothesis import strategies as st

from ventanilla.core.events import Event, TicketOpened, TicketReopened, TicketResolved, TicketRouted
from ventanilla.core.recorded import Unreadable
from ventanilla.projections.parked import NAMED, Parked, say_parked
from ventanilla.projections.runner import PAGE, Log, Mark, catch_up, replay, retry, step
from ventanilla.projections.tickets import TicketFacts

Line = tuple[int, str, Event | Unreadable]


def at(minutes: int) -> datetime:
    return datetime(2026, 1, 5, 9, tzinfo=UTC) + timedelta(minutes=minutes)


class MemoryLog:
    """A log in memory; a short page size stands for a store that gives less than it is asked for."""

    def __init__(self, lines: Sequence[Line], page_size: int = PAGE) -> None:
        self.lines = list(lines)
        self.page_size = page_size

    def page(self, after: int, limit: int, reads: frozenset[type[Event]]) -> Sequence[Line]:
        """See :meth:`Log.page`."""
        return [line for line in self.lines if line[0] > after][: min(limit, self.page_size)]

    def histories(
        self, until: int, reads: frozenset[type[Event]]
    ) -> Iterator[tuple[str, Sequence[tuple[int, Event | Unreadable]]]]:
        """See :meth:`Log.histories`."""
        tickets: dict[str, list[tuple[int, Event | Unreadable]]] = {}
        for position, ticket, event in self.lines:
            if position <= until:
                tickets.setdefault(ticket, []).append((position, event))
        yield from tickets.items()

    def histories_of(
        self, streams: Collection[str], until: int, reads: frozenset[type[Event]]
    ) -> Iterator[tuple[str, Sequence[tuple[int, Event | Unreadable]]]]:
        """See :meth:`Log.histories_of`."""
        return (pair for pair in self.histories(until, reads) if pair[0] in streams)


class MemoryView:
    """A view in memory."""

    def __init__(self) -> None:
        self.rows: dict[str, TicketFacts] = {}
        self.waiting: dict[str, Parked] = {}
        self.at = Mark(position=0)

    def mark(self) -> Mark:
        """See :meth:`View.mark`."""
        return self.at

    def rows_of(self, tickets: Collection[str]) -> Mapping[str, TicketFacts]:
        """See :meth:`View.rows_of`."""
        return {ticket: self.rows[ticket] for ticket in tickets if ticket in self.rows}

    def parked_of(self, tickets: Collection[str]) -> Mapping[str, Parked]:
        """See :meth:`View.parked_of`."""
        return {ticket: self.waiting[ticket] for ticket in tickets if ticket in self.waiting}

    def parked(self) -> Sequence[Parked]:
        """See :meth:`View.parked`."""
        return sorted(self.waiting.values(), key=lambda found: found.position)

    def save(
        self,
        rows: Collection[TicketFacts],
        parked: Collection[Parked],
        before: Mark,
        after: Mark,
        freed: Collection[str],
    ) -> bool:
        """See :meth:`View.save`."""
        if self.at != before:
            return False
        self.rows |= {row.ticket: row for row in rows}
        self.waiting |= {found.stream: found for found in parked}
        for stream in freed:
            del self.waiting[stream]
        self.at = after
        return True


class OvertakenView(MemoryView):
    """A view on which another worker catches up while the first one is about to save its first page."""

    def __init__(self, log: Log) -> None:
        super().__init__()
        self.log = log
        self.overtaken = False

    def save(
        self,
        rows: Collection[TicketFacts],
        parked: Collection[Parked],
        before: Mark,
        after: Mark,
        freed: Collection[str],
    ) -> bool:
        """Let the other worker go first, once."""
        if not self.overtaken:
            self.overtaken = True
            catch_up(self.log, self)
        return super().save(rows, parked, before, after, freed)


LINES: list[Line] = [
    (1, "T-1", TicketOpened(at=at(0), channel="phone")),
    (2, "T-2", TicketOpened(at=at(1), channel="mail")),
    (5, "T-1", TicketResolved(at=at(2), code="fixed")),
    (6, "T-1", TicketReopened(at=at(3))),
    (9, "T-2", TicketRouted(at=at(4), team="roads")),
]


class TestCatchUp:
    def test_of_an_empty_log_stays_at_the_beginning(self) -> None:
        """Where nothing was recorded there is nothing to fold, and nobody is told of progress."""
        view, told = MemoryView(), list[int]()
        assert (catch_up(MemoryLog([]), view, told.append), view.rows, told) == (0, {}, [])

    def test_folds_all_that_the_log_has(self) -> None:
        """Every ticket of the log has its row, and the view stands at the log's last position."""
        view = MemoryView()
        assert catch_up(MemoryLog(LINES), view) == 9
        assert {ticket: (row.version, row.reopens, row.team) for ticket, row in view.rows.items()} == {
            "T-1": (3, 1, None),
            "T-2": (2, 0, "roads"),
        }

    def test_goes_on_from_where_the_view_stands(self) -> None:
        """What comes later is folded on to the rows that are there, and nothing is folded twice."""
        view, at_once = MemoryView(), MemoryView()
        catch_up(MemoryLog(LINES[:3]), view)
        assert catch_up(MemoryLog(LINES), view) == 9
        catch_up(MemoryLog(LINES), at_once)
        assert view.rows == at_once.rows

    def test_tells_its_progress_page_by_page(self) -> None:
        """Whoever waits is told the position reached after every page."""
        told: list[int] = []
        catch_up(MemoryLog(LINES, page_size=2), MemoryView(), told.append)
        assert told == [2, 6, 9]

    def test_reads_a_page_at_a_time(self) -> None:
        """No more than a page is taken at once, however long the log."""
        lines: list[Line] = [(n, f"T-{n}", TicketOpened(at=at(0), channel="phone")) for n in range(1, PAGE + 2)]
        told: list[int] = []
        catch_up(MemoryLog(lines, page_size=10 * PAGE), MemoryView(), told.append)
        assert told == [PAGE, PAGE + 1]

    def test_is_exactly_once_when_another_worker_is_faster(self) -> None:
        """A page that another worker has folded meanwhile is dropped, neither folded twice nor told as progress."""
        log, told = MemoryLog(LINES, page_size=3), list[int]()
        overtaken, alone = OvertakenView(log), MemoryView()
        assert catch_up(log, overtaken, told.append) == 9
        catch_up(log, alone)
        assert (overtaken.overtaken, overtaken.rows, told) == (True, alone.rows, [])


class TestReplay:
    def test_leaves_out_what_happened_later(self) -> None:
        """Rows are as they stood at the instant asked for: what happened then is in, what happened later is not."""
        rows = {row.ticket: row for row in replay(MemoryLog(LINES), 9, at(2))}
        assert (rows["T-1"].settled_at, rows["T-1"].reopens, rows["T-2"].team) == (at(2), 0, None)

    def test_leaves_out_tickets_not_yet_opened(self) -> None:
        """A ticket that was opened later has no row."""
        assert [row.ticket for row in replay(MemoryLog(LINES), 9, at(0))] == ["T-1"]

    def test_looks_no_further_than_asked(self) -> None:
        """Events past the last position to look at are left out, whenever they happened."""
        assert [row.version for row in replay(MemoryLog(LINES), 5, at(60))] == [2, 1]


REASON = "position 6 of the log has the unknown topic 'ticket.lost/9'"
LOST = Unreadable(position=6, topic="ticket.lost/9", reason=REASON)


def with_poison(*positions: int, lines: Sequence[Line] = LINES) -> list[Line]:
    """Return *lines* with unreadable events at *positions*."""
    return [
        (place, ticket, Unreadable(position=place, topic="ticket.lost/9", reason=f"position {place} is lost"))
        if place in positions
        else (place, ticket, event)
        for place, ticket, event in lines
    ]


class TestPoison:
    """An event that cannot be read or folded."""

    def test_parks_its_ticket_and_no_other(self) -> None:
        """The row stays as it stood before the event, later events wait, the other ticket goes on."""
        view = MemoryView()
        assert catch_up(MemoryLog(with_poison(5)), view) == 9
        assert (view.rows["T-1"].version, view.rows["T-1"].status) == (1, "open")
        assert view.rows["T-2"].team == "roads"
        assert view.parked() == [
            Parked(stream="T-1", position=5, topic="ticket.lost/9", reason="position 5 is lost", events=2)
        ]

    def test_counts_what_waits_whatever_the_pages(self) -> None:
        """Events that come after the poison, in whatever page, are counted and never folded."""
        for size in (1, 2, 3, 9):
            view = MemoryView()
            catch_up(MemoryLog(with_poison(2), page_size=size), view)
            assert [(found.stream, found.position, found.events) for found in view.parked()] == [("T-2", 2, 2)]
            assert "T-2" not in view.rows

    def test_that_cannot_be_folded_is_named(self) -> None:
        """An event that is readable but makes the fold raise is parked with what it raised."""
        lines: list[Line] = [*LINES, (10, "T-3", TicketResolved(at=at(5), code="fixed")), (11, "T-3", LINES[0][2])]
        view = MemoryView()
        catch_up(MemoryLog(lines), view)
        (found,) = view.parked()
        assert (found.stream, found.position, found.topic, found.events) == ("T-3", 10, "ticket.resolved/1", 2)
        assert found.reason == "position 10 of the log cannot be folded: ValueError: the ticket was not opened before"

    def test_on_another_stream_is_nothing_to_this_view(self) -> None:
        """A customer's event that cannot be read leaves the tickets complete."""
        view = MemoryView()
        assert catch_up(MemoryLog([*LINES, (10, "customer/c1", LOST)]), view) == 10
        assert view.parked() == []

    def test_is_told_by_a_replay_as_by_the_view(self) -> None:
        """A replay gives the rows and names the parked tickets that the view has."""
        log, view, told = MemoryLog(with_poison(2, 6)), MemoryView(), list[Parked]()
        catch_up(log, view)
        assert list(replay(log, 9, at(60), told.append)) == list(view.rows.values())
        assert sorted(told, key=lambda found: found.position) == view.parked()

    def test_retried_in_vain_stays_as_it_is(self) -> None:
        """What still cannot be read stays parked, with its row and count."""
        log, view = MemoryLog(with_poison(5)), MemoryView()
        catch_up(log, view)
        before = dict(view.rows), view.parked()
        assert retry(log, view) == 0
        assert (dict(view.rows), view.parked()) == before

    def test_retried_goes_on_where_it_stood(self) -> None:
        """Once all of it can be read, the ticket comes out as if it had never been parked."""
        log, view, whole = MemoryLog(with_poison(5)), MemoryView(), MemoryView()
        catch_up(log, view)
        log.lines = list(LINES)
        assert retry(log, view) == 1
        catch_up(log, whole)
        assert (view.rows, view.parked()) == (whole.rows, [])

    def test_retried_goes_on_to_the_next(self) -> None:
        """If a later event cannot be read either, the ticket is parked there."""
        log, view = MemoryLog(with_poison(5, 6)), MemoryView()
        catch_up(log, view)
        log.lines = with_poison(6)
        assert retry(log, view) == 0
        assert [(found.position, found.events) for found in view.parked()] == [(6, 1)]
        assert view.rows["T-1"].status == "resolved"

    def test_a_worker_that_read_it_as_parked_does_not_write_it_so(self) -> None:
        """A page that was read before a retry is read again after it."""

        class RetriedView(MemoryView):
            once = False

            def parked_of(self, tickets: Collection[str]) -> Mapping[str, Parked]:
                found = super().parked_of(tickets)
                if found and not self.once:
                    self.once, log.lines = True, [*LINES, (10, "T-1", TicketRouted(at=at(9), team="parks"))]
                    retry(log, self)
                return found

        log, view = MemoryLog(with_poison(6)), RetriedView()
        catch_up(log, view)
        log.lines = [*with_poison(6), (10, "T-1", TicketRouted(at=at(9), team="parks"))]
        catch_up(log, view)
        assert (view.once, view.parked(), view.rows["T-1"].team) == (True, [], "parks")


class TestSayParked:
    def test_names_ticket_event_and_reason(self) -> None:
        """Whoever reads an answer learns which ticket, since which event, how much and why."""
        found = Parked(stream="T-1", position=6, topic=LOST.topic, reason=LOST.reason, events=1)
        assert list(say_parked([found])) == [
            "ticket T-1 stands as before event 6, 1 event is left out: "
            "position 6 of the log has the unknown topic 'ticket.lost/9'"
        ]

    def test_names_the_first_and_counts_the_others(self) -> None:
        """A thousand of them do not make an answer unreadable."""
        one = Parked(stream="T", position=6, topic=LOST.topic, reason="lost", events=2)
        said = list(say_parked(attrs.evolve(one, position=n, stream=f"T-{n}") for n in reversed(range(1_000))))
        assert said[0] == "ticket T-0 stands as before event 0, 2 events are left out: lost"
        assert said[NAMED:] == ["and 990 more tickets: `ventanilla status`"]


@st.composite
def logs(draw: st.DrawFn) -> MemoryLog:
    """Draw a log of up to three tickets whose events are interleaved, with gaps between positions."""
    lines: list[Line] = []
    known: set[str] = set()
    for place, ticket in enumerate(draw(st.lists(st.sampled_from(["T-1", "T-2", "T-3"]), max_size=20))):
        event: Event = TicketOpened(at=at(place), channel="phone")
        if ticket in known:
            later: list[Event] = [
                TicketRouted(at=at(place), team=f"team {place}"),
                TicketResolved(at=at(place), code="fixed"),
                TicketReopened(at=at(place)),
            ]
            event = draw(st.sampled_from(later))
        known.add(ticket)
        lines.append(((lines[-1][0] if lines else 0) + draw(st.integers(1, 3)), ticket, event))
    return MemoryLog(lines, page_size=draw(st.integers(1, 8)))


class TestLaws:
    @settings(deadline=None)
    @given(logs())
    def test_catching_up_equals_replaying(self, log: MemoryLog) -> None:
        """The view that was kept up page by page has the rows that the log alone gives."""
        view = MemoryView()
        position = catch_up(log, view)
        assert list(view.rows.values()) == list(replay(log, position, at(1_000)))

    @settings(deadline=None)
    @given(logs(), st.sets(st.integers(1, 60)))
    def test_poison_changes_no_other_ticket(self, log: MemoryLog, places: set[int]) -> None:
        """Wherever events cannot be read, tickets without one have the rows that they have anyway."""
        poisoned = MemoryLog(with_poison(*places, lines=log.lines), log.page_size)
        hit = {ticket for place, ticket, _ in log.lines if place in places}
        whole, view, told = MemoryView(), MemoryView(), list[Parked]()
        catch_up(log, whole)
        position = catch_up(poisoned, view)
        assert {t: row for t, row in view.rows.items() if t not in hit} == {
            t: row for t, row in whole.rows.items() if t not in hit
        }
        assert {found.stream for found in view.parked()} == hit
        counted = sum(row.version for row in view.rows.values()) + sum(found.events for found in view.parked())
        assert counted == len(log.lines)
        rows = list(replay(poisoned, position, at(1_000), told.append))
        assert sorted(rows, key=lambda row: row.ticket) == sorted(view.rows.values(), key=lambda row: row.ticket)
        assert sorted(told, key=lambda found: found.position) == view.parked()

    @settings(deadline=None)
    @given(logs(), st.sets(st.integers(1, 60)), st.integers(0, 9))
    def test_retrying_equals_never_having_been_parked(self, log: MemoryLog, places: set[int], pages: int) -> None:
        """Whenever a retry comes, and whatever comes after it, the view ends as that of a log that was always whole."""
        poisoned, view, whole = (
            MemoryLog(with_poison(*places, lines=log.lines), log.page_size),
            MemoryView(),
            MemoryView(),
        )
        for _ in range(pages):
            step(poisoned, view)
        poisoned.lines = log.lines
        retry(poisoned, view)
        catch_up(poisoned, view)
        catch_up(log, whole)
        assert (view.rows, view.waiting) == (whole.rows, {})
