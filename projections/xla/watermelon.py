"""Green outside and red inside: what meets its service level, and is a bad experience all the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Literal, TypeAlias

from attrs import frozen

from ventanilla.projections.xla.evaluation import Evaluation
from ventanilla.projections.xla.objective import Status
from ventanilla.projections.xla.window import Window

Kind: TypeAlias = Literal["watermelon", "inverse", "none", "unknown"]

SEVERE = 30.0
"""From which severity on one window is enough for an alarm. Our choice."""


@frozen(kw_only=True)
class Finding:
    """Service level against experience, of the same tickets in the same window.

    Attributes:
        window: Which window.
        segment: The value of the dimension that it was cut by; ``None``: it is not cut, or, in a cut, what does not
            say it.
        kind: ``watermelon``: service green, experience red; ``inverse``: service red, experience green, so that the
            target measures the wrong thing; ``unknown``: of one of the two nobody knows.
        sla: The service level's status.
        xla: The agreement's.
        attainment: What the service level came to, 0 to 100.
        index: What the agreement came to, 0 to 100.
        severity: How far the first is above the second; ``None``: not known.
        alarm: Whether somebody should be told: it is severe, or was one in the window before, too.
        worst: The indicator with the lowest score.
        factor: What unhappy people named most.
    """

    window: Window
    segment: str | None
    kind: Kind
    sla: Status
    xla: Status
    attainment: float | None
    index: float | None
    severity: float | None
    alarm: bool
    worst: str | None
    factor: str | None


def pair(sla: Status, xla: Status) -> Kind:
    """Return what two statuses are together. Unknown is unknown, never "no".

    Example:
        >>> pair("green", "red"), pair("green", "unknown")
        ('watermelon', 'unknown')
    """
    if sla == "unknown" or xla in ("unknown", "baselining"):
        return "unknown"
    if (sla, xla) == ("green", "red"):
        return "watermelon"
    return "inverse" if (sla, xla) == ("red", "green") else "none"


def findings(evaluations: Iterable[Evaluation]) -> list[Finding]:
    """Return what *evaluations* of agreements with a service level show, in their order.

    Whether a watermelon was one before, too, is looked up in the window that ends where its own begins, of the same
    segment.
    """
    made = [evaluation for evaluation in evaluations if evaluation.sla is not None]
    ripe = {
        (evaluation.segment, evaluation.window.until)
        for evaluation in made
        if evaluation.sla and pair(evaluation.sla.status, evaluation.status) == "watermelon"
    }
    return list(_findings(made, ripe))


def hidden(total: Finding, segments: Iterable[Finding]) -> list[Finding]:
    """Return which *segments* are watermelons, or red, while the *total* does not show it (Simpson's paradox)."""
    return [
        segment
        for segment in segments
        if (segment.kind == "watermelon" and total.kind != "watermelon")
        or (segment.xla == "red" and total.xla not in ("red", "unknown"))
    ]


def _findings(evaluations: Sequence[Evaluation], ripe: set[tuple[str | None, datetime]]) -> Iterator[Finding]:
    for evaluation in evaluations:
        sla = evaluation.sla
        assert sla is not None
        kind = pair(sla.status, evaluation.status)
        attainment = None if sla.value is None else 100 * sla.value
        severity = None if attainment is None or evaluation.index is None else attainment - evaluation.index
        again = (evaluation.segment, evaluation.window.since) in ripe
        yield Finding(
            window=evaluation.window,
            segment=evaluation.segment,
            kind=kind,
            sla=sla.status,
            xla=evaluation.status,
            attainment=attainment,
            index=evaluation.index,
            severity=severity,
            alarm=kind == "watermelon" and (again or (severity is not None and severity >= SEVERE)),
            worst=evaluation.worst,
            factor=evaluation.factors[0].name if evaluation.factors else None,
        )
