"""How long it takes to ask what has come due, with many open tickets: it depends on what is due, not on what is open.

Run: ``python tests/benchmarks/due.py [TICKETS]``. The table is filled directly; asking goes the whole way, and so does
acknowledging, claims in the log's store included.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from ventanilla import Desk
from ventanilla.adapters.due_table import Coming, Due, DueTable
from ventanilla.projections.due import Instant
from ventanilla.projections.policy import LevelKind

NOW = datetime(2026, 1, 5, tzinfo=UTC)


def fill(table: DueTable, tickets: int) -> float:
    """Give *tickets* open tickets three instants each, one second apart from *NOW* on; return the seconds it took."""
    start = time.perf_counter()
    for some in range(0, tickets, 10_000):
        table.put(
            [
                Coming(ticket=f"T-{number}", instants=tuple(_instants(NOW + timedelta(seconds=number))))
                for number in range(some, min(some + 10_000, tickets))
            ]
        )
    return time.perf_counter() - start


def _instants(at: datetime) -> Iterator[Instant]:
    kinds: tuple[LevelKind, ...] = ("warn", "due", "escalate")
    for level, kind in enumerate(kinds):
        later = at + timedelta(days=100 * level)
        yield Instant(at=later, slot="customer", clock="resolution", number=1, kind=kind, level=level)


def ask(desk: Desk, start: int, count: int) -> tuple[float, list[Due]]:
    """Return how long it takes to be handed what comes due in *count* seconds and to acknowledge it, and that."""
    begin = time.perf_counter()
    found = desk.due(NOW + timedelta(seconds=start + count - 1))
    desk.acknowledge(found)
    return time.perf_counter() - begin, found


def main() -> None:
    """Print how long each takes."""
    sizes = [int(sys.argv[1])] if len(sys.argv) > 1 else [10_000, 100_000, 1_000_000]
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder, Desk(f"sqlite:///{Path(folder) / 'desk.db'}") as desk:
            filled = fill(desk.dues.table, size)
            done = 0
            line = [f"{size:>9,} open tickets, {3 * size:,} instants (filled in {filled:.1f} s):"]
            for count in (0, 1, 10, 100, 1_000):
                took = []
                for _ in range(7):
                    seconds, found = ask(desk, done, count)
                    assert len(found) == count
                    took.append(seconds)
                    done += count
                line.append(f"{count} due {1000 * median(took):.2f} ms")
            print("  ".join(line))


if __name__ == "__main__":
    main()
