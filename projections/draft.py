"""The clocks of a ticket while events are taken in: the rules of the engine, see :mod:`.timekeeper`."""

from __future__ import annotations

from bisect import bisect_right
from datetime import datetime
from typing import Any

import attrs
from attrs import Factory, field, frozen

from ventanilla.core.events import TicketEvent, TicketOpened
from ventanilla.projections import account as words
from ventanilla.projections.clock import LIVE, Clock, Entry, Instance, Span
from ventanilla.projections.measure import Measure
from ventanilla.projections.policy import GIVEN, Options
from ventanilla.projections.settings import Choice, Moment, PolicyVersion, Settings
from ventanilla.projections.situation import Situation
from ventanilla.projections.ticket_clocks import Slot, TicketClocks
from ventanilla.projections.triggers import On, Step, Trigger, any_happens


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


class Draft:
    """The clocks of a ticket while events are taken in.

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
        self._kinds: set[Any] = set()

    def done(self) -> TicketClocks:
        """Return what has come of it."""
        return TicketClocks(
            now=self._now,
            situation=self._situation,
            slots=tuple(self._slots.values()),
            instances=tuple(self._instances),
        )

    def advance(self, to: Moment) -> None:
        """Let policies come into force and pauses end by themselves, each at its instant, up to *to*."""
        binds = self._plan.binds
        while True:
            place = bisect_right(binds, self._now)
            change = binds[place] if place < len(binds) and binds[place] < to else None
            until = self._situation.until
            wakes = None if until is None else max((until, 0), self._now)
            if wakes is not None and wakes <= to and (change is None or wakes <= change):
                self._now = wakes
                self._situation = self._situation.resumed()
                for name in self._slots:
                    self._sync(name, "the pause was over")
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
        self._aim(len(self._instances) - 1, slot.choice)

    # What is due.

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

    def _aim(self, place: int, choice: Choice | None) -> None:
        """Give a clock the target that *choice* has for it."""
        instance, options = self._instances[place], choice.rule.options if choice else Options()
        aim = choice.rule.targets.get(instance.clock, words.NO_TARGET) if choice else words.NO_TARGET
        seconds = aim.of(self._situation.facts)
        calendar = aim.calendar if seconds is not None else instance.calendar
        named = (choice.policy, choice.version, choice.rule.name) if choice else (None, None, None)
        same = (seconds, calendar) == (instance.target, instance.calendar)
        if same and (seconds is None or named == (instance.policy, instance.version, instance.rule)):
            return
        kept = instance.target is not None and choice is not None and options.retarget == "keep"
        if not same and not kept:
            self._breach(place)
            fresh = not instance.once and self._now[0] == instance.started_at
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

    # What an instance goes through.

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
        self._set(place, spans=(), started_at=now, since=now, paused=0.0)
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
