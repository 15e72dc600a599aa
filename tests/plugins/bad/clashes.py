"""Calls a metric as one of ours is called."""

from ventanilla import hookimpl
from ventanilla.plugins import builtin
from ventanilla.projections import Metric


@hookimpl
def metrics() -> list[Metric]:
    return [metric for metric in builtin.metrics() if metric.name == "backlog"]
