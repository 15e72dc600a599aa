"""Asks our own metrics of histories written by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from ventanilla.core import streams
from ventanilla.core.recorded import Recorded
from ventanilla.plugins import builtin
from ventanilla.projections.answering import answer
from ventanilla.projections.customers import CUSTOMERS
from ventanilla.projections.expressions import Row
from ventanilla.projections.joins import Joins
from ventanilla.projections.metric import Answer, Cut, Question
from ventanilla.projections.table import read
from ventanilla.projections.tickets import TICKETS

NINE = datetime(2026, 1, 5, 9, tzinfo=UTC)
METRICS = {metric.name: metric for metric in builtin.metrics()}
TABLES = {table.name: table for table in builtin.tables()}
MINUTE, HOUR, DAY = 60, 3_600, 86_400

Line = tuple[int, str, Any]


def hours(count: float) -> datetime:
    """Return the instant *count* hours after the beginning of all these histories."""
    return NINE + timedelta(hours=count)


def days(count: float) -> datetime:
    """Return the instant *count* days after that beginning."""
    return NINE + timedelta(days=count)


def rows(table: str, lines: Sequence[Line], as_of: datetime) -> list[Row]:
    """Return the rows of *table*, of events given as (position, stream, event), as a desk would read them."""
    asked = TABLES[table]
    found: dict[str, list[Recorded]] = {}
    for position, stream, event in lines:
        kind = next((kind for kind, begin in streams.PREFIX.items() if stream.startswith(begin)), "ticket")
        if kind in asked.streams and (asked.reads is None or type(event) in asked.reads):
            found.setdefault(stream, []).append(_recorded(position, stream, event))
    return list(read(asked, [(stream, found[stream]) for stream in sorted(found)], as_of))


def cut(
    metric: str,
    lines: Sequence[Line],
    as_of: datetime,
    by: str | None = None,
    *,
    only: Mapping[str, str] | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Cut:
    """Return the answers of *metric* to what the *lines* tell, by the value of *by*."""
    asked = METRICS[metric]
    joins = Joins(
        tickets={row.ticket: row for row in rows(TICKETS.name, lines, as_of)},
        customers={row.customer: row for row in rows(CUSTOMERS.name, lines, as_of)},
    )
    question = Question(metric=asked, by=by, only=only or {}, since=since, until=until, zone=UTC)
    found = rows(asked.table, lines, as_of)
    (cut_,) = answer([question], found, as_of, table=TABLES[asked.table], joins=joins)
    return cut_


def ask(
    metric: str,
    lines: Sequence[Line],
    as_of: datetime,
    *,
    only: Mapping[str, str] | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Answer:
    """Return the answer of *metric* to what the *lines* tell."""
    return cut(metric, lines, as_of, only=only, since=since, until=until)[None]


def _recorded(position: int, stream: str, event: Any) -> Recorded:
    return Recorded(
        position=position,
        stream=stream,
        version=position,
        recorded_at=event.at,
        actor="agent:maria",
        allowed_by="1/agent",
        cause="command:c",
        event=event,
    )
