"""What was known of a customer's last weeks when they answered about the relationship."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ventanilla.projections.drivers.response import Value
from ventanilla.projections.drivers.ticket import FEATURES

_WORDS = ("channel", "kind")


def period_features(tickets: Sequence[Mapping[str, Value]]) -> Mapping[str, Value]:
    """Return the features of a customer's period, from those of each of its tickets.

    ``tickets`` and ``channels`` are how many there were; every other feature is the mean of what is known of it (of yes
    and no, the share of yes), ``None`` if nothing is.

    Example:
        >>> found = period_features([{"touches": 1, "channel": "mail"}, {"touches": 4, "channel": "phone"}])
        >>> found["tickets"], found["channels"], found["touches"], found["reopens"]
        (2, 2, 2.5, None)
    """
    numbers = {name: _mean([ticket.get(name) for ticket in tickets]) for name in FEATURES if name not in _WORDS}
    channels = {ticket["channel"] for ticket in tickets if ticket.get("channel") is not None}
    return {"tickets": len(tickets), "channels": len(channels), **numbers}


def _mean(values: Sequence[Value]) -> float | None:
    known = [float(value) for value in values if value is not None]
    return sum(known) / len(known) if known else None
