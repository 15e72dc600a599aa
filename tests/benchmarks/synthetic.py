"""A log of any size, made up: real events of tickets, in the order of time, written by the store's own bulk path.

    python tests/benchmarks/synthetic.py --tickets 100000 --desk sqlite:///synthetic.db

Some ten events a ticket over the year 2025: opened, prioritised, routed, asked and answered, paused, resolved,
reopened, closed. The same seed gives the same log. Personal texts are references alone, as in any log.
"""

from __future__ import annotations

import argparse
import heapq
import itertools
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from ventanilla.adapters.store import Commit, Store, open_store
from ventanilla.core import events as on
from ventanilla.core.events import TicketEvent
from ventanilla.core.fields import Personal

BEGIN = datetime(2025, 1, 1, tzinfo=UTC)
YEAR = 365 * 86_400
BATCH = 10_000
CALENDARS = ("always", "berlin", "new_york", "kolkata", "lord_howe")


def story(number: int, at: datetime, chance: random.Random) -> list[TicketEvent]:
    """Return the events of a ticket that is opened at *at*, by time."""
    channel = chance.choice(("mail", "mail", "chat", "phone", "social", "web"))
    text = Personal(None, of=f"customer/c-{number % 50_000}", digest=f"{number:064x}", length=chance.randrange(20, 900))
    events: list[TicketEvent] = []

    def happen(type_: type[TicketEvent], later: float, **says: object) -> None:
        nonlocal at
        at += timedelta(seconds=round(later, 3))
        events.append(type_(at=at, **says))  # type: ignore[arg-type]  # each call has the fields of its kind

    def talk(kind: type[TicketEvent], later: float, **says: object) -> None:
        told = {"message": f"m-{number}-{len(events)}", "channel": channel, "words": text.length // 6, "text": text}
        happen(kind, later, **told, language="en", **says)

    facts = {"calendar": CALENDARS[number % len(CALENDARS)], "product": f"p-{number % 40}"}
    happen(on.TicketOpened, 0, channel=channel, kind="incident", customer=f"c-{number % 50_000}", facts=facts)
    happen(on.TicketPrioritised, 1, priority=chance.choice(("low", "normal", "normal", "high", "urgent")))
    happen(on.TicketRouted, 2, team=f"team-{chance.randrange(12)}")
    talk(on.MessageReceived, 1, author=f"c-{number % 50_000}")
    for _ in range(chance.choice((1, 1, 1, 2, 2, 3))):
        talk(on.ReplySent, chance.expovariate(1 / 14_400), author=f"a-{chance.randrange(200)}")
        if chance.random() < 0.35:
            happen(on.TicketPaused, 5, reason=chance.choice(("customer", "third_party")))
            if chance.random() < 0.8:
                happen(on.TicketResumed, chance.expovariate(1 / 86_400))
        if chance.random() < 0.5:
            talk(on.MessageReceived, chance.expovariate(1 / 20_000), author=f"c-{number % 50_000}")
    if chance.random() < 0.15:
        happen(on.NoteWritten, 60, message=f"n-{number}", author=f"a-{chance.randrange(200)}", words=20, text=text)
    if chance.random() < 0.92:
        happen(on.TicketResolved, chance.expovariate(1 / 30_000), code="fixed")
        if chance.random() < 0.1:
            happen(on.TicketReopened, chance.expovariate(1 / 90_000), because="customer_replied")
            talk(on.ReplySent, chance.expovariate(1 / 14_400), author=f"a-{chance.randrange(200)}")
            happen(on.TicketResolved, chance.expovariate(1 / 30_000), code="fixed")
        if chance.random() < 0.7:
            happen(on.TicketClosed, 3 * 86_400)
    return events


def history(tickets: int, seed: int = 1) -> Iterator[tuple[datetime, int, int, TicketEvent]]:
    """Return (instant, ticket, version, event) of so many tickets in the order of time; memory holds the open ones."""
    chance = random.Random(seed)
    step = YEAR / max(tickets, 1)
    waiting: list[tuple[datetime, int, int, TicketEvent]] = []
    for number in range(tickets):
        at = BEGIN + timedelta(seconds=round(number * step, 3))
        while waiting and waiting[0][0] <= at:
            yield heapq.heappop(waiting)
        for version, event in enumerate(story(number, at, chance)):
            heapq.heappush(waiting, (event.at, number, version, event))
    while waiting:
        yield heapq.heappop(waiting)


def fill(store: Store, tickets: int, seed: int = 1) -> int:
    """Write the history of so many tickets into *store*, and return how many events that were."""
    count = 0
    found = history(tickets, seed)
    while batch := list(itertools.islice(found, BATCH)):
        commits = [
            Commit(
                stream=f"T-{number:08}",
                version=version,
                events=(event,),
                actor="agent:a-7" if isinstance(event, on.ReplySent) else "channel:desk",
                cause=f"command:{count + place:012}",
                allowed_by="1/agent",
            )
            for place, (_, number, version, event) in enumerate(batch)
        ]
        store.append(commits, recorded_at=batch[-1][0])
        count += len(batch)
    return count


def main() -> None:
    """Make a desk and fill it."""
    options = argparse.ArgumentParser(description="a log of any size, made up")
    options.add_argument("--tickets", type=int, default=100_000)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--desk", default="sqlite:///synthetic.db")
    chosen = options.parse_args()
    store, _ = open_store(chosen.desk, create=True)
    print(f"{fill(store, chosen.tickets, chosen.seed):,} events of {chosen.tickets:,} tickets")
    store.close()


if __name__ == "__main__":
    main()
