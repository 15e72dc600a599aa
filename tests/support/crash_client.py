"""A client that works until it is killed, and writes down what was acknowledged to it, after it was.

Each line that it writes is a JSON object, synced to the disk before the next thing is asked for.
"""

from __future__ import annotations

import itertools
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ventanilla import Actor, Desk, Personal
from ventanilla.adapters.due_table import Due
from ventanilla.adapters.history import import_history, read_mapping
from ventanilla.adapters.moving import export_log, import_log
from ventanilla.adapters.store import Commit
from ventanilla.core import commands as ask
from ventanilla.core.events import TicketDueSet, TicketOpened, TicketRouted

SCRIPT = Path(__file__)
AT = datetime(2026, 1, 5, 9, tzinfo=UTC)
AGENT = Actor("agent", "a7")
PRIVACY = Actor("agent", "dpo", roles=("privacy",))
Say = Callable[..., None]


def opening(ticket: str) -> ask.Open:
    """Return the command that a client sends first for *ticket*, with the ticket as its key."""
    return ask.Open(ticket=ticket, at=AT, actor=AGENT, channel="phone")


def triple(ticket: str) -> Commit:
    """Return three events that are recorded together or not at all."""
    events = (TicketOpened(at=AT, channel="web"), TicketRouted(at=AT, team="blue"), TicketDueSet(at=AT, due=AT))
    return Commit(
        stream=ticket,
        version=0,
        events=events,
        actor="agent:a1",
        cause="c:1",
        allowed_by="1/agent",
        key=f"key-{ticket}",
    )


def command(desk: Desk, round_: str, say: Say) -> None:
    """Send commands, of one event and of three."""
    for n in itertools.count():
        ticket = f"{round_}-{n}"
        say(tried=ticket)
        found = [event.position for event in desk.handle(opening(ticket), key=ticket).events]
        say(stream=ticket, positions=found)
        say(
            stream=f"triple-{ticket}",
            positions=list(desk.store.append([triple(f"triple-{ticket}")], recorded_at=desk.now())),
        )


def project(desk: Desk, round_: str, say: Say) -> None:
    """Record many events and fold them."""
    for n in itertools.count():
        commits = [triple(f"p-{round_}-{n}-{m}") for m in range(60)]
        desk.store.append(commits, recorded_at=desk.now())
        say(folded=desk.catch_up())


def erase(desk: Desk, round_: str, say: Say) -> None:
    """Let customers write, and erase them."""
    for n in itertools.count():
        name = f"{round_}-{n}"
        stream = f"customer/{name}"
        said = Personal(f"canary {name}", of=stream)
        desk.handle(ask.AddCustomer(customer=name, at=AT, actor=AGENT, name=said), key=f"add-{name}")
        desk.handle(opening(f"e-{name}"), key=f"e-{name}")
        said = Personal(f"canary {name}, again", of=stream)
        desk.handle(
            ask.Receive(ticket=f"e-{name}", at=AT, actor=AGENT, message="m", channel="mail", text=said), key=f"m-{name}"
        )
        later = AT + timedelta(hours=1)
        desk.handle(
            ask.EraseCustomer(customer=name, at=later, actor=PRIVACY, request="r", because="asked"), key=f"x-{name}"
        )
        say(erased=stream)


def import_(desk: Desk, round_: str, say: Say, history: str, mapping: str) -> None:
    """Take a history in."""
    del round_
    for tally in import_history(desk, Path(history), read_mapping(Path(mapping)), batch=10):
        say(imported=tally.imported)


def export(desk: Desk, round_: str, say: Say, folder: str) -> None:
    """Write the log out, again and again."""
    for n in itertools.count():
        path = Path(folder) / f"export-{round_}-{n}.jsonl"
        export_log(desk.store, path)
        say(exported=str(path))


def restore(desk: Desk, round_: str, say: Say, file: str) -> None:
    """Take a log in."""
    del round_
    import_log(desk, Path(file))
    say(restored=file)


def lend(desk: Desk, round_: str, say: Say) -> None:
    """Ask what has come due, and stop short of being told."""
    del round_
    table, lend_ = desk.dues.table, desk.dues.table.lend

    def stop_short(now: datetime, until: datetime, limit: int) -> tuple[list[Due], list[str]]:
        found = lend_(now, until, limit)
        say(lent=[due.key for due in found[0]])
        signal.pause()
        return found

    setattr(table, "lend", stop_short)  # noqa: B010  (an attribute of one object, which no checker should follow)
    desk.due(AT + timedelta(hours=2))


def acknowledge(desk: Desk, round_: str, say: Say) -> None:
    """Ask what has come due and acknowledge it, one after the other, for ever."""
    for n in itertools.count():
        for due in desk.due(AT + timedelta(hours=2, minutes=2 * int(round_), milliseconds=n)):
            say(due=due.key)
            desk.acknowledge([due])
            say(acknowledged=due.key)
            time.sleep(0.01)


WORK: dict[str, Callable[..., None]] = {
    "command": command,
    "project": project,
    "erase": erase,
    "import": import_,
    "export": export,
    "restore": restore,
    "lend": lend,
    "acknowledge": acknowledge,
}


def acknowledgements(history: Path) -> Iterator[dict[str, Any]]:
    """Return what was written to *history*; a line that the kill cut is none."""
    for line in history.read_text().splitlines(keepends=True) if history.exists() else ():
        if line.endswith("\n"):
            yield json.loads(line)


def work(url: str, history: str, round_: str, name: str, *files: str) -> None:
    """Work until killed."""
    with open(history, "a") as file:

        def say(**what: Any) -> None:
            file.write(json.dumps(what) + "\n")
            file.flush()
            os.fsync(file.fileno())

        with Desk(url) as desk:
            print("ready", os.getpid(), flush=True)
            WORK[name](desk, round_, say, *files)
    signal.pause()


def main() -> None:
    """Fork a client for each line of arguments, a JSON array, and tell how it ended."""
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            try:
                work(*json.loads(line))
            except BaseException as error:
                print("failed", repr(error), flush=True)
            os._exit(1)
        _, status = os.waitpid(pid, 0)
        print("ended", os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
