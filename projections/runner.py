"""Keeps a view of the fact table up with the log: pages of events in, rows and the new position out, together."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol, cast

from ventanilla.core.errors import Unavailable
from ventanilla.core.events import Event, TicketEvent
from ventanilla.core.recorded import Unreadable
from ventanilla.core.streams import is_ticket
from ventanilla.projections.tickets import TicketFacts, fold

PAGE = 1_000


class Log(Protocol):
    """What is read of the log."""

    def page(self, after: int, limit: int) -> Sequence[tuple[int, str, Event | Unreadable]]:
        """Return up to *limit* (position, ticket, event), by position, from the first one past *after*."""
        ...

    def histories(self, until: int) -> Iterator[tuple[str, Sequence[tuple[int, Event | Unreadable]]]]:
        """Return ticket by ticket its (position, event)s up to position *until*, by version."""
        ...


class View(Protocol):
    """Where the rows are kept."""

    def position(self) -> int:
        """Return the position of the last event that is in the rows; 0 for none."""
        ...

    def rows_of(self, tickets: Collection[str]) -> Mapping[str, TicketFacts]:
        """Return the rows of those of *tickets* that have one."""
        ...

    def save(self, rows: Collection[TicketFacts], before: int, after: int) -> bool:
        """Keep *rows* and move the position from *before* to *after*, together.

        Returns:
            False, with nothing kept, if the position is no longer *before*: another worker was faster.
        """
        ...


def catch_up(log: Log, view: View, progress: Callable[[int], None] = lambda _: None) -> int:
    """Fold into *view* all that the log has and the view has not, and return the position reached.

    Exactly once: a page's rows and its position are kept together, and a second worker on the same view is noticed.

    Args:
        log: Where the events are.
        view: Where the rows are.
        progress: Told the position after every page.
    """
    while True:
        position = view.position()
        page = log.page(position, PAGE)
        if not page:
            return position
        histories: dict[str, list[tuple[int, TicketEvent]]] = {}
        for place, stream, event in page:
            if isinstance(event, Unreadable):
                raise Unavailable(event.reason)
            if is_ticket(stream):
                histories.setdefault(stream, []).append((place, cast("TicketEvent", event)))
        before = view.rows_of(histories)
        rows = [fold(before.get(ticket), ticket, history) for ticket, history in histories.items()]
        last = page[-1][0]
        if view.save([row for row in rows if row], position, last):
            progress(last)


def replay(log: Log, until: int, as_of: datetime) -> Iterator[TicketFacts]:
    """Return the rows as they stood at *as_of*, from the log alone, ticket by ticket.

    Args:
        log: Where the events are.
        until: The last position to look at.
        as_of: Events that happened later are left out.
    """
    for stream, history in log.histories(until):
        if not is_ticket(stream):
            continue
        for _, event in history:
            if isinstance(event, Unreadable):
                raise Unavailable(event.reason)
        row = fold(None, stream, cast("Sequence[tuple[int, TicketEvent]]", history))
        if row and row.last_at > as_of:
            earlier = [(position, event) for position, event in cast("Any", history) if event.at <= as_of]
            row = fold(None, stream, cast("Sequence[tuple[int, TicketEvent]]", earlier))
        if row:
            yield row
