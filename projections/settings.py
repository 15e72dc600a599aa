"""What the desk had set, when: versions of policies and calendars, each in force from its own instant on.

Order is by instant, then by position in the log, as for all events. A policy's version binds open clocks from the later
of its effective-from and its publication; a calendar's version counts from its effective-from on. What has ended never
changes: it is judged by what was published when it ended.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TypeAlias

from attrs import Factory, field, frozen

from ventanilla.core.errors import NotUnderstood
from ventanilla.projections.calendar import ALWAYS, BusinessTime, Calendar, InForce
from ventanilla.projections.policy import GIVEN, Facts, Policy, Rule

Moment: TypeAlias = tuple[datetime, int]
"""An instant, and a position in the log to tell equal instants apart."""


@frozen(kw_only=True)
class PolicyVersion:
    """A version of a policy.

    Attributes:
        name: The policy's name.
        version: 1, 2, 3, …
        since: From when on it binds.
        content: The policy; ``None``: it was withdrawn.
    """

    name: str
    version: int
    since: Moment
    content: Policy | None


@frozen(kw_only=True)
class CalendarVersion:
    """A version of a calendar.

    Attributes:
        published: When it became known.
        since: From when on it is in force; ``None``: from the beginning of time.
        content: The calendar.
    """

    published: Moment
    since: datetime | None
    content: Calendar


@frozen(kw_only=True)
class Choice:
    """The rule that holds for a ticket in a slot, and where it stands.

    Attributes:
        policy: The policy's name.
        version: Of the policy.
        rule: The rule.
    """

    policy: str
    version: int
    rule: Rule


@frozen(kw_only=True)
class Settings:
    """All versions of policies and calendars.

    Attributes:
        policies: In any order.
        calendars: By name, in the order of publication.
    """

    policies: Sequence[PolicyVersion] = ()
    calendars: Mapping[str, Sequence[CalendarVersion]] = Factory(dict)
    _known: dict[tuple[str, int], BusinessTime] = field(factory=dict, init=False, eq=False, repr=False)
    _ordered: list[PolicyVersion] = field(
        init=False,
        eq=False,
        repr=False,
        default=Factory(lambda self: sorted(self.policies, key=lambda version: version.since), takes_self=True),
    )

    def slots(self) -> tuple[str, ...]:
        """Return every slot that any version has rules for, by name, without that of given due instants."""
        rules = (rule for version in self.policies if version.content for rule in version.content.rules)
        return tuple(sorted({rule.slot for rule in rules} - {GIVEN}))

    def takes_over(self) -> bool:
        """Return whether any version of a policy lets clocks take over from those of other tickets."""
        rules = (rule for version in self.policies if version.content for rule in version.content.rules)
        return any((rule.options.merge, rule.options.split) != ("untouched", "at_split") for rule in rules)

    def changes(self) -> list[PolicyVersion]:
        """Return the versions of policies by when they bind."""
        return self._ordered

    def choose(self, slot: str, facts: Facts, now: Moment) -> Choice | None:
        """Return what holds in *slot* for a ticket with *facts* at *now*; ``None`` if nothing does.

        Policies are asked by name.
        """
        in_force: dict[str, PolicyVersion] = {}
        for version in self._ordered:
            if version.since <= now:
                in_force[version.name] = version
        for name in sorted(in_force):
            content = in_force[name].content
            rule = content.choose(slot, facts) if content else None
            if rule is not None:
                return Choice(policy=name, version=in_force[name].version, rule=rule)
        return None

    def calendar(self, name: str | None, known: Moment, *, retroactive: bool = False) -> BusinessTime:
        """Return the calendar *name* with the versions that were known at a moment; ``None`` is around the clock.

        Args:
            name: The calendar's name.
            known: Versions published later are left out.
            retroactive: The version in force then counts for all time before, too.

        Raises:
            NotUnderstood: There is no such calendar, or was none then.
        """
        if name is None:
            return ALWAYS
        versions = [version for version in self.calendars.get(name, ()) if version.published <= known]
        count = len(versions)
        if not count:
            raise NotUnderstood(f"there is no calendar {name!r}, or was none at {known[0]}")
        if retroactive:
            begun = [one for one in versions if one.since is None or one.since <= known[0]]
            return max(begun, key=_beginning, default=versions[0]).content
        if (name, count) not in self._known:
            self._known[name, count] = _in_force(versions)
        return self._known[name, count]


def _beginning(version: CalendarVersion) -> tuple[bool, datetime, Moment]:
    return version.since is not None, version.since or version.published[0], version.published


def _in_force(versions: Sequence[CalendarVersion]) -> BusinessTime:
    """Return *versions*, in the order of publication, as one; the one that begins first counts for the time before."""
    by_beginning = {version.since: version.content for version in versions}
    begun = [at for at in by_beginning if at is not None]
    first, *later = ([None] if None in by_beginning else []) + sorted(begun)
    if not later:
        return by_beginning[first]
    return InForce(((None, by_beginning[first]), *((at, by_beginning[at]) for at in later)))
