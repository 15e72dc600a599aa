"""Calendars that people write or publish: TOML files, public holidays by country, iCalendar feeds."""

from ventanilla.adapters.calendars.file import read_calendar

__all__ = ["read_calendar"]
