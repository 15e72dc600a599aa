"""The page of the vocabulary is true and whole."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import get_args

import attrs
import pytest

from ventanilla.core.events import Event

DOCS = Path(__file__).parents[2] / "docs"
EVENTS: tuple[type[Event], ...] = get_args(Event)


@pytest.fixture(scope="module")
def docs() -> ModuleType:
    spec = importlib.util.spec_from_file_location("vocabulary_page", DOCS / "vocabulary.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_page_is_what_the_classes_say(docs: ModuleType) -> None:
    """The page is as ``make docs`` would write it now."""
    assert docs.PAGE.read_text(encoding="utf-8") == docs.page(), "run make docs"


@pytest.mark.parametrize(("key", "count"), [("measurable", 48), ("channel", 22), ("practice", 44)])
def test_lists_are_whole(docs: ModuleType, key: str, count: int) -> None:
    """Each list has all its items, each once, and each is served or says why not."""
    found = docs.items()[key]
    assert len({item["name"] for item in found}) == len(found) == count
    assert all(bool(item.get("topics")) != bool(item.get("why")) for item in found)


def test_lists_name_events_there_are(docs: ModuleType) -> None:
    """Every topic in the lists is one of an event."""
    named = {topic for found in docs.items().values() for item in found for topic in item.get("topics", [])}
    assert named <= {event.TOPIC for event in EVENTS}


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.TOPIC)
def test_every_field_has_a_meaning(docs: ModuleType, event: type[Event]) -> None:
    """The docstring of an event explains each of its fields, and no other."""
    assert set(docs.meanings(event)) == {field.name for field in attrs.fields(event)} - {"at"}
