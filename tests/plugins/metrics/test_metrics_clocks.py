from __future__ import annotations

import pytest
from catalogue import HOUR, METRICS, hours

from ventanilla import Actor, Desk
from ventanilla.adapters.policies import read_text
from ventanilla.core.commands import KeepPromise, MakePromise, Open, Resolve

MARIA = Actor("agent", "maria", roles=("lead",))
POLICY = read_text(
    """
format = "ventanilla-policy/1"
name = "strict"
[[rules]]
name = "all"
calendar = "always"
[rules.targets]
resolution = "4h"
"""
)


@pytest.fixture(scope="module")
def desk() -> Desk:
    """Two tickets, of which one is settled within its four hours; a promise that is kept late."""
    opened = Desk("sqlite:///:memory:")
    for ticket, settled in (("T-1", 3), ("T-2", 6)):
        opened.handle(Open(ticket=ticket, at=hours(0), actor=MARIA, channel="mail"))
        if ticket == "T-2":
            opened.handle(MakePromise(ticket=ticket, at=hours(1), actor=MARIA, promise="p", due=hours(2), what="call"))
            opened.handle(KeepPromise(ticket=ticket, at=hours(3), actor=MARIA, promise="p"))
        opened.handle(Resolve(ticket=ticket, at=hours(settled), actor=MARIA, code="fixed"))
    return opened


def test_kept_by_clock(desk: Desk) -> None:
    """Each clock has its share, of those with a target; the rest is unknown."""
    found = {name: desk.ask(f"{name}_on_time", policy=POLICY) for name in ("resolution", "promise", "agent_work")}
    assert {name: (one.value, one.n) for name, one in found.items()} == {
        "resolution": (0.5, 2),
        "promise": (0, 1),
        "agent_work": (None, 0),
    }
    cut = desk.ask("sla_met", by="clock", policy=POLICY)
    assert {clock: one.value for clock, one in cut.items()} == {"resolution": 0.5, "promise": 0}
    assert set(found["promise"].evidence) <= {recorded.position for recorded in desk.log("T-2")}


def test_business_time(desk: Desk) -> None:
    """The open hours that a clock ran are summarised as any time is."""
    ends = ("", "_p90", "_p95", "_mean")
    found = [desk.ask(f"resolution_business_time{end}", policy=POLICY).value for end in ends]
    assert found == pytest.approx([4.5 * HOUR, 5.7 * HOUR, 5.85 * HOUR, 4.5 * HOUR])


def test_every_clock_of_ours_is_asked() -> None:
    """No clock is without its share."""
    assert {"first_response_on_time", "due_date_on_time", "follow_up_on_time", "ownership_on_time"} <= METRICS.keys()
