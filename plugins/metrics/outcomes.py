"""Complaints, case resolution and conversion: what became of what came in."""

from __future__ import annotations

from ventanilla.plugins.metrics.declare import COURTESY_EDGE, VOID, VOID_EDGE, declared
from ventanilla.projections.expressions import Expression, column
from ventanilla.projections.metric import Metric
from ventanilla.projections.summaries import Count, Share, Sum

_COMPLAINT, _OUTCOME, _RECEIVED = column("complaint"), column("outcome"), column("received_at")
_ARTICLES = "Articles 001 and 003, complaints received, resolved and not resolved in a month."
_EDGES = (
    "Goodwill (a coupon, a bonus) for a matter that was not solved is a state of its own: neither solved nor unsolved. "
    "Put away without a resolution, or by a code such as 'unsolved' or 'rejected', is unsolved. "
    f"{COURTESY_EDGE} {VOID_EDGE}"
)


def _count(name: str, question: str, where: Expression, words: str) -> Metric:
    return declared(
        name=name,
        question=question,
        formula=f"count of complaints {words}.",
        population=f"complaints {words}, of the cohort received in the window.",
        edges=_EDGES,
        source=_ARTICLES,
        table="outcomes",
        unit="count",
        better="neither" if name == "complaints_received" else "higher" if name == "complaints_resolved" else "lower",
        where=_COMPLAINT & where,
        value=_RECEIVED,
        summary=Count(),
        dated=_RECEIVED,
    )


def _share(name: str, question: str, where: Expression, words: str, dated: Expression) -> Metric:
    return declared(
        name=name,
        question=question,
        formula=f"solved, by {words}.",
        population=f"{words}, dated by {'settlement' if dated is not _RECEIVED else 'receipt'}.",
        edges=_EDGES,
        source=_ARTICLES if "complaint" in name else "Article 001, case resolution rate.",
        table="outcomes",
        unit="ratio",
        better="higher",
        where=where,
        value=_OUTCOME.equals("solved"),
        summary=Share(),
        dated=dated,
    )


def _flow(name: str, question: str, where: Expression, words: str) -> Metric:
    return declared(
        name=name,
        question=question,
        formula=f"sum over moves of complaints: {words}.",
        population="moves of complaints that count, dated by when they happened.",
        edges="opening + received + returned - settled - withdrawn = closing, in every window: what is reclassified, "
        "reopened, merged or found to be spam later moves when that happens. Up to an instant (until=T) "
        "complaints_open is the stock then.",
        source="Articles 001 and 003, the monthly cut of complaints.",
        table="moves",
        unit="count",
        better="lower" if name == "complaints_open" else "neither",
        where=column("stock").equals("complaints") & where,
        excludes={},
        value=column("change") if name == "complaints_open" else column("change") * column("change"),
        summary=Sum(),
        dated=column("at"),
    )


METRICS: tuple[Metric, ...] = (
    _count("complaints_received", "How many complaints were received?", _COMPLAINT, "received"),
    _count(
        "complaints_resolved", "How many of the complaints received were solved?", _OUTCOME.equals("solved"), "solved"
    ),
    _count(
        "complaints_unresolved",
        "How many of the complaints received were not solved, or are not yet?",
        _OUTCOME.among("unsolved", "open"),
        "put away unsolved, or open",
    ),
    _count(
        "complaints_goodwill",
        "How many of the complaints received were settled by goodwill alone?",
        _OUTCOME.equals("goodwill"),
        "settled by goodwill, not solved",
    ),
    _share(
        "complaint_success",
        "Which share of the complaints received was solved?",
        _COMPLAINT,
        "complaints received in the window, open ones included",
        _RECEIVED,
    ),
    _share(
        "case_resolution_rate",
        "Which share of the tickets that were put away was solved?",
        ~_OUTCOME.equals("open"),
        "tickets settled",
        column("settled_at"),
    ),
    _share(
        "case_resolution_rate_cohort",
        "Which share of the tickets received has been solved?",
        _OUTCOME.given(),
        "tickets received in the window, open ones included",
        _RECEIVED,
    ),
    _flow("complaints_open", "How many complaints are open?", column("change").given(), "1 in, -1 out"),
    *(
        _flow(
            f"complaint_moves_{move}",
            f"How many times was an open complaint {move}?",
            column("move").equals(move),
            f"1 each time one was {move}",
        )
        for move in ("received", "returned", "settled", "withdrawn")
    ),
    declared(
        name="conversion_rate",
        question="Which share of the assisted opportunities became a sale?",
        formula="opportunities won within 30 days of the opening, by opportunities won or lost.",
        population="tickets that are leads, or of which a sale, or its failure, was told; dated by their opening.",
        edges="Undecided within the 30 days is left out, and counted; undecided after them is lost, as is a later "
        "sale. "
        f"One ticket is one opportunity. Visitors and sessions that nobody assisted are not in this log. {VOID_EDGE}",
        source="Article 003, conversion rate. The 30 days are our choice.",
        table="opportunities",
        unit="ratio",
        better="higher",
        where=column("opened_at").given(),
        excludes={**VOID, "window still open": column("fate").equals("open")},
        value=column("fate").equals("won"),
        summary=Share(),
        dated=column("opened_at"),
    ),
)
"""All of them."""
