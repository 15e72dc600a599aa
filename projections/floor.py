"""Figures of too few people are not told."""

from __future__ import annotations

import attrs

from ventanilla.projections.metric import Answer, Cut


def told(cut: Cut, fewest: int) -> Cut:
    """Return *cut* without the figures made of fewer than *fewest*, which say so in ``excluded``.

    Where all that is left out so is made of fewer than that, or is one figure, the smallest of the others is left out,
    too, or else it could be had by subtracting these from the whole. It is no defence against somebody who asks many
    questions that differ by one person.
    """
    if fewest < 2:
        return cut
    few = {key for key, answer in cut.items() if 0 < answer.n < fewest}
    others = sorted((key for key in cut if key not in few and cut[key].n), key=lambda key: -cut[key].n)
    while few and others and (len(few) == 1 or sum(cut[key].n for key in few) < fewest):
        few.add(others.pop())
    return {key: _untold(answer, fewest) if key in few else answer for key, answer in cut.items()}


def _untold(answer: Answer, fewest: int) -> Answer:
    reason = f"fewer than {fewest} answers" if answer.n < fewest else "would give away a smaller group"
    return attrs.evolve(
        answer,
        value=None,
        n=0,
        interval=None,
        method="",
        error=None,
        numerator=None,
        denominator=None,
        excluded={**answer.excluded, reason: answer.n},
        evidence=(),
    )
