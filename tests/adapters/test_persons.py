"""Persons: who read them, who may have what is held on them, how they are found and how they are erased."""

from __future__ import annotations

import logging
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import attrs
import pytest
from people import ANA, BEN, MARIA, MARK, PRIVACY, at, erase, fill, link, receive, spoil, texts
from structlog.testing import capture_logs

from ventanilla import Actor, Desk, NotUnderstood, Personal, Refused, Unavailable
from ventanilla.adapters.store.personal import ERASING
from ventanilla.adapters.store.personal_rows import PersonalRows
from ventanilla.adapters.vault import MemoryKeys, Receipt, read_register, write_register
from ventanilla.adapters.vault.receipts import carry_out
from ventanilla.core import commands as ask
from ventanilla.core import events as on


@pytest.fixture
def keys() -> MemoryKeys:
    return MemoryKeys()


@pytest.fixture
def desk(backend_url: str, keys: MemoryKeys) -> Iterator[Desk]:
    with Desk(backend_url, keys=keys) as opened:
        fill(opened)
        yield opened


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "desk.db"


@pytest.fixture
def file(path: Path) -> Iterator[Desk]:
    with Desk(f"sqlite:///{path}") as opened:
        fill(opened)
        yield opened


class TestReadings:
    def test_are_on_record(self, desk: Desk) -> None:
        """Each text that is read leaves a line: who, by which right, whose, where."""
        desk.read(desk.log("T-1")[1], actor=MARIA)
        (reading,) = desk.readings(ANA, actor=PRIVACY)
        assert (reading.actor, reading.allowed_by, reading.subject) == ("agent:maria", "1/agent", ANA)
        assert (reading.stream, reading.version, reading.field) == ("T-1", 2, "text")
        assert reading.at <= datetime.now(UTC)
        assert desk.readings(BEN, actor=PRIVACY) == []

    def test_come_before_the_text(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        """A reading that cannot be recorded does not take place."""

        def fail(*_: object) -> None:
            raise Unavailable("the disk is full")

        monkeypatch.setattr(PersonalRows, "keep_readings", fail)
        with pytest.raises(Unavailable):
            desk.read(desk.log("T-1")[1], actor=MARIA)

    def test_of_nothing_are_none(self, desk: Desk) -> None:
        """An event without a text, or whose text was erased, leaves no line; nor does who may not read."""
        desk.read(desk.log("T-1")[0], actor=MARIA)
        with pytest.raises(Refused):
            desk.read(desk.log("T-1")[1], actor=Actor("customer", "c-2"))
        assert desk.readings(ANA, actor=PRIVACY) == []
        desk.erase(erase())
        desk.read(desk.log("T-1")[1], actor=MARIA)
        assert desk.readings(ANA, actor=PRIVACY) == []

    def test_are_for_privacy(self, desk: Desk) -> None:
        """Who read what is not everybody's to know, not even the person's."""
        for actor in (MARIA, Actor("customer", "c-1")):
            with pytest.raises(Refused) as error:
                desk.readings(ANA, actor=actor)
            assert error.value.rule == "readings.forbidden"


class TestDigest:
    def test_finds_what_was_moved(self, file: Desk, path: Path) -> None:
        """A sealed row put in another's place is not opened there, nor missed silently where it was."""
        with closing(sqlite3.connect(path)) as database, database:
            database.execute("DELETE FROM vault WHERE stream = 'T-1' AND version = 4")
            database.execute("UPDATE vault SET version = 4 WHERE stream = 'T-1' AND version = 2")
        with pytest.raises(Unavailable, match="T-1 4 text was changed, or moved there"):
            file.read(file.log("T-1")[3], actor=MARIA)
        with pytest.raises(Unavailable, match=f"lacks a text about {ANA}, who was not erased"):
            file.read(file.log("T-1")[1], actor=MARIA)

    @pytest.mark.parametrize("column", ["sealed = zeroblob(60)", "subject = 'customer/c-2'", "sealed_with = 2"])
    def test_finds_what_was_changed(self, file: Desk, path: Path, column: str) -> None:
        """A sealed row of which anything was changed is not opened."""
        with closing(sqlite3.connect(path)) as database, database:
            database.execute(f"UPDATE vault SET {column} WHERE stream = 'T-1' AND version = 2")
        with pytest.raises(Unavailable):
            file.read(file.log("T-1")[1], actor=MARIA)

    def test_is_not_enough(self, desk: Desk) -> None:
        """Even with the right digest in the log, what was sealed for one place opens in no other."""
        (sealed,) = desk.store.personal.texts("T-1", 2)
        event = desk.log("T-1")[1].event
        assert isinstance(event, on.MessageReceived)
        assert event.text is not None
        with pytest.raises(Unavailable, match="changed, or moved"):
            desk.vault.open({"text": event.text}, [attrs.evolve(sealed, version=4)])
        with pytest.raises(Unavailable, match="changed, or moved"):
            desk.vault.open({"text": event.text}, [attrs.evolve(sealed, stream="T-2")])
        _, changes = desk.vault.seal([attrs.evolve(event, text=Personal("Else", of=ANA))], "T-1", 1)
        with pytest.raises(Unavailable, match="changed, or moved"):  # sealed for this very place, by who has the key
            desk.vault.open({"text": event.text}, changes.texts)
        assert desk.vault.open({"text": event.text}, [sealed])


class TestErasing:
    def test_gives_a_receipt(self, desk: Desk) -> None:
        """The receipt says what was destroyed and where that stands; again, it is the same one."""
        desk.handle(link("c-1", "i-1", "a@example.org"))
        receipt = desk.erase(erase())
        assert receipt == Receipt(
            log=desk.store.identity(), subject=ANA, request="r-1", because="asked", position=desk.store.head(),
            at=at(60), texts=4, addresses=1, keys=1,
        )  # fmt: skip
        assert (receipt.repeated, receipt.purged) == (False, True)
        again = desk.erase(erase(request="r-2"))
        assert again == receipt
        assert again.repeated
        assert desk.erasures() == [receipt]
        assert texts(desk) == ["Ben", "I have it."]

    def test_of_an_agent(self, desk: Desk) -> None:
        """Agents are erased as customers are."""
        said = Personal("Maria", of="agent/maria")
        desk.handle(ask.AddAgent(agent="maria", at=at(0), actor=Actor("system", "x", ("admin",)), name=said))
        command = ask.EraseAgent(agent="maria", at=at(1), actor=PRIVACY, request="r", because="asked")
        assert desk.erase(command).texts == 1
        assert desk.read(desk.log("agent/maria")[0], actor=PRIVACY) == {}

    def test_waits_for_a_hold(self, desk: Desk) -> None:
        """Under a legal hold nobody is erased, and who asks is told what to do."""
        hold = ask.PlaceCustomerHold(customer="c-1", at=at(5), actor=PRIVACY, hold="h-1", because="lawsuit")
        desk.handle(hold)
        with pytest.raises(Refused, match="under the legal hold h-1: lift it first") as error:
            desk.erase(erase())
        assert error.value.rule == "erasecustomer.held"
        assert len(texts(desk)) == 5
        desk.handle(ask.LiftCustomerHold(customer="c-1", at=at(6), actor=PRIVACY, hold="h-1"))
        assert desk.erase(erase()).texts == 3

    def test_ends_what_others_have_at_hand(self, backend_url: str, keys: MemoryKeys) -> None:
        """A second desk, with the key in its memory, neither opens nor seals anything of who was erased."""
        if ":memory:" in backend_url:
            pytest.skip("a memory is one desk's")
        with Desk(backend_url, keys=keys) as one, Desk(backend_url, keys=keys) as two:
            fill(one)
            two.handle(receive("m-8", 8, "It is me"))
            assert len(texts(two)) == 6
            one.erase(erase())
            assert texts(two) == ["Ben", "I have it."]
            with pytest.raises(Refused) as error:
                two.handle(receive("m-9", 9, "It is me again"))
            assert error.value.rule == "text.erased"
            assert two.store.personal.keys([ANA]) == {}

    def test_leaves_no_sealed_byte(self, file: Desk, path: Path) -> None:
        """Neither the sealed texts nor the wrapped key are in any byte of the database or its write-ahead log."""
        sealed = [text.sealed for text in file.store.personal.texts_about(ANA)]
        sealed += [key.wrapped for key in file.store.personal.keys([ANA]).values()]
        assert _found(path, sealed) == len(sealed)
        file.erase(erase())
        assert _found(path, sealed) == 0

    def test_says_that_a_reader_holds_the_bytes(self, file: Desk, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A reader in the middle of a look keeps old bytes in the files: that is said, and made good later."""
        sealed = [text.sealed for text in file.store.personal.texts_about(ANA)]
        with closing(sqlite3.connect(path)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM events").fetchall()
            assert not file.erase(erase()).purged
            assert _found(path, sealed)
            reader.rollback()
            with Desk(f"sqlite:///{path}") as another:
                assert another.erasures()[0].purged
            assert _found(path, sealed) == 0

    def test_that_was_cut_short_is_finished_at_the_next_opening(self, file: Desk, path: Path) -> None:
        """A process that dies between the commit and the clean-up leaves the rest to the next one."""
        sealed = [text.sealed for text in file.store.personal.texts_about(ANA)]
        file.store.database.purge = lambda: False  # type: ignore[method-assign]  # as if it were not reached
        file.handle(erase())
        assert _found(path, sealed)
        with Desk(f"sqlite:///{path}"):
            assert _found(path, sealed) == 0


def _found(path: Path, secrets: list[bytes]) -> int:
    content = b"".join(f.read_bytes() for f in path.parent.iterdir() if f.is_file())
    return sum(secret in content for secret in secrets)


class TestRestoring:
    @pytest.mark.parametrize("tables", [["vault", "subject_keys", "addresses", "erasures"], ["vault", "subject_keys"]])
    def test_an_older_vault(self, file: Desk, path: Path, tables: list[str]) -> None:
        """Where the log knows of an erasure and the vault does not, it is carried out before anything is opened."""
        file.handle(link("c-1", "i-1", "a@example.org"))
        with closing(sqlite3.connect(path)) as database:
            rows = {table: database.execute(f"SELECT * FROM {table}").fetchall() for table in tables}
        receipt = file.erase(erase())
        file.close()
        with closing(sqlite3.connect(path)) as database, database:
            for table, found in rows.items():
                database.execute(f"DELETE FROM {table}")
                for row in found:
                    database.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)
        with Desk(f"sqlite:///{path}") as again:
            assert texts(again) == ["Ben", "I have it."]
            assert again.customer_of(kind="mail", address="a@example.org") is None
            assert again.erasures() == [receipt]
            assert again.store.personal.not_carried_out() == []

    def test_with_an_erasing_event_that_cannot_be_read(self, desk: Desk) -> None:
        """It keeps neither the desk from opening nor the register from being written, and erases nobody by itself."""
        desk.erase(erase())
        (receipt,) = desk.erasures()
        desk.erase(erase("c-2", "r-2"))
        spoil(desk, ANA, 2)
        damaged, whole = desk.erasures()
        assert damaged == attrs.evolve(receipt, because="unreadable")
        assert whole.request == "r-2"
        assert read_register(write_register([damaged, whole]).splitlines()) == [damaged, whole]
        with desk.store.database.write() as cursor:
            cursor.execute("DELETE FROM erasures")
        assert carry_out(desk.store.personal) == 1
        assert [one.subject for one in desk.erasures()] == [BEN]

    def test_needs_no_scan_of_the_log(self, file: Desk, path: Path) -> None:
        """Looking for such erasures reads an index that has nothing but them."""
        with closing(sqlite3.connect(path)) as database:
            plan = database.execute(
                f"EXPLAIN QUERY PLAN SELECT originator_id FROM events WHERE {ERASING} AND 1 = 1"
            ).fetchall()
        assert "USING INDEX events_erasing" in str(plan) or "USING COVERING INDEX events_erasing" in str(plan)

    def test_an_older_database(self, file: Desk, path: Path, tmp_path: Path) -> None:
        """A register that was kept elsewhere carries out again what an older copy of the whole does not know."""
        file.close()
        shutil.copy(path, tmp_path / "backup.db")
        with Desk(f"sqlite:///{path}") as desk:
            receipt = desk.erase(erase())
            register = write_register(desk.erasures())
        shutil.copy(tmp_path / "backup.db", path)
        with Desk(f"sqlite:///{path}") as restored:
            assert len(texts(restored)) == 5
            (done,) = restored.reapply(read_register(register.splitlines()), actor=PRIVACY)
            assert (done.subject, done.request, done.at, done.repeated) == (ANA, "r-1", receipt.at, False)
            assert texts(restored) == ["Ben", "I have it."]
            (again,) = restored.reapply(read_register(register.splitlines()), actor=PRIVACY)
            assert again.repeated
            assert again == done

    def test_does_not_pass_over_a_hold(self, desk: Desk) -> None:
        """Who is under a hold is not erased by a register; the others are, and all are named."""
        for name in ("c-1", "c-2"):
            desk.handle(ask.PlaceCustomerHold(customer=name, at=at(5), actor=PRIVACY, hold="h", because="tax"))
        desk.handle(ask.LiftCustomerHold(customer="c-2", at=at(6), actor=PRIVACY, hold="h"))
        log, said = desk.store.identity(), {"request": "r", "because": "asked", "position": 1, "at": at(7)}
        counts = {"texts": 0, "addresses": 0, "keys": 0}
        register = [Receipt(log=log, subject=s, **said, **counts) for s in (ANA, BEN)]  # type: ignore[arg-type]
        with pytest.raises(Refused, match=ANA) as error:
            desk.reapply(register, actor=PRIVACY)
        assert error.value.rule == "reapply.held"
        assert [receipt.subject for receipt in desk.erasures()] == [BEN]

    def test_of_another_log_is_refused(self, desk: Desk) -> None:
        """The register of another desk erases nobody here."""
        desk.erase(erase())
        (receipt,) = desk.erasures()
        with Desk("sqlite:///:memory:") as other, pytest.raises(NotUnderstood, match="of another log"):
            other.reapply([receipt], actor=PRIVACY)

    def test_from_what_is_no_register_is_refused(self) -> None:
        """A line that is no receipt is named by its number."""
        with pytest.raises(NotUnderstood, match="line 2 of the register"):
            read_register(["", '{"log": 1}'])


class TestLogging:
    def test_is_without_text(self, desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
        """No line of a log has a text, whatever is done."""
        with caplog.at_level(logging.DEBUG), capture_logs() as lines:
            desk.handle(receive("m-5", 5, MARK))
            texts(desk)
            desk.held(ANA, actor=PRIVACY)
            desk.erase(erase())
        assert MARK not in caplog.text + str(lines)
