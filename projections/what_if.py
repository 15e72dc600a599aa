"""What would have been: the same history under two sets of settings, and where they differ. Nothing is written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from attrs import define, frozen

from ventanilla.core.events import TicketEvent, TicketOpened
from ventanilla.projections.clock import Reading
from ventanilla.projections.timekeeper import Timekeeper


@frozen(kw_only=True)
class Outcome:
    """How an instance of a clock came out.

    Attributes:
        state: Its state.
        target: In seconds; ``None`` without one.
        due: When it was due; ``None`` if it waits.
        breached: Whether it was breached at any time.
    """

    state: str
    target: float | None
    due: datetime | None
    breached: bool


@frozen(kw_only=True)
class Difference:
    """An instance that would have come out otherwise.

    Attributes:
        ticket: The ticket.
        slot: The clock's slot.
        clock: The clock's name.
        number: Which instance.
        value: The ticket's value of the dimension; ``None`` without one.
        before: As it is; ``None``: there is no such target.
        after: As it would have been; ``None``: there would be no such target.
    """

    ticket: str
    slot: str
    clock: str
    number: int
    value: str | None
    before: Outcome | None
    after: Outcome | None


@define
class Count:
    """Breaches of some instances.

    Attributes:
        instances: With a target, now or then.
        before: Breached as it is.
        after: Breached as it would have been.
        more: Breached only as it would have been.
        fewer: Breached only as it is.
    """

    instances: int = 0
    before: int = 0
    after: int = 0
    more: int = 0
    fewer: int = 0

    def add(self, before: Outcome | None, after: Outcome | None) -> None:
        """Count one instance in."""
        was, would = bool(before and before.breached), bool(after and after.breached)
        self.instances += 1
        self.before += was
        self.after += would
        self.more += would and not was
        self.fewer += was and not would


@frozen(kw_only=True)
class Comparison:
    """What would have been.

    Attributes:
        tickets: How many tickets were replayed.
        counts: By slot and clock.
        by: By the value of the dimension; empty without one.
        differences: Every instance that would have come out otherwise, by ticket.
        as_of: The instant of looking.
    """

    tickets: int
    counts: Mapping[tuple[str, str], Count]
    by: Mapping[str | None, Count]
    differences: Sequence[Difference]
    as_of: datetime


def compare(
    histories: Iterable[tuple[str, Sequence[tuple[int, TicketEvent]]]],
    before: Timekeeper,
    after: Timekeeper,
    *,
    as_of: datetime,
    since: datetime | None = None,
    until: datetime | None = None,
    by: str | None = None,
) -> Comparison:
    """Replay *histories* under both engines and return where their clocks differ at *as_of*.

    Args:
        histories: Tickets and their (position, event)s.
        before: The settings as they are.
        after: The settings as they would be.
        as_of: Later events are left out.
        since: Leave out tickets opened before.
        until: Leave out tickets opened then or later.
        by: A fact of the tickets to count by; ``None``: none.
    """
    tickets = 0
    counts: dict[tuple[str, str], Count] = {}
    cut: dict[str | None, Count] = {}
    differences: list[Difference] = []
    for ticket, whole in histories:
        history = [(position, event) for position, event in whole if event.at <= as_of]
        opened = next((event.at for _, event in history if isinstance(event, TicketOpened)), None)
        if opened is None or (since and opened < since) or (until and opened >= until):
            continue
        tickets += 1
        state = before.fold(history, before.ties(ticket))
        value = state.situation.facts.get(by) if state and by else None
        other = after.fold(history, after.ties(ticket))
        was, would = _outcomes(before.read(state, as_of)), _outcomes(after.read(other, as_of))
        for key in sorted(was.keys() | would.keys()):
            slot, clock, number = key
            pair = was.get(key), would.get(key)
            counts.setdefault((slot, clock), Count()).add(*pair)
            if by:
                cut.setdefault(value, Count()).add(*pair)
            if pair[0] != pair[1]:
                differences.append(
                    Difference(
                        ticket=ticket,
                        slot=slot,
                        clock=clock,
                        number=number,
                        value=value,
                        before=pair[0],
                        after=pair[1],
                    )
                )
    return Comparison(
        tickets=tickets,
        counts=dict(sorted(counts.items())),
        by=dict(sorted(cut.items(), key=lambda one: (one[0] is None, one[0]))),
        differences=differences,
        as_of=as_of,
    )


def needed(*keepers: Timekeeper) -> tuple[Timekeeper, ...]:
    """Return *keepers* with those clocks only that any of their policies has a target for, and what these wait for."""
    named = {
        clock
        for keeper in keepers
        for version in keeper.settings.policies
        if version.content
        for rule in version.content.rules
        for clock in rule.targets
    }
    named |= {clock.after for clock in keepers[0].clocks if clock.name in named and clock.after}
    clocks = tuple(clock for clock in keepers[0].clocks if clock.name in named)
    return tuple(Timekeeper(keeper.settings, clocks, keeper.links) for keeper in keepers)


def _outcomes(readings: Iterable[Reading]) -> dict[tuple[str, str, int], Outcome]:
    return dict(_targeted(readings))


def _targeted(readings: Iterable[Reading]) -> Iterator[tuple[tuple[str, str, int], Outcome]]:
    for reading in readings:
        if reading.policy is not None or reading.due is not None or reading.breached_at is not None:
            yield (
                (reading.slot, reading.clock, reading.number),
                Outcome(
                    state=reading.state,
                    target=reading.target,
                    due=reading.due,
                    breached=reading.breached_at is not None,
                ),
            )
