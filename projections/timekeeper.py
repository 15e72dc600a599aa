"""The one engine of all clocks: it folds a ticket's events into clocks, and reads them at any instant.

Events come by when they happened, equal instants by position. Between two events only policies that come into force,
pauses that end by themselves, and merges and splits change anything, and the fold takes them in at their own instants;
so it can be stopped anywhere and gone on with, and comes out the same. Each event is taken in four steps, in each slot:

1. what ends, ends: by the rule and the target in force before the event;
2. if facts changed, the rule is chosen anew, and running clocks get its targets;
3. what starts, starts;
4. every live clock runs, pauses or stands still, as the ticket's status says.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from attrs import Factory, field, frozen

from ventanilla.core.events import TicketEvent
from ventanilla.projections.clock import LIVE, Clock, Instance, Reading, State
from ventanilla.projections.draft import Draft
from ventanilla.projections.measure import Measure
from ventanilla.projections.plan import Plan
from ventanilla.projections.settings import Settings
from ventanilla.projections.situation import Situation
from ventanilla.projections.standard import STANDARD
from ventanilla.projections.ticket_clocks import Slot, TicketClocks
from ventanilla.projections.ties import Links, Tie, ties

LAST = 2**63
"""A position after all others: what is read at an instant has seen all events of that instant."""


@frozen
class Timekeeper:
    """Folds events into clocks by policies, and reads the clocks.

    Attributes:
        settings: The policies and calendars.
        clocks: What is measured; one that another waits for stands before it.
        links: Where to look for merges and splits; ``None``: no policy lets clocks take over from other tickets.
    """

    settings: Settings = Factory(Settings)
    clocks: tuple[Clock, ...] = STANDARD
    links: Links | None = None
    _plan: Plan = field(
        init=False, repr=False, eq=False, default=Factory(lambda self: Plan(self.settings, self.clocks), True)
    )

    def ties(self, ticket: str) -> tuple[Tie, ...]:
        """Return what the clocks of *ticket* may take over from other tickets, by time."""
        return () if self.links is None else ties(self, self.links, ticket)

    def fold(self, history: Iterable[tuple[int, TicketEvent]], ties: tuple[Tie, ...] = ()) -> TicketClocks | None:
        """Return the clocks after *history*, (position, event)s in any order; ``None`` if there is none."""
        state = None
        for position, event in sorted(history, key=lambda found: (found[1].at, found[0])):
            state = self.step(state, position, event, ties)
        return state

    def step(
        self, before: TicketClocks | None, position: int, event: TicketEvent, ties: tuple[Tie, ...] = ()
    ) -> TicketClocks:
        """Return the clocks after one more event.

        Args:
            before: The clocks before it; ``None`` for a ticket's first.
            position: Of the event.
            event: The event.
            ties: Of the ticket, see :meth:`ties`; they are taken in at the first event.

        Raises:
            ValueError: The event happened before what has been folded already: fold the history anew.
        """
        now = (event.at, position)
        if before is None:
            slots = tuple(Slot(name=name) for name in self._plan.slots)
            before = TicketClocks(now=now, situation=Situation(), slots=slots, ties=ties)
        elif now < before.now:
            raise ValueError(f"an event of {event.at} comes after one of {before.now[0]}: fold the history anew")
        draft = Draft(self._plan, before)
        draft.advance(now)
        draft.happen(event)
        return draft.done()

    def advance(self, state: TicketClocks, as_of: datetime) -> TicketClocks:
        """Return the clocks at *as_of*, with nothing having happened since but policies that came into force.

        Raises:
            ValueError: Later events have been folded already.
        """
        if as_of < state.now[0]:
            raise ValueError(f"events up to {state.now[0]} are in: they cannot be seen as of {as_of}")
        draft = Draft(self._plan, state)
        draft.advance((as_of, LAST))
        return draft.done()

    def read(self, state: TicketClocks | None, as_of: datetime) -> tuple[Reading, ...]:
        """Return what the clocks show at *as_of*, in the order in which they started.

        Raises:
            ValueError: Later events have been folded already.
        """
        if state is None:
            return ()
        now = self.advance(state, as_of)
        return tuple(self._reading(instance, now) for instance in now.instances)

    def measure(self, instance: Instance, state: TicketClocks) -> Measure:
        """Return the arithmetic of *instance*, by the calendars that were known at its end, or are known now."""
        slot = next(slot for slot in state.slots if slot.name == instance.slot)
        return Measure(instance, self.settings, state.now, slot.rule.options.calendar_change == "retroactive")

    def shown(self, instance: Instance, situation: Situation) -> State:
        """Return the state of *instance* as it is shown."""
        if instance.state in LIVE:
            if instance.target is None and instance.due_set is None:
                return "cancelled" if instance.once else "none"
            if situation.off is not None and self._plan.declared[instance.clock].at_stop != "runs":
                return "cancelled"
        return instance.state

    def _reading(self, instance: Instance, state: TicketClocks) -> Reading:
        measure = self.measure(instance, state)
        end = instance.ended[0] if instance.ended else state.now[0]
        due, elapsed, shown = measure.due(), measure.elapsed(end), self.shown(instance, state.situation)
        judged = shown not in ("none", "cancelled")
        breached = judged and due is not None and end > due
        return Reading(
            clock=instance.clock,
            slot=instance.slot,
            number=instance.number,
            each=instance.each,
            state=shown,
            started_at=instance.started_at,
            target=instance.target,
            elapsed=elapsed,
            paused=measure.paused(end),
            due=due if judged and instance.state not in ("paused", "stopped") else None,
            remaining=instance.target - elapsed if judged and instance.target is not None else None,
            met_at=end if instance.state == "met" else None,
            ended_at=end if instance.state == "ended" else None,
            cancelled_at=end if instance.state == "cancelled" else None,
            breached=breached,
            breached_at=instance.breached_at or (measure.breach(due) if breached else None),
            because=instance.because or (measure.because(due) if breached else None),
            policy=instance.policy,
            version=instance.version,
            rule=instance.rule,
            entries=instance.entries,
            as_of=state.now[0],
        )
