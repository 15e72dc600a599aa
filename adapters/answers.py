"""Answers from a desk's log: by the view where it reaches, by a replay where it does not; three dials on any metric.

The dials: *as of* when (what happened later is left out), *known at* when (what was recorded later is left out), and
under which *policy* (how clocks are judged).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from functools import partial
from typing import Any, TypedDict

import attrs
from attrs import frozen

from ventanilla.adapters.policies import Document, of_document, of_log
from ventanilla.adapters.store import Store
from ventanilla.adapters.views import TicketView, facts
from ventanilla.core.errors import Damaged, NotUnderstood, PluginError
from ventanilla.core.recorded import Recorded, Unreadable
from ventanilla.core.streams import StreamKind
from ventanilla.plugins.found import Found
from ventanilla.plugins.host import Host
from ventanilla.projections.answering import Failing, answer, refuse
from ventanilla.projections.clock import Clock
from ventanilla.projections.clock_table import CLOCKS, clock_table
from ventanilla.projections.customers import CUSTOMERS
from ventanilla.projections.joins import Joins, joins_needed
from ventanilla.projections.metric import Cut, Metric, Question
from ventanilla.projections.parked import Parked, say_parked
from ventanilla.projections.runner import ABOUT_RECORDS
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
        until: The last position of the log to look at; ``None``: its end.
        lacking: What all answers lack, in words, whatever they ask.
    """

    as_of: datetime
    known_at: datetime | None = None
    keeper: Callable[[], Timekeeper] = Timekeeper
    policy: str | None = None
    view: TicketView | None = None
    until: int | None = None
    lacking: tuple[str, ...] = ()


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


SETTINGS: tuple[StreamKind, ...] = ("setting",)

_START = -(2**63)
"""Before every position, those that no desk gives out too."""

_PAGE = 5_000

_KEPT: Mapping[str, Callable[[Timekeeper], FactTable[Any]]] = {CLOCKS.name: clock_table, ANSWERED.name: answered_table}
"""Tables with clocks in them, which are made with the policies to judge by."""

_DIALS = ("as_of", "known_at", "policy")


def question(metric: Metric, by: str | None, asked: Asked) -> Question:
    """Return the question to *metric* that *asked* describes."""
    given: dict[str, Any] = {name: value for name, value in asked.items() if name not in _DIALS}
    return Question(metric=metric, by=by, **{"zone": UTC, **given})


def dialled(asked: Asked) -> dict[str, Any]:
    """Return what of *asked* says from where history is looked at."""
    found: dict[str, Any] = {name: value for name, value in asked.items() if name in _DIALS}
    for name in ("as_of", "known_at"):
        if (at := found.get(name)) is not None and (not isinstance(at, datetime) or at.utcoffset() is None):
            raise ValueError(f"{name} is {at!r}: give an aware datetime")
    return found


def ask(
    store: Store,
    host: Host,
    questions: Sequence[Question],
    dials: Dials,
    failing: Failing = refuse,
) -> list[Cut]:
    """Answer *questions*, of any tables, in their order; each table is read once.

    Args:
        store: The log.
        host: The plug-ins, with their fact tables.
        questions: What is asked.
        dials: From where history is looked at.
        failing: Told of a question whose metric or table fails; its cut is empty then, and the others are answered.

    Raises:
        NotUnderstood: A metric asks a table that is not there, or reads what is no column of it.
        PluginError: A metric or the fold of a table failed, and nobody is told of it otherwise; the message names the
            plug-in.
    """
    head = store.head() if dials.until is None else min(store.head(), dials.until)
    cuts: dict[int, Cut] = {}
    for name in dict.fromkeys(question.metric.table for question in questions):
        places = [place for place, question in enumerate(questions) if question.metric.table == name]
        asked = [questions[place] for place in places]
        found = _ask_table(store, host, table_of(host.tables, name, dials), asked, head, dials, failing)
        cuts |= dict(zip(places, found, strict=True))
    return [cuts[place] for place in range(len(questions))]


def _ask_table(
    store: Store,
    host: Host,
    table: FactTable[Any],
    asked: Sequence[Question],
    head: int,
    dials: Dials,
    failing: Failing,
) -> list[Cut]:
    """Answer the questions *asked* of *table*; what fails is told when all have been."""
    parked: list[Parked] = []
    joins = joins_for(store, joins_needed(asked, table), head, dials, parked)
    found_rows, lacking = rows(store, table, head, dials, parked), _lacking(parked, dials.lacking)
    cuts: list[Cut] = [{} for _ in asked]
    failures: list[tuple[Question, PluginError]] = []

    def note(question: Question, error: PluginError) -> None:
        failures.append((question, _of_plugin(host, "metric", question.metric.name, error)))

    try:
        cuts = answer(asked, found_rows, dials.as_of, lacking, table=table, joins=joins, failing=note)
    except PluginError as error:  # the table itself: none of its questions has an answer
        if table.name in _KEPT and isinstance(error.__cause__, NotUnderstood):
            raise error.__cause__ from None  # the policies that they are asked by make no sense
        failure = _of_plugin(host, "table", table.name, error)
        failures = [(question, failure) for question in asked]
    # A view may have gone on, by what others recorded, when its rows are read.
    end = max(head, dials.view.position()) if dials.view is not None else head
    position = head
    for index, question in enumerate(asked):
        last = max((one.evidence[-1] for one in cuts[index].values() if one.evidence), default=0)
        if last > end:
            cuts[index] = {}
            note(question, PluginError(f"the metric {question.metric} names events past {end}, the end of the log"))
        else:
            position = max(position, last)
    for question, failure in failures:
        failing(question, failure)
    stamped = partial(attrs.evolve, position=position, known_at=dials.known_at, policy=dials.policy)
    return [{key: stamped(one) for key, one in cut.items()} for cut in cuts]


def _of_plugin(host: Host, kind: str, name: str, error: PluginError) -> PluginError:
    """Return *error* with the plug-in that brought what failed; as it is where none did."""
    owner = host.owner(kind, name)
    if owner == "?":
        return error
    named = PluginError(f"the plug-in {owner}: {error}")
    named.__cause__ = error.__cause__
    return named


def from_log(
    store: Store,
    host: Host,
    *,
    as_of: datetime | None = None,
    known_at: datetime | None = None,
    policy: Document | None = None,
    until: int | None = None,
) -> Dials:
    """Return dials by which all is folded anew from the log, the policies too: no view and no table is trusted."""
    return Dials(
        as_of=as_of or newest(store, until) or datetime.now(UTC),
        known_at=known_at,
        keeper=partial(keeper_of_log, store, host.clocks, policy, known_at, until),
        policy=policy.policy.name if policy else None,
        until=until,
        lacking=lacking(store, host.found),
    )


def keeper_of_log(
    store: Store,
    clocks: Sequence[Clock],
    policy: Document | None = None,
    known_at: datetime | None = None,
    until: int | None = None,
) -> Timekeeper:
    """Return the engine of the clocks with the settings that the log has, or with *policy* in place of its policies.

    Raises:
        Damaged: A setting cannot be read.
    """
    histories: list[list[Recorded]] = []
    for _, story in store.stories(SETTINGS, store.head() if until is None else until, known_at=known_at):
        for recorded in story:
            if isinstance(recorded, Unreadable):
                raise Damaged(recorded.reason)
        histories.append([recorded for recorded in story if isinstance(recorded, Recorded)])
    settings, _ = of_log(histories, clocks=[clock.name for clock in clocks])
    return Timekeeper(of_document(policy, calendars=settings.calendars) if policy else settings, tuple(clocks))


def newest(store: Store, until: int | None = None) -> datetime | None:
    """Return the newest instant that the log speaks of up to position *until*; ``None``: nothing happened by then.

    It is that of the view: events about the keeping of records do not count.
    """
    found, after = None, _START
    while page := store.page(after, _PAGE, frozenset()):
        after = page[-1][0]
        for position, _, event in page:
            if until is not None and position > until:
                return found
            if isinstance(event, Unreadable) or event.TOPIC in ABOUT_RECORDS:
                continue
            if found is None or event.at > found:
                found = event.at
    return found


def table_of(tables: Mapping[str, FactTable[Any]], name: str, dials: Dials) -> FactTable[Any]:
    """Return the fact table called *name*, as *dials* have it: one with clocks in it goes by their policies.

    Raises:
        NotUnderstood: There is none.
    """
    if name not in tables:
        raise NotUnderstood(f"no fact table is called {name!r}; there are {', '.join(sorted(tables))}")
    return _KEPT[name](dials.keeper()) if name in _KEPT else tables[name]


def rows(store: Store, table: FactTable[Any], until: int, dials: Dials, parked: list[Parked]) -> Iterator[Any]:
    """Return the rows of *table*; what cannot be followed to its end is added to *parked* while they are read."""
    if table.name == TICKETS.name and dials.view is not None and dials.known_at is None:
        return facts(store, dials.view, dials.as_of, parked)
    stories = store.stories(table.streams, until, reads=table.reads, known_at=dials.known_at)
    return read(table, stories, dials.as_of, parked.append)


def joins_for(store: Store, needed: frozenset[str], until: int, dials: Dials, parked: list[Parked]) -> Joins:
    """Return what of :class:`Joins` is *needed*; what cannot be followed to its end is added to *parked*."""
    tickets, customers = ("tickets" in needed), ("customers" in needed)
    return Joins(
        tickets={row.ticket: row for row in rows(store, TICKETS, until, dials, parked)} if tickets else {},
        customers={row.customer: row for row in rows(store, CUSTOMERS, until, dials, parked)} if customers else {},
    )


def lacking(store: Store, plugins: Iterable[Found]) -> tuple[str, ...]:
    """Say what every answer lacks: rows that wait in quarantine, and plug-ins that could not be used."""
    waiting = store.aside_by_source().items()
    broken = [found for found in plugins if found.status not in ("ready", "blocked")]
    return (
        *(f"{count:,} row{'s' * (count > 1)} of {source} {_be(count)} in quarantine" for source, count in waiting),
        *(f"the plug-in {found.name} is {found.status}: {found.reason}" for found in broken),
    )


def _be(count: int) -> str:
    return "is" if count == 1 else "are"


def _lacking(parked: list[Parked], others: Iterable[str]) -> Iterable[str]:
    """Say what is parked, once each stream, when all rows have been read; then what else there is to say."""
    yield from say_parked({found.stream: found for found in parked}.values())
    yield from others
