"""The fact table of customers: who they are, as far as figures are cut by it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

import attrs
from attrs import Factory, frozen

from ventanilla.core import events as on
from ventanilla.core.recorded import Recorded
from ventanilla.core.streams import CUSTOMER
from ventanilla.projections.table import FactTable


@frozen(kw_only=True)
class CustomerFacts:
    """What the log says of one customer.

    Attributes:
        customer: The customer's id.
        segment: The segment they are in, now.
        preferred_channel: The channel they like best, now.
        customer_language: Their language.
        stage: The last stage of a journey that they reached.
        added_at: When they became known; ``None``: nobody said.
        profile: What else is said of them, by name.
        evidence: The positions of the events behind it.
    """

    customer: str
    segment: str | None = None
    preferred_channel: str | None = None
    customer_language: str | None = None
    stage: str | None = None
    added_at: datetime | None = None
    profile: Mapping[str, str] = Factory(dict)
    evidence: tuple[int, ...] = ()


def _fold(before: CustomerFacts | None, recorded: Recorded) -> CustomerFacts:
    now = before or CustomerFacts(customer=recorded.stream.removeprefix(CUSTOMER))
    now = attrs.evolve(now, evidence=(*now.evidence, recorded.position))
    match recorded.event:
        case on.CustomerAdded(at=at, language=language):
            return attrs.evolve(now, added_at=at, customer_language=language)
        case on.SegmentSet(segment=segment):
            return attrs.evolve(now, segment=segment)
        case on.ChannelPreferred(channel=channel):
            return attrs.evolve(now, preferred_channel=channel)
        case on.JourneyStageReached(stage=stage):
            return attrs.evolve(now, stage=stage)
        case on.ProfileFactSet(name=name, value=value):
            return attrs.evolve(now, profile={**now.profile, name: value})
        case _:
            return now


def _rows(state: CustomerFacts | None, _: datetime) -> Iterable[CustomerFacts]:
    return () if state is None else (state,)


CUSTOMERS: FactTable[CustomerFacts | None] = FactTable(
    name="customers",
    about="one row a customer",
    row=CustomerFacts,
    streams=("customer",),
    reads=frozenset({on.CustomerAdded, on.SegmentSet, on.ChannelPreferred, on.JourneyStageReached, on.ProfileFactSet}),
    initial=None,
    fold=_fold,
    rows=_rows,
    dimensions=("segment", "preferred_channel", "customer_language", "stage"),
    key=("customer",),
)
