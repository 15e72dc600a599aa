"""The fact table of stages: one row a stage of a journey that somebody reached, with whether they went on."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from attrs import frozen

from ventanilla.core import events as on
from ventanilla.core.recorded import Recorded
from ventanilla.core.streams import CUSTOMER
from ventanilla.projections.facts.history import History, history_table, span

OF_TICKETS = "ticket"
"""What the journey of a ticket is called."""


@frozen(kw_only=True)
class Stage:
    """A stage that a customer, or a ticket, reached.

    Attributes:
        customer: Who; ``None``: it is of a ticket.
        ticket: Which ticket; ``None``: it is of a customer.
        journey: Which journey.
        stage: Which stage.
        reached_at: When.
        next_stage: The stage reached after it; ``None``: none.
        went_on: Whether there is one.
        seconds: How long they stayed; ``None``: they are there.
        evidence: The event, and the one after it.
    """

    customer: str | None = None
    ticket: str | None = None
    journey: str
    stage: str
    reached_at: datetime
    next_stage: str | None
    went_on: bool
    seconds: float | None
    evidence: tuple[int, ...]


def _rows(history: History, _: datetime) -> Iterable[Stage]:
    stream = history[0].stream
    of_customer = stream.startswith(CUSTOMER)
    journeys: dict[str, list[tuple[str, Recorded]]] = {}
    for recorded in history:
        match recorded.event:
            case on.StageReached(stage=stage):
                journeys.setdefault(OF_TICKETS, []).append((stage, recorded))
            case on.JourneyStageReached(journey=journey, stage=stage):
                journeys.setdefault(journey, []).append((stage, recorded))
            case _:
                pass
    for journey, reached in journeys.items():
        for place, (stage, recorded) in enumerate(reached):
            after = reached[place + 1] if place + 1 < len(reached) else None
            yield Stage(
                customer=stream.removeprefix(CUSTOMER) if of_customer else None,
                ticket=None if of_customer else stream,
                journey=journey,
                stage=stage,
                reached_at=recorded.event.at,
                next_stage=after[0] if after else None,
                went_on=after is not None,
                seconds=span(recorded.event.at, after[1].event.at) if after else None,
                evidence=(recorded.position, after[1].position) if after else (recorded.position,),
            )


STAGES = history_table(
    name="stages",
    about="one row a stage of a journey that was reached",
    row=Stage,
    streams=("ticket", "customer"),
    reads={on.StageReached, on.JourneyStageReached},
    rows=_rows,
    dimensions=("journey", "stage", "next_stage"),
)
"""The table."""
