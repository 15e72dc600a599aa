"""Customer satisfaction, the part of support in it, and how many answer at all."""

from __future__ import annotations

from ventanilla.projections.expressions import Expression, column
from ventanilla.projections.metric import Metric, metric
from ventanilla.projections.summaries import Mean, Share

_ASKED = column("instrument").equals("csat") & ~column("expectation")
_WITHDRAWN = {"withdrawn": column("withdrawn")}
_UNCLEAR = {"nobody knows which scores of the scale are satisfied ones": ~column("satisfied").given()}


@metric
def csat() -> Metric:
    """The share of satisfied answers.

    Formula: satisfied answers / valid answers. Satisfied are the two best scores of a scale of four or five, the best
        one of a scale of two or three; the scale and which end is good stand with each answer.
    Unit: ratio, 0 to 1, shown in per cent.
    Population: answers that stand to questions of instrument "csat", by when they were given. On the relationship the
        latest of a customer to each question counts in the window, else all do.
    Interval: Wilson score, 95 % (Newcombe 1998, method 3).
    Direction: higher is better.
    Edge cases: codes 1 = yes and 2 = no are a scale of which the lower end is good, never a number to average. A scale
        of more than five scores needs a threshold of its own: its answers are left out and counted; declare a metric
        with value column("good") >= 8. A comment without a score is no answer. Nothing answered: no value, never 0.
    Source: articles 000, 001, 003, 004. Article 004 divides by "clients surveyed": see csat_response_rate.
    """
    return Metric(
        name="csat",
        question="Which share of the answers is satisfied?",
        table="survey_answers",
        unit="ratio",
        better="higher",
        where=_ASKED,
        excludes=_WITHDRAWN | _UNCLEAR,
        value=column("satisfied"),
        summary=Share(),
        dated=column("answered_at"),
        once=column("once"),
    )


@metric
def csat_mean() -> Metric:
    """The mean satisfaction on the scale 1 to 5.

    Formula: sum of scores / answers, each turned round where lower is better: 6 - score.
    Unit: score, 1 to 5.
    Population: as that of csat, on the scale 1 to 5.
    Interval: Student t, 95 %; none of fewer than two answers, or where all are alike.
    Direction: higher is better.
    Edge cases: answers on another scale are left out and counted: scales are never mixed.
    Source: article 004; the scores are ordered, not measured, so look at csat first.
    """
    return Metric(
        name="csat_mean",
        question="How satisfied are the answers on average, from 1 to 5?",
        table="survey_answers",
        unit="score",
        better="higher",
        where=_ASKED,
        excludes=_WITHDRAWN | {"another scale than 1 to 5": ~column("scale").equals("1 to 5")},
        value=column("good"),
        summary=Mean(),
        dated=column("answered_at"),
        once=column("once"),
    )


@metric
def csat_support() -> Metric:
    """The share of satisfied answers about support: a ticket, an agent or a team.

    Formula: as that of csat.
    Unit: ratio, 0 to 1, shown in per cent.
    Population: answers of csat that are about a ticket, an agent or a team, on level "transactional": each counts.
    Interval: Wilson score, 95 %.
    Direction: higher is better.
    Edge cases: as those of csat. Cut by "rated_agent" and "rated_team": whoever had the ticket at the resolution that
        was rated, not whoever has it now ("agent", "team"). A ticket that came back and is rated again counts once for
        each resolution ("cycle"). Never rank people on few answers.
    Source: article 003, support-area performance, by e-mail or by a second call ("mode").
    """
    return Metric(
        name="csat_support",
        question="Which share of the answers about support is satisfied?",
        table="ratings",
        unit="ratio",
        better="higher",
        where=_ASKED & column("level").equals("transactional"),
        excludes=_WITHDRAWN | _UNCLEAR,
        value=column("satisfied"),
        summary=Share(),
        dated=column("answered_at"),
    )


def _rate(name: str, question: str, where: Expression, value: Expression) -> Metric:
    return Metric(
        name=name,
        question=question,
        table="surveys",
        unit="ratio",
        better="higher",
        where=where,
        excludes={"not delivered": ~column("delivered"), "not known to be delivered": ~column("delivered").given()},
        value=value,
        summary=Share(),
        dated=column("offered_at"),
    )


@metric
def csat_response_rate() -> Metric:
    """The share of delivered satisfaction surveys that were answered; read csat with it.

    Formula: surveys in which the question of satisfaction was answered / surveys delivered.
    Unit: ratio, 0 to 1, shown in per cent.
    Population: offers of those versions of surveys in which anybody ever answered such a question, that reached
        somebody, by when they were offered. What was answered was delivered.
    Interval: Wilson score, 95 %.
    Direction: higher is better.
    Edge cases: offers of which nobody knows whether they arrived are left out and counted, as are those that did not.
        An answer that was taken back was given. A survey that nobody answered is not known to ask it: see
        survey_response_rate. 50 unhappy answers are 11.9 % of 420 answers and 0.25 % of 20,000 contacts: tell both n.
    Source: Help Scout (rated customers / customers); article 004, whose example has 80 answers of 100 surveyed.
    """
    return _rate(
        "csat_response_rate",
        "Which share of the delivered satisfaction surveys was answered?",
        column("asks_csat"),
        column("answered_csat"),
    )


@metric
def survey_response_rate() -> Metric:
    """The share of delivered surveys that were answered.

    Formula: surveys in which any question was answered / surveys delivered.
    Unit: ratio, 0 to 1, shown in per cent.
    Population: all offers that reached somebody, by when they were offered; cut by "survey".
    Interval: Wilson score, 95 %.
    Direction: higher is better.
    Edge cases: as those of csat_response_rate. An offer made a moment ago counts as not answered yet.
    Source: the common rules of survey practice: those who do not answer may feel otherwise.
    """
    return _rate(
        "survey_response_rate",
        "Which share of the delivered surveys was answered?",
        column("offered_at").given(),
        column("answered"),
    )


CSAT = (csat, csat_mean, csat_support, csat_response_rate, survey_response_rate)
