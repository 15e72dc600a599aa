"""The fact tables of the headcount: one row an agent and period, with whether they were there, and left."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from attrs import frozen

from ventanilla.core import events as on
from ventanilla.core.streams import AGENT
from ventanilla.projections.facts.history import Chain, History, history_table
from ventanilla.projections.facts.presence import Presence, Span, periods, there
from ventanilla.projections.table import FactTable


@frozen(kw_only=True)
class Headcount:
    """How an agent, a person, stood to the staff in a period.

    Attributes:
        agent: The agent's id.
        since: The period's first instant, UTC.
        until: The first instant after it.
        over: Whether it is over.
        at_start: Whether they were here at its first instant.
        at_end: Whether they are at the first instant after.
        average: Their part in the average headcount: the mean of both.
        separations: How often they left in it.
        evidence: When they came and went.
    """

    agent: str
    since: datetime
    until: datetime
    over: bool
    at_start: bool
    at_end: bool
    average: float
    separations: int
    evidence: tuple[int, ...]


def _table(span: Span) -> FactTable[Chain]:
    def rows(history: History, as_of: datetime) -> Iterable[Headcount]:
        here: list[Presence] = []
        for recorded in history:
            match recorded.event:
                case on.AgentJoined(machine=False, at=at):
                    here.append(Presence(at, None))
                case on.AgentLeft(at=at) if here and here[-1].end is None:
                    here[-1] = Presence(here[-1].start, at)
                case _:
                    pass
        if not here:
            return
        for since, until in periods(span, here[0].start, as_of):
            start, end = there(here, since), there(here, until)
            left = sum(one.end is not None and since <= one.end < until for one in here)
            if start or end or left:
                yield Headcount(
                    agent=history[0].stream.removeprefix(AGENT),
                    since=since,
                    until=until,
                    over=until <= as_of,
                    at_start=start,
                    at_end=end,
                    average=(start + end) / 2,
                    separations=left,
                    evidence=tuple(recorded.position for recorded in history if recorded.event.at < until),
                )

    return history_table(
        name=f"headcounts_{span}",
        about=f"one row an agent and {span}",
        row=Headcount,
        streams=("agent",),
        reads={on.AgentJoined, on.AgentLeft},
        rows=rows,
        dimensions=("agent",),
    )


HEADCOUNTS: Mapping[Span, FactTable[Chain]] = {span: _table(span) for span in ("month", "quarter", "year")}
"""The tables, by the length of the periods."""
