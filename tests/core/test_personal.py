"""Personal text: where it may stand, and that it never shows itself."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, get_args

import attrs
import pytest

from ventanilla.core.commands import Receive
from ventanilla.core.decide import decide
from ventanilla.core.errors import Refused
from ventanilla.core.events import Event, Happened, MessageReceived, SubscriptionRenewed, TicketOpened, TicketPaused
from ventanilla.core.evolve import evolve
from ventanilla.core.fields import Personal, fact, in_utc, personal, personal_fields
from ventanilla.core.recorded import Actor
from ventanilla.core.ticket import Ticket

AT = datetime(2026, 1, 5, 9, tzinfo=UTC)
ANA = "customer/c-1"
SECRET = "Call me at 555-0199"
TEXT = Personal(SECRET, of=ANA)


def received(text: Personal | None = TEXT) -> MessageReceived:
    return MessageReceived(at=AT, message="m-1", channel="mail", text=text)


class TestPersonal:
    def test_knows_whom_it_is_about(self) -> None:
        """A text knows its person and its length, before it has a digest."""
        assert (TEXT.text, TEXT.of, TEXT.digest, TEXT.length) == (SECRET, ANA, "", len(SECRET))

    def test_as_a_reference_has_no_text(self) -> None:
        """What was read from the log knows how long the text is, and says where to ask for it."""
        reference = Personal(None, of=ANA, digest="d", length=19)
        assert (reference.digest, reference.length) == ("d", 19)
        with pytest.raises(LookupError, match="ask the desk to open it"):
            _ = reference.text

    def test_counts_a_text_for_itself(self) -> None:
        """A length that is told beside a text is not believed."""
        assert Personal("four", of=ANA, length=99).length == 4
        assert Personal("", of=ANA, length=99).length == 0

    @pytest.mark.parametrize("of", ["", "T-1", "team/repairs", "ana@example.org", "customer/", "agent/"])
    def test_is_of_a_person(self, of: str) -> None:
        """What is of nobody could never be erased, so it is refused; what was given instead is not shown."""
        with pytest.raises(ValueError, match="personal text is of a person: give their stream") as error:
            Personal(SECRET, of=of)
        assert "555" not in str(error.value)
        assert "@" not in str(error.value)

    @pytest.mark.parametrize("show", [repr, str, "{}".format, "{!r}".format, "{!s}".format, lambda it: f"{it}"])
    def test_never_shows_its_text(self, show: Any) -> None:
        """In whatever way it is shown, it shows whose it is and how long, and nothing else."""
        assert show(TEXT) == "<personal, 19 characters of customer/c-1>"

    def test_takes_no_format(self) -> None:
        """It cannot be cut or padded as a text can, and says so without its text."""
        with pytest.raises(TypeError) as error:
            format(TEXT, ">40")
        assert "555" not in str(error.value)

    def test_has_no_public_dictionary(self) -> None:
        """It cannot be turned into a dictionary by chance."""
        with pytest.raises(TypeError):
            vars(TEXT)

    def test_holds_its_text_when_it_is_pickled(self) -> None:
        """Between processes of one host it keeps its text: only the log does without."""
        assert pickle.loads(pickle.dumps(TEXT)).text == SECRET


class TestInEvents:
    def test_is_not_shown(self) -> None:
        """Neither an event nor a state nor an error about it shows the text, however deep it lies."""
        event = received()
        ticket = evolve(Ticket(id="T-1"), TicketOpened(at=AT, channel="mail"), event)
        for shown in (repr(event), str(event), f"{event}", repr(ticket), repr(attrs.asdict(event)), repr([event])):
            assert "555" not in shown

    def test_is_not_in_a_refusal(self) -> None:
        """Who is refused is not told the text."""
        asked = Receive(
            ticket="T-1", at=AT, actor=Actor("channel", "mail"), message="m-1", channel="mail", text=TEXT, words=-1
        )
        for ticket in (Ticket(id="T-1"), evolve(Ticket(id="T-1"), TicketOpened(at=AT, channel="mail"))):
            with pytest.raises(Refused) as refused:
                decide(asked, ticket)
            assert "555" not in str(refused.value)
        assert "555" not in repr(asked)

    def test_takes_no_part_in_comparing(self) -> None:
        """Two events are the same if their facts are, with the text, without it, or with another one."""
        reference = Personal(None, of=ANA, digest="d", length=19)
        assert received() == received(None) == received(reference) == received(Personal("Else", of=ANA))
        assert len({received(), received(None), received(reference)}) == 1
        assert received() != attrs.evolve(received(), message="m-2")

    def test_is_found_by_its_declaration(self) -> None:
        """Every field of the type, in every event there is, is one that is taken out of it."""
        for kind in get_args(Event):
            of_type = tuple(field.name for field in attrs.fields(kind) if "Personal" in str(field.type))
            assert personal_fields(kind) == of_type
        assert personal_fields(MessageReceived) == ("text",)


def event_with(hint: Any, declared: Any) -> type[Any]:
    """Return an event class with one field, ``text``, of type *hint*, *declared* so."""
    return attrs.frozen(kw_only=True)(type("Noted", (Happened,), {"__annotations__": {"text": hint}, "text": declared}))


class TestDeclarations:
    @pytest.mark.parametrize("hint", [Personal, Personal | None])
    def test_of_the_type_are_taken(self, hint: Any) -> None:
        """A personal text, or none, is declared personal."""
        assert personal_fields(event_with(hint, personal(default=None))) == ("text",)

    @pytest.mark.parametrize("hint", [str, str | None, int, dict[str, str]])
    def test_of_another_type_are_refused(self, hint: Any) -> None:
        """What is not of the type cannot be declared personal: its text would go into the log."""
        with pytest.raises(TypeError, match=r"Noted\.text: personal\(\) and the type Personal go together"):
            event_with(hint, personal())

    @pytest.mark.parametrize("hint", [Personal, Personal | None])
    @pytest.mark.parametrize("declared", [fact(), attrs.field()], ids=["fact", "field"])
    def test_that_are_missing_are_refused(self, hint: Any, declared: Any) -> None:
        """A personal text cannot be declared a fact, nor left undeclared."""
        with pytest.raises(TypeError, match=r"Noted\.text: personal\(\) and the type Personal go together"):
            event_with(hint, declared)

    @pytest.mark.parametrize("hint", [Personal | str, Personal | str | None, Personal | int, tuple[Personal, str]])
    def test_of_half_the_type_are_refused(self, hint: Any) -> None:
        """A field that may hold something else beside a personal text is refused, whatever it is declared."""
        for declared in (personal(), fact()):
            with pytest.raises(TypeError, match=r"Noted\.text: personal\(\) and the type Personal go together"):
                event_with(hint, declared)

    @pytest.mark.parametrize("hint", [list[Personal], list[tuple[Personal, ...]], dict[str, list[Personal]]])
    def test_that_are_hidden_are_refused(self, hint: Any) -> None:
        """A personal text inside something else would not be found, so it is refused."""
        for declared in (attrs.field(), personal(), fact()):
            with pytest.raises(TypeError, match=r"Noted\.text"):
                event_with(hint, declared)


class TestInUtc:
    EAST = timezone(timedelta(hours=3))

    def test_converts_every_instant(self) -> None:
        """All instants of an event come out in UTC, its other fields as they were."""
        east = AT.astimezone(self.EAST)
        converted = in_utc(SubscriptionRenewed(at=east, subscription="s", until=east))
        assert converted == SubscriptionRenewed(at=AT, subscription="s", until=AT)
        assert converted.until is not None
        assert (converted.at.tzinfo, converted.until.tzinfo) == (UTC, UTC)

    def test_leaves_what_is_not_there(self) -> None:
        """An instant that nobody gave stays away, and a text stays with its event."""
        assert in_utc(SubscriptionRenewed(at=AT, subscription="s")).until is None
        assert in_utc(received()).text is TEXT

    def test_without_a_zone_is_refused(self) -> None:
        """No instant of an event may leave its time zone open."""
        with pytest.raises(ValueError, match="has no time zone"):
            in_utc(TicketPaused(at=AT, reason="snoozed", until=AT.replace(tzinfo=None)))

    def test_beyond_the_calendar_is_refused(self) -> None:
        """An instant that UTC has no date for is refused."""
        with pytest.raises(ValueError, match="beyond the calendar"):
            in_utc(TicketOpened(at=datetime.min.replace(tzinfo=self.EAST), channel="mail"))
