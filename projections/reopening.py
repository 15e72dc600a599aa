"""Which reopenings bring a ticket back.

A customer who writes only to say thanks opens a settled ticket again. To count that as a failure, or to let clocks and
waits run for it, would punish whoever was thanked. So one rule holds in every table, clock and measure: a reopening out
of courtesy is none. What was settled stays settled, since when and by whom it was; to put it away again settles
nothing. By the rules of tickets it is open until then: whoever finds more in it than thanks settles it, and reopens it
for that reason.
"""

from __future__ import annotations

from ventanilla.core.events import Event, TicketReopened

COURTESY = "courtesy"
"""Why a ticket is reopened by a message that only says thanks."""


def is_courtesy(event: Event) -> bool:
    """Return whether *event* is a reopening out of courtesy.

    Example:
        >>> from datetime import UTC, datetime
        >>> noon = datetime(2026, 1, 5, 12, tzinfo=UTC)
        >>> is_courtesy(TicketReopened(at=noon, because="courtesy")), is_courtesy(TicketReopened(at=noon))
        (True, False)
    """
    return isinstance(event, TicketReopened) and event.because == COURTESY
