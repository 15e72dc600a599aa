"""What several commands do alike: open the desk, read instants and zones, show how far a fold has come."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ventanilla.adapters.answers import keeper_of_log
from ventanilla.adapters.cli.progress import progress
from ventanilla.adapters.desk import Desk
from ventanilla.adapters.policies import Document, read_file
from ventanilla.core.errors import NotUnderstood
from ventanilla.plugins.host import Host


@contextmanager
def open_desk(url: str) -> Iterator[Desk]:
    """Open the desk that is at *url* with all installed plug-ins."""
    with Desk(url, create=False, host=Host().load()) as desk:
        yield desk


def catch_up(desk: Desk) -> None:
    """Bring the fact table up with the log, with a bar where that takes a while."""
    position, head = desk.view.position(), desk.store.head()
    if head - position < 20_000:
        desk.catch_up()
        return
    with progress("events") as bar:
        task = bar.add_task("fold", total=head - position, count=0)
        desk.catch_up(lambda done: bar.update(task, completed=done - position, count=done - position))


def policy_file(desk: Desk, path: Path | None) -> Document | None:
    """Return what the policy file says, which may use the desk's calendars; ``None`` without one."""
    if path is None:
        return None
    calendars = keeper_of_log(desk.store, desk.host.clocks).settings.calendars
    return read_file(path, calendars=calendars, clocks=[clock.name for clock in desk.host.clocks])


def conditions(given: Sequence[str]) -> dict[str, str]:
    """Return which value each option ``--only NAME=VALUE`` wants.

    Raises:
        NotUnderstood: One has no value, or a name comes twice.
    """
    found: dict[str, str] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not (name and equals):
            raise NotUnderstood(f"--only {text!r} names no value: write it as channel=mail")
        if name in found:
            raise NotUnderstood(f"--only {name} is given twice: nothing has two values of it")
        found[name] = value
    return found


def instant(text: str | None, zone: tzinfo = UTC) -> datetime | None:
    """Return the instant that an option says, in *zone* where it has none of its own.

    Raises:
        NotUnderstood: It says none.
    """
    if text is None:
        return None
    if text == "now":
        return datetime.now(UTC)
    try:
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise NotUnderstood(f"{text!r} is no instant; write 2015-01-31 or 2015-01-31T18:00:00Z") from None


def time_zone(name: str) -> ZoneInfo:
    """Return the zone that an option names.

    Raises:
        NotUnderstood: There is none of that name.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise NotUnderstood(f"--zone {name!r} is no time zone; write it as Europe/Madrid") from None
