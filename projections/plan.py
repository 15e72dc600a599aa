"""What is measured, by which settings, made ready to be asked often."""

from __future__ import annotations

from typing import Any

from attrs import Factory, field, frozen

from ventanilla.projections.clock import Clock
from ventanilla.projections.policy import GIVEN
from ventanilla.projections.settings import Moment, PolicyVersion, Settings
from ventanilla.projections.triggers import On, Trigger


@frozen
class Plan:
    """What is measured, by which settings, made ready to be asked often.

    Attributes:
        settings: The policies and calendars.
        clocks: What is measured.
        declared: The same by name.
        slots: Every slot there is.
        changes: When policies come into force.
        heard: The types of events that a clock looks at once it runs, and those that may start it, by its name;
            ``None`` is among them if it looks at changes of status, too.
        concerns: All types of events that any clock looks at.
    """

    settings: Settings
    clocks: tuple[Clock, ...]
    declared: dict[str, Clock] = field(init=False, default=Factory(lambda self: _by_name(self.clocks), True))
    slots: tuple[str, ...] = field(init=False, default=Factory(lambda self: (*self.settings.slots(), GIVEN), True))
    changes: list[PolicyVersion] = field(init=False, default=Factory(lambda self: self.settings.changes(), True))
    binds: list[Moment] = field(init=False, default=Factory(lambda self: [one.since for one in self.changes], True))
    heard: dict[str, tuple[frozenset[Any], frozenset[Any]]] = field(
        init=False, default=Factory(lambda self: {clock.name: _heard(clock) for clock in self.clocks}, True)
    )
    concerns: frozenset[Any] = field(
        init=False, default=Factory(lambda self: frozenset().union(*(a | b for a, b in self.heard.values())), True)
    )


def _by_name(clocks: tuple[Clock, ...]) -> dict[str, Clock]:
    declared = {clock.name: clock for clock in clocks}
    if len(declared) != len(clocks):
        raise ValueError(f"two clocks have one name: {', '.join(clock.name for clock in clocks)}")
    return declared


def _heard(clock: Clock) -> tuple[frozenset[Any], frozenset[Any]]:
    ends = (*clock.meets, *clock.breaks, *clock.cancels, *clock.restarts, *clock.moves, *clock.notes)
    if clock.follows:
        ends += clock.starts
    starts = clock.starts + ((*clock.meets, *clock.cancels) if clock.holds else ())
    return _types(ends), _types(starts)


def _types(triggers: tuple[Trigger, ...]) -> frozenset[Any]:
    return frozenset(trigger.type if isinstance(trigger, On) else None for trigger in triggers)
