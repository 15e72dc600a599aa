"""The answers that stand: what a history of feedback says of a question, amended or not, and not withdrawn."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from attrs import evolve, frozen

from ventanilla.core import events as on
from ventanilla.core.events import AboutKind, Event, Level


@frozen(kw_only=True)
class Asked:
    """Which answers are asked for.

    Attributes:
        what: The id of a question, or an instrument: ``"csat"``, ``"nps"``, ``"ces"``.
        level: Of which level: one contact, a whole journey, or the relationship.
        since: Answers given before are left out.
        until: Answers given then or later are left out.
    """

    what: str
    level: Level = "transactional"
    since: datetime | None = None
    until: datetime | None = None


@frozen(kw_only=True)
class Rating:
    """An answer that stands.

    Attributes:
        question: The question's id.
        at: When the score that stands was given: at the last amendment.
        score: The score, turned round where lower is better: higher is always better.
        scale: The scale's lowest and highest score.
        about_kind: What it is about.
        about: Which one, an id.
        respondent: Who answered, an id; ``None``: anonymous.
        position: The event that gave the score.
    """

    question: str
    at: datetime
    score: float
    scale: tuple[float, float]
    about_kind: AboutKind
    about: str
    respondent: str | None
    position: int


def ratings(history: Iterable[tuple[int, Event]], asked: Asked) -> tuple[Rating, ...]:
    """Return the answers to *asked* that stand in one history of feedback, one a question.

    What was withdrawn or removed stands no more; what somebody expects is no answer; an answer to nothing that was
    offered is about nothing.

    Args:
        history: Its (position, event)s, by version.
        asked: Which answers.
    """
    offer: on.SurveyOffered | None = None
    answers: dict[str, on.SurveyAnswered] = {}
    standing: dict[str, Rating] = {}
    for position, event in history:
        match event:
            case on.SurveyOffered():
                offer = event
            case on.SurveyAnswered() if offer and asked.what in (event.question, event.instrument):
                if not event.expectation:
                    answers[event.question] = event
                    standing[event.question] = _rating(offer, event, position)
            case on.AnswerAmended() if event.question in standing:
                first = answers[event.question]
                standing[event.question] = evolve(
                    standing[event.question], at=event.at, score=_score(first, event.score), position=position
                )
            case on.AnswerWithdrawn():
                standing.pop(event.question, None)
            case on.FeedbackRemoved():
                standing.clear()
    if offer is None or offer.level != asked.level:
        return ()
    return tuple(rating for rating in standing.values() if _inside(rating.at, asked))


def _rating(offer: on.SurveyOffered, answer: on.SurveyAnswered, position: int) -> Rating:
    return Rating(
        question=answer.question,
        at=answer.at,
        score=_score(answer, answer.score),
        scale=(answer.lowest, answer.highest),
        about_kind=offer.about_kind,
        about=offer.about,
        respondent=offer.respondent,
        position=position,
    )


def _score(answer: on.SurveyAnswered, score: float) -> float:
    return score if answer.better == "higher" else answer.lowest + answer.highest - score


def _inside(at: datetime, asked: Asked) -> bool:
    return not ((asked.since and at < asked.since) or (asked.until and at >= asked.until))
