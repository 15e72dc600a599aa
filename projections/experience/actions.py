"""The fact table of actions: one row an improvement that was planned because of a piece of feedback."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from attrs import frozen

from ventanilla.core import events as on
from ventanilla.core.recorded import Recorded
from ventanilla.core.streams import FEEDBACK
from ventanilla.projections.experience.answers import EMPLOYEES
from ventanilla.projections.experience.history import experience_table


@frozen(kw_only=True)
class Action:
    """What became of an action.

    Attributes:
        feedback: The piece of feedback, an id.
        ticket: The ticket that the feedback is about; ``None``: it is about none.
        customer: Who gave it; ``None``: an anonymous respondent, or one of the desk's own people.
        action: The action.
        owner: Who answers for it.
        given_at: When the feedback was given: the first answer, comment, review or mention.
        planned_at: When it was planned.
        taken_at: When it was taken; ``None``: it was not.
        told_at: When the respondent was told; ``None``: they were not.
        evidence: The feedback, and what became of the action.
    """

    feedback: str
    ticket: str | None
    customer: str | None
    action: str
    owner: str
    given_at: datetime | None
    planned_at: datetime
    taken_at: datetime | None
    told_at: datetime | None
    evidence: tuple[int, ...]


_GIVEN = (on.SurveyAnswered, on.CommentLeft, on.ReviewPosted, on.MentionPosted, on.SignalRecorded)


def _rows(history: Sequence[Recorded]) -> Iterator[Action]:
    offer = next((recorded for recorded in history if isinstance(recorded.event, on.SurveyOffered)), None)
    given = next((recorded for recorded in history if isinstance(recorded.event, _GIVEN)), None)
    asked = offer.event if offer and isinstance(offer.event, on.SurveyOffered) else None
    employee = asked is not None and (
        asked.about_kind == "employer"
        or any(isinstance(one.event, on.SurveyAnswered) and one.event.instrument in EMPLOYEES for one in history)
    )
    steps: dict[str, dict[type, Recorded]] = {}
    for recorded in history:
        if isinstance(recorded.event, on.ActionPlanned | on.ActionTaken | on.ActionTold):
            steps.setdefault(recorded.event.action, {}).setdefault(type(recorded.event), recorded)
    for action, done in steps.items():
        plan = done.get(on.ActionPlanned)
        if plan is None or not isinstance(plan.event, on.ActionPlanned):
            continue
        around = [recorded for recorded in (offer, given, *done.values()) if recorded]
        yield Action(
            feedback=plan.stream.removeprefix(FEEDBACK),
            ticket=asked.about if asked and asked.about_kind == "ticket" and not employee else None,
            customer=asked.respondent if asked and not employee else None,
            action=action,
            owner=plan.event.owner,
            given_at=given.event.at if given else None,
            planned_at=plan.event.at,
            taken_at=_at(done.get(on.ActionTaken)),
            told_at=_at(done.get(on.ActionTold)),
            evidence=tuple(sorted(recorded.position for recorded in around)),
        )


def _at(recorded: Recorded | None) -> datetime | None:
    return recorded.event.at if recorded else None


ACTIONS = experience_table(
    name="actions",
    about="one row an improvement planned because of feedback",
    row=Action,
    reads=(on.SurveyOffered, *_GIVEN, on.ActionPlanned, on.ActionTaken, on.ActionTold),
    rows=_rows,
    dimensions=("action", "owner"),
)
