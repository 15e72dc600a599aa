"""Personal text on its way to the vault: out of the event, which keeps a reference that gives nothing away.

NOTE: not sealed yet: the vault is a table of the same database, so that erasing takes effect, but who can read the file
can read it.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from typing import Any, get_args

import attrs
from attrs import frozen

from ventanilla.core.events import AgentErased, CustomerErased, Event
from ventanilla.core.fields import Personal, personal_fields


@frozen(kw_only=True)
class Kept:
    """A personal text with its place.

    Attributes:
        version: The version of the event that it belongs to.
        field: The event's field.
        of: The stream of the person whom it is about.
        digest: Of salt and text: alone it says nothing, with the salt it proves the text.
        salt: Random, kept and erased with the text.
        text: The text.
    """

    version: int
    field: str
    of: str
    digest: str
    salt: bytes
    text: str


_FIELDS: dict[type[Event], tuple[str, ...]] = {cls: names for cls in get_args(Event) if (names := personal_fields(cls))}


def take_out(events: Sequence[Event], version: int) -> tuple[tuple[Event, ...], tuple[Kept, ...]]:
    """Return *events* with references in place of personal texts, and the texts.

    Args:
        events: What is about to be recorded.
        version: The stream's version before.
    """
    kept: list[Kept] = []
    bare: list[Event] = []
    for number, event in enumerate(events, version + 1):
        references: dict[str, Any] = {}
        for name in _FIELDS.get(type(event), ()):
            value: Personal | None = getattr(event, name)
            if value is not None:
                salt = os.urandom(16)
                digest = hashlib.blake2b(value.text.encode(), key=salt, digest_size=16).hexdigest()
                kept.append(Kept(version=number, field=name, of=value.of, digest=digest, salt=salt, text=value.text))
                references[name] = Personal(None, of=value.of, digest=digest, length=value.length)
        bare.append(attrs.evolve(event, **references) if references else event)
    return tuple(bare), tuple(kept)


def erased_by(events: Sequence[Event], stream: str) -> tuple[str, ...]:
    """Return the streams of the persons whose texts go when *events* happen on *stream*."""
    return (stream,) if any(isinstance(event, CustomerErased | AgentErased) for event in events) else ()
