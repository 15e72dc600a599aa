"""The rows behind a figure: each that a question counts, or leaves out for a reason, as what and by which events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, TypeAlias

import attrs
from attrs import frozen

from ventanilla.projections.expressions import Row
from ventanilla.projections.joins import NO_JOINS, Joins, joining
from ventanilla.projections.metric import Question
from ventanilla.projections.pile import latest, positions
from ventanilla.projections.table import FactTable
from ventanilla.projections.tally import ELSEWHERE, Tally, place, refuse_astray
from ventanilla.projections.tickets import TICKETS
from ventanilla.projections.tipping import margin

RowId: TypeAlias = tuple[Any, ...]


@frozen(kw_only=True)
class CountedRow:
    """A row of the population of a question.

    Attributes:
        id: What tells it from all other rows of its table, whatever the dials.
        name: What it is of, for people: a ticket, or a customer, with what else names the row.
        ticket: Its ticket; ``None`` if it is of none.
        key: The value of the cut that it falls under; ``None`` without one, or where it lacks the dimension.
        value: What is counted of it; ``None``: unknown.
        positions: The positions of the events behind it, ascending.
        excluded: Why it is left out of the figure; empty: it counts.
        margin: How far it is from being judged otherwise, see :func:`~ventanilla.projections.tipping.margin`.
    """

    id: RowId
    name: str
    ticket: str | None
    key: str | None
    value: Any
    positions: tuple[int, ...]
    excluded: str = ""
    margin: float | None = None


class Population:
    """What a question looks at, made ready to be shown rows.

    Args:
        question: What is asked; how many periods it pools does not matter.
        table: The fact table.

    Raises:
        NotUnderstood: The question reads something that is no column of these rows.
    """

    def __init__(self, question: Question, table: FactTable[Any] = TICKETS) -> None:
        columns = attrs.fields_dict(table.row)
        of = next((name for name in ("ticket", "customer") if name in columns), next(iter(columns)))
        self._tally = Tally.of(question, table)
        refuse_astray(self._tally, table)
        self._margin = margin(question.metric)
        self._table = table
        self._key = table.key or (of,)

    def behind(self, rows: Iterable[Row], as_of: datetime, joins: Joins = NO_JOINS) -> Iterator[CountedRow]:
        """Return those of *rows* that the question counts or leaves out for a reason, in the order in which they come.

        Args:
            rows: The rows of the table, looked at one by one.
            as_of: The instant at which it is asked.
            joins: What is known of the tickets and customers that the rows are of.
        """
        found = self._looked_at(rows, as_of, joins)
        return (row for row, _, _ in found) if self._tally.once is None else iter(_latest(list(found)))

    def _looked_at(
        self, rows: Iterable[Row], as_of: datetime, joins: Joins
    ) -> Iterator[tuple[CountedRow, Any, datetime | None]]:
        """Return them with that of which only the latest counts, and their date."""
        tally, seen_before = self._tally, Counter[RowId]()
        joined = joining(self._table, joins) if tally.far else None
        for row in rows:
            seen = joined(row) if joined else row
            if not tally.where(seen, as_of) or (key := place(tally, seen, as_of)) is ELSEWHERE:
                continue
            excluded = next((reason for reason, left_out in tally.excludes if left_out(seen, as_of)), "")
            names = tuple(getattr(row, name) for name in self._key)
            counted = CountedRow(
                id=names if self._table.key else _numbered(names, row, seen_before),
                name=" ".join(map(str, names)),
                ticket=getattr(row, "ticket", None),
                key=key,
                value=None if excluded else tally.value(seen, as_of),
                positions=positions(read(seen) for read in tally.evidence),
                excluded=excluded,
                margin=None if excluded else self._margin(seen, as_of),
            )
            mark = tally.once(seen, as_of) if tally.once and not excluded else None
            yield counted, mark, tally.dated(seen, as_of) if mark is not None else None


def _latest(found: Sequence[tuple[CountedRow, Any, datetime | None]]) -> list[CountedRow]:
    """Return the rows, with those left out of which a later one counts, as the figure has it."""
    by_key: dict[str | None, list[int]] = {}
    for number, (row, mark, _) in enumerate(found):
        if mark is not None:
            by_key.setdefault(row.key, []).append(number)
    gone: set[int] = set()
    for numbers in by_key.values():
        kept, _, _ = latest((list(numbers), [], [(found[number][1], found[number][2]) for number in numbers]))
        gone |= set(numbers) - set(kept)
    return [
        attrs.evolve(row, value=None, margin=None, excluded="a later one counts") if number in gone else row
        for number, (row, _, _) in enumerate(found)
    ]


def _numbered(names: RowId, row: Row, seen_before: Counter[RowId]) -> RowId:
    """Return an identity for a row whose table has no key: its first event tells it from others, then their order."""
    evidence = getattr(row, "evidence", ())
    found = (*names, evidence[0] if evidence else None)
    seen_before[found] += 1
    return (*found, seen_before[found])
