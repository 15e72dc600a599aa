"""What was once stored stays readable: a sample and the format of every topic, kept as files.

``python tests/adapters/test_compatibility.py`` adds what new topics lack, and never changes what is there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import NoneType
from typing import Any, Literal, cast, get_args, get_origin, get_type_hints

import attrs
import pytest

from ventanilla.adapters.store.codec import CATALOGUE, decode, encode
from ventanilla.core.errors import Unavailable
from ventanilla.core.events import Event
from ventanilla.core.fields import Personal

LOGS = Path(__file__).parents[1] / "logs"
SAMPLES = LOGS / "events.jsonl"
FORMATS = LOGS / "formats.json"
AT = datetime(2026, 1, 5, 9, 30, 15, 123456, tzinfo=UTC)
REFERENCE = Personal(None, of="customer/c-1", digest="0f" * 16, length=7)


def stored() -> list[tuple[str, str]]:
    """Return the stored (topic, payload)s."""
    lines = SAMPLES.read_text(encoding="utf-8").splitlines() if SAMPLES.exists() else []
    return [(line["topic"], json.dumps(line["event"])) for line in map(json.loads, lines)]


def formats() -> dict[str, dict[str, str]]:
    """Return the stored fields of every topic, name to type."""
    return json.loads(FORMATS.read_text(encoding="utf-8")) if FORMATS.exists() else {}


def format_of(kind: type[Any]) -> dict[str, str]:
    """Return the fields of *kind*, name to type."""
    hints = get_type_hints(kind)
    return {
        field.name: f"{_name(hints[field.name])}{'' if field.default is attrs.NOTHING else ', optional'}"
        for field in attrs.fields(kind)
    }


def breaks(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """Return why a log written with the fields *before* cannot be read with those *now*, or says something else."""
    return [
        *(f"{name} is gone" for name in before if name not in now),
        *(
            f"{name} was {before[name]}, is {now[name]}"
            for name in before
            if now.get(name, before[name]) != before[name]
        ),
        *(f"{name} is new" for name in now if name not in before),
    ]


class TestCatalogue:
    def test_has_a_sample_of_every_topic(self) -> None:
        """Every event class has stored samples, and no sample is of a topic that is there no more."""
        assert {topic for topic, _ in stored()} == set(CATALOGUE)

    def test_has_the_format_of_every_topic(self) -> None:
        """Every topic's fields are those that it was stored with: whoever changes them needs a new topic."""
        assert set(formats()) == set(CATALOGUE)
        changed = {topic: breaks(formats()[topic], format_of(kind)) for topic, kind in CATALOGUE.items()}
        assert {topic: why for topic, why in changed.items() if why} == {}

    @pytest.mark.parametrize(("topic", "payload"), stored(), ids=lambda value: value if "/" in value[:40] else "")
    def test_reads_what_was_stored(self, topic: str, payload: str) -> None:
        """A stored event is read, and writing it again gives the same."""
        event = decode(1, topic, payload.encode())
        assert topic == event.TOPIC
        assert json.loads(encode(event)) == json.loads(payload)


class TestBreaks:
    def test_finds_each_kind_of_change(self) -> None:
        """A field that went, changed its type or came is a change of format."""

        @attrs.frozen(kw_only=True)
        class Before:
            code: str
            level: int

        @attrs.frozen(kw_only=True)
        class After:
            code: str | None = None
            team: str

        assert breaks(format_of(Before), format_of(After)) == [
            "level is gone",
            "code was str, is str | None, optional",
            "team is new",
        ]
        assert breaks(format_of(Before), format_of(Before)) == []

    def test_a_sample_that_no_longer_fits_is_told(self) -> None:
        """A payload that lacks a field is refused with its position."""
        with pytest.raises(Unavailable, match=r"position 7 of the log is no ticket\.resolved/1"):
            decode(7, "ticket.resolved/1", b'{"at":"2026-01-05T09:00:00Z"}')


def samples(kind: type[Event]) -> Iterator[Event]:
    """Return an event with every field set, and one with none that has a default."""
    hints, make = get_type_hints(kind), cast("Any", kind)
    for whole in (True, False):
        yield make(
            **{
                field.name: AT if field.name == "at" else _value(field.name, hints[field.name])
                for field in attrs.fields(kind)
                if whole or field.default is attrs.NOTHING
            }
        )


def write() -> None:
    """Store what is lacking."""
    have, lines, known = {topic for topic, _ in stored()}, [], formats()
    for topic, kind in CATALOGUE.items():
        if topic not in have:
            lines += [json.dumps({"topic": topic, "event": json.loads(encode(event))}) for event in samples(kind)]
        known.setdefault(topic, format_of(kind))
    with SAMPLES.open("a", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in dict.fromkeys(lines))
    FORMATS.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")


def _name(hint: Any) -> str:
    if get_origin(hint) is Literal:
        return " or ".join(map(repr, get_args(hint)))
    if NoneType in get_args(hint):
        return " | ".join("None" if part is NoneType else _name(part) for part in get_args(hint))
    if get_origin(hint) is not None:
        return f"{get_origin(hint).__name__}[{', '.join('...' if a is ... else _name(a) for a in get_args(hint))}]"
    return str(hint.__name__)


def _value(name: str, hint: Any) -> Any:
    if get_origin(hint) is Literal:
        return get_args(hint)[-1]
    if NoneType in get_args(hint):
        part = next(part for part in get_args(hint) if part is not NoneType)
        return _value(name, part)
    if get_origin(hint) is tuple:
        return (f"{name}-1", f"{name}-2")
    if get_origin(hint) is not None:
        return {name: "ñ" if get_args(hint)[1] is str else (7, 8)}
    made: dict[Any, Any] = {
        str: f"{name}-1",
        int: 7,
        float: 0.5,
        bool: True,
        datetime: AT + timedelta(hours=1),
        Personal: REFERENCE,
    }
    return made[hint]


if __name__ == "__main__":
    write()
