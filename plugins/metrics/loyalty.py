"""Loyalty: churn and retention on one base, reactivation, saves and renewals."""

from __future__ import annotations

from collections.abc import Mapping

from ventanilla.plugins.metrics.declare import VOID, VOID_EDGE, declared
from ventanilla.projections.expressions import AS_OF, Expression, column
from ventanilla.projections.metric import Metric
from ventanilla.projections.summaries import Count, Share
from ventanilla.projections.summaries.groups import ShareOfGroups

_RUNNING: Mapping[str, Expression] = {"period not over": ~column("over")}
_BASE = (
    "A customer is in the base while a subscription of theirs runs: from its start to its end, or to when it was "
    "due for "
    "renewal and not renewed. Periods are months, quarters and years in UTC, half-open; the one that runs is left out, "
    "and counted. Who left and came back within the period was not lost."
)
_SUBTRACTION = (
    "Article 003 prints a 'retention percentage' as attempts less those who desisted: a subtraction is no "
    "percentage, and "
    "it yields the customers lost. Of 100 attempts and 60 who desisted it gives 40; right is a save rate of 60 %."
)


def _of_base(span: str) -> tuple[Metric, ...]:
    suffix = {"month": "", "quarter": "_quarterly", "year": "_yearly"}[span]

    def of(name: str, question: str, formula: str, where: Expression, value: Expression, better: str) -> Metric:
        return declared(
            name=name + suffix,
            question=question.format(span),
            formula=formula,
            population=f"customers and {span}s, dated by the first instant of the {span}.",
            edges=_BASE,
            source="Article 004, churn; articles 000, 001 and 003, loyalty and retention. " + _SUBTRACTION,
            table=f"memberships_{span}",
            unit="ratio",
            better="lower" if better == "lower" else "higher",
            where=where,
            excludes=_RUNNING,
            value=value,
            summary=Share(),
            dated=column("since"),
        )

    return (
        of(
            "churn_rate",
            "Which share of the customers at the start of a {} was lost at its end?",
            "customers in the base at the start and not at the end, by customers at the start.",
            column("at_start"),
            ~column("at_end"),
            "lower",
        ),
        of(
            "retention_rate",
            "Which share of the customers at the start of a {} was still there at its end?",
            "(E - N) / S: customers at the end who were there at the start, by customers at the start. Churn and "
            "retention are 1 together.",
            column("at_start"),
            column("at_end"),
            "higher",
        ),
        of(
            "reactivation_rate",
            "Which share of those who had left before a {} was back at its end?",
            "customers not in the base at the start who had been before, and are at the end, by all who had been "
            "before.",
            column("away"),
            column("returned"),
            "higher",
        ),
    )


_SAVE: Mapping[str, Expression] = {
    **VOID,
    "undecided": ~column("saved").given(),
    "guard period not over": ~column("final"),
}
_SAVE_EDGES = (
    "A save counts only if the customer has not left within 30 days: until then it is left out, and counted; a "
    "subscription that ends, one that is not renewed when it is due nor later within the 30 days, or another attempt "
    f"that ends so, undoes it. {VOID_EDGE}"
)

METRICS: tuple[Metric, ...] = (
    *(metric for span in ("month", "quarter", "year") for metric in _of_base(span)),
    declared(
        name="save_rate",
        question="Which share of the attempts to leave ended with the customer staying?",
        formula="attempts after which the customer stayed, by attempts that were decided.",
        population="attempts to cancel, each counted, dated by when they were made.",
        edges=_SAVE_EDGES,
        source=_SUBTRACTION,
        table="cancellations",
        unit="ratio",
        better="higher",
        where=column("attempted_at").given(),
        excludes=_SAVE,
        value=column("saved"),
        summary=Share(),
        dated=column("attempted_at"),
    ),
    declared(
        name="save_rate_customers",
        question="Which share of the customers who tried to leave stayed, however often they tried?",
        formula="customers all of whose attempts ended with their staying, by customers with attempts that were "
        "decided.",
        population="customers who tried to cancel, each counted once, by their attempts in the window.",
        edges=f"Attempts of nobody known are not in it. {_SAVE_EDGES}",
        source=_SUBTRACTION,
        table="cancellations",
        unit="ratio",
        better="higher",
        where=column("attempted_at").given(),
        excludes=_SAVE,
        value=column("customer").paired(column("saved")),
        summary=ShareOfGroups(),
        dated=column("attempted_at"),
    ),
    declared(
        name="renewal_rate",
        question="Which share of the subscriptions that were due for renewal was renewed?",
        formula="renewed, by due for renewal.",
        population="subscriptions, dated by when they were due for renewal.",
        edges="Renewed early or late is renewed. Not due yet and not renewed is left out, and counted. What ended "
        "by word "
        "before it was due is not renewed. What goes on by itself is never due.",
        source="Article 004, renewals.",
        table="renewals",
        unit="ratio",
        better="higher",
        where=column("due").given(),
        excludes={"not due yet": (column("due") > AS_OF) & ~column("renewed") & ~column("cancelled")},
        value=column("renewed"),
        summary=Share(),
        dated=column("due"),
    ),
    declared(
        name="reactivations",
        question="How many customers who had left before a month were back at its end?",
        formula="count of customers not in the base at the start of a month who had been before, and are at its end.",
        population="customers and months, dated by the first instant of the month.",
        edges=_BASE,
        source="Articles 000 and 001, loyalty.",
        table="memberships_month",
        unit="count",
        better="higher",
        where=column("returned"),
        excludes=_RUNNING,
        value=column("customer"),
        summary=Count(),
        dated=column("since"),
    ),
)
"""All of them."""
