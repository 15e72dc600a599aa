"""A row of a history, as it came."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Row(NamedTuple):
    """A row, as it came.

    Attributes:
        line: Its last line in the file; the first is 1.
        cells: Its cells, in the order of the columns; ``None`` if it could not be split into them.
        text: All of it, exactly: two rows are the same if their texts are.
        problem: Why it could not be split; empty if it could.
        kept: The JSON text under which it lay in quarantine; empty if it comes from a file.
    """

    line: int
    cells: Sequence[str] | None
    text: str
    problem: str = ""
    kept: str = ""
