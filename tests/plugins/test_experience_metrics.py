"""Every metric of experience says all there is to know of it, and answers an empty desk."""

from __future__ import annotations

import pytest

from ventanilla import Desk
from ventanilla.plugins.experience import METRICS
from ventanilla.projections.experience import EXPERIENCE
from ventanilla.projections.metric import Metric
from ventanilla.projections.summaries import Count, Sum

SECTIONS = ("Formula:", "Unit:", "Population:", "Interval:", "Direction:", "Edge cases:", "Source:")
each = pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)


@each
def test_text_is_whole(metric: Metric) -> None:
    """Each has every section, each on a line of its own, in their order."""
    found = [line.split(" ")[0] + (" cases:" if line.startswith("Edge") else "") for line in metric.text.splitlines()]
    assert [section for section in found if section in SECTIONS] == list(SECTIONS)
    assert metric.text.splitlines()[0].endswith(".")
    assert metric.question.endswith("?")


@each
def test_direction_is_as_declared(metric: Metric) -> None:
    """What the text says of the direction is what programs are told."""
    (said,) = [line for line in metric.text.splitlines() if line.startswith("Direction:")]
    assert said.removeprefix("Direction: ").split(" ")[0].strip(".") == metric.better


def test_an_empty_desk_has_nothing_to_say() -> None:
    """Where nothing happened a count is 0, and all else is unknown; whatever it is cut by."""
    with Desk("sqlite:///:memory:") as desk:
        for metric in METRICS:
            found = desk.ask(metric.name)
            known = isinstance(metric.summary, Count | Sum)
            assert (found.value, found.n, found.evidence) == (0 if known else None, 0, ()), metric.name
            assert desk.ask(metric.name, by="month") == {}


def test_names_and_tables_are_there() -> None:
    """No two have one name, and each asks a table of ours that is asked by somebody."""
    assert len({metric.name for metric in METRICS}) == len(METRICS)
    assert {metric.table for metric in METRICS} == {table.name for table in EXPERIENCE}
