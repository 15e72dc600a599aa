"""Why a published figure is not the one that the log gives now: the dials under which it was true, and what changed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from attrs import frozen

from ventanilla.adapters.audit.claims import Claim
from ventanilla.adapters.audit.recount import Recount
from ventanilla.adapters.audit.settings import settings
from ventanilla.adapters.audit.sweep import Held, Progress, when_held
from ventanilla.adapters.policies import Document, read_text
from ventanilla.core.errors import NotUnderstood
from ventanilla.core.events import SettingPublished
from ventanilla.core.streams import SETTING
from ventanilla.projections.behind import CountedRow
from ventanilla.projections.clock_table import CLOCKS

_POLICY = f"{SETTING}policy/"


@frozen(kw_only=True)
class Since:
    """What has happened to a ticket since a figure was true.

    Attributes:
        position: Its place in the log.
        topic: What it is.
        at: When it happened.
        recorded_at: When it was recorded.
    """

    position: int
    topic: str
    at: datetime
    recorded_at: datetime


@frozen(kw_only=True)
class Change:
    """A row that was counted otherwise then than it is now.

    Attributes:
        name: What it is of.
        ticket: Its ticket; ``None`` if it is of none.
        counted_then: Whether it counted.
        counted_now: Whether it counts.
        then: As what it counted.
        now: As what it counts.
        since: The events that were not known then, or had not happened.
    """

    name: str
    ticket: str | None
    counted_then: bool
    counted_now: bool
    then: Any
    now: Any
    since: tuple[Since, ...]


@frozen(kw_only=True)
class Explanation:
    """The dials under which a published figure was true.

    Attributes:
        as_of: As of when.
        known_at: Known at; ``None``: by all that is recorded.
        held: From when to when it was true of what was known; ``None`` where that is not the reason.
        policy: The older policy, with its version; ``None`` where that is not the reason.
        changes: The rows that were counted otherwise, by name; none where no row may be told alone.
    """

    as_of: datetime
    known_at: datetime | None
    held: Held | None
    policy: str | None
    changes: tuple[Change, ...]


def explain(now: Recount, claim: Claim, progress: Progress = lambda done, total: None) -> Explanation | None:
    """Return the dials under which *claim* was true; ``None`` if there are none, as far as was looked.

    Looked at are, in this order: what was known at each instant at which the figure changed; the end of the period;
    both; and each policy that is or was published.
    """
    end = now.question.until
    ends = [None] + ([end] if end is not None and end < now.dials.as_of else [])
    for as_of in ends:
        then = now if as_of is None else now.turned(as_of=as_of)
        if as_of is not None and claim.holds(then.figure()):
            return _explained(now, then, None, None)
        if held := when_held(then, claim, progress):
            return _explained(now, then.turned(known_at=held.last), held, None)
    if now.question.metric.table == CLOCKS.name and now.given.get("policy") is None:
        for name, document in _policies(now):
            for as_of in ends:
                then = now.turned(policy=document, **({} if as_of is None else {"as_of": as_of}))
                if claim.holds(then.figure()):
                    return _explained(now, then, None, name)
    return None


def _policies(now: Recount) -> Iterator[tuple[str, Document]]:
    """Return the versions of policies that the log has, newest first, each with its name and version."""
    calendars, clocks = now.dials.keeper().settings.calendars, [clock.name for clock in now.desk.host.clocks]
    found = [one for one in settings(now.desk.store, now.until, now.dials.known_at) if one.stream.startswith(_POLICY)]
    for recorded in sorted(found, key=lambda one: -one.position):
        if not isinstance(recorded.event, SettingPublished):
            continue
        name = f"{recorded.stream.removeprefix(_POLICY)}, version {recorded.event.version}"
        try:
            yield name, read_text(recorded.event.content, calendars=calendars, clocks=clocks)
        except NotUnderstood:  # the desk passes it over, too
            continue


def _explained(now: Recount, then: Recount, held: Held | None, policy: str | None) -> Explanation:
    return Explanation(
        as_of=then.dials.as_of,
        known_at=then.dials.known_at,
        held=held,
        policy=policy,
        changes=() if now.withheld else tuple(_changes(then, now)),
    )


def _changes(then: Recount, now: Recount) -> list[Change]:
    before = {row.id: row for row in then.rows()}
    found: list[Change] = []
    for row in now.rows():
        was = before.pop(row.id, None)
        if was is None or (was.value, was.excluded, was.key) != (row.value, row.excluded, row.key):
            found.append(_change(then, now, was, row, row))
    found += [_change(then, now, was, None, was) for was in before.values()]
    return sorted(found, key=lambda change: change.name)


def _change(then: Recount, now: Recount, was: CountedRow | None, row: CountedRow | None, of: CountedRow) -> Change:
    return Change(
        name=of.name,
        ticket=of.ticket,
        counted_then=was is not None and not was.excluded,
        counted_now=row is not None and not row.excluded,
        then=was.value if was else None,
        now=row.value if row else None,
        since=tuple(_since(then, now, of.ticket)),
    )


def _since(then: Recount, now: Recount, ticket: str | None) -> Iterator[Since]:
    known_at, as_of = then.dials.known_at, then.dials.as_of
    for recorded in now.desk.store.load(ticket) if ticket is not None else ():
        late = known_at is not None and recorded.recorded_at > known_at
        if recorded.position <= now.until and (late or as_of < recorded.event.at <= now.dials.as_of):
            yield Since(
                position=recorded.position,
                topic=recorded.event.TOPIC,
                at=recorded.event.at,
                recorded_at=recorded.recorded_at,
            )
