"""The fact table of ratings of support: answers about tickets, with who had the ticket when it was resolved."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import attrs
from attrs import frozen

from ventanilla.core import events as on
from ventanilla.core.events import Event
from ventanilla.core.recorded import Recorded
from ventanilla.core.streams import is_ticket
from ventanilla.projections.experience import answers
from ventanilla.projections.experience.answers import SurveyAnswer
from ventanilla.projections.experience.history import experience_table


@frozen(kw_only=True)
class Rating(SurveyAnswer):
    """An answer, and whom it rates: whoever had the ticket at the resolution that it is about, not whoever has it now.

    Attributes:
        rated_agent: Who had the ticket at its last resolution before they were asked, or before they answered where no
            offer is known; the agent, where it is about one. ``None``: nobody had it, or it was never resolved.
        rated_team: Likewise which team.
        cycle: Which resolution of the ticket that was: 1, 2, 3, …
        handled: The assignment, the routing and the resolution.
    """

    rated_agent: str | None = None
    rated_team: str | None = None
    cycle: int | None = None
    handled: tuple[int, ...] = ()


@frozen(kw_only=True)
class _Resolution:
    """A resolution of a ticket, with who had it then."""

    ticket: str
    at: datetime
    agent: str | None
    team: str | None
    cycle: int
    handled: tuple[int, ...]


_HANDLING: tuple[type[Event], ...] = (
    *(on.TicketAssigned, on.TicketUnassigned, on.TicketRouted),
    *(on.TicketResolved, on.TicketReopened),
)


def _rows(history: Sequence[Recorded]) -> Iterator[Rating | _Resolution]:
    if is_ticket(history[0].stream):
        yield from _resolutions(history)
        return
    for answer in answers.rows(history):
        if answer.about_kind in ("ticket", "agent", "team"):
            yield Rating(**{field.name: getattr(answer, field.name) for field in attrs.fields(SurveyAnswer)})


def _resolutions(history: Sequence[Recorded]) -> Iterator[_Resolution]:
    agent: str | None = None
    team: str | None = None
    cycle, resolved = 0, False
    assigned: tuple[int, ...] = ()
    routed: tuple[int, ...] = ()
    for recorded in history:
        match recorded.event:
            case on.TicketAssigned():
                agent, assigned = recorded.event.agent, (recorded.position,)
            case on.TicketUnassigned():
                agent, assigned = None, (recorded.position,)
            case on.TicketRouted():
                team, routed = recorded.event.team, (recorded.position,)
            case on.TicketReopened():
                resolved = False
            case on.TicketResolved(at=at) if not resolved:
                cycle, resolved = cycle + 1, True
                yield _Resolution(
                    ticket=recorded.stream,
                    at=at,
                    agent=agent,
                    team=team,
                    cycle=cycle,
                    handled=(*assigned, *routed, recorded.position),
                )
            case _:
                pass


def _rated(rows: Sequence[Any], _: datetime) -> Iterator[Rating]:
    resolved: dict[str, list[_Resolution]] = {}
    for row in rows:
        if isinstance(row, _Resolution):
            resolved.setdefault(row.ticket, []).append(row)
    for row in rows:
        if not isinstance(row, Rating):
            continue
        if row.about_kind == "agent":
            yield attrs.evolve(row, rated_agent=row.about)
        elif row.about_kind == "team":
            yield attrs.evolve(row, rated_team=row.about)
        else:
            yield _at_resolution(row, resolved.get(row.ticket or "", ()))


def _at_resolution(row: Rating, resolutions: Sequence[_Resolution]) -> Rating:
    asked_at = row.offered_at or row.answered_at
    place = bisect_right(resolutions, asked_at, key=lambda resolution: resolution.at)
    if not place:
        return row
    found = resolutions[place - 1]
    return attrs.evolve(row, rated_agent=found.agent, rated_team=found.team, cycle=found.cycle, handled=found.handled)


RATINGS = experience_table(
    name="ratings",
    about="one row an answer about a ticket, an agent or a team, with whom it rates",
    row=Rating,
    streams=("feedback", "ticket"),
    reads=(*answers.READS, *_HANDLING),
    rows=_rows,
    across=_rated,
    dimensions=(*answers.DIMENSIONS, "rated_agent", "rated_team", "cycle"),
    sources={**answers.SOURCES, **dict.fromkeys(("rated_agent", "rated_team", "cycle", "handled"), ("handled",))},
)
