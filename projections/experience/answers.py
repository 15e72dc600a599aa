"""The fact table of answers to surveys: one row a question that somebody answered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from attrs import frozen

from ventanilla.core import events as on
from ventanilla.core.events import Event
from ventanilla.core.events.feedback import AboutKind, Better, Instrument, Level, Mode
from ventanilla.core.recorded import Recorded
from ventanilla.core.streams import FEEDBACK
from ventanilla.projections.experience.history import experience_table

EMPLOYEES: frozenset[str] = frozenset({"esat", "enps"})
"""What is asked of the desk's own people: who answered is not kept in any row."""

TOP: Mapping[int, int] = {2: 1, 3: 1, 4: 2, 5: 2}
"""How many scores of a scale are satisfied ones, by how many there are: 4 and 5 of 5, yes of yes and no."""


@frozen(kw_only=True)
class SurveyAnswer:
    """What somebody answered to one question, as it stands after what they changed.

    Attributes:
        feedback: The piece of feedback, an id.
        ticket: The ticket that it is about; ``None``: it is about none.
        customer: Who answered; ``None``: an anonymous respondent, or one of the desk's own people.
        survey: Which survey; ``None``: no offer is known.
        survey_version: Which version of it.
        survey_channel: How it was offered.
        trigger: What set it off.
        mode: By what means.
        level: One contact, a whole journey, or the relationship.
        blind: Whether they were not told who asks.
        about_kind: What it is about.
        about: Which one.
        question: The question.
        instrument: What it measures.
        wording: The version of the question's wording: figures of different wordings are no series.
        scale: The scale: ``"1 to 5"``.
        score: What they answered.
        lowest: The scale's lowest score.
        highest: The scale's highest score.
        better: Which end is good.
        good: The score, turned round where lower is better: higher is always better.
        satisfied: Whether it is one of the scale's satisfied scores, see :data:`TOP`; ``None``: the scale has more
            than five, or is none of whole scores, and nobody knows where satisfaction begins.
        band: ``"promoter"``, ``"passive"``, ``"detractor"``, on the scale of the Net Promoter Score.
        disappointed: Whether it is a detractor's answer, not a satisfied one, or in the worse half of a longer scale.
        expectation: Whether they said what they expect, rather than what they got.
        once: Who answered which question, where only their latest answer to it counts, as of the relationship;
            ``None``: each counts.
        offered_at: When they were asked.
        answered_at: When they answered first.
        amended_at: When they changed it last; the score is the new one.
        withdrawn: Whether they took it back, or it was removed.
        action_at: When the first action was planned because of it.
        evidence: The offer, the answer, and what became of it.
        action_position: The first plan of an action.
    """

    feedback: str
    ticket: str | None
    customer: str | None
    survey: str | None
    survey_version: int | None
    survey_channel: str | None
    trigger: str | None
    mode: Mode | None
    level: Level | None
    blind: bool
    about_kind: AboutKind | None
    about: str | None
    question: str
    instrument: Instrument
    wording: str
    scale: str
    score: float
    lowest: float
    highest: float
    better: Better
    good: float
    satisfied: bool | None
    band: str | None
    disappointed: bool
    expectation: bool
    once: tuple[str, str] | None
    offered_at: datetime | None
    answered_at: datetime
    amended_at: datetime | None
    withdrawn: bool
    action_at: datetime | None
    evidence: tuple[int, ...]
    action_position: int | None


READS: tuple[type[Event], ...] = (
    on.SurveyOffered,
    on.SurveyAnswered,
    on.AnswerAmended,
    on.AnswerWithdrawn,
    on.FeedbackRemoved,
    on.ActionPlanned,
)

DIMENSIONS = (
    *("survey", "survey_version", "survey_channel", "trigger", "mode", "level", "blind", "about_kind", "about"),
    *("question", "instrument", "wording", "scale", "score", "band", "satisfied", "expectation"),
)

SOURCES: Mapping[str, tuple[str, ...]] = {"action_at": ("action_position",), "action_position": ("action_position",)}


def rows(history: Sequence[Recorded]) -> Iterator[SurveyAnswer]:
    """Return the answers of one piece of feedback, by question."""
    offer: Recorded | None = None
    removed: Recorded | None = None
    action: Recorded | None = None
    given: dict[str, list[Recorded]] = {}
    for recorded in history:
        match recorded.event:
            case on.SurveyOffered():
                offer = recorded
            case on.SurveyAnswered(question=question):
                given[question] = [*given.get(question, []), recorded]
            case on.AnswerAmended(question=question) | on.AnswerWithdrawn(question=question) if question in given:
                given[question].append(recorded)
            case on.FeedbackRemoved():
                removed = recorded
            case on.ActionPlanned():
                action = action or recorded
            case _:
                pass
    around = [recorded for recorded in (offer, removed) if recorded]
    for told in given.values():
        yield _answer(told, offer, around, removed is not None, action)


def _answer(
    told: Sequence[Recorded], offer: Recorded | None, around: Iterable[Recorded], removed: bool, action: Recorded | None
) -> SurveyAnswer:
    # Answered anew, which the rules do not forbid to an import: the latest counts, with what became of it.
    first = max(place for place, recorded in enumerate(told) if isinstance(recorded.event, on.SurveyAnswered))
    answered = told[first].event
    assert isinstance(answered, on.SurveyAnswered)
    amended = [recorded.event for recorded in told[first:] if isinstance(recorded.event, on.AnswerAmended)]
    score = amended[-1].score if amended else answered.score
    asked = offer.event if offer and isinstance(offer.event, on.SurveyOffered) else None
    employee = answered.instrument in EMPLOYEES or (asked is not None and asked.about_kind == "employer")
    respondent = None if asked is None or employee else asked.respondent
    good = score if answered.better == "higher" else answered.lowest + answered.highest - score
    satisfied, band = _satisfied(good, answered), _band(score, answered)
    return SurveyAnswer(
        feedback=told[0].stream.removeprefix(FEEDBACK),
        ticket=asked.about if asked and asked.about_kind == "ticket" and not employee else None,
        customer=respondent,
        survey=asked.survey if asked else None,
        survey_version=asked.version if asked else None,
        survey_channel=asked.channel if asked else None,
        trigger=asked.trigger if asked else None,
        mode=asked.mode if asked else None,
        level=asked.level if asked else None,
        blind=asked.blind if asked else False,
        about_kind=asked.about_kind if asked else None,
        about=asked.about if asked else None,
        question=answered.question,
        instrument=answered.instrument,
        wording=answered.wording,
        scale=f"{answered.lowest:g} to {answered.highest:g}",
        score=score,
        lowest=answered.lowest,
        highest=answered.highest,
        better=answered.better,
        good=good,
        satisfied=satisfied,
        band=band,
        disappointed=_disappointed(good, satisfied, band, answered),
        expectation=answered.expectation,
        once=(respondent, answered.question) if respondent and asked and asked.level == "relationship" else None,
        offered_at=asked.at if asked else None,
        answered_at=answered.at,
        amended_at=amended[-1].at if amended else None,
        withdrawn=removed or isinstance(told[-1].event, on.AnswerWithdrawn),
        action_at=action.event.at if action else None,
        evidence=tuple(sorted(recorded.position for recorded in (*told, *around))),
        action_position=action.position if action else None,
    )


def _satisfied(good: float, answered: on.SurveyAnswered) -> bool | None:
    points = answered.highest - answered.lowest + 1
    top = TOP.get(int(points)) if points.is_integer() else None
    return None if top is None or (good - answered.lowest) % 1 else good > answered.highest - top


def _band(score: float, answered: on.SurveyAnswered) -> str | None:
    if answered.instrument not in ("nps", "enps") or (answered.lowest, answered.highest) != (0, 10) or score % 1:
        return None
    return "promoter" if score >= 9 else "detractor" if score <= 6 else "passive"


def _disappointed(good: float, satisfied: bool | None, band: str | None, answered: on.SurveyAnswered) -> bool:
    if band is not None:
        return band == "detractor"
    return not satisfied if satisfied is not None else good < (answered.lowest + answered.highest) / 2


ANSWERS = experience_table(
    name="survey_answers",
    about="one row a question of a survey that somebody answered",
    row=SurveyAnswer,
    reads=READS,
    rows=rows,
    dimensions=DIMENSIONS,
    sources=SOURCES,
)
