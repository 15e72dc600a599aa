"""The hooks of plug-in contract 1. Hooks register, objects act.

An author marks functions with :data:`hookimpl` and names their module by an entry point in the group
``ventanilla.plugins.v1``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pluggy

from ventanilla.core.commands import Command
from ventanilla.core.continuation import Contact, Matter
from ventanilla.core.recorded import Recorded
from ventanilla.plugins.channel import Channel
from ventanilla.projections.clock import Clock
from ventanilla.projections.metric import Metric
from ventanilla.projections.table import FactTable

PROJECT = "ventanilla"
API = 1
"""The number of the contract. It rises only if a plug-in made for the one before would break."""
GROUP = f"ventanilla.plugins.v{API}"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def metrics() -> Iterable[Metric]:  # type: ignore[empty-body]  # a hook's text is its docstring
    """Return the questions that this plug-in can answer.

    Called once, when the host loads. Name them with your own prefix, ``"acme.effort"``; a name already taken refuses
    the whole plug-in.

    Example:
        >>> from ventanilla.plugins import hookimpl
        >>> from ventanilla.projections import Metric
        >>> from ventanilla.projections.expressions import column
        >>> from ventanilla.projections.summaries import Share
        >>> @hookimpl
        ... def metrics():
        ...     yield Metric(
        ...         name="acme.reopened", question="Which share of settled tickets had come back?", unit="ratio",
        ...         better="lower", where=column("settled_at").given(),
        ...         value=column("reopened_position").given(), summary=Share(), dated=column("settled_at"),
        ...     )
    """


@hookspec
def channels() -> Iterable[Channel]:  # type: ignore[empty-body]  # a hook's text is its docstring
    """Return the ways in that this plug-in adds.

    Called once, when the host loads. A name already taken refuses the whole plug-in.

    Example:
        >>> from ventanilla.plugins import Channel, hookimpl
        >>> @hookimpl
        ... def channels():
        ...     yield Channel(name="carrier-pigeon", read=lambda delivery: ())
    """


@hookspec
def tables() -> Iterable[FactTable[Any]]:  # type: ignore[empty-body]  # a hook's text is its docstring
    """Return the fact tables that this plug-in folds from the log, for its metrics to ask.

    Called once, when the host loads. Name them with your own prefix, ``"acme.visits"``; a name already taken refuses
    the whole plug-in.

    Example:
        >>> from attrs import frozen
        >>> from ventanilla.core.events import SelfServed
        >>> from ventanilla.plugins import hookimpl
        >>> from ventanilla.projections import FactTable
        >>> @frozen(kw_only=True)
        ... class Visit:
        ...     customer: str
        ...     solved: bool | None
        ...     evidence: tuple[int, ...]
        >>> def fold(visits, recorded):
        ...     customer = recorded.stream.removeprefix("customer/")
        ...     solved, position = recorded.event.solved, recorded.position
        ...     return (*visits, Visit(customer=customer, solved=solved, evidence=(position,)))
        >>> @hookimpl
        ... def tables():
        ...     yield FactTable(
        ...         name="acme.visits", about="one row a visit to the help pages", row=Visit, streams=("customer",),
        ...         reads=frozenset({SelfServed}), initial=(), fold=fold, rows=lambda visits, as_of: visits,
        ...     )
    """


@hookspec
def clocks() -> Iterable[Clock]:  # type: ignore[empty-body]  # a hook's text is its docstring
    """Return the clocks that this plug-in declares, to be given targets by policies.

    Called once, when the host loads. Name them with your own prefix, ``"acme.call_back"``; a name already taken refuses
    the whole plug-in.

    Example:
        >>> from ventanilla.core.events import CallEnded
        >>> from ventanilla.plugins import hookimpl
        >>> from ventanilla.projections.clock import Clock
        >>> from ventanilla.projections.triggers import on
        >>> @hookimpl
        ... def clocks():
        ...     yield Clock(
        ...         name="acme.call_back", at_stop="ended",
        ...         starts=(on(CallEnded, direction="inbound", outcome="abandoned"),),
        ...         meets=(on(CallEnded, direction="outbound", outcome="answered"),),
        ...     )
    """


@hookspec
def objection(command: Command) -> str | None:
    """Return why *command* may not be carried out, in words; ``None`` to have nothing against it.

    Asked after the desk's own table of rights has allowed it, so it can only restrict. Called once a command, in the
    caller's thread. Raising counts as an objection: a broken guard keeps the door shut.

    Args:
        command: What is asked, and who asks.

    Example:
        >>> from ventanilla.core.commands import GrantGoodwill
        >>> from ventanilla.plugins import hookimpl
        >>> @hookimpl
        ... def objection(command):
        ...     if isinstance(command, GrantGoodwill) and command.amount > 5000:
        ...         return "more than 50.00 needs a lead"
    """


@hookspec
def continued(contact: Contact, matters: Sequence[Matter]) -> str | None:
    """Return the ticket that *contact* continues; ``None`` to leave it to the next plug-in, and to the desk's rules.

    Args:
        contact: Who turned up, where and when.
        matters: The tickets of that customer, by id; the answer is one of them.

    Example:
        >>> from ventanilla.plugins import hookimpl
        >>> @hookimpl
        ... def continued(contact, matters):
        ...     if contact.channel == "phone" and len(matters) == 1:
        ...         return matters[0].ticket
    """


@hookspec
def recorded(events: Sequence[Recorded]) -> None:
    """Hear what was recorded, after it was.

    Called once a command, in the caller's thread; never for imported history, which must raise no alarms. May have side
    effects; cannot change or undo what was recorded. Raising is logged and stops nobody.

    Args:
        events: At least one, of one stream, oldest first.

    Example:
        >>> from ventanilla.plugins import hookimpl
        >>> @hookimpl
        ... def recorded(events):
        ...     print(len(events))
    """
