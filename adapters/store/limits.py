"""What is too large for a log that is read whole, for ever: refused before it gets there."""

from __future__ import annotations

from ventanilla.core.errors import Refused
from ventanilla.core.fields import is_text
from ventanilla.core.streams import PREFIXES

MAX_ID = 512
"""Characters of an id: of a stream, an actor, a cause."""

MAX_KEY = 1_024
"""Characters of an idempotency key, which may have an id in it."""

MAX_EVENT = 64 * 1024
"""Bytes of one event's facts."""

MAX_TEXT = 4 * 1024 * 1024
"""Characters of one personal text: a long mail has a tenth of it."""


def refuse_bad_ids(*ids: str, longest: int = MAX_ID) -> None:
    """Raise :class:`Refused` if one of *ids* is too long, blank, or holds what no database keeps."""
    for text in ids:
        if len(text) > longest:
            raise Refused("id.too_long", f"an id has {len(text):,} characters, {longest:,} at most: {text[:80]}…")
        if "\0" in text or not (text.isascii() or is_text(text)):
            raise Refused("id.unkeepable", f"an id has NUL or half a character, which no database keeps: {text[:80]!r}")
        if not (bare := text.strip()) or bare in PREFIXES:
            raise Refused("id.blank", f"an id is blank: {text[:80]!r}")


def refuse_large_event(topic: str, stream: str, size: int) -> None:
    """Raise :class:`Refused` if an event of *size* bytes is too large."""
    if size > MAX_EVENT:
        raise Refused(
            "event.too_large",
            f"{topic} on {stream[:80]} has {size:,} bytes of facts, {MAX_EVENT:,} at most: "
            "keep long text in a personal field",
        )


def refuse_large_text(subject: str, length: int) -> None:
    """Raise :class:`Refused` if a personal text of *length* characters is too large."""
    if length > MAX_TEXT:
        raise Refused(
            "text.too_large",
            f"a text of {subject} has {length:,} characters, {MAX_TEXT:,} at most: keep it as an attachment",
        )
