"""What can be asked about a piece of feedback. Answers are not asked for: they are reported."""

from __future__ import annotations

from attrs import frozen

from ventanilla.core.commands.base import ToFeedback
from ventanilla.core.events.feedback import AboutKind, ActionPlanned, ActionTaken, Level, Mode, SurveyOffered


@frozen(kw_only=True)
class OfferSurvey(ToFeedback):
    """Ask somebody for their opinion: :class:`~ventanilla.core.events.SurveyOffered`."""

    survey: str
    version: int
    about_kind: AboutKind
    about: str
    respondent: str | None = None
    channel: str
    mode: Mode = "questionnaire"
    level: Level = "transactional"
    trigger: str | None = None
    blind: bool = False

    def event(self) -> SurveyOffered:
        """See :meth:`Asked.event`."""
        return SurveyOffered(
            at=self.at,
            survey=self.survey,
            version=self.version,
            about_kind=self.about_kind,
            about=self.about,
            respondent=self.respondent,
            channel=self.channel,
            mode=self.mode,
            level=self.level,
            trigger=self.trigger,
            blind=self.blind,
        )


@frozen(kw_only=True)
class PlanAction(ToFeedback):
    """Plan to change something because of it: :class:`~ventanilla.core.events.ActionPlanned`."""

    action: str
    owner: str

    def event(self) -> ActionPlanned:
        """See :meth:`Asked.event`."""
        return ActionPlanned(at=self.at, action=self.action, owner=self.owner)


@frozen(kw_only=True)
class TakeAction(ToFeedback):
    """Say that it was changed: :class:`~ventanilla.core.events.ActionTaken`."""

    action: str

    def event(self) -> ActionTaken:
        """See :meth:`Asked.event`."""
        return ActionTaken(at=self.at, action=self.action)
