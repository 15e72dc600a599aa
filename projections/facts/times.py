"""The fact table of times: one row a ticket, with how long it lay where."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from attrs import frozen

from ventanilla.core import events as on
from ventanilla.projections.facts.history import History, history_table, span
from ventanilla.projections.facts.standing import STANDING, VOIDING, Standing, Void, opening, stretches, void


@frozen(kw_only=True)
class Times:
    """How long a ticket took, in seconds around the clock.

    ``agent_work + agent_wait + on_hold`` is ``unsettled``, and ``requester_wait`` is ``agent_work + on_hold``: always.

    Attributes:
        ticket: The ticket.
        origin: Who began.
        void: Why it counts in no rate.
        opened_at: When it arrived.
        settled_at: When it was last settled; ``None``: it is open.
        first_resolution: From the opening to the first settlement; ``None`` before.
        full_resolution: To the last settlement; ``None`` while it is open.
        net_resolution: The same without the time that it was settled or paused; ``None`` while it is open.
        unsettled: All its time but that between a settlement and a reopening.
        agent_work: Of that, the time that it lay with the desk; a snooze, by choice, is the desk's time, too.
        agent_wait: Of that, the time that the desk waited for the customer.
        on_hold: Of that, the time that the desk waited for a third party.
        requester_wait: Of that, the time that the customer waited.
        age: From the opening to the last settlement, or to now.
        life: The age, and whether it has ended: for estimates that count the open ones, too.
        reopens: How many times it came back.
        evidence: The events that say where it stood.
    """

    ticket: str
    origin: str
    void: Void | None
    opened_at: datetime
    settled_at: datetime | None
    first_resolution: float | None
    full_resolution: float | None
    net_resolution: float | None
    unsettled: float
    agent_work: float
    agent_wait: float
    on_hold: float
    requester_wait: float
    age: float
    life: tuple[float, bool]
    reopens: int
    evidence: tuple[int, ...]


def _rows(history: History, as_of: datetime) -> Iterable[Times]:
    opened = opening(history)
    if opened is None:
        return
    start = opened[0]
    found = list(stretches(history, as_of))
    lay: dict[Standing, float] = dict.fromkeys(("work", "customer", "third_party", "snoozed", "solved"), 0.0)
    for one in found:
        lay[one.standing] += span(one.start, one.end) or 0.0
    solved = [one.start for one in found if one.standing == "solved"]
    settled_at = found[-1].start if found[-1].standing == "solved" else None
    age = span(start.at, settled_at or as_of) or 0.0
    desk = lay["work"] + lay["snoozed"]
    yield Times(
        ticket=history[0].stream,
        origin=start.origin,
        void=void(history),
        opened_at=start.at,
        settled_at=settled_at,
        first_resolution=span(start.at, solved[0]) if solved else None,
        full_resolution=age if settled_at else None,
        net_resolution=lay["work"] if settled_at else None,
        unsettled=desk + lay["customer"] + lay["third_party"],
        agent_work=desk,
        agent_wait=lay["customer"],
        on_hold=lay["third_party"],
        requester_wait=desk + lay["third_party"],
        age=age,
        life=(age, settled_at is not None),
        reopens=sum(isinstance(one.event, on.TicketReopened) for one in history),
        evidence=tuple(one.position for one in history if type(one.event) in STANDING),
    )


TIMES = history_table(
    name="times",
    about="one row a ticket: how long it lay where",
    row=Times,
    reads=VOIDING | STANDING,
    rows=_rows,
    dimensions=("origin",),
)
"""The table."""
