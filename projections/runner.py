"""Keeps a view of the fact table up with the log: pages of events in, rows and the new position out, together.

An event that cannot be read, or folded, parks its ticket: the row stays as it stood before that event, later events of
the ticket wait, the other tickets go on. What is parked is on record beside the rows, and every answer says so.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol, TypeAlias, cast

import attrs
from attrs import field, frozen

from ventanilla.core import events as on
from ventanilla.core.events import Event, TicketEvent, TicketOpened
from ventanilla.core.recorded import Unreadable
from ventanilla.core.streams import is_ticket
from ventanilla.projections.parked import Parked
from ventanilla.projections.tickets import READS, TicketFacts, fold

PAGE = 1_000
"""Events a transaction: with fewer the commits cost more than the work, with more a reader waits longer."""

ABOUT_RECORDS: frozenset[str] = frozenset(
    kind.TOPIC
    for kind in (
        on.AgentErased,
        on.AgentHoldLifted,
        on.AgentHoldPlaced,
        on.CustomerErased,
        on.CustomerHoldLifted,
        on.CustomerHoldPlaced,
        on.SettingPublished,
        on.SettingRestated,
        on.SettingWithdrawn,
        on.WindowSealed,
    )
)
"""Events about the keeping of records and not about service: no figure moves on to their instant."""

Reads: TypeAlias = frozenset[type[Event]]
History: TypeAlias = Sequence[tuple[int, Event | Unreadable]]


@frozen(kw_only=True)
class Mark:
    """Where a view stands; only who knows it exactly may write.

    Attributes:
        position: The position of the last event that is in it, or parked beside it; 0 for none.
        build: How many times it was begun anew, or let go of what was parked.
        newest: The newest instant of the events that lead to it from the mark before, of whatever streams, but for
            those in :data:`ABOUT_RECORDS`; ``None`` where there are none.
    """

    position: int
    build: int = 0
    newest: datetime | None = field(default=None, eq=False)


class Log(Protocol):
    """What is read of the log."""

    def page(self, after: int, limit: int, reads: Reads) -> Sequence[tuple[int, str, Event | Unreadable]]:
        """Return up to *limit* (position, ticket, event), by position, from the first one past *after*.

        Events of other types than *reads* may be stand-ins that have nothing but ``at`` and ``TOPIC``.
        """
        ...

    def histories(self, until: int, reads: Reads) -> Iterator[tuple[str, History]]:
        """Return ticket by ticket its (position, event)s up to position *until*, by version."""
        ...

    def histories_of(self, streams: Collection[str], until: int, reads: Reads) -> Iterator[tuple[str, History]]:
        """Return the same of *streams* alone."""
        ...


class View(Protocol):
    """Where the rows are kept."""

    def mark(self) -> Mark:
        """Return where it stands."""
        ...

    def rows_of(self, tickets: Collection[str]) -> Mapping[str, TicketFacts]:
        """Return the rows of those of *tickets* that have one."""
        ...

    def parked_of(self, tickets: Collection[str]) -> Mapping[str, Parked]:
        """Return those of *tickets* that are parked."""
        ...

    def parked(self) -> Sequence[Parked]:
        """Return all that are parked, by position."""
        ...

    def save(
        self,
        rows: Collection[TicketFacts],
        parked: Collection[Parked],
        before: Mark,
        after: Mark,
        freed: Collection[str],
    ) -> bool:
        """Keep *rows* and *parked*, park those *freed* no longer, and move from *before* to *after*, all together.

        Returns:
            False, with nothing kept, if it stands at *before* no longer: another worker was faster.
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
    while (reached := step(log, view)) is not None:
        if reached:
            progress(reached)
    return view.mark().position


def step(log: Log, view: View) -> int | None:
    """Fold one page into *view*.

    Returns:
        The position reached; 0 if another worker was faster; ``None`` if there was nothing to fold.
    """
    mark = view.mark()
    page = log.page(mark.position, PAGE, READS)
    if not page:
        return None
    histories: dict[str, list[tuple[int, Event | Unreadable]]] = {}
    for position, stream, event in page:
        if is_ticket(stream):
            histories.setdefault(stream, []).append((position, event))
    before, waiting = view.rows_of(histories), view.parked_of(histories)
    rows: list[TicketFacts] = []
    parked: list[Parked] = []
    for ticket, history in histories.items():
        if found := waiting.get(ticket):
            parked.append(attrs.evolve(found, events=found.events + len(history)))
            continue
        row, stopped = fold_on(before.get(ticket), ticket, history)
        rows += [row] if row else []
        parked += [stopped] if stopped else []
    last = page[-1][0]
    news = (event for _, _, event in page if not isinstance(event, Unreadable) and event.TOPIC not in ABOUT_RECORDS)
    newest = max((event.at for event in news), default=None)
    return last if view.save(rows, parked, mark, attrs.evolve(mark, position=last, newest=newest), ()) else 0


def retry(log: Log, view: View) -> int:
    """Try all that is parked again, after an upgrade say, and return how many tickets are parked no longer."""
    while True:
        mark, waiting = view.mark(), [found.stream for found in view.parked()]
        before = view.rows_of(waiting)
        rows: list[TicketFacts] = []
        parked: list[Parked] = []
        for ticket, history in log.histories_of(waiting, mark.position, READS):
            known = before.get(ticket)
            row, stopped = fold_on(known, ticket, history[known.version if known else 0 :])
            rows += [row] if row else []
            parked += [stopped] if stopped else []
        freed = set(waiting) - {found.stream for found in parked}
        # A build of its own: a worker that has read these as parked must not write them so again.
        if view.save(rows, parked, mark, attrs.evolve(mark, build=mark.build + 1), freed):
            return len(freed)


def replay(
    log: Log, until: int, as_of: datetime, park: Callable[[Parked], None] = lambda _: None
) -> Iterator[TicketFacts]:
    """Return the rows as they stood at *as_of*, from the log alone, ticket by ticket.

    Args:
        log: Where the events are.
        until: The last position to look at.
        as_of: Events that happened later are left out.
        park: Told of every ticket that can be followed no further than to an event that cannot be read or folded.
    """
    for stream, history in log.histories(until, READS):
        if not is_ticket(stream):
            continue
        row, stopped = fold_on(None, stream, history)
        if stopped:
            park(stopped)
        if row and row.last_at > as_of:
            readable = cast("Sequence[tuple[int, TicketEvent]]", history[: row.version])
            opened = row.opened_at <= as_of
            row = fold(None, stream, [pair for pair in readable if pair[1].at <= as_of]) if opened else None
        if row:
            yield row


def fold_on(row: TicketFacts | None, ticket: str, history: History) -> tuple[TicketFacts | None, Parked | None]:
    """Return the facts of *ticket* after as much of *history* as can be folded, and what stopped it there."""
    if not any(isinstance(event, Unreadable) for _, event in history):
        try:
            return _fold(row, ticket, history), None
        except Exception:  # whatever it is: found again below, and named
            pass
    for index, (position, event) in enumerate(history):
        topic, reason = event.topic if isinstance(event, Unreadable) else event.TOPIC, ""
        if isinstance(event, Unreadable):
            reason = event.reason
        else:
            try:
                row = _fold(row, ticket, [(position, event)])
            except Exception as error:
                reason = f"position {position} of the log cannot be folded: {type(error).__name__}: {error}"
        if reason:
            waiting = len(history) - index
            return row, Parked(stream=ticket, position=position, topic=topic, reason=reason, events=waiting)
    return row, None


def _fold(row: TicketFacts | None, ticket: str, history: History) -> TicketFacts | None:
    if row is None and history and not isinstance(history[0][1], TicketOpened):
        raise ValueError("the ticket was not opened before")
    return fold(row, ticket, cast("Sequence[tuple[int, TicketEvent]]", history))
