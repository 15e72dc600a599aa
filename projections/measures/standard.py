"""The standard facts of a ticket, declared: what came of it, how long it took, whether that was in time.

Durations are in open microseconds of the ticket's calendar. The first answer is awaited from the opening by the
customer, or their first message, to the first reply by a person; every further message of theirs that waits is a next
one. A settlement is no answer, but nobody is ``awaiting`` one after it. The resolution does not count pauses, nor the
time between a settlement and its withdrawal.

Whoever needs the clocks of a policy, with all its rules and versions, reads them from the
:class:`~ventanilla.projections.timekeeper.Timekeeper`; this is for millions of tickets at once.
"""

from __future__ import annotations

from collections.abc import Mapping

from ventanilla.core import events as on
from ventanilla.projections.expressions import AS_OF, column
from ventanilla.projections.measures.declared import (
    Count,
    Elapsed,
    First,
    Hours,
    Last,
    Spans,
    Target,
)
from ventanilla.projections.measures.table import Measures
from ventanilla.projections.timeline import COLUMNS, Column, happens

OPENED = happens(on.TicketOpened)
ASKED = (OPENED & column("origin").equals("customer")) | (
    happens(on.MessageReceived) & column("author").equals("customer")
)
ANSWERED = happens(on.ReplySent) & column("author").equals("agent")
TOUCHED = happens(on.ReplySent, on.NoteWritten) & column("author").equals("agent")
_WAS_SETTLED = column("settled_before").given() & column("settled_before")
PUT_AWAY = happens(on.TicketResolved, on.TicketClosed)
SETTLED = PUT_AWAY & ~_WAS_SETTLED
REOPENED = happens(on.TicketReopened) & column("settled").given()
"""Out of courtesy it says nothing of being settled."""

WAITS = Spans(opens=ASKED, closes=ANSWERED)
UNANSWERED = Spans(opens=ASKED, closes=ANSWERED | PUT_AWAY)
PAUSES = Spans(
    opens=happens(on.TicketPaused),
    closes=happens(on.TicketResumed) | PUT_AWAY | REOPENED,
    until="until",
)
OFF = Spans(
    opens=happens(on.TicketPaused) | PUT_AWAY,
    closes=happens(on.TicketResumed) | REOPENED,
    until="until",
)
"""When nobody works on it: it waits, or is settled."""

Targets = Mapping[str | None, float]
"""Seconds by priority; ``None``: for all others."""


def standard(
    *,
    hours: Hours | None = None,
    first_reply: Targets | None = None,
    resolution: Targets | None = None,
    columns: tuple[Column, ...] = COLUMNS,
) -> Measures:
    """Return the standard facts.

    Args:
        hours: Which calendar is a ticket's: by the fact ``calendar``, ``team``, …; ``None``: all are always open.
        first_reply: How many open seconds the first answer may take.
        resolution: How many the resolution may take.
        columns: The columns of the timeline.
    """
    return Measures(
        {
            "opened_at": First(OPENED),
            "settled_at": Last(SETTLED, unless=REOPENED),
            "status": Last(column("status").given(), "status"),
            "channel": First(OPENED, "channel"),
            "kind": Last(column("kind").given(), "kind"),
            "category": Last(column("category").given(), "category"),
            "priority": Last(column("priority").given(), "priority"),
            "team": Last(column("team").given(), "team"),
            "calendar": Last(column("calendar").given(), "calendar"),
            "first_reply": WAITS.first,
            "awaiting": UNANSWERED.running,
            "next_replies": WAITS.rest.count,
            "next_reply_sum": WAITS.rest.sum,
            "next_reply_max": WAITS.rest.max,
            "pauses": PAUSES.count,
            "paused": PAUSES.sum,
            "resolution": Elapsed(column("opened_at"), column("settled_at"), minus=OFF),
            "worked": Elapsed(column("opened_at"), column("settled_at").or_else(AS_OF), minus=OFF),
            "reopens": Count(REOPENED),
            "agent_touches": Count(TOUCHED),
            "first_reply_late": column("first_reply").or_else(column("awaiting"))
            > Target(first_reply or {}, column("priority")),
            "resolution_late": column("worked") > Target(resolution or {}, column("priority")),
            "due_at": Last(happens(on.TicketDueSet), "due"),
            "due_late": column("due_at") < column("settled_at").or_else(AS_OF),
        },
        hours=hours or Hours(),
        columns=columns,
    )
