"""Changes the state that it is given in place."""

from __future__ import annotations

from typing import Any

from visits import fold as good
from visits import table

from ventanilla import Recorded, hookimpl
from ventanilla.projections import FactTable


def fold(state: list[Any], recorded: Recorded) -> list[Any]:
    state += good((), recorded)
    return state


@hookimpl
def tables() -> list[FactTable[Any]]:
    return [table(fold=fold, initial=[])]
