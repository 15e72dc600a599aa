from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Annotated, Any, Literal, NewType
from zoneinfo import ZoneInfo

import attrs
import pytest

from ventanilla.core.events import Happened, TicketOpened, Verdict
from ventanilla.core.fields import fact, utc

Alias = NewType("Alias", str)


def event_with(hint: Any) -> type[Any]:
    """Return an event class with one plain field, ``text``, of type *hint*."""
    return attrs.frozen(kw_only=True)(type("Noted", (Happened,), {"__annotations__": {"text": hint}}))


class TestRefuseUndeclaredText:
    @pytest.mark.parametrize(
        "hint",
        [
            str,
            str | None,
            Any,
            object,
            list[str],
            Mapping[str, str],
            Mapping[str, Any],
            Annotated[str, "a name"],
            tuple[int, tuple[str, ...]],
        ],
    )
    def test_text_must_be_declared(self, hint: Any) -> None:
        """An event class with text that its author has not declared a fact is refused when it is made."""
        with pytest.raises(TypeError, match=r"Noted\.text may hold text: declare it with fact\(\)"):
            event_with(hint)

    @pytest.mark.parametrize("hint", [dict, list, Mapping, Alias])
    def test_text_by_another_name_must_be_declared(self, hint: Any) -> None:
        """A container of anything may hold text, and so may a type that is text by another name."""
        with pytest.raises(TypeError, match=r"Noted\.text may hold text"):
            event_with(hint)

    @pytest.mark.parametrize("hint", [int, float | None, datetime, Literal["yes", "no"], Mapping[Verdict, int]])
    def test_what_cannot_hold_text_needs_no_declaration(self, hint: Any) -> None:
        """Numbers, instants and words from closed lists are taken as they are."""
        assert "text" in attrs.fields_dict(event_with(hint))

    def test_inherited_text_is_seen(self) -> None:
        """A subclass of an event may not bring in text either."""
        with pytest.raises(TypeError, match=r"Signed\.name may hold text"):

            @attrs.frozen(kw_only=True)
            class Signed(TicketOpened):
                name: str

    def test_declared_text_is_taken(self) -> None:
        """Text that its author has declared a fact is taken, with a default if one is given."""

        @attrs.frozen(kw_only=True)
        class Coded(Happened):
            code: str = fact(default="fixed")

        assert Coded(at=datetime(2026, 1, 5, tzinfo=UTC)).code == "fixed"
        assert dict(attrs.fields(Coded).code.metadata) == {"is": "fact"}


class TestUtc:
    @pytest.mark.parametrize("zone", [timezone(timedelta(hours=-5)), ZoneInfo("America/New_York")])
    def test_converts_from_any_zone(self, zone: timezone | ZoneInfo) -> None:
        """An instant in another time zone is the same instant, told in UTC."""
        told = utc(datetime(2026, 1, 5, 9, tzinfo=zone))
        assert (told, told.tzinfo) == (datetime(2026, 1, 5, 14, tzinfo=UTC), UTC)

    def test_of_utc_is_the_same_object(self) -> None:
        """An instant that is in UTC already is given back as it is."""
        instant = datetime(2026, 1, 5, 9, tzinfo=UTC)
        assert utc(instant) is instant

    def test_of_another_name_for_utc_is_utc(self) -> None:
        """The zone database's UTC becomes the one UTC that all instants have."""
        assert utc(datetime(2026, 1, 5, 9, tzinfo=ZoneInfo("UTC"))).tzinfo is UTC

    def test_without_a_zone_is_refused(self) -> None:
        """An instant without a time zone is refused, and named."""
        with pytest.raises(ValueError, match="2026-01-05T09:00:00 has no time zone"):
            utc(datetime(2026, 1, 5, 9))  # that is the point
