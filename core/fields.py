"""How each piece of text in an event is declared, so that nothing personal slips into the log.

The log is append-only and may be handed to an auditor as it is, therefore it holds *facts* only: numbers, instants,
words from closed lists, ids. Text enters an event through a field that its author has declared a :func:`fact`;
a class with any other ``str`` in it is refused when it is made.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import NoneType
from typing import Any, Literal, get_args, get_origin, get_type_hints

import attrs


def fact(**kwargs: Any) -> Any:
    """Declare a text field that never holds personal data: a channel, a category, a code, an id.

    Takes what ``attrs.field`` takes.
    """
    return attrs.field(metadata={"is": "fact"}, **kwargs)


def refuse_undeclared_text(cls: type[attrs.AttrsInstance]) -> None:
    """Raise ``TypeError`` if a field of *cls* that may hold text is not declared a fact."""
    hints = get_type_hints(cls)
    for field in attrs.fields(cls):
        if "is" not in field.metadata and _may_hold_text(hints[field.name]):
            raise TypeError(f"{cls.__name__}.{field.name} may hold text: declare it with fact()")


def utc(instant: datetime) -> datetime:
    """Return *instant* in UTC.

    Raises:
        ValueError: It has no time zone, so nobody can know when it was; or it lies beyond the calendar.
    """
    if instant.tzinfo is UTC:
        return instant
    if instant.utcoffset() is None:
        raise ValueError(f"{instant.isoformat()} has no time zone: give an aware datetime")
    try:
        return instant.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"{instant.isoformat()} lies beyond the calendar") from error


def _may_hold_text(hint: Any) -> bool:
    # By what is known to hold none: a name for text that nobody thought of must not slip through.
    if get_origin(hint) is Literal:
        return False
    if parts := get_args(hint):
        return any(_may_hold_text(part) for part in parts if part is not ...)
    return hint not in (int, float, bool, datetime, timedelta, NoneType)
