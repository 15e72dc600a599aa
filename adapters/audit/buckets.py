"""Parts of a figure: a value of its cut, the yes or the no of a share, what lies beyond a limit, what was left out."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from typing import TypeAlias

from ventanilla.adapters.audit.claimed_rows import plain
from ventanilla.adapters.audit.claims import read_claim
from ventanilla.adapters.audit.recount import ALL
from ventanilla.core.errors import NotUnderstood
from ventanilla.projections.behind import CountedRow
from ventanilla.projections.metric import Metric

Part: TypeAlias = Callable[[CountedRow], bool]

NOT_SAID = "not said"
"""The bucket of rows that lack the dimension."""

_LIMIT = re.compile(r"(>=|<=|>|<)\s*(.+)")


def read_buckets(
    words: Sequence[str], metric: Metric, by: str | None, values: Collection[str | None]
) -> tuple[str | None, list[Part]]:
    """Return the value of the cut, and the parts, that *words* name.

    Args:
        words: ``yes``, ``no``, ``>4 h``, ``excluded``, or a value of the cut.
        metric: The metric.
        by: The cut; ``None`` without one.
        values: The values that the cut has.

    Raises:
        NotUnderstood: One is none of these.
    """
    value: str | None = ALL
    parts: list[Part] = []
    for word in words:
        limit = _LIMIT.fullmatch(word)
        if by is not None and (word in values or (word == NOT_SAID and None in values)):
            value = None if word not in values else word
        elif word == "excluded":
            parts.append(lambda row: bool(row.excluded))
        elif word in ("yes", "no") and metric.unit == "ratio":
            parts.append(_yes if word == "yes" else _no)
        elif limit and metric.unit != "ratio":
            parts.append(_beyond(limit[1], read_claim(limit[2], metric.unit).middle))
        else:
            there = [*(repr(name or NOT_SAID) for name in values if by is not None)]
            there += ["'yes'", "'no'"] if metric.unit == "ratio" else ["'>LIMIT'", "'<LIMIT'"]
            raise NotUnderstood(
                f"--bucket {word!r} is no part of this figure: there are {', '.join(there)}, 'excluded'"
            )
    return value, parts


def _yes(row: CountedRow) -> bool:
    return not row.excluded and bool(row.value)


def _no(row: CountedRow) -> bool:
    return not row.excluded and not row.value


def _beyond(sign: str, limit: float) -> Part:
    def beyond(row: CountedRow) -> bool:
        value = plain(row.value)
        if value is None or row.excluded:
            return False
        return {">": value > limit, ">=": value >= limit, "<": value < limit, "<=": value <= limit}[sign]

    return beyond
