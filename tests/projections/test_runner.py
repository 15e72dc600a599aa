from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from ventanilla.core.events import Event, TicketOpened, TicketReopened, TicketResolved, TicketRouted
from ventanilla.projections.runner import PAGE, Log, catch_up, replay
from ventanilla.projections.tickets import TicketFacts

Line = tuple[int, str, Event]


def at(minutes: int) -> datetime:
    return datetime(2026, 1, 5, 9, tzinfo=UTC) + timedelta(minutes=minutes)


class MemoryLog:
    """A log in memory; a short page size stands for a store that gives less than it is asked for."""

    def __init__(self, lines: Sequence[Line], page_size: int = PAGE) -> None:
        self.lines = list(lines)
        self.page_size = page_size

    def page(self, after: int, limit: int) -> Sequence[Line]:
        """See :meth:`Log.page`."""
        return [line for line in self.lines if line[0] > after][: min(limit, self.page_size)]

    def histories(self, until: int) -> Iterator[tuple[str, Sequence[tuple[int, Event]]]]:
        """See :meth:`Log.histories`."""
        tickets: dict[str, list[tuple[int, Event]]] = {}
        for position, ticket, event in self.lines:
            if position <= until:
                tickets.setdefault(ticket, []).append((position, event))
        yield from tickets.items()


class MemoryView:
    """A view in memory."""

    def __init__(self) -> None:
        self.rows: dict[str, TicketFacts] = {}
        self.at = 0

    def position(self) -> int:
        """See :meth:`View.position`."""
        return self.at

    def rows_of(self, tickets: Collection[str]) -> Mapping[str, TicketFacts]:
        """See :meth:`View.rows_of`."""
        return {ticket: self.rows[ticket] for ticket in tickets if ticket in self.rows}

    def save(self, rows: Collection[TicketFacts], before: int, after: int) -> bool:
        """See :meth:`View.save`."""
        if self.at != before:
            return False
        self.rows |= {row.ticket: row for row in rows}
        self.at = after
        return True


class OvertakenView(MemoryView):
    """A view on which another worker catches up while the first one is about to save its first page."""

    def __init__(self, log: Log) -> None:
        super().__init__()
        self.log = log
        self.overtaken = False

    def save(self, rows: Collection[TicketFacts], before: int, after: int) -> bool:
        """Let the other worker go first, once."""
        if not self.overtaken:
            self.overtaken = True
            catch_up(self.log, self)
        return super().save(rows, before, after)


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
