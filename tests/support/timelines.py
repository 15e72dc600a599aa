"""Random histories of tickets, and their columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import numpy as np
from hypothesis import strategies as st

from ventanilla.adapters.store import Commit, Store
from ventanilla.core import events as on
from ventanilla.core.events import TicketEvent
from ventanilla.core.recorded import Recorded
from ventanilla.projections.calendar import ALWAYS, calendar
from ventanilla.projections.measures import Hours
from ventanilla.projections.measures.batch import Events
from ventanilla.projections.measures.over import Values, values_of
from ventanilla.projections.timeline import COLUMNS, Column, Rows

BEGIN = datetime(2026, 3, 27, 6, tzinfo=UTC)
"""Two days before Berlin's clocks go forward, nine before those of Lord Howe go back by half an hour."""

_WEEK = ("mon", "tue", "wed", "thu", "fri")
HOURS = Hours(
    by="calendar",
    calendars={
        "berlin": calendar(
            {
                "tz": "Europe/Berlin",
                "weekly": {day: [["08:00", "12:00"], ["13:00", "17:30"]] for day in _WEEK},
                "holidays": ["2026-04-03", "2026-04-06"],
            },
            name="berlin",
        ),
        "night": calendar(
            {"tz": "Australia/Lord_Howe", "weekly": {day: [["22:00", "06:00"]] for day in (*_WEEK, "sat", "sun")}},
            name="night",
        ),
    },
    otherwise=ALWAYS,
)

instants = st.integers(0, 14 * 86_400 * 4).map(lambda quarter: BEGIN + timedelta(seconds=quarter / 4)) | st.integers(
    0, 14 * 24
).map(lambda hour: BEGIN + timedelta(hours=hour))
"""Within two weeks, and often the same one twice."""


@st.composite
def events(draw: st.DrawFn) -> Any:
    """Return any event that a measure might look at; what the rules of the core would say does not matter here."""
    at = draw(instants)
    name = draw(st.sampled_from(["calendar", "status", "other"]))
    author: Any = draw(st.sampled_from(["customer", "agent", "bot"]))
    return draw(
        st.sampled_from(
            [
                on.TicketOpened(at=at, channel="mail", facts=draw(st.sampled_from([{}, {"calendar": "night"}]))),
                on.TicketOpened(at=at, channel="phone", origin="agent", kind="request", facts={"status": "new"}),
                on.MessageReceived(at=at, message="m", channel="mail", author_kind=author),
                on.MessageReceived(at=at, message="m", channel="social", public=True),
                on.ReplySent(at=at, message="m", channel="mail", author="a", author_kind=author),
                on.ReplySent(at=at, message="m", channel="mail", author="a"),
                on.NoteWritten(at=at, message="m", author="a"),
                on.TicketPaused(at=at, reason="customer"),
                on.TicketPaused(at=at, reason="snoozed", until=draw(instants)),
                on.TicketResumed(at=at),
                on.TicketResolved(at=at, code="fixed"),
                on.TicketReopened(at=at, because=draw(st.sampled_from([None, "courtesy"]))),
                on.TicketClosed(at=at),
                on.TicketPrioritised(at=at, priority=draw(st.sampled_from(["low", "high"]))),
                on.TicketRouted(at=at, team="north"),
                on.TicketDueSet(at=at, due=draw(instants)),
                on.FactSet(at=at, name=name, value="berlin"),
                on.TicketTagged(at=at, tag="t"),
            ]
        )
    )


histories = st.lists(st.lists(events(), min_size=1, max_size=12), max_size=5).map(
    lambda found: {f"T-{number}": recorded(number, history) for number, history in enumerate(found)}
)
"""Histories by ticket, in the order in which they were recorded, which is not that in which they happened."""


def recorded(number: int, history: Sequence[TicketEvent]) -> list[Recorded]:
    return [
        Recorded(
            position=10 * version + number,
            stream=f"T-{number}",
            version=version,
            recorded_at=BEGIN + timedelta(days=30),
            actor="agent:maria" if version % 2 else "channel:mail",
            allowed_by="1/agent",
            cause="command:x",
            event=event,
        )
        for version, event in enumerate(history, 1)
    ]


def rows_of(history: Sequence[Recorded], columns: tuple[Column, ...] = COLUMNS) -> list[SimpleNamespace]:
    """Return the rows of *history* in the order of the timeline."""
    rows = Rows(columns)
    made = [rows.row(position=one.position, actor=one.actor, event=one.event) for one in history]
    return sorted(made, key=lambda row: (row.at, row.position))


def in_columns(found: Mapping[str, Sequence[Recorded]], columns: tuple[Column, ...] = COLUMNS) -> Events:
    """Return *found* as columns, made the plain way."""
    rows = {ticket: rows_of(history, columns) for ticket, history in found.items()}
    every = [row for some in rows.values() for row in some]
    kinds = {"topic": "word", "actor": "word", "at": "number", "position": "number"} | {
        column.name: column.kind for column in columns
    }
    return Events(
        ids=list(rows),
        ticket=np.repeat(np.arange(len(rows)), [len(some) for some in rows.values()]),
        columns={name: _column(kind, [getattr(row, name) for row in every]) for name, kind in kinds.items()},
    )


def _column(kind: str, found: list[Any]) -> Values:
    if kind in ("word", "flag"):
        words = {None: 0}
        codes = [words.setdefault(one, len(words)) for one in found]
        return Values(np.array(codes, np.uint8), words=tuple(words))
    return (
        values_of(found)
        if any(one is not None for one in found)
        else Values(np.zeros(len(found), np.int64), np.zeros(len(found), np.bool_))
    )


def some() -> list[list[Recorded]]:
    """Return the histories of some tickets, over two changes of the clock."""

    def at(hour: float) -> datetime:
        return BEGIN + timedelta(hours=hour)

    told: list[list[Any]] = [
        [
            on.TicketOpened(at=at(0), channel="mail", facts={"calendar": "berlin"}),
            on.ReplySent(at=at(3), message="m-1", channel="mail", author="a", words=12),
            on.TicketResolved(at=at(80), code="fixed"),
            on.TicketClosed(at=at(150)),
        ],
        [
            on.TicketOpened(at=at(5), channel="phone", facts={"calendar": "night"}),
            on.TicketPrioritised(at=at(6), priority="high"),
            on.TicketPaused(at=at(20), reason="snoozed", until=at(30)),
            on.MessageReceived(at=at(28), message="m-1", channel="mail"),
            on.TicketResolved(at=at(70), code="fixed"),
            on.TicketReopened(at=at(90)),
            on.MessageReceived(at=at(60), message="m-late", channel="mail"),  # mail comes late
            on.TicketResolved(at=at(220), code="fixed"),
        ],
        [on.TicketOpened(at=at(110), channel="phone", origin="agent"), on.TicketPaused(at=at(111), reason="customer")],
        [
            on.TicketOpened(at=at(40), channel="chat"),
            on.TicketRouted(at=at(41), team="north"),
            on.MessageReceived(at=at(41), message="m-1", channel="chat", public=True),
        ],
    ]
    return [recorded(number, history) for number, history in enumerate(told, 1)]


def record(store: Store, history: Iterable[Recorded]) -> None:
    """Record *history* as it is."""
    store.append(
        [
            Commit(
                stream=one.stream,
                version=one.version - 1,
                events=(one.event,),
                actor=one.actor,
                cause=one.cause,
                allowed_by=one.allowed_by,
            )
            for one in history
        ],
        recorded_at=datetime(2026, 6, 1, tzinfo=UTC),
    )


def facts_of(parts: Iterable[Any]) -> dict[str, dict[str, Any]]:
    """Return facts by ticket."""
    found: dict[str, dict[str, Any]] = {}
    for part in parts:
        lists = [values.to_list() for values in part.facts.values()]
        for ticket, row in zip(part.tickets, zip(*lists, strict=True), strict=True):
            found[ticket] = dict(zip(part.facts, row, strict=True))
    return found
