"""Measures of tickets, declared as data and run one event at a time or over whole columns."""

from ventanilla.projections.measures.declared import (
    Count,
    Elapsed,
    First,
    Hours,
    Last,
    Measure,
    Plain,
    Spans,
    Target,
)
from ventanilla.projections.measures.live import Live
from ventanilla.projections.measures.table import Measures

__all__ = ["Count", "Elapsed", "First", "Hours", "Last", "Live", "Measure", "Measures", "Plain", "Spans", "Target"]
