"""The fact table of calls: one row a call, answered or not."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from attrs import frozen

from ventanilla.core import events as on
from ventanilla.core.events import CallDirection, CallOutcome
from ventanilla.projections.facts.history import History, history_table
from ventanilla.projections.facts.standing import VOIDING, Void, void


@frozen(kw_only=True)
class Call:
    """A call, or a meeting.

    Attributes:
        ticket: The ticket.
        call: Its id on the ticket.
        call_channel: By which channel.
        direction: Who called.
        outcome: What came of it.
        answered_by: Which agent answered; ``None``: nobody, or nobody told.
        void: Why the ticket counts in no rate.
        ended_at: When it was over.
        answered: Whether it was answered.
        abandoned: Whether the caller gave up.
        waited: Seconds before it was answered or given up.
        talked: Seconds of talk, holding left out.
        held: Seconds on hold.
        evidence: The call.
    """

    ticket: str
    call: str
    call_channel: str
    direction: CallDirection
    outcome: CallOutcome
    answered_by: str | None
    void: Void | None
    ended_at: datetime
    answered: bool
    abandoned: bool
    waited: int
    talked: int
    held: int
    evidence: tuple[int, ...]


def _rows(history: History, _: datetime) -> Iterable[Call]:
    why = void(history)
    for recorded in history:
        event = recorded.event
        if isinstance(event, on.CallEnded):
            yield Call(
                ticket=recorded.stream,
                call=event.call,
                call_channel=event.channel,
                direction=event.direction,
                outcome=event.outcome,
                answered_by=event.agent,
                void=why,
                ended_at=event.at,
                answered=event.outcome == "answered",
                abandoned=event.outcome == "abandoned",
                waited=event.waited,
                talked=event.talked,
                held=event.held,
                evidence=(recorded.position,),
            )


CALLS = history_table(
    name="calls",
    about="one row a call",
    row=Call,
    reads=VOIDING | {on.CallEnded},
    rows=_rows,
    dimensions=("call_channel", "direction", "outcome", "answered_by"),
)
"""The table."""
