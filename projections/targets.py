"""Targets: what a figure should come to."""

from __future__ import annotations

import math
from typing import Literal, TypeAlias

from attrs import field, frozen
from attrs.validators import in_, optional

from ventanilla.projections.metric import Answer

Standing: TypeAlias = Literal["met", "missed", "uncertain", "unknown"]
Rule: TypeAlias = Literal["interval", "point"]


def _finite(_: object, __: object, value: float) -> None:
    if not math.isfinite(value):
        raise ValueError(f"a target is a finite number, not {value}")


@frozen(kw_only=True)
class Target:
    """What a metric should come to.

    Attributes:
        metric: The metric's name.
        comparator: Whether at least or at most.
        value: What, in the metric's unit.
        amber: Up to where a miss is a near one; ``None``: every miss is a miss.

    Example:
        >>> Target(metric="csat", comparator=">=", value=0.9, amber=0.85).reached(0.87)
        False
    """

    metric: str
    comparator: Literal[">=", "<="] = field(validator=in_((">=", "<=")))
    value: float = field(validator=_finite)
    amber: float | None = field(default=None, validator=optional(_finite))

    def __attrs_post_init__(self) -> None:
        if self.amber is not None and self.reached(self.amber):
            raise ValueError(
                f"amber {self.amber} reaches the target {self.comparator} {self.value}: it cannot be a miss"
            )

    def reached(self, value: float) -> bool:
        """Return whether *value* reaches the target."""
        return value >= self.value if self.comparator == ">=" else value <= self.value

    def standing(self, answer: Answer, rule: Rule = "interval") -> Standing:
        """Return where *answer* stands.

        By the interval it has met the target only if all of its interval reaches it, and missed it only if none does;
        else that is uncertain. By the point the value alone decides, as it does where a full count has no interval.
        An answer without a value is unknown, never a miss.

        Raises:
            ValueError: It answers another metric.
        """
        if answer.metric.partition("@")[0] != self.metric:
            raise ValueError(f"a target of {self.metric} is none of {answer.metric}")
        if answer.value is None:
            return "unknown"
        if rule == "point" or answer.interval is None:
            return "met" if self.reached(answer.value) else "missed"
        ends = {self.reached(end) for end in answer.interval}
        return "uncertain" if len(ends) == 2 else "met" if ends == {True} else "missed"

    def colour(self, answer: Answer, rule: Rule = "interval") -> Literal["green", "amber", "red", "grey"]:
        """Return the colour that a report gives *answer*: amber what is uncertain, or missed by no more than that."""
        match self.standing(answer, rule):
            case "met":
                return "green"
            case "uncertain":
                return "amber"
            case "unknown":
                return "grey"
            case "missed":
                return "amber" if self._nearly(answer.value) else "red"

    def _nearly(self, value: float | None) -> bool:
        if self.amber is None or value is None:
            return False
        return value >= self.amber if self.comparator == ">=" else value <= self.amber
