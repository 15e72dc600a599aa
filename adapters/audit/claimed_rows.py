"""The rows behind a figure as somebody else counted them, compared one by one."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from attrs import frozen

from ventanilla.core.errors import NotUnderstood
from ventanilla.projections.behind import CountedRow

_WORDS = {"yes": 1.0, "true": 1.0, "no": 0.0, "false": 0.0, "": None}


@frozen(kw_only=True)
class Differing:
    """A ticket that was counted otherwise.

    Attributes:
        ticket: The ticket, or what else the rows are of.
        theirs: The values in their file; empty: it is not there.
        ours: The values by our log; empty: we do not count it.
        positions: The events behind ours.
    """

    ticket: str
    theirs: tuple[float | None, ...]
    ours: tuple[float | None, ...]
    positions: tuple[int, ...]


def read_rows(path: Path) -> dict[str, list[float | None]]:
    """Return the values in the CSV file *path*, by ticket.

    Args:
        path: A file with the columns ``ticket`` and ``value``: a number, yes or no, or nothing where it is unknown.

    Raises:
        NotUnderstood: It is no such file; the message names the line.
    """
    found: dict[str, list[float | None]] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = csv.DictReader(file)
            if not {"ticket", "value"} <= set(lines.fieldnames or ()):
                raise NotUnderstood(f"{path} needs the columns ticket and value")
            for line in lines:
                found.setdefault(line["ticket"] or "", []).append(
                    _value(line["value"], f"{path} line {lines.line_num}")
                )
    except (UnicodeDecodeError, csv.Error) as error:
        raise NotUnderstood(f"{path} is no CSV file in UTF-8: {error}") from None
    return found


def compare(theirs: dict[str, list[float | None]], ours: Iterable[CountedRow]) -> list[Differing]:
    """Return the tickets that *theirs* and *ours* count otherwise, by name; equal rows may come in any order."""
    counted: dict[str, list[CountedRow]] = {}
    for row in ours:
        if not row.excluded:
            counted.setdefault(row.ticket or row.name, []).append(row)
    return [
        Differing(
            ticket=ticket,
            theirs=tuple(theirs.get(ticket, ())),
            ours=tuple(plain(row.value) for row in counted.get(ticket, ())),
            positions=tuple(sorted({position for row in counted.get(ticket, ()) for position in row.positions})),
        )
        for ticket in sorted(theirs.keys() | counted.keys())
        if Counter(map(_rounded, theirs.get(ticket, ())))
        != Counter(_rounded(plain(row.value)) for row in counted.get(ticket, ()))
    ]


def plain(value: Any) -> float | None:
    """Return what is counted as a number: yes is 1, no is 0, and what is only counted is 1."""
    if value is None:
        return None
    return float(value) if isinstance(value, bool | int | float) else 1.0


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)


def _value(text: str | None, where: str) -> float | None:
    word = (text or "").strip().lower()
    if word in _WORDS:
        return _WORDS[word]
    try:
        return float(word)
    except ValueError:
        raise NotUnderstood(f"{where}: {text!r} is no number, nor yes or no") from None
