"""Figures as files: JSON and CSV for programs."""

from __future__ import annotations

import csv
from pathlib import Path

import msgspec

from ventanilla.adapters.audit.figures import Figures

COLUMNS = (
    *("metric", "since", "until", "by", "key", "value", "unit", "n", "low", "high", "method", "numerator"),
    *("denominator", "events", "id"),
)


def write_json(figures: Figures, title: str, path: Path) -> None:
    """Write *figures* as JSON: each with its interval, its n, what was left out, and the hash of its evidence."""
    lines = [line.plain() for line in figures.lines]
    said = {
        "title": title,
        "as_of": figures.as_of,
        "known_at": figures.known_at,
        "position": figures.position,
        "incomplete": [*figures.incomplete, *(f"{name}: {reason}" for name, reason in figures.failed.items())],
        "figures": lines,
    }
    path.write_bytes(msgspec.json.format(msgspec.json.encode(said), indent=1) + b"\n")


def write_csv(figures: Figures, path: Path) -> None:
    """Write *figures* as CSV, one a line; what is unknown is empty."""
    with path.open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(COLUMNS)
        for line in figures.lines:
            answer, question = line.answer, line.question
            low, high = answer.interval or (None, None)
            lines.writerow(
                (
                    *(answer.metric, question.since, question.until, question.by, line.key, answer.value, answer.unit),
                    *(answer.n, low, high, answer.method, answer.numerator, answer.denominator, line.events, line.id),
                )
            )
