"""The fact tables of the customer base: one row a customer and period, with whether they were in it, then and after."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from attrs import frozen

from ventanilla.core.streams import CUSTOMER
from ventanilla.projections.facts.history import Chain, History, history_table
from ventanilla.projections.facts.presence import Presence, Span, periods, there
from ventanilla.projections.facts.subscriptions import SUBSCRIBING, subscriptions
from ventanilla.projections.table import FactTable


@frozen(kw_only=True)
class Membership:
    """How a customer stood to the base in a period: they are in it while a subscription of theirs runs.

    Attributes:
        customer: The customer's id.
        since: The period's first instant, UTC.
        until: The first instant after it.
        over: Whether it is over.
        at_start: Whether they were in the base at its first instant.
        at_end: Whether they are in it at the first instant after.
        returned: Whether they were not in the base at its start, had been before, and are at its end.
        away: Whether they were not in the base at its start, and had been before.
        evidence: What began, went on and ended before the period was over.
    """

    customer: str
    since: datetime
    until: datetime
    over: bool
    at_start: bool
    at_end: bool
    returned: bool
    away: bool
    evidence: tuple[int, ...]


def _table(span: Span) -> FactTable[Chain]:
    def rows(history: History, as_of: datetime) -> Iterable[Membership]:
        runs: list[Presence] = [run for one in subscriptions(history, as_of) for run in one.runs]
        if not runs:
            return
        begun = min(run.start for run in runs)
        for since, until in periods(span, begun, as_of):
            start, end, before = there(runs, since), there(runs, until), begun < since
            yield Membership(
                customer=history[0].stream.removeprefix(CUSTOMER),
                since=since,
                until=until,
                over=until <= as_of,
                at_start=start,
                at_end=end,
                returned=end and before and not start,
                away=before and not start,
                evidence=tuple(recorded.position for recorded in history if recorded.event.at < until),
            )

    return history_table(
        name=f"memberships_{span}",
        about=f"one row a customer and {span}",
        row=Membership,
        streams=("customer",),
        reads=SUBSCRIBING,
        rows=rows,
    )


MEMBERSHIPS: Mapping[Span, FactTable[Chain]] = {span: _table(span) for span in ("month", "quarter", "year")}
"""The tables, by the length of the periods."""
