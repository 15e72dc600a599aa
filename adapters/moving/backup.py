"""A copy of a SQLite desk, made while it is at work."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from ventanilla.adapters.moving.aside import written_aside
from ventanilla.adapters.store.url import database_path, is_server
from ventanilla.core.errors import NotUnderstood, Unavailable

_STEP = 500
"""Pages at a time: between two, the progress is told."""


def back_up(url: str, to: Path, *, progress: Callable[[int, int], None] = lambda done, total: None) -> int:
    """Copy the desk at *url* to the file *to*, and return the copy's size in bytes.

    The copy shows one moment, whatever others write meanwhile, and was checked: it is a desk at once. The
    key-encryption keys are not in it.

    Args:
        url: The desk's address.
        to: The copy, there once it is whole and safely on disk.
        progress: Told the pages done and the pages in all.

    Raises:
        NotUnderstood: The desk lies on a server or in memory.
        FileExistsError: There is such a file already.
        Unavailable: There is no desk there, it cannot be read, or the copy is damaged.
    """
    if is_server(url):
        raise NotUnderstood("a desk on a server is backed up by the server's own means: pg_dump, or a base backup")
    path = database_path(url)
    if path is None:
        raise NotUnderstood("a desk in memory has no backup: `ventanilla export` writes its log")
    if not path.exists():
        raise Unavailable(f"there is no desk at {path}: `ventanilla init` makes one")
    with written_aside(to) as aside:
        try:
            with closing(sqlite3.connect(path, isolation_level=None, timeout=5)) as source:
                # A reader sees one moment: without it, each write of others would make the copying begin anew.
                source.execute("BEGIN")
                source.execute("SELECT id FROM desk").fetchone()
                with closing(sqlite3.connect(aside, isolation_level=None)) as copy:
                    source.backup(copy, pages=_STEP, progress=lambda _, left, total: progress(total - left, total))
                    _check(copy, path)
        except sqlite3.Error as error:
            raise Unavailable(f"{path}: {error}; there is no copy") from error
        return aside.stat().st_size


def _check(copy: sqlite3.Connection, path: Path) -> None:
    """Leave *copy* as one file, and see that it is in order."""
    copy.execute("PRAGMA journal_mode = DELETE")
    found = copy.execute("PRAGMA integrity_check(1)").fetchone()
    if found != ("ok",):
        raise Unavailable(f"the copy of {path} is damaged, and so is the desk, maybe: {found[0]}; there is no copy")
