"""What a figure is made of, on its way: values with the events behind them."""

from __future__ import annotations

import reprlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias

from ventanilla.projections.periods import preceding

Positions: TypeAlias = "int | Sequence[int] | None"
Pile: TypeAlias = "tuple[list[Any], list[Positions], list[tuple[Any, datetime | None]]]"
"""The values of a figure; the events behind them, as many to each; of what only the latest counts, and its date."""

_NOTHING: Pile = ([], [], [])


def pooled(found: Mapping[str | None, Pile], count: int, name: str) -> dict[str | None, Pile]:
    """Return for each period what was found in it and in the *count* - 1 before it."""
    if count == 1:
        return dict(found)
    windows: dict[str | None, Pile] = {}
    earliest = min((key for key in found if key is not None), default="")
    for key in found:
        window = [key]
        while key is not None and len(window) < count and str(window[-1]) > earliest:  # before that there is nothing
            window.append(preceding(name, str(window[-1])))
        pile: Pile = ([], [], [])
        windows[key] = pile
        for one in reversed(window):
            values, evidence, marks = found.get(one, _NOTHING)
            pile[0].extend(values)
            pile[1].extend(evidence)
            pile[2].extend(marks)
    return windows


def latest(pile: Pile) -> Pile:
    """Return *pile* with only the latest of those that have the same mark; of those dated alike the last read."""
    values, evidence, marks = pile
    last: dict[Any, int] = {}
    for place, (mark, dated) in enumerate(marks):
        if mark is not None and (mark not in last or _not_before(dated, marks[last[mark]][1])):
            last[mark] = place
    kept = [place for place, (mark, _) in enumerate(marks) if mark is None or last[mark] == place]
    each = len(evidence) // max(len(values), 1)
    behind = [positions for place in kept for positions in evidence[place * each : (place + 1) * each]]
    return [values[place] for place in kept], behind, [marks[place] for place in kept]


def _not_before(one: datetime | None, other: datetime | None) -> bool:
    return other is None or (one is not None and one >= other)


def positions(evidence: Iterable[Positions]) -> tuple[int, ...]:
    """Return the positions in *evidence*, each once, ascending.

    Raises:
        TypeError: Something in it is no position.
    """
    found: set[int] = set()
    for one in evidence:
        if isinstance(one, int):
            found.add(one)
        elif one is not None:
            found.update(one)
    ordered = sorted(found)
    if ordered and not (isinstance(ordered[0], int) and isinstance(ordered[-1], int)):  # which are of one sort, sorted
        raise TypeError(f"{reprlib.repr(ordered[0])} is no position of an event")
    return tuple(ordered)
