"""Fails on the first event that it is given."""

from __future__ import annotations

from typing import Any

from visits import table

from ventanilla import Recorded, hookimpl
from ventanilla.projections import FactTable


def fold(state: object, recorded: Recorded) -> object:
    raise LookupError("no such key")


@hookimpl
def tables() -> list[FactTable[Any]]:
    return [table(fold=fold)]
