"""What personal text costs, and what idempotency keys cost: shown apart from the speed of the log.

python tests/benchmarks/sealing.py [--texts N] [--rounds N]
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from ventanilla import Desk, Personal
from ventanilla.adapters.store import Commit, PersonalChanges
from ventanilla.core.events import MessageReceived

AT = datetime(2026, 1, 5, 9, tzinfo=UTC)
TEXT = "Where is my order? I have been waiting for three weeks. " * 4
PERSONS = 100
"""How many persons the texts are about: each has a key, at hand after the first text."""


def main() -> None:
    """Run and print."""
    options = argparse.ArgumentParser(description="what sealing and idempotency keys cost")
    options.add_argument("--texts", type=int, default=5_000, help="texts a round")
    options.add_argument("--rounds", type=int, default=5, help="interleaved rounds")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder, Desk(f"sqlite:///{Path(folder) / 'desk.db'}") as desk:
        tell(desk, chosen.texts, chosen.rounds)


def tell(desk: Desk, texts: int, rounds: int) -> None:
    """Print what a text, a key of a command and a new person cost on *desk*, in microseconds, medians of *rounds*."""
    todo = [message(number, f"customer/c-{number % PERSONS}") for number in range(texts)]
    desk.store.append([commit(desk, "warm", todo[:PERSONS])], recorded_at=AT)
    costs: dict[str, list[float]] = {}
    for turn in range(rounds):
        for name, work in pieces(desk, todo, turn).items():
            costs.setdefault(name, []).append(seconds(work) / texts * 1e6)
    medians = {name: statistics.median(found) for name, found in costs.items()}
    bare = medians["a bare event, in one commit"]
    for name, cost in medians.items():
        more = f"  (+{cost - bare:.1f})" if name.startswith("an event with") else ""
        print(f"{name:36} {cost:8.1f} µs{more}")


def pieces(desk: Desk, todo: list[MessageReceived], turn: int) -> dict[str, Callable[[], object]]:
    """Return the work of one round, by what it shows."""
    return {
        "sealing a text, in memory": lambda: desk.vault.seal(todo, f"s-{turn}", 0),
        "a bare event, in one commit": lambda: write(desk, f"bare-{turn}", todo, keyed=False, sealed=False),
        "an event with a key": lambda: write(desk, f"keyed-{turn}", todo, keyed=True, sealed=False),
        "an event with a text": lambda: write(desk, f"sealed-{turn}", todo, keyed=False, sealed=True),
        "a text of a new person, in memory": lambda: desk.vault.seal(strangers(turn, len(todo)), f"n-{turn}", 0),
    }


def message(number: int, of: str) -> MessageReceived:
    """Return a message with a text of 220 characters."""
    return MessageReceived(at=AT, message=f"m-{number}", channel="mail", text=Personal(TEXT, of=of))


def strangers(turn: int, count: int) -> list[MessageReceived]:
    """Return messages of persons who have no key yet."""
    return [message(number, f"customer/new-{turn}-{number}") for number in range(count)]


def commit(desk: Desk, stream: str, events: list[MessageReceived], key: str | None = None) -> Commit:
    """Return a commit of *events* with their texts."""
    bare, changes = desk.vault.seal(events, stream, 0)
    return Commit(
        stream=stream,
        version=0,
        events=bare,
        actor="agent:a1",
        cause="c:1",
        allowed_by="1/agent",
        key=key,
        changes=changes,
    )


def write(desk: Desk, stream: str, events: list[MessageReceived], *, keyed: bool, sealed: bool) -> None:
    """Record *events*, each on a stream of its own, in one transaction."""
    commits: list[Commit] = []
    for number, event in enumerate(events):
        place = f"{stream}-{number}"
        bare, changes = desk.vault.seal([event], place, 0) if sealed else ((BARE,), PersonalChanges())
        commits.append(
            Commit(
                stream=place, version=0, events=bare, actor="agent:a1", cause="c:1", allowed_by="1/agent",
                key=f"k-{place}" if keyed else None, changes=changes,
            )
        )  # fmt: skip
    desk.store.append(commits, recorded_at=AT)


BARE = MessageReceived(
    at=AT, message="m-1", channel="mail", text=Personal(None, of="customer/c-1", digest="0f" * 32, length=len(TEXT))
)


def seconds(work: Callable[[], object]) -> float:
    """Return how long *work* takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
