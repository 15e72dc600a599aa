"""Our own channel, metrics and clocks; they come in by the same door as everybody's."""

from __future__ import annotations

from typing import Any

from ventanilla.plugins import experience
from ventanilla.plugins.channel import Channel
from ventanilla.plugins.hooks import hookimpl
from ventanilla.plugins.metrics import OPERATIONAL
from ventanilla.plugins.webform import CHANNEL
from ventanilla.projections.clock import Clock
from ventanilla.projections.clock_table import CLOCKS
from ventanilla.projections.clocks import BREACHED, JUDGED
from ventanilla.projections.customers import CUSTOMERS
from ventanilla.projections.experience import EXPERIENCE
from ventanilla.projections.expressions import AS_OF, column
from ventanilla.projections.facts import OPERATIONS
from ventanilla.projections.metric import Metric
from ventanilla.projections.standard import STANDARD
from ventanilla.projections.summaries import Count, Quantile, Share
from ventanilla.projections.table import FactTable
from ventanilla.projections.tickets import TICKETS
from ventanilla.projections.xla import ANSWERED, watermelon_tickets

_settled = column("settled_at").given()
_lifetime = column("settled_at") - column("opened_at")
_age = AS_OF - column("opened_at")


@hookimpl
def channels() -> tuple[Channel, ...]:
    """Return our own channel."""
    return (CHANNEL,)


@hookimpl
def clocks() -> tuple[Clock, ...]:
    """Return our own clocks."""
    return STANDARD


@hookimpl
def tables() -> tuple[FactTable[Any], ...]:
    """Return our own fact tables."""
    return (TICKETS, CUSTOMERS, CLOCKS, *EXPERIENCE, *OPERATIONS, ANSWERED)


@hookimpl
def metrics() -> list[Metric]:
    """Return our own metrics."""
    return [
        Metric(
            name="tickets",
            question="How many tickets were opened?",
            unit="count",
            where=column("opened_at").given(),
            value=column("opened_at"),
            summary=Count(),
            dated=column("opened_at"),
        ),
        Metric(
            name="settled",
            question="How many tickets were settled, and have not come back?",
            unit="count",
            where=_settled,
            value=column("settled_at"),
            summary=Count(),
            dated=column("settled_at"),
        ),
        Metric(
            name="on_time",
            question="Which share of the tickets with a due instant was settled by then? Open and overdue counts as "
            "no; open and not yet due does not count.",
            unit="ratio",
            better="higher",
            where=JUDGED,
            value=~BREACHED,
            summary=Share(),
            dated=column("due_at"),
        ),
        Metric(
            name="resolution_time",
            question="How long did half of the settled tickets take at most, from opening to settlement?",
            unit="seconds",
            better="lower",
            where=_settled,
            value=_lifetime,
            summary=Quantile(0.5),
            dated=column("settled_at"),
        ),
        Metric(
            name="resolution_time_p90",
            question="How long did nine in ten of the settled tickets take at most?",
            unit="seconds",
            better="lower",
            where=_settled,
            value=_lifetime,
            summary=Quantile(0.9),
            dated=column("settled_at"),
        ),
        Metric(
            name="backlog",
            question="How many tickets are open?",
            unit="count",
            better="lower",
            where=~_settled,
            value=column("opened_at"),
            summary=Count(),
            dated=column("opened_at"),
        ),
        Metric(
            name="backlog_age",
            question="How old is half of the open tickets at least?",
            unit="seconds",
            better="lower",
            where=~_settled,
            value=_age,
            summary=Quantile(0.5),
            dated=column("opened_at"),
        ),
        Metric(
            name="verdict_agreement",
            question="On which share of the settled tickets do we agree with the verdict that another system stated?",
            unit="ratio",
            better="higher",
            where=_settled & column("due_at").given() & column("stated").given(),
            value=(BREACHED & column("stated").equals("breached")) | (~BREACHED & column("stated").equals("met")),
            summary=Share(),
            dated=column("settled_at"),
        ),
        *experience.METRICS,
        *OPERATIONAL,
        watermelon_tickets,
    ]
