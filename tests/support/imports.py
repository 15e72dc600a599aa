"""Histories to be imported."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from ventanilla import Desk
from ventanilla.adapters.history import Mapping, Tally, import_history, read_mapping
from ventanilla.core.events import (
    Event,
)
from ventanilla.core.recorded import Unreadable

NOW = datetime(2026, 2, 1, 12, tzinfo=UTC)
OPENED = datetime(2015, 3, 5, 14, 7, tzinfo=UTC)

MAP = """
format = "ventanilla-map/1"
name = "acme"
[source]
key = ["id"]
#source#
[instants]
format = "%Y-%m-%d %H:%M"
zone = "America/New_York"
[[refuse]]
when = { column = "state", is = ["impossible"] }
because = "is impossible"
[[ignore]]
column = "state"
is = ["test"]
[[steps]]
do = "open"
at = "opened"
channel = { column = "channel", values = { Tel = "phone", Mail = "mail" } }
facts = { town = "town" }
[[steps]]
do = "set_due"
at = "opened"
due = "due"
[[steps]]
do = "resolve"
at = "solved"
when = { column = "state", is_not = ["open"] }
code = { constant = "fixed" }
"""

HEADER = "id,opened,due,solved,state,channel,town,note"

GOOD = [
    "1,2015-03-05 09:07,2015-03-06 09:07,2015-03-05 10:00,done,Tel,Köln,first",
    "2,2015-03-05 09:07,,,open,Mail,,second",
    "3,2015-03-05 09:07,2015-03-05 09:30,2015-03-05 10:00,done,Tel,Bonn,",
]
"""Three rows: 3 + 1 + 3 events."""


LOG_MAP = """
format = "ventanilla-map/1"
name = "log"
[source]
key = ["project", "ticket"]
kind = "jsonl"
[instants]
format = "unix"
[[steps]]
do = "open"
at = "at"
when = { column = "event", is = ["new"] }
channel = "via"
[[steps]]
do = "route"
at = "at"
when = { column = "event", is = ["moved"] }
team = "team"
[[steps]]
do = "reopen"
at = "at"
when = { column = "event", is = ["back"] }
[[steps]]
do = "close"
at = "at"
when = { column = "event", is = ["gone"] }
"""


def mapping(folder: Path, text: str = MAP, *, source: str = "") -> Mapping:
    path = folder / "map.toml"
    path.write_text(text.replace("#source#", source), encoding="utf-8")
    return read_mapping(path)


def csv(path: Path, rows: Iterable[str] = GOOD, *, header: str = HEADER, encoding: str = "utf-8") -> Path:
    path.write_bytes("".join(f"{line}\n" for line in (header, *rows)).encode(encoding, "surrogateescape"))
    return path


def taken(desk: Desk, path: Path, by: Mapping, *, batch: int = 1_000) -> Tally:
    """Return the last tally of an import of the whole file."""
    *_, tally = import_history(desk, path, by, batch=batch)
    return tally


def counts(tally: Tally) -> tuple[int, int, int, int, int]:
    """Return how many rows were read, imported, known and put aside, and how many events recorded."""
    return tally.rows, tally.imported, tally.known, tally.aside, tally.events


def events(desk: Desk, ticket: str) -> list[Event]:
    return [recorded.event for recorded in desk.log(ticket)]


def content(desk: Desk) -> list[tuple[str, list[Event]]]:
    """Return what is in the log, ticket by ticket, without positions."""
    return [
        (ticket, [event for _, event in history if not isinstance(event, Unreadable)])
        for ticket, history in desk.store.histories(desk.store.head())
    ]


def many(path: Path, number: int) -> Path:
    """Write a history of *number* rows, one or two events each."""
    with path.open("w") as file:
        file.write(HEADER + "\n")
        for n in range(number):
            solved = f"2015-03-0{n % 3 + 6} 10:{n % 60:02d}" if n % 2 else ""
            file.write(f"N-{n},2015-03-05 09:07,,{solved},{'done' if n % 2 else 'open'},Tel,town {n % 7},{n * n}\n")
    return path
