"""Watches what code touches while it runs: the network, files, other programs, clocks, chance.

A watch, no guard: it finds accidents. What is imported meanwhile is not looked at, nor what is logged, since a line of
a log has its own clock.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from random import Random
from types import FrameType
from typing import Any, Literal, TypeAlias

Touched: TypeAlias = Literal["network", "file", "program", "clock", "chance"]
Seen: TypeAlias = list[tuple[Touched, str]]

_AUDITED: tuple[tuple[str, Touched], ...] = (
    ("socket.", "network"),
    ("http.", "network"),
    ("urllib.", "network"),
    ("smtplib.", "network"),
    ("ftplib.", "network"),
    ("open", "file"),
    ("os.listdir", "file"),
    ("os.scandir", "file"),
    ("os.mkdir", "file"),
    ("os.remove", "file"),
    ("os.rename", "file"),
    ("shutil.", "file"),
    ("sqlite3.connect", "file"),
    ("tempfile.", "file"),
    ("subprocess.", "program"),
    ("os.system", "program"),
    ("os.exec", "program"),
    ("os.fork", "program"),
    ("os.posix_spawn", "program"),
)
_NOT_OURS = ("<frozen importlib", "<frozen zipimport")
_LOGGING = ("logging", "structlog")
_TODAY = ("now", "utcnow", "today")
_CLOCKS = {"time", "time_ns", "localtime", "gmtime", "ctime", "sleep"} | {
    f"{name}{ending}"
    for name in ("monotonic", "perf_counter", "process_time", "thread_time", "clock_gettime")
    for ending in ("", "_ns")
}

_watching: list[Seen] = []
_hooked: list[bool] = []


@contextmanager
def watched() -> Iterator[Seen]:
    """Give a list that is filled with what is touched, and how, until the end of the block."""
    if not _hooked:  # an audit hook stays as long as the process: one, and only where somebody watches
        sys.addaudithook(_audit)
        _hooked.append(True)
    seen: Seen = []
    before, collects = sys.getprofile(), gc.isenabled()
    gc.disable()  # what others have hung on to its rounds is not the code that is watched
    _watching.append(seen)
    sys.setprofile(_profile)
    try:
        yield seen
    finally:
        sys.setprofile(before)
        _watching.remove(seen)
        if collects:
            gc.enable()


def _audit(event: str, args: tuple[Any, ...]) -> None:
    if not _watching:
        return
    for prefix, what in _AUDITED:
        if event == prefix or (event.startswith(prefix) and prefix.endswith((".", "exec", "fork", "spawn"))):
            if not _is_importing():
                _watching[-1].append((what, f"{event} {args[0]!r}" if what == "file" and args else event))
            return


def _profile(frame: FrameType, what: str, called: Any) -> None:
    if what != "c_call" or not _watching:
        return
    name, owner = getattr(called, "__name__", ""), getattr(called, "__self__", None)
    today = name in _TODAY and isinstance(owner, type) and issubclass(owner, date)
    ticks = name in _CLOCKS and getattr(owner, "__name__", "") == "time"
    draws = name == "urandom" or (name in ("random", "getrandbits") and isinstance(owner, Random))
    touched: Touched | None = "clock" if today or ticks or name == "generate_time_safe" else "chance" if draws else None
    if touched and not str(frame.f_globals.get("__name__", "")).startswith(_LOGGING):
        _watching[-1].append((touched, name))


def _is_importing() -> bool:
    frame: FrameType | None = sys._getframe()
    while frame:
        if frame.f_code.co_filename.startswith(_NOT_OURS):
            return True
        frame = frame.f_back
    return False
