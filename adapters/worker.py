"""Keeps a view up with the log, for as long as it is wanted, whatever happens to the database meanwhile."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime

from attrs import frozen

from ventanilla.adapters.leader import open_leader
from ventanilla.adapters.store import Store
from ventanilla.adapters.views import TicketView
from ventanilla.core.errors import Conflict, Unavailable
from ventanilla.plugins.logs import log
from ventanilla.projections.runner import step

LOOK = 1.0
"""Seconds between two questions whether to go on."""

PAUSES = (0.1, 5.0)
"""Seconds before a database that cannot be used is tried again: at first, and at most."""


@frozen(kw_only=True)
class Lag:
    """How far a view is behind the log.

    Attributes:
        events: How many events it has not folded yet.
        seconds: How long ago the oldest of them was recorded; 0 without any.
        parked: How many tickets stand still, with an event that could not be read or folded.
    """

    events: int
    seconds: float
    parked: int


def never() -> bool:
    """Go on for ever."""
    return False


def work(store: Store, view: TicketView, now: Callable[[], datetime], until: Callable[[], bool]) -> None:
    """Fold what comes into the log into *view* until *until* says that it is enough.

    Args:
        store: The log.
        view: The view.
        now: The clock that the log's instants of recording come from.
        until: Asked between pages, and at least every :data:`LOOK` seconds.
    """
    say, pause = log("worker"), PAUSES[0]
    with open_leader(store.database, "tickets") as leader:
        while not until():
            try:
                if not leader.leads():
                    time.sleep(LOOK / 2)
                    continue
                position = view.position()
                if store.wait(position, LOOK):
                    _catch_up(store, view, now, until, position)
                pause = PAUSES[0]
            except (Conflict, Unavailable) as error:
                say.warning("projection.failed", projection="tickets", error=str(error), again_in=pause)
                time.sleep(pause)
                pause = min(2 * pause, PAUSES[1])


def _catch_up(
    store: Store, view: TicketView, now: Callable[[], datetime], until: Callable[[], bool], position: int
) -> None:
    """Fold all there is, page by page, and say how old the oldest of it had become."""
    events, oldest = store.behind(position)
    while not until():
        reached = step(store, view)
        if reached is None:
            break
        position = reached or position
    lag = max((now() - oldest).total_seconds(), 0.0) if oldest else 0.0
    log("worker").debug(
        "projection.caught_up", projection="tickets", position=position, events=events, lag=round(lag, 3)
    )
