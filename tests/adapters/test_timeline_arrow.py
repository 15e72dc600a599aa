"""Facts in Arrow, and by Spark where it is there: the same rows as without."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from datetime import datetime
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]
import pytest
import timelines

from ventanilla.adapters.store import open_store
from ventanilla.adapters.timeline import Source, audit
from ventanilla.adapters.timeline.arrow import InArrow, schema
from ventanilla.adapters.timeline.audit import Measuring
from ventanilla.adapters.timeline.manifest import load
from ventanilla.adapters.timeline.spark import facts
from ventanilla.core.errors import Damaged
from ventanilla.projections.measures.standard import standard
from ventanilla.projections.measures.table import kinds
from ventanilla.projections.timeline import stamp

MEASURES = standard(hours=timelines.HOURS, first_reply={"high": 3_600, None: 14_400}, resolution={None: 86_400})
AS_OF = stamp(timelines.BEGIN) + 30 * 86_400 * 1_000_000


@pytest.fixture
def expected(tmp_path: Path) -> Iterator[dict[str, dict[str, Any]]]:
    """The facts of some tickets by themselves; their timeline is made in the folder ``t``, in three partitions."""
    store, _ = open_store("sqlite:///:memory:", create=True)
    for history in timelines.some():
        timelines.record(store, history)
    source = Source(url="sqlite:///:memory:", store=store)
    yield timelines.facts_of(audit(source, tmp_path / "t", MEASURES, as_of=AS_OF, partitions=3, block=7)[1])
    store.close()


class TestArrow:
    def test_batches_are_the_same_rows(self, tmp_path: Path, expected: dict[str, dict[str, Any]]) -> None:
        """Numbers of partitions in, facts out, with the types that the declaration says, in empty columns, too."""
        now = load(tmp_path / "t")
        assert now is not None
        run = InArrow(Measuring(folder=tmp_path / "t", manifest=now, measures=MEASURES, as_of=AS_OF))
        numbers = [pa.record_batch({"partition": [number]}) for number in now.parts]
        batches = list(run(iter(numbers)))
        assert {batch.schema for batch in batches} == {schema(MEASURES)}
        assert in_micros(row for batch in batches for row in batch.to_pylist()) == expected


@pytest.mark.skipif(find_spec("pyspark") is None or shutil.which("java") is None, reason="no Spark, or no Java")
@pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning")  # none is used
class TestSpark:
    def test_gives_the_same_rows(
        self, tmp_path: Path, expected: dict[str, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Two workers of a Spark of our own measure the same files, and give the same facts, row for row."""
        monkeypatch.setenv("PYSPARK_PYTHON", sys.executable)  # or its workers take any Python, which has not got us
        builder: Any = import_module("pyspark.sql").SparkSession.builder
        session = (
            builder.master("local[2]")
            .config("spark.ui.enabled", "false")
            .config("spark.sql.session.timeZone", "UTC")
            .getOrCreate()
        )
        try:
            found = facts(session, tmp_path / "t", MEASURES, as_of=AS_OF).toArrow().to_pylist()
        finally:
            session.stop()
        assert in_micros(found) == expected

    def test_needs_a_timeline(self, tmp_path: Path) -> None:
        """Where there is none, that is said before anything is asked of the cluster."""
        nobody: Any = None
        with pytest.raises(Damaged, match="there is no timeline in"):
            facts(nobody, tmp_path, MEASURES)


def in_micros(rows: Any) -> dict[str, dict[str, Any]]:
    """Return rows with datetimes by ticket, with microseconds in their place."""
    found = {row.pop("ticket"): row for row in map(dict, rows)}
    for row in found.values():
        for name, kind in kinds(MEASURES).items():
            if kind == "instant" and isinstance(row[name], datetime):
                row[name] = stamp(row[name])
    return found
