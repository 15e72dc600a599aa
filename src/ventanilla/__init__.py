"""An embeddable, event-sourced core for customer-service tickets: every figure names the events behind it."""

from ventanilla.adapters.desk import Desk
from ventanilla.adapters.handling import Outcome
from ventanilla.core.errors import (
    Conflict,
    Damaged,
    DeskError,
    InDoubt,
    NotUnderstood,
    PluginError,
    Refused,
    Unavailable,
)
from ventanilla.core.fields import Personal
from ventanilla.core.recorded import Actor, Cause, Recorded
from ventanilla.plugins.channel import Delivery
from ventanilla.plugins.hooks import hookimpl
from ventanilla.projections.metric import Answer

__version__ = "0.1.0"

__all__ = [
    "Actor",
    "Answer",
    "Cause",
    "Conflict",
    "Damaged",
    "Delivery",
    "Desk",
    "DeskError",
    "InDoubt",
    "NotUnderstood",
    "Outcome",
    "Personal",
    "PluginError",
    "Recorded",
    "Refused",
    "Unavailable",
    "hookimpl",
]
