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
from ventanilla.projections.customers import CUSTOMERS
from ventanilla.projections.experience import EXPERIENCE
from ventanilla.projections.facts import OPERATIONS
from ventanilla.projections.metric import Metric
from ventanilla.projections.standard import STANDARD
from ventanilla.projections.table import FactTable
from ventanilla.projections.tickets import TICKETS
from ventanilla.projections.xla import ANSWERED, watermelon_tickets


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
    return [*OPERATIONAL, *experience.METRICS, watermelon_tickets]
