"""Carries a command out: decide, record, and find out what became of it, whatever happens to the database meanwhile."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import get_args

import attrs
from attrs import frozen

from ventanilla.adapters.store import Commit, Store
from ventanilla.adapters.store.codec import refuse_unreadable
from ventanilla.adapters.store.limits import MAX_KEY, refuse_bad_ids
from ventanilla.adapters.vault import Vault
from ventanilla.core.aggregate import Aggregate
from ventanilla.core.commands import Command
from ventanilla.core.decide import decide
from ventanilla.core.errors import Conflict, DeskError, InDoubt, Refused, Unavailable
from ventanilla.core.events import AgentErased, CustomerErased, Event, TicketMerged, TicketSplit
from ventanilla.core.evolve import evolve, unborn
from ventanilla.core.fields import personal_fields
from ventanilla.core.recorded import Recorded
from ventanilla.core.rights import may
from ventanilla.core.ticket import Ticket
from ventanilla.plugins.host import Host

TRIES = 5
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
CLOCK_SKEW = timedelta(minutes=5)
"""How far ahead of our clock a command's instant may lie: clocks differ, but nothing has happened tomorrow."""


@frozen(kw_only=True)
class Outcome:
    """What a command came to.

    Attributes:
        aggregate: What it was asked of (the ticket, the customer, …), as the rules see it now.
        events: What was recorded, oldest first; empty when the command changed nothing.
        repeated: Whether its key had been used before: *events* is then the first outcome.
    """

    aggregate: Aggregate
    events: tuple[Recorded, ...]
    repeated: bool = False

    @property
    def ticket(self) -> Ticket:
        """The ticket, if a ticket was asked.

        Raises:
            TypeError: It was asked of something else.
        """
        if not isinstance(self.aggregate, Ticket):
            raise TypeError(f"{self.aggregate.id} is no ticket")
        return self.aggregate


class Handler:
    """Carries out the commands of a desk.

    Args:
        store: The log.
        vault: Where personal texts go.
        host: The plug-ins, which may object and are told.
        now: Gives the instant of recording.
    """

    def __init__(self, store: Store, vault: Vault, host: Host, now: Callable[[], datetime]) -> None:
        self._store = store
        self._vault = vault
        self._host = host
        self._now = now

    def handle(self, command: Command, key: str | None) -> Outcome:
        """See :meth:`~ventanilla.adapters.desk.Desk.handle`."""
        if not isinstance(command, get_args(Command)):
            raise TypeError(f"a {type(command).__name__} is no command")
        refuse_bad_ids(command.stream)
        if key is not None:
            refuse_bad_ids(key, longest=MAX_KEY)
        if key is not None and (first := self._first_outcome(key, command)):
            return first
        refuse_out_of_time(command, self._now())
        failed: Conflict | InDoubt | None = None
        for attempt in range(TRIES):
            before = self.load(command.stream)
            commit = self._decide(command, before, key)
            if not commit.events and key is None:
                return Outcome(aggregate=before, events=())
            now = self._now()
            try:
                positions = self._store.append([commit], recorded_at=now)
            except Conflict as error:
                failed = error
                self._vault.forget()
            except InDoubt as error:
                failed = error
                if found := self._ours(commit, now, error):
                    return self._tell(before, commit, found)
                time.sleep(random.uniform(0, 0.2 * 2**attempt))  # a server that is restarted needs its time
            else:
                return self._tell(before, commit, _recorded(commit, positions, now))
            if key is not None and (first := self._first_outcome(key, command)):
                return first
            time.sleep(random.uniform(0, 0.02))  # apart from each other, not secret
        if isinstance(failed, InDoubt):
            raise InDoubt(f"{failed}; nobody knows whether it was recorded: ask again, with the same key") from failed
        raise Conflict(f"{command.stream} is being changed by others, {TRIES} times running: try again") from failed

    def first_outcome(self, key: str) -> Outcome | None:
        """Return what the command that claimed *key* came to; ``None`` if nobody did."""
        claimed = self._store.claimed([key]).get(key)
        if claimed is None:
            return None
        history = self._store.load(claimed.stream)
        events = tuple(r for r in history if claimed.version < r.version <= claimed.version + claimed.events)
        return Outcome(
            aggregate=evolve(unborn(claimed.stream), *(r.event for r in history)), events=events, repeated=True
        )

    def load(self, stream: str) -> Aggregate:
        """Return what *stream* is about as the rules see it now."""
        return evolve(unborn(stream), *(recorded.event for recorded in self._store.load(stream)))

    def purge(self) -> None:
        """Take the bytes of who was erased out of the files; what cannot be done now is noted, and done later."""
        with suppress(DeskError):
            self._store.personal.purge()

    def _decide(self, command: Command, before: Aggregate, key: str | None) -> Commit:
        """Return what *command* makes happen to *before*, ready to be recorded."""
        allowed_by = self._allow(command, before)
        events, changes = self._vault.seal(decide(command, before), before.id, before.version)
        requires: dict[str, int] = {}
        for event in events:
            refuse_unreadable(event)
            if isinstance(event, TicketMerged):
                requires |= self._refuse_astray(before.id, event.into)
            if isinstance(event, TicketSplit):
                self._refuse_apart(event)
        return Commit(
            stream=before.id,
            version=before.version,
            events=events,
            actor=str(command.actor),
            cause=_cause(command),
            allowed_by=allowed_by,
            key=key,
            changes=changes,
            requires=requires,
        )

    def _tell(self, before: Aggregate, commit: Commit, events: tuple[Recorded, ...]) -> Outcome:
        """Tell the plug-ins what was recorded, and return what came of it."""
        if any(isinstance(event, CustomerErased | AgentErased) for event in commit.events):
            self._vault.forget()
            self.purge()
        if events:
            self._host.tell(events)
        return Outcome(aggregate=evolve(before, *commit.events), events=events)

    def _ours(self, commit: Commit, now: datetime, doubt: InDoubt) -> tuple[Recorded, ...]:
        """Return the events of *commit* if they were recorded after all, though no answer came."""
        try:
            history = self._store.load(commit.stream)
        except Unavailable:
            raise doubt from None
        found = tuple(r for r in history if commit.version < r.version <= commit.version + len(commit.events))
        mine = [(now, commit.actor, commit.cause, event) for event in commit.events]
        return found if mine == [(r.recorded_at, r.actor, r.cause, r.event) for r in found] else ()

    def _allow(self, command: Command, before: Aggregate) -> str:
        """Return the grant under which *command* is allowed."""
        event = command.event()
        decision = may(command.actor, event, before)
        objection = self._host.objection(command) if decision.allowed else decision.reason
        if objection:
            raise Refused(f"{type(command).__name__.lower()}.forbidden", objection)
        return decision.reason

    def _refuse_astray(self, ticket: str, into: str) -> dict[str, int]:
        """Return the tickets on the way from *into*, with their versions: nobody may change the way meanwhile.

        Raises:
            Refused: *into* is not there, or goes on in *ticket*, at once or by a detour.
        """
        seen: dict[str, int] = {}
        there = self.load(into)
        if not isinstance(there, Ticket) or there.opened is None:
            raise Refused("merge.unknown", f"there is no ticket {into} yet: open it first, or name another")
        while there.id not in seen:
            if there.id == ticket:
                raise Refused("merge.circle", f"ticket {into} goes on in {ticket} itself: unmerge that first")
            seen[there.id] = there.version
            if isinstance(there, Ticket) and there.merged_into:
                there = self.load(there.merged_into)
        return seen

    def _refuse_apart(self, split: TicketSplit) -> None:
        """Raise :class:`Refused` if the messages that *split* speaks of are not where it says."""
        source = self.load(split.source)
        if not isinstance(source, Ticket) or source.opened is None:
            raise Refused("split.unknown", f"there is no ticket {split.source} yet: open it first, or name another")
        for message in split.messages:
            if ("message", message) not in source.things:
                raise Refused("split.unknown", f"{split.source} has no message {message!r}: name one that it has")

    def _first_outcome(self, key: str, command: Command) -> Outcome | None:
        """Return what the command that claimed *key* came to; ``None`` if nobody did.

        Raises:
            Refused: It was another command: what is asked now would be lost without a word.
        """
        first = self.first_outcome(key)
        if first is None:
            return None
        verb = type(command).__name__.lower()
        if first.aggregate.id != command.stream:
            raise Refused(f"{verb}.key_taken", f"the key {key!r} was used on another stream: give each command its own")
        if first.events and not _is_same(command, first.events[0]):
            before = first.events[0]
            said = f"which made {type(before.event).__name__} of {before.actor} ({before.cause}) happen"
            raise Refused(f"{verb}.key_taken", f"the key {key!r} was used for another command, {said}")
        return first


def _cause(command: Command) -> str:
    return str(command.cause) if command.cause else f"command:{type(command).__name__.lower()}"


def _is_same(command: Command, first: Recorded) -> bool:
    """Return whether *command* asks for what *first* tells of, at whatever instant.

    What a channel makes of a delivery may change with what the desk has learnt since: there the cause is enough.
    """
    asked = command.event()
    if type(asked) is not type(first.event) or (str(command.actor), _cause(command)) != (first.actor, first.cause):
        return False
    if command.cause and command.cause.kind == "delivery":
        return True
    return attrs.evolve(asked, at=first.event.at) == first.event and _lengths(asked) == _lengths(first.event)


def _lengths(event: Event) -> list[int | None]:
    """Return how long the personal texts of *event* are, which take no part in comparisons."""
    texts = (getattr(event, name) for name in personal_fields(type(event)))
    return [text.length if text else None for text in texts]


def _recorded(commit: Commit, positions: Sequence[int], now: datetime) -> tuple[Recorded, ...]:
    return tuple(
        Recorded(
            position=position,
            stream=commit.stream,
            version=version,
            recorded_at=now,
            actor=commit.actor,
            cause=commit.cause,
            allowed_by=commit.allowed_by,
            event=event,
        )
        for version, (position, event) in enumerate(zip(positions, commit.events, strict=True), commit.version + 1)
    )


def refuse_out_of_time(command: Command, now: datetime) -> None:
    """Raise :class:`Refused` if *command* would happen after *now*, or before calendars begin."""
    if command.at < BEGINNING:
        verb = type(command).__name__.lower()
        raise Refused(f"{verb}.too_early", f"{command.at.isoformat()} lies before 1970: no calendar counts from there")
    if command.at > now + CLOCK_SKEW:
        verb = type(command).__name__.lower()
        raise Refused(f"{verb}.in_the_future", f"{command.at.isoformat()} has not come yet: it is {now.isoformat()}")
