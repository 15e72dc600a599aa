"""What can be asked of the desk, in the imperative.

Every command names its ticket, when it happens (``at``), who asks (``actor``) and, if the host knows better than
"a command", what it comes from (``cause``). Instants in any time zone are taken and kept in UTC; without one they
are refused with ``ValueError``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TypeAlias

from attrs import Factory, field, frozen

from ventanilla.core.events import Verdict
from ventanilla.core.fields import utc
from ventanilla.core.recorded import Actor, Cause


@frozen(kw_only=True)
class Asked:
    """What every command says.

    Attributes:
        ticket: The ticket's id, chosen by the host or derived from the source: ``"boston311:101001240735"``.
        at: When it happens; for imported history, when it happened.
        actor: Who asks.
        cause: What it comes from; ``None``: from this very command.
    """

    ticket: str
    at: datetime = field(converter=utc)
    actor: Actor
    cause: Cause | None = None


@frozen(kw_only=True)
class Open(Asked):
    """Open a ticket: :class:`~ventanilla.core.events.TicketOpened`."""

    channel: str
    facts: Mapping[str, str] = Factory(dict)


@frozen(kw_only=True)
class Categorise(Asked):
    """Say what kind of matter it is: :class:`~ventanilla.core.events.TicketCategorised`."""

    category: str


@frozen(kw_only=True)
class Prioritise(Asked):
    """Say how much it matters: :class:`~ventanilla.core.events.TicketPrioritised`."""

    priority: str


@frozen(kw_only=True)
class Route(Asked):
    """Give it to a team: :class:`~ventanilla.core.events.TicketRouted`."""

    team: str


@frozen(kw_only=True)
class SetDue(Asked):
    """Set the instant by which it should be settled: :class:`~ventanilla.core.events.TicketDueSet`."""

    due: datetime = field(converter=utc)


@frozen(kw_only=True)
class Resolve(Asked):
    """Settle it: :class:`~ventanilla.core.events.TicketResolved`."""

    code: str


@frozen(kw_only=True)
class Reopen(Asked):
    """Take it up again: :class:`~ventanilla.core.events.TicketReopened`."""


@frozen(kw_only=True)
class Close(Asked):
    """Put it away for good: :class:`~ventanilla.core.events.TicketClosed`."""


@frozen(kw_only=True)
class StateVerdict(Asked):
    """Keep what another system says of its timeliness: :class:`~ventanilla.core.events.VerdictStated`."""

    by: str
    verdict: Verdict


Command: TypeAlias = Open | Categorise | Prioritise | Route | SetDue | Resolve | Reopen | Close | StateVerdict
