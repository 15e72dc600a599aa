"""Our own metrics of how the desk works, by subject."""

from __future__ import annotations

from ventanilla.plugins.metrics import (
    clocks,
    contacts,
    effort,
    loyalty,
    outcomes,
    promises,
    resolution,
    responses,
    service,
    talk,
    team,
    tickets,
    value,
)

OPERATIONAL = (
    *tickets.METRICS,
    *responses.METRICS,
    *talk.METRICS,
    *clocks.METRICS,
    *resolution.METRICS,
    *effort.METRICS,
    *contacts.METRICS,
    *outcomes.METRICS,
    *promises.METRICS,
    *service.METRICS,
    *loyalty.METRICS,
    *value.METRICS,
    *team.METRICS,
)
"""All of them."""
