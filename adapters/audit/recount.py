"""The rows behind a figure, counted anew from the log alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

import attrs
from attrs import Factory, define

from ventanilla.adapters.answers import Dials, ask, from_log, joins_for, table_of
from ventanilla.adapters.audit.own_events import own_rows
from ventanilla.adapters.desk import Desk
from ventanilla.projections.behind import CountedRow, Population
from ventanilla.projections.joins import joins_needed
from ventanilla.projections.metric import Answer, Cut, Question
from ventanilla.projections.table import FactTable

ALL = "\0all"
"""The bucket that has all rows."""


@define(kw_only=True, slots=False)
class Recount:
    """A question under some dials, counted from the log alone: no view is trusted.

    Attributes:
        desk: Whose log.
        question: What is asked.
        bucket: The value of the cut whose rows are looked at; ``None``: those without one; :data:`ALL`: all.
        given: The dials, as :func:`~ventanilla.adapters.answers.from_log` takes them.
    """

    desk: Desk
    question: Question
    bucket: str | None = ALL
    given: Mapping[str, Any] = Factory(dict)

    @cached_property
    def dials(self) -> Dials:
        """From where history is looked at."""
        return from_log(self.desk.store, self.desk.host, **self.given)

    def turned(self, **dials: Any) -> Recount:
        """Return the same under other dials: ``known_at``, ``as_of`` or ``policy``."""
        return attrs.evolve(self, given={**self.given, "as_of": self.dials.as_of, **dials})

    def cut(self) -> Cut:
        """Return the answer, cut as asked."""
        (cut,) = ask(self.desk.store, self.desk.host, [self.question], self.dials)
        return cut

    @property
    def table(self) -> FactTable[Any]:
        """The fact table that is asked."""
        return table_of(self.desk.host.tables, self.question.metric.table, self.dials)

    @property
    def until(self) -> int:
        """The last position that is looked at."""
        head = self.desk.store.head()
        return head if self.dials.until is None else min(head, self.dials.until)

    def rows(self) -> Iterator[CountedRow]:
        """Return the rows of the bucket that are counted, or left out for a reason, one by one.

        Raises:
            PluginError: A row names an event of another stream than it is made of.
        """
        store, dials, table, until = self.desk.store, self.dials, self.table, self.until
        joins = joins_for(store, joins_needed([self.question], table), until, dials, [])
        found = Population(self.question, table).behind(own_rows(store, table, until, dials), dials.as_of, joins)
        return filter(self.has, found)

    def has(self, row: CountedRow) -> bool:
        """Return whether *row* is in the bucket."""
        return self.bucket == ALL or row.key == self.bucket

    @property
    def withheld(self) -> bool:
        """Whether no row may be told alone: the metric is told of several at least, so that nobody's answer is read."""
        return self.question.metric.fewest > 1

    def figure(self) -> float | None:
        """Return the figure of the bucket; ``None`` where it is unknown, or made of too few to be told."""
        values = [row.value for row in self.rows() if not row.excluded]
        found = self.question.metric.summary.of(values)
        return None if found.n < self.question.metric.fewest else found.value


def answer_of(cut: Cut, bucket: str | None) -> Answer | None:
    """Return the answer of *bucket*; ``None`` if no row is in it."""
    return next(iter(cut.values()), None) if bucket == ALL else cut.get(bucket)
