"""The team: turnover, workload, productivity, utilisation and occupancy."""

from __future__ import annotations

from ventanilla.plugins.metrics.declare import VOID_EDGE, declared
from ventanilla.projections.expressions import Expression, column
from ventanilla.projections.metric import Metric
from ventanilla.projections.summaries import Count, Ratio, RatioOfKnown, Sum
from ventanilla.projections.summaries.groups import PerGroup

HOUR = 3_600
_NEVER_RANK = "Rank nobody by it: a few tickets say little, and agents choose them no more than customers do."


def _turnover(span: str) -> Metric:
    suffix = {"month": "", "quarter": "_quarterly", "year": "_yearly"}[span]
    return declared(
        name=f"staff_turnover{suffix}",
        question=f"Which part of the staff left in a {span}?",
        formula="separations by average headcount, the mean of that at the start and that at the end: 13 / 200 = "
        "6.5 %. "
        "Churn of customers divides by the start; turnover does not.",
        population=f"agents, persons, and {span}s; dated by the first instant of the {span}.",
        edges=f"Over several {span}s it is a mean per {span}: nothing is annualised. Bots are no staff. The {span} "
        "that "
        "runs is left out, and counted. Who came and left in it is a separation of nobody's average.",
        source="Article 004, staff turnover; Employers Council.",
        table=f"headcounts_{span}",
        unit="ratio",
        better="lower",
        where=column("average").given(),
        excludes={"period not over": ~column("over")},
        value=column("separations").paired(column("average")),
        summary=Ratio(),
        dated=column("since"),
    )


def _labour(name: str, question: str, formula: str, pair: tuple[Expression, Expression], source: str) -> Metric:
    over, under = pair
    return declared(
        name=name,
        question=question,
        formula=formula,
        population="shifts that were worked, entries of working time, arrivals and settlements, each dated by when it "
        "happened. Cut by agent.",
        edges="Without any shift in the window it is unknown, whatever was worked: nobody knows how much more time "
        f"there was. A shift is dated by when it was told. {_NEVER_RANK} {VOID_EDGE}",
        source=source,
        table="labour",
        unit="ratio" if name in ("utilisation", "occupancy") else "score",
        better="neither" if name == "arrivals_per_staffed_hour" else "higher",
        where=column("at").given(),
        excludes={},
        value=over.paired(under).paired(column("sort").equals("shift")),
        summary=RatioOfKnown("no shift is on record"),
        dated=column("at"),
    )


_PAID_HOURS = column("paid") / HOUR

METRICS: tuple[Metric, ...] = (
    *(_turnover(span) for span in ("month", "quarter", "year")),
    declared(
        name="workload",
        question="How many open tickets are assigned? Cut by agent.",
        formula="count of open tickets that an agent has.",
        population="tickets that are open at the instant of asking and assigned, dated by their opening.",
        edges=VOID_EDGE,
        source="Article 001, workload per person.",
        table="times",
        unit="count",
        where=~column("settled_at").given() & column("agent").given(),
        value=column("agent"),
        summary=Count(),
        dated=column("opened_at"),
    ),
    declared(
        name="workload_per_agent",
        question="How many open tickets does an agent have who has any?",
        formula="open tickets that an agent has, by agents who have any.",
        population="tickets that are open at the instant of asking and assigned, dated by their opening.",
        edges=f"Agents without a ticket are not in it. {VOID_EDGE}",
        source="Article 001, workload per person.",
        table="times",
        unit="score",
        better="lower",
        where=~column("settled_at").given() & column("agent").given(),
        value=column("reopens").equals(column("reopens")).paired(column("agent")),
        summary=PerGroup(),
        dated=column("opened_at"),
    ),
    declared(
        name="work_put_in",
        question="How much working time was put in? Cut by agent.",
        formula="sum of the entries of working time.",
        population="entries of working time, dated by when.",
        edges="On spam and tests too: it was worked. Nothing is taken from elapsed time.",
        source="Article 001, workload weighted by effort.",
        table="labour",
        unit="seconds",
        where=column("sort").equals("entry"),
        excludes={},
        value=column("handled"),
        summary=Sum(),
        dated=column("at"),
    ),
    _labour(
        "arrivals_per_staffed_hour",
        "How many tickets arrive in a paid hour?",
        "tickets opened, by hours paid for.",
        (column("arrived"), _PAID_HOURS),
        "Article 001, workload per person.",
    ),
    _labour(
        "productivity",
        "How many tickets are settled in a paid hour? A shared ticket is its last resolver's.",
        "tickets settled, by hours paid for.",
        (column("settled"), _PAID_HOURS),
        "Article 001, productivity per person; resolved_by_touch_share divides shared tickets otherwise.",
    ),
    _labour(
        "utilisation",
        "Which part of the paid time was worked, or free to work?",
        "(working time put in + time available) / paid time.",
        (column("ready"), column("paid")),
        "COPC: (handle + available) / paid time on site.",
    ),
    _labour(
        "occupancy",
        "Which part of the time worked or free to work was worked?",
        "working time put in / (working time put in + time available).",
        (column("handled"), column("ready")),
        "COPC: handle / (handle + available).",
    ),
)
"""All of them."""
