"""Figures that cannot be, whoever made them."""

from __future__ import annotations

import math
import reprlib

from ventanilla.projections.metric import Unit
from ventanilla.projections.summaries import Figure

_NEAR = 1e-9
"""By how much a share, or points, may pass its end: floats are added up in some order."""


def refuse_odd(figure: object, rows: int, unit: Unit) -> None:
    """Raise ``TypeError`` or ``ValueError`` if *figure*, in *unit*, cannot come of so many *rows*."""
    if not isinstance(figure, Figure) or not isinstance(figure.n, int):
        raise TypeError(f"{reprlib.repr(figure)} is no figure")
    if not 0 <= figure.n <= rows:
        raise ValueError(f"it is of {figure.n:,} values, and there are {rows:,}")
    told = {"value": figure.value, "numerator": figure.numerator, "denominator": figure.denominator}
    for name, number in {**told, "standard error": figure.error}.items():
        _refuse_no_number(name, number)
    if figure.interval is not None:
        _refuse_no_interval(figure.interval)
    if figure.value is None:
        return
    if unit == "ratio" and not _is_ratio(figure.value, figure.numerator, figure.denominator):
        raise ValueError(f"its value is {figure.value!r}, which is no ratio")
    if unit == "points" and abs(figure.value) > 100 + _NEAR:
        raise ValueError(f"its value is {figure.value!r}, and points lie from -100 to 100")


def _refuse_no_number(name: str, number: object) -> None:
    told = isinstance(number, int | float) and not isinstance(number, bool) and math.isfinite(number)
    if number is not None and not told:
        raise ValueError(f"its {name} is {reprlib.repr(number)}, which is no number")


def _refuse_no_interval(interval: object) -> None:
    if not isinstance(interval, tuple) or len(interval) != 2 or None in interval:
        raise TypeError(f"its interval is {reprlib.repr(interval)}, which is none: give low and high")
    for number in interval:
        _refuse_no_number("interval's end", number)
    if interval[0] > interval[1]:
        raise ValueError(f"its interval ends before it begins: {interval}")


def _is_ratio(value: float, over: float | None, under: float | None) -> bool:
    """Return whether *value* lies from 0 to 1, or is past 1 as the quotient that it says it is."""
    if 0 <= value <= 1 + _NEAR:
        return True
    return value > 1 and over is not None and bool(under) and math.isclose(value, over / (under or 1))
