"""The fact table of surveys: one row an offer, with whether it reached anybody and was answered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

import attrs
from attrs import frozen

from ventanilla.core import events as on
from ventanilla.core.events.feedback import AboutKind, Level, Mode
from ventanilla.core.recorded import Recorded
from ventanilla.core.streams import FEEDBACK
from ventanilla.projections.experience.answers import EMPLOYEES
from ventanilla.projections.experience.history import experience_table


@frozen(kw_only=True)
class Survey:
    """What became of an offer to answer a survey.

    Attributes:
        feedback: The piece of feedback, an id.
        ticket: The ticket that it is about; ``None``: it is about none.
        customer: Who was asked; ``None``: an anonymous respondent, or one of the desk's own people.
        survey: Which survey.
        survey_version: Which version of it.
        survey_channel: How it was offered.
        trigger: What set it off.
        mode: By what means.
        level: One contact, a whole journey, or the relationship.
        blind: Whether they were not told who asks.
        about_kind: What it is about.
        about: Which one.
        offered_at: When they were asked.
        delivered: Whether it reached them: what is answered did. ``None``: nobody knows.
        answered: Whether any question was answered.
        answers: What the answered questions measure.
        asks: What the questions measure that anybody answered in this version of the survey.
        asks_csat: Whether satisfaction is among it.
        answered_csat: Whether it was answered.
        evidence: The offer, what is known of its delivery, and the answers.
    """

    feedback: str
    ticket: str | None
    customer: str | None
    survey: str
    survey_version: int
    survey_channel: str
    trigger: str | None
    mode: Mode
    level: Level
    blind: bool
    about_kind: AboutKind
    about: str
    offered_at: datetime
    delivered: bool | None
    answered: bool
    answers: frozenset[str]
    asks: frozenset[str] = frozenset()
    asks_csat: bool = False
    answered_csat: bool = False
    evidence: tuple[int, ...]


def _rows(history: Sequence[Recorded]) -> Iterator[Survey]:
    offer: on.SurveyOffered | None = None
    delivered: bool | None = None
    answers: set[str] = set()
    for recorded in history:
        match recorded.event:
            case on.SurveyOffered() as offered:
                offer = offered
            case on.SurveyDelivered(reached=reached):
                delivered = reached
            case on.SurveyAnswered(instrument=instrument):
                answers.add(instrument)
            case _:
                pass
    if offer is None:
        return
    employee = offer.about_kind == "employer" or bool(answers & EMPLOYEES)
    yield Survey(
        feedback=history[0].stream.removeprefix(FEEDBACK),
        ticket=offer.about if offer.about_kind == "ticket" and not employee else None,
        customer=None if employee else offer.respondent,
        survey=offer.survey,
        survey_version=offer.version,
        survey_channel=offer.channel,
        trigger=offer.trigger,
        mode=offer.mode,
        level=offer.level,
        blind=offer.blind,
        about_kind=offer.about_kind,
        about=offer.about,
        offered_at=offer.at,
        delivered=True if answers else delivered,
        answered=bool(answers),
        answers=frozenset(answers),
        evidence=tuple(sorted(recorded.position for recorded in history)),
    )


def _asking(rows: Sequence[Survey], _: datetime) -> Iterator[Survey]:
    """Say of each offer what its survey asks, which only the answers tell."""
    asks: dict[tuple[str, int], frozenset[str]] = {}
    for row in rows:
        key = row.survey, row.survey_version
        asks[key] = asks.get(key, frozenset()) | row.answers
    for row in rows:
        found = asks[row.survey, row.survey_version]
        yield attrs.evolve(row, asks=found, asks_csat="csat" in found, answered_csat="csat" in row.answers)


SURVEYS = experience_table(
    name="surveys",
    about="one row an offer to answer a survey",
    row=Survey,
    reads=(on.SurveyOffered, on.SurveyDelivered, on.SurveyAnswered),
    rows=_rows,
    across=_asking,
    dimensions=(
        *("survey", "survey_version", "survey_channel", "trigger", "mode", "level", "blind", "about_kind", "about"),
        *("delivered", "answered"),
    ),
)
