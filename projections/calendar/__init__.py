"""Business time: what is open when, and how long it has been."""

from ventanilla.projections.calendar.business_time import BusinessTime
from ventanilla.projections.calendar.calendars import ALWAYS, Calendar, calendar
from ventanilla.projections.calendar.errors import CalendarNotUnderstood
from ventanilla.projections.calendar.in_force import InForce

__all__ = ["ALWAYS", "BusinessTime", "Calendar", "CalendarNotUnderstood", "InForce", "calendar"]
