"""How the desk's own people find it, told only of groups in which nobody can be made out."""

from __future__ import annotations

from ventanilla.plugins.experience.nps import NET_PROMOTER
from ventanilla.projections.expressions import column
from ventanilla.projections.metric import Metric, metric
from ventanilla.projections.summaries import Share

FEWEST = 5
"""Of fewer answers no figure is told; the usual floor of surveys of employees."""


@metric
def esat() -> Metric:
    """The share of satisfied answers of the desk's own people.

    Formula: as that of csat.
    Unit: ratio, 0 to 1, shown in per cent.
    Population: answers that stand to questions of instrument "esat", by when they were given.
    Interval: Wilson score, 95 %.
    Direction: higher is better.
    Edge cases: a figure made of fewer than 5 answers is not told, nor the next smallest where it would give that away;
        who answered is kept in no row, so nothing can be joined or counted once. Questions that differ by one person
        still give them away: ask few.
    Source: articles 001 and 004; the floor of 5 is common practice.
    """
    return Metric(
        name="esat",
        question="Which share of the answers of our own people is satisfied?",
        table="survey_answers",
        unit="ratio",
        better="higher",
        where=column("instrument").equals("esat") & ~column("expectation"),
        excludes={
            "withdrawn": column("withdrawn"),
            "nobody knows which scores of the scale are satisfied ones": ~column("satisfied").given(),
        },
        value=column("satisfied"),
        summary=Share(),
        dated=column("answered_at"),
        fewest=FEWEST,
    )


@metric
def enps() -> Metric:
    """The Net Promoter Score of the desk's own people.

    Formula: as that of nps, of "would you recommend us as a place to work?".
    Unit: points, -100 to 100.
    Population: answers that stand to questions of instrument "enps" on the scale 0 to 10, by when they were given.
    Interval: adjusted Wald, 95 %.
    Direction: higher is better.
    Edge cases: as those of nps and of esat: nothing is told of fewer than 5.
    Source: article 004.
    """
    return Metric(
        name="enps",
        question="How many more of our own people would recommend us than would not?",
        table="survey_answers",
        unit="points",
        better="higher",
        where=column("instrument").equals("enps") & ~column("expectation"),
        excludes={
            "withdrawn": column("withdrawn"),
            "another scale than 0 to 10": ~column("scale").equals("0 to 10"),
            "no whole score": ~column("score").among(*range(11)),
        },
        value=column("score"),
        summary=NET_PROMOTER,
        dated=column("answered_at"),
        fewest=FEWEST,
    )


EMPLOYEES = (esat, enps)
