"""A figure as it was known at each instant at which it changed: every event's recording moves one stream at most.

So each stream is folded once for each of its own recordings, and the figure follows from the differences; the whole log
is never replayed for an instant. Only where rows depend on other streams, or on each other, it has to be; then not all
instants are looked at, which is said.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeAlias

import attrs
from attrs import define, frozen

from ventanilla.adapters.answers import keeper_of_log
from ventanilla.adapters.audit.claims import Claim
from ventanilla.adapters.audit.recount import Recount
from ventanilla.adapters.audit.settings import settings
from ventanilla.adapters.store.instants import instant
from ventanilla.core.recorded import Recorded
from ventanilla.projections.behind import Population
from ventanilla.projections.clock_table import CLOCKS, clock_table
from ventanilla.projections.joins import NO_JOINS, Joins, joins_needed
from ventanilla.projections.metric import Metric
from ventanilla.projections.summaries import Count, Share, Summary
from ventanilla.projections.table import FactTable, read
from ventanilla.projections.tickets import TICKETS

Progress: TypeAlias = Callable[[int, int], None]
Change: TypeAlias = "tuple[datetime, tuple[Any, ...], tuple[Any, ...]]"

LOOKS = 2_000
"""How often a figure that cannot be moved on is made anew from all values."""

REPLAYS = 40
"""How often the whole log is replayed where there is no other way."""

_PAGE = 5_000
_MOMENT = timedelta(microseconds=1)


@frozen(kw_only=True)
class Held:
    """When a claimed figure was true, the last time that it was.

    Attributes:
        first: Known from this instant on.
        last: The last recording that left it true.
        before: The recording that made it untrue; ``None``: none has.
        looked: At how many instants the figure was looked at.
        instants: At how many it may have changed.
    """

    first: datetime
    last: datetime
    before: datetime | None
    looked: int
    instants: int


def when_held(recount: Recount, claim: Claim, progress: Progress = lambda done, total: None) -> Held | None:
    """Return when *claim* was true of what was known then; ``None`` if it never was, as far as was looked."""
    limit = recount.dials.known_at
    needed = joins_needed([recount.question], recount.table)
    one_stream = not needed or (needed == {"tickets"} and recount.table.streams == ("ticket",))
    if recount.table.across is not None or recount.question.metric.once is not None or not one_stream:
        return _replayed(recount, claim, limit, progress)
    changes = sorted(_changes(recount, progress), key=lambda change: change[0])
    if limit is not None:
        changes = [change for change in changes if change[0] <= limit]
    return _followed(recount.question.metric, changes, claim)


def _changes(recount: Recount, progress: Progress) -> Iterator[Change]:
    """Return by how each recording changes what the question counts, in any order."""
    tables = _tables(recount)
    populations = [(since, table, Population(recount.question, table)) for since, table in tables]
    needs_ticket = "tickets" in joins_needed([recount.question], tables[-1][1])
    total, done = recount.desk.store.behind(0)[0], 0
    for stream, story in recount.desk.store.stories(recount.table.streams, recount.until):
        history: list[Recorded] = []
        for recorded in story:
            if not isinstance(recorded, Recorded):
                break
            history.append(recorded)
        if not history:
            continue
        first = history[0].recorded_at
        later = {since for since, _ in tables if since is not None and since > first}
        before: tuple[Any, ...] = ()
        for known_at in sorted({recorded.recorded_at for recorded in history} | later):
            known = [recorded for recorded in history if recorded.recorded_at <= known_at]
            _, table, population = next(one for one in reversed(populations) if one[0] is None or one[0] <= known_at)
            now = tuple(_values(recount, table, population, stream, known, needs_ticket=needs_ticket))
            if now != before:
                yield known_at, before, now
            before = now
        if done // _PAGE < (done := done + len(story)) // _PAGE:
            progress(done, total)


def _values(
    recount: Recount,
    table: FactTable[Any],
    population: Population,
    stream: str,
    known: Sequence[Recorded],
    *,
    needs_ticket: bool,
) -> Iterator[Any]:
    as_of, reads = recount.dials.as_of, table.reads
    looked = known if reads is None else [recorded for recorded in known if type(recorded.event) in reads]
    joins: Joins = NO_JOINS
    if needs_ticket:
        joins = Joins(tickets={row.ticket: row for row in read(TICKETS, [(stream, known)], as_of)})
    for row in population.behind(read(table, [(stream, looked)], as_of), as_of, joins):
        if not row.excluded and recount.has(row):
            yield row.value


def _tables(recount: Recount) -> list[tuple[datetime | None, FactTable[Any]]]:
    """Return the table, with the instant from which it is known: that of clocks changes with each setting."""
    if recount.table.name != CLOCKS.name:
        return [(None, recount.table)]
    desk, policy, until = recount.desk, recount.given.get("policy"), recount.until
    recordings = {recorded.recorded_at for recorded in settings(desk.store, until)}
    instants = [datetime.min.replace(tzinfo=recount.dials.as_of.tzinfo), *sorted(recordings)]
    return [
        (at if at in recordings else None, clock_table(keeper_of_log(desk.store, desk.host.clocks, policy, at, until)))
        for at in instants
    ]


@define
class _Running:
    """A figure that is moved on by values that come and go."""

    summary: Summary
    fewest: int
    values: Counter[Any] = attrs.Factory(Counter)
    n: int = 0
    hits: int = 0

    def move(self, gone: Sequence[Any], come: Sequence[Any]) -> None:
        self.n += len(come) - len(gone)
        self.hits += sum(map(bool, come)) - sum(map(bool, gone))
        if not self.moves:
            self.values.subtract(gone)
            self.values.update(come)

    @property
    def moves(self) -> bool:
        return type(self.summary) in (Count, Share)

    def value(self) -> float | None:
        if self.n < self.fewest:
            return None
        if isinstance(self.summary, Count):
            return self.n
        if isinstance(self.summary, Share):
            return self.hits / self.n if self.n else None
        return self.summary.of(list(self.values.elements())).value


def _followed(metric: Metric, changes: Sequence[Change], claim: Claim) -> Held | None:
    running, instants = _Running(metric.summary, metric.fewest), sorted({at for at, _, _ in changes})
    looked_at = set(instants) if running.moves else _thinned(instants, LOOKS)
    found: list[tuple[datetime, bool]] = []
    if instants:  # before anything was known
        found.append((instants[0] - _MOMENT, claim.holds(running.value())))
    for place, (at, gone, come) in enumerate(changes):
        running.move(gone, come)
        whole = place + 1 == len(changes) or changes[place + 1][0] != at
        if whole and at in looked_at:
            found.append((at, claim.holds(running.value())))
    return _last(found, len(instants) + 1)


def _replayed(recount: Recount, claim: Claim, limit: datetime | None, progress: Progress) -> Held | None:
    """Look at some instants, each by a replay of the whole log."""
    instants = sorted(at for at in _recordings(recount) if limit is None or at <= limit)
    looked_at = sorted(_thinned(instants, REPLAYS))
    found: list[tuple[datetime, bool]] = []
    for done, at in enumerate(looked_at, 1):
        found.append((at, claim.holds(recount.turned(known_at=at).figure())))
        progress(done, len(looked_at))
    return _last(found, len(instants))


def _recordings(recount: Recount) -> set[datetime]:
    found: set[int] = set()
    after, until = 0, recount.until
    while page := recount.desk.store.stored(after, _PAGE):
        found |= {row.recorded_at for row in page if row.position <= until}
        after = page[-1].position
    return {instant(at) for at in found}


def _thinned(instants: Sequence[datetime], count: int) -> set[datetime]:
    """Return *count* of *instants* at most, evenly, with the last."""
    if len(instants) <= count:
        return set(instants)
    return {instants[(number + 1) * len(instants) // count - 1] for number in range(count)}


def _last(found: Sequence[tuple[datetime, bool]], instants: int) -> Held | None:
    place = next((place for place in reversed(range(len(found))) if found[place][1]), None)
    if place is None:
        return None
    start = place
    while start and found[start - 1][1]:
        start -= 1
    before = found[place + 1][0] if place + 1 < len(found) else None
    return Held(first=found[start][0], last=found[place][0], before=before, looked=len(found), instants=instants)
