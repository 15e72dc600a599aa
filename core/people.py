"""Customers, agents and teams as the rules see them."""

from __future__ import annotations

from typing import Literal, TypeAlias, assert_never

from attrs import frozen

from ventanilla.core import events as on
from ventanilla.core.aggregate import Aggregate, tell
from ventanilla.core.events import AgentEvent, CustomerEvent, TeamEvent
from ventanilla.core.steps import go

CustomerStatus: TypeAlias = Literal["unborn", "known", "merged", "erased"]
AgentStatus: TypeAlias = Literal["unborn", "here", "left", "erased"]
TeamStatus: TypeAlias = Literal["unborn", "formed", "disbanded"]


@frozen(kw_only=True, slots=False)
class Customer(Aggregate):
    """Who asks; an employee, at an internal desk.

    Attributes:
        status: Where they stand.
        segment: Their segment; ``None`` without one.
        channel: The channel they prefer; ``None`` if they never said.
        merged_into: The customer who is the same person; ``None`` without one.
    """

    status: CustomerStatus = "unborn"
    segment: str | None = None
    channel: str | None = None
    merged_into: str | None = None


@frozen(kw_only=True, slots=False)
class Agent(Aggregate):
    """Who works at the desk, a person or a bot.

    Attributes:
        status: Where they stand.
        machine: Whether it is a bot.
    """

    status: AgentStatus = "unborn"
    machine: bool = False


@frozen(kw_only=True, slots=False)
class Team(Aggregate):
    """Agents who work together.

    Attributes:
        status: Where it stands.
    """

    status: TeamStatus = "unborn"


def happen_to_customer(draft: Customer, event: CustomerEvent) -> None:
    """Let *event* happen to *draft* itself."""
    now = draft.__dict__
    tell(now, event)
    match event:
        case on.CustomerAdded():
            now["status"] = "known"
        case on.SegmentSet():
            now["segment"] = event.segment
        case on.ChannelPreferred():
            now["channel"] = event.channel
        case on.CustomerMerged():
            now["status"], now["merged_into"] = "merged", event.into
        case on.CustomerUnmerged():
            now["status"], now["merged_into"] = "known", None
        case on.CustomerErased():
            now["status"] = "erased"
        case on.ValueStated():
            pass  # no rule asks for it
        case (
            on.IdentityClaimed()
            | on.IdentityLinked()
            | on.IdentityUnlinked()
            | on.JourneyStageReached()
            | on.ReferenceSet()
            | on.ProfileFactSet()
            | on.OrderPlaced()
            | on.OrderReturned()
            | on.SubscriptionStarted()
            | on.SubscriptionRenewed()
            | on.SubscriptionEnded()
            | on.SelfServed()
            | on.CustomerHoldPlaced()
            | on.CustomerHoldLifted()
        ):
            go(now, event)
        case _:
            assert_never(event)


def happen_to_agent(draft: Agent, event: AgentEvent) -> None:
    """Let *event* happen to *draft* itself."""
    now = draft.__dict__
    tell(now, event)
    match event:
        case on.AgentJoined():
            now["status"], now["machine"] = "here", event.machine
        case on.AgentLeft():
            now["status"] = "left"
        case on.AgentErased():
            now["status"] = "erased"
        case (
            on.TeamJoined()
            | on.TeamLeft()
            | on.RoleGranted()
            | on.RoleRevoked()
            | on.SkillSet()
            | on.TrainingCompleted()
            | on.ShiftPlanned()
            | on.ShiftCancelled()
            | on.ShiftWorked()
            | on.AgentRecognised()
            | on.AgentHoldPlaced()
            | on.AgentHoldLifted()
        ):
            go(now, event)
        case _:
            assert_never(event)


def happen_to_team(draft: Team, event: TeamEvent) -> None:
    """Let *event* happen to *draft* itself."""
    now = draft.__dict__
    tell(now, event)
    match event:
        case on.TeamFormed():
            now["status"] = "formed"
        case on.TeamDisbanded():
            now["status"] = "disbanded"
        case on.JourneyOwned():
            go(now, event)
        case _:
            assert_never(event)
