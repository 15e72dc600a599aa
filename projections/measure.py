"""The arithmetic of one clock: how long it has run, and when it is, was or would be due."""

from __future__ import annotations

from datetime import datetime

from attrs import frozen

from ventanilla.projections.calendar import BusinessTime, CalendarNotUnderstood
from ventanilla.projections.clock import Instance
from ventanilla.projections.settings import Moment, Settings


@frozen
class Measure:
    """What an instance has measured.

    What has ended is measured by the calendars that were known then, for ever.

    Attributes:
        instance: The clock.
        settings: The calendars.
        now: The moment of looking.
        retroactive: Whether a new calendar counts for the whole of a clock that still runs.
    """

    instance: Instance
    settings: Settings
    now: Moment
    retroactive: bool

    def elapsed(self, until: datetime) -> float:
        """Return the open seconds that it ran, up to *until* if it runs still."""
        instance = self.instance
        total = sum(self._hours(span.calendar).elapsed(span.start, span.end) for span in instance.spans)
        if instance.running:
            total += self._hours(instance.calendar).elapsed(instance.since, until)
        return total

    def paused(self, until: datetime) -> float:
        """Return the open seconds of its pauses, up to *until* if it is paused still."""
        instance = self.instance
        if instance.state != "paused":
            return instance.paused
        return instance.paused + self._hours(instance.calendar).elapsed(instance.since, until)

    def due(self) -> datetime | None:
        """Return the first instant at which it has run as long as its target; ``None`` without one, or if it waits.

        Of a clock that ended before, it is the instant at which it would have.
        """
        instance = self.instance
        if instance.due_set is not None:
            return instance.due_set
        return None if instance.target is None else self.reached(instance.target)

    def reached(self, seconds: float) -> datetime | None:
        """Return the first instant at which it has run for so many open *seconds*.

        ``None``: it waits, and will not know until it runs again; or its calendar never opens again.
        """
        instance = self.instance
        if seconds <= 0:
            return instance.started_at
        left = seconds
        for span in instance.spans:
            hours = self._hours(span.calendar)
            ran = hours.elapsed(span.start, span.end)
            if ran >= left:
                return hours.add(span.start, left)
            left -= ran
        if instance.running:
            return _add(self._hours(instance.calendar), instance.since, left)
        return _add(self._hours(instance.calendar), instance.ended[0], left) if instance.ended else None

    def breach(self, due: datetime | None) -> datetime | None:
        """Return the instant of a breach of *due*: never before the target was set that it breaks."""
        aimed = self.instance.aimed_at
        return due if due is None or aimed is None else max(due, aimed)

    def because(self, due: datetime | None) -> str:
        """Return why a breach of *due* is one."""
        aimed = self.instance.aimed_at
        return "target changed" if due is not None and aimed is not None and due < aimed else "not done by then"

    def _hours(self, name: str | None) -> BusinessTime:
        return self.settings.calendar(name, self.instance.ended or self.now, retroactive=self.retroactive)


def _add(hours: BusinessTime, start: datetime, seconds: float) -> datetime | None:
    try:
        return hours.add(start, seconds)
    except CalendarNotUnderstood as error:
        if error.code == "never_open":
            return None
        raise
