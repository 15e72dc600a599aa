"""What is wrong with a calendar, or with what is asked of it."""

from __future__ import annotations

from ventanilla.core.errors import NotUnderstood


class CalendarNotUnderstood(NotUnderstood):
    """A calendar, a target or an instant makes no sense; the message names the value and the place.

    Attributes:
        code: A stable name of what is wrong: test for it, not for the text.

            ``bad_calendar``: a key or a kind of value that a calendar does not have.
            ``bad_zone``: no such time zone.
            ``bad_date``, ``bad_time``, ``bad_window``: a date, a time of day or a window that does not exist.
            ``never_open``: the calendar is never open, or never again.
            ``bad_target``: a target that is not more than zero.
            ``bad_instant``: an instant that lies outside the years that calendars cover.
    """

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code

    def __reduce__(self) -> tuple[type[CalendarNotUnderstood], tuple[str, str]]:
        return type(self), (self.code, str(self))
