"""A database belongs to the process that opened it: the child of a fork has neither its locks nor its sockets."""

from __future__ import annotations

import os

from ventanilla.core.errors import Unavailable


class Opener:
    """The process that opened a database.

    Args:
        where: What errors call the database.
    """

    def __init__(self, where: str) -> None:
        self._where = where
        self._process = os.getpid()

    def is_here(self) -> bool:
        """Return whether this is that process, not a child that was forked off it."""
        return os.getpid() == self._process

    def refuse_child(self) -> None:
        """Raise :class:`Unavailable` in a child: what it would record could be lost."""
        if not self.is_here():
            raise Unavailable(f"{self._where}: this desk was opened before a fork: open one in each process")
