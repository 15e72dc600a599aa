"""Decodes of events what columns say, and nothing else: a whole page of one type at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, get_type_hints

import attrs
import msgspec

from ventanilla.adapters.store.codec import CATALOGUE
from ventanilla.projections.timeline import Column


class Lean:
    """Decodes events of one type.

    Args:
        topic: Which.
        columns: What is looked at.

    Attributes:
        sources: The columns that have something from these events, and what.
    """

    def __init__(self, topic: str, columns: Sequence[Column]) -> None:
        hints = get_type_hints(CATALOGUE[topic])
        self.sources = [(column.name, column.of[topic]) for column in columns if topic in column.of]
        fields = dict.fromkeys(name for _, source in self.sources for name in source.fields)
        further = [*_fields(CATALOGUE[topic], hints, fields)]
        one, each = (
            msgspec.defstruct("Lean", [("at", instant), *further], frozen=True, gc=False, kw_only=True)
            for instant in (datetime, Annotated[datetime, msgspec.Meta(tz=True)])
        )
        self._one: Callable[[bytes], Any] = msgspec.json.Decoder(one).decode
        self._many: Callable[[bytes], list[Any]] = msgspec.json.Decoder(list[each]).decode  # type: ignore[valid-type]

    def many(self, documents: Sequence[bytes]) -> list[Any]:
        """Return what is looked at of each of *documents*."""
        events = self._many(b"[" + b",".join(documents) + b"]")
        if len(events) != len(documents):
            raise ValueError("one of them is more than a document")
        return events

    def one(self, document: bytes) -> Any:
        """Return what is looked at of *document*."""
        event = self._one(document)
        if event.at.tzinfo is None:
            raise ValueError("its instant has no time zone")
        return event


def _fields(kind: Any, hints: Mapping[str, Any], names: Iterable[str]) -> Iterator[tuple[str, Any, Any]]:
    """Return the fields *names* of the events *kind* with their types and defaults."""
    for name in names:
        default = getattr(attrs.fields(kind), name).default
        if default is attrs.NOTHING:
            yield name, hints[name], msgspec.NODEFAULT
        elif isinstance(default, attrs.Factory):  # type: ignore[arg-type]  # a class, whatever its stub says
            yield name, hints[name], msgspec.field(default_factory=default.factory)
        else:
            yield name, hints[name], default
