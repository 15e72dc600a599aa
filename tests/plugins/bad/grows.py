"""Wants ever more memory."""

from __future__ import annotations

from typing import Any

from visits import table

from ventanilla import Recorded, hookimpl
from ventanilla.projections import FactTable


def fold(state: object, recorded: Recorded) -> object:
    kept = [b""]
    while True:
        kept.append(b"x" * 100_000_000)


@hookimpl
def tables() -> list[FactTable[Any]]:
    return [table(fold=fold)]
