"""Events to bytes and back: a closed catalogue of topics, JSON by msgspec.

A topic is a name, never an importable path, so a database cannot make this process import anything.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import get_args

import msgspec

from ventanilla.core.errors import Unavailable
from ventanilla.core.events import Event

CATALOGUE: dict[str, type[Event]] = {cls.TOPIC: cls for cls in get_args(Event)}

encode: Callable[[Event], bytes] = msgspec.json.Encoder().encode

_decoders: dict[str, Callable[[bytes], Event]] = {
    topic: msgspec.json.Decoder(cls).decode for topic, cls in CATALOGUE.items()
}


def decode(position: int, topic: str, payload: bytes) -> Event:
    """Return the event at *position*.

    Raises:
        Unavailable: The topic is unknown or the payload does not fit it; the message names the position.
    """
    try:
        return _decoders[topic](payload)
    except KeyError as error:
        raise Unavailable(f"position {position} of the log has the unknown topic {topic!r}") from error
    except msgspec.MsgspecError as error:
        raise Unavailable(f"position {position} of the log is no {topic}: {error}") from error
