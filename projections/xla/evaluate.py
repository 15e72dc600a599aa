"""From answers to what an agreement came to: each objective, then the index of all."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from attrs import frozen

from ventanilla.projections.metric import Answer, Cut
from ventanilla.projections.xla.agreement import Agreement
from ventanilla.projections.xla.asking import Key, baselining, in_force, measured_over
from ventanilla.projections.xla.evaluation import Attained, Evaluation, Factor, Result
from ventanilla.projections.xla.objective import Measured, Objective, Status, change, holds, judge
from ventanilla.projections.xla.window import Window

FACTORS = 5
"""How many reasons are named."""
NONE_FAILED: Mapping[Key, str] = MappingProxyType({})
"""Where all questions were answered."""


@frozen(kw_only=True)
class Index:
    """What results come to together.

    Attributes:
        value: 0 to 100; ``None``: too little is known.
        coverage: Which share of the weights is known, 0 to 1.
        status: How it stands.
        reasons: Why, in words.
    """

    value: float | None
    coverage: float
    status: Status
    reasons: tuple[str, ...] = ()


def evaluate(
    agreement: Agreement,
    window: Window,
    found: Mapping[Key, Cut],
    as_of: datetime,
    *,
    segment: str | None = None,
    failed: Mapping[Key, str] = NONE_FAILED,
) -> Evaluation:
    """Return what *agreement* came to in *window*.

    Args:
        agreement: The agreement.
        window: Which window.
        found: The answers to :func:`~ventanilla.projections.xla.asking.questions`.
        as_of: The instant at which it was asked.
        segment: Of a cut: which value of the dimension.
        failed: Why a question has no answer: its plug-in fails.
    """
    objectives = in_force(agreement, window)
    results = tuple(_result(agreement, objective, window, found, segment, failed) for objective in objectives)
    index = composite(agreement, results)
    answers = [cut[segment] for key, cut in found.items() if key.what != "factor" and segment in cut and cut[segment]]
    scored = [result for result in results if result.score is not None]
    factors = found.get(Key("factor", "", window), {})
    named = sorted(((-answer.n, name) for name, answer in factors.items() if name and answer.n))
    worst = min(scored, key=lambda result: result.score or 0.0, default=None)
    return Evaluation(
        agreement=str(agreement),
        window=window,
        segment=segment,
        complete=as_of >= window.until,
        results=results,
        index=index.value,
        coverage=index.coverage,
        status=index.status,
        reasons=index.reasons,
        worst=worst.indicator.partition("@")[0] if worst else None,
        factors=tuple(Factor(name=name, named=-count) for count, name in named[:FACTORS]),
        sla=_attained(agreement, found.get(Key("sla", "", window), {}).get(segment)),
        exclusions=tuple(
            f"{exclusion.since.isoformat()} to {exclusion.until.isoformat()}: {exclusion.because}"
            for exclusion in agreement.exclusions
            if any(exclusion.touches(over) for over in (window, *(result.window for result in results)))
        ),
        consequences=tuple(f"{one.kind}: {one.what}" for one in agreement.consequences if one.when == index.status),
        notes=tuple(f"the service level is unknown: {why}" for key, why in failed.items() if key.what == "sla"),
        incomplete=tuple(dict.fromkeys(reason for answer in answers for reason in answer.incomplete)),
        as_of=as_of,
        position=max((answer.position for answer in answers), default=0),
    )


def composite(agreement: Agreement, results: Sequence[Result]) -> Index:
    """Return the index of *results*: what is unknown is left out, and the weights of the others are weighed anew."""
    known = [result for result in results if result.score is not None and result.status != "unknown"]
    whole = math.fsum(result.weight for result in results)
    coverage = math.fsum(result.weight for result in known) / whole if whole else 0.0
    reasons = [
        f"{result.name} is {result.status}" for result in results if result.status in ("red", "amber", "uncertain")
    ]
    reasons += [
        f"{result.name} is unknown: {'; '.join(result.notes)}" for result in results if result.status == "unknown"
    ]
    if not known or coverage < agreement.coverage:
        reasons.append(f"{coverage:.0%} of the weights is known, {agreement.coverage:.0%} has to be")
        return Index(value=None, coverage=coverage, status="unknown", reasons=tuple(reasons))
    value, status = _composed(agreement, known)
    if status == "unknown":
        reasons.append(f"{len(known)} objectives are known, {agreement.k} have to be green")
    if all(result.status == "baselining" for result in known):
        return Index(value=value, coverage=coverage, status="baselining", reasons=tuple(reasons))
    critical = [result.name for result in known if result.critical and result.status == "red"]
    if status == "green" and critical:
        status = "amber"
        reasons.append(f"not green, because {', '.join(critical)} is critical and red")
    return Index(value=value, coverage=coverage, status=status, reasons=tuple(reasons))


def _composed(agreement: Agreement, known: Sequence[Result]) -> tuple[float | None, Status]:
    if agreement.composite == "k_of_n":
        green = sum(result.status == "green" for result in known)
        may_be = sum(result.status != "red" for result in known)
        if len(known) < agreement.k:
            return None, "unknown"
        status: Status = "green" if green >= agreement.k else "amber" if may_be >= agreement.k else "red"
        return 100 * green / len(known), status
    scores = [result.score or 0.0 for result in known]
    if agreement.composite == "minimum":
        index = min(scores)
    else:
        weight = math.fsum(result.weight for result in known)
        mean = math.fsum(result.weight * score for result, score in zip(known, scores, strict=True)) / weight
        index = min(max(mean, min(scores)), max(scores))  # the last bit may lie outside
    return index, "green" if index >= agreement.green else "amber" if index >= agreement.amber else "red"


def _result(
    agreement: Agreement,
    objective: Objective,
    window: Window,
    found: Mapping[Key, Cut],
    segment: str | None,
    failed: Mapping[Key, str],
) -> Result:
    indicator = objective.indicator
    over = measured_over(agreement, objective, window)
    measured = Key("value", indicator.id, over)
    answer = found[measured].get(segment)
    asked = found.get(Key("answered", indicator.id, over), {}).get(segment)
    first = baselining(agreement, objective)
    before = objective.baseline.measured if objective.baseline else None
    if first is not None:
        before = _measured(found[Key("baseline", indicator.id, first)].get(segment), indicator.minimum_n)
        before = before.each(objective.baselining) if before else None
    lacking = failed.get(measured) or _lacking(objective, answer, asked)
    now = None if lacking else _measured(answer, 0)
    if first is not None and over.since < first.until:  # nothing is tested against what it is a part of
        status: Status = "unknown" if now is None else "baselining"
        before = None
    else:
        status = "unknown" if now is None else judge(objective, now, before)
    better = change(before, now, indicator.direction) if before and now else None
    notes = [lacking] if lacking else []
    if status == "unknown" and not lacking:
        notes.append("it is to be better than before, and nobody knows what it was before")
    if status != "unknown" and now is not None and now.interval() is None and objective.judged_by == "interval":
        notes.append("the value has no interval")
    if objective.improvement is not None and objective.judged_by == "interval" and better and better.low is None:
        which = "what it was before" if before and before.chance() is None else "the value"
        notes.append(f"nobody can test whether it is better: {which} has no interval")
    if asked is not None and asked.value is not None:
        notes.append(f"{asked.value:.0%} of {asked.n:,} asked answered: those who did chose to")
    return Result(
        indicator=str(indicator),
        name=indicator.name,
        driver=indicator.driver,
        metric=answer.metric if answer else indicator.metric,
        window=over,
        value=answer.value if answer else None,
        unit=answer.unit if answer else "",
        n=answer.n if answer else 0,
        asked=asked.n if asked else None,
        response_rate=asked.value if asked else None,
        low=answer.interval[0] if answer and answer.interval else None,
        high=answer.interval[1] if answer and answer.interval else None,
        score=None if now is None else indicator.normaliser.score(now.value),
        status=status,
        target=objective.target,
        baseline=before.value if before else None,
        better_by=better.value if better else None,
        ambition_met=None
        if objective.ambition is None or now is None
        else holds(now.value, ">=" if indicator.direction == "higher" else "<=", objective.ambition),
        weight=objective.weight,
        critical=objective.critical,
        excluded=dict(answer.excluded) if answer else {},
        notes=tuple(notes),
        evidence=answer.evidence if answer else (),
    )


def _measured(answer: Answer | None, fewest: int) -> Measured | None:
    if answer is None or answer.value is None or answer.n < fewest:
        return None
    return Measured.of(answer.value, answer.n, answer.unit, answer.interval)


def _lacking(objective: Objective, answer: Answer | None, asked: Answer | None) -> str | None:
    """Say why nothing can be said; ``None``: something can."""
    indicator = objective.indicator
    if answer is None or answer.value is None:
        return "there is nothing to measure" if answer is None or not answer.excluded else "nothing that counts is left"
    if answer.n < indicator.minimum_n:
        return f"{answer.n:,} values, {indicator.minimum_n:,} are needed"
    if (floor := indicator.minimum_response_rate) is not None:
        if asked is None or asked.value is None:
            return f"nobody knows how many were asked, {floor:.0%} of them have to have answered"
        if asked.value < floor:
            return f"{asked.value:.0%} of {asked.n:,} asked answered, {floor:.0%} have to"
    return None


def _attained(agreement: Agreement, answer: Answer | None) -> Attained | None:
    if agreement.sla is None:
        return None
    sla, value = agreement.sla, answer.value if answer else None
    status: Status = "unknown" if value is None else "green" if holds(value, sla.comparator, sla.target) else "red"
    metric = answer.metric if answer else sla.metric
    return Attained(metric=metric, value=value, n=answer.n if answer else 0, target=sla.target, status=status)
