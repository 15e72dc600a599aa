"""What an experience agreement looks at: a metric, of whom, and how its value becomes a score."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Self, TypeAlias

from attrs import Factory, field, frozen

from ventanilla.core.errors import NotUnderstood
from ventanilla.core.events import Level

Driver: TypeAlias = Literal["collaboration", "experience", "business_impact", "technology"]
Source: TypeAlias = Literal["survey", "operational", "telemetry", "custom"]
Direction: TypeAlias = Literal["higher", "lower"]

FEWEST = 30
"""How many values a figure needs at least. Our choice."""
FEWEST_NET = 100
"""The same for differences of percentages, as a Net Promoter Score is, when a contract depends on them. Our choice."""


def _in_order(_: object, __: object, points: tuple[tuple[float, float], ...]) -> None:
    values = [value for value, _ in points]
    if len(points) < 2 or sorted(set(values)) != values:
        raise NotUnderstood("a normaliser needs two points or more, with values that rise from one to the next")
    if not all(0 <= score <= 100 for _, score in points):
        raise NotUnderstood("a normaliser's scores lie from 0 to 100")


@frozen
class Normaliser:
    """A line through points, from a value to a score of 0 to 100; beyond its ends it is flat.

    Attributes:
        points: Values with their scores, by value.

    Example:
        >>> Normaliser.linear(worst=600, best=60).score(330)
        50.0
    """

    points: tuple[tuple[float, float], ...] = field(validator=_in_order)

    @classmethod
    def linear(cls, *, worst: float, best: float) -> Self:
        """Return the straight line from *worst*, 0, to *best*, 100: (worst - value) / (worst - best), as MetricNet."""
        return cls(tuple(sorted([(worst, 0.0), (best, 100.0)])))

    @classmethod
    def nps(cls) -> Self:
        """Return (value + 100) / 2, as Userlane does: -100 is 0, and 100 is 100."""
        return cls.linear(worst=-100, best=100)

    def score(self, value: float) -> float:
        """Return the score of *value*."""
        (first, at_first), *others = self.points
        if value <= first:
            return at_first
        left, at_left = first, at_first
        for right, at_right in others:
            if value <= right:
                score = at_left + (at_right - at_left) * ((value - left) / (right - left))
                return min(max(score, min(at_left, at_right)), max(at_left, at_right))
            left, at_left = right, at_right
        return at_left


@frozen(kw_only=True)
class Indicator:
    """An experience indicator (XLI).

    Attributes:
        id: Its id within the agreement.
        version: Raised whenever it would come to something else.
        name: What people call it.
        driver: What of the experience it stands for.
        source: Where its data come from: asked, from the desk's work, from devices, or from a plug-in.
        metric: The metric that measures it.
        level: One contact, a whole journey, or the relationship: the level of the answers that count; ``None``: any.
        only: The population: dimensions with the one value that counts.
        direction: Which end is good.
        minimum_n: Made of fewer values, it is unknown.
        minimum_response_rate: Answered by a smaller share of those who were asked, it is unknown; ``None``: by any.
        normaliser: From value to score.
    """

    id: str
    version: int = 1
    name: str
    driver: Driver
    source: Source = "survey"
    metric: str
    level: Level | None = None
    only: Mapping[str, str] = Factory(dict)
    direction: Direction = "higher"
    minimum_n: int = FEWEST
    minimum_response_rate: float | None = None
    normaliser: Normaliser

    def __str__(self) -> str:
        return f"{self.id}@{self.version}"
