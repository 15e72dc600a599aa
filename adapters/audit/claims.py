"""A figure that was published, as people write it, and whether another is equal to it."""

from __future__ import annotations

import re
from fractions import Fraction

from attrs import frozen

from ventanilla.core.errors import NotUnderstood
from ventanilla.projections.metric import Unit

_NUMBER = re.compile(r"(?P<number>[-+]?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?)\s*(?P<percent>%?)")
_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(d|h|min|m|s)\b")
_SECONDS = {"d": 86_400, "h": 3_600, "min": 60, "m": 60, "s": 1}
_SCALES = {"money": Fraction(100)}
"""How many of ours one of theirs is: money is published in whole units and kept in minor ones."""


@frozen(kw_only=True)
class Claim:
    """A figure that was published, with all values that are written so.

    Attributes:
        text: As it was written.
        low: The smallest value that is written so, in the metric's own unit.
        high: The greatest.
    """

    text: str
    low: Fraction
    high: Fraction

    def holds(self, value: float | None) -> bool:
        """Return whether *value*, written with as many places, is the claimed figure."""
        # A share comes as the nearest float to a quotient: what lies on the edge must not fall off it for that.
        slack = (self.high - self.low) / 10**9
        return value is not None and self.low - slack <= Fraction(value) <= self.high + slack

    @property
    def middle(self) -> float:
        """The value as written."""
        return float((self.low + self.high) / 2)


def read_claim(text: str, unit: Unit) -> Claim:
    """Return the figure that *text* says.

    A share may be written as a percentage or as a part of one: 92.4, 92.4 % and 0.924 are the same. A duration is a
    number of seconds or has units, largest first: ``2 d 5 h``.

    Args:
        text: As it was published.
        unit: The metric's.

    Raises:
        NotUnderstood: It is no such figure.

    Example:
        >>> read_claim("92.4", "ratio").holds(243 / 263), read_claim("0.924", "ratio").holds(241 / 263)
        (True, False)
    """
    if unit == "seconds" and (parts := _PART.findall(text)) and not _PART.sub("", text).strip():
        smallest = min(_SECONDS[name] for _, name in parts)
        places = max(len(number.partition(".")[2]) for number, name in parts if _SECONDS[name] == smallest)
        value = sum((Fraction(number) * _SECONDS[name] for number, name in parts), Fraction(0))
        return _around(text, value, Fraction(smallest, 10**places))
    found = _NUMBER.fullmatch(text.strip())
    if not found or (found["percent"] and unit != "ratio"):
        hint = {"ratio": "92.4 or 0.924", "seconds": "3600 or '1 h 30 min'"}.get(unit, "a number")
        raise NotUnderstood(f"--claimed {text!r} is no figure in {unit}: write {hint}")
    number = found["number"].replace(",", "")
    value, step = Fraction(number), Fraction(1, 10 ** len(number.partition(".")[2]))
    if unit == "ratio" and (found["percent"] or value > 1):
        value, step = value / 100, step / 100
    scale = _SCALES.get(unit, Fraction(1))
    return _around(text, value * scale, step * scale)


def _around(text: str, value: Fraction, step: Fraction) -> Claim:
    return Claim(text=text, low=value - step / 2, high=value + step / 2)
