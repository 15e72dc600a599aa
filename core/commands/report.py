"""The one way in for what the desk does not decide: a call that ended, an answer to a survey, an order."""

from __future__ import annotations

from datetime import datetime
from typing import get_args

from attrs import Factory, field, frozen

from ventanilla.core.commands.base import Asked
from ventanilla.core.events import Observation
from ventanilla.core.fields import in_utc, is_id, utc


def _in_utc(fact: Observation) -> Observation:
    return in_utc(fact)


def _is_observed(_: object, __: object, fact: Observation) -> None:
    if not isinstance(fact, _OBSERVATIONS):
        raise TypeError(f"{type(fact).__name__} is not reported: it has a command of its own")


_OBSERVATIONS = get_args(Observation)


@frozen(kw_only=True)
class Report(Asked):
    """Tell the desk what was observed elsewhere.

    It is recorded once, and refused only if it cannot be true.

    Raises:
        TypeError: The fact is none that is observed: the desk decides it, and has a command for it.

    Attributes:
        on: The stream that it belongs to: a ticket's id, or one made by :mod:`ventanilla.core.streams`.
        fact: What was observed.
        at: The instant of the fact.
    """

    on: str = field(validator=is_id)
    fact: Observation = field(converter=_in_utc, validator=_is_observed)
    at: datetime = field(  # pyright: ignore[reportIncompatibleVariableOverride]  # it is the fact's, not an argument
        init=False, default=Factory(lambda self: self.fact.at, takes_self=True), converter=utc
    )

    @property
    def stream(self) -> str:
        """See :attr:`Asked.stream`."""
        return self.on

    def event(self) -> Observation:
        """See :meth:`Asked.event`."""
        return self.fact
