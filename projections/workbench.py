"""What an instance of a clock goes through while events are taken in: each step with its line in the account."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import attrs

from ventanilla.core.events import TicketOpened
from ventanilla.projections import account as words
from ventanilla.projections.clock import LIVE, Clock, Entry, Instance, Span
from ventanilla.projections.measure import Measure
from ventanilla.projections.plan import Plan
from ventanilla.projections.policy import GIVEN, Options
from ventanilla.projections.settings import Choice
from ventanilla.projections.ticket_clocks import Slot, TicketClocks
from ventanilla.projections.ties import Tie
from ventanilla.projections.triggers import on

OPENING = on(TicketOpened)


class Workbench:
    """The clocks of a ticket, taken apart to be worked on.

    Args:
        plan: What is measured, by which settings.
        state: Where the clocks stand.
    """

    def __init__(self, plan: Plan, state: TicketClocks) -> None:
        self._plan = plan
        self._now = state.now
        self._situation = state.situation
        self._slots = {slot.name: slot for slot in state.slots}
        self._instances = list(state.instances)
        self._ties = state.ties

    def done(self) -> TicketClocks:
        """Return what has come of it."""
        return TicketClocks(
            now=self._now,
            situation=self._situation,
            slots=tuple(self._slots.values()),
            instances=tuple(self._instances),
            ties=self._ties,
        )

    def _begin(self, slot: Slot, clock: Clock, at: datetime, each: str | None, said: str) -> None:
        number = 1 + sum(instance.clock == clock.name for _, instance in self._of(slot.name))
        instance = Instance(
            clock=clock.name,
            slot=slot.name,
            number=number,
            each=each,
            state="running",
            started_at=at,
            position=self._now[1],
            since=self._now[0],
            running=True,
        )
        self._instances.append(instance)
        self._tell(len(self._instances) - 1, said)
        self._aim(len(self._instances) - 1, slot.choice, first=True)

    def _choose(self, name: str) -> None:
        """Choose the rule of a slot, and give live clocks its targets."""
        slot = self._slots[name]
        choice = self._plan.settings.choose(name, self._situation.facts, self._now)
        if choice is None and slot.choice is None:
            return
        self._slots[name] = attrs.evolve(slot, choice=choice, rule=choice.rule if choice else slot.rule)
        for place, instance in self._of(name):
            if instance.state in LIVE:
                self._aim(place, choice)

    def _aim(self, place: int, choice: Choice | None, *, first: bool = False) -> None:
        """Give a clock the target that *choice* has for it; the *first* one is no change of target."""
        instance, options = self._instances[place], choice.rule.options if choice else Options()
        aim = choice.rule.targets.get(instance.clock, words.NO_TARGET) if choice else words.NO_TARGET
        seconds = aim.of(self._situation.facts)
        named_here = choice is not None and instance.clock in choice.rule.targets
        calendar = aim.calendar if named_here else instance.calendar
        named = (choice.policy, choice.version, choice.rule.name) if choice else (None, None, None)
        same = (seconds, calendar) == (instance.target, instance.calendar)
        if same and (seconds is None or named == (instance.policy, instance.version, instance.rule)):
            return
        kept = instance.target is not None and choice is not None and options.retarget == "keep"
        if not same and not kept:
            self._breach(place)
            fresh = first or (not instance.once and self._now[0] == instance.started_at)
            if seconds is not None and not fresh and options.retarget == "restart_at_change":
                self._begin_anew(place, "begins anew: the target changed")
            self._change_hours(place, calendar, whole=options.calendar_change == "retroactive")
            self._set(
                place,
                target=seconds,
                once=instance.once or seconds is not None,
                aimed_at=None if fresh else self._now[0],
            )
        if not kept:
            self._set(place, policy=named[0], version=named[1], rule=named[2])
        said = words.target(seconds, calendar, choice)
        self._tell(place, f"{said}; the old target stays" if kept else said)

    def _change_hours(self, place: int, calendar: str | None, *, whole: bool) -> None:
        """Measure in the hours of *calendar* from now on, or for the whole of the clock."""
        instance = self._instances[place]
        if calendar == instance.calendar:
            return
        if instance.once and not whole:
            self._close_span(place)
        elif instance.spans:
            spans = tuple(attrs.evolve(span, calendar=calendar) for span in instance.spans)
            self._set(place, spans=spans)
        self._set(place, calendar=calendar)

    def _move(self, place: int, due: datetime) -> None:
        """Set the due instant by hand."""
        instance = self._instances[place]
        self._breach(place)
        again = "" if instance.due_set is None else f", no longer {words.show(instance.due_set)}"
        aimed = None if instance.due_set is None else self._now[0]
        self._set(place, due_set=due, once=True, aimed_at=aimed)
        self._tell(place, f"due {words.show(due)}{again}")

    def _take_over(self, tie: Tie) -> None:
        """Let live clocks count from where another ticket's did, or no longer."""
        for name, slot in self._slots.items():
            for place, instance in self._of(name):
                if instance.state not in LIVE or name == GIVEN:
                    continue
                others = tuple(one for one in instance.taken if one[0] != tie.other)
                brought = None if tie.undone else self._brought(tie, instance, slot.rule.options)
                if brought is not None:
                    self._count_from(place, (*others, (tie.other, *brought)))
                elif others != instance.taken:
                    self._count_from(place, others)

    def _brought(self, tie: Tie, instance: Instance, options: Options) -> tuple[datetime, tuple[Span, ...]] | None:
        """Return from when on *instance* is to count by *tie*, and the stretches before its own start."""
        own = instance.own or instance.started_at
        if options.merge == "earliest":
            for one in tie.brings:
                if one.key == (instance.slot, instance.clock, instance.each) and one.started_at < own:
                    return one.started_at, tuple(
                        Span(span.start, min(span.end, own), span.calendar) for span in one.spans if span.start < own
                    )
        opens = own == self._situation.opened_at and OPENING in self._plan.declared[instance.clock].starts
        if options.split == "at_message" and opens and tie.since is not None and tie.since < own:
            return tie.since, (Span(tie.since, own, instance.calendar),)
        return None

    def _count_from(self, place: int, taken: tuple[tuple[str, datetime, tuple[Span, ...]], ...]) -> None:
        """Let a clock count from the earliest start in *taken*, or from its own."""
        instance = self._instances[place]
        own = instance.own or instance.started_at
        self._breach(place)
        spans = tuple(span for span in instance.spans if span.start >= own)
        other, start, before = min(taken, key=lambda one: one[1], default=("", own, ()))
        self._set(
            place,
            started_at=start,
            spans=(*before, *spans),
            own=own if taken else None,
            taken=taken,
            aimed_at=self._now[0],
        )
        self._tell(place, f"counts from {words.show(start)}, {f'as in {other}' if taken else 'its own start'}")

    def _sync(self, name: str, said: str) -> None:
        """Let every live clock run, pause or stand still, as the ticket's status says."""
        slot, situation = self._slots[name], self._situation
        for place, instance in self._of(name):
            if instance.state not in LIVE:
                continue
            clock = self._plan.declared[instance.clock]
            pauses = slot.rule.pauses.get(clock.name, clock.pauses)
            if clock.at_stop != "runs" and (slot.stopped or situation.off):
                state = "stopped"
            else:
                state = "paused" if situation.status in pauses else "running"
            if state == instance.state:
                continue
            self._breach(place)
            self._close_span(place)
            what = {"stopped": f"stopped: {said}", "paused": f"paused: {said}", "running": f"runs on: {said}"}[state]
            if instance.state == "paused":
                total = self._measure(place).paused(self._now[0])
                what += f"; paused for {words.span(total - instance.paused)} of open time"
                self._set(place, paused=total)
            self._set(place, state=state, running=state == "running", since=self._now[0])
            self._tell(place, what)

    def _finish(self, place: int, state: str, said: str) -> None:
        """End an instance, for good unless the ticket is reopened."""
        self._breach(place)
        self._close_span(place)
        paused = self._measure(place).paused(self._now[0])
        self._set(place, state=state, running=False, since=self._now[0], ended=self._now, paused=paused)
        self._tell(place, said)

    def _begin_anew(self, place: int, said: str) -> None:
        now = self._now[0]
        self._set(place, spans=(), started_at=now, since=now, paused=0.0, own=None, taken=())
        self._tell(place, said)

    def _breach(self, place: int) -> None:
        """Keep a breach that has come about, before anything changes what is due."""
        instance = self._instances[place]
        if instance.breached_at is not None or (instance.target is None and instance.due_set is None):
            return
        measure = self._measure(place)
        due = measure.due()
        if due is not None and self._now[0] > due:
            self._set(place, breached_at=measure.breach(due), because=measure.because(due))

    def _close_span(self, place: int) -> None:
        instance, now = self._instances[place], self._now[0]
        if instance.running and instance.since < now:
            span = Span(instance.since, now, instance.calendar)
            self._set(place, spans=(*instance.spans, span), since=now)

    def _measure(self, place: int) -> Measure:
        instance = self._instances[place]
        retroactive = self._slots[instance.slot].rule.options.calendar_change == "retroactive"
        return Measure(instance, self._plan.settings, self._now, retroactive)

    def _of(self, name: str) -> list[tuple[int, Instance]]:
        """Return the instances of a slot with their places."""
        return [(place, one) for place, one in enumerate(self._instances) if one.slot == name]

    def _set(self, place: int, **changes: Any) -> None:
        after = object.__new__(Instance)  # as attrs.evolve would make it, at a fifth of the price
        after.__dict__.update(self._instances[place].__dict__)
        after.__dict__.update(changes)
        self._instances[place] = after

    def _tell(self, place: int, what: str) -> None:
        entry = Entry(position=self._now[1], at=self._now[0], what=what)
        self._set(place, entries=(*self._instances[place].entries, entry))
