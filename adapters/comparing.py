"""A question asked twice: of a window, and of the one before it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import attrs

from ventanilla.core.errors import NotUnderstood
from ventanilla.projections.comparison import Point, barometer, compare
from ventanilla.projections.metric import Cut, Question
from ventanilla.projections.periods import FOLLOWING, PERIODS, window_before


def compared(question: Question, answer: Callable[[Sequence[Question]], list[Cut]]) -> Mapping[str | None, Point]:
    """Return the answers to *question*, each compared with that of the window before.

    Cut by periods that follow each other, each is compared with the one before in the cut. Otherwise the question is
    asked of the window as long that ends where this one begins.

    Args:
        question: What is asked.
        answer: Answers questions, as :meth:`~ventanilla.adapters.desk.Desk.answer` does.

    Raises:
        NotUnderstood: It says from when to when of no window, or is cut by what does not follow, as the hour.
    """
    if question.by in FOLLOWING:
        (cut,) = answer([question])
        return barometer(cut, str(question.by), question.pooled)
    if question.by in PERIODS:
        raise NotUnderstood(f"a cut by {question.by} has nothing previous: cut by {', '.join(FOLLOWING)}")
    if question.since is None or question.until is None:
        raise NotUnderstood(f"to compare, say from when to when, or cut by {', '.join(FOLLOWING)}")
    since, until = window_before(question.since, question.until, question.zone)
    now, before = answer([question, attrs.evolve(question, since=since, until=until)])
    lengths = ((question.until - question.since).total_seconds(), (until - since).total_seconds())
    return {
        key: Point(answer=found, comparison=compare(found, before[key], lengths=lengths) if key in before else None)
        for key, found in now.items()
    }
