"""Tables whose rows are made of a stream's whole history at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias

import attrs

from ventanilla.core.events import Event
from ventanilla.core.recorded import Recorded
from ventanilla.core.streams import StreamKind
from ventanilla.projections.expressions import Row
from ventanilla.projections.table import FactTable

Chain: TypeAlias = "tuple[Any, Recorded] | None"
"""An event and the chain of those before it: one more costs the same, however many there are."""


def experience_table(
    *,
    name: str,
    about: str,
    row: type[Any],
    reads: Iterable[type[Event]],
    rows: Callable[[Sequence[Recorded]], Iterable[Row]],
    streams: tuple[StreamKind, ...] = ("feedback",),
    across: Callable[[Sequence[Row], datetime], Iterable[Row]] | None = None,
    dimensions: tuple[str, ...] = (),
    sources: Mapping[str, tuple[str, ...]] | None = None,
) -> FactTable[Chain]:
    """Return the table whose *rows* are a function of a stream's events, oldest first.

    The other arguments are those of :class:`~ventanilla.projections.table.FactTable`; what *sources* does not name
    comes from ``evidence``.
    """
    return FactTable(
        name=name,
        about=about,
        row=row,
        streams=streams,
        reads=frozenset(reads),
        initial=None,
        fold=lambda before, recorded: (before, recorded),
        rows=lambda chain, _: rows(_oldest_first(chain)),
        across=across,
        dimensions=dimensions,
        sources=dict.fromkeys(attrs.fields_dict(row), ("evidence",)) | dict(sources or {}),
    )


def _oldest_first(chain: Chain) -> Sequence[Recorded]:
    found: list[Recorded] = []
    while chain is not None:
        chain, recorded = chain
        found.append(recorded)
    return found[::-1]
