"""Rows of a fact table that name no event but those that they are made of."""

from __future__ import annotations

import operator
from collections.abc import Iterator
from typing import Any

from ventanilla.adapters.answers import Dials, rows
from ventanilla.adapters.store import Store
from ventanilla.core.errors import PluginError
from ventanilla.projections.clock_table import CLOCKS
from ventanilla.projections.expressions import Row
from ventanilla.projections.pile import positions
from ventanilla.projections.table import FactTable, Story, read


def own_rows(store: Store, table: FactTable[Any], until: int, dials: Dials) -> Iterator[Row]:
    """Return the rows of *table*, folded anew from the log up to position *until*.

    A row comes from one stream, unless the table makes its rows with all others at hand; so it can name no other
    stream's events. Clocks alone name the settings, too, by which they were judged.

    Raises:
        PluginError: A row names what is no event of its stream.
    """
    if table.across is not None or table.name == CLOCKS.name:
        return rows(store, table, until, dials, [])
    return _checked(store, table, until, dials)


def _checked(store: Store, table: FactTable[Any], until: int, dials: Dials) -> Iterator[Row]:
    here: list[tuple[str, frozenset[int]]] = []

    def noted() -> Iterator[tuple[str, Story]]:
        for stream, story in store.stories(table.streams, until, reads=table.reads, known_at=dials.known_at):
            here[:] = [(stream, frozenset(recorded.position for recorded in story))]
            yield stream, story

    columns = [operator.attrgetter(name) for name in sorted({name for of in table.sources.values() for name in of})]
    for row in read(table, noted(), dials.as_of):  # a stream's rows are read before the next stream is
        (stream, own), named = here[0], set(positions(column(row) for column in columns))
        if not named <= own:
            other = min(named - own)
            raise PluginError(f"the table {table} names position {other} behind {stream}, whose event that is not")
        yield row
