from __future__ import annotations

import re

import pytest
from catalogue import METRICS, TABLES, ask, days

from ventanilla import Desk
from ventanilla.plugins.metrics import OPERATIONAL
from ventanilla.projections.metric import Metric
from ventanilla.projections.summaries import Count, Sum
from ventanilla.projections.summaries.groups import Arrivals

_COUNTS = (Count, Sum, Arrivals)
SECTIONS = ["Formula", "Unit", "Population", "Interval", "Direction", "Edge cases", "Source"]


@pytest.mark.parametrize("metric", OPERATIONAL, ids=lambda metric: metric.name)
class TestEachMetric:
    def test_says_all_there_is_to_know(self, metric: Metric) -> None:
        """The text has every section, once, in order, and each says something."""
        said = re.findall(r"^([A-Z][a-z ]+): (\S.*)$", metric.text.replace("\n    ", " "), re.MULTILINE)
        assert [section for section, _ in said] == SECTIONS
        assert all(text.endswith((".", "?")) for _, text in said)
        assert metric.question.endswith(("?", ".", "ticket."))

    def test_of_an_empty_log_is_unknown_or_a_count_of_nothing(self, metric: Metric) -> None:
        """Where nothing happened a count is 0, and nothing else is anything."""
        found = ask(metric.name, [], days(1))
        assert (found.value, found.n, found.evidence) == (0 if isinstance(metric.summary, _COUNTS) else None, 0, ())


def test_of_an_empty_desk() -> None:
    """An empty desk answers every question, without an event behind it."""
    with Desk("sqlite:///:memory:") as desk:
        found = {metric.name: desk.ask(metric.name) for metric in OPERATIONAL}
    assert {name: answer.evidence for name, answer in found.items() if answer.evidence or answer.value} == {}


def test_names_are_said_once() -> None:
    """No two of our metrics, and no two of our tables, have one name."""
    assert len({metric.name for metric in OPERATIONAL}) == len(OPERATIONAL)
    assert {metric.table for metric in METRICS.values()} <= TABLES.keys()
