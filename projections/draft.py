"""The clocks of a ticket while events are taken in: the rules of the engine, see :mod:`.timekeeper`."""

from __future__ import annotations

from bisect import bisect_right
from typing import Any

import attrs

from ventanilla.core.events import TicketEvent, TicketOpened
from ventanilla.projections import account as words
from ventanilla.projections.clock import LIVE, Clock
from ventanilla.projections.plan import Plan
from ventanilla.projections.policy import GIVEN
from ventanilla.projections.settings import Moment
from ventanilla.projections.situation import Situation
from ventanilla.projections.ticket_clocks import Slot, TicketClocks
from ventanilla.projections.triggers import Step, any_happens
from ventanilla.projections.workbench import Workbench


class Draft(Workbench):
    """The clocks of a ticket while events are taken in.

    Args:
        plan: What is measured, by which settings.
        state: Where the clocks stand.
    """

    def __init__(self, plan: Plan, state: TicketClocks) -> None:
        super().__init__(plan, state)
        self._kinds: set[Any] = set()

    def advance(self, to: Moment) -> None:
        """Let policies come into force, pauses end by themselves and ties take effect, each in time, up to *to*."""
        binds = self._plan.binds
        while True:
            place = bisect_right(binds, self._now)
            change = binds[place] if place < len(binds) and binds[place] < to else None
            until = self._situation.until
            wakes = None if until is None else max((until, 0), self._now)
            tie = self._ties[0] if self._ties and self._ties[0].at <= to else None
            next_ = min(to, change or to, tie.at if tie else to)
            if wakes is not None and wakes <= next_:
                self._now = wakes
                self._situation = self._situation.resumed()
                for name in self._slots:
                    self._sync(name, "the pause was over")
            elif tie is not None and (change is None or tie.at <= change):
                self._now, self._ties = max(tie.at, self._now), self._ties[1:]
                self._take_over(tie)
            elif change is not None:
                self._now = change
                for name in self._slots:
                    self._choose(name)
                    self._stop_or_go(name, "the policy says so")
                    self._sync(name, "the policy says so")
            else:
                break
        self._now = max(self._now, to)

    def happen(self, event: TicketEvent) -> None:
        """Take *event* in."""
        before = self._situation
        self._situation = after = before.after(event)
        if after is before and type(event) not in self._plan.concerns and before.opened_at is not None:
            return
        said = words.of(event)
        self._kinds = (
            {type(event)} if after.status == before.status and after.settled == before.settled else {type(event), None}
        )
        for name in self._slots:
            step = self._step(name, event, before)
            self._end(name, step, said)
            self._stop_or_go(name, said)
            if after.facts is not before.facts or before.opened_at is None:
                self._choose(name)
                self._stop_or_go(name, said)
            rule = self._slots[name].rule
            self._start(name, step if rule is step.rule else attrs.evolve(step, rule=rule), said)
            self._sync(name, said)

    def _step(self, name: str, event: TicketEvent, before: Situation) -> Step:
        slot, after = self._slots[name], self._situation
        stops = after.is_stopped(slot.rule.stop)
        return Step(event=event, before=before, after=after, rule=slot.rule, stopped=slot.stopped, stops=stops)

    # What ends, stops and goes on.

    def _end(self, name: str, step: Step, said: str) -> None:
        """Let *step* end, move or restart what runs."""
        for place, instance in self._of(name):
            if self._plan.heard[instance.clock][0].isdisjoint(self._kinds):
                continue
            clock = self._plan.declared[instance.clock]
            if any_happens(clock.notes, step):
                self._tell(place, f"not ours: {said}")
            if instance.state not in LIVE:
                continue
            another = clock.each is not None and getattr(step.event, clock.each, instance.each) != instance.each
            if another:
                if clock.follows and any_happens(clock.starts, step):
                    self._finish(place, "met", f"ended: {said}")
            elif any_happens(clock.meets, step):
                self._finish(place, "met", f"met: {said}")
            elif any_happens(clock.breaks, step):
                self._finish(place, "ended", f"ended, not met: {said}")
            elif any_happens(clock.cancels, step):
                self._finish(place, "cancelled", f"cancelled: {said}")
            elif any_happens(clock.restarts, step):
                self._breach(place)
                self._begin_anew(place, f"begins anew: {said}")
            elif clock.due and any_happens(clock.moves, step):
                self._move(place, getattr(step.event, clock.due))

    def _stop_or_go(self, name: str, said: str) -> None:
        """Let the end of the work, or its being taken up again, have its effect."""
        slot = self._slots[name]
        stops = self._situation.is_stopped(slot.rule.stop)
        if stops == slot.stopped:
            return
        self._slots[name] = attrs.evolve(slot, stopped=stops, held={})
        if stops:
            for place, instance in self._of(name):
                at_stop = self._plan.declared[instance.clock].at_stop
                if instance.state in LIVE and at_stop == "met":
                    self._finish(place, "met", f"ended: {said}")
                elif instance.state in LIVE and at_stop == "ended":
                    self._finish(place, "ended", f"ended, not met: {said}")
            return
        for place in {instance.clock: place for place, instance in self._of(name)}.values():
            self._reopen(place, slot, said)
        for clock, at in slot.held.items():
            self._begin(slot, self._plan.declared[clock], at, None, f"started: the customer had written; {said}")

    def _reopen(self, place: int, slot: Slot, said: str) -> None:
        """Let the last instance of a clock go on, or a new one begin, or nothing, as the rule has it."""
        instance = self._instances[place]
        clock = self._plan.declared[instance.clock]
        over = {"met": ("met",), "stopped": ("stopped", "ended")}.get(clock.at_stop, ())
        if instance.state not in over or clock.follows:
            return
        option = slot.rule.options.reopen
        if option == "resume":
            self._set(place, state="stopped", ended=None, since=self._now[0])
            self._aim(place, slot.choice)
            return  # and runs on when it is synchronised with the status
        if instance.state == "stopped":
            self._finish(place, "ended", f"ended, not met: {said}")
        if option == "restart":
            self._begin(slot, clock, self._now[0], instance.each, f"started: {said}")

    # What starts.

    def _start(self, name: str, step: Step, said: str) -> None:
        """Start what *step* starts."""
        slot, event = self._slots[name], step.event
        opens = isinstance(event, TicketOpened)
        if slot.choice is None and name != GIVEN and not opens:
            return  # where no rule holds, nothing new is measured
        for clock in self._plan.clocks:
            if (clock.due is not None) != (name == GIVEN) or self._plan.heard[clock.name][1].isdisjoint(self._kinds):
                continue
            if clock.name in slot.held and any_happens((*clock.meets, *clock.cancels), step):
                held = {other: at for other, at in slot.held.items() if other != clock.name}
                self._slots[name] = slot = attrs.evolve(slot, held=held)
            if not any_happens(clock.starts, step) or not self._may_start(slot, clock, step):
                continue
            each = self._each(clock, event)
            if each is None and clock.each is not None:
                continue
            if any(i.clock == clock.name and i.each == each and i.state in LIVE for _, i in self._of(name)):
                continue
            if slot.stopped and clock.at_stop != "runs" and not opens:
                if clock.holds:
                    self._slots[name] = slot = attrs.evolve(slot, held={clock.name: event.at, **slot.held})
                continue
            self._begin(slot, clock, event.at, each, f"started: {said}")
            if clock.due and (due := getattr(event, clock.due, None)):
                self._move(len(self._instances) - 1, due)
            if slot.stopped and clock.at_stop == "met":  # opened as settled
                self._finish(len(self._instances) - 1, "met", f"ended: {said}")

    def _may_start(self, slot: Slot, clock: Clock, step: Step) -> bool:
        if self._situation.off is not None and clock.at_stop != "runs":
            return False
        if clock.after is None or step.rule.options.next_response_from == "always":
            return True
        return any(i.clock == clock.after and i.state == "met" for _, i in self._of(slot.name))

    def _each(self, clock: Clock, event: TicketEvent) -> str | None:
        if clock.each is None:
            return None
        found = getattr(event, clock.each, None) or self._situation.facts.get(clock.each)
        return str(found) if found else None
