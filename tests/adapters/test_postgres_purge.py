"""What PostgreSQL's files keep of somebody who was erased: nothing that opens their texts, or finds them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from ventanilla import Actor, Desk, Personal
from ventanilla.adapters.vault import Receipt
from ventanilla.core.commands import AddCustomer, EraseCustomer, LinkIdentity

AT = datetime(2026, 1, 5, 9, tzinfo=UTC)
AGENT = Actor("agent", "a7")


class TestPurge:
    @pytest.fixture
    def server(self, own_postgres: Any, monkeypatch: pytest.MonkeyPatch) -> str:
        monkeypatch.setenv("VENTANILLA_KEYS", "1:MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI=")
        return str(own_postgres.get_uri())

    def secrets(self, desk: Desk, customer: str) -> list[bytes]:
        """Return what opens the texts of *customer*, or finds them."""
        rows = desk.store.database.select("SELECT wrapped FROM subject_keys WHERE subject = ?", (customer,))
        rows += desk.store.database.select("SELECT blind FROM addresses WHERE stream = ?", (customer,))
        assert len(rows) == 2
        return [bytes(secret) for (secret,) in rows]

    def found(self, server: str, secrets: list[bytes]) -> list[str]:
        """Return the files of tables and indexes that have one of *secrets*."""
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute("CHECKPOINT")
            row = connection.execute("SHOW data_directory").fetchone()
        assert row
        files = [file for file in Path(row[0], "base").rglob("*") if file.is_file()]
        return [file.name for file in files if any(secret in file.read_bytes() for secret in secrets)]

    def fill(self, desk: Desk) -> None:
        for n in range(20):
            name = f"c-{n}"
            said = Personal(f"I am {name}", of=f"customer/{name}")
            desk.handle(AddCustomer(customer=name, at=AT, actor=AGENT, name=said))
            mail = Personal(f"{name}@example.org", of=f"customer/{name}")
            desk.handle(
                LinkIdentity(
                    customer=name, at=AT, actor=AGENT, identity="i", kind="mail", address=mail, verified_by="login"
                )
            )

    def erase(self, desk: Desk, customer: str) -> Receipt:
        privacy = Actor("agent", "dpo", roles=("privacy",))
        return desk.erase(EraseCustomer(customer=customer, at=AT, actor=privacy, request="r", because="asked"))

    def test_takes_what_opens_their_texts_out_of_the_files(self, server: str) -> None:
        """No file of a table or index has an erased person's key or address, wherever they stood in it."""
        with Desk(server) as desk:
            self.fill(desk)
            for customer in ("c-19", "c-0", "c-7"):
                secrets = self.secrets(desk, f"customer/{customer}")
                assert self.found(server, secrets)
                assert self.erase(desk, customer).purged
                assert self.found(server, secrets) == []
            assert desk.read(desk.log("customer/c-8")[0], actor=AGENT) == {"name": "I am c-8"}

    def test_is_not_claimed_by_who_may_not(self, server: str) -> None:
        """A user of the database whom the tables do not belong to is told that nothing was cleaned up; the owner is."""
        with Desk(server) as desk:
            self.fill(desk)
            secrets = self.secrets(desk, "customer/c-19")
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute("CREATE ROLE app LOGIN")
            for grant in ("USAGE ON SCHEMA", "ALL ON ALL TABLES IN SCHEMA", "USAGE ON ALL SEQUENCES IN SCHEMA"):
                connection.execute(f"GRANT {grant} ventanilla TO app".encode())
            connection.execute("REVOKE MAINTAIN ON ALL TABLES IN SCHEMA ventanilla FROM app")
        with Desk(server.replace("postgres:@", "app@")) as desk:
            assert not self.erase(desk, "c-19").purged
        assert self.found(server, secrets)
        with Desk(server) as desk:
            assert desk.erasures()[0].purged
            assert self.found(server, secrets) == []

    @pytest.mark.parametrize("isolation", ["REPEATABLE READ", "READ COMMITTED"])
    def test_waits_for_who_may_still_see_it(self, server: str, isolation: str) -> None:
        """While somebody else may see what was deleted it is not claimed, and made good later."""
        with Desk(server) as desk, psycopg.connect(server) as other:
            self.fill(desk)
            secrets = self.secrets(desk, "customer/c-19")
            other.execute(f"SET TRANSACTION ISOLATION LEVEL {isolation}".encode())
            other.execute("SELECT pg_current_xact_id()")
            assert not self.erase(desk, "c-19").purged
            assert self.found(server, secrets)
            other.rollback()
            assert self.erase(desk, "c-0").purged
            assert all(receipt.purged for receipt in desk.erasures())
            assert self.found(server, secrets) == []
