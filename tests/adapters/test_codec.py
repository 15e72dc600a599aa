"""Events to bytes and back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import NoneType
from typing import Any, Literal, get_args, get_origin, get_type_hints

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ventanilla.adapters.store.codec import CATALOGUE, decode, encode
from ventanilla.adapters.store.instants import instant, stamp
from ventanilla.core.errors import Unavailable
from ventanilla.core.events import Event
from ventanilla.core.fields import Personal, personal_fields

WORDS = st.text(max_size=12)
INSTANTS = st.datetimes(timezones=st.just(UTC))

PERSONAL = st.builds(
    Personal,
    st.none(),
    of=WORDS,
    digest=st.text("0123456789abcdef", min_size=32, max_size=32),
    length=st.integers(0, 9),
)


def hints_of(cls: type[Event]) -> dict[str, Any]:
    hints = get_type_hints(cls)
    return {field.name: hints[field.name] for field in attrs.fields(cls)}


def fitting(hint: Any) -> st.SearchStrategy[Any]:
    """Return values of the type *hint*, as fields of events have them."""
    if get_origin(hint) is Literal:
        return st.sampled_from(get_args(hint))
    if get_origin(hint) is tuple:
        return st.lists(WORDS, max_size=3).map(tuple)
    if NoneType in get_args(hint):
        return st.one_of(*(fitting(part) for part in get_args(hint)))
    if get_args(hint):
        return st.dictionaries(WORDS, WORDS, max_size=3)
    made: dict[Any, st.SearchStrategy[Any]] = {
        NoneType: st.none(),
        str: WORDS,
        bool: st.booleans(),
        int: st.integers(-(2**53), 2**53),
        float: st.floats(allow_nan=False, allow_infinity=False),
        datetime: INSTANTS,
        Personal: PERSONAL,
    }
    return made[hint]


EVENTS: st.SearchStrategy[Event] = st.one_of(
    *(st.builds(cls, **{name: fitting(hint) for name, hint in hints_of(cls).items()}) for cls in CATALOGUE.values())
)


def references(event: Event) -> list[object]:
    """Return what *event* says of its personal texts, which equality passes over."""
    found = [getattr(event, name) for name in personal_fields(type(event))]
    return [one and (one.of, one.digest, one.length) for one in found]


class TestCodec:
    @given(event=EVENTS)
    def test_every_event_round_trips(self, event: Event) -> None:
        """Whatever can happen comes back from its bytes as it was."""
        back = decode(1, event.TOPIC, encode(event))
        assert back == event
        assert references(back) == references(event)
        assert type(back) is type(event)
        assert back.at.utcoffset() == timedelta(0)

    @given(at=INSTANTS)
    def test_recording_instants_round_trip(self, at: datetime) -> None:
        """The instant of recording is kept to the microsecond, in every year."""
        assert instant(stamp(at)) == at

    @given(topic=st.sampled_from(sorted(CATALOGUE)), payload=st.binary(max_size=30))
    def test_damaged_bytes_are_unavailable(self, topic: str, payload: bytes) -> None:
        """Bytes that are no event raise ``Unavailable`` with the position, and nothing else."""
        with pytest.raises(Unavailable, match="position 77 "):
            decode(77, topic, payload)
