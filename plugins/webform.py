"""Our own web form: a JSON object as a page of the desk's site posts it.

::

    {"form_id": "contact", "idempotency_key": "f-1", "name": "Ana", "email": "ana@example.org", "phone": "+34600",
     "subject": "Pedido", "body": "No llegó", "category": "complaint", "locale": "es-MX"}

Only ``body`` must be there; what else it has is passed over. Whoever fills in a form may write anybody's address, so it
is no proof of who they are: each submission is a new customer, until an agent finds out. The instant is that of the
receipt, since a browser's clock proves nothing either.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ventanilla.core.commands import AddCustomer, Command, Open, Receive
from ventanilla.core.errors import NotUnderstood
from ventanilla.core.fields import Personal
from ventanilla.core.recorded import Actor
from ventanilla.core.streams import customer
from ventanilla.plugins.channel import Channel, Delivery

NAME = "webform"
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def read(delivery: Delivery) -> list[Command]:
    """Return what a form asks for: a customer, a ticket of theirs, and their message on it."""
    form = _form(delivery.body)
    key = _word(form, "idempotency_key") or delivery.id
    text, name = _message(form), _line(form, "name")
    if text is None:
        raise NotUnderstood("the web form has no body")
    who, ticket, actor, at = f"{NAME}-{key}", f"{NAME}:{key}", Actor("channel", NAME), delivery.received_at
    facts = {fact: word for fact, field in _FACTS.items() if (word := _word(form, field))}
    return [
        AddCustomer(
            customer=who,
            at=at,
            actor=actor,
            language=_word(form, "locale"),
            name=Personal(name, of=customer(who)) if name else None,
        ),
        Open(ticket=ticket, at=at, actor=actor, channel=NAME, customer=who, facts=facts),
        Receive(
            ticket=ticket,
            at=at,
            actor=actor,
            message=key,
            channel=NAME,
            author=who,
            language=_word(form, "locale"),
            words=len(text.split()),
            text=Personal(text, of=customer(who)),
        ),
    ]


_FACTS = {"form": "form_id", "asked_about": "category"}
"""Dimensions of the ticket, by name, and the fields that they come from: what a form offers to choose from."""


def _form(body: bytes) -> Mapping[str, Any]:
    try:
        form = json.loads(body.decode(), object_pairs_hook=_once, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise NotUnderstood(f"the web form is no JSON: {type(error).__name__}") from error
    if not isinstance(form, dict):
        raise NotUnderstood(f"the web form is no object but a {type(form).__name__}")
    return form


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise NotUnderstood("the web form names a field twice")
    return found


def _no_number(name: str) -> None:
    raise NotUnderstood(f"the web form has {name} for a number")


def _message(form: Mapping[str, Any]) -> str | None:
    """Return what they wrote, with what they say of themselves above it."""
    body = _line(form, "body")
    above = [f"{field}: {said}" for field in ("subject", "email", "phone") if (said := _line(form, field))]
    return "\n".join([*above, "", body] if above else [body]) if body else None


def _line(form: Mapping[str, Any], field: str) -> str | None:
    """Return a field that people write in; ``None`` if they did not."""
    value = form.get(field)
    if value is None:
        return None
    if not isinstance(value, str):
        raise NotUnderstood(f"{field} of the web form is no text but a {type(value).__name__}")
    if "\0" in value or not _is_text(value):
        raise NotUnderstood(f"{field} of the web form has characters that nobody can keep")
    return value.strip() or None


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:  # JSON can escape half a character
        return False
    return True


def _word(form: Mapping[str, Any], field: str) -> str | None:
    """Return a field that is chosen from a list, or made by a program: a fact, and nothing that people write."""
    value = _line(form, field)
    if value is not None and not _WORD.fullmatch(value):
        raise NotUnderstood(f"{field} of the web form is no word of letters, digits, '.', '_' and '-', 64 at most")
    return value


SAMPLES = tuple(
    Delivery(body=json.dumps(form).encode(), received_at=datetime(2026, 3, 2, 9, tzinfo=UTC))
    for form in (
        {"body": "Where is my order?"},
        {
            "form_id": "contact",
            "idempotency_key": "f-1",
            "submitted_at": "2026-03-02T09:00:00Z",
            "name": "Ana Sample",
            "email": "ana@example.org",
            "subject": "Pedido",
            "body": "No llegó",
            "category": "complaint",
            "locale": "es-MX",
        },
    )
)

CHANNEL = Channel(name=NAME, read=read, samples=SAMPLES)
