"""Whether a figure has changed since the one before it, or only looks so."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from statistics import NormalDist

from attrs import frozen

from ventanilla.projections.metric import Answer, Cut
from ventanilla.projections.periods import FOLLOWING, days, first_day, preceding

LEVEL = 0.05
"""A change is significant where one as great would come by chance less often than this."""

NOT_WHOLE = "one of the periods is not whole: it is not over yet, or rows begin within it"
"""Why counts of them are not tested."""

_FEW = 30
_MANY = 10_000


@frozen(kw_only=True)
class Comparison:
    """How a figure differs from the one before it.

    Attributes:
        change: By how much, in the figure's unit; ``None``: one of them is not known, or they are not of one kind.
        z: The change in standard errors; ``None`` where the test is exact, or there is none.
        p: How often a change as great would come by chance, where nothing has changed; ``None`` without a test.
        significant: Whether that is less often than :data:`LEVEL`; ``None`` without a test.
        method: Which test.
        note: What else is to be known: why there is no test, or what it takes for granted.
    """

    change: float | None
    z: float | None = None
    p: float | None = None
    significant: bool | None = None
    method: str = ""
    note: str = ""


def compare(now: Answer, before: Answer, *, lengths: tuple[float | None, float | None] = (1, 1)) -> Comparison:
    """Return how *now* differs from *before*, which are of the same metric and have no row in common.

    Shares are tested by the z test of two proportions with a pooled error; scores and means by z, of the standard
    errors of both; counts and rates by the exact conditional test of two Poisson counts. Medians and other quantiles,
    sums and what is neither have no test here.

    Args:
        now: The figure.
        before: The one before.
        lengths: Of both periods, in any unit, for counts; ``None``: it is not whole, and nothing can be tested.
    """
    if now.metric != before.metric:
        return Comparison(change=None, note=f"{now.metric} is not {before.metric}: the series breaks here")
    if now.value is None or before.value is None:
        which = "neither figure is" if now.value is before.value else "one of the figures is not"
        return Comparison(change=None, note=f"{which} known")
    change = now.value - before.value
    if now.method == before.method == "Wilson":
        return _proportions(change, now, before)
    if now.method == before.method == "Poisson" and now.denominator and before.denominator:
        return _counts(change, now.numerator, before.numerator, (now.denominator, before.denominator))
    if now.unit == "count" and now.value == now.n and before.value == before.n:
        one, other = lengths
        if one is None or other is None:
            return Comparison(change=change, note=NOT_WHOLE)
        return _counts(change, now.value, before.value, (one, other))
    if now.method and before.method and now.error is not None and before.error is not None:
        return _errors(change, now, before)
    return Comparison(change=change, note="there is no test for figures of this kind, or of so few")


def _proportions(change: float, now: Answer, before: Answer) -> Comparison:
    hits, n = (now.numerator or 0) + (before.numerator or 0), now.n + before.n
    pooled = hits / n
    expected = min(now.n, before.n) * min(pooled, 1 - pooled)
    note = "fewer than five expected of one kind: z is rough" if expected < 5 else ""
    error = math.sqrt(pooled * (1 - pooled) * (1 / now.n + 1 / before.n))
    if not error:
        return Comparison(change=change, z=0.0, p=1.0, significant=False, method="two proportions", note=note)
    return _by_z(change, error, "two proportions", note)


def _errors(change: float, now: Answer, before: Answer) -> Comparison:
    error = math.hypot(now.error or 0, before.error or 0)
    if not error:
        return Comparison(change=change, note="all answers are alike: nothing says how much they vary")
    note = f"fewer than {_FEW} answers: z is rough" if min(now.n, before.n) < _FEW else ""
    return _by_z(change, error, "z of standard errors", note)


def _by_z(change: float, error: float, method: str, note: str) -> Comparison:
    z = change / error
    p = 2 * NormalDist().cdf(-abs(z))
    return Comparison(change=change, z=z, p=p, significant=p < LEVEL, method=method, note=note)


def _counts(change: float, now: float | None, before: float | None, lengths: tuple[float, float]) -> Comparison:
    """Compare two counts: given their sum, the one is binomial (Przyborowski and Wilenski 1940, Biometrika 31)."""
    one, both = round(now or 0), round((now or 0) + (before or 0))
    part = lengths[0] / sum(lengths)
    note = "takes each to come singly, on its own: what stands open, or comes in bursts, varies otherwise"
    if both > _MANY:
        z = (one - both * part) / math.sqrt(both * part * (1 - part))
        p = 2 * NormalDist().cdf(-abs(z))
        return Comparison(change=change, z=z, p=p, significant=p < LEVEL, method="two counts, normal", note=note)
    terms = [_binomial(count, both, part) for count in range(both + 1)]
    p = min(1.0, 2 * min(math.fsum(terms[: one + 1]), math.fsum(terms[one:])))
    return Comparison(change=change, p=p, significant=p < LEVEL, method="two counts, exact", note=note)


def _binomial(count: int, n: int, part: float) -> float:
    ways = math.lgamma(n + 1) - math.lgamma(count + 1) - math.lgamma(n - count + 1)
    return math.exp(ways + count * math.log(part) + (n - count) * math.log1p(-part))


@frozen(kw_only=True)
class Point:
    """A figure of a series.

    Attributes:
        answer: The figure; with the version of the metric that made it.
        comparison: With the window before, none of whose rows it shares; ``None``: there is none.
    """

    answer: Answer
    comparison: Comparison | None


def barometer(
    cut: Cut, by: str, pooled: int = 1, *, zone: tzinfo = UTC, first: datetime | None = None
) -> dict[str | None, Point]:
    """Return the series that *cut* is, each figure compared with that of the window before.

    Windows of several periods overlap, and figures that share rows must not be compared as if they did not: each is
    compared with the one that ends where it begins.

    Args:
        cut: Answers by period.
        by: The period: one of those that follow each other.
        pooled: Over how many periods each figure was taken.
        zone: Where days begin.
        first: The beginning of the first day that has a row; ``None``: not known.

    Raises:
        ValueError: Periods of that name do not follow each other.
    """
    if by not in FOLLOWING:
        raise ValueError(f"{by} is no period that follows another: {', '.join(FOLLOWING)}")

    earliest = min((key for key in cut if key is not None), default="")

    def point(key: str | None, answer: Answer) -> Point:
        if key is None or (pooled > 1 and not _reaches(by, key, pooled, earliest)):
            return Point(answer=answer, comparison=None)
        since, before = _window(by, key, pooled)
        earlier, _ = _window(by, before, pooled)
        if before not in cut:
            return Point(answer=answer, comparison=None)
        until = first_day(by, key) + timedelta(days=days(by, key))
        edges = [datetime.combine(day, time(), zone) for day in (earlier, since, until)]
        lengths = covered(answer, edges[1], edges[2], first), covered(cut[before], edges[0], edges[1], first)
        return Point(answer=answer, comparison=compare(answer, cut[before], lengths=lengths))

    return {key: point(key, answer) for key, answer in cut.items()}


def covered(answer: Answer, since: datetime, until: datetime, first: datetime | None) -> float | None:
    """Return how many days of the period from *since* to *until* lie between the instants that *answer* was asked for.

    ``None``: nobody knows, because it is not over yet, or the *first* day that has a row lies within it. Of more than a
    day, one that is asked as of its last day is over: that is how a log ends that was taken at the end of a month.
    """
    begins, ends = max(since, answer.since or since), min(until, answer.until or until)
    day = timedelta(days=1)
    over = answer.as_of >= ends - (day if ends - begins > day else timedelta())
    if not over or begins >= ends or (first is not None and first > begins):
        return None
    return (ends.astimezone(UTC) - begins.astimezone(UTC)) / day


def _reaches(by: str, key: str, pooled: int, earliest: str) -> bool:
    """Return whether there is a period before the window of so many that ends with *key*."""
    for _ in range(pooled):
        if key <= earliest:
            return False
        key = preceding(by, key)
    return True


def _window(by: str, key: str, pooled: int) -> tuple[date, str]:
    """Return the first day of the window of so many periods that ends with *key*, and the period before it."""
    first = key
    for _ in range(pooled - 1):
        first = preceding(by, first)
    return first_day(by, first), preceding(by, first)
