"""How far to trust a number of events."""

from __future__ import annotations

import math

from ventanilla.projections.summaries.figure import Z95, Interval

_TAIL = 0.025


def poisson(events: int) -> Interval:
    """Return the exact 95 % interval of the number of events to be expected where *events* came.

    The bounds are those of Garwood 1936 ("Fiducial limits for the Poisson distribution", Biometrika 28): had fewer
    been expected than the low one, as many as came would have had a chance under 2.5 %; had more than the high one, as
    few. Found by Newton's method from Byar's approximation (Breslow and Day 1987, section 2.3).

    Example:
        >>> [round(edge, 3) for edge in poisson(10)]
        [4.795, 18.39]
    """
    return (_low(events) if events else 0.0), _high(events)


def _low(events: int) -> float:
    expected = _byar(events, -Z95)
    for _ in range(8):
        expected -= (_at_least(events, expected) - _TAIL) / _exactly(events - 1, expected)
    return expected


def _high(events: int) -> float:
    expected = _byar(events + 1, Z95)
    for _ in range(8):
        expected += (_at_most(events, expected) - _TAIL) / _exactly(events, expected)
    return expected


def _byar(events: int, z: float) -> float:
    return events * (1 - 1 / (9 * events) + z / (3 * math.sqrt(events))) ** 3


def _exactly(events: int, expected: float) -> float:
    return math.exp(events * math.log(expected) - expected - math.lgamma(events + 1))


def _at_least(events: int, expected: float) -> float:
    """Return the chance of *events* or more, of which fewer are *expected*: the terms fall from the first on."""
    term, chance, count = _exactly(events, expected), 0.0, events
    while chance + term != chance:
        chance += term
        count += 1
        term *= expected / count
    return chance


def _at_most(events: int, expected: float) -> float:
    """Return the chance of *events* or fewer, of which more are *expected*: the terms fall from the last on."""
    term, chance, count = _exactly(events, expected), 0.0, events
    while chance + term != chance:
        chance += term
        term *= count / expected
        count -= 1
    return chance
