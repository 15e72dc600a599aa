"""What all commands have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import datetime

from attrs import field, frozen
from attrs.validators import instance_of

from ventanilla.core.events import Event
from ventanilla.core.fields import is_id, utc
from ventanilla.core.recorded import Actor, Cause
from ventanilla.core.streams import AGENT, CUSTOMER, FEEDBACK, SETTING, TEAM


@frozen(kw_only=True)
class Asked(ABC):
    """What every command says.

    Attributes:
        at: When it happens; for imported history, when it happened.
        actor: Who asks.
        cause: What it comes from; ``None``: from this very command.
    """

    at: datetime = field(converter=utc)
    actor: Actor = field(validator=instance_of(Actor))
    cause: Cause | None = field(default=None, validator=instance_of((Cause, type(None))))

    @property
    @abstractmethod
    def stream(self) -> str:
        """The stream on which it asks for something."""

    @abstractmethod
    def event(self) -> Event:
        """Return the event that it asks for."""


@frozen(kw_only=True)
class ToTicket(Asked):
    """A command to a ticket.

    Attributes:
        ticket: The ticket's id, chosen by the host or derived from the source: ``"boston311:101001240735"``.
    """

    ticket: str = field(validator=is_id)

    @property
    def stream(self) -> str:
        """See :attr:`Asked.stream`."""
        return self.ticket


@frozen(kw_only=True)
class ToCustomer(Asked):
    """A command about a customer.

    Attributes:
        customer: The customer's id: random, never made of an address.
    """

    customer: str = field(validator=is_id)

    @property
    def stream(self) -> str:
        """See :attr:`Asked.stream`."""
        return CUSTOMER + self.customer


@frozen(kw_only=True)
class ToAgent(Asked):
    """A command about an agent.

    Attributes:
        agent: The agent's id: random, never a name.
    """

    agent: str = field(validator=is_id)

    @property
    def stream(self) -> str:
        """See :attr:`Asked.stream`."""
        return AGENT + self.agent


@frozen(kw_only=True)
class ToTeam(Asked):
    """A command about a team.

    Attributes:
        team: The team's name or id.
    """

    team: str = field(validator=is_id)

    @property
    def stream(self) -> str:
        """See :attr:`Asked.stream`."""
        return TEAM + self.team


@frozen(kw_only=True)
class ToFeedback(Asked):
    """A command about a piece of feedback.

    Attributes:
        feedback: Its id: of the offer of a survey, or of what somebody said unasked.
    """

    feedback: str = field(validator=is_id)

    @property
    def stream(self) -> str:
        """See :attr:`Asked.stream`."""
        return FEEDBACK + self.feedback


@frozen(kw_only=True)
class ToSetting(Asked):
    """A command about a setting.

    Attributes:
        setting: Kind and name: ``"calendar/madrid"``, ``"policy/standard"``, ``"survey/after-contact"``.
    """

    setting: str = field(validator=is_id)

    @property
    def stream(self) -> str:
        """See :attr:`Asked.stream`."""
        return SETTING + self.setting
