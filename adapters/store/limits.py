"""What is too large for a log that is read whole, for ever: refused before it gets there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ventanilla.core.errors import Refused

MAX_ID = 512
"""Characters of an id: of a stream, a key, an actor, a cause."""

MAX_EVENT = 64 * 1024
"""Bytes of one event's facts."""

MAX_TEXT = 4 * 1024 * 1024
"""Characters of one personal text: a long mail has a tenth of it."""


def refuse_large_events(rows: Iterable[Sequence[Any]]) -> None:
    """Raise :class:`Refused` if a row of the log is too large, or an id in it cannot be kept by every backend."""
    for stream, _, topic, state, _, actor, cause, _ in rows:
        if len(state) > MAX_EVENT:
            raise Refused(
                "event.too_large",
                f"{topic} on {stream[:80]} has {len(state):,} bytes of facts, {MAX_EVENT:,} at most: "
                "keep long text in a personal field",
            )
        if len(stream) > MAX_ID or len(actor) > MAX_ID or len(cause) > MAX_ID:
            refuse_bad_id("a stream", stream)
            refuse_bad_id("an actor", actor)
            refuse_bad_id("a cause", cause)
        if "\0" in stream or "\0" in actor or "\0" in cause:
            raise Refused("id.unkeepable", f"an id on {stream[:80]!r} has a NUL character, which no database keeps")


def refuse_bad_id(what: str, text: str) -> None:
    """Raise :class:`Refused` if *text* is too long for an id, or holds what no database keeps."""
    if len(text) > MAX_ID:
        raise Refused("id.too_long", f"{what} has {len(text):,} characters, {MAX_ID} at most: {text[:80]}…")
    if "\0" in text:
        raise Refused("id.unkeepable", f"{what} has a NUL character, which no database keeps: {text[:80]!r}")


def refuse_large_text(subject: str, length: int) -> None:
    """Raise :class:`Refused` if a personal text of *length* characters is too large."""
    if length > MAX_TEXT:
        raise Refused(
            "text.too_large",
            f"a text of {subject} has {length:,} characters, {MAX_TEXT:,} at most: keep it as an attachment",
        )
