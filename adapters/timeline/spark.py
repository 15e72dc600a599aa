"""Facts by a Spark cluster, over the same files: for logs that no longer fit one machine. Needs the extra ``spark``.

The timeline lies where every worker sees it, and every worker has this package. Spark spreads the partitions and
collects the facts; what runs there is what runs here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeAlias

from ventanilla.adapters.timeline.arrow import InArrow
from ventanilla.adapters.timeline.audit import Measuring
from ventanilla.adapters.timeline.manifest import load
from ventanilla.core.errors import Damaged
from ventanilla.projections.measures import Measures
from ventanilla.projections.measures.table import kinds

Session: TypeAlias = Any  # pyspark.sql.SparkSession: half a gigabyte, and whoever has a session has it
Frame: TypeAlias = Any  # pyspark.sql.DataFrame

_TYPES = {"word": "string", "flag": "boolean", "number": "bigint", "duration": "bigint", "instant": "timestamp"}


def facts(session: Session, folder: Path, measures: Measures, *, as_of: int | None = None) -> Frame:
    """Return the facts of all tickets as a data frame: ``ticket``, then a column a fact, durations in microseconds.

    Args:
        session: The cluster.
        folder: Where the timeline is, for every worker; it is measured as it stands.
        measures: What is measured.
        as_of: The instant of looking, microseconds since 1970; ``None``: the newest in the timeline.

    Raises:
        Damaged: There is no timeline in *folder*. A file that was changed ends the job with that error.
    """
    now = load(folder)
    if now is None:
        raise Damaged(f"there is no timeline in {folder}: `ventanilla timeline build` makes one")
    at = as_of if as_of is not None else now.last_at or 0
    run = InArrow(Measuring(folder=folder, manifest=now, measures=measures, as_of=at))
    columns = ", ".join(["ticket string", *(f"`{name}` {_TYPES[kind]}" for name, kind in kinds(measures).items())])
    numbers: Any = session.createDataFrame([(number,) for number in now.parts], "partition int")
    return numbers.repartition(max(len(now.parts), 1), "partition").mapInArrow(run, columns)
