"""What is said of us in public."""

from __future__ import annotations

from ventanilla.projections.expressions import Expression, column
from ventanilla.projections.metric import Metric, metric
from ventanilla.projections.summaries import Count, Mean, Net, Share, Summary

_ANY = column("posted_at").given()
_EXCLUDES = {"removed": column("removed"), "our own posts": column("own")}


def _of(
    name: str,
    question: str,
    where: Expression,
    value: Expression = _ANY,
    summary: Summary | None = None,
    better: str = "neither",
) -> Metric:
    return Metric(
        name=name,
        question=question,
        table="mentions",
        unit="count" if summary is None else "points" if isinstance(summary, Net) else "ratio",
        better="higher" if better == "higher" else "lower" if better == "lower" else "neither",
        where=where,
        excludes=_EXCLUDES,
        value=value,
        summary=summary or Count(),
        dated=column("posted_at"),
    )


@metric
def social_mentions() -> Metric:
    """How often anybody speaks of us in public.

    Formula: count of mentions, comments, questions and direct messages.
    Unit: count.
    Population: what was posted, not by ourselves, and not removed, by when it was; cut by "hour" in the time zone that
        you name for when people are most active, by "network", "mention_kind", "topic", "brand".
    Interval: none: it is a count of what is in the log, no sample.
    Direction: neither.
    Edge cases: posts about other brands are in it where they are recorded: ask only={"brand": ...}. A repost is a post
        of its own; whether a bot posted is not known. What was removed by then is left out and counted.
    Source: article 004.
    """
    return _of("social_mentions", "How often does anybody speak of us in public?", _ANY)


@metric
def social_positive() -> Metric:
    """How many comments are positive.

    Formula: count of mentions and comments with a positive tone.
    Unit: count.
    Population: as that of social_mentions, where a tone was measured: as labelled, else by the sign of its score.
    Interval: none: it is a count of what is in the log.
    Direction: higher is better.
    Edge cases: what was not measured is in no count of tones. Measured again, the last measurement counts.
    Source: article 004.
    """
    return _of("social_positive", "How many comments are positive?", column("tone") > 0, better="higher")


@metric
def social_negative() -> Metric:
    """How many comments are negative.

    Formula: count of mentions and comments with a negative tone.
    Unit: count.
    Population: as that of social_positive.
    Interval: none: it is a count of what is in the log.
    Direction: lower is better.
    Edge cases: as those of social_positive.
    Source: article 004.
    """
    return _of("social_negative", "How many comments are negative?", column("tone") < 0, better="lower")


@metric
def social_questions() -> Metric:
    """How many questions are asked of us in public.

    Formula: count of mentions that are questions.
    Unit: count.
    Population: as that of social_mentions; cut by "topic" for technical questions and those about accounts.
    Interval: none: it is a count of what is in the log.
    Direction: neither.
    Edge cases: a question whose topic was not judged is under no topic.
    Source: article 004.
    """
    return _of("social_questions", "How many questions are asked in public?", column("mention_kind").equals("question"))


def _about(name: str, question: str, topic: str) -> Metric:
    return _of(name, question, column("mention_kind").equals("question") & column("topic").equals(topic))


@metric
def social_technical() -> Metric:
    """How many technical questions are asked of us in public.

    Formula: count of questions with topic "technical".
    Unit: count.
    Population: as that of social_questions.
    Interval: none: it is a count of what is in the log.
    Direction: neither.
    Edge cases: as those of social_questions.
    Source: article 004.
    """
    return _about("social_technical", "How many technical questions are asked in public?", "technical")


@metric
def social_account() -> Metric:
    """How many questions about accounts are asked of us in public.

    Formula: count of questions with topic "account".
    Unit: count.
    Population: as that of social_questions.
    Interval: none: it is a count of what is in the log.
    Direction: neither.
    Edge cases: as those of social_questions.
    Source: article 004.
    """
    return _about("social_account", "How many questions about accounts are asked in public?", "account")


@metric
def social_net_sentiment() -> Metric:
    """Positive mentions less negative ones.

    Formula: 100 x (positive - negative) / all that were measured.
    Unit: points, -100 to 100.
    Population: as that of social_mentions, where a tone was measured.
    Interval: adjusted Wald, 95 %, as for nps; one author of many posts makes it too narrow.
    Direction: higher is better.
    Edge cases: what was not measured is counted as without a value.
    Source: the common definition, (positive - negative) / all.
    """
    question = "How many more mentions are positive than negative?"
    return _of("social_net_sentiment", question, _ANY, column("tone"), Net(1, -1), better="higher")


@metric
def social_recommended() -> Metric:
    """The share of mentions that recommend us, of those that recommend or warn.

    Formula: mentions that recommend / mentions that recommend or advise against.
    Unit: ratio, 0 to 1, shown in per cent.
    Population: as that of social_mentions, where it does either.
    Interval: Wilson score, 95 %.
    Direction: higher is better.
    Edge cases: what does neither is not in it. How many people hear of it is not known, whatever articles estimate.
    Source: articles 000 and 002, word of mouth.
    """
    where = column("recommends").given()
    question = "Which share of those who advise for or against us recommends us?"
    return _of("social_recommended", question, where, column("recommends"), Share(), better="higher")


@metric
def social_escalated() -> Metric:
    """The share of mentions of which a ticket was made.

    Formula: mentions with a ticket / mentions.
    Unit: ratio, 0 to 1, shown in per cent.
    Population: as that of social_mentions.
    Interval: Wilson score, 95 %.
    Direction: neither.
    Edge cases: only={"tone": "-1"} gives that of negative ones.
    Source: article 004.
    """
    question = "Of which share of the mentions was a ticket made?"
    return _of("social_escalated", question, _ANY, column("ticket").given(), Share())


def _review(name: str, question: str, summary: Summary) -> Metric:
    stars = isinstance(summary, Mean)
    return Metric(
        name=name,
        question=question,
        table="reviews",
        unit="score" if stars else "count",
        better="higher" if stars else "neither",
        where=_ANY,
        excludes={"removed": column("removed")} | ({"another best than 5": ~column("best").equals(5)} if stars else {}),
        value=column("stars"),
        summary=summary,
        dated=column("posted_at"),
    )


@metric
def social_reviews() -> Metric:
    """How many reviews were posted.

    Formula: count of reviews.
    Unit: count.
    Population: reviews that were not removed, by when they were posted; cut by "site" and "about".
    Interval: none: it is a count of what is in the log.
    Direction: neither.
    Edge cases: what was removed by then is left out and counted.
    Source: articles 003 and 004.
    """
    return _review("social_reviews", "How many reviews were posted?", Count())


@metric
def social_stars() -> Metric:
    """The mean of stars, of five.

    Formula: sum of stars / reviews.
    Unit: score, up to 5.
    Population: as that of social_reviews, where five stars are the best.
    Interval: Student t, 95 %; whoever posts a review has chosen to, so it says little of all customers.
    Direction: higher is better.
    Edge cases: reviews of which another number is the best are left out and counted.
    Source: articles 003 and 004.
    """
    return _review("social_stars", "How many stars does a review give on average?", Mean())


SOCIAL = (
    *(social_mentions, social_positive, social_negative, social_questions, social_technical, social_account),
    *(social_net_sentiment, social_recommended, social_escalated, social_reviews, social_stars),
)
