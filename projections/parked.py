"""What an answer lacks: the streams with an event that could not be read or folded."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator

from attrs import frozen

NAMED = 10
"""How many parked tickets an answer names; the others it counts."""


@frozen(kw_only=True)
class Parked:
    """A ticket whose row stands still.

    Attributes:
        stream: The ticket.
        position: The event that could not be read or folded.
        topic: What its topic says.
        reason: Why it could not.
        events: How many of the ticket's events are not in its row: this one and all that came after it.
    """

    stream: str
    position: int
    topic: str
    reason: str
    events: int


def say_parked(parked: Iterable[Parked]) -> Iterator[str]:
    """Return in words what an answer lacks, by position: the first tickets one by one, the others counted."""
    in_order = sorted(parked, key=lambda found: found.position)
    for found in itertools.islice(in_order, NAMED):
        left_out = "1 event is" if found.events == 1 else f"{found.events:,} events are"
        yield f"ticket {found.stream} stands as before event {found.position}, {left_out} left out: {found.reason}"
    if len(in_order) > NAMED:
        yield f"and {len(in_order) - NAMED:,} more tickets: `ventanilla status`"
