"""Never comes to an end, where no signal reaches it."""

from __future__ import annotations

import itertools
from collections import deque
from typing import Any

from visits import table

from ventanilla import Recorded, hookimpl
from ventanilla.projections import FactTable


def fold(state: object, recorded: Recorded) -> object:
    return deque(itertools.repeat(0), maxlen=0)


@hookimpl
def tables() -> list[FactTable[Any]]:
    return [table(fold=fold)]
