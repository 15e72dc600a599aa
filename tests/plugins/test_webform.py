"""Our own web form: what it reads, and what it does not take for true."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from ventanilla.core.commands import AddCustomer, Open, Receive
from ventanilla.core.errors import NotUnderstood
from ventanilla.plugins import Delivery
from ventanilla.plugins.testing import ChannelContract
from ventanilla.plugins.webform import CHANNEL, read

NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)
FORM = {
    "form_id": "contact",
    "idempotency_key": "f-1",
    "submitted_at": "2031-03-02T09:00:00Z",
    "name": "Ana",
    "email": "ana@example.org",
    "subject": "Pedido",
    "body": "No llegó",
    "category": "complaint",
    "locale": "es-MX",
}


def form(**changes: object) -> Delivery:
    return Delivery(body=json.dumps(FORM | changes).encode(), received_at=NINE)


class TestWebform(ChannelContract):
    channel = CHANNEL


class TestRead:
    def test_gives_a_customer_a_ticket_and_a_message(self) -> None:
        """A form is a customer, a ticket of theirs, and their words; at the receipt, whatever the browser says."""
        added, opened, received = read(form())
        assert isinstance(added, AddCustomer)
        assert isinstance(opened, Open)
        assert isinstance(received, Receive)
        assert (added.customer, added.language, added.name and added.name.text) == ("webform-f-1", "es-MX", "Ana")
        assert (opened.ticket, opened.customer, opened.at) == ("webform:f-1", "webform-f-1", NINE)
        assert opened.facts == {"form": "contact", "asked_about": "complaint"}
        assert received.text is not None
        assert received.text.text == "subject: Pedido\nemail: ana@example.org\n\nNo llegó"
        assert (received.text.of, received.author, received.language) == (
            "customer/webform-f-1",
            "webform-f-1",
            "es-MX",
        )

    def test_needs_nothing_but_a_body(self) -> None:
        """Of a form that has nothing else, the delivery gives the ids."""
        delivery = Delivery(body=b'{"body": "hola"}', received_at=NINE)
        added, opened, _ = read(delivery)
        assert isinstance(added, AddCustomer)
        assert (added.name, opened.stream) == (None, f"webform:{delivery.id}")

    @pytest.mark.parametrize(
        ("body", "said"),
        [
            (b"", "is no JSON: JSONDecodeError"),
            (b"\xff", "is no JSON: UnicodeDecodeError"),
            (b"[" * 100_000, "is no JSON: RecursionError"),
            (b"[]", "is no object but a list"),
            (b'{"body": "a", "body": "b"}', "names a field twice"),
            (b'{"body": NaN}', "has NaN for a number"),
            (b'{"body": 7}', "body of the web form is no text but a int"),
            (b'{"body": " "}', "has no body"),
            (b"{}", "has no body"),
            (b'{"body": "\\ud800"}', "body of the web form has characters that nobody can keep"),
            (b'{"body": "\\u0000"}', "body of the web form has characters that nobody can keep"),
            (b'{"body": "a", "category": "My name is Ana"}', "category of the web form is no word of letters"),
            (b'{"body": "a", "idempotency_key": "ana@example.org"}', "idempotency_key of the web form is no word"),
        ],
    )
    def test_says_what_is_wrong(self, body: bytes, said: str) -> None:
        """A form that makes no sense is not understood, in words that name the field and repeat nobody's."""
        with pytest.raises(NotUnderstood, match=said) as error:
            read(Delivery(body=body, received_at=NINE))
        assert "Ana" not in str(error.value)
        assert "example" not in str(error.value)
