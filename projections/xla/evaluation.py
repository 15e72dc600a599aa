"""What an agreement came to in a window."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, TypeAlias

from attrs import Factory, field, frozen

from ventanilla.projections.xla.indicator import Driver
from ventanilla.projections.xla.objective import Status
from ventanilla.projections.xla.window import Window

Moved: TypeAlias = Literal["better", "worse"]


@frozen(kw_only=True)
class Result:
    """What an objective came to.

    Attributes:
        indicator: ``id@version`` of the indicator.
        name: What people call it.
        driver: What of the experience it stands for.
        metric: ``name@version`` of the metric.
        window: What it was measured over.
        value: The figure; ``None``: there was nothing to measure, or too little to tell.
        unit: Of the value.
        n: Of how many values it is made.
        asked: How many people were asked; ``None``: it is not a matter of asking, or nobody knows.
        response_rate: Which share of them answered.
        low: Where the value's 95 % interval begins; ``None``: it has none.
        high: Where that ends.
        score: 0 to 100; ``None``: unknown.
        status: How it stands.
        target: What it should come to.
        baseline: What it came to before; ``None``: not known, or this is before.
        better_by: By how much it is better than that.
        ambition_met: Whether it is where one would like it to be; ``None``: not said, or not known.
        weight: How much it counts.
        critical: Whether the agreement cannot be green while this is red.
        excluded: How many rows were left out, by the reason.
        notes: What to mind, in words.
        evidence: The positions of the events behind the value, ascending; left out of what is sealed, and of what is
            compared.
    """

    indicator: str
    name: str
    driver: Driver
    metric: str
    window: Window
    value: float | None
    unit: str
    n: int
    asked: int | None = None
    response_rate: float | None = None
    low: float | None = None
    high: float | None = None
    score: float | None
    status: Status
    target: float | None
    baseline: float | None = None
    better_by: float | None = None
    ambition_met: bool | None = None
    weight: float
    critical: bool
    excluded: Mapping[str, int] = Factory(dict)
    notes: tuple[str, ...] = ()
    evidence: tuple[int, ...] = field(default=(), eq=False, repr=lambda positions: f"<{len(positions)} positions>")


@frozen(kw_only=True)
class Attained:
    """What the service level came to.

    Attributes:
        metric: ``name@version`` of the metric.
        value: The share that was met, 0 to 1; ``None``: there was nothing to judge.
        n: Of how many.
        target: What it should be.
        status: Green, red, or unknown: a full count has no interval to mind.
    """

    metric: str
    value: float | None
    n: int
    target: float
    status: Status


@frozen(kw_only=True)
class Factor:
    """A reason that was read out of what unhappy people said.

    Attributes:
        name: The reason.
        named: How many of them named it.
    """

    name: str
    named: int


@frozen(kw_only=True)
class Evaluation:
    """What an agreement came to in a window.

    Attributes:
        agreement: ``name@version``.
        window: Which window.
        segment: The value of the dimension that it was cut by; ``None``: it is not cut, or, in a cut, what does not
            say it.
        complete: Whether the window was over; no part of what is compared.
        results: By objective, in the agreement's order.
        index: 0 to 100; ``None``: unknown.
        coverage: Which share of the weights is known, 0 to 1.
        status: How it stands.
        reasons: Why, in words.
        worst: The indicator with the lowest score; ``None``: none has any.
        factors: What unhappy people named most, the most named first.
        sla: What the service level came to; ``None``: the agreement has none.
        exclusions: What did not count, in words.
        consequences: What follows, in words.
        notes: What else to mind, in words.
        incomplete: What the figures lack, in words; no part of what is compared: it is not of the log alone.
        as_of: The instant at which it was looked at; no part of what is compared.
        position: How far the log was read; no part of what is compared.
    """

    agreement: str
    window: Window
    segment: str | None = None
    complete: bool = field(eq=False)
    results: tuple[Result, ...]
    index: float | None
    coverage: float
    status: Status
    reasons: tuple[str, ...] = ()
    worst: str | None = None
    factors: tuple[Factor, ...] = ()
    sla: Attained | None = None
    exclusions: tuple[str, ...] = ()
    consequences: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    incomplete: tuple[str, ...] = field(default=(), eq=False)
    as_of: datetime = field(eq=False)
    position: int = field(default=0, eq=False)
