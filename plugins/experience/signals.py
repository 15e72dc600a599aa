"""How customers' words sound, and how devices and applications work for those who use them."""

from __future__ import annotations

from ventanilla.projections.expressions import Expression, column
from ventanilla.projections.metric import Metric, Unit, metric
from ventanilla.projections.summaries import Mean, Share, Sum, Summary

_SAID = column("about_kind").equals("message")
_NOT_THEIRS = {
    "not known who said it": ~column("author").given(),
    "not a customer's words": ~column("author").equals("customer"),
}


def _of(name: str, question: str, where: Expression, value: Expression) -> Metric:
    return Metric(
        name=name,
        question=question,
        table="sentiments",
        unit="score",
        better="higher",
        where=_SAID & where,
        excludes=_NOT_THEIRS,
        value=value,
        summary=Mean(),
        dated=column("said_at"),
    )


@metric
def sentiment() -> Metric:
    """How customers' messages sound on average.

    Formula: sum of scores / messages measured.
    Unit: score, -1 to 1.
    Population: messages of customers that were measured, by when they came. Of one model's measurements of a message
        the last counts; a replay never measures again.
    Interval: Student t, 95 %; messages of one ticket are alike, so it is somewhat too narrow.
    Direction: higher is better.
    Edge cases: models have scales of their own: with several, cut by "model" or ask for one. Bots, automatic answers
        and agents are left out and counted, as are messages that are not in the log.
    Source: article 000.
    """
    return _of("sentiment", "How do customers' messages sound?", column("said_at").given(), column("score"))


@metric
def sentiment_first() -> Metric:
    """How customers' first messages sound: how they come to us.

    Formula: sum of scores / tickets.
    Unit: score, -1 to 1.
    Population: of each ticket the customer's first message that was measured, by when it came.
    Interval: Student t, 95 %.
    Direction: higher is better.
    Edge cases: as those of sentiment. A message before it that was not measured is passed over.
    Source: article 000.
    """
    return _of("sentiment_first", "How do customers' first messages sound?", column("first"), column("score"))


@metric
def sentiment_last() -> Metric:
    """How customers' last messages sound: how they leave us.

    Formula: sum of scores / tickets.
    Unit: score, -1 to 1.
    Population: of each ticket the customer's last message that was measured so far, by when it came.
    Interval: Student t, 95 %.
    Direction: higher is better.
    Edge cases: as those of sentiment. Of a ticket with one message that is the first and the last. An open ticket's
        last message may not be its last.
    Source: article 000.
    """
    return _of("sentiment_last", "How do customers' last messages sound?", column("last"), column("score"))


@metric
def sentiment_recovery() -> Metric:
    """How much better customers sound at the end than at the beginning.

    Formula: sum of (last score - first score) / tickets.
    Unit: score, -2 to 2.
    Population: tickets with two measured messages of the customer or more, by when the last one came.
    Interval: Student t, 95 %.
    Direction: higher is better.
    Edge cases: as those of sentiment. Extreme beginnings tend to milder ends by chance alone.
    Source: article 000.
    """
    return _of(
        "sentiment_recovery",
        "How much better do customers sound at the end?",
        column("recovery").given(),
        column("recovery"),
    )


def _signal(
    name: str, question: str, unit: Unit, better: str, where: Expression, value: Expression, summary: Summary
) -> Metric:
    return Metric(
        name=name,
        question=question,
        table="signals",
        unit=unit,
        better="higher" if better == "higher" else "lower",
        where=where,
        excludes={"removed": column("removed")},
        value=value,
        summary=summary,
        dated=column("signalled_at"),
    )


_ANY = column("signalled_at").given()
_POOR = column("level").equals("frustrating")


@metric
def dex_score() -> Metric:
    """How well devices and applications work for those who use them.

    Formula: mean of (score - lowest) / (highest - lowest) x 100 over signals.
    Unit: score, 0 to 100.
    Population: signals, by when they were told; cut by "indicator" or "subject".
    Interval: Student t, 95 %; signals of one device are alike, so it is somewhat too narrow.
    Direction: higher is better.
    Edge cases: every signal weighs the same: a device that tells more often weighs more.
    Source: article 000; after Nexthink's scale of 0 to 100.
    """
    return _signal("dex_score", "How well do devices work?", "score", "higher", _ANY, column("score"), Mean())


@metric
def dex_frustrating() -> Metric:
    """The share of signals that are frustrating.

    Formula: signals under 40 of 100 / signals.
    Unit: ratio, 0 to 1, shown in per cent.
    Population: as that of dex_score.
    Interval: Wilson score, 95 %.
    Direction: lower is better.
    Edge cases: good is from 70 on; the bound of 40 is our choice.
    Source: Nexthink's bands good, average, frustrating; its scale of 10 is good from 7 on.
    """
    return _signal("dex_frustrating", "Which share of the signals is bad?", "ratio", "lower", _ANY, _POOR, Share())


@metric
def dex_acted() -> Metric:
    """The share of frustrating signals of which a ticket was made before anybody asked.

    Formula: frustrating signals with a ticket / frustrating signals.
    Unit: ratio, 0 to 1, shown in per cent.
    Population: signals under 40 of 100, by when they were told.
    Interval: Wilson score, 95 %.
    Direction: higher is better.
    Edge cases: one ticket may be made of several signals; each counts.
    Source: article 000, anticipation.
    """
    question = "Of which share of the bad signals was a ticket made?"
    return _signal("dex_acted", question, "ratio", "higher", _POOR, column("ticket").given(), Share())


@metric
def lost_time() -> Metric:
    """The working time lost, as devices tell it.

    Formula: sum of minutes lost x 60.
    Unit: seconds.
    Population: signals that say how much time was lost, by when they were told.
    Interval: none: it is a sum of what was told, no sample.
    Direction: lower is better.
    Edge cases: signals that do not say are counted as without a value. Where none says there is no value; where there
        is no signal it is 0.
    Source: HappySignals, lost time.
    """
    return _signal("lost_time", "How much working time was lost?", "seconds", "lower", _ANY, column("lost"), Sum())


@metric
def lost_time_mean() -> Metric:
    """The working time lost to a signal on average.

    Formula: sum of minutes lost x 60 / signals that say how much.
    Unit: seconds.
    Population: as that of lost_time.
    Interval: Student t, 95 %; times are skewed, so with few signals it is rough.
    Direction: lower is better.
    Edge cases: signals that do not say are counted as without a value.
    Source: HappySignals, lost time.
    """
    question = "How much working time is lost each time?"
    return _signal("lost_time_mean", question, "seconds", "lower", _ANY, column("lost"), Mean())


SIGNALS = (
    *(sentiment, sentiment_first, sentiment_last, sentiment_recovery),
    *(dex_score, dex_frustrating, dex_acted, lost_time, lost_time_mean),
)
