"""How each piece of text in an event is declared, so that nothing personal slips into the log.

The log is append-only and may be handed to an auditor as it is, therefore it holds *facts* only: numbers, instants,
words from closed lists, ids. Text enters an event through a field that its author has declared a :func:`fact`; what
people write and are called is :class:`Personal`, in a field declared :func:`personal`, and only a reference to it
reaches the log. A class with any other ``str`` in it is refused when it is made.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import NoneType
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

import attrs

from ventanilla.core.streams import AGENT, CUSTOMER

E = TypeVar("E", bound=attrs.AttrsInstance)


@dataclass(init=False, repr=False, eq=False)
class Personal:
    """Text that a person wrote, or is known by: kept beside the log, so that it can be erased.

    It never shows its text by itself: not in ``repr``, not in an error, not in a log line.

    Args:
        text: The text; ``None`` where only the reference is at hand, as in an event read from the log.
        of: The stream of the person whom it is about, who may have it erased: ``"customer/c-1"``.
        digest: The digest under which it is kept; empty before it is recorded.
        length: How many characters it has; counted if there is a text.

    Raises:
        TypeError: The text, or whom it is about, is no text.
        ValueError: It is of nobody who could have it erased, or no text that can be kept: it has half a character.

    Attributes:
        of: See above.
        digest: See above.
        length: See above.
    """

    __slots__ = ("_text", "digest", "length", "of")

    # A dataclass of the reference alone, for codecs: to them the text is no field.
    of: str
    digest: str
    length: int

    def __init__(self, text: str | None, *, of: str, digest: str = "", length: int = 0) -> None:
        if not isinstance(of, str) or not isinstance(text, str | None):
            kinds = f"text {type(text).__name__}, of {type(of).__name__}"
            raise TypeError(f"a personal text and its person are two words, not {kinds}")
        if text is not None and (not of.startswith((CUSTOMER, AGENT)) or of in (CUSTOMER, AGENT)):
            raise ValueError("personal text is of a person: give their stream, as in customer/c-1 or agent/a-7")
        if text is not None and not is_text(text):
            raise ValueError(f"what is personal of {of} is no text: it has halves of characters")
        self._text = text
        self.of = of
        self.digest = digest
        self.length = length if text is None else len(text)

    @property
    def text(self) -> str:
        """The text itself.

        Raises:
            LookupError: Only the reference is at hand: ask the desk to open it.
        """
        text: str | None = getattr(self, "_text", None)  # what a codec has made has none
        if text is None:
            raise LookupError("the text is not in the log: ask the desk to open it")
        return text

    def __repr__(self) -> str:
        return f"<personal, {self.length} characters of {self.of}>"


def fact(**kwargs: Any) -> Any:
    """Declare a text field that never holds personal data: a channel, a category, a code, an id.

    Takes what ``attrs.field`` takes.
    """
    return attrs.field(metadata={"is": "fact"}, **kwargs)


def personal(**kwargs: Any) -> Any:
    """Declare a field of type :class:`Personal`.

    It takes no part in comparisons: two events are the same if their facts are, since an event that was read from the
    log has no text. Takes what ``attrs.field`` takes.
    """
    return attrs.field(metadata={"is": "personal"}, eq=False, validator=_is_personal, **kwargs)


def personal_fields(cls: type[attrs.AttrsInstance]) -> tuple[str, ...]:
    """Return the names of the personal fields of *cls*."""
    return tuple(field.name for field in attrs.fields(cls) if field.metadata.get("is") == "personal")


def refuse_undeclared_text(cls: type[attrs.AttrsInstance]) -> None:
    """Raise ``TypeError`` if a field of *cls* that may hold text is declared neither fact nor personal, or wrongly."""
    hints = get_type_hints(cls)
    for field in attrs.fields(cls):
        declared, hint = field.metadata.get("is"), hints[field.name]
        plainly = hint in (Personal, Personal | None)
        if (declared == "personal") != plainly or (_holds_personal(hint) and not plainly):
            raise TypeError(f"{cls.__name__}.{field.name}: personal() and the type Personal go together")
        if declared is None and _may_hold_text(hint):
            raise TypeError(f"{cls.__name__}.{field.name} may hold text: declare it with fact() or personal()")


def is_id(_: object, field: attrs.Attribute[Any], value: object) -> None:
    """Raise ``TypeError`` if *value*, of an id, is no text: a validator."""
    if not isinstance(value, str):
        raise TypeError(f"{field.name} is {value!r}: give an id, a text")


def utc(instant: datetime) -> datetime:
    """Return *instant* in UTC.

    Raises:
        TypeError: It is no instant.
        ValueError: It has no time zone, so nobody can know when it was; or it lies beyond the calendar.
    """
    if not isinstance(instant, datetime):
        raise TypeError(f"{instant!r} is no instant: give an aware datetime")
    if instant.tzinfo is UTC:
        return instant
    if instant.utcoffset() is None:
        raise ValueError(f"{instant.isoformat()} has no time zone: give an aware datetime")
    try:
        return instant.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"{instant.isoformat()} lies beyond the calendar") from error


def in_utc(event: E) -> E:
    """Return *event* with all its instants in UTC.

    Raises:
        ValueError: One of them has no time zone, or lies beyond the calendar.
    """
    found = {f.name: getattr(event, f.name) for f in attrs.fields(type(event))}
    changed = {name: utc(value) for name, value in found.items() if isinstance(value, datetime)}
    return attrs.evolve(event, **changed) if changed else event  # type: ignore[misc]  # E is bound to attrs classes


def _holds_personal(hint: Any) -> bool:
    return hint is Personal or any(map(_holds_personal, get_args(hint)))


def _is_personal(event: object, field: attrs.Attribute[Any], value: object) -> None:
    if value is not None and not isinstance(value, Personal):  # which is not shown: it may be personal
        raise TypeError(
            f"{type(event).__name__}.{field.name} is personal: give a Personal, not a {type(value).__name__}"
        )


def is_text(text: str) -> bool:
    """Return whether *text* can be kept: whether it has no half of a character."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _may_hold_text(hint: Any) -> bool:
    # By what is known to hold none: a name for text that nobody thought of must not slip through.
    if get_origin(hint) is Literal:
        return False
    if parts := get_args(hint):
        return any(_may_hold_text(part) for part in parts if part is not ...)
    return hint not in (int, float, bool, datetime, timedelta, NoneType)
