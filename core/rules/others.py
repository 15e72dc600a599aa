"""The rules of customers, agents, teams, feedback and settings."""

from __future__ import annotations

from ventanilla.core import events as on
from ventanilla.core.aggregate import Aggregate
from ventanilla.core.commands import Asked
from ventanilla.core.events import AgentEvent, CustomerEvent, FeedbackEvent, SettingEvent, TeamEvent
from ventanilla.core.feedback import Feedback
from ventanilla.core.fields import Personal
from ventanilla.core.people import Agent, Customer, Team
from ventanilla.core.rules.common import is_step, refused
from ventanilla.core.setting import KINDS, Setting
from ventanilla.core.steps import STEPS
from ventanilla.core.streams import CUSTOMER, PREFIXES


def is_news_of_customer(asked: Asked, event: CustomerEvent, customer: Customer) -> bool:
    """Return whether *event* would change anything about *customer*.

    Raises:
        Refused: It may not happen.
    """
    match event:
        case on.CustomerAdded() if customer.status != "unborn":
            raise refused(asked, "exists", f"{customer.id} is known already: give another id")
        case on.CustomerAdded():
            return _has_a_name(asked, customer)
        case on.CustomerErased():  # also of somebody who was never added: others may have written down what they said
            return customer.status != "erased" and _is_free(asked, customer)
        case on.CustomerHoldPlaced() if customer.status == "unborn":
            return _has_a_name(asked, customer) and is_step(asked, event, customer)
        case on.CustomerHoldLifted() if customer.version:
            return is_step(asked, event, customer)
        case _ if customer.status == "unborn":
            raise refused(asked, "unborn", f"{customer.id} is not known yet: add them first")
        case _ if customer.status == "erased":
            raise refused(asked, "erased", f"{customer.id} was erased: they come back under a new id")
        case on.CustomerUnmerged():
            return customer.status == "merged"
        case on.CustomerMerged(into=into) if not into or customer.id == CUSTOMER + into:
            raise refused(asked, "itself", f"{customer.id} cannot go on as {into!r}: name another customer")
        case on.CustomerMerged() | on.IdentityLinked() if not event.verified_by.strip():
            raise refused(asked, "unverified", "say how it was verified: unverified identities are never linked")
        case on.IdentityLinked(address=Personal(of=of)) if of != customer.id:
            raise refused(
                asked, "another", f"an address of {customer.id} is not about {of}: say that it is about {customer.id}"
            )
        case on.CustomerMerged():
            return customer.merged_into != event.into
        case on.SegmentSet():
            return customer.segment != event.segment
        case on.ChannelPreferred():
            return customer.channel != event.channel
        case _ if type(event) in STEPS:
            return is_step(asked, event, customer)
        case _:
            return True


def is_news_of_agent(asked: Asked, event: AgentEvent, agent: Agent) -> bool:
    """Return whether *event* would change anything about *agent*.

    Raises:
        Refused: It may not happen.
    """
    match event:
        case on.AgentJoined():
            if agent.status == "here":
                raise refused(asked, "exists", f"{agent.id} works here already: give another id")
            if agent.status == "erased":
                raise refused(asked, "erased", f"{agent.id} was erased: they come back under a new id")
            return _has_a_name(asked, agent)
        case on.AgentErased():
            return agent.status != "erased" and _is_free(asked, agent)
        case on.AgentHoldPlaced() if agent.status == "unborn":
            return _has_a_name(asked, agent) and is_step(asked, event, agent)
        case on.AgentHoldLifted() if agent.version:
            return is_step(asked, event, agent)
        case _ if agent.status == "unborn":
            raise refused(asked, "unborn", f"{agent.id} is not known yet: add them first")
        case on.AgentLeft():
            return agent.status == "here"
        case on.AgentHoldPlaced() if agent.status == "erased":
            raise refused(asked, "erased", f"{agent.id} was erased: there is nothing left to keep")
        case on.TeamJoined() | on.RoleGranted() | on.ShiftPlanned() if agent.status != "here":
            raise refused(asked, "left", f"{agent.id} does not work here any more: add them again first")
        case _:
            return is_step(asked, event, agent)


def is_news_of_team(asked: Asked, event: TeamEvent, team: Team) -> bool:
    """Return whether *event* would change anything about *team*.

    Raises:
        Refused: It may not happen.
    """
    match event:
        case on.TeamFormed() if team.status == "formed":
            raise refused(asked, "exists", f"{team.id} is there already: give another id")
        case on.TeamFormed():
            return _has_a_name(asked, team)
        case _ if team.status == "unborn":
            raise refused(asked, "unborn", f"{team.id} is not there yet: form it first")
        case on.TeamDisbanded():
            return team.status == "formed"
        case on.JourneyOwned() if team.status == "disbanded":
            raise refused(asked, "disbanded", f"{team.id} is no more: form it again first")
        case on.JourneyOwned():
            return is_step(asked, event, team)


def is_news_of_feedback(asked: Asked, event: FeedbackEvent, feedback: Feedback) -> bool:
    """Return whether *event* would change anything about *feedback*.

    Raises:
        Refused: It may not happen.
    """
    match event:
        case on.SurveyOffered() | on.ReviewPosted() | on.MentionPosted() | on.SignalRecorded():
            if feedback.status != "unborn":
                raise refused(asked, "exists", f"{feedback.id} is there already: give another id")
            return _has_a_name(asked, feedback)
        case on.SentimentScored():  # of a message, or of this very piece of feedback
            return _has_a_name(asked, feedback)
        case _ if feedback.status == "unborn":
            raise refused(asked, "unborn", f"there is no {feedback.id} yet: offer a survey, or report what was posted")
        case on.FeedbackRemoved():
            return feedback.status != "removed"
        case on.CommentLeft() | on.SurveyAnswered() | on.AnswerAmended() if feedback.status == "removed":
            raise refused(asked, "removed", f"{feedback.id} was removed: give another id")
        case on.AnswerAmended() if event.question in feedback.scales:
            lowest, highest = feedback.scales[event.question]
            if not lowest <= event.score <= highest:
                reason = f"score {event.score} is not on the scale from {lowest} to {highest}"
                raise refused(asked, "impossible", reason)
            return is_step(asked, event, feedback)
        case _ if type(event) in STEPS:
            return is_step(asked, event, feedback)
        case _:
            return True


def is_news_of_setting(asked: Asked, event: SettingEvent, setting: Setting) -> bool:
    """Return whether *event* would change anything about *setting*.

    Raises:
        Refused: It may not happen.
    """
    match event:
        case on.SettingPublished() | on.SettingRestated():
            kind, _, name = setting.id.removeprefix("setting/").partition("/")
            if kind not in KINDS or not name:
                raise refused(asked, "unknown", f"{setting.id!r} is not kind/name: the kinds are {', '.join(KINDS)}")
            if kind != "policy" and isinstance(event, on.SettingRestated):
                raise refused(asked, "elsewhere", f"{setting.id} judges nothing: only a policy judges the past anew")
            if event.version != len(setting.versions) + 1:
                raise refused(
                    asked,
                    "version",
                    f"{event.version} is not the next version of {setting.id}: give {len(setting.versions) + 1}",
                )
            return not _is_in_force(event, setting)
        case on.SettingWithdrawn():
            if not setting.versions:
                raise refused(asked, "unborn", f"there is no {setting.id} yet: publish it first")
            return setting.withdrawn != event.since
        case on.WindowSealed():
            return _is_news_of_window(asked, event, setting)


def _is_in_force(event: on.SettingPublished | on.SettingRestated, setting: Setting) -> bool:
    """Return whether the newest version says what *event* does, and has counted since then, or longer."""
    if not setting.versions or setting.withdrawn is not None or isinstance(event, on.SettingRestated):
        return False
    newest = setting.versions[-1]
    return newest.content == event.content and newest.since <= event.since


def _is_news_of_window(asked: Asked, event: on.WindowSealed, agreement: Setting) -> bool:
    if not 1 <= event.version <= len(agreement.versions):
        raise refused(asked, "unborn", f"there is no version {event.version} of {agreement.id}: publish it first")
    if not agreement.id.startswith("setting/agreement/"):
        raise refused(asked, "unknown", f"{agreement.id} has no windows: seal those of an agreement")
    if not event.since < event.until <= event.at:
        raise refused(asked, "open", f"the window up to {event.until} is not over at {event.at}: seal it then")
    sealed = agreement.sealed.get((event.since, event.until))
    if sealed == event.digest:
        return False
    if sealed != event.corrects:
        reason = "is sealed" if sealed else "is not sealed"
        stands = f"say that it corrects {sealed}" if sealed else "there is nothing to correct"
        raise refused(asked, "sealed", f"the window up to {event.until} {reason}: {stands}")
    return True


def _is_free(asked: Asked, person: Aggregate) -> bool:
    """Return that *person* may be erased.

    Raises:
        Refused: They are under a legal hold.
    """
    holds = [id_ for (noun, id_), stands in person.things.items() if noun == "hold" and stands == "on"]
    if holds:
        raise refused(asked, "held", f"{person.id} is under the legal hold {', '.join(holds)}: lift it first")
    return True


def _has_a_name(asked: Asked, aggregate: Aggregate) -> bool:
    if aggregate.id in PREFIXES:
        raise refused(asked, "reserved", f"{aggregate.id!r} lacks an id: give one behind the prefix")
    return True
