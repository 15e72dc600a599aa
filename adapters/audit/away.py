"""How far a published figure is from the one that the log gives, in rows, and which rows are nearest to tipping."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Sequence

from attrs import frozen

from ventanilla.adapters.audit.claimed_rows import plain
from ventanilla.adapters.audit.claims import Claim
from ventanilla.projections.behind import CountedRow
from ventanilla.projections.metric import Metric
from ventanilla.projections.summaries import Count, Quantile, Share
from ventanilla.projections.tipping import hits_between, nearest

NEAREST = 10
"""How many rows are named."""


@frozen(kw_only=True)
class Away:
    """How far a published figure is away.

    Attributes:
        said: That, in words.
        rows: How many rows would have to count otherwise; ``None`` where no number of them gives the figure.
        nearest: Those that are nearest to counting otherwise, nearest first.
    """

    said: str
    rows: int | None
    nearest: tuple[CountedRow, ...]


def away(metric: Metric, claim: Claim, rows: Iterable[CountedRow]) -> Away:
    """Return how far *claim* is from what *rows* come to."""
    counted = [row for row in rows if not row.excluded]
    match metric.summary:
        case Share():
            return _share(claim, counted)
        case Count():
            missing = round(claim.middle) - len(counted)
            side = "fewer" if missing > 0 else "more"
            said = f"the figure has {len(counted):,} rows: {abs(missing):,} {side} than claimed"
            return Away(said=said, rows=abs(missing), nearest=())
        case Quantile(part):
            return _quantile(claim, counted, part)
        case _:
            found = metric.summary.of([row.value for row in counted]).value
            apart = "nothing to measure" if found is None else f"{claim.middle - found:+.6g} from what the log gives"
            return Away(said=f"the claimed figure is {apart}", rows=None, nearest=())


def _share(claim: Claim, counted: Sequence[CountedRow]) -> Away:
    n, hits = len(counted), sum(bool(row.value) for row in counted)
    implied = hits_between(claim.low, claim.high, n)
    wanted = nearest(implied, hits)
    tipping = heapq.nsmallest(
        NEAREST,
        (row for row in counted if row.margin is not None and bool(row.value) == (claim.middle * n < hits)),
        key=lambda row: (row.margin or 0.0, row.name),
    )
    if wanted is None:
        said = f"of {n:,} rows, {hits:,} count as yes: no number of yes among {n:,} gives {claim.text}"
        for more in range(n + 1, n + 1_001):
            if would := hits_between(claim.low, claim.high, more):
                said += f"; {nearest(would, hits):,} among {more:,} would"
                break
        return Away(said=said, rows=None, nearest=tuple(tipping))
    said = (
        f"of {n:,} rows, {hits:,} count as yes; {claim.text} would take {wanted:,}: "
        f"{abs(wanted - hits):,} {'more' if wanted > hits else 'fewer'}"
    )
    return Away(said=said, rows=abs(wanted - hits), nearest=tuple(tipping))


def _quantile(claim: Claim, counted: Sequence[CountedRow], part: float) -> Away:
    known = [(value, row) for row in counted if (value := plain(row.value)) is not None]
    below = sum(value <= claim.middle for value, _ in known)
    wanted = math.floor(part * (len(known) - 1)) + 1 if known else 0
    apart = abs(wanted - below)
    too_many = below > wanted
    said = f"of {len(known):,} rows, {below:,} are not above {claim.text}; {wanted:,} would have to be: {apart:,} apart"
    near = heapq.nsmallest(
        min(NEAREST, max(apart, 1)),
        (pair for pair in known if (pair[0] <= claim.middle) == too_many),
        key=lambda pair: (abs(pair[0] - claim.middle), pair[1].name),
    )
    return Away(said=said, rows=apart, nearest=tuple(row for _, row in near))
