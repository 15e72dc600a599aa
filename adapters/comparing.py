"""A question asked twice: of a window, and of the one before it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, time, timedelta

import attrs

from ventanilla.core.errors import NotUnderstood
from ventanilla.projections.comparison import Point, barometer, compare, covered
from ventanilla.projections.metric import Answer, Cut, Question
from ventanilla.projections.periods import FOLLOWING, PERIODS, first_day, period, preceding, window_before


def compared(question: Question, answer: Callable[[Sequence[Question]], list[Cut]]) -> Mapping[str | None, Point]:
    """Return the answers to *question*, each compared with that of the window before.

    Cut by periods that follow each other, each is compared with the one before in the cut. Otherwise the question is
    asked of the window as long that ends where this one begins. What was there before and is not now is told, too.

    Args:
        question: What is asked.
        answer: Answers questions, as :meth:`~ventanilla.adapters.desk.Desk.answer` does.

    Raises:
        NotUnderstood: It says from when to when of no window, or is cut by what does not follow, as the hour.
    """
    # Counts alone are compared by how long their periods are, and need to know when rows begin.
    by_day = attrs.evolve(question, by="day", pooled=1, only={}, since=None, until=None)
    also = [by_day] if question.metric.unit == "count" else []
    if question.by in FOLLOWING:
        cut, *by_days = answer([question, *also])
        whole = _without_gaps(question, str(question.by), cut)
        first = _first(by_days, question)
        return barometer(whole, str(question.by), question.pooled, zone=question.zone, first=first)
    if question.by in PERIODS:
        raise NotUnderstood(f"a cut by {question.by} has nothing previous: cut by {', '.join(FOLLOWING)}")
    if question.since is None or question.until is None:
        raise NotUnderstood(f"to compare, say from when to when, or cut by {', '.join(FOLLOWING)}")
    since, until = window_before(question.since, question.until, question.zone)
    earlier = attrs.evolve(question, since=since, until=until)
    now, before, *by_days = answer([question, earlier, *also])
    first = _first(by_days, question)
    found: dict[str | None, Point] = {}
    for key in sorted(now.keys() | before.keys(), key=lambda key: (key is None, key or "")):
        one = now[key] if key in now else _nothing(question, before[key])
        other = before[key] if key in before else _nothing(earlier, now[key])
        lengths = covered(one, question.since, question.until, first), covered(other, since, until, first)
        found[key] = Point(answer=one, comparison=compare(one, other, lengths=lengths))
    return found


def _without_gaps(question: Question, by: str, cut: Cut) -> Cut:
    """Return *cut* with the periods in which nothing came, of what comes to something even so: no tickets are 0."""
    keys = [key for key in cut if key is not None]
    if not keys or question.pooled > 1 or question.metric.summary.of([]).value is None:
        return cut
    first, like = min(keys), cut[keys[0]]
    last = like.as_of if question.until is None else min(like.as_of, question.until - timedelta(microseconds=1))
    key, found = max(period(by, last, question.zone), max(keys)), dict(cut)
    while key > first:
        found.setdefault(key, _nothing(question, like))
        key = preceding(by, key)
    return {key: found[key] for key in sorted(found, key=lambda key: (key is None, key or ""))}


def _nothing(question: Question, like: Answer) -> Answer:
    """Return what no rows come to, asked as *like* was."""
    figure = attrs.asdict(question.metric.summary.of([]), recurse=False)
    return attrs.evolve(like, **figure, excluded={}, evidence=(), since=question.since, until=question.until)


def _first(by_days: Sequence[Cut], question: Question) -> datetime | None:
    """Return the beginning of the first day that has a row; ``None`` if there is none, or nobody asked."""
    first = min((key for cut in by_days for key in cut if key is not None), default=None)
    return None if first is None else datetime.combine(first_day("day", first), time(), question.zone)
