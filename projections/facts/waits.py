"""The fact tables of waits and updates: how long the customer waited for each answer, and for each word."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import attrs
from attrs import frozen

from ventanilla.core import events as on
from ventanilla.core.recorded import Recorded
from ventanilla.projections.facts.history import History, history_table, span
from ventanilla.projections.facts.standing import STANDING, VOIDING, Void, stretches, void


@frozen(kw_only=True)
class Wait:
    """From a customer's message that nobody had answered to the answer. What they write meanwhile is the same wait.

    Attributes:
        ticket: The ticket.
        number: 1, 2, 3, … on this ticket.
        first: Whether no person had answered them before.
        longest: Whether no other wait of the ticket was longer; of equal ones, the first.
        started_at: The oldest unanswered message.
        ended_at: The answer, or the settlement without one; ``None``: they wait.
        answered: Whether it was answered.
        seconds: How long it took; ``None``: it was not answered.
        agent: Who answered, an id.
        void: Why the ticket counts in no rate.
        evidence: The message and what ended the wait.
    """

    ticket: str
    number: int
    first: bool
    longest: bool = False
    started_at: datetime
    ended_at: datetime | None = None
    answered: bool = False
    seconds: float | None = None
    agent: str | None = None
    void: Void | None
    evidence: tuple[int, ...]


@frozen(kw_only=True)
class Update:
    """From a word to the customer to the next one.

    Attributes:
        ticket: The ticket.
        started_at: The one.
        ended_at: The next.
        seconds: From one to the next.
        pausable: The same without the time that the desk waited for the customer.
        void: Why the ticket counts in no rate.
        evidence: Both messages.
    """

    ticket: str
    started_at: datetime
    ended_at: datetime
    seconds: float
    pausable: float
    void: Void | None
    evidence: tuple[int, ...]


def _waits(history: History, as_of: datetime) -> Iterable[Wait]:
    found: list[Wait] = []
    why, settled, held, spoken = void(history), False, False, False
    waiting: Wait | None = None

    def begin(recorded: Recorded) -> Wait:
        return Wait(
            ticket=recorded.stream, number=len(found) + 1, first=not spoken, started_at=recorded.event.at, void=why,
            evidence=(recorded.position,),
        )  # fmt: skip

    for recorded in history:
        match recorded.event:
            case on.MessageReceived(author_kind="customer"):
                held = held or settled
                waiting = waiting or (None if settled else begin(recorded))
            case on.ReplySent(author_kind="agent", author=author):
                if waiting:
                    found.append(_ended(waiting, recorded, author))
                waiting, held, spoken = None, False, True
            case on.TicketResolved() | on.TicketClosed():
                if waiting:
                    found.append(_ended(waiting, recorded, None))
                waiting, settled = None, True
            case on.TicketReopened():
                waiting = begin(recorded) if held else None
                settled, held = False, False
            case _:
                pass
    return _longest([*found, waiting] if waiting else found, as_of)


def _ended(wait: Wait, recorded: Recorded, agent: str | None) -> Wait:
    at = recorded.event.at
    return attrs.evolve(
        wait,
        ended_at=at,
        answered=agent is not None,
        seconds=span(wait.started_at, at) if agent is not None else None,
        agent=agent,
        evidence=(*wait.evidence, recorded.position),
    )


def _longest(waits: Sequence[Wait], as_of: datetime) -> Iterable[Wait]:
    length = [(wait.ended_at or as_of) - wait.started_at for wait in waits]
    top = length.index(max(length)) if waits else None
    return [attrs.evolve(wait, longest=place == top) for place, wait in enumerate(waits)]


def _updates(history: History, as_of: datetime) -> Iterable[Update]:
    why, before = void(history), None
    pending = [one for one in stretches(history, as_of) if one.standing == "customer"]
    for recorded in history:
        match recorded.event:
            case on.ReplySent(author_kind="agent", at=at):
                if before is not None:
                    seconds = span(before.event.at, at) or 0.0
                    idle = sum(span(max(one.start, before.event.at), min(one.end, at)) or 0.0 for one in pending)
                    yield Update(
                        ticket=recorded.stream,
                        started_at=before.event.at,
                        ended_at=at,
                        seconds=seconds,
                        pausable=seconds - idle,
                        void=why,
                        evidence=(before.position, recorded.position),
                    )
                before = recorded
            case on.TicketResolved() | on.TicketClosed():
                before = None
            case _:
                pass


WAITS = history_table(
    name="waits",
    about="one row a wait of the customer for an answer",
    row=Wait,
    reads=VOIDING | {on.MessageReceived, on.ReplySent, on.TicketResolved, on.TicketClosed, on.TicketReopened},
    rows=_waits,
)
"""The table of waits."""

UPDATES = history_table(
    name="updates",
    about="one row a span between two words to the customer",
    row=Update,
    reads=VOIDING | STANDING | {on.ReplySent},
    rows=_updates,
)
"""The table of updates."""
