"""What a clock waits for, as data: events of a type, with fields of certain values, or a change of status."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

import attrs
from attrs import Factory, frozen

from ventanilla.core.events import TicketEvent
from ventanilla.projections.policy import Options, Rule
from ventanilla.projections.situation import Situation


@frozen(kw_only=True)
class Step:
    """An event, what it changed, and the rule by which it is seen.

    Attributes:
        event: What happened.
        before: How the ticket stood before.
        after: How it stands now.
        rule: The rule in force in the slot.
        stopped: Whether the work had ended before.
        stops: Whether it has ended now.
    """

    event: TicketEvent
    before: Situation
    after: Situation
    rule: Rule
    stopped: bool
    stops: bool


@frozen
class On:
    """Events of a type; build it with :func:`on`.

    Attributes:
        type: The type.
        fields: The values that its fields must have.
        option: An option of the rule and the value that it must have; ``None``: under any options.
        opening: Whether the text with which an agent opens a ticket counts, too.
    """

    type: type[TicketEvent]
    fields: Mapping[str, Any] = Factory(dict)
    option: tuple[str, Any] | None = None
    opening: bool = True

    def happens(self, step: Step) -> bool:
        """Return whether it is this that happened."""
        event = step.event
        return (
            type(event) is self.type
            and all(getattr(event, name) == value for name, value in self.fields.items())
            and (self.option is None or getattr(step.rule.options, self.option[0]) == self.option[1])
            and (self.opening or not step.before.is_opening_text(event))
        )


@frozen
class Becomes:
    """A change of status to one of those that an option of the rule lists.

    Attributes:
        option: The option: ``"status_counts_as_response"``.
    """

    option: str

    def happens(self, step: Step) -> bool:
        """Return whether it is this that happened."""
        status = step.after.status
        return status != step.before.status and status in getattr(step.rule.options, self.option)


@frozen
class Work:
    """The work on the ticket ends, or is taken up again.

    Attributes:
        goes: Which of the two.
    """

    goes: Literal["ends", "on"]

    def happens(self, step: Step) -> bool:
        """Return whether it is this that happened."""
        return step.stopped != step.stops and step.stops == (self.goes == "ends")


Trigger: TypeAlias = On | Becomes | Work


def on(kind: type[TicketEvent], *, option: tuple[str, Any] | None = None, opening: bool = True, **fields: object) -> On:
    """Return the trigger that events of *kind* with such *fields* pull.

    Args:
        kind: The type of event.
        option: An option of the rule and the value that it must have.
        opening: Whether the text with which an agent opens a ticket counts, too.
        fields: Fields of the event and the values that they must have.

    Raises:
        TypeError: The event has no such field, or the options have no such option.

    Example:
        >>> from ventanilla.core.events import ReplySent
        >>> on(ReplySent, author_kind="agent").fields
        {'author_kind': 'agent'}
    """
    known = {field.name for field in attrs.fields(kind)}
    if unknown := fields.keys() - known:
        raise TypeError(f"{kind.__name__} has no {', '.join(sorted(unknown))}")
    if option is not None and not hasattr(Options(), option[0]):
        raise TypeError(f"there is no option {option[0]!r}")
    return On(kind, fields, option, opening)


def any_happens(triggers: tuple[Trigger, ...], step: Step) -> bool:
    """Return whether any of *triggers* is pulled."""
    return any(trigger.happens(step) for trigger in triggers)
