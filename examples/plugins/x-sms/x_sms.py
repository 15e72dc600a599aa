"""Text messages, as an SMS gateway posts them: ``from=%2B34600123456&id=7&body=hola``."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import parse_qs

from ventanilla import Actor, NotUnderstood, Personal, hookimpl
from ventanilla.core.commands import AddCustomer, Command, Open, Receive
from ventanilla.plugins import Channel, Delivery

SMS = Actor("channel", "sms")


def read(delivery: Delivery) -> list[Command]:
    """Return what a text asks for: a number that the desk knows goes on, any other is somebody new."""
    try:
        form = parse_qs(delivery.body.decode(), strict_parsing=True, errors="strict", max_num_fields=20)
        sender, message, text = (form[name][0] for name in ("from", "id", "body"))
    except (ValueError, KeyError) as error:
        raise NotUnderstood(f"not an SMS post: {type(error).__name__}") from error
    if not (message.isalnum() and len(message) <= 64) or "\0" in sender + text:
        raise NotUnderstood("not an SMS post: an id of letters and digits, please, and no NUL")
    known = delivery.known("phone", sender)
    customer = known or delivery.id
    ticket, at = f"sms:{delivery.id}", delivery.received_at

    def personal(said: str) -> Personal:
        return Personal(said, of=f"customer/{customer}")

    new = [] if known else [AddCustomer(customer=customer, at=at, actor=SMS, name=personal(sender))]
    return [
        *new,
        Open(ticket=ticket, at=at, actor=SMS, channel="sms", customer=customer),
        Receive(ticket=ticket, at=at, actor=SMS, channel="sms", message=message, text=personal(text)),
    ]


SAMPLES = (
    Delivery(body=b"from=%2B34600123456&id=7&body=Where+is+my+order", received_at=datetime(2026, 1, 5, 9, tzinfo=UTC)),
)


@hookimpl
def channels() -> list[Channel]:
    """Add the channel ``sms``."""
    return [Channel(name="sms", read=read, samples=SAMPLES)]
