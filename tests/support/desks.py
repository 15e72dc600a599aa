"""What tests of a desk do at it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from ventanilla import Actor, Desk, Recorded, hookimpl
from ventanilla.core.commands import (
    Categorise,
    Close,
    Command,
    Open,
    Prioritise,
    Reopen,
    Resolve,
    Route,
    SetDue,
    StateVerdict,
)

AT = datetime(2026, 1, 5, 9, tzinfo=UTC)
NOW = datetime(2026, 2, 1, 12, 30, 15, 123456, tzinfo=UTC)
HOUR = timedelta(hours=1)
AGENT = Actor("agent", "a7")
OPEN = Open(ticket="T-1", at=AT, actor=AGENT, channel="phone", facts={"district": "Roxbury", "ward": "4"})


def route(team: str, *, at: datetime = AT, ticket: str = "T-1") -> Route:
    return Route(ticket=ticket, at=at, actor=AGENT, team=team)


def resolve(at: datetime, *, ticket: str = "T-1") -> Resolve:
    return Resolve(ticket=ticket, at=at, actor=AGENT, code="fixed")


STORY: list[Command] = [
    OPEN,
    Categorise(ticket="T-1", at=AT, actor=AGENT, category="lights"),
    SetDue(ticket="T-1", at=AT, actor=AGENT, due=AT + 2 * HOUR),
    Open(ticket="T-2", at=AT + HOUR, actor=AGENT, channel="mail", facts={"district": "Dorchester"}),
    SetDue(ticket="T-2", at=AT + HOUR, actor=AGENT, due=AT + 9 * HOUR),
    Prioritise(ticket="T-2", at=AT + HOUR, actor=AGENT, priority="high"),
    resolve(AT + 3 * HOUR),
    StateVerdict(ticket="T-1", at=AT + 3 * HOUR, actor=AGENT, by="the city", verdict="breached"),
    route("blue", at=AT + 4 * HOUR, ticket="T-2"),
    resolve(AT + 5 * HOUR, ticket="T-2"),
    Reopen(ticket="T-1", at=AT + 6 * HOUR, actor=AGENT),
    Close(ticket="T-2", at=AT + 7 * HOUR, actor=AGENT),
    resolve(AT + 8 * HOUR),
]


def tell_story(desk: Desk) -> Desk:
    """Tell *desk* the whole story, and return it."""
    for command in STORY:
        desk.handle(command)
    return desk


class Hears:
    """A plug-in that remembers what it heard."""

    def __init__(self) -> None:
        self.heard: list[Sequence[Recorded]] = []

    @hookimpl
    def recorded(self, events: Sequence[Recorded]) -> None:
        """Remember what was recorded."""
        self.heard.append(events)
