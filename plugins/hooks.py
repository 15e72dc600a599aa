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
