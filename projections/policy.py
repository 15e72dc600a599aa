"""Policies as data: which targets apply to which tickets, what pauses their clocks, what warns and escalates.

A policy is an ordered list of rules. Each rule belongs to a *slot* (the customer's SLA, a team's OLA, a supplier's
contract); in each slot the first rule whose conditions hold counts, for the facts as they are at that moment. A rule
may say that there is no target at all.

Durations are seconds. Statuses are words: ``open``, ``pending`` (waits for the customer), ``hold`` (waits for a third
party), ``snoozed``, ``resolved``, ``closed``, or the desk's own, recorded as the fact ``status``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias, get_args

from attrs import Factory, frozen

from ventanilla.core.errors import NotUnderstood

Reopening: TypeAlias = Literal["resume", "restart", "first_final"]
Retargeting: TypeAlias = Literal["from_start", "restart_at_change", "keep"]
Gate: TypeAlias = Literal["after_first_response", "always"]
Waiting: TypeAlias = Literal["oldest_unanswered", "latest_unanswered"]
CalendarChange: TypeAlias = Literal["from_change", "retroactive"]
Merging: TypeAlias = Literal["untouched", "earliest"]
Splitting: TypeAlias = Literal["at_split", "at_message"]
LevelKind: TypeAlias = Literal["warn", "due", "escalate"]
Facts: TypeAlias = Mapping[str, str]

GIVEN = "given"
"""The slot of clocks that are due at an instant given by hand: the manual due date, promises, follow-ups."""

STOP = ("resolved", "closed")
"""The statuses that end the work, where a rule names no others."""


@frozen(kw_only=True)
class Options:
    """What desks decide differently; the first value of each is the default.

    Attributes:
        reopen: A reopened ticket's clock goes on without the time in between, begins afresh, or stays as it was.
        next_response_from: Whether a customer waits for a *next* response before the first one was given.
        next_response_clock: Whether a further message of the customer leaves the wait as it is or begins it anew.
        bot_clears_waiting: Whether a bot's answer ends the wait, without having met it.
        public_only: Whether only what the customer sees is a response; a note is none then.
        status_counts_as_response: Statuses that count as a first response.
        retarget: A new target is measured from the clock's start, from the change, or not at all.
        calendar_change: A new calendar counts from its date on, or for the whole of a clock that still runs.
        merge: When another ticket is merged into this one, its live clocks stay as they are, or count from where the
            same clock of the other began, if that is earlier and still lived; what the other's had run before counts.
        split: The clocks that begin with the opening of a ticket that was split from another begin at its own opening,
            or when the first of the messages came that belong to it.
    """

    reopen: Reopening = "resume"
    next_response_from: Gate = "after_first_response"
    next_response_clock: Waiting = "oldest_unanswered"
    bot_clears_waiting: bool = False
    public_only: bool = True
    status_counts_as_response: tuple[str, ...] = ()
    retarget: Retargeting = "from_start"
    calendar_change: CalendarChange = "from_change"
    merge: Merging = "untouched"
    split: Splitting = "at_split"


def read_options(given: Mapping[str, Any], place: str) -> Options:
    """Return the options that *given* sets, by name; the others are as usual.

    Raises:
        NotUnderstood: There is no such option, or it has no such value.
    """
    found: dict[str, Any] = {}
    for name, value in given.items():
        if name not in _OPTIONS:
            raise NotUnderstood(f"{place}: there is no option {name!r}; there are {', '.join(_OPTIONS)}")
        allowed = _OPTIONS[name]
        if allowed is None:
            if not isinstance(value or (), list | tuple) or not all(isinstance(one, str) for one in value or ()):
                raise NotUnderstood(f"{place}: option {name} is {value!r}, not a list of statuses")
            found[name] = tuple(value or ())
        elif value not in allowed or isinstance(value, bool) != isinstance(allowed[0], bool):
            raise NotUnderstood(f"{place}: option {name} is {value!r}, not one of {', '.join(map(repr, allowed))}")
        else:
            found[name] = value
    return Options(**found)


_OPTIONS: dict[str, tuple[Any, ...] | None] = {
    "reopen": get_args(Reopening),
    "next_response_from": get_args(Gate),
    "next_response_clock": get_args(Waiting),
    "bot_clears_waiting": (False, True),
    "public_only": (True, False),
    "status_counts_as_response": None,
    "retarget": get_args(Retargeting),
    "calendar_change": get_args(CalendarChange),
    "merge": get_args(Merging),
    "split": get_args(Splitting),
}


@frozen
class Margin:
    """When to warn: a part of the target, or so long before it is due, both in the target's own hours.

    Attributes:
        part: Of the target, between 0 and 1; ``None``: *seconds* is given.
        seconds: Before it is due; ``None``: *part* is given.
    """

    part: float | None = None
    seconds: float | None = None

    def reached(self, target: float) -> float:
        """Return the seconds after which a clock with *target* warns, never below 0."""
        after = target * self.part if self.part is not None else target - (self.seconds or 0.0)
        return max(after, 0.0)


@frozen(kw_only=True)
class Target:
    """How long a clock may run.

    Attributes:
        seconds: By the value of the fact *by*; ``None`` is the key for all other values.
        by: The fact; ``None``: one target for all.
        calendar: The calendar in whose hours it is measured; ``None``: around the clock.
        warn: When to warn, before it is due.
        escalate: The levels to escalate to, as seconds after it was due, ascending; 0 is the due instant itself.
    """

    seconds: Mapping[str | None, float] = Factory(dict)
    by: str | None = None
    calendar: str | None = None
    warn: tuple[Margin, ...] = ()
    escalate: tuple[float, ...] = ()

    def of(self, facts: Facts) -> float | None:
        """Return the target of a ticket with *facts*; ``None`` if there is none."""
        everyone = self.seconds.get(None)
        return everyone if self.by is None else self.seconds.get(facts.get(self.by), everyone)


@frozen(kw_only=True)
class Rule:
    """One line of a policy.

    Attributes:
        name: What is said when it matched.
        slot: Where it competes with other rules.
        when: Facts and the values that they must have, one of each; empty: it holds for every ticket.
        targets: By the clock's name; empty: explicitly no target.
        pauses: The statuses that pause a clock, by its name; a clock that is left out has its own default.
        stop: The statuses that end the work.
        options: What desks decide differently.
    """

    name: str
    slot: str = "customer"
    when: Mapping[str, tuple[str, ...]] = Factory(dict)
    targets: Mapping[str, Target] = Factory(dict)
    pauses: Mapping[str, tuple[str, ...]] = Factory(dict)
    stop: tuple[str, ...] = STOP
    options: Options = Factory(Options)

    def matches(self, facts: Facts) -> bool:
        """Return whether it holds for a ticket with *facts*."""
        return all(facts.get(name) in values for name, values in self.when.items())


@frozen(kw_only=True)
class Policy:
    """An ordered list of rules; the first that matches in a slot counts.

    Attributes:
        name: The policy's name.
        rules: In order.
    """

    name: str
    rules: tuple[Rule, ...]

    def choose(self, slot: str, facts: Facts) -> Rule | None:
        """Return the rule that holds in *slot* for a ticket with *facts*; ``None`` if none does."""
        return next((rule for rule in self.rules if rule.slot == slot and rule.matches(facts)), None)
