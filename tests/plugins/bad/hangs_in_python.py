"""Never comes to an end."""

from __future__ import annotations

from typing import Any

from visits import table

from ventanilla import Recorded, hookimpl
from ventanilla.projections import FactTable


def fold(state: object, recorded: Recorded) -> object:
    while True:
        pass


@hookimpl
def tables() -> list[FactTable[Any]]:
    return [table(fold=fold)]
