"""Answers from a desk's log: by the view where it reaches, by a replay where it does not; three dials on any metric.

The dials: *as of* when (what happened later is left out), *known at* when (what was recorded later is left out), and
under which *policy* (how clocks are judged).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any, TypedDict

import attrs
from attrs import frozen

from ventanilla.adapters.policies import Document
from ventanilla.adapters.store import Store
from ventanilla.adapters.views import TicketView, facts
from ventanilla.core.errors import NotUnderstood
from ventanilla.projections.answering import Joins, answer, joins_needed
from ventanilla.projections.clock_table import CLOCKS, clock_table
from ventanilla.projections.customers import CUSTOMERS
from ventanilla.projections.metric import Cut, Metric, Question
from ventanilla.projections.parked import Parked, say_parked
from ventanilla.projections.table import FactTable, read
from ventanilla.projections.tickets import TICKETS
from ventanilla.projections.timekeeper import Timekeeper
from ventanilla.projections.xla.answered import ANSWERED, answered_table


@frozen(kw_only=True)
class Dials:
    """From where history is looked at.

    Attributes:
        as_of: What happened later is left out.
        known_at: What was recorded later is left out; ``None``: nothing is.
        keeper: Gives the engine of the clocks, with the policies to judge by.
        policy: What answers say of that policy; ``None``: it is the desk's own.
        view: Whether the view of the tickets may answer; otherwise all is replayed from the log.
    """

    as_of: datetime
    known_at: datetime | None = None
    keeper: Callable[[], Timekeeper] = Timekeeper
    policy: str | None = None
    view: TicketView | None = None


class Asked(TypedDict, total=False):
    """How a question may be asked; see :class:`~ventanilla.projections.metric.Question`.

    Attributes:
        only: Dimensions with the one value that counts.
        since: Leave out what is dated before.
        until: Leave out what is dated then or later.
        pooled: Over how many periods each figure of a cut by period is taken.
        zone: The time zone of periods; default: UTC.
        as_of: The instant at which to look: later events are left out, open tickets are judged then. Default: the
            newest event's, so that the same log gives the same answer on any day.
        known_at: What was recorded later is left out. Default: nothing is.
        policy: Judge clocks by this policy in place of the desk's own.
    """

    only: Mapping[str, str]
    since: datetime | None
    until: datetime | None
    pooled: int
    zone: tzinfo
    as_of: datetime | None
    known_at: datetime | None
    policy: Document | None


_KEPT: Mapping[str, Callable[[Timekeeper], FactTable[Any]]] = {CLOCKS.name: clock_table, ANSWERED.name: answered_table}
"""Tables with clocks in them, which are made with the policies to judge by."""

_DIALS = ("as_of", "known_at", "policy")


def question(metric: Metric, by: str | None, asked: Asked) -> Question:
    """Return the question to *metric* that *asked* describes."""
    given: dict[str, Any] = {name: value for name, value in asked.items() if name not in _DIALS}
    return Question(metric=metric, by=by, **{"zone": UTC, **given})


def dialled(asked: Asked) -> dict[str, Any]:
    """Return what of *asked* says from where history is looked at."""
    return {name: value for name, value in asked.items() if name in _DIALS}


def ask(store: Store, tables: Mapping[str, FactTable[Any]], questions: Sequence[Question], dials: Dials) -> list[Cut]:
    """Answer *questions*, of any tables, in their order; each table is read once.

    Raises:
        NotUnderstood: A metric asks a table that is not there, or reads what is no column of it.
        PluginError: The fold of a table failed.
    """
    head = store.head()
    cuts: dict[int, Cut] = {}
    for name in dict.fromkeys(question.metric.table for question in questions):
        if name not in tables:
            raise NotUnderstood(f"no fact table is called {name!r}; there are {', '.join(sorted(tables))}")
        places = [place for place, question in enumerate(questions) if question.metric.table == name]
        asked = [questions[place] for place in places]
        parked: list[Parked] = []
        table = _KEPT[name](dials.keeper()) if name in _KEPT else tables[name]
        joins = _joins(store, joins_needed(asked, table), head, dials, parked)
        found = answer(
            asked, rows(store, table, head, dials, parked), dials.as_of, _lacking(parked), table=table, joins=joins
        )
        cuts |= dict(zip(places, found, strict=True))
    return [
        {
            key: attrs.evolve(one, position=head, known_at=dials.known_at, policy=dials.policy)
            for key, one in cuts[place].items()
        }
        for place in range(len(questions))
    ]


def rows(store: Store, table: FactTable[Any], until: int, dials: Dials, parked: list[Parked]) -> Iterator[Any]:
    """Return the rows of *table*; what cannot be followed to its end is added to *parked* while they are read."""
    if table.name == TICKETS.name and dials.view is not None and dials.known_at is None:
        return facts(store, dials.view, dials.as_of, parked)
    stories = store.stories(table.streams, until, reads=table.reads, known_at=dials.known_at)
    return read(table, stories, dials.as_of, parked.append)


def _joins(store: Store, needed: frozenset[str], until: int, dials: Dials, parked: list[Parked]) -> Joins:
    tickets, customers = ("tickets" in needed), ("customers" in needed)
    return Joins(
        tickets={row.ticket: row for row in rows(store, TICKETS, until, dials, parked)} if tickets else {},
        customers={row.customer: row for row in rows(store, CUSTOMERS, until, dials, parked)} if customers else {},
    )


def _lacking(parked: list[Parked]) -> Iterable[str]:
    """Say what is parked, once each stream, when all rows have been read."""
    yield from say_parked({found.stream: found for found in parked}.values())
