"""A clock, declared as data, and an instance of it: what it has measured so far and how it came to that."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, TypeAlias

from attrs import frozen

from ventanilla.projections.triggers import Trigger

State: TypeAlias = Literal["none", "running", "paused", "stopped", "met", "ended", "cancelled"]
AtStop: TypeAlias = Literal["met", "ended", "stopped", "runs"]

LIVE = ("running", "paused", "stopped")


@frozen(kw_only=True)
class Clock:
    """What a clock measures.

    The state of a ticket's clocks follows from this, from the ticket's events and from the policies, and from nothing
    else. A clock with ``due`` is due at an instant that an event gives; all others have targets in policies.

    Attributes:
        name: Its name, in policies and accounts; a plug-in's begins with its owner: ``"acme.call_back"``.
        starts: What begins an instance.
        meets: What it waits for.
        breaks: What ends it without that having come.
        cancels: What makes it pointless: it neither was met nor was not.
        restarts: What begins a running instance anew.
        at_stop: What the end of the work does to it: it is met, it has ended unmet, it stands still until a reopening,
            or nothing.
        each: The field of the starting event that tells instances apart (``"promise"``, ``"team"``); ``None``: one at a
            time.
        follows: Whether an instance ends, met, when one with another ``each`` starts, as work goes from team to team.
        after: The clock of the same slot that must have been met before an instance starts, unless the option says
            ``always``; ``None``: none.
        holds: Whether what should start it while the work has ended starts it at a reopening.
        pauses: The statuses that pause it, where a rule does not say.
        due: The field of the starting event (and of ``moves``) that holds the instant at which it is due.
        moves: What sets that instant anew.
        notes: What is told in its account, and changes nothing.
    """

    name: str
    starts: tuple[Trigger, ...]
    meets: tuple[Trigger, ...] = ()
    breaks: tuple[Trigger, ...] = ()
    cancels: tuple[Trigger, ...] = ()
    restarts: tuple[Trigger, ...] = ()
    at_stop: AtStop = "runs"
    each: str | None = None
    follows: bool = False
    after: str | None = None
    holds: bool = False
    pauses: tuple[str, ...] = ()
    due: str | None = None
    moves: tuple[Trigger, ...] = ()
    notes: tuple[Trigger, ...] = ()


@frozen(kw_only=True)
class Entry:
    """A line of a clock's account.

    Attributes:
        position: The event's position in the log.
        at: When it happened: aware, UTC.
        what: What it did to the clock.
    """

    position: int
    at: datetime
    what: str


@frozen
class Span:
    """A stretch in which a clock ran: ``[start, end)``, in the hours of a calendar (``None``: around the clock)."""

    start: datetime
    end: datetime
    calendar: str | None


@frozen(kw_only=True, slots=False)
class Instance:
    """A clock on a ticket, as far as it has come. Nothing in it is rounded, and nothing depends on who looks when.

    Attributes:
        clock: The clock's name.
        slot: The slot whose rules apply.
        number: 1, 2, 3, … of this clock in this slot.
        each: What tells it apart from the others, see :attr:`Clock.each`.
        state: Where it stands; ``none`` and ``cancelled`` are said of it in a reading, see :class:`Reading`.
        started_at: From when on it counts.
        position: Of the event that started it.
        spans: The stretches in which it ran.
        since: When the present stretch, pause or stop began, or when it ended.
        running: Whether it runs now.
        calendar: The calendar in whose hours it is measured now; ``None``: around the clock.
        target: In seconds; ``None`` without one.
        due_set: The due instant given by hand; ``None`` without one.
        aimed_at: When its present target was set.
        policy: Whose target that is; ``None``: nobody's.
        version: Of the policy.
        rule: Of the policy.
        once: Whether it ever had a target or a due instant.
        paused: Its pauses so far, in open seconds.
        ended: The moment at which it ended, with the position; ``None`` while it has not.
        breached_at: When it was first breached; never taken back.
        because: Why it was breached at that instant.
        own: From when on it would count without what it took over from other tickets; ``None``: it took nothing.
        taken: What it took over: the other ticket, from when on its clock counted, and the stretches in which that ran.
        entries: Its account.
    """

    clock: str
    slot: str
    number: int
    each: str | None = None
    state: State
    started_at: datetime
    position: int
    spans: tuple[Span, ...] = ()
    since: datetime
    running: bool
    calendar: str | None = None
    target: float | None = None
    due_set: datetime | None = None
    aimed_at: datetime | None = None
    policy: str | None = None
    version: int | None = None
    rule: str | None = None
    once: bool = False
    paused: float = 0.0
    ended: tuple[datetime, int] | None = None
    breached_at: datetime | None = None
    because: str | None = None
    own: datetime | None = None
    taken: tuple[tuple[str, datetime, tuple[Span, ...]], ...] = ()
    entries: tuple[Entry, ...] = ()


@frozen(kw_only=True)
class Reading:
    """What a clock shows at an instant.

    Attributes:
        clock: The clock's name.
        slot: The slot whose rules apply.
        number: 1, 2, 3, … of this clock in this slot.
        each: Which promise, which team; ``None`` for a clock that has one instance at a time.
        state: ``none``: it never had a target; ``cancelled``: it has none any more, or the matter went elsewhere.
        started_at: From when on it counts.
        target: In seconds; ``None`` without one, or with a due instant given by hand.
        elapsed: Open seconds that it ran, up to its end or the instant of looking.
        paused: Open seconds of its pauses.
        due: When it is due; ``None`` while it is paused or stopped, or without a target.
        remaining: Open seconds left, less than 0 when late; ``None`` without a target.
        met_at: When what it waited for came; ``None``: not, or not yet.
        ended_at: When it ended without that; ``None``: not.
        cancelled_at: When an event made it pointless; ``None``: none did.
        breached: Whether its end, or the instant of looking, is after it was due, by the target in force then.
        breached_at: When it was first breached, whatever its target is now; ``None``: never.
        because: Why then.
        policy: Whose target it is; ``None``: nobody's.
        version: Of the policy.
        rule: Of the policy.
        entries: Its account, in the log's order.
        as_of: The instant of looking.
    """

    clock: str
    slot: str
    number: int
    each: str | None
    state: State
    started_at: datetime
    target: float | None
    elapsed: float
    paused: float
    due: datetime | None
    remaining: float | None
    met_at: datetime | None
    ended_at: datetime | None
    cancelled_at: datetime | None
    breached: bool
    breached_at: datetime | None
    because: str | None
    policy: str | None
    version: int | None
    rule: str | None
    entries: tuple[Entry, ...]
    as_of: datetime
