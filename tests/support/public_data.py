"""Public data that tests read where they lie; without them such a test is skipped."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("VENTANILLA_DATA", ROOT.parent / "shared" / "data"))


def at_hand(file: str) -> Path:
    """Return where *file* is, or skip the test."""
    if not (DATA / file).exists():
        pytest.skip(f"{file} is not at hand")
    return DATA / file


def table(file: str) -> list[dict[str, str]]:
    """Return the rows of a CSV file, or skip the test."""
    with at_hand(file).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))
