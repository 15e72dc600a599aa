"""Tables of feedback, whose rows are made of a stream's whole history at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from ventanilla.core.events import Event
from ventanilla.core.recorded import Recorded
from ventanilla.core.streams import StreamKind
from ventanilla.projections.expressions import Row
from ventanilla.projections.facts.history import Chain, history_table
from ventanilla.projections.table import FactTable


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

    The other arguments are those of :func:`~ventanilla.projections.facts.history.history_table`.
    """
    return history_table(
        name=name,
        about=about,
        row=row,
        reads=reads,
        rows=lambda history, _: rows(history),
        streams=streams,
        across=across,
        dimensions=dimensions,
        sources=sources,
    )
