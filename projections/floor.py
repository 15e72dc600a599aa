"""Figures of too few people are not told."""

from __future__ import annotations

import attrs

from ventanilla.projections.metric import Answer, Cut


def told(cut: Cut, fewest: int) -> Cut:
    """Return *cut* without the figures made of fewer than *fewest*, which say so in ``excluded``.

    Where just one figure is left out so, the smallest of the others is too, or else it could be had by subtracting
    these from the whole. It is no defence against somebody who asks many questions that differ by one person.
    """
    if fewest < 2:
        return cut
    few = {key for key, answer in cut.items() if 0 < answer.n < fewest}
    others = [key for key in cut if key not in few and cut[key].n]
    if len(few) == 1 and others:
        few.add(min(others, key=lambda key: cut[key].n))
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
