"""What others do with the same log, for :mod:`replay` to stand beside: each returns how many tickets it saw."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec

from ventanilla.projections.calendar import BusinessTime

PAGE = 10_000


class Said(msgspec.Struct, gc=False):
    """What the fold looks at, of any event."""

    at: datetime
    author_kind: str | None = None
    priority: str | None = None
    team: str | None = None
    channel: str | None = None
    origin: str = "customer"
    facts: dict[str, str] = {}


def scan(path: Path) -> int:
    """Let SQLite itself look at every payload: the floor for whatever reads the log."""
    with sqlite3.connect(path) as database:
        ((count, _),) = database.execute("SELECT count(*), sum(length(state)) FROM events").fetchall()
    database.close()
    return int(count)


def fold(path: Path, calendars: Mapping[str, BusinessTime]) -> int:
    """Fold the log in plain Python, decoded by msgspec: first and next replies, pauses, resolution in business time."""
    decode = msgspec.json.Decoder(Said).decode
    tickets: dict[str, dict[str, Any]] = {}
    database = sqlite3.connect(path)
    cursor = database.execute("SELECT originator_id, topic, state FROM events ORDER BY rowid")
    while page := cursor.fetchmany(PAGE):
        for stream, topic, state in page:
            event = decode(state)
            now = tickets.setdefault(stream, {"asked": None, "replies": [], "off": [], "paused": None, "touches": 0})
            _step(now, topic, event)
    database.close()
    for now in tickets.values():
        hours = calendars.get(now.get("calendar", ""), calendars["always"])
        waits = [hours.elapsed(start, end) for start, end in now["replies"]]
        now["first_reply"], now["next"] = waits[:1], (len(waits[1:]), sum(waits[1:]), max(waits[1:], default=0))
        now["pauses"] = sum(hours.elapsed(start, end) for start, end in now["off"])
        if settled := now.get("settled"):
            now["resolution"] = hours.elapsed(now["opened"], settled) - now["pauses"]
    return len(tickets)


def _step(now: dict[str, Any], topic: str, event: Said) -> None:
    if topic == "message.sent/1":
        if event.author_kind in (None, "agent"):
            now["touches"] += 1
            if now["asked"] is not None:
                now["replies"].append((now["asked"], event.at))
                now["asked"] = None
    elif topic == "message.received/1":
        if now["asked"] is None:
            now["asked"] = event.at
    elif topic == "ticket.opened/1":
        now["opened"], now["asked"], now["channel"] = event.at, event.at, event.channel
        now["calendar"] = event.facts.get("calendar", "always")
    elif topic == "ticket.prioritised/1":
        now["priority"] = event.priority
    elif topic == "ticket.routed/1":
        now["team"] = event.team
    elif topic == "ticket.paused/1":
        now["paused"] = now["paused"] or event.at
    elif topic in ("ticket.resumed/1", "ticket.resolved/1", "ticket.closed/1", "ticket.reopened/1"):
        if now["paused"] is not None:
            now["off"].append((now["paused"], event.at))
            now["paused"] = None
        if topic == "ticket.resolved/1":
            now["settled"] = event.at
        elif topic == "ticket.reopened/1":
            now["settled"], now["reopens"] = None, now.get("reopens", 0) + 1
    elif topic == "message.note-written/1":
        now["touches"] += 1


def script(path: Path) -> int:
    """Do less, as a pandas script would: no business time, no next replies, no pauses, no targets."""
    pd: Any = import_module("pandas")

    with sqlite3.connect(path) as database:
        rows = pd.read_sql_query("SELECT originator_id, topic, state FROM events", database)
    database.close()
    said = pd.DataFrame([json.loads(state) for state in rows["state"]])
    rows["at"] = pd.to_datetime(said["at"], format="ISO8601")
    of = rows.groupby("topic")
    opened = of.get_group("ticket.opened/1").groupby("originator_id")["at"].first()
    replied = of.get_group("message.sent/1").groupby("originator_id")["at"].first()
    resolved = of.get_group("ticket.resolved/1").groupby("originator_id")["at"].last()
    facts = pd.DataFrame({"first_reply": replied - opened, "resolution": resolved - opened})
    facts["touches"] = of.get_group("message.sent/1").groupby("originator_id").size()
    facts["reopens"] = of.get_group("ticket.reopened/1").groupby("originator_id").size()
    facts.describe()
    return len(facts)


def mapper(path: Path, events: int) -> int:
    """Rebuild so many events by the mapper of the package ``eventsourcing``, and do nothing with them.

    They are given to it as it would have written them itself: the writing is not in here, see :func:`stored`.
    """
    done = 0
    its, rows = stored(path, events)
    for row in rows:
        done += its.to_domain_event(row) is not None
    return done


_made: dict[tuple[Path, int], tuple[Any, list[Any]]] = {}


def stored(path: Path, events: int) -> tuple[Any, list[Any]]:
    """Return its mapper, and the first events of the log as it stores them: made once."""
    from eventsourcing.domain import Aggregate
    from eventsourcing.persistence import DatetimeAsISO, DecimalAsStr, JSONTranscoder, Mapper, UUIDAsHex

    if (path, events) in _made:
        return _made[path, events]
    transcoder = JSONTranscoder()
    for transcoding in (UUIDAsHex(), DecimalAsStr(), DatetimeAsISO()):
        transcoder.register(transcoding)
    its: Any = Mapper(transcoder)
    with sqlite3.connect(path) as database:
        found = database.execute("SELECT originator_version, state FROM events LIMIT ?", (events,)).fetchall()
    database.close()
    rows = []
    for version, state in found:
        said = json.loads(state)
        at = datetime.fromisoformat(said.pop("at"))
        event: Any = Aggregate.Event(originator_id=uuid4(), originator_version=version, timestamp=at)
        event.__dict__.update(said)
        rows.append(its.to_stored_event(event))
    _made[path, events] = its, rows
    return its, rows


def mined(path: Path) -> int:
    """Let pm4py, if it is there, measure case durations of the log, decoded for it beforehand."""
    pd: Any = import_module("pandas")

    pm4py: Any = import_module("pm4py")

    with sqlite3.connect(path) as database:
        rows = pd.read_sql_query("SELECT originator_id, topic, state FROM events", database)
    database.close()
    at = pd.to_datetime([json.loads(state)["at"] for state in rows["state"]], format="ISO8601")
    log = pd.DataFrame(
        {"case:concept:name": rows["originator_id"], "concept:name": rows["topic"], "time:timestamp": at}
    )
    pm4py.discover_performance_dfg(log)
    return len(pm4py.get_all_case_durations(log))
