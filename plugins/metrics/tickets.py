"""What is asked first of any desk: how many tickets, how many settled, in which time, how many open."""

from __future__ import annotations

from ventanilla.plugins.metrics.declare import COURTESY_EDGE, MEDIAN, P90, declared
from ventanilla.projections.clocks import BREACHED, JUDGED
from ventanilla.projections.expressions import AS_OF, Expression, column
from ventanilla.projections.metric import Metric
from ventanilla.projections.summaries import Count, Quantile, Share

_OPENED, _DUE = column("opened_at"), column("due_at")
_SETTLED = column("settled_at").given()
_AGREES = (BREACHED & column("stated").equals("breached")) | (~BREACHED & column("stated").equals("met"))
_ALL = "Everything counts, spam, tests and merged tickets too: see {}."


def _count(name: str, question: str, where: Expression, dated: str, edges: str, *, down: bool = False) -> Metric:
    return declared(
        name=name,
        question=question,
        formula="count of tickets.",
        population=f"tickets, dated by {'settlement' if dated == 'settled_at' else 'opening'}.",
        edges=edges,
        source="Article 004, ticket volume.",
        table="tickets",
        unit="count",
        better="lower" if down else "neither",
        where=where,
        excludes={},
        value=column(dated),
        summary=Count(),
        dated=column(dated),
    )


def _time(name: str, question: str, summary: Quantile) -> Metric:
    return declared(
        name=name,
        question=question,
        formula=f"quantile {summary.part} of settlement less opening, around the clock.",
        population="settled tickets, dated by settlement.",
        edges=f"A reopening withdraws the settlement. {COURTESY_EDGE} Only what is settled is in it: time_to_resolve "
        "counts the open ones, too. " + _ALL.format("full_resolution_time"),
        source="Articles 001, 003 and 004, resolution time.",
        table="tickets",
        unit="seconds",
        better="lower",
        where=_SETTLED,
        excludes={},
        value=column("settled_at") - _OPENED,
        summary=summary,
        dated=column("settled_at"),
    )


METRICS: tuple[Metric, ...] = (
    _count("tickets", "How many tickets were opened?", _OPENED.given(), "opened_at", _ALL.format("ticket_volume")),
    _count(
        "settled",
        "How many tickets were settled, and have not come back?",
        _SETTLED,
        "settled_at",
        f"Resolved, or closed without that. {COURTESY_EDGE} " + _ALL.format("resolved_by_last_resolver"),
    ),
    declared(
        name="on_time",
        question="Which share of the tickets with a due instant was settled by then? Open and overdue counts as no; "
        "open and not yet due does not count.",
        formula="tickets settled by their due instant, by tickets with a due instant whose verdict is known.",
        population="tickets with a due instant that are settled, or overdue; dated by that instant.",
        edges="Settled exactly then is on time. The due instant in force counts. sla_met asks the clocks of policies. "
        + COURTESY_EDGE,
        source="Article 003, solved in time; the due instants of the tickets themselves.",
        table="tickets",
        unit="ratio",
        better="higher",
        where=JUDGED,
        excludes={},
        value=~BREACHED,
        summary=Share(),
        dated=_DUE,
    ),
    _time(
        "resolution_time", "How long did half of the settled tickets take at most, from opening to settlement?", MEDIAN
    ),
    _time("resolution_time_p90", "How long did nine in ten of the settled tickets take at most?", P90),
    _count(
        "backlog",
        "How many tickets are open?",
        ~_SETTLED,
        "opened_at",
        f"{COURTESY_EDGE} " + _ALL.format("open_tickets"),
        down=True,
    ),
    declared(
        name="backlog_age",
        question="How old is half of the open tickets at least?",
        formula="median of now less opening.",
        population="open tickets, dated by opening.",
        edges=f"{COURTESY_EDGE} " + _ALL.format("open_age"),
        source="Article 004, queries that take months or get lost.",
        table="tickets",
        unit="seconds",
        better="lower",
        where=~_SETTLED,
        excludes={},
        value=AS_OF - _OPENED,
        summary=MEDIAN,
        dated=_OPENED,
    ),
    declared(
        name="verdict_agreement",
        question="On which share of the settled tickets do we agree with the verdict that another system stated?",
        formula="tickets on which our verdict is theirs, by tickets with both.",
        population="settled tickets with a due instant and a verdict of another system, dated by settlement.",
        edges="The last verdict stated counts, whoever stated it.",
        source="Ours: to find out whether another system judges as this one does.",
        table="tickets",
        unit="ratio",
        better="higher",
        where=_SETTLED & _DUE.given() & column("stated").given(),
        excludes={},
        value=_AGREES,
        summary=Share(),
        dated=column("settled_at"),
    ),
)
"""All of them."""
