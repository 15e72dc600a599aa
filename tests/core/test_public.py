from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ventanilla.core.events import MessageReceived, NoteWritten, ReplySent
from ventanilla.core.fields import Personal
from ventanilla.core.public import PublicMessage

AT = datetime(2026, 1, 5, 9, tzinfo=UTC)


class TestPublicMessage:
    def test_is_what_was_said(self) -> None:
        """What came in and what went out can be shown."""
        text = Personal("At noon.", of="customer/c-1")
        sent = PublicMessage(ReplySent(at=AT, message="m-2", channel="mail", author="maria", text=text))
        assert (sent.id, sent.text) == ("m-2", text)
        assert PublicMessage(MessageReceived(at=AT, message="m-1", channel="mail")).text is None

    def test_is_never_a_note(self) -> None:
        """A note cannot be made public: not for a type checker, nor for Python."""
        note = NoteWritten(at=AT, message="n-1", author="maria")
        with pytest.raises(TypeError, match="a NoteWritten is not public"):
            PublicMessage(note)  # type: ignore[arg-type]  # and that this is needed is the proof of the first half
