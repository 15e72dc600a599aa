"""What the clocks of the policies came to: kept or not, and how long in business time."""

from __future__ import annotations

from ventanilla.plugins.metrics.declare import Times, declared
from ventanilla.projections.expressions import Expression, column
from ventanilla.projections.metric import Metric
from ventanilla.projections.standard import STANDARD
from ventanilla.projections.summaries import Share

_SOURCE = "Article 004; the clocks are those of the policies in force."
_EDGES = (
    "Done exactly when due is kept. Open and overdue is not; open and not yet due does not count. What ended before it "
    "was due without being met is kept, as the first response of a ticket that was closed unanswered: cut by state. A "
    "breach stays one, whatever target is set later. Clocks of merged tickets, spam and withdrawn promises are "
    "cancelled, and left out."
)
_MEASURED = (
    "first_response",
    "next_response",
    "periodic_update",
    "pausable_update",
    "requester_wait",
    "agent_work",
    "resolution",
    "ownership",
)
"""The clocks that measure work of the desk, in the hours of its calendar."""


def _kept(name: str, question: str, which: str, where: Expression) -> Metric:
    return declared(
        name=name,
        question=question,
        formula="clocks not breached, by clocks that are judged.",
        population=f"{which} with a target or a due instant whose verdict is known, dated by their start.",
        edges=_EDGES,
        source=_SOURCE,
        table="clocks",
        unit="ratio",
        better="higher",
        where=column("judged") & where,
        excludes={},
        value=~column("breached"),
        summary=Share(),
        dated=column("started_at"),
    )


def _clock(name: str) -> Expression:
    return column("clock").equals(name)


def _measured(name: str) -> Times:
    return Times(
        name=f"{name}_business_time",
        what=f"a clock of {name} ran before it was met, in business time",
        formula="open seconds of the calendar of the rule in force, pauses left out, from stretch to stretch.",
        population=f"clocks of {name} that were met, dated by their start.",
        edges="Where no rule names a calendar it is around the clock. Each stretch is measured by the calendar in "
        "force then. What was met and reopened runs again, but not out of courtesy. Clocks of merged tickets and spam "
        "are cancelled, and left out.",
        source="Zendesk and Fivetran accumulate over schedules, as this does.",
        table="clocks",
        where=_clock(name) & column("state").equals("met"),
        excludes={},
        value=column("elapsed"),
        dated=column("started_at"),
    )


METRICS: tuple[Metric, ...] = (
    _kept("sla_met", "Which share of the clocks was kept? Cut by clock.", "all clocks", column("clock").given()),
    *(
        _kept(
            f"{clock.name}_on_time",
            f"Which share of the clocks of {clock.name} was kept?",
            f"clocks of {clock.name}",
            _clock(clock.name),
        )
        for clock in STANDARD
    ),
    *(metric for name in _MEASURED for metric in _measured(name).metrics()),
)
"""All of them."""
