"""The Customer Effort Score in its published forms, and the gap between what was expected and what was got."""

from __future__ import annotations

from ventanilla.projections.expressions import Expression, column
from ventanilla.projections.metric import Metric, Unit, metric
from ventanilla.projections.summaries import Gap, Mean, Net, Share, Summary

_ASKED = column("instrument").equals("ces") & ~column("expectation")


def _of(name: str, question: str, unit: Unit, value: Expression, summary: Summary, scale: str = "1 to 7") -> Metric:
    return Metric(
        name=name,
        question=question,
        table="survey_answers",
        unit=unit,
        better="higher",
        where=_ASKED,
        excludes={
            "withdrawn": column("withdrawn"),
            f"another scale than {scale}": ~column("scale").equals(scale),
        },
        value=value,
        summary=summary,
        dated=column("answered_at"),
        once=column("once"),
    )


@metric
def ces() -> Metric:
    """The mean ease of getting help, on the scale 1 to 7 (CES 2.0).

    Formula: sum of scores / answers, each turned round where lower is better: 8 - score.
    Unit: score, 1 to 7.
    Population: answers that stand to questions of instrument "ces" on the scale 1 to 7, by when they were given;
        "[company] made it easy for me to handle my [request]", 7 = strongly agree.
    Interval: Student t, 95 %; none of fewer than two answers, or where all are alike.
    Direction: higher is easier, and better. Article 004 leaves it open; here it stands with each answer ("better").
    Edge cases: other scales are left out and counted: for 1 to 5 see ces_1. A contact, a journey and the relationship
        are levels of their own: cut by "level".
    Source: Gartner, CES 2.0; article 004; Nicereply.
    """
    return _of("ces", "How easy was it on average, from 1 to 7?", "score", column("good"), Mean())


@metric
def ces_share() -> Metric:
    """The share of those who found it easy: 5 to 7 of 7.

    Formula: answers of 5, 6 or 7 / answers, each turned round first where lower is better.
    Unit: ratio, 0 to 1, shown in per cent.
    Population: as that of ces.
    Interval: Wilson score, 95 %.
    Direction: higher is better.
    Edge cases: as those of ces.
    Source: Gartner: at least "somewhat agree".
    """
    return _of("ces_share", "Which share found it easy?", "ratio", column("good") >= 5, Share())


@metric
def ces_index() -> Metric:
    """Those who found it easy less those who found it hard.

    Formula: 100 x (answers of 6 or 7 - answers of 1 to 3) / answers, each turned round first where lower is better.
    Unit: points, -100 to 100.
    Population: as that of ces.
    Interval: adjusted Wald, 95 %, as for nps.
    Direction: higher is better.
    Edge cases: as those of ces; 4 and 5 are neither.
    Source: CYS.
    """
    return _of("ces_index", "How many more found it easy than hard?", "points", column("good"), Net(6, 3))


@metric
def ces_1() -> Metric:
    """The mean ease of getting help, on the scale 1 to 5 (CES 1.0).

    Formula: sum of scores / answers, each turned round where lower is better: 6 - effort.
    Unit: score, 1 to 5.
    Population: as that of ces, on the scale 1 to 5; "how much effort did you personally have to put forth?".
    Interval: Student t, 95 %.
    Direction: higher is easier. What was asked as effort, where low is good, is turned round.
    Edge cases: other scales are left out and counted.
    Source: Dixon, Freeman and Toman 2010, Harvard Business Review.
    """
    return _of("ces_1", "How easy was it on average, from 1 to 5?", "score", column("good"), Mean(), "1 to 5")


@metric
def expectation_gap() -> Metric:
    """What was got less what was expected, on a scale from 0 to 100.

    Formula: mean of (score - lowest) / (highest - lowest) x 100 over answers on what was got, less that over answers
        on what is expected; scores turned round first where lower is better.
    Unit: points, -100 to 100.
    Population: answers that stand, to questions that have answers of both kinds: ask it of one question or instrument,
        as only={"instrument": "csat"}, for each has its own gap.
    Interval: Welch, 95 %; none where either kind has fewer than two answers.
    Direction: higher is better; below 0 they got less than they expected.
    Edge cases: where either kind has no answer there is no value. Answers of the desk's own people are left out.
    Source: articles 000 and 004, gap analysis.
    """
    part = (column("good") - column("lowest")) / (column("highest") - column("lowest"))
    return Metric(
        name="expectation_gap",
        question="How far is what they got above what they expected?",
        table="survey_answers",
        unit="points",
        better="higher",
        where=column("answered_at").given(),
        excludes={"withdrawn": column("withdrawn"), "own people": column("instrument").among("esat", "enps")},
        value=column("expectation").paired(part * 100),
        summary=Gap(),
        dated=column("answered_at"),
    )


CES = (ces, ces_share, ces_index, ces_1, expectation_gap)
