"""What has come due on a desk: keeps the table of due instants up with the log, hands out, and takes receipts.

What is handed out is on loan: until the loan ends nobody else gets it, and then it is handed out again, unless it was
acknowledged. So nothing is lost with a process that dies. That something was acknowledged is a claim in the log's
store: a table that was lost or made anew gives none of it again. What was due long before we could know of it, as in
an imported history, is passed over in silence.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

from ventanilla.adapters.due_table import Coming, Due, DueTable
from ventanilla.adapters.policies import Document, of_document, of_log
from ventanilla.adapters.store import Commit, Store
from ventanilla.core.commands import Escalate
from ventanilla.core.errors import Conflict, Damaged, DeskError, InDoubt, NotUnderstood
from ventanilla.core.events import TicketEvent, TicketMerged, TicketSplit
from ventanilla.core.recorded import Actor, Cause, Recorded
from ventanilla.core.streams import SETTING, is_ticket
from ventanilla.plugins.logs import log
from ventanilla.projections.clock import Clock, Reading
from ventanilla.projections.clocks import history_as_of
from ventanilla.projections.due import Instant, instants
from ventanilla.projections.settings import Settings
from ventanilla.projections.ties import Links
from ventanilla.projections.timekeeper import Timekeeper

FRESH = timedelta(hours=1)
"""How much later than its instant an event may be recorded and still be news."""

LATEST = datetime.max.replace(tzinfo=UTC)
PAGE = 1_000
TRIES = 5


class Dues:
    """What comes due on a desk.

    Args:
        store: The log.
        table: The table of due instants; disposable.
        clocks: What is measured.

    Attributes:
        table: See above.
        clocks: See above.
    """

    def __init__(self, store: Store, table: DueTable, clocks: Sequence[Clock]) -> None:
        self._store = store
        self.table = table
        self.clocks = tuple(clocks)
        self._keeper: tuple[tuple[int, ...], Timekeeper] | None = None

    def keeper(self, known_at: datetime | None = None) -> Timekeeper:
        """Return the engine with the settings in the log, as far as they were recorded by *known_at*."""
        histories = self.histories()
        if known_at is not None:
            return self._make(histories, known_at)
        versions = tuple(len(history) for history in histories)
        if self._keeper is None or self._keeper[0] != versions:
            self._keeper = versions, self._make(histories, None)
        return self._keeper[1]

    def keeper_by(self, policy: Document | None, known_at: datetime | None = None) -> Timekeeper:
        """Return the engine with *policy* in place of the desk's own; it may use the desk's calendars."""
        own = self.keeper(known_at)
        if policy is None:
            return own
        return self.engine(of_document(policy, calendars=own.settings.calendars), known_at)

    def engine(self, settings: Settings, known_at: datetime | None = None) -> Timekeeper:
        """Return the engine with *settings*, which looks at what was recorded by *known_at* of other tickets."""
        if not settings.takes_over():
            return Timekeeper(settings, self.clocks)
        return Timekeeper(settings, self.clocks, Links(self.table.tied_to, partial(self._known, known_at)))

    def settings(self, known_at: datetime | None = None) -> Settings:
        """Return the policies and calendars in the log, as far as they were recorded by *known_at*."""
        return self.keeper(known_at).settings

    def problems(self) -> list[str]:
        """Return which versions of policies and calendars are passed over, and why."""
        return of_log(self.histories(), clocks=[clock.name for clock in self.clocks])[1]

    def histories(self) -> list[Sequence[Recorded]]:
        """Return the history of each setting, by the name of its stream."""
        self._search()
        return [self._store.load(stream) for stream in self.table.settings()]

    def read(self, ticket: str, as_of: datetime, known_at: datetime | None = None) -> tuple[Reading, ...]:
        """Return what the clocks of *ticket* showed at *as_of*, as known at *known_at*."""
        keeper = self.keeper(known_at)
        history = history_as_of(self._store.load(ticket), as_of, known_at)
        return keeper.read(keeper.fold(history, keeper.ties(ticket)), as_of)

    def due(self, now: datetime, lease: float) -> list[Due]:
        """Return what has come due by *now*, was not acknowledged and is not on loan, by time; lend it.

        Args:
            now: The instant of looking.
            lease: For how many seconds from *now* on it is on loan.
        """
        if not lease >= 1:
            raise NotUnderstood(f"a lease of {lease} s is too short to do anything: give one second or more")
        try:
            until = now + timedelta(seconds=lease)
        except OverflowError:
            raise NotUnderstood(f"a lease of {lease} s ends beyond the calendar: give so many seconds") from None
        self.catch_up(now)
        found: list[Due] = []
        while self._hand_out(found, now, until):
            pass
        return sorted(found, key=lambda due: (due.at, due.key))

    def acknowledge(self, dues: Iterable[Due], now: datetime) -> None:
        """Keep that *dues* are seen to: they are never handed out again. Again, it is idle."""
        given = list(dues)
        if odd := next((due for due in given if not isinstance(due, Due)), None):
            raise TypeError(f"{odd!r} is nothing due: give what due() handed out")
        todo = list({due.key: due for due in given}.values())
        for start in range(0, len(todo), PAGE):
            some = todo[start : start + PAGE]
            self._claim(some, now)
            self.table.drop(some)

    def catch_up(self, now: datetime) -> None:
        """Bring the table up with the log."""
        keeper = self.keeper()
        bound = sum(version.since[0] <= now for version in keeper.settings.changes())
        _, binds, stale = self.table.folded()
        if stale or binds != bound:
            self.table.begin_again(bound)
        while True:
            before, *_ = self.table.folded()
            seen = self.table.seen()  # beyond that nobody has looked for settings and ties yet
            page = [found for found in self._store.page(before, PAGE) if found[0] <= seen]
            if not page:
                return
            tickets = dict.fromkeys(stream for _, stream, _ in page if is_ticket(stream))
            if keeper.links is not None:
                tickets |= dict.fromkeys(self.table.tied_from(tickets))
            self.table.put([self._coming(keeper, ticket, now) for ticket in tickets], before, page[-1][0])

    def _hand_out(self, found: list[Due], now: datetime, until: datetime) -> bool:
        """Lend a page of what has come due, add it to *found*, and return whether there was anything."""
        folded, *_ = self.table.folded()
        rows, wakes = self.table.lend(now, until, PAGE)
        if not rows and not wakes:
            return False
        claimed = self._store.claimed([due.key for due in rows])
        found += [due for due in rows if due.key not in claimed]
        self.table.drop([due for due in rows if due.key in claimed])
        if wakes:
            keeper = self.keeper()
            coming = [self._coming(keeper, ticket, now) for ticket in dict.fromkeys(wakes)]
            self.table.put(coming, folded, folded)  # unless another process knows more of them by now
        return True

    def _search(self) -> None:
        """Look for settings in what the log has had since the last time."""
        seen = self.table.seen()
        while page := self._store.page(seen, PAGE):
            seen = page[-1][0]
            merges = {(event.into, stream) for _, stream, event in page if isinstance(event, TicketMerged)}
            splits = {(stream, event.source) for _, stream, event in page if isinstance(event, TicketSplit)}
            self.table.saw(seen, {stream for _, stream, _ in page if stream.startswith(SETTING)}, merges | splits)

    def _make(self, histories: Sequence[Sequence[Recorded]], known_at: datetime | None) -> Timekeeper:
        names = [clock.name for clock in self.clocks]
        settings, _ = of_log(histories, clocks=names, known_at=known_at)
        return self.engine(settings, known_at)

    def _known(self, known_at: datetime | None, ticket: str) -> list[tuple[int, TicketEvent]]:
        """Return the history of a ticket that another is tied to; of one that cannot be read, nothing is taken over."""
        try:
            return history_as_of(self._store.load(ticket), LATEST, known_at)
        except Damaged as error:
            log("due").error("ticket.unreadable", ticket=ticket, reason=str(error))
            return []

    def _coming(self, keeper: Timekeeper, ticket: str, now: datetime) -> Coming:
        """Return what is to come of *ticket*; nothing, if it cannot be told, which is said in the log."""
        try:
            return self._fold(keeper, ticket, now)
        except Damaged as error:
            reason = str(error)
        except DeskError:
            raise
        except Exception as error:  # a fault in one ticket's clocks must not silence all the others
            reason = f"{type(error).__name__}: {error}"
        log("due").error("ticket.unreadable", ticket=ticket, reason=reason)
        return Coming(ticket=ticket)

    def _fold(self, keeper: Timekeeper, ticket: str, now: datetime) -> Coming:
        history = self._store.load(ticket)
        state = keeper.fold(history_as_of(history, now), keeper.ties(ticket))
        wakes = [recorded.event.at for recorded in history if recorded.event.at > now]  # by a clock before ours
        found: list[Instant] = []
        if state is not None:
            state = keeper.advance(state, now)
            found = [one for one in instants(keeper, state) if _is_news(one, history)]
            if state.situation.until is not None:
                wakes.append(state.situation.until)
        claimed = self._store.claimed([_due(ticket, one).key for one in found if one.at <= now])
        fresh = tuple(one for one in found if _due(ticket, one).key not in claimed)
        return Coming(ticket=ticket, instants=fresh, wake=min(wakes) if wakes else None)

    def _claim(self, dues: Sequence[Due], now: datetime) -> None:
        """Keep in the log's store that *dues* are seen to, by whomever."""
        for _ in range(TRIES):
            claimed = self._store.claimed([due.key for due in dues])
            commits = [
                Commit(
                    stream=due.ticket,
                    version=0,  # of no account where nothing happens
                    events=(),
                    actor="system:clock",
                    cause=f"event:{due.clock}",
                    allowed_by="",
                    key=due.key,
                )
                for due in dues
                if due.key not in claimed
            ]
            if not commits:
                return
            try:
                self._store.append(commits, recorded_at=now)
                return
            except (Conflict, InDoubt):
                continue
        raise Conflict(f"others acknowledge the same, {TRIES} times running: ask again")


def escalation(due: Due, *, at: datetime, actor: Actor, to: str | None = None) -> Escalate:
    """Return the command that escalates a ticket because of *due*; handle it with ``key=due.key``, and it is done once.

    Args:
        due: What came due, of kind ``escalate``.
        at: When it is carried out.
        actor: On whose behalf.
        to: The team or agent; ``None``: the same.
    """
    cause = Cause("event", due.key)
    return Escalate(ticket=due.ticket, at=at, actor=actor, cause=cause, level=due.level, to=to, because="breach")


def _is_news(one: Instant, history: Sequence[Recorded]) -> bool:
    """Return whether the desk could have known of an instant when it came: what led to it was recorded by then."""
    led = [recorded.recorded_at for recorded in history if recorded.event.at <= one.at]
    return not led or max(led) <= one.at + FRESH


def _due(ticket: str, one: Instant) -> Due:
    return Due(
        ticket=ticket,
        slot=one.slot,
        clock=one.clock,
        number=one.number,
        kind=one.kind,
        level=one.level,
        at=one.at,
    )
