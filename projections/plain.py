"""Plain values, as JSON and TOML give them, taken with care: what is missing or wrong is said in one line."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeAlias

from ventanilla.core.errors import NotUnderstood

Plain: TypeAlias = Any  # what JSON gives

_NONE = object()


class Given:
    """A mapping of plain values, and where it stands.

    Args:
        value: The mapping.
        place: Where, for messages: ``"case fr-exactly-at-due"``.

    Raises:
        NotUnderstood: It is no mapping.
    """

    def __init__(self, value: Plain, place: str) -> None:
        if not isinstance(value, Mapping):
            raise NotUnderstood(f"{place} is {_kind(value)}, not a mapping of names to values")
        self.value: Mapping[str, Plain] = value
        self.place = place

    def need(self, name: str) -> Plain:
        """Return a value that must be there."""
        if name not in self.value:
            raise NotUnderstood(f"{self.place} has no {name}")
        return self.value[name]

    def text(self, name: str, default: Plain = _NONE) -> str:
        """Return a text."""
        return str(self._of(name, str, "a text", default))

    def flag(self, name: str, default: Plain = _NONE) -> bool:
        """Return true or false."""
        return bool(self._of(name, bool, "true or false", default))

    def number(self, name: str) -> float:
        """Return a finite number."""
        return number(self.need(name), f"{self.place}: {name}")

    def whole_number(self, name: str) -> int:
        """Return a whole number."""
        found = self.number(name)
        if found != int(found):
            raise NotUnderstood(f"{self.place}: {name} is {found:g}, not a whole number")
        return int(found)

    def instant(self, name: str) -> datetime:
        """Return an instant."""
        return read_instant(self.need(name), f"{self.place}: {name}")

    def list(self, name: str, default: Plain = _NONE) -> Sequence[Plain]:
        """Return a list."""
        found: Sequence[Plain] = self._of(name, list | tuple, "a list", default)
        return found

    def texts(self, name: str, default: Plain = _NONE) -> tuple[str, ...]:
        """Return a list of texts."""
        return texts(self.list(name, default), f"{self.place}: {name}")

    def mapping(self, name: str, default: Plain = _NONE) -> Mapping[str, Plain]:
        """Return a mapping."""
        found: Mapping[str, Plain] = self._of(name, Mapping, "a mapping of names to values", default)
        return found

    def _of(self, name: str, kind: Any, called: str, default: Plain) -> Plain:
        found = self.need(name) if default is _NONE else self.value.get(name, default)
        if found is None and default is not _NONE:
            return default
        if not isinstance(found, kind):
            raise NotUnderstood(f"{self.place}: {name} is {_kind(found)}, not {called}")
        return found


def number(found: Plain, place: str) -> float:
    """Return *found* as a finite number.

    Raises:
        NotUnderstood: It is none.
    """
    try:
        if isinstance(found, int | float) and not isinstance(found, bool) and math.isfinite(found):
            return float(found)
    except OverflowError:
        pass  # a whole number too large to count with
    raise NotUnderstood(f"{place} is {_kind(found)}, not a number")


def texts(found: Plain, place: str) -> tuple[str, ...]:
    """Return *found* as texts.

    Raises:
        NotUnderstood: One of them is none.
    """
    if not isinstance(found, list | tuple) or not all(isinstance(one, str) for one in found):
        raise NotUnderstood(f"{place} is not a list of texts")
    return tuple(found)


def instant(text: str) -> datetime:
    """Return the instant that *text* says, in UTC.

    Raises:
        ValueError: It says none, or one without a zone.
    """
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    return found.astimezone(UTC)


def read_instant(found: Plain, place: str) -> datetime:
    """Return the instant that *found* says.

    Raises:
        NotUnderstood: It says none.
    """
    try:
        return instant(found)
    except (TypeError, ValueError, OverflowError):
        raise NotUnderstood(f"{place} is {found!r}, not an instant like 2024-03-04T08:00:00Z") from None


def take(pair: Plain, place: str) -> tuple[datetime, datetime | None]:
    """Return a pause: from when, until when (``None``: it goes on).

    Raises:
        NotUnderstood: It is no pair of instants.
    """
    if not isinstance(pair, list | tuple) or len(pair) != 2:
        raise NotUnderstood(f"{place}: {pair!r} is no pair of instants")
    begins, ends = pair
    return read_instant(begins, place), None if ends is None else read_instant(ends, place)


def say(value: Plain) -> Plain:
    """Return *value* as the form writes it: instants as text, whole seconds as whole numbers."""
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, float) and value == int(value):
        return int(value)
    if isinstance(value, Mapping):
        return {name: say(one) for name, one in value.items()}
    return [say(one) for one in value] if isinstance(value, list) else value


def _kind(value: Plain) -> str:
    return "nothing" if value is None else f"{value!r:.60}"
