"""What people feel and say about the desk, asked or unasked. Each piece of feedback has a history of its own."""

from __future__ import annotations

from typing import ClassVar, Literal, TypeAlias

from attrs import frozen

from ventanilla.core.events.base import Happened
from ventanilla.core.fields import Personal, fact, personal

AboutKind: TypeAlias = Literal[
    "ticket", "message", "agent", "team", "journey", "relationship", "product", "device", "brand", "employer"
]
Instrument: TypeAlias = Literal["csat", "nps", "ces", "esat", "enps", "barometer", "custom"]
Level: TypeAlias = Literal["transactional", "journey", "relationship"]
Mode: TypeAlias = Literal["questionnaire", "form", "call", "interview", "focus_group", "mystery_shopper", "panel"]
Better: TypeAlias = Literal["higher", "lower"]
MentionKind: TypeAlias = Literal["mention", "comment", "question", "direct_message"]


@frozen(kw_only=True)
class SurveyOffered(Happened):
    """Somebody was asked for their opinion.

    Attributes:
        survey: Which survey of the settings.
        version: Which version of it.
        about_kind: What it is about.
        about: Which one, an id.
        respondent: Whom, an id; ``None``: anonymous.
        channel: How it was offered.
        mode: By what means.
        level: One contact, a whole journey, or the relationship.
        trigger: What set it off: ``"resolved"``, ``"after_sale"``; ``None``: nothing in particular.
        blind: Whether they were not told who asks, as when competitors are compared.
    """

    TOPIC: ClassVar[str] = "feedback.survey-offered/1"

    survey: str = fact()
    version: int
    about_kind: AboutKind
    about: str = fact()
    respondent: str | None = fact(default=None)
    channel: str = fact()
    mode: Mode = "questionnaire"
    level: Level = "transactional"
    trigger: str | None = fact(default=None)
    blind: bool = False


@frozen(kw_only=True)
class SurveyDelivered(Happened):
    """The offer reached them, or did not.

    Attributes:
        reached: Whether it did: response rates count those that did.
    """

    TOPIC: ClassVar[str] = "feedback.survey-delivered/1"

    reached: bool


@frozen(kw_only=True)
class SurveyAnswered(Happened):
    """They answered a question.

    Attributes:
        question: The question's id.
        instrument: What it measures.
        wording: The version of its wording.
        score: What they answered.
        lowest: The scale's lowest score.
        highest: The scale's highest score.
        better: Which end of the scale is good.
        expectation: Whether they said what they expect, rather than what they got.
        comment: What they added.
    """

    TOPIC: ClassVar[str] = "feedback.survey-answered/1"

    question: str = fact()
    instrument: Instrument
    wording: str = fact()
    score: float
    lowest: float
    highest: float
    better: Better = "higher"
    expectation: bool = False
    comment: Personal | None = personal(default=None)


@frozen(kw_only=True)
class CommentLeft(Happened):
    """They said something without a score.

    Attributes:
        question: To which question; ``None``: to none.
        comment: What they said.
    """

    TOPIC: ClassVar[str] = "feedback.comment-left/1"

    question: str | None = fact(default=None)
    comment: Personal | None = personal(default=None)


@frozen(kw_only=True)
class AnswerAmended(Happened):
    """They changed their answer.

    Attributes:
        question: To which question.
        score: What they answer now, on the same scale.
        comment: What they added.
    """

    TOPIC: ClassVar[str] = "feedback.answer-amended/1"

    question: str = fact()
    score: float
    comment: Personal | None = personal(default=None)


@frozen(kw_only=True)
class AnswerWithdrawn(Happened):
    """They took their answer back.

    Attributes:
        question: To which question.
    """

    TOPIC: ClassVar[str] = "feedback.answer-withdrawn/1"

    question: str = fact()


@frozen(kw_only=True)
class DriverCoded(Happened):
    """Somebody read a comment and named the reason behind the score.

    Attributes:
        driver: One of the desk's words: ``"speed"``, ``"courtesy"``.
        sentiment: From -1 to 1; ``None`` if not judged.
        coded_by: Who, or which model at which version.
    """

    TOPIC: ClassVar[str] = "feedback.driver-coded/1"

    driver: str = fact()
    sentiment: float | None = None
    coded_by: str = fact()


@frozen(kw_only=True)
class SentimentScored(Happened):
    """Something measured the tone of a text. A replay never measures again: this is the measurement.

    Attributes:
        about_kind: Of what.
        about: Of which one, an id.
        ticket: On which ticket; ``None``: on none.
        label: ``"positive"``, ``"neutral"``, ``"negative"``, or finer.
        score: From -1 to 1.
        model: What measured.
        model_version: Which version of it.
        language: BCP 47 tag; ``None`` if unknown.
    """

    TOPIC: ClassVar[str] = "feedback.sentiment-scored/1"

    about_kind: AboutKind
    about: str = fact()
    ticket: str | None = fact(default=None)
    label: str = fact()
    score: float
    model: str = fact()
    model_version: str = fact()
    language: str | None = fact(default=None)


@frozen(kw_only=True)
class ReviewPosted(Happened):
    """A review or rating appeared somewhere.

    Attributes:
        site: Where.
        about_kind: What it is about.
        about: Which one, an id.
        stars: How many.
        best: How many there are at most.
        text: What it says.
    """

    TOPIC: ClassVar[str] = "feedback.review-posted/1"

    site: str = fact()
    about_kind: AboutKind
    about: str = fact()
    stars: float
    best: float
    text: Personal | None = personal(default=None)


@frozen(kw_only=True)
class MentionPosted(Happened):
    """Somebody spoke of us in public, or asked something there.

    Attributes:
        network: Where.
        kind: In which form.
        topic: About what: ``"technical"``, ``"account"``; ``None`` if not judged.
        brand: Which brand, ours or another.
        own: Whether we posted it ourselves.
        recommends: Whether it recommends us; ``None`` if it does neither.
        ticket: The ticket that was made of it; ``None``: none.
        text: What it says.
    """

    TOPIC: ClassVar[str] = "feedback.mention-posted/1"

    network: str = fact()
    kind: MentionKind
    topic: str | None = fact(default=None)
    brand: str = fact()
    own: bool = False
    recommends: bool | None = None
    ticket: str | None = fact(default=None)
    text: Personal | None = personal(default=None)


@frozen(kw_only=True)
class SignalRecorded(Happened):
    """A device or application told how it works for its user.

    Attributes:
        subject: Which device, application or user, an id.
        about_kind: What it is.
        indicator: ``"boot_time"``, ``"crashes"``, ``"app_slowness"``.
        score: How good it is.
        lowest: The worst score there is.
        highest: The best score there is.
        lost_minutes: Working time lost; ``None`` if not known.
        ticket: The proactive ticket that was made of it; ``None``: none.
    """

    TOPIC: ClassVar[str] = "feedback.signal-recorded/1"

    subject: str = fact()
    about_kind: AboutKind = "device"
    indicator: str = fact()
    score: float
    lowest: float
    highest: float
    lost_minutes: float | None = None
    ticket: str | None = fact(default=None)


@frozen(kw_only=True)
class FeedbackRemoved(Happened):
    """What was posted is there no more.

    Attributes:
        because: A code; ``None`` if not known.
    """

    TOPIC: ClassVar[str] = "feedback.removed/1"

    because: str | None = fact(default=None)


@frozen(kw_only=True)
class ActionPlanned(Happened):
    """The desk will change something because of it.

    Attributes:
        action: The action's id.
        owner: Who answers for it: a team's or an agent's id.
    """

    TOPIC: ClassVar[str] = "feedback.action-planned/1"

    action: str = fact()
    owner: str = fact()


@frozen(kw_only=True)
class ActionTaken(Happened):
    """It was changed.

    Attributes:
        action: Which action.
    """

    TOPIC: ClassVar[str] = "feedback.action-taken/1"

    action: str = fact()


@frozen(kw_only=True)
class ActionTold(Happened):
    """The respondent was told what was changed.

    Attributes:
        action: Which action.
        message: By which message; ``None``: by no recorded one.
    """

    TOPIC: ClassVar[str] = "feedback.action-told/1"

    action: str = fact()
    message: str | None = fact(default=None)
