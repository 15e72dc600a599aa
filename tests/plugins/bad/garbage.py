"""Gives something else than it said."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from visits import table

from ventanilla import hookimpl
from ventanilla.projections import FactTable


def rows(state: object, as_of: datetime) -> list[object]:
    return [{"evidence": "none"}] if state else []


@hookimpl
def tables() -> list[FactTable[Any]]:
    return [table(rows=rows)]
