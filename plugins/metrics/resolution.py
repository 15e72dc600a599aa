"""Resolution: how long it took, where the time went, and how old what is open is."""

from __future__ import annotations

from ventanilla.plugins.metrics.declare import COURTESY_EDGE, VOID_EDGE, Times, declared
from ventanilla.projections.expressions import AS_OF, column
from ventanilla.projections.metric import Metric
from ventanilla.projections.summaries import Count, Share
from ventanilla.projections.summaries.survival import Survival

DAY = 86_400
_OPENED, _SETTLED = column("opened_at"), column("settled_at")
_SURVIVORS = "Only what is settled is in it, so that slow open tickets are missing: see time_to_resolve and open_age."
_EXAMPLE = (
    "A published Zendesk life cycle (new 5 h, open 3.5 h, on hold 27 h) prints requester wait 41 h, agent work 13.5 h, "
    "open 8.5 h and on hold 27.5 h; right are 35.5 h, 8.5 h, 3.5 h and 27 h."
)


def _time(name: str, what: str, formula: str, source: str) -> Times:
    return Times(
        name=name,
        what=what,
        formula=formula,
        population="tickets that are settled, dated by their last settlement.",
        edges=f"Closed straight away is settled. {COURTESY_EDGE} {_SURVIVORS} {VOID_EDGE}",
        source=source,
        table="times",
        where=_SETTLED.given(),
        value=column(name.removesuffix("_time")),
        dated=_SETTLED,
    )


_ARTICLES = "Articles 001, 003 and 004, which differ on what begins and ends it; Zendesk."
_TIMES = (
    _time(
        "first_resolution_time", "a ticket took to its first settlement", "first settlement less opening.", _ARTICLES
    ),
    _time(
        "full_resolution_time",
        "a ticket took to its last settlement",
        "last settlement less opening, the time settled before a reopening included.",
        _ARTICLES,
    ),
    _time(
        "net_resolution_time",
        "a ticket lay with the desk and nobody waited for anybody",
        "full resolution time less the time settled or paused.",
        "Frappe and Zendesk: hold is left out.",
    ),
    _time(
        "requester_wait_time",
        "a customer waited for the desk, or it for a third party",
        "agent work and time on hold.",
        "Zendesk, requester wait time: new, open and on hold. " + _EXAMPLE,
    ),
    _time(
        "agent_work_time",
        "a ticket lay with the desk and nobody else",
        "all time neither settled nor waiting for the customer or a third party; snoozed, by choice, it is in it.",
        "Zendesk: new and open. agent_work + agent_wait + on_hold is all time until it was settled. " + _EXAMPLE,
    ),
    _time("agent_wait_time", "the desk waited for the customer", "time paused for the customer.", "Zendesk: pending."),
    _time("on_hold_time", "the desk waited for a third party", "time paused for a third party.", "Zendesk: on hold."),
)


def _estimate(name: str, part: float, words: str) -> Metric:
    return declared(
        name=name,
        question=f"By which age is {words} of all tickets settled, the open ones counted as far as they have come?",
        formula="Kaplan-Meier estimate: the age at which the part that is still open falls so low.",
        population="all tickets, open ones with their age so far, dated by their opening.",
        edges=f"Unknown where too many are open still. Last settlements count. {COURTESY_EDGE} {VOID_EDGE}",
        source="Kaplan and Meier 1958. The mean of what is settled (article 004) leaves out the slow ones.",
        table="times",
        unit="seconds",
        better="lower",
        where=_OPENED.given(),
        value=column("life"),
        summary=Survival(part),
        dated=_OPENED,
    )


METRICS: tuple[Metric, ...] = (
    *(metric for times in _TIMES for metric in times.metrics()),
    _estimate("time_to_resolve", 0.5, "half"),
    _estimate("time_to_resolve_p90", 0.9, "nine in ten"),
    *Times(
        name="open_age",
        what="an open ticket has been waiting for its settlement",
        formula="now less opening.",
        population="tickets that are open at the instant of asking, dated by their opening.",
        edges=f"{COURTESY_EDGE} {VOID_EDGE}",
        source="Article 004, queries that take months or get lost.",
        table="times",
        where=~_SETTLED.given(),
        value=column("age"),
        dated=_OPENED,
    ).metrics(),
    *(
        declared(
            name=f"open_over_{days}_days",
            question=f"How many tickets have been open for more than {days} days?",
            formula=f"count of open tickets older than {days} days.",
            population="tickets that are open at the instant of asking, dated by their opening.",
            edges=f"{COURTESY_EDGE} {VOID_EDGE}",
            source="Article 004, queries that take months or get lost.",
            table="times",
            unit="count",
            better="lower",
            where=~_SETTLED.given() & (column("age") > days * DAY),
            value=_OPENED,
            summary=Count(),
            dated=_OPENED,
        )
        for days in (7, 30, 90)
    ),
    declared(
        name="stale_tickets",
        question="On how many open tickets has nothing happened for more than 7 days?",
        formula="count of open tickets whose newest event is older than 7 days.",
        population="tickets that are open at the instant of asking, dated by their opening.",
        edges=f"{COURTESY_EDGE} {VOID_EDGE}",
        source="Article 003: never leave tickets unsolved. The 7 days are our choice.",
        table="times",
        unit="count",
        better="lower",
        where=~_SETTLED.given() & (AS_OF - column("last_at") > 7 * DAY),
        value=_OPENED,
        summary=Count(),
        dated=_OPENED,
    ),
    declared(
        name="reopen_rate",
        question="Which share of the tickets that were ever settled came back?",
        formula="tickets reopened at least once, by tickets settled at least once.",
        population="tickets that were ever settled, dated by their opening.",
        edges=f"{COURTESY_EDGE} {VOID_EDGE}",
        source="Intercom, count of reopens.",
        table="times",
        unit="ratio",
        better="lower",
        where=column("first_resolution").given(),
        value=column("reopens") > 0,
        summary=Share(),
        dated=_OPENED,
    ),
)
"""All of them."""
