"""Promises and follow-ups: what was said, and whether it was done by then."""

from __future__ import annotations

from ventanilla.plugins.metrics.declare import VOID_EDGE, declared
from ventanilla.projections.expressions import Expression, column
from ventanilla.projections.metric import Metric
from ventanilla.projections.summaries import Count, Share

_STATE, _DUE = column("state"), column("due")
_JUDGED = _STATE.among("kept", "late", "broken", "overdue")
_EDGES = (
    "Done exactly when due is kept. Overdue and not done is not kept, and not broken yet. What was withdrawn with the "
    "customer's consent, and what is not due yet, counts in no share. " + VOID_EDGE
)
_SOURCE = "Articles 002 and 003, keeping promises on time, and showing it."


def _share(name: str, question: str, formula: str, value: Expression, table: str = "promises") -> Metric:
    return declared(
        name=name,
        question=question,
        formula=formula,
        population=f"{table.replace('_', '-')} that are due, kept or broken, dated by their due instant.",
        edges=_EDGES,
        source=_SOURCE if table == "promises" else "Articles 001 and 003, follow-up after contact.",
        table=table,
        unit="ratio",
        better="higher",
        where=_JUDGED,
        value=value,
        summary=Share(),
        dated=_DUE,
    )


METRICS: tuple[Metric, ...] = (
    _share(
        "promises_kept",
        "Which share of the promises was kept on time?",
        "kept on time, by due.",
        _STATE.equals("kept"),
    ),
    _share(
        "promises_kept_and_told",
        "Which share of the promises was kept on time, and the customer told of it unasked?",
        "kept on time and told, by due.",
        _STATE.equals("kept") & column("told"),
    ),
    *(
        declared(
            name=f"promises_{state}",
            question=f"How many promises are {state}?",
            formula=f"count of promises that are {state}.",
            population="promises made on tickets that count, dated by their due instant.",
            edges=_EDGES,
            source=_SOURCE,
            table="promises",
            unit="count",
            better="neither" if state in ("pending", "withdrawn") else "lower",
            where=_STATE.equals(state),
            value=_DUE,
            summary=Count(),
            dated=_DUE,
        )
        for state in ("late", "broken", "overdue", "pending", "withdrawn")
    ),
    _share(
        "follow_ups_done",
        "Which share of the planned follow-ups was done in time?",
        "done by when it was due, by due.",
        _STATE.equals("kept"),
        "follow_ups",
    ),
)
"""All of them."""
