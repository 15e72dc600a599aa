"""Who is at a timeline: one process builds it, any number read it, and no file goes while it is read.

Where the system knows no locks of files, nobody is kept out.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ventanilla.core.errors import Unavailable

try:
    import fcntl
except ModuleNotFoundError:  # not on every system
    fcntl = None  # type: ignore[assignment]


@contextmanager
def building(folder: Path) -> Iterator[None]:
    """Keep other processes from building the timeline in *folder*.

    Raises:
        Unavailable: One does.
    """
    lock = folder / "lock"
    lock.touch()
    with _locked(lock, alone=True, patient=False) as got:
        if not got:
            raise Unavailable(f"another process is building the timeline in {folder}")
        yield


@contextmanager
def reading(folder: Path) -> Iterator[None]:
    """Keep the files of the timeline in *folder*, whoever builds it meanwhile."""
    with _locked(folder, alone=False, patient=True):
        yield


@contextmanager
def unread(folder: Path) -> Iterator[bool]:
    """Say whether nobody reads the timeline in *folder*, and keep those who come waiting for as long."""
    with _locked(folder, alone=True, patient=False) as got:
        yield got


@contextmanager
def _locked(path: Path, *, alone: bool, patient: bool) -> Iterator[bool]:
    """Hold the lock on *path*, and say whether it was to be had."""
    if fcntl is None:
        yield True
        return
    opened = os.open(path, os.O_RDONLY)  # a folder of somebody else's can be locked, too
    try:
        fcntl.flock(opened, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | (0 if patient else fcntl.LOCK_NB))
    except BlockingIOError:
        os.close(opened)
        yield False
        return
    try:
        yield True
    finally:
        fcntl.flock(opened, fcntl.LOCK_UN)  # closing is not enough: processes that were forked have it open, too
        os.close(opened)
