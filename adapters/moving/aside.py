"""A file, or the files of a folder, that are there whole, or not at all."""

from __future__ import annotations

import os
import secrets
import shutil
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


@contextmanager
def filled_aside(folder: Path) -> Iterator[Path]:
    """Give an empty folder to fill; at the end its files are in *folder*, each in the place of one of its name.

    If anything fails on the way, *folder* is as it was: not there, or with all that it had.
    """
    folder = folder.resolve()  # the folder in which we are has no name of its own
    place = folder if folder.is_dir() else folder.parent
    place.mkdir(parents=True, exist_ok=True)
    aside = place / f".{folder.name}.{secrets.token_hex(4)}"
    aside.mkdir()
    try:
        yield aside
        if place == folder:
            _take_the_place(aside, folder)
        else:
            aside.rename(folder)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _take_the_place(aside: Path, folder: Path) -> None:
    """Move the files in *aside* into *folder*; if one cannot be moved, those that were there before come back."""
    files = list(aside.iterdir())
    before = aside / secrets.token_hex(4)
    before.mkdir()
    moved: list[Path] = []
    try:
        for file in files:
            there = folder / file.name
            if there.exists():
                there.rename(before / file.name)
            moved.append(there)
            file.rename(there)
    except BaseException:
        for there in moved:
            there.unlink(missing_ok=True)
            if (before / there.name).exists():
                (before / there.name).rename(there)
        raise


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
