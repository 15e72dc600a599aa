"""Speed as ratios against the raw limit, measured in one interleaved run: `make bench`.

Ratios hold on any machine; the times beside them only on this one. Each round does the raw work and ours in turn on
the same rows, with the same settings of SQLite (WAL, synchronous=FULL); the median over the rounds is printed.

    python tests/benchmarks/ratios.py [--tickets N] [--rounds N]
"""

from __future__ import annotations

import argparse
import gc
import itertools
import os
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias, cast

from ventanilla import Desk
from ventanilla.adapters import simulate
from ventanilla.adapters.history import import_history, read_mapping
from ventanilla.adapters.history.importer import BATCH
from ventanilla.adapters.store.schema import EVENTS, INSERT_CLAIM, INSERT_EVENT
from ventanilla.adapters.store.sqlite import DIALECT
from ventanilla.adapters.store.sqlite_pool import SETTINGS
from ventanilla.projections.runner import replay

Row: TypeAlias = tuple[object, ...]

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("VENTANILLA_DATA", ROOT.parent / "shared" / "data"))
BOSTON = DATA / "boston311_2015_a" / "requests.csv.gz"


def main() -> None:
    """Run all benchmarks and print a line for each."""
    options = argparse.ArgumentParser(description="speed as ratios against the raw limit")
    options.add_argument("--tickets", type=int, default=100_000, help="simulated tickets, where Boston is not at hand")
    options.add_argument("--rounds", type=int, default=5, help="interleaved rounds")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        run(Path(folder), chosen.tickets, chosen.rounds)


def run(folder: Path, tickets: int, rounds: int) -> None:
    """Measure in *folder*."""
    history, mapping_file = BOSTON, ROOT / "examples" / "boston311.toml"
    if not BOSTON.exists():
        history = folder / "simulated.csv.gz"
        for _ in simulate.write(history, simulate.simulate(tickets, seed=1)):
            pass
        mapping_file = simulate.mapping_path(history)
    mapping = read_mapping(mapping_file)

    def ours(file: Path) -> None:
        with Desk(f"sqlite:///{file}") as desk:
            for _ in import_history(desk, history, mapping):
                pass

    reference = folder / "reference.db"
    ours(reference)
    with sqlite3.connect(reference) as database:
        events = database.execute(
            "SELECT originator_id, originator_version, topic, state, recorded_at, actor, cause, allowed_by "
            "FROM events ORDER BY rowid"
        ).fetchall()
        claims = database.execute(
            "SELECT key, stream, version, events FROM claims JOIN events "
            "ON originator_id = stream AND originator_version = version + 1 ORDER BY rowid"
        ).fetchall()
    database.close()
    gc.collect()
    gc.freeze()  # the rows held for the raw side must not be walked by the collector on our side
    print(f"{history.name}: {len(claims):,} rows, {len(events):,} events, {rounds} interleaved rounds")

    batches = list(in_batches(events, claims))
    bare: list[tuple[list[Row], list[Row]]] = [(some, []) for some, _ in batches]
    names = (folder / f"{number}.db" for number in itertools.count())
    times = interleave(
        rounds,
        lambda: raw_insert(next(names), batches),
        lambda: raw_insert(next(names), bare),
        lambda: ours(next(names)),
    )
    what = "import, against executemany of the same rows in the same batches"
    tell(what, "<= 3", len(events), [(raw, ours_) for raw, _, ours_ in times])
    tell("    … and against the events alone, without their keys", "-", len(events), [(raw, o) for _, raw, o in times])

    with Desk(f"sqlite:///{reference}") as desk:
        until, as_of = desk.store.head(), desk.now()
        read_times = interleave(
            rounds,
            lambda: raw_read(reference),
            lambda: sum(1 for _ in replay(desk.store, until, as_of)),
        )
        tell(
            "replay to facts (read, decode, fold), against reading the bare rows",
            "<= 4",
            len(events),
            [(raw, ours_) for raw, ours_ in read_times],
        )


def in_batches(events: list[Row], claims: list[Row]) -> Iterator[tuple[list[Row], list[Row]]]:
    """Return events and keys as the import writes them: those of so many rows of the history a transaction."""
    place = 0
    for start in range(0, len(claims), BATCH):
        some = claims[start : start + BATCH]
        count = sum(cast("int", claim[3]) for claim in some)
        yield events[place : place + count], some
        place += count


def raw_insert(file: Path, batches: list[tuple[list[Row], list[Row]]]) -> None:
    """Do what cannot be avoided to get the rows into SQLite, with the same settings."""
    database = sqlite3.connect(file, isolation_level=None)
    database.execute("PRAGMA journal_mode = WAL")
    for setting in SETTINGS:
        database.execute(f"PRAGMA {setting}")
    for table in EVENTS:
        database.execute(DIALECT.say(table))
    for events, claims in batches:
        database.execute("BEGIN")
        database.executemany(INSERT_EVENT, events)
        database.executemany(INSERT_CLAIM, claims)
        database.execute("COMMIT")
    database.close()


def raw_read(file: Path) -> None:
    """Do what cannot be avoided to see every row, in the order of the replay."""
    database = sqlite3.connect(file)
    cursor = database.execute(
        "SELECT originator_id, originator_version, rowid, topic, state FROM events "
        "ORDER BY originator_id, originator_version"
    )
    while cursor.fetchmany(2_000):
        pass
    database.close()


def interleave(rounds: int, *work: Callable[[], object]) -> list[tuple[float, ...]]:
    """Return the seconds of each piece of *work* in each round, in turn."""
    return [tuple(_seconds(piece) for piece in work) for _ in range(rounds)]


def tell(what: str, goal: str, events: int, times: list[tuple[float, float]]) -> None:
    """Print the median ratio and what it is made of."""
    ratio = statistics.median(ours / raw for raw, ours in times)
    raw, ours = (statistics.median(column) for column in zip(*times, strict=True))
    print(
        f"{what}\n    {ratio:.2f} x (goal {goal})   raw {raw:.2f} s, ours {ours:.2f} s, {events / ours:,.0f} events/s"
    )


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
