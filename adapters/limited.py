"""A process of its own with limits of time and memory, and what it says, message by message."""

from __future__ import annotations

import contextlib
import os
import pickle
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import msgspec

from ventanilla.core.errors import PluginError, Unavailable

_CHILD = "import sys; from ventanilla.adapters.isolated import main; main(int(sys.argv[1]))"
OUT_OF_MEMORY = 97
"""The exit code of a process that wanted more than it may have."""
_BEGIN = 120.0
"""Seconds until a process has begun: that is our own work, and no plug-in's."""
_LONGEST = 256 * 1024 * 1024
"""Bytes of what a child may say: an answer with the positions of some ten million events."""


class Stopped(PluginError):
    """What ran in a process of its own hung, grew without end or crashed there; the message says which."""


def talk(asked: dict[str, Any], *, seconds: float, megabytes: int, in_all: bool = False) -> Iterator[dict[str, Any]]:
    """Ask a process of its own, and yield what it says, one message after the other.

    Args:
        asked: What it is to do.
        seconds: How long it may be silent, once it has begun.
        megabytes: How much memory it may have.
        in_all: Whether *seconds* are for all that it does, however often it says something meanwhile.

    Raises:
        Stopped: It was stopped at a limit, or crashed.
        Unavailable: No such process can be had here.
    """
    if not hasattr(os, "killpg"):
        raise Unavailable("a process with limits of its own needs Linux or macOS")
    ours, theirs = os.pipe()
    with os.fdopen(ours, "rb", buffering=0) as answers:
        try:
            child = _start(asked | {"megabytes": megabytes, "seconds": seconds}, theirs)
        finally:
            os.close(theirs)
        try:
            for line in _lines(answers.fileno(), seconds, in_all):
                yield msgspec.json.decode(line)
            code = child.wait(seconds)
        except subprocess.TimeoutExpired:
            raise Stopped(f"did not end within {seconds:g} s and was stopped") from None
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)  # with all that it started
            child.wait()
    if code == OUT_OF_MEMORY:
        raise Stopped(f"wanted more than {megabytes:,} MB of memory")
    if code:
        raise Stopped(f"crashed with {_signal(-code) if code < 0 else f'exit code {code}'}")


def _signal(number: int) -> str:
    known = {one.value: one.name for one in signal.Signals}
    return known.get(number, f"signal {number}")  # those between SIGRTMIN and SIGRTMAX have no name


def _start(asked: dict[str, Any], pipe: int) -> subprocess.Popen[bytes]:
    path = os.pathsep.join(filter(None, sys.path))  # what can be imported here can be imported there
    child = subprocess.Popen(
        [sys.executable, "-P", "-c", _CHILD, str(pipe)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"PYTHONPATH": path},
        pass_fds=[pipe],
        start_new_session=True,
    )
    assert child.stdin is not None
    with contextlib.suppress(BrokenPipeError), child.stdin as stdin:
        stdin.write(pickle.dumps(asked))
    return child


def _lines(pipe: int, seconds: float, in_all: bool) -> Iterator[bytes]:
    """Return what comes out of *pipe* line by line, until it is closed.

    From the first line on each has *seconds* to come, or all have *in_all*.
    """
    come, until, begun = bytearray(), time.monotonic() + _BEGIN, False
    while True:
        ready, _, _ = select.select([pipe], [], [], max(0.0, until - time.monotonic()))
        if not ready:
            raise Stopped(f"took more than {seconds:g} s and was stopped")
        some = os.read(pipe, 1 << 20)
        if not some:
            return
        come += some
        if len(come) > _LONGEST:
            raise Stopped(f"said more than {_LONGEST:,} bytes and was stopped")
        while (end := come.find(b"\n")) >= 0:
            yield bytes(come[:end])
            del come[: end + 1]
            if not (begun and in_all):
                begun, until = True, time.monotonic() + seconds
