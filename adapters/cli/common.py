"""What several commands read alike."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from ventanilla.adapters.desk import Desk
from ventanilla.core.errors import NotUnderstood
from ventanilla.plugins.host import Host


@contextmanager
def open_desk(url: str) -> Iterator[Desk]:
    """Open the desk that is at *url* with all installed plug-ins."""
    with Desk(url, create=False, host=Host().load()) as desk:
        yield desk


def instant(text: str | None) -> datetime | None:
    """Return the instant that an option says, UTC where it has no zone of its own.

    Raises:
        NotUnderstood: It says none.
    """
    if text is None:
        return None
    if text == "now":
        return datetime.now(UTC)
    try:
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise NotUnderstood(f"{text!r} is no instant; write 2015-01-31 or 2015-01-31T18:00:00Z") from None
