"""The settings that the log has, as they were published."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from ventanilla.adapters.answers import SETTINGS
from ventanilla.adapters.store import Store
from ventanilla.core.recorded import Recorded


def settings(store: Store, until: int, known_at: datetime | None = None) -> Iterator[Recorded]:
    """Return the events of settings up to position *until*, as far as known at *known_at*, setting by setting."""
    for _, story in store.stories(SETTINGS, until, known_at=known_at):
        yield from (recorded for recorded in story if isinstance(recorded, Recorded))
