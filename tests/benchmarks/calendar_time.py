"""Speed of business time: a query against a walk from minute to minute, and whole columns against single queries.

Run by `make bench`. Ratios hold on any machine; the figures a second only on this one. Each round does the walk, the
queries and the columns in turn, on the same spans of up to two weeks over three years; the median over the rounds is
printed. The walk and the queries must give the same seconds.

    python tests/benchmarks/calendar_time.py [--rounds N]
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeAlias
from zoneinfo import ZoneInfo

import numpy as np

from ventanilla.projections.calendar import Calendar, InForce, calendar, columns

Span: TypeAlias = tuple[datetime, datetime]

TZ = "Europe/Madrid"
HOLIDAYS = ("01-01", "01-06", "05-01", "10-12", "12-25")
HOURS = ((9 * 60, 14 * 60), (16 * 60, 19 * 60))  # in minutes of the day, Monday to Friday
MINUTE = timedelta(minutes=1)
QUERIES, WALKS = 200_000, 10


def main() -> None:
    """Measure, and print a line for each figure."""
    options = argparse.ArgumentParser(description="speed of business time")
    options.add_argument("--rounds", type=int, default=5, help="interleaved rounds")
    rounds = options.parse_args().rounds
    windows = [[f"{begin // 60:02}:00", f"{end // 60:02}:00"] for begin, end in HOURS]
    definition = {
        "tz": TZ,
        "weekly": dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), windows),
        "annual_holidays": HOLIDAYS,
    }
    desk = calendar(definition, name="desk")
    spans = draw(QUERIES)
    starts, ends = (
        np.array([at.replace(tzinfo=None) for at in column], "M8[us]") for column in zip(*spans, strict=True)
    )
    targets = np.full(len(spans), 8 * 3_600.0)
    changed = InForce(
        [(None, desk), (datetime(2025, 7, 1, tzinfo=UTC), calendar({**definition, "tz": "UTC"}, name="new"))]
    )
    assert [desk.elapsed(*span) for span in spans[:WALKS]] == [walk(*span) for span in spans[:WALKS]]

    work: dict[str, tuple[int, Callable[[], object]]] = {
        "walk": (WALKS, lambda: [walk(*span) for span in spans[:WALKS]]),
        "elapsed": (QUERIES, lambda: elapsed(desk, spans)),
        "elapsed, calendars in force": (QUERIES, lambda: elapsed(changed, spans)),
        "add": (QUERIES, lambda: [desk.add(start, 28_800) for start, _ in spans]),
        "columns.elapsed": (QUERIES, lambda: columns.elapsed(desk, starts, ends)),
        "columns.add": (QUERIES, lambda: columns.add(desk, starts, targets)),
        "compile the years 1990 to 2100": (111, lambda: compile_all(definition)),
    }
    times: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(rounds):
        for name, (_, task) in work.items():
            begun = time.perf_counter()
            task()
            times[name].append(time.perf_counter() - begun)
    rates = {name: count / statistics.median(times[name]) for name, (count, _) in work.items()}
    print(f"business time, spans of up to two weeks, {rounds} interleaved rounds")
    print(f"    elapsed: {rates['elapsed']:,.0f}/s (goal >= 300,000)")
    print(f"    elapsed, calendars in force: {rates['elapsed, calendars in force']:,.0f}/s")
    print(f"    against a walk over the minutes: {rates['elapsed'] / rates['walk']:,.0f} x (goal >= 100)")
    print(f"    add: {rates['add']:,.0f}/s")
    print(f"    whole columns: elapsed {rates['columns.elapsed']:,.0f}/s, add {rates['columns.add']:,.0f}/s")
    print(f"    … against single queries: {rates['columns.elapsed'] / rates['elapsed']:.0f} x")
    print(f"    compile 1990 to 2100: {1_000 / rates['compile the years 1990 to 2100']:.1f} ms a year")


def draw(count: int) -> list[Span]:
    """Return *count* spans of up to two weeks, the same ones every time."""
    chance, begin = random.Random(1), datetime(2024, 1, 1, tzinfo=UTC)
    starts = [begin + chance.randrange(3 * 365 * 1_440) * MINUTE for _ in range(count)]
    return [(start, start + chance.randrange(14 * 1_440) * MINUTE) for start in starts]


def elapsed(desk: Calendar | InForce, spans: Sequence[Span]) -> None:
    """Ask about every span."""
    ask = desk.elapsed
    for start, end in spans:
        ask(start, end)


def walk(start: datetime, end: datetime) -> float:
    """Return the open seconds by looking at every minute, as one would without an index."""
    zone, minutes = ZoneInfo(TZ), 0
    while start < end:
        local = start.astimezone(zone)
        minute = local.hour * 60 + local.minute
        if local.weekday() < 5 and any(begin <= minute < close for begin, close in HOURS):
            minutes += f"{local:%m-%d}" not in HOLIDAYS
        start += MINUTE
    return minutes * 60


def compile_all(definition: Mapping[str, object]) -> None:
    """Compile a century and a decade."""
    calendar(definition, name="fresh").elapsed(datetime(1990, 1, 1, tzinfo=UTC), datetime(2100, 12, 1, tzinfo=UTC))


if __name__ == "__main__":
    main()
