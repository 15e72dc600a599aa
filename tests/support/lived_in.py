"""A desk in which everything has happened that a desk keeps."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ventanilla import Actor, Answer, Desk, Personal
from ventanilla.adapters.history import import_history, read_mapping
from ventanilla.adapters.moving.tables import TABLES
from ventanilla.adapters.simulate import mapping_path, simulate, write
from ventanilla.adapters.store import PersonalChanges, Store
from ventanilla.adapters.store.personal import Address
from ventanilla.core import commands as ask

NINE = datetime(2026, 1, 5, 9, tzinfo=UTC)
MARIA = Actor("agent", "maria")
PRIVACY = Actor("agent", "dpo", roles=("privacy",))
ANA, BEN = "customer/c-1", "customer/c-2"


def live_in(desk: Desk, folder: Path, *, tickets: int = 60) -> None:
    """Let everything happen in *desk*: a history with rows put aside, talk, an erasure, gaps between positions."""
    file = folder / "month.csv"
    if not file.exists():
        list(write(file, simulate(tickets, 7)))
        with file.open("a", encoding="utf-8") as more:
            more.write(file.read_text(encoding="utf-8").splitlines()[-1].replace("S-", "bad-", 1) + ",one cell more\n")
    list(import_history(desk, file, read_mapping(mapping_path(file))))
    skip(desk.store, 5)
    talk(desk)
    skip(desk.store, 1_000)
    desk.handle(erase("c-1"), key="erase-1")
    with desk.store.database.write() as cursor:
        cursor.execute(
            "INSERT INTO readings (read_at, actor, allowed_by, subject, stream, version, field) "
            "VALUES (1, 'agent:maria', '1/agent', ?, 'T-1', 3, 'text')",
            (BEN,),
        )
    linked = (Address(blind=b"\x00blind\xff", stream=BEN, identity="i-1"),)
    desk.store.append((), recorded_at=desk.now(), changes=PersonalChanges(linked=linked))


def talk(desk: Desk) -> None:
    """Let two customers write about a ticket."""
    for customer, name in (("c-1", "Ana 'quoted' \\ ünï"), ("c-2", "Ben \U0001f600")):
        said = Personal(name, of=f"customer/{customer}")
        desk.handle(ask.AddCustomer(customer=customer, at=NINE, actor=MARIA, name=said), key=f"add-{customer}")
    desk.handle(ask.Open(ticket="T-1", at=NINE, actor=MARIA, channel="mail", customer="c-1", facts={"a\n": '"\u2028'}))
    for number, of in enumerate((ANA, BEN), 1):
        at = NINE + timedelta(minutes=number)
        said = Personal(f"message {number}\r\nof {of}", of=of)
        desk.handle(
            ask.Receive(ticket="T-1", at=at, actor=MARIA, message=f"m-{number}", channel="mail", text=said),
            key=f"receive-{number}",
        )


def erase(customer: str, request: str = "r-1") -> ask.EraseCustomer:
    """Return what erases *customer*."""
    at = NINE + timedelta(hours=1)
    return ask.EraseCustomer(customer=customer, at=at, actor=PRIVACY, request=request, because="asked")


def skip(store: Store, count: int) -> None:
    """Leave a gap of *count* positions, as transactions do that were taken back."""
    with store.database.write() as cursor:
        if store.database.dialect.name == "sqlite":
            cursor.execute("UPDATE sqlite_sequence SET seq = seq + ? WHERE name = 'events'", (count,))
        else:
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence('events', 'notification_id')) FROM generate_series(1, ?)",
                (count,),
            )


def content(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    """Return all rows of all tables, byte for byte."""
    with store.database.snapshot() as snapshot:
        return {
            table.name: [tuple(map(_plain, row)) for row in snapshot.rows(table.select(store.database.dialect))]
            for table in TABLES
        } | {"desk": [tuple(row) for row in snapshot.rows("SELECT id, format FROM desk")]}


def answers(desk: Desk) -> dict[str, Answer]:
    """Return the answer of every metric, and of some cut by something."""
    found = {name: desk.ask(name) for name in desk.host.metrics}
    for name in ("tickets", "on_time"):
        for by in ("team", "month", "channel"):
            found |= {f"{name} by {by} {value}": answer for value, answer in desk.ask(name, by=by).items()}
    return found


def _plain(value: Any) -> Any:
    return bytes(value) if isinstance(value, memoryview) else value
