"""How far rows are from being counted otherwise, and how many would have to be for another figure to be true."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any, TypeAlias

from ventanilla.projections.expressions import Applied, Column, Expression, Row
from ventanilla.projections.metric import Metric

Distance: TypeAlias = Callable[[Row, datetime], float | None]

_COMPARISONS = ("<", "<=", ">", ">=")
_JUDGED = {"breached": ("elapsed", "target")}
"""Columns that are a comparison made elsewhere, with the two columns that were compared."""


def margin(metric: Metric) -> Distance:
    """Return what tells how far a row is from another yes or no: seconds, or what else is compared.

    It is the smallest distance between the two sides of any comparison in the metric's value; ``None`` where the value
    compares nothing, or a side is unknown.

    Example:
        >>> from ventanilla.plugins.builtin import metrics
        >>> from types import SimpleNamespace as Row
        >>> noon = datetime(2026, 1, 5, 12)
        >>> (on_time,) = [metric for metric in metrics() if metric.name == "on_time"]
        >>> margin(on_time)(Row(due_at=noon, settled_at=noon + timedelta(minutes=5)), noon)
        300.0
    """
    pairs = [(left.run(), right.run()) for left, right in _compared(metric.value)]

    def nearest(row: Row, as_of: datetime) -> float | None:
        sides = ((left(row, as_of), right(row, as_of)) for left, right in pairs)
        return min((_apart(*both) for both in sides if None not in both), default=None)

    return nearest if pairs else lambda _row, _as_of: None


def hits_between(low: Fraction, high: Fraction, n: int) -> range:
    """Return the numbers of yes among *n* rows whose share lies from *low* to *high*.

    Example:
        >>> hits_between(Fraction(9235, 10000), Fraction(9245, 10000), 263)
        range(243, 244)
    """
    return range(max(math.ceil(low * n), 0), min(math.floor(high * n), n) + 1)


def nearest(counts: Sequence[int] | range, found: int) -> int | None:
    """Return which of *counts* is nearest to *found*; ``None`` if there are none."""
    return min(counts, key=lambda count: abs(count - found), default=None)


def _compared(expression: Expression) -> list[tuple[Expression, Expression]]:
    if isinstance(expression, Column) and expression.name in _JUDGED:
        left, right = _JUDGED[expression.name]
        return [(Column(left), Column(right))]
    if not isinstance(expression, Applied):
        return []
    if expression.operator in _COMPARISONS:
        left_side, right_side = expression.operands
        return [(left_side, right_side)]
    return [pair for operand in expression.operands for pair in _compared(operand)]


def _apart(left: Any, right: Any) -> float:
    apart = left - right
    return float(abs(apart / timedelta(seconds=1) if isinstance(apart, timedelta) else apart))
