"""The desk: the shell that a host opens on a database, and the only place where all parts meet."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from types import TracebackType
from typing import overload

from attrs import frozen

from ventanilla.adapters.store import Commit, Store, open_store
from ventanilla.adapters.views import SqliteView
from ventanilla.core.commands import Command
from ventanilla.core.decide import decide
from ventanilla.core.errors import Conflict, Refused
from ventanilla.core.recorded import Recorded
from ventanilla.core.ticket import Ticket, evolve
from ventanilla.plugins.host import Host
from ventanilla.projections import runner
from ventanilla.projections.clocks import Account, account
from ventanilla.projections.metric import Answer, Cut, Question, answer
from ventanilla.projections.tickets import TicketFacts

TRIES = 5
CLOCK_SKEW = timedelta(minutes=5)
"""How far ahead of our clock a command's instant may lie: clocks differ, but nothing has happened tomorrow."""


@frozen(kw_only=True)
class Outcome:
    """What a command came to.

    Attributes:
        ticket: The ticket, as the rules see it now.
        events: What was recorded, oldest first; empty when the command changed nothing.
        repeated: Whether its key had been used before: *events* is then the first outcome.
    """

    ticket: Ticket
    events: tuple[Recorded, ...]
    repeated: bool = False


class Desk:
    """A customer-service desk on a database.

    Args:
        url: ``sqlite:///desk.db`` (relative), ``sqlite:////var/desk.db`` (absolute), ``sqlite:///:memory:``.
        create: Make the database if there is none.
        host: The plug-ins; ``None``: only our own metrics.
        clock: Gives the instant of recording, aware; tests give their own.

    Raises:
        NotUnderstood: The URL is of no known kind.
        Unavailable: There is no desk there, or it cannot be used.

    Example:
        >>> from datetime import UTC, datetime
        >>> from ventanilla import Actor, Desk
        >>> from ventanilla.core.commands import Open
        >>> with Desk("sqlite:///:memory:") as desk:
        ...     monday = datetime(2026, 1, 5, 9, tzinfo=UTC)
        ...     opened = Open(ticket="T-1", at=monday, actor=Actor("agent", "a7"), channel="phone")
        ...     outcome = desk.handle(opened)
        ...     desk.ask("backlog").value
        1
    """

    def __init__(
        self,
        url: str,
        *,
        create: bool = True,
        host: Host | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.store: Store
        self.store, path = open_store(url, create=create)
        self.view = SqliteView(path.with_suffix(".views" + path.suffix) if path else None)
        self.view.belong_to(self.store.identity(), self.store.head())
        self.host = host or Host()
        self.now = clock

    def handle(self, command: Command, *, key: str | None = None) -> Outcome:
        """Carry out *command* and return what came of it, once it is safely recorded.

        Somebody else writing to the same ticket at the same time is nothing to the caller: the ticket is loaded and
        the command decided again.

        Args:
            command: What is asked.
            key: An idempotency key: the same key gives the first outcome again and records nothing, also when the
                first answer was lost on its way. ``None``: the command itself is still idle when repeated.

        Raises:
            Refused: The rules forbid it; nothing was recorded.
            Conflict: Others were faster, five times running; nothing was recorded.
            Unavailable: The store cannot be used; nothing was recorded.
        """
        if key is not None and (first := self._first_outcome(key)):
            return first
        refuse_future(command, self.now())
        cause = str(command.cause) if command.cause else f"command:{type(command).__name__.lower()}"
        for _ in range(TRIES):
            history = self.store.load(command.ticket)
            before = evolve(Ticket(id=command.ticket), *(recorded.event for recorded in history))
            events = decide(command, before)
            if not events and key is None:
                return Outcome(ticket=before, events=())
            commit = Commit(
                ticket=before.id, version=before.version, events=events, actor=str(command.actor), cause=cause, key=key
            )
            try:
                return self._record(commit, before)
            except Conflict:
                if key is not None and (first := self._first_outcome(key)):
                    return first
                time.sleep(random.uniform(0, 0.02))  # apart from each other, not secret
        raise Conflict(f"ticket {command.ticket} is being changed by others, {TRIES} times running: try again")

    def ticket(self, ticket: str) -> Ticket:
        """Return *ticket* as the rules see it now; one never opened is ``"unborn"``."""
        return evolve(Ticket(id=ticket), *(recorded.event for recorded in self.store.load(ticket)))

    def log(self, ticket: str) -> Sequence[Recorded]:
        """Return the history of *ticket* by version; empty if there is none."""
        return self.store.load(ticket)

    def explain(self, ticket: str, *, as_of: datetime | None = None) -> Account | None:
        """Return the account of *ticket*'s clock at *as_of* (default: now); ``None`` if it was not opened by then."""
        return account(self.store.load(ticket), as_of or self.now())

    @overload
    def ask(
        self,
        metric: str,
        *,
        by: None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        as_of: datetime | None = None,
        zone: tzinfo = UTC,
    ) -> Answer: ...

    @overload
    def ask(
        self,
        metric: str,
        *,
        by: str,
        since: datetime | None = None,
        until: datetime | None = None,
        as_of: datetime | None = None,
        zone: tzinfo = UTC,
    ) -> Cut: ...

    def ask(
        self,
        metric: str,
        *,
        by: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        as_of: datetime | None = None,
        zone: tzinfo = UTC,
    ) -> Answer | Cut:
        """Answer one question; cut by a dimension, a mapping from its values to answers.

        Args:
            metric: The metric's name.
            by: A dimension (``"team"``), a fact of the tickets, or a period (``"month"``).
            since: Leave out what is dated before.
            until: Leave out what is dated then or later.
            as_of: The instant at which to look: later events are left out, open tickets are judged then. Default:
                the newest event's, so that the same log gives the same answer on any day.
            zone: The time zone of periods.

        Raises:
            NotUnderstood: There is no such metric or dimension.
        """
        question = Question(metric=self.host.metric(metric), by=by, since=since, until=until, zone=zone)
        (cut,) = self.answer([question], as_of=as_of)
        return cut[None] if by is None else cut

    def answer(self, questions: Sequence[Question], *, as_of: datetime | None = None) -> list[Cut]:
        """Answer many *questions* in one pass, as :meth:`ask` would each."""
        as_of = as_of or self.last_at()
        return answer(questions, self.facts(as_of=as_of), as_of)

    def facts(self, *, as_of: datetime | None = None) -> Iterator[TicketFacts]:
        """Return the fact table as it stood at *as_of* (default: now), by ticket.

        The newest is read from the view; a look back is replayed from the log.
        """
        position = self.catch_up()
        newest = self.view.last_at()
        if as_of is None or newest is None or as_of >= newest:
            return self.view.rows()
        return runner.replay(self.store, position, as_of)

    def last_at(self) -> datetime:
        """Return the newest instant that the log speaks of; now, for an empty one."""
        self.catch_up()
        return self.view.last_at() or self.now()

    def catch_up(self, progress: Callable[[int], None] = lambda _: None) -> int:
        """Fold into the view what the log has and it has not; return the position reached."""
        return runner.catch_up(self.store, self.view, progress)

    def rebuild(self, progress: Callable[[int], None] = lambda _: None) -> int:
        """Throw the view away and fold the whole log anew; return the position reached."""
        self.view.clear()
        return self.catch_up(progress)

    def close(self) -> None:
        """Let go of the database."""
        self.view.close()
        self.store.close()

    def __enter__(self) -> Desk:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _record(self, commit: Commit, before: Ticket) -> Outcome:
        recorded_at = self.now()
        positions = self.store.append([commit], recorded_at=recorded_at)
        events = tuple(
            Recorded(
                position=position,
                ticket=commit.ticket,
                version=version,
                recorded_at=recorded_at,
                actor=commit.actor,
                cause=commit.cause,
                event=event,
            )
            for version, (position, event) in enumerate(zip(positions, commit.events, strict=True), commit.version + 1)
        )
        if events:
            self.host.tell(events)
        return Outcome(ticket=evolve(before, *commit.events), events=events)

    def _first_outcome(self, key: str) -> Outcome | None:
        claimed = self.store.claimed([key]).get(key)
        if claimed is None:
            return None
        history = self.store.load(claimed.ticket)
        events = tuple(r for r in history if claimed.version < r.version <= claimed.version + claimed.events)
        return Outcome(
            ticket=evolve(Ticket(id=claimed.ticket), *(r.event for r in history)), events=events, repeated=True
        )


def refuse_future(command: Command, now: datetime) -> None:
    """Raise :class:`Refused` if *command* would happen after *now*."""
    if command.at > now + CLOCK_SKEW:
        verb = type(command).__name__.lower()
        raise Refused(f"{verb}.in_the_future", f"{command.at.isoformat()} has not come yet: it is {now.isoformat()}")
