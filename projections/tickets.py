"""The fact table of tickets: one row a ticket, folded from its events.

The row *is* the fold's state: nothing is kept beside it, so a view can be dropped and folded again, or folded on from
where it stands, and comes out the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Literal, assert_never

import attrs
from attrs import Factory, frozen

from ventanilla.core.events import (
    Event,
    TicketCategorised,
    TicketClosed,
    TicketDueSet,
    TicketOpened,
    TicketPrioritised,
    TicketReopened,
    TicketResolved,
    TicketRouted,
    Verdict,
    VerdictStated,
)


@frozen(kw_only=True)
class TicketFacts:
    """What the log says of one ticket.

    All instants are aware, UTC; ``None`` means that it has not happened, or happens no more. Each ``…_position`` names
    the event that the columns beside it come from (see :data:`SOURCES`).

    Attributes:
        ticket: The ticket's id.
        version: How many of its events are in here.
        last_at: The instant of the newest of them.
        status: Where the ticket stands.
        channel: How it came in.
        category: What kind of matter it is, now.
        priority: How much it matters, now.
        team: Who has it, now.
        code: How it was settled; stays through a reopening until it is settled anew.
        facts: Further dimensions given at the opening.
        opened_at: When it arrived.
        due_at: By when it should be settled: the due instant in force.
        breached_at: The first due instant that passed unsettled, or whose settlement a reopening withdrew. A softer due
            instant set later does not erase it.
        settled_at: When it was settled (resolved, or closed without having been); a reopening withdraws it.
        closed_at: When it was put away.
        reopens: How many times it was reopened.
        stated: What another system says of its timeliness.
        stated_by: Which one.
    """

    ticket: str
    version: int = 0
    last_at: datetime
    status: Literal["open", "resolved", "closed"] = "open"
    channel: str
    category: str | None = None
    priority: str | None = None
    team: str | None = None
    code: str | None = None
    facts: Mapping[str, str] = Factory(dict)
    opened_at: datetime
    due_at: datetime | None = None
    breached_at: datetime | None = None
    settled_at: datetime | None = None
    closed_at: datetime | None = None
    reopens: int = 0
    stated: Verdict | None = None
    stated_by: str | None = None
    opened_position: int
    categorised_position: int | None = None
    prioritised_position: int | None = None
    routed_position: int | None = None
    due_position: int | None = None
    breached_position: int | None = None
    settled_position: int | None = None
    closed_position: int | None = None
    reopened_position: int | None = None
    stated_position: int | None = None


SOURCES: Mapping[str, tuple[str, ...]] = {
    **{field.name: (field.name,) for field in attrs.fields(TicketFacts) if field.name.endswith("_position")},
    "ticket": ("opened_position",),
    "version": (),
    "last_at": (),
    "channel": ("opened_position",),
    "facts": ("opened_position",),
    "opened_at": ("opened_position",),
    "category": ("categorised_position",),
    "priority": ("prioritised_position",),
    "team": ("routed_position",),
    "due_at": ("due_position",),
    "breached_at": ("breached_position",),
    "code": ("settled_position",),
    "settled_at": ("settled_position", "reopened_position"),
    "closed_at": ("closed_position", "reopened_position"),
    "status": ("settled_position", "closed_position", "reopened_position"),
    "reopens": ("reopened_position",),
    "stated": ("stated_position",),
    "stated_by": ("stated_position",),
}
"""Which events a column comes from, as the columns that hold their positions."""

DIMENSIONS = ("channel", "category", "priority", "team", "code", "status")
"""The columns that every figure can be cut by; the names in ``facts`` come on top."""


def fold(row: TicketFacts | None, ticket: str, history: Iterable[tuple[int, Event]]) -> TicketFacts | None:
    """Return the facts of *ticket* after *history*, its next (position, event)s by version.

    Folding in two parts gives the same as folding at once. ``None`` is a ticket that has not been opened.
    """
    # One dictionary for the whole stretch: a new row for every event would cost more than all the rest.
    now: dict[str, Any] = attrs.asdict(row, recurse=False) if row else {"ticket": ticket, "version": 0}
    for position, event in history:
        if now.get("due_at") is not None:
            _keep_breach(now, event.at)
        now["version"] += 1
        now["last_at"] = event.at
        match event:
            case TicketOpened():
                now["channel"], now["facts"] = event.channel, event.facts
                now["opened_at"], now["opened_position"] = event.at, position
            case TicketCategorised():
                now["category"], now["categorised_position"] = event.category, position
            case TicketPrioritised():
                now["priority"], now["prioritised_position"] = event.priority, position
            case TicketRouted():
                now["team"], now["routed_position"] = event.team, position
            case TicketDueSet():
                now["due_at"], now["due_position"] = event.due, position
            case TicketResolved():
                now["status"], now["code"] = "resolved", event.code
                now["settled_at"], now["settled_position"] = event.at, position
            case TicketReopened():
                now["status"], now["settled_at"], now["closed_at"] = "open", None, None
                now["reopens"], now["reopened_position"] = now.get("reopens", 0) + 1, position
            case TicketClosed():
                now["status"], now["closed_at"], now["closed_position"] = "closed", event.at, position
                if now.get("settled_at") is None:
                    now["settled_at"], now["settled_position"] = event.at, position
            case VerdictStated():
                now["stated"], now["stated_by"], now["stated_position"] = event.verdict, event.by, position
            case _:
                assert_never(event)
    return TicketFacts(**now) if now["version"] else None


def _keep_breach(now: dict[str, Any], at: datetime) -> None:
    """Note that the due instant has passed unsettled, before an event at *at* changes what is due or settled."""
    if at > now["due_at"] and now.get("settled_at") is None and now.get("breached_at") is None:
        now["breached_at"], now["breached_position"] = now["due_at"], now["due_position"]
