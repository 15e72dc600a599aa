"""Facts as a table in files, and key figures of them: DuckDB groups them, with exact quantiles."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from attrs import frozen

from ventanilla.adapters.timeline.audit import Part
from ventanilla.core.errors import NotUnderstood, Unavailable
from ventanilla.projections.measures import Measures
from ventanilla.projections.measures.over import Values
from ventanilla.projections.measures.table import FactKind, kinds

try:
    import duckdb
    import numpy as np
except ModuleNotFoundError as error:
    raise Unavailable(f"the timeline needs {error.name}: pip install 'ventanilla[audit]'") from error

DIMENSIONS = ("channel", "kind", "category", "priority", "team", "status", "month")
"""By what key figures are cut; the month is that of the opening, in UTC."""

_TYPES = {"word": "VARCHAR", "flag": "BOOLEAN", "number": "BIGINT", "duration": "BIGINT", "instant": "TIMESTAMP"}
_FORMATS = {".parquet": "(FORMAT parquet, COMPRESSION zstd)", ".csv": "(FORMAT csv, HEADER)"}
_SETS: Sequence[Sequence[str]] = (
    (),
    *((name,) for name in DIMENSIONS),
    ("channel", "priority"),
    ("team", "priority"),
    ("month", "channel"),
    ("month", "team"),
)


@frozen(kw_only=True)
class Table:
    """Facts in files, a row a ticket.

    Attributes:
        folder: Where they are: Parquet files with the ticket and a column a fact; durations in microseconds, instants
            in UTC.
        rows: How many.
    """

    folder: Path
    rows: int

    def write(self, path: Path) -> None:
        """Write all as one file, Parquet or CSV by its name.

        Raises:
            NotUnderstood: The name says neither.
            Unavailable: It cannot be written.
        """
        if path.suffix not in _FORMATS:
            raise NotUnderstood(f"{path}: a table's name ends in {' or '.join(_FORMATS)}")
        _run(f"COPY (SELECT * FROM {self._source()}) TO '{_quoted(path)}' {_FORMATS[path.suffix]}", str(path))

    def figures(self) -> list[dict[str, Any]]:
        """Return the key figures of the standard facts: of all, by each dimension, and by some pairs of them.

        ``by`` has the dimensions and their values, empty for all. Durations are in seconds; quantiles are exact. What
        is not known is ``None``.
        """
        names = ", ".join(DIMENSIONS)
        cuts = ", ".join(f"({', '.join(one)})" for one in _SETS)
        cursor = _run(
            f"SELECT grouping({names}) AS cut, {names}, {_FIGURES} FROM "
            f"(SELECT *, strftime(opened_at, '%Y-%m') AS month FROM {self._source()}) "
            f"GROUP BY GROUPING SETS ({cuts}) ORDER BY cut DESC, {names}",
            "the key figures",
        )
        heads = [head[0] for head in cursor.description or ()]
        return [_figure(dict(zip(heads, row, strict=True))) for row in cursor.fetchall()]

    def _source(self) -> str:
        return f"read_parquet('{_quoted(self.folder / '*.parquet')}')"


@contextmanager
def tabled(
    parts: Iterable[Part], measures: Measures, told: Callable[[int], None] = lambda tickets: None
) -> Iterator[Table]:
    """Give *parts* as a table, for as long as it is looked at; memory holds one of them.

    Args:
        parts: The facts.
        measures: What they are.
        told: Told how many tickets are done.
    """
    with tempfile.TemporaryDirectory(prefix="ventanilla") as name:
        folder, rows, of = Path(name), 0, kinds(measures)
        _save(Part(partition=-1, tickets=(), facts={}), of, folder / "empty.parquet")
        for part in parts:
            _save(part, of, folder / f"{part.partition:03}.parquet")
            rows += len(part.tickets)
            told(rows)
        yield Table(folder=folder, rows=rows)


def _save(part: Part, of: dict[str, FactKind], path: Path) -> None:
    ids = np.empty(len(part.tickets), object)
    ids[:] = part.tickets
    columns = {"ticket": ids, **{name: _plain(values) for name, values in part.facts.items()}}
    for name in of:
        columns.setdefault(name, np.zeros(0, np.int64))
    chosen = ", ".join(f'{_cast(name, kind)} AS "{name}"' for name, kind in of.items())
    connection = connect()
    connection.register("facts", columns)
    rows = f"SELECT CAST(ticket AS VARCHAR) AS ticket, {chosen} FROM facts"
    _run(f"COPY ({rows}) TO '{_quoted(path)}' (FORMAT parquet)", str(path))
    connection.unregister("facts")


def _cast(name: str, kind: FactKind) -> str:
    if kind == "instant":
        return f'make_timestamp(CAST("{name}" AS BIGINT))'
    return f'CAST("{name}" AS {_TYPES[kind]})'


def _plain(values: Values) -> Any:
    if values.words:
        words = np.empty(len(values.words), object)
        words[:] = values.words
        return words[values.data]
    return values.data if values.known is None else np.ma.masked_array(values.data, ~values.known)


def _run(statement: str, what: str) -> duckdb.DuckDBPyConnection:
    try:
        return connect().execute(statement)
    except duckdb.Error as error:
        raise Unavailable(f"{what}: {error}") from error


class _Kept(threading.local):
    connection: duckdb.DuckDBPyConnection | None = None
    process: int = 0


_kept = _Kept()


def connect() -> duckdb.DuckDBPyConnection:
    """Return this thread's connection, which works by itself: who wants more cores takes more processes."""
    if _kept.connection is None or _kept.process != os.getpid():
        _kept.connection, _kept.process = duckdb.connect(config={"threads": 1}), os.getpid()
    return _kept.connection


def _figure(row: dict[str, Any]) -> dict[str, Any]:
    """Return *row* with its dimensions by name: those that it is not cut by are left out."""
    cut = row.pop("cut")
    by = {name: row.pop(name) for name in DIMENSIONS}
    in_it = [name for place, name in enumerate(DIMENSIONS) if not cut >> (len(DIMENSIONS) - 1 - place) & 1]
    return {"by": {name: by[name] for name in in_it}, **row}


def _durations(name: str) -> str:
    quantiles = ", ".join(
        f"quantile_cont({name}, {share}) / 1e6 AS {name}_p{round(share * 100)}" for share in (0.5, 0.9, 0.95)
    )
    return f"count({name}) AS {name}_n, avg({name}) / 1e6 AS {name}_mean, {quantiles}"


def _share(name: str) -> str:
    return f"avg(CAST({name} AS INTEGER)) AS {name}"


_FIGURES = ", ".join(
    (
        "count(*) AS tickets",
        "count(settled_at) AS settled",
        _durations("first_reply"),
        _durations("resolution"),
        _share("first_reply_late"),
        _share("resolution_late"),
        _share("due_late"),
        "avg(CAST(reopens > 0 AS INTEGER)) AS reopened",
        "avg(agent_touches) AS agent_touches",
    )
)


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
