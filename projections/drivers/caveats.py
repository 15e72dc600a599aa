"""What a reader of a driver analysis has to know, in words. It never says that one thing makes another happen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import attrs

from ventanilla.projections.drivers.analysis import Analysis, Driver

HIGH_INFLATION = 5.0
LITTLE = 0.1
FEW_CUSTOMERS = 100


def caveats(found: Analysis, no_logit: str | None) -> Analysis:
    """Return *found* with its caveats.

    Args:
        found: An analysis that gives drivers.
        no_logit: Why the ordered logit is not there to check with; ``None``: it is.
    """
    return attrs.evolve(found, caveats=tuple(_caveats(found, no_logit)))


def _caveats(found: Analysis, no_logit: str | None) -> Iterable[str]:
    drivers = found.drivers
    yield "What is shown went along with the score in this history; no experiment was made."
    if found.n < found.given:
        yield f"{found.given - found.n:,} of {found.given:,} responses are not used: some feature of them is unknown."
    if found.r2 is not None and found.r2 < LITTLE:
        yield f"All drivers together go along with {found.r2:.0%} of the variation of the score; the rest is elsewhere."
    if found.errors == "by customer" and found.customers < FEW_CUSTOMERS:
        yield f"The responses are of {found.customers} customers only; errors by customer are rough for so few."
    if together := [driver.name for driver in drivers if driver.vif > HIGH_INFLATION]:
        yield f"These move together, so that their parts are hard to tell apart: {', '.join(together)}."
    if unsure := [driver.name for driver in drivers if not driver.stable]:
        yield f"The sign of these is not stable: {', '.join(unsure)}."
    if all(driver.p >= 0.05 for driver in drivers):
        yield "No driver can be told from chance, allowing for their number (Holm, 5 %)."
    if no_logit is not None:
        yield f"No ordered logit to check with: {no_logit}."
    elif differ := [driver.name for driver in drivers if (driver.logit or 0) * driver.coefficient < 0]:
        yield f"The ordered logit gives another sign to: {', '.join(differ)}."
    if no_logit is None and _first(drivers, lambda one: abs(one.logit or 0)) != _first(drivers, _size):
        yield "The ordered logit puts another driver first than least squares does."
    if drivers[0].shapley is None:
        yield "There are too many drivers for Shapley values to check with."
    elif [one.name for one in sorted(drivers, key=lambda one: -(one.shapley or 0))] != [one.name for one in drivers]:
        yield "Shapley values put the drivers in another order than relative weights do."


def _size(driver: Driver) -> float:
    return abs(driver.coefficient)


def _first(drivers: Sequence[Driver], size: Callable[[Driver], float]) -> str:
    return max(drivers, key=size).name
