"""A made-up month at a service desk, the same for the same seed: for demonstrations, load tests and benchmarks.

Arrivals follow the hour and the weekday; teams have their own pace; some tickets come back; some are still open when
the month ends; and a few rows cannot be true, as in every real export.
"""

from __future__ import annotations

import csv
import gzip
import io
import itertools
import json
import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TextIO, TypeAlias
from zoneinfo import ZoneInfo

SimulatedRow: TypeAlias = dict[str, str]

ZONE = ZoneInfo("Europe/Madrid")
COLUMNS: tuple[str, ...] = (
    "ticket",
    "opened",
    "channel",
    "category",
    "priority",
    "team",
    "region",
    "due",
    "resolved",
    "code",
    "reopened",
    "resolved again",
    "closed",
    "on time",
)

_BY_HOUR = (1, 1, 1, 1, 1, 2, 4, 9, 22, 34, 38, 36, 30, 22, 24, 30, 32, 28, 22, 16, 12, 8, 4, 2)
_BY_WEEKDAY = (1.25, 1.1, 1.0, 1.0, 0.95, 0.4, 0.3)
_CHANNELS = {"phone": 34, "mail": 28, "web form": 18, "chat": 14, "counter": 6}
_REGIONS = {"north": 25, "centre": 40, "south": 35}
_PRIORITIES = {"urgent": (5, 4), "high": (18, 24), "normal": (55, 72), "low": (22, 168)}  # weight, hours to settle
_CATEGORIES = {  # weight, team, codes
    "billing": (24, "accounts", ("corrected", "explained", "refunded")),
    "delivery": (30, "logistics", ("delivered", "sent again", "refunded")),
    "technical": (26, "support", ("fixed", "explained", "replaced")),
    "returns": (12, "logistics", ("refunded", "exchanged")),
    "information": (8, "front desk", ("explained",)),
}
_PACE = {"accounts": 0.42, "logistics": 0.5, "support": 0.62, "front desk": 0.12}  # median, in parts of the target
_WRONG_ONE_IN = 400

MAPPING = """\
# What the columns of a simulated month mean. Written by `ventanilla simulate`; a template for a mapping of your own.
format = "ventanilla-map/1"
name = "simulated"
title = "A simulated month at a service desk"

[source]
kind = "{kind}"
key = ["ticket"]

[instants]
format = "%Y-%m-%d %H:%M:%S"
zone = "Europe/Madrid"

[[steps]]
do = "open"
at = "opened"
channel = "channel"
facts = {{ region = "region" }}

[[steps]]
do = "categorise"
at = "opened"
category = "category"

[[steps]]
do = "prioritise"
at = "opened"
# A word that is not listed is not understood: the row is put aside.
priority = {{ column = "priority", values = {{ urgent = "urgent", high = "high", normal = "normal", low = "low" }} }}

[[steps]]
do = "route"
at = "opened"
team = "team"

[[steps]]
do = "set_due"
at = "opened"
due = "due"

# A step whose instant is empty is left out.
[[steps]]
do = "resolve"
at = "resolved"
code = "code"

[[steps]]
do = "reopen"
at = "reopened"

[[steps]]
do = "resolve"
at = "resolved again"
code = "code"

[[steps]]
do = "close"
at = "closed"

[[steps]]
do = "state_verdict"
at = "closed"
when = {{ column = "on time", given = true }}
by = {{ constant = "the simulated desk" }}
verdict = {{ column = "on time", values = {{ yes = "met", no = "breached" }} }}
"""


def simulate(tickets: int, seed: int, month: date = date(2025, 3, 1)) -> Iterator[SimulatedRow]:
    """Return *tickets* rows by the instant of opening; the same arguments give the same rows.

    Args:
        tickets: How many.
        seed: Of the random numbers.
        month: Any day of the month to simulate; what has not happened by its end is not in the rows.
    """
    chance = random.Random(seed)
    start = month.replace(day=1)
    end = datetime.combine((start + timedelta(days=32)).replace(day=1), datetime.min.time(), ZONE).astimezone(UTC)
    for number, opened in enumerate(_arrivals(chance, tickets, start), 1):
        row = _ticket(chance, f"S-{number:06}", opened, end)
        yield _spoilt(chance, row) if chance.random() < 1 / _WRONG_ONE_IN else row


def write(path: Path, rows: Iterator[SimulatedRow]) -> Iterator[int]:
    """Write *rows* to *path* and the mapping beside it, and yield how many rows are written, now and then.

    The name decides the form: ``.csv`` or ``.jsonl``, with ``.gz`` behind it for gzip.
    """
    if not path.parent.is_dir():
        raise FileNotFoundError(2, "there is no such folder: make it first", str(path.parent))
    kind = "jsonl" if ".jsonl" in path.suffixes else "csv"
    mapping_path(path).write_text(MAPPING.format(kind=kind), encoding="utf-8")
    part = path.with_name(path.name + ".part")  # a history that was broken off is not taken for a whole one
    with _opened(part, path.name) as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        if kind == "csv":
            writer.writeheader()
        for count, row in enumerate(rows, 1):
            if kind == "csv":
                writer.writerow(row)
            else:
                file.write(json.dumps(row) + "\n")
            if count % 1_000 == 0:
                yield count
    part.replace(path)


def mapping_path(path: Path) -> Path:
    """Return where the mapping of the history in *path* is written: ``month.csv.gz`` has ``month.toml``."""
    return path.with_name(path.name.split(".")[0] + ".toml")


def _opened(path: Path, name: str) -> TextIO:
    if name.endswith(".gz"):
        # No time in the archive: the same rows under the same name give the same bytes.
        return io.TextIOWrapper(gzip.GzipFile(path, "wb", 6, mtime=0), encoding="utf-8", newline="")
    return path.open("w", encoding="utf-8", newline="")


def _arrivals(chance: random.Random, tickets: int, start: date) -> list[datetime]:
    days = [day for day in (start + timedelta(days=n) for n in range(31)) if day.month == start.month]
    hours = [
        datetime.combine(day, datetime.min.time(), ZONE).replace(hour=hour).astimezone(UTC)
        for day, hour in itertools.product(days, range(24))
    ]
    weights = [_BY_WEEKDAY[day.weekday()] * weight for day, weight in itertools.product(days, _BY_HOUR)]
    chosen = chance.choices(hours, weights, k=tickets)
    return sorted(hour + timedelta(seconds=chance.randrange(3600)) for hour in chosen)


def _ticket(chance: random.Random, ticket: str, opened: datetime, end: datetime) -> SimulatedRow:
    category = _one_of(chance, {name: weight for name, (weight, _, _) in _CATEGORIES.items()})
    _, team, codes = _CATEGORIES[category]
    priority = _one_of(chance, {name: weight for name, (weight, _) in _PRIORITIES.items()})
    target = timedelta(hours=_PRIORITIES[priority][1])
    resolved = opened + target * _PACE[team] * chance.lognormvariate(0, 0.9)
    again: datetime | None = None
    reopened = resolved + timedelta(hours=chance.uniform(2, 90)) if chance.random() < 0.06 else None
    if reopened:
        again = reopened + target * _PACE[team] * chance.lognormvariate(-0.3, 0.8)
    closed = (again or resolved) + timedelta(days=3)
    due = opened + target
    return {
        "ticket": ticket,
        "opened": _local(opened, end),
        "channel": _one_of(chance, _CHANNELS),
        "category": category,
        "priority": priority,
        "team": team,
        "region": _one_of(chance, _REGIONS),
        "due": _local(due),
        "resolved": _local(resolved, end),
        "code": chance.choice(codes),
        "reopened": _local(reopened, end),
        "resolved again": _local(again, end),
        "closed": _local(closed, end),
        "on time": ("yes" if (again or resolved).replace(microsecond=0) <= due else "no") if closed < end else "",
    }


def _spoilt(chance: random.Random, row: SimulatedRow) -> SimulatedRow:
    """Make *row* one that cannot be true."""
    match chance.randrange(3):
        case 0:
            opened = datetime.fromisoformat(row["opened"])
            early = (opened - timedelta(minutes=chance.randrange(1, 600))).isoformat(sep=" ")
            return row | {"resolved": early, "reopened": "", "resolved again": ""}
        case 1:
            return row | {"opened": row["opened"].replace(row["opened"][5:10], "02-30")}
        case _:
            return row | {"priority": "asap!!"}


def _local(instant: datetime | None, end: datetime | None = None) -> str:
    """Return *instant* as the desk's clock on the wall shows it; empty if it is yet to come."""
    if instant is None or (end is not None and instant >= end):
        return ""
    return instant.astimezone(ZONE).strftime("%Y-%m-%d %H:%M:%S")


def _one_of(chance: random.Random, weights: dict[str, int]) -> str:
    return chance.choices(list(weights), list(weights.values()))[0]
