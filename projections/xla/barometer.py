"""How an agreement's figures move from window to window."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from attrs import frozen

from ventanilla.projections.xla.evaluation import Evaluation, Moved, Result
from ventanilla.projections.xla.indicator import Direction
from ventanilla.projections.xla.objective import Measured, Status, change
from ventanilla.projections.xla.window import Window


@frozen(kw_only=True)
class Point:
    """A window of a barometer.

    Attributes:
        window: Which window.
        agreement: ``name@version``: where it changes, the series breaks.
        index: 0 to 100.
        status: How the agreement stood.
        scores: The score of each indicator, by ``id@version``.
        moved: Which of them moved since the window before, beyond what chance explains (95 %).
    """

    window: Window
    agreement: str
    index: float | None
    status: Status
    scores: Mapping[str, float | None]
    moved: Mapping[str, Moved]


def barometer(evaluations: Iterable[Evaluation], directions: Mapping[str, Direction]) -> Iterator[Point]:
    """Yield the points of *evaluations*, which are of one segment and oldest first.

    Nothing is said to have moved whose indicator or metric has another version than before, or whose windows overlap.

    Args:
        evaluations: What the agreement came to.
        directions: Which end is good, by ``id@version`` of the indicator; of others nothing is said.
    """
    before: dict[str, Result] = {}
    for evaluation in evaluations:
        moved: dict[str, Moved] = {}
        for result in evaluation.results:
            earlier = before.get(result.indicator)
            direction = directions.get(result.indicator)
            if earlier and direction and (how := _moved(earlier, result, direction)):
                moved[result.indicator] = how
        before = {result.indicator: result for result in evaluation.results}
        yield Point(
            window=evaluation.window,
            agreement=evaluation.agreement,
            index=evaluation.index,
            status=evaluation.status,
            scores={result.indicator: result.score for result in evaluation.results},
            moved=moved,
        )


def _moved(before: Result, now: Result, direction: Direction) -> Moved | None:
    if before.metric != now.metric or before.window.until > now.window.since:
        return None
    one, other = _measured(before), _measured(now)
    if one is None or other is None:
        return None
    # Counts of a longer window are greater, and have not moved for that.
    found = change(one.each(before.window.length / now.window.length), other, direction)
    if found.low is None or found.high is None or found.low <= 0 <= found.high:
        return None
    return "better" if found.low > 0 else "worse"


def _measured(result: Result) -> Measured | None:
    if result.value is None or result.score is None:
        return None
    interval = None if result.low is None or result.high is None else (result.low, result.high)
    return Measured.of(result.value, result.n, result.unit, interval)
