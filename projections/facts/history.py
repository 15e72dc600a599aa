"""A table whose rows are made of a stream's whole history at once.

The state is the history itself, as a chain: nothing is copied for an event, and a table's rule is one function from
the events to its rows, read from top to bottom. Reopenings out of courtesy are left out of it, see
:mod:`~ventanilla.projections.reopening`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeAlias

import attrs

from ventanilla.core.events import Event
from ventanilla.core.recorded import Recorded
from ventanilla.core.streams import StreamKind
from ventanilla.projections.expressions import Row
from ventanilla.projections.reopening import is_courtesy
from ventanilla.projections.table import FactTable

Chain: TypeAlias = "tuple[Any, Recorded] | None"
"""An event and the chain of those before it."""

History: TypeAlias = Sequence[Recorded]
"""A stream's events, oldest first."""


def history_table(
    *,
    name: str,
    about: str,
    row: type[Any],
    reads: Iterable[type[Event]],
    rows: Callable[[History, datetime], Iterable[Row]],
    streams: tuple[StreamKind, ...] = ("ticket",),
    across: Callable[[Sequence[Row], datetime], Iterable[Row]] | None = None,
    dimensions: tuple[str, ...] = (),
    sources: Mapping[str, tuple[str, ...]] | None = None,
) -> FactTable[Chain]:
    """Return the table whose *rows* are a function of a stream's events and of the instant of looking.

    The other arguments are those of :class:`~ventanilla.projections.table.FactTable`. What *sources* does not name
    comes from ``evidence``.
    """
    columns = attrs.fields_dict(row)
    return FactTable(
        name=name,
        about=about,
        row=row,
        streams=streams,
        reads=frozenset(reads),
        initial=None,
        fold=_keep,
        rows=lambda chain, as_of: rows(_unrolled(chain), as_of) if chain else (),
        across=across,
        dimensions=dimensions,
        sources=dict.fromkeys(columns, ("evidence",) if "evidence" in columns else ()) | dict(sources or {}),
    )


def span(start: datetime | None, end: datetime | None) -> float | None:
    """Return the seconds from *start* to *end*, never less than 0; ``None`` where one of them is unknown."""
    return None if start is None or end is None else max(0.0, (end - start) / timedelta(seconds=1))


def _keep(chain: Chain, recorded: Recorded) -> Chain:
    return chain if is_courtesy(recorded.event) else (chain, recorded)


def _unrolled(chain: Chain) -> History:
    events: list[Recorded] = []
    while chain is not None:
        chain, recorded = chain
        events.append(recorded)
    events.reverse()
    return events
