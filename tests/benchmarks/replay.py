"""Replay at speed, as ratios in one interleaved run: part of `make bench`.

    python tests/benchmarks/replay.py [--tickets N] [--rounds N] [--desk FILE]

Everything is measured on the same log in turn, in seconds of the processor, of all processes; the median of the rounds'
ratios is printed. Ours is all facts of a ticket, in business time of five calendars, whatever the others leave out.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from importlib.util import find_spec
from pathlib import Path

import peers
import synthetic

from ventanilla.adapters.store import open_store
from ventanilla.adapters.timeline import Source, audit, build
from ventanilla.adapters.timeline.audit import Measuring
from ventanilla.adapters.timeline.build import Map
from ventanilla.projections.calendar import ALWAYS, BusinessTime, calendar
from ventanilla.projections.measures import Hours, Measures
from ventanilla.projections.measures.standard import standard

_WEEK = ("mon", "tue", "wed", "thu", "fri")
CALENDARS: dict[str, BusinessTime] = {
    "always": ALWAYS,
    "berlin": calendar(
        {
            "tz": "Europe/Berlin",
            "weekly": {day: [["08:00", "12:00"], ["13:00", "17:30"]] for day in _WEEK},
            "holidays": ["2025-01-01", "2025-04-18", "2025-04-21", "2025-05-01", "2025-10-03", "2025-12-25"],
        },
        name="berlin",
    ),
    "new_york": calendar(
        {"tz": "America/New_York", "weekly": {day: [["09:00", "18:00"]] for day in _WEEK}, "holidays": ["2025-07-04"]},
        name="new_york",
    ),
    "kolkata": calendar(
        {"tz": "Asia/Kolkata", "weekly": {day: [["09:30", "18:30"]] for day in (*_WEEK, "sat")}}, name="kolkata"
    ),
    "lord_howe": calendar(
        {"tz": "Australia/Lord_Howe", "weekly": {day: [["22:00", "06:00"]] for day in (*_WEEK, "sat", "sun")}},
        name="lord_howe",
    ),
}
MAPPED = 20_000
"""Events that the package's own mapper is given: one costs as much as another."""


def measures() -> Measures:
    """Return what is measured."""
    hours = 3_600.0
    return standard(
        hours=Hours(by="calendar", calendars=CALENDARS),
        first_reply={"urgent": hours, "high": 4 * hours, None: 8 * hours},
        resolution={"urgent": 8 * hours, "high": 24 * hours, None: 72 * hours},
    )


def main() -> None:
    """Make the log, measure, print a line for each ratio."""
    options = argparse.ArgumentParser(description="replay at speed")
    options.add_argument("--tickets", type=int, default=20_000, help="some ten events each")
    options.add_argument("--rounds", type=int, default=3, help="interleaved rounds")
    options.add_argument("--desk", type=Path, help="a SQLite file made by synthetic.py; default: one is made")
    options.add_argument("--only-ours", action="store_true", help="leave out what takes others so long")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        desk = chosen.desk or Path(name) / "desk.db"
        store, _ = open_store(f"sqlite:///{desk}", create=chosen.desk is None)
        if chosen.desk is None:
            synthetic.fill(store, chosen.tickets)
        run(Source(url=f"sqlite:///{desk}", store=store), desk, Path(name), chosen.rounds, others=not chosen.only_ours)
        store.close()


def run(source: Source, desk: Path, folder: Path, rounds: int, *, others: bool) -> None:
    """Measure on the log of *source*, which is the file *desk*."""
    work, timeline = measures(), folder / "timeline"
    now = build(source, timeline)
    events = peers.scan(desk)
    size = sum(path.stat().st_size for path in timeline.glob("*.npz"))
    print(f"{events:,} events, {desk.stat().st_size / events:.0f} bytes each in SQLite, {rounds} interleaved rounds")
    print(f"timeline: {size / events:.1f} bytes an event (goal <= 12), {len(now.runs)} runs")

    workers(source, folder, work, rounds)  # first: a new process is said to be as large as this one has been

    def quick() -> int:
        return sum(len(part.tickets) for part in audit(source, timeline, work)[1])

    def full() -> int:
        return replay(source, folder / "anew", work)

    def mapped() -> int:
        return peers.mapper(desk, MAPPED)

    peers.stored(desk, MAPPED)
    sides: dict[str, tuple[Callable[[], int], int]] = {
        "quick": (quick, events),
        "full": (full, events),
        "scan": (lambda: peers.scan(desk), events),
        "fold": (lambda: peers.fold(desk, CALENDARS), events),
        "mapper": (mapped, min(MAPPED, events)),
    }
    if others and find_spec("pandas"):
        sides["pandas"] = (lambda: peers.script(desk), events)
    if others and find_spec("pm4py"):
        sides["pm4py"] = (lambda: peers.mined(desk), events)
    quick()
    times: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name, (side, count) in sides.items():
            times[name].append(cpu(side) / count * 1e6)
    for name, found in times.items():
        print(f"    {name:7} {statistics.median(found):8.2f} us of the processor an event")
    for what, theirs, ours, goal in (
        ("facts from the timeline, against a fold in Python (msgspec)", "fold", "quick", ">= 20"),
        ("facts from the timeline, against SQLite's own scan", "scan", "quick", ">= 1"),
        ("facts from the timeline, against a pandas script that does less", "pandas", "quick", ">= 100"),
        ("full replay, against a pandas script that does less", "pandas", "full", ">= 5"),
        ("full replay, against the mapper of eventsourcing alone", "mapper", "full", ">= 5"),
        ("full replay, against a fold in Python (msgspec)", "fold", "full", ">= 1.5"),
        ("full replay, against pm4py's case durations", "pm4py", "full", "-"),
        ("facts from the timeline, against pm4py's case durations", "pm4py", "quick", "-"),
    ):
        if theirs in times:
            ratio = statistics.median(a / b for a, b in zip(times[theirs], times[ours], strict=True))
            print(f"{what}\n    {ratio:.1f} x (goal {goal})")


def replay(source: Source, folder: Path, work: Measures, workers: Map = map) -> int:
    """Decode the whole log and measure it, with nothing there before, and return how many tickets that were."""
    shutil.rmtree(folder, ignore_errors=True)
    now = build(source, folder, join=False, workers=workers)
    measuring = Measuring(folder=folder, manifest=now, measures=work, as_of=now.last_at or 0, check=False)
    return sum(len(part.tickets) for part in workers(measuring, now.parts))


def workers(source: Source, folder: Path, work: Measures, rounds: int) -> None:
    """Print what a second process brings, and how much memory each takes."""
    ratios = []
    for _ in range(rounds):
        walls = []
        for count in (1, 2):
            with ProcessPoolExecutor(count, mp_context=multiprocessing.get_context("spawn")) as pool:
                list(pool.map(abs, range(4 * count)))  # its processes are there
                begin = time.perf_counter()
                replay(source, folder / "anew", work, pool.map)
                walls.append(time.perf_counter() - begin)
        ratios.append(walls[0] / walls[1])
    print(f"full replay, two processes against one, by the clock\n    {statistics.median(ratios):.2f} x (goal >= 1.8)")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"the largest process: {peak:.0f} MB")


def cpu(side: Callable[[], int]) -> float:
    """Return the seconds of the processor that *side* took, with those of its processes."""
    begin = _spent()
    side()
    return _spent() - begin


def _spent() -> float:
    who = (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in who)


if __name__ == "__main__":
    main()
