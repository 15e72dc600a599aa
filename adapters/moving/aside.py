"""A file that is there whole, or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def written_aside(path: Path) -> Iterator[Path]:
    """Give a temporary name beside *path* to write to; what is there at the end is *path*, safely on disk.

    Raises:
        FileExistsError: There is such a file already, before or after; it is left as it is.
        FileNotFoundError: Its folder is not there.
    """
    if path.exists():
        raise FileExistsError(17, "is there already: give another name, or remove it first", str(path))
    if not path.parent.is_dir():
        raise FileNotFoundError(2, "there is no such folder: make it first", str(path.parent))
    aside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    os.close(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))  # for its owner's eyes only
    try:
        yield aside
        _sync(aside)
        os.link(aside, path)  # which, unlike a renaming, never replaces a file
    finally:
        aside.unlink(missing_ok=True)
    _sync(path.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
