"""Facts as Arrow batches, the form in which any engine gives them on. Needs pyarrow (extra ``spark``)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from attrs import frozen

from ventanilla.adapters.timeline.audit import Measuring, Part
from ventanilla.core.errors import Unavailable
from ventanilla.projections.measures import Measures
from ventanilla.projections.measures.over import Values
from ventanilla.projections.measures.table import kinds

try:
    import pyarrow as pa  # type: ignore[import-untyped]
except ModuleNotFoundError as error:
    raise Unavailable(f"Arrow needs {error.name}: pip install 'ventanilla[audit,spark]'") from error

TYPES = {
    "word": pa.string(),
    "flag": pa.bool_(),
    "number": pa.int64(),
    "duration": pa.int64(),
    "instant": pa.timestamp("us", "UTC"),
}


@frozen
class InArrow:
    """Batches of partitions' numbers in, a batch of facts for each out: what ``mapInArrow`` runs.

    Attributes:
        measuring: Measures a partition, from files that every worker sees.
    """

    measuring: Measuring

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Return the facts of the partitions whose numbers are in the only column of *batches*."""
        columns = schema(self.measuring.measures)
        for batch in batches:
            for partition in batch.column(0).to_pylist():
                yield to_arrow(self.measuring(partition), columns)


def schema(measures: Measures) -> pa.Schema:
    """Return the ticket and the facts of *measures*, with their types; durations are in microseconds."""
    return pa.schema([("ticket", pa.string()), *((name, TYPES[kind]) for name, kind in kinds(measures).items())])


def to_arrow(part: Part, columns: pa.Schema) -> pa.RecordBatch:
    """Return *part* as a batch with *columns*, those that :func:`schema` gives."""
    facts = [_array(part.facts[field.name], field.type) for field in columns if field.name != "ticket"]
    return pa.RecordBatch.from_arrays([pa.array(list(part.tickets), pa.string()), *facts], schema=columns)


def _array(values: Values, kind: pa.DataType) -> pa.Array:
    if values.words or pa.types.is_string(kind):
        return pa.array(values.to_list(), kind)
    return pa.array(values.data, mask=None if values.known is None else ~values.known).cast(kind)
