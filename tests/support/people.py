"""Customers with texts, addresses and tickets, and what tests do to them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ventanilla import Actor, Desk, Personal
from ventanilla.core import commands as ask
from ventanilla.core import events as on

NINE = datetime(2026, 1, 5, 9, tzinfo=UTC)
MARIA = Actor("agent", "maria")
PRIVACY = Actor("agent", "dpo", roles=("privacy",))
ANA, BEN = "customer/c-1", "customer/c-2"
MARK = "Canary-4711"


def at(minutes: int) -> datetime:
    return NINE + timedelta(minutes=minutes)


def link(
    customer: str, identity: str, address: str, kind: on.IdentityKind = "mail", provider: str | None = None
) -> ask.LinkIdentity:
    return ask.LinkIdentity(
        customer=customer, at=at(5), actor=MARIA, identity=identity, kind=kind, provider=provider,
        verified_by="login", address=Personal(address, of=f"customer/{customer}"),
    )  # fmt: skip


def unlink(customer: str, identity: str) -> ask.UnlinkIdentity:
    return ask.UnlinkIdentity(customer=customer, at=at(6), actor=MARIA, identity=identity)


def erase(customer: str = "c-1", request: str = "r-1") -> ask.EraseCustomer:
    return ask.EraseCustomer(customer=customer, at=at(60), actor=PRIVACY, request=request, because="asked")


def receive(message: str, minutes: int, text: str, of: str = ANA) -> ask.Receive:
    said = Personal(text, of=of)
    return ask.Receive(ticket="T-1", at=at(minutes), actor=MARIA, message=message, channel="mail", text=said)


def fill(desk: Desk) -> None:
    for name, text in (("c-1", f"Ana {MARK}"), ("c-2", "Ben")):
        said = Personal(text, of=f"customer/{name}")
        desk.handle(ask.AddCustomer(customer=name, at=at(0), actor=MARIA, name=said))
    desk.handle(ask.Open(ticket="T-1", at=at(0), actor=MARIA, channel="mail", customer="c-1"))
    desk.handle(receive("m-1", 1, f"Where is it? {MARK}"))
    desk.handle(receive("m-2", 2, "I have it.", of=BEN))
    note = Personal(f"Angry. {MARK}", of=ANA)
    desk.handle(ask.WriteNote(ticket="T-1", at=at(3), actor=MARIA, message="n-1", text=note))


def texts(desk: Desk) -> list[str]:
    everything = [recorded for stream in (ANA, BEN, "T-1") for recorded in desk.log(stream)]
    return [text for found in desk.read_many(everything, actor=MARIA) for text in found.values()]


def spoil(desk: Desk, stream: str, version: int) -> None:
    """Damage the event so that it cannot be read."""
    with desk.store.database.write() as cursor:
        cursor.execute(
            "UPDATE events SET state = ? WHERE originator_id = ? AND originator_version = ?",
            (b"\x00\xff", stream, version),
        )
