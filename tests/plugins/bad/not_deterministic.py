"""Says what comes first out of a set."""

from __future__ import annotations

from typing import Any

import attrs
from visits import fold as good
from visits import table

from ventanilla import Recorded, hookimpl
from ventanilla.projections import FactTable


def fold(state: tuple[Any, ...], recorded: Recorded) -> tuple[Any, ...]:
    words = {"one", "two", "three", "four", "five", "six", "seven", "eight", recorded.stream}
    return tuple(attrs.evolve(row, channel=next(iter(words))) for row in good(state, recorded))


@hookimpl
def tables() -> list[FactTable[Any]]:
    return [table(fold=fold)]
