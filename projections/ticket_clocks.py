"""Where all clocks of a ticket stand: the state of the fold."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from attrs import Factory, frozen

from ventanilla.projections.clock import Instance
from ventanilla.projections.policy import Rule
from ventanilla.projections.settings import Choice, Moment
from ventanilla.projections.situation import Situation
from ventanilla.projections.ties import Tie

NO_RULE = Rule(name="")
"""What pauses and stops clocks where no rule has been chosen yet."""


@frozen(kw_only=True)
class Slot:
    """Where a ticket stands in a slot.

    Attributes:
        name: The slot's name.
        choice: The rule that holds now; ``None``: none.
        rule: The rule that held last, which says what pauses and stops.
        stopped: Whether the work has ended.
        held: What starts a clock at a reopening: its instant, by the clock's name.
    """

    name: str
    choice: Choice | None = None
    rule: Rule = NO_RULE
    stopped: bool = False
    held: Mapping[str, datetime] = Factory(dict)


@frozen(kw_only=True)
class TicketClocks:
    """All clocks of a ticket, as far as its history has been folded.

    Attributes:
        now: How far that is.
        situation: How the ticket stands.
        slots: By name; the slot of given due instants last.
        instances: In the order in which they started.
        ties: What is to come of merges and splits, by time.
    """

    now: Moment
    situation: Situation
    slots: tuple[Slot, ...]
    instances: tuple[Instance, ...] = ()
    ties: tuple[Tie, ...] = ()
