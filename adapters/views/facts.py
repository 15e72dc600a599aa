"""Questions to a view of the fact table, and to the log where a view does not reach."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from datetime import datetime

from ventanilla.adapters.store import Store
from ventanilla.adapters.views.view import TicketView
from ventanilla.core.errors import Conflict, Unavailable
from ventanilla.projections import runner
from ventanilla.projections.parked import Parked
from ventanilla.projections.tickets import TicketFacts

TRIES = 5


def facts(store: Store, view: TicketView, as_of: datetime | None, parked: list[Parked]) -> Iterator[TicketFacts]:
    """Return the fact table as it stood at *as_of*, by ticket: from the view, or for a look back from the log.

    Args:
        store: The log.
        view: The view; it is caught up first.
        as_of: The instant at which to look; ``None``: now.
        parked: When the last row was read, it has the tickets whose rows stand still.
    """
    position = runner.catch_up(store, view)
    newest = view.last_at()
    if as_of is None or newest is None or as_of >= newest:
        return _newest(view, parked)
    return runner.replay(store, position, as_of, parked.append)


def remake(store: Store, view: TicketView, progress: Callable[[int], None]) -> None:
    """Fold the whole log anew beside *view*, which answers meanwhile, and put that in its place.

    Raises:
        Unavailable: The database cannot be used, or others read the old rows all the time.
    """
    try:
        beside, tries = view.beside(), TRIES
        while True:
            runner.catch_up(store, beside, progress)
            try:
                if view.replace_by(beside):
                    return
            except Unavailable:  # somebody reads all the old rows, which takes a while
                if not (tries := tries - 1):
                    raise
                time.sleep(random.uniform(0, 0.5))
    except Conflict:
        pass  # another one makes it anew, too, and was done first


def _newest(view: TicketView, parked: list[Parked]) -> Iterator[TicketFacts]:
    parked += view.parked()
    yield from view.rows()
    known = {found.stream for found in parked}
    parked += [found for found in view.parked() if found.stream not in known]  # while the rows were read
