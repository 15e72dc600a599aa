"""A desk that was opened before a fork: no use to the child, unharmed for the parent, in nobody's way."""

from __future__ import annotations

import subprocess
import sys

import pytest

from ventanilla import Desk

SCRIPT = """
import gc, os, sys
from datetime import UTC, datetime
from ventanilla import Actor, Desk, Unavailable
from ventanilla.core.commands import Open

def open_ticket(desk, ticket):
    desk.handle(Open(ticket=ticket, at=datetime(2026, 1, 5, tzinfo=UTC), actor=Actor("agent", "a7"), channel="phone"))

def said(what, *arguments):
    try:
        return what(*arguments)
    except Unavailable as error:
        return error

url = sys.argv[1]
desk = Desk(url)
open_ticket(desk, "T-0")
heard, told = os.pipe()
hear, tell = os.pipe()
child = os.fork()
"""


def run(url: str, script: str) -> list[str]:
    """Return the lines that *script* prints, parent and child."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT + script, url], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stderr == ""
    return done.stdout.splitlines()


def test_a_child_is_refused(backend_url: str) -> None:
    """Whatever a child asks of its parent's desk is refused in words, at once; the parent goes on."""
    lines = run(
        backend_url,
        "if child == 0:\n"
        "    for what in ((open_ticket, desk, 'T-1'), (desk.log, 'T-0'), (desk.ask, 'tickets'), (desk.work,),\n"
        "                 (lambda: list(desk.store.database.stream('SELECT 1')),), (desk.__enter__,)):\n"
        "        print(said(*what), flush=True)\n"
        "    os._exit(0)\n"
        "os.wait()\n"
        "open_ticket(desk, 'T-2')\n"
        "print(desk.ask('tickets').value)\n",
    )
    assert [line.partition(": ")[2] for line in lines[:-1]] == [
        "this desk was opened before a fork: open one in each process"
    ] * 6
    assert lines[-1] == "2"


def test_a_child_that_ends_leaves_all_to_its_parent(backend_url: str) -> None:
    """A child that closes the desk, drops it and ends, while something is half read, takes nothing from the parent."""
    lines = run(
        backend_url,
        "own = 'SELECT 1' if url.startswith('sqlite') else 'SELECT pg_backend_pid()'\n"
        "def sessions():\n"
        "    return {desk.store.database.select(own)[0] for _ in range(9)}\n"
        "before = sessions() if child else None\n"
        "if child == 0:\n"
        "    desk.close()\n"
        "    del desk\n"
        "    gc.collect()\n"
        "    sys.exit()\n"
        "os.wait()\n"
        "print(sessions() == before)\n"
        "open_ticket(desk, 'T-1')\n"
        "print(desk.ask('tickets').value)\n",
    )
    assert lines == ["True", "2"]
    if ":memory:" not in backend_url:
        with Desk(backend_url) as desk:
            assert desk.ask("tickets").value == 2


def test_a_childs_own_desk_keeps_what_it_acknowledged(backend_url: str) -> None:
    """A child that opens a desk of its own loses nothing when its parent, who had one open, closes it."""
    if ":memory:" in backend_url:
        pytest.skip("a memory is one process's")
    lines = run(
        backend_url,
        "if child == 0:\n"
        "    own = Desk(url)\n"
        "    open_ticket(own, 'T-1')\n"
        "    os.write(told, b'x')\n"
        "    os.read(hear, 1)\n"
        "    open_ticket(own, 'T-2')\n"
        "    own.close()\n"
        "    os._exit(0)\n"
        "os.read(heard, 1)\n"
        "desk.close()\n"
        "with Desk(url) as other:\n"
        "    open_ticket(other, 'T-3')\n"
        "    os.write(tell, b'x')\n"
        "    os.wait()\n"
        "    open_ticket(other, 'T-4')\n"
        "    print(other.ask('tickets').value)\n",
    )
    assert lines == ["5"]
    with Desk(backend_url) as desk:
        assert desk.ask("tickets").value == 5
