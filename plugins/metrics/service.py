"""Consistency, friction, the journey, self-service and machines: what an experience is made of beside time."""

from __future__ import annotations

from ventanilla.plugins.metrics.declare import VOID, VOID_EDGE, Times, declared
from ventanilla.projections.expressions import AS_OF, Expression, column
from ventanilla.projections.metric import Metric
from ventanilla.projections.summaries import Count, Mean, Share, Spread, Sum, Summary

DAY = 86_400
_OPENED = column("opened_at")
_ANY = _OPENED.given()
_FRICTION = "Article 004, transfers, repetition, and the way to a person."


def _of_tickets(
    name: str, question: str, formula: str, value: Expression, *, edges: str = "", where: Expression = _ANY
) -> Metric:
    share = not name.endswith(("per_ticket", "loops"))
    summary: Summary = Share() if share else Sum() if name.endswith("loops") else Mean()
    return declared(
        name=name,
        question=question,
        formula=formula,
        population="tickets that count"
        + (", and changed the channel" if name == "continuation_success" else "")
        + ", dated by their opening.",
        edges=f"{edges} {VOID_EDGE}".strip(),
        source="Article 002, omnichannel continuation." if name == "continuation_success" else _FRICTION,
        table="frictions",
        unit="ratio" if share else "count" if name.endswith("loops") else "score",
        better="higher" if name == "continuation_success" else "lower",
        where=where,
        value=value,
        summary=summary,
        dated=_OPENED,
    )


def _spread(name: str, words: str, table: str, where: Expression, value: Expression, dated: Expression) -> Metric:
    ratio = name != "response_consistency"
    return declared(
        name=name,
        question=f"How far apart do the channels lie in {words}?",
        formula=f"greatest less least mean of {words}, over channels with 30 rows or more.",
        population="rows of channels with 30 or more, dated as the figure that is compared.",
        edges="Of fewer than two such channels it is unknown. Means, since they can be told apart by channel; look at "
        "the figure cut by channel first.",
        source="Article 002, the same standard on all channels. The 30 are our choice.",
        table=table,
        unit="ratio" if ratio else "seconds",
        better="lower",
        where=where,
        excludes={} if table == "clocks" else VOID,
        value=column("channel").paired(value),
        summary=Spread(30),
        dated=dated,
    )


METRICS: tuple[Metric, ...] = (
    _spread(
        "sla_consistency",
        "the share of clocks kept",
        "clocks",
        column("judged"),
        (~column("breached")) * 1,
        column("started_at"),
    ),
    _spread(
        "response_consistency",
        "first response time",
        "responses",
        column("first_response").given(),
        column("first_response"),
        _OPENED,
    ),
    _spread(
        "fcr_consistency",
        "first contact resolution",
        "contacts",
        column("first_settled_at").given() & (AS_OF - column("first_settled_at") > 7 * DAY),
        column("first_contact") * 1,
        _OPENED,
    ),
    _of_tickets(
        "continuation_success",
        "Of the tickets whose customer changed the channel, on which share had nothing to be said twice?",
        "tickets without a repetition, by tickets on several channels.",
        column("smooth"),
        where=column("switched"),
    ),
    _of_tickets(
        "transfers_per_ticket",
        "How often is a ticket handed on?",
        "mean of transfers: from team to team, or from agent to agent in a team.",
        column("transfers"),
        edges="The first assignment is none, nor is that to an agent of the new team.",
    ),
    _of_tickets(
        "transferred_more_than_once",
        "Which share of the tickets is handed on more than once?",
        "tickets with two transfers or more, by tickets.",
        column("transfers") > 1,
    ),
    _of_tickets(
        "repeated_information",
        "On which share of the tickets did the customer have to say again what the desk knew?",
        "tickets with a repetition noticed, by tickets.",
        column("repeated"),
        edges="Only what somebody noticed is in the log.",
    ),
    _of_tickets(
        "bot_loops",
        "How often did a customer have to write again to a bot that had answered three times in a row?",
        "sum of such messages; a person, or a hand-over, begins the count anew.",
        column("bot_loops"),
    ),
    declared(
        name="stage_conversion",
        question="Which share of those who reached a stage of a journey went on from it? Cut by stage.",
        formula="stages followed by another of the same journey, by stages reached.",
        population="stages reached by customers and tickets, dated by when.",
        edges="Whoever is in a stage now has not gone on yet. A stage reached twice counts twice. Any figure is of one "
        "stage where it is cut by a fact 'stage' of the ticket.",
        source="Articles 000, 002 and 004, the whole journey in place of isolated touchpoints.",
        table="stages",
        unit="ratio",
        better="higher",
        where=column("reached_at").given(),
        excludes={},
        value=column("went_on"),
        summary=Share(),
        dated=column("reached_at"),
    ),
    *Times(
        name="stage_time",
        what="somebody stayed in a stage of a journey before going on",
        formula="next stage of the same journey less this one.",
        population="stages that were left, dated by when they were reached. Cut by stage.",
        edges="Whoever is in a stage now is not in it: see stage_conversion.",
        source="Articles 000, 002 and 004.",
        table="stages",
        where=column("seconds").given(),
        value=column("seconds"),
        dated=column("reached_at"),
        excludes={},
    ).metrics(),
    declared(
        name="self_service_deflection",
        question="Which share of the visits to self-service spared a ticket?",
        formula="visits after which the customer opened no ticket for 3 days, and that they did not call useless, by "
        "visits.",
        population="visits whose customer is known, dated by when.",
        edges="Provisional until the 3 days are over: those visits are left out, and counted. Spam, tests, merged and "
        "proactive tickets come of no visit. That no ticket came is no proof that it helped: see self_service_solved.",
        source="Articles 000 and 003, self-service. The 3 days are our choice.",
        table="visits",
        unit="ratio",
        better="higher",
        where=column("at").given(),
        excludes={"window still open": (AS_OF - column("at") <= 3 * DAY) & column("deflected")},
        value=column("deflected"),
        summary=Share(),
        dated=column("at"),
    ),
    declared(
        name="self_service_solved",
        question="Which share of the visits to self-service helped, of those that said so or not?",
        formula="visits that helped, by visits of which it was said.",
        population="visits with an answer, dated by when.",
        edges="Visits without an answer are not in it.",
        source="Articles 000 and 003, self-service and knowledge base.",
        table="visits",
        unit="ratio",
        better="higher",
        where=column("solved").given(),
        excludes={},
        value=column("solved"),
        summary=Share(),
        dated=column("at"),
    ),
    declared(
        name="automation_reviewed",
        question="Which share of the machines' decisions did a person look at?",
        formula="decisions reviewed, by decisions.",
        population="decisions of machines, dated by when.",
        edges=VOID_EDGE,
        source="Article 004, human in the loop.",
        table="decisions",
        unit="ratio",
        better="higher",
        where=column("decided_at").given(),
        value=column("reviewed"),
        summary=Share(),
        dated=column("decided_at"),
    ),
    declared(
        name="automation_overruled",
        question="Which share of the machines' decisions that a person looked at was overruled?",
        formula="decisions overruled, by decisions reviewed.",
        population="decisions of machines that were reviewed, dated by when they were made.",
        edges="The last judgement counts. What is reviewed is seldom a fair sample of all. " + VOID_EDGE,
        source="Article 004, bias control of AI.",
        table="decisions",
        unit="ratio",
        better="lower",
        where=column("reviewed"),
        value=column("judgement").equals("overruled"),
        summary=Share(),
        dated=column("decided_at"),
    ),
    declared(
        name="conversations_left_open",
        question="How many customers have waited for an answer for more than a day?",
        formula="count of waits older than 24 hours that nothing has ended.",
        population="waits of customers, dated by when they began.",
        edges="One a ticket at most. " + VOID_EDGE,
        source="Article 003: never leave conversations open. The 24 hours are our choice.",
        table="waits",
        unit="count",
        better="lower",
        where=~column("ended_at").given() & (AS_OF - column("started_at") > DAY),
        value=column("started_at"),
        summary=Count(),
        dated=column("started_at"),
    ),
)
"""All of them."""
