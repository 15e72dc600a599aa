"""A piece of feedback as the rules see it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias, assert_never

from attrs import Factory, frozen

from ventanilla.core import events as on
from ventanilla.core.aggregate import Aggregate, tell
from ventanilla.core.events import FeedbackEvent
from ventanilla.core.steps import go

FeedbackStatus: TypeAlias = Literal["unborn", "offered", "given", "removed"]
Scale: TypeAlias = tuple[float, float]


@frozen(kw_only=True, slots=False)
class Feedback(Aggregate):
    """What somebody felt or said about the desk: an offered survey with its answers, a review, a mention, a signal.

    Attributes:
        status: Where it stands; ``"unborn"`` too while nothing is told but the tone of it.
        respondent: Who was asked; ``None`` if nobody was, or nobody knows.
        scales: The scale, lowest and highest, on which each question was answered.
    """

    status: FeedbackStatus = "unborn"
    respondent: str | None = None
    scales: Mapping[str, Scale] = Factory(dict)


def happen_to_feedback(draft: Feedback, event: FeedbackEvent) -> None:
    """Let *event* happen to *draft* itself."""
    now = draft.__dict__
    tell(now, event)
    match event:
        case on.SurveyOffered():
            now["status"], now["respondent"] = "offered", event.respondent
        case on.ReviewPosted() | on.MentionPosted() | on.SignalRecorded():
            now["status"] = "given"
        case on.CommentLeft():
            now["status"] = "given"
        case on.SurveyAnswered():
            now["status"] = "given"
            now["scales"] = {**draft.scales, event.question: (event.lowest, event.highest)}
            go(now, event)
        case on.FeedbackRemoved():
            now["status"] = "removed"
        case on.SurveyDelivered() | on.DriverCoded() | on.SentimentScored():
            pass  # no rule asks for it
        case on.AnswerAmended() | on.AnswerWithdrawn() | on.ActionPlanned() | on.ActionTaken() | on.ActionTold():
            go(now, event)
        case _:
            assert_never(event)
