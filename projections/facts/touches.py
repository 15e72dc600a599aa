"""The fact tables of effort: one row a ticket with what was done for it, and one row an agent who did it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from attrs import frozen

from ventanilla.core import events as on
from ventanilla.core.recorded import Recorded
from ventanilla.projections.facts.history import History, history_table
from ventanilla.projections.facts.standing import VOIDING, Void, opening, settlement, void

BURST = timedelta(minutes=10)
"""Messages of one agent that follow each other this soon, with no word of the customer between, are one touch."""


@frozen(kw_only=True)
class Effort:
    """What a ticket took, up to its settlement.

    Attributes:
        ticket: The ticket.
        void: Why it counts in no rate.
        opened_at: When it arrived.
        settled_at: When it was settled; ``None``: it is open.
        touches: How many touches of agents the customer saw: bursts of messages, calls.
        touches_all: The same with notes.
        replies: How many messages of agents the customer got, each for itself.
        handled: Seconds of work that agents put in; ``None``: nobody told any.
        opened_position: The opening.
        settled_position: The settlement.
        word_positions: The messages and calls.
        touch_positions: The same with notes.
        entry_positions: The entries of working time.
    """

    ticket: str
    void: Void | None
    opened_at: datetime
    settled_at: datetime | None
    touches: int
    touches_all: int
    replies: int
    handled: int | None
    opened_position: int
    settled_position: int | None
    word_positions: tuple[int, ...]
    touch_positions: tuple[int, ...]
    entry_positions: tuple[int, ...]


SOURCES: Mapping[str, tuple[str, ...]] = {
    "ticket": ("opened_position",),
    "void": (),
    "opened_at": ("opened_position",),
    "settled_at": ("settled_position",),
    "touches": ("word_positions",),
    "touches_all": ("touch_positions",),
    "replies": ("word_positions",),
    "handled": ("entry_positions",),
}


@frozen(kw_only=True)
class Credit:
    """An agent's part in a settled ticket.

    Attributes:
        ticket: The ticket.
        agent: The agent's id.
        void: Why the ticket counts in no rate.
        settled_at: When it was settled.
        touches: How many of its touches, notes among them, were theirs.
        share: Which part of them; where there was none at all, the last resolver has the whole.
        resolver: Whether they settled it, as the last one.
        evidence: Their touches, and the settlement.
    """

    ticket: str
    agent: str
    void: Void | None
    settled_at: datetime
    touches: int
    share: float
    resolver: bool
    evidence: tuple[int, ...]


def touches(history: History, *, notes: bool) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Yield the touches of agents in *history*: who, and the positions of what makes the touch.

    Args:
        history: A ticket's events.
        notes: Whether notes count, besides what the customer sees.
    """
    burst: list[Recorded] = []
    author = ""
    for recorded in history:
        match recorded.event:
            case on.ReplySent(author_kind="agent", author=who):
                said = who
            case on.NoteWritten(author_kind="agent", author=who) if notes:
                said = who
            case on.CallEnded(outcome="answered", agent=str() as who):
                yield from _touch(author, burst)
                burst = []
                yield who, (recorded.position,)
                continue
            case on.MessageReceived(author_kind="customer"):
                yield from _touch(author, burst)
                burst = []
                continue
            case _:
                continue
        if burst and (said != author or recorded.event.at - burst[-1].event.at > BURST):
            yield from _touch(author, burst)
            burst = []
        author = said
        burst.append(recorded)
    yield from _touch(author, burst)


def resolver(history: History) -> str | None:
    """Return who settled the ticket last: the agent who asked for it, or else whoever had it; ``None``: unknown."""
    agent = found = None
    settled = False
    for recorded in history:
        match recorded.event:
            case on.TicketAssigned(agent=who):
                agent = who
            case on.TicketUnassigned():
                agent = None
            case on.TicketResolved() | on.TicketClosed() if not settled:
                kind, _, who = recorded.actor.partition(":")
                found, settled = (who if kind == "agent" else agent), True
            case on.TicketReopened():
                settled = False
            case _:
                pass
    return found


def _touch(author: str, burst: Sequence[Recorded]) -> Iterator[tuple[str, tuple[int, ...]]]:
    if burst:
        yield author, tuple(recorded.position for recorded in burst)


def _until(history: History, end: tuple[datetime, int] | None) -> History:
    if end is None:
        return history
    return [recorded for recorded in history if (recorded.event.at, recorded.position) <= end]


def _efforts(history: History, _: datetime) -> Iterable[Effort]:
    opened = opening(history)
    if opened is None:
        return
    settled = settlement(history)
    past = _until(history, settled)
    words, everything = list(touches(past, notes=False)), list(touches(past, notes=True))
    entries = [(one.event.seconds, one.position) for one in history if isinstance(one.event, on.TimeSpent)]
    yield Effort(
        ticket=history[0].stream,
        void=void(history),
        opened_at=opened[0].at,
        settled_at=settled[0] if settled else None,
        touches=len(words),
        touches_all=len(everything),
        replies=sum(isinstance(one.event, on.ReplySent) and one.event.author_kind == "agent" for one in past),
        handled=sum(seconds for seconds, _ in entries) if entries else None,
        opened_position=opened[1],
        settled_position=settled[1] if settled else None,
        word_positions=tuple(position for _, positions in words for position in positions),
        touch_positions=tuple(position for _, positions in everything for position in positions),
        entry_positions=tuple(position for _, position in entries),
    )


def _credits(history: History, _: datetime) -> Iterable[Credit]:
    settled = settlement(history)
    if settled is None:
        return
    last, why, done = resolver(history), void(history), list(touches(_until(history, settled), notes=True))
    for agent in dict.fromkeys([who for who, _ in done] + ([last] if last else [])):
        mine = [positions for who, positions in done if who == agent]
        yield Credit(
            ticket=history[0].stream,
            agent=agent,
            void=why,
            settled_at=settled[0],
            touches=len(mine),
            share=len(mine) / len(done) if done else 1.0,
            resolver=agent == last,
            evidence=(*(position for positions in mine for position in positions), settled[1]),
        )


_READS = VOIDING | {
    on.TicketOpened,
    on.TicketResolved,
    on.TicketClosed,
    on.TicketReopened,
    on.MessageReceived,
    on.ReplySent,
    on.NoteWritten,
    on.CallEnded,
}

EFFORTS = history_table(
    name="efforts",
    about="one row a ticket: what it took",
    row=Effort,
    reads=_READS | {on.TimeSpent},
    rows=_efforts,
    sources=SOURCES,
)
"""The table of efforts."""

CREDITS = history_table(
    name="credits",
    about="one row an agent who had a part in a settled ticket",
    row=Credit,
    reads=_READS | {on.TicketAssigned, on.TicketUnassigned},
    rows=_credits,
    dimensions=("agent",),
)
"""The table of credits."""
