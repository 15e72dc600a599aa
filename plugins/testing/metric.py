"""The rules of a metric."""

from __future__ import annotations

import functools
from datetime import UTC, datetime
from typing import Any, get_args

from ventanilla.core.errors import PluginError
from ventanilla.plugins.testing.contract import Contract, fail
from ventanilla.plugins.testing.elsewhere import digests
from ventanilla.plugins.testing.histories import histories, stories
from ventanilla.plugins.testing.shape import digest
from ventanilla.plugins.testing.table import MOMENTS
from ventanilla.plugins.testing.watch import watched
from ventanilla.projections.answering import answer
from ventanilla.projections.customers import CUSTOMERS
from ventanilla.projections.joins import Joins
from ventanilla.projections.metric import Answer, Metric, Question, Unit
from ventanilla.projections.table import FactTable, read
from ventanilla.projections.tickets import DIMENSIONS, TICKETS


class MetricContract(Contract):
    """What every metric keeps.

    Attributes:
        metric: The metric.
        table: The fact table that it asks.
        plugin: The name of the module with the hooks; empty: that of the table's fold.

    Example:
        >>> from ventanilla.plugins.builtin import metrics
        >>> from ventanilla.plugins.testing import MetricContract
        >>> class TestTickets(MetricContract):
        ...     metric = metrics()[0]
        >>> TestTickets().test_names_real_evidence()
    """

    metric: Metric
    table: FactTable[Any] = TICKETS
    plugin: str = ""

    def test_answers_an_empty_log(self) -> None:
        """Of nothing it has an answer, which is unknown, or 0 for a count and a sum."""
        (found,) = [self._answers(0, by=None)[0]]
        total = found.value == 0 and found.denominator is None and self.metric.unit != "ratio"
        if found.n or not (found.value is None or total):
            fail(f"{self.metric} of an empty log is {found.value} of {found.n}: the unknown is None")

    def test_answers_every_log(self) -> None:
        """Every log has an answer, whole and cut by each dimension and period, now and as of earlier."""
        for by in (None, *self.table.dimensions, *DIMENSIONS, "day", "week", "month", "weekday"):
            for number, _ in enumerate(histories()):
                self._answers(number, by=by)

    def test_gives_a_figure(self) -> None:
        """A value is a finite number or unknown, a share lies from 0 to 1, and the interval's ends are in order."""
        for log, _ in enumerate(histories()):
            try:
                self._answers(log, by=None)
            except PluginError as error:  # whoever answers looks at each figure
                fail(str(error))

    def test_has_a_known_unit(self) -> None:
        """The unit is one of those that there are, so that whoever shows a figure knows how."""
        if self.metric.unit not in get_args(Unit):
            fail(f"{self.metric} has the unit {self.metric.unit!r}, which is none of {', '.join(get_args(Unit))}")

    def test_names_real_evidence(self) -> None:
        """The positions behind an answer are of events of the log, and a figure made of rows has some."""
        for number, log in enumerate(histories()):
            positions = {recorded.position for recorded in log}
            for found in self._answers(number, by=None):
                if found.n and not found.evidence:
                    fail(f"{self.metric} is {found.value} of {found.n} rows and names no event behind it")
                if made_up := sorted(set(found.evidence) - positions):
                    fail(f"{self.metric} names position {made_up[0]}, which is not in the log: made up")

    def test_does_not_mind_the_order_of_rows(self) -> None:
        """Rows come in no order that means anything."""
        for log, _ in enumerate(histories()):
            if self._answers(log, by=None) != self._answers(log, by=None, backwards=True):
                fail(f"{self.metric} is another one when its rows come in another order")

    def test_is_deterministic(self) -> None:
        """The same log gives the same answer, in this process and in others."""
        here = [self.digest(), self.digest()]
        module = self.plugin or getattr(self.table.fold, "__module__", "")
        if len({*here, *digests(module, f"metric {self.metric.name}")}) > 1:
            fail(f"{self.metric} answers the same log otherwise another time: the order of a set, a clock, chance?")

    def test_touches_nothing(self) -> None:
        """Answering opens no file and no connection, runs no program, asks no clock and draws nothing."""
        with watched() as seen:
            for log, _ in enumerate(histories()):
                self._answers(log, by=None)
        if seen:
            fail(f"answering {self.metric} touches {seen[0][0]}: {seen[0][1]}")

    def digest(self) -> str:
        """Return a digest of the answers of all logs."""
        return digest([self._answers(log, by="month") for log, _ in enumerate(histories())])

    def _answers(self, log: int, *, by: str | None, backwards: bool = False) -> list[Answer]:
        """Return the answers that the log of that number has, at each of the moments."""
        question = Question(metric=self.metric, by=by, zone=UTC)
        told = stories(histories()[log], self.table.streams, self.table.reads)
        answers: list[Answer] = []
        for moment in MOMENTS:
            rows = list(read(self.table, told, moment))
            if backwards:
                rows.reverse()
            (cut,) = answer([question], rows, moment, table=self.table, joins=_known(log, moment))
            answers += cut.values()
        return answers


@functools.cache
def _known(log: int, moment: datetime) -> Joins:
    """Return what is known of the tickets and customers of a log at a moment."""
    tickets, customers = (
        list(read(table, stories(histories()[log], table.streams, table.reads), moment))
        for table in (TICKETS, CUSTOMERS)
    )
    return Joins(tickets={row.ticket: row for row in tickets}, customers={row.customer: row for row in customers})
