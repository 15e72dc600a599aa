"""The reasons behind the scores, and whether anything is done about them."""

from __future__ import annotations

from ventanilla.projections.expressions import column
from ventanilla.projections.metric import Metric, metric
from ventanilla.projections.summaries import Mean, Quantile, Share

_READ = {"removed": column("removed"), "own people": column("employee")}


@metric
def reason_share() -> Metric:
    """The share of the feedback that was read which names a reason; cut it by "driver".

    Formula: pieces of feedback that name the reason / pieces of feedback that were read.
    Unit: ratio, 0 to 1, shown in per cent.
    Population: pieces of feedback for which anybody named a reason, by when that was first done; each counts once for
        every reason, named or not. only={"band": "detractor"} gives the reasons behind low scores.
    Interval: Wilson score, 95 %.
    Direction: neither.
    Edge cases: shares of several reasons add up to more than 1, as a piece may name several. Not cut by "driver" it is
        the mean over all reasons, which says little. What was read and names no reason is not known to have been read.
    Source: article 004, the reason behind the score.
    """
    return Metric(
        name="reason_share",
        question="Which share of the feedback names a reason?",
        table="reasons",
        unit="ratio",
        where=column("coded_at").given(),
        excludes=_READ,
        value=column("named"),
        summary=Share(),
        dated=column("coded_at"),
    )


@metric
def reason_sentiment() -> Metric:
    """How those feel about a reason who name it; cut it by "driver".

    Formula: sum of sentiments / pieces of feedback in which it was judged.
    Unit: score, -1 to 1.
    Population: reasons named, with a sentiment judged, by when the piece of feedback was first read.
    Interval: Student t, 95 %.
    Direction: higher is better.
    Edge cases: a reason that was named and not judged is counted as without a value.
    Source: article 004.
    """
    return Metric(
        name="reason_sentiment",
        question="How do those feel about a reason who name it?",
        table="reasons",
        unit="score",
        better="higher",
        where=column("named"),
        excludes=_READ,
        value=column("sentiment"),
        summary=Mean(),
        dated=column("coded_at"),
    )


@metric
def loop_planned() -> Metric:
    """The share of disappointed answers for which an improvement was planned.

    Formula: disappointed answers with an action planned / disappointed answers.
    Unit: ratio, 0 to 1, shown in per cent.
    Population: answers that stand of detractors, of those not satisfied, and in the worse half of longer scales, by
        when they were given; not those of the desk's own people.
    Interval: Wilson score, 95 %.
    Direction: higher is better.
    Edge cases: an answer given a moment ago counts as without a plan yet. One piece of feedback with two disappointed
        answers counts twice.
    Source: articles 000 and 004, close the feedback loop.
    """
    return Metric(
        name="loop_planned",
        question="For which share of the disappointed answers was an improvement planned?",
        table="survey_answers",
        unit="ratio",
        better="higher",
        where=column("disappointed") & ~column("expectation"),
        excludes={"withdrawn": column("withdrawn"), "own people": column("instrument").among("esat", "enps")},
        value=column("action_at").given(),
        summary=Share(),
        dated=column("answered_at"),
    )


@metric
def loop_taken() -> Metric:
    """The share of planned improvements that were made.

    Formula: actions taken / actions planned.
    Unit: ratio, 0 to 1, shown in per cent.
    Population: actions planned because of feedback, by when they were planned; cut by "owner".
    Interval: Wilson score, 95 %.
    Direction: higher is better.
    Edge cases: what was planned a moment ago counts as not made yet.
    Source: article 004, a programme whose owner completes actions.
    """
    return Metric(
        name="loop_taken",
        question="Which share of the planned improvements was made?",
        table="actions",
        unit="ratio",
        better="higher",
        where=column("planned_at").given(),
        value=column("taken_at").given(),
        summary=Share(),
        dated=column("planned_at"),
    )


@metric
def loop_closed() -> Metric:
    """The share of planned improvements that were made and told to whoever asked for them.

    Formula: actions of which the respondent was told / actions planned.
    Unit: ratio, 0 to 1, shown in per cent.
    Population: as that of loop_taken.
    Interval: Wilson score, 95 %.
    Direction: higher is better.
    Edge cases: as those of loop_taken; of anonymous feedback nobody can be told.
    Source: articles 000 and 004, act and tell.
    """
    return Metric(
        name="loop_closed",
        question="Which share of the planned improvements was made and told?",
        table="actions",
        unit="ratio",
        better="higher",
        where=column("planned_at").given(),
        value=column("told_at").given(),
        summary=Share(),
        dated=column("planned_at"),
    )


@metric
def loop_time() -> Metric:
    """The time from feedback until its giver was told what was changed, median.

    Formula: median of told - given.
    Unit: seconds.
    Population: actions of which the respondent was told, by when they were.
    Interval: between order statistics, 95 %; none of fewer than eight.
    Direction: lower is better.
    Edge cases: loops not closed yet are not in it, and may take longest: read it with loop_closed.
    Source: article 004.
    """
    return Metric(
        name="loop_time",
        question="How long does half of the feedback wait at most until its giver is told what was changed?",
        table="actions",
        unit="seconds",
        better="lower",
        where=column("told_at").given() & column("given_at").given(),
        value=column("told_at") - column("given_at"),
        summary=Quantile(0.5),
        dated=column("told_at"),
    )


REASONS = (reason_share, reason_sentiment, loop_planned, loop_taken, loop_closed, loop_time)
