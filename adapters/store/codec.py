"""Events to bytes and back: a closed catalogue of topics, JSON by msgspec.

A topic is a name, never an importable path, so a database cannot make this process import anything.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias, cast, get_args

import msgspec

from ventanilla.core.errors import Damaged
from ventanilla.core.events import Event
from ventanilla.core.recorded import Unreadable

Decoders: TypeAlias = Mapping[str, Callable[[bytes], Event]]

CATALOGUE: dict[str, type[Event]] = {cls.TOPIC: cls for cls in get_args(Event)}


_encode: Callable[[Event], bytes] = msgspec.json.Encoder().encode
_UNSEALED = b'"digest":""'
"""What a personal text looks like that is not in the vault. In a text it cannot stand: there, quotes are escaped."""


def encode(event: Event) -> bytes:
    """Return what the log holds of *event*; of its personal texts that is a reference, never the text.

    Raises:
        TypeError: A text of it is not in the vault, or it has something in it that has no form in the log.
    """
    state = _encode(event)
    if _UNSEALED in state:
        raise TypeError(f"{type(event).__name__} has a personal text that is not in the vault")
    return state


_decoders: Decoders = {topic: msgspec.json.Decoder(cls).decode for topic, cls in CATALOGUE.items()}


@functools.cache
def decoders_for(reads: frozenset[type[Event]] | None) -> Decoders:
    """Return the decoders for who reads events of the types *reads* alone; ``None``: of all.

    All others come as stand-ins that have a topic and an instant and nothing else, whatever their type says: no fold
    pays for texts and facts that it does not look at.
    """
    if reads is None:
        return _decoders
    return {topic: _decoders[topic] if cls in reads else _stand_in(topic) for topic, cls in CATALOGUE.items()}


def _stand_in(topic: str) -> Callable[[bytes], Event]:
    kind = msgspec.defstruct("PassedOver", [("at", datetime)], namespace={"TOPIC": topic}, frozen=True, gc=False)
    return cast("Callable[[bytes], Event]", msgspec.json.Decoder(kind).decode)


def refuse_unreadable(event: Event) -> None:
    """Raise ``ValueError`` if *event* would not come back as it is: a log is never written that cannot be read."""
    name = type(event).__name__
    try:
        back = _decoders[event.TOPIC](encode(event))
    except (msgspec.MsgspecError, UnicodeError, TypeError) as error:
        raise ValueError(f"{name} cannot be kept: {error}") from error
    if back != event:
        raise ValueError(f"{name} cannot be kept as it is")


def decode(position: int, topic: str, payload: bytes) -> Event:
    """Return the event at *position*.

    Raises:
        Damaged: The topic is unknown or the payload does not fit it; the message names the position.
    """
    event = try_decode(position, topic, payload)
    if isinstance(event, Unreadable):
        raise Damaged(event.reason)
    return event


def try_decode(position: int, topic: str, payload: bytes, decoders: Decoders = _decoders) -> Event | Unreadable:
    """Return the event at *position*, or why it cannot be read."""
    try:
        return decoders[topic](payload)
    except KeyError:
        reason = f"position {position} of the log has the unknown topic {topic!r}"
    except (msgspec.MsgspecError, TypeError, ValueError) as error:
        reason = f"position {position} of the log is no {topic}: {error}"
    return Unreadable(position=position, topic=topic, reason=reason)


def try_decode_all(
    rows: Sequence[tuple[Any, ...]], decoders: Decoders = _decoders
) -> list[tuple[int, str, Event | Unreadable]]:
    """Return (position, stream, event) of *rows*, which have topic and payload instead of the event."""
    try:
        return [(position, stream, decoders[topic](payload)) for position, stream, topic, payload in rows]
    except (KeyError, msgspec.MsgspecError, TypeError, ValueError):  # one of them cannot be read: find out which
        return [
            (position, stream, try_decode(position, topic, payload, decoders))
            for position, stream, topic, payload in rows
        ]
