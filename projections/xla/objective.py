"""What an indicator should come to, and whether it does: by its value, or by its whole interval."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Literal, Self, TypeAlias

import attrs
from attrs import field, frozen

from ventanilla.core.errors import NotUnderstood
from ventanilla.projections.summaries import Interval
from ventanilla.projections.summaries.poisson import poisson
from ventanilla.projections.xla.indicator import Direction, Indicator
from ventanilla.projections.xla.window import Cadence

Comparator: TypeAlias = Literal[">=", ">", "<=", "<"]
JudgedBy: TypeAlias = Literal["point", "interval"]
Status: TypeAlias = Literal["green", "amber", "red", "uncertain", "unknown", "baselining"]

WORST: tuple[Status, ...] = ("red", "unknown", "uncertain", "amber", "baselining", "green")
"""Statuses, the worst first."""


@frozen(kw_only=True)
class Measured:
    """A figure, as far as a judgement needs it.

    Attributes:
        value: The figure.
        n: Of how many values.
        low: Where its 95 % interval begins; ``None``: it has none.
        high: Where that ends.
        full: Whether it counts all there is, so that it is held against a target without its interval.
    """

    value: float
    n: int
    low: float | None = None
    high: float | None = None
    full: bool = False

    @classmethod
    def of(cls, value: float, n: int, unit: str, interval: Interval | None) -> Self:
        """Return a figure as it was answered.

        What came, counted one by one, is known; but as many would not come again. Its interval, exact for a Poisson
        count, is for changes alone.
        """
        full = unit == "count" and interval is None
        chance = poisson(n) if full and value == n else interval
        low, high = chance or (None, None)
        return cls(value=value, n=n, low=low, high=high, full=full)

    def interval(self) -> Interval | None:
        """Return its interval, to hold it against a target; ``None``: nobody knows how far it can be trusted."""
        return (self.value, self.value) if self.full else self.chance()

    def chance(self) -> Interval | None:
        """Return within what it varies by chance, to hold it against another figure; ``None``: nobody knows."""
        return None if self.low is None or self.high is None else (self.low, self.high)

    def each(self, stretches: float) -> Self:
        """Return it for one of so many *stretches* of time, if it is a count of all of them; else as it is."""
        if not self.full:
            return self
        low, high = (None if edge is None else edge / stretches for edge in (self.low, self.high))
        return attrs.evolve(self, value=self.value / stretches, low=low, high=high)


@frozen(kw_only=True)
class Baseline:
    """Where an indicator stood before there was a target.

    Attributes:
        measured: What it came to.
        since: From when on it was measured.
        until: Up to when, which is no part of it.
    """

    measured: Measured
    since: datetime
    until: datetime


def _aims(objective: Objective, _: object, target: float | None) -> None:
    if target is None and objective.improvement is None:
        raise NotUnderstood(f"objective {objective.indicator.id!r} has neither a target nor an improvement")
    if (objective.comparator in (">=", ">")) != (objective.indicator.direction == "higher"):
        better = objective.indicator.direction
        raise NotUnderstood(
            f"objective {objective.indicator.id!r} compares by {objective.comparator!r}, but {better} is better"
        )


@frozen(kw_only=True)
class Objective:
    """An experience objective (XLO).

    Attributes:
        indicator: What is looked at.
        comparator: How its value is to compare with the target.
        amber: How far off the target is not red yet.
        ambition: Where one would like to be; ``None``: nothing is said of that.
        improvement: By how much it is to be better than the baseline, 0 or more; tested, not just compared. ``None``:
            by nothing.
        baseline: Where it stood before; ``None``: what the first windows come to.
        baselining: How many complete windows those are, in which there is no target yet.
        window: What it is measured over; ``None``: the agreement's window.
        judged_by: Its value alone, or its whole interval.
        since: From when on it is in force.
        until: Up to when; ``None``: without end.
        critical: Whether the agreement cannot be green while this is red.
        weight: How much it counts among the others, more than 0.
        target: What it should come to; ``None``: only better than before.
    """

    indicator: Indicator
    comparator: Comparator = ">="
    amber: float = 0.0
    ambition: float | None = None
    improvement: float | None = None
    baseline: Baseline | None = None
    baselining: int = 1
    window: Cadence | None = None
    judged_by: JudgedBy = "interval"
    since: datetime
    until: datetime | None = None
    critical: bool = False
    weight: float = 1.0
    target: float | None = field(default=None, validator=_aims)


def judge(objective: Objective, now: Measured, before: Measured | None) -> Status:
    """Return how *now* stands to *objective*; *before* is the baseline, unknown where it is ``None``.

    By the interval it is green where all of that is good, red where all of it is bad (beyond the amber band), amber
    where all of it misses the target but may lie in the band, and else uncertain.
    """
    found: list[Status] = []
    if objective.target is not None:
        found.append(_compared(objective.judged_by, now, objective.comparator, objective.target, objective.amber))
    if objective.improvement is not None:
        # No difference at all is no improvement, however little is asked for.
        comparator: Comparator = ">=" if objective.improvement else ">"
        better = None if before is None else change(before, now, objective.indicator.direction)
        found.append(
            _compared(objective.judged_by, better, comparator, objective.improvement, 0) if better else "unknown"
        )
    return min(found, key=WORST.index)


def change(before: Measured, now: Measured, direction: Direction) -> Measured:
    """Return by how much *now* is better than *before*, with the 95 % interval of that difference.

    By the method of variance estimates recovery (Zou and Donner 2008, Statistics in Medicine 27:1693), which for two
    shares is method 10 of Newcombe 1998: it needs the two intervals and nothing else, and samples that do not overlap.
    Of counts these are the exact ones of Poisson.
    """
    sign = 1 if direction == "higher" else -1
    difference = sign * (now.value - before.value)
    one, other = now.chance(), before.chance()
    if one is None or other is None:
        return Measured(value=difference, n=min(now.n, before.n))
    up, down = one[1] - now.value, now.value - one[0]
    before_up, before_down = other[1] - before.value, before.value - other[0]
    if direction == "lower":
        up, down, before_up, before_down = down, up, before_down, before_up
    low, high = difference - math.hypot(down, before_up), difference + math.hypot(up, before_down)
    return Measured(value=difference, n=min(now.n, before.n), low=low, high=high)


def _compared(judged_by: JudgedBy, now: Measured, comparator: Comparator, target: float, amber: float) -> Status:
    higher = comparator in (">=", ">")
    lenient = target - amber if higher else target + amber
    if judged_by == "point":
        if holds(now.value, comparator, target):
            return "green"
        return "amber" if amber and holds(now.value, comparator, lenient) else "red"
    interval = now.interval()
    if interval is None:
        return "uncertain"
    bad, good = interval if higher else interval[::-1]
    if holds(bad, comparator, target):
        return "green"
    if holds(good, comparator, target):
        return "uncertain"
    return "amber" if amber and holds(good, comparator, lenient) else "red"


def holds(value: float, comparator: Comparator, target: float) -> bool:
    """Return whether *value* compares so with *target*."""
    match comparator:
        case ">=":
            return value >= target
        case ">":
            return value > target
        case "<=":
            return value <= target
        case "<":
            return value < target
