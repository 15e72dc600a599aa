"""Epochs of keys: what makes an old backup die, and that nothing else does."""

from __future__ import annotations

import base64
import os
import shutil
import stat
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ventanilla import Actor, Conflict, Desk, Personal, Unavailable
from ventanilla.adapters.store import Commit
from ventanilla.adapters.vault import FileKeys, HostKeys, KeyRing, MemoryKeys, PutAside
from ventanilla.adapters.vault.epochs import new_epoch
from ventanilla.core import commands as ask
from ventanilla.core.events import MessageReceived

NINE = datetime(2026, 1, 5, 9, tzinfo=UTC)
MARIA = Actor("agent", "maria")
PRIVACY = Actor("agent", "dpo", roles=("privacy",))
NAMES = [f"c-{number}" for number in range(7)]


def add(desk: Desk, name: str) -> None:
    said = Personal(f"Name of {name}", of=f"customer/{name}")
    desk.handle(ask.AddCustomer(customer=name, at=NINE, actor=MARIA, name=said))


def erase(name: str) -> ask.EraseCustomer:
    return ask.EraseCustomer(customer=name, at=NINE + timedelta(minutes=1), actor=PRIVACY, request="r", because="asked")


def texts(desk: Desk, names: list[str] = NAMES) -> list[str]:
    return [
        text
        for name in names
        for recorded in desk.log(f"customer/{name}")
        for text in desk.read(recorded, actor=MARIA).values()
    ]


ALL = [f"Name of {name}" for name in NAMES]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "desk.db"


@pytest.fixture
def desk(path: Path) -> Iterator[Desk]:
    with Desk(f"sqlite:///{path}") as opened:
        for name in NAMES:
            add(opened, name)
        yield opened


def keys_of(path: Path) -> list[str]:
    return [line.partition(":")[0] for line in path.with_name("desk.db.keys").read_text().splitlines()]


class TestEpoch:
    def test_leaves_everything_readable(self, backend_url: str) -> None:
        """All keys are wrapped anew, and whatever could be read still is, also by who has it in memory."""
        keys = MemoryKeys()
        with Desk(backend_url, keys=keys) as desk:
            for name in NAMES:
                add(desk, name)
            told: list[tuple[int, int]] = []
            epoch = new_epoch(desk.store.personal, keys, lambda done, total: told.append((done, total)), batch=3)
            assert (epoch.name, epoch.wrapped, epoch.over) == ("2", len(NAMES), ("1",))
            assert (epoch.destroyed, epoch.resumed) == (True, False)
            assert told == [(3, 7), (6, 7), (7, 7)]
            assert texts(desk) == ALL
            desk.vault.forget()
            assert texts(desk) == ALL
            add(desk, "c-9")
            assert texts(desk, ["c-9"]) == ["Name of c-9"]
            assert desk.vault.new_epoch().name == "3"
            desk.vault.forget()
            assert texts(desk) == ALL

    def test_kills_old_backups(self, desk: Desk, path: Path, tmp_path: Path) -> None:
        """A copy of the database from before opens no text with the keys of after, erased or not."""
        desk.close()
        shutil.copy(path, tmp_path / "backup.db")
        with Desk(f"sqlite:///{path}") as opened:
            opened.erase(erase("c-0"))
            opened.vault.new_epoch()
        for file in path.parent.glob("desk*"):
            if not file.name.endswith(".keys"):
                file.unlink()
        shutil.copy(tmp_path / "backup.db", path)
        with Desk(f"sqlite:///{path}") as restored:
            for name in NAMES:
                with pytest.raises(Unavailable, match="has no key '1'"):
                    texts(restored, [name])

    def test_goes_on_where_it_was_broken_off(self, desk: Desk, path: Path) -> None:
        """Stopped in the middle, nothing is lost; the next call finishes, and then the old key goes."""
        ring = FileKeys(path.with_name("desk.db.keys"))

        def stop(done: int, _: int) -> None:
            if done >= 4:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            new_epoch(desk.store.personal, ring, stop, batch=2)
        assert keys_of(path) == ["1", "2"]
        desk.vault.forget()
        assert texts(desk) == ALL
        add(desk, "c-9")
        epoch = new_epoch(desk.store.personal, ring, batch=2)
        assert (epoch.name, epoch.wrapped, epoch.over, epoch.resumed) == ("2", 3, ("1",), True)
        assert keys_of(path) == ["2"]
        desk.vault.forget()
        assert texts(desk) == ALL

    def test_lets_no_key_slip_in_behind(self, desk: Desk) -> None:
        """What was sealed under the old key and not yet recorded is sealed again, never lost."""
        text = Personal("Hello", of="customer/c-new")
        event = MessageReceived(at=NINE, message="m", channel="mail", text=text)
        events, changes = desk.vault.seal([event], "T-1", 0)
        desk.vault.new_epoch()
        late = Commit(
            stream="T-1", version=0, events=events, actor="a", cause="c", allowed_by="1/agent", changes=changes
        )
        with pytest.raises(Conflict):
            desk.store.append([late], recorded_at=NINE)
        assert desk.store.load("T-1") == []

    def test_two_at_once_lose_nothing(self, desk: Desk, path: Path) -> None:
        """Two processes that begin an epoch at once, while others write, leave every text readable."""
        problems: list[BaseException] = []

        def rotate() -> None:
            try:
                with Desk(f"sqlite:///{path}") as another:
                    for _ in range(3):
                        try:
                            new_epoch(another.store.personal, FileKeys(path.with_name("desk.db.keys")), batch=2)
                        except Conflict:
                            continue
            except BaseException as error:
                problems.append(error)

        def write() -> None:
            try:
                with Desk(f"sqlite:///{path}") as another:
                    for number in range(20):
                        add(another, f"n-{number}")
            except BaseException as error:
                problems.append(error)

        threads = [threading.Thread(target=work) for work in (rotate, rotate, write)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert problems == []
        desk.vault.forget()
        written = [f"n-{number}" for number in range(20)]
        assert texts(desk, [*NAMES, *written]) == [*ALL, *(f"Name of {name}" for name in written)]
        desk.vault.new_epoch()
        assert len(keys_of(path)) == 1


class TestHostsKeys:
    def test_are_the_hosts_to_make_and_destroy(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Keys of the environment are added and taken away by the host, who is told what is needed no more."""
        one, two = (f"{name}:{base64.b64encode(os.urandom(32)).decode()}" for name in ("old", "new"))
        monkeypatch.setenv("VENTANILLA_KEYS", one)
        with Desk(f"sqlite:///{path}") as desk:
            for name in NAMES:
                add(desk, name)
            monkeypatch.setenv("VENTANILLA_KEYS", f"{one},{two}")
            epoch = desk.vault.new_epoch()
            assert (epoch.name, epoch.wrapped, epoch.over, epoch.destroyed) == ("new", 7, ("old",), False)
            with pytest.raises(Unavailable, match="under 'new' already, and none needs 'old' any more: add a new one"):
                desk.vault.new_epoch()
            monkeypatch.setenv("VENTANILLA_KEYS", two)
            desk.vault.forget()
            assert texts(desk) == ALL

    def test_that_are_retired_wrap_no_more(self, path: Path) -> None:
        """A process that has not heard of the new key is told so, and seals nothing that would be lost."""
        old, new = os.urandom(32), os.urandom(32)
        keys = {"old": old, "new": new}
        with Desk(f"sqlite:///{path}", keys=HostKeys(lambda: "old", keys.__getitem__)) as stale:
            add(stale, "c-0")
            with Desk(f"sqlite:///{path}", keys=HostKeys(lambda: "new", keys.__getitem__)) as fresh:
                fresh.vault.new_epoch()
            with pytest.raises(Unavailable, match="'old' was retired: give this process the newest"):
                add(stale, "c-1")
            with pytest.raises(Unavailable, match="'old' was retired: add a new one"):
                stale.vault.new_epoch()

    def test_that_are_missing_destroy_nothing(self, desk: Desk, path: Path) -> None:
        """Where a key cannot be unwrapped, the epoch does not end, and the key it needs stays."""
        ring = FileKeys(path.with_name("desk.db.keys"))
        with desk.store.database.write() as cursor:
            cursor.execute("UPDATE subject_keys SET epoch = 'lost' WHERE subject = 'customer/c-3'")
        with pytest.raises(Unavailable, match="no key 'lost'"):
            new_epoch(desk.store.personal, ring)
        assert keys_of(path) == ["1", "2"]

    def test_that_are_not_there_change_no_answer(self, desk: Desk, path: Path) -> None:
        """Without any key the texts cannot be read, which is said; commands of facts and answers go on."""
        desk.close()
        path.with_name("desk.db.keys").write_text("7:" + base64.b64encode(os.urandom(32)).decode())
        with Desk(f"sqlite:///{path}") as opened:
            with pytest.raises(Unavailable, match="has no key '1': the vault cannot be opened without it"):
                texts(opened)
            opened.handle(ask.Open(ticket="T-1", at=NINE, actor=MARIA, channel="mail", customer="c-1"))
            assert opened.ask("tickets").value == 1


class TestFileKeys:
    def test_are_their_owners(self, tmp_path: Path) -> None:
        """The file is its owner's alone before and after an epoch, and nothing is left beside it but its lock."""
        ring = FileKeys(tmp_path / "keys")
        assert ring.add() == "2"
        assert (ring.newest(), ring.epochs()) == ("2", ("1", "2"))
        ring.destroy("1")
        ring.destroy("1")
        assert ring.epochs() == ("2",)
        assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o600
        assert sorted(file.name for file in tmp_path.iterdir()) == ["keys", "keys.lock"]
        with pytest.raises(Unavailable, match="has no key '1'"):
            ring.key("1")

    def test_two_add_two(self, tmp_path: Path) -> None:
        """Of keys added at the same time none is lost."""
        rings = [FileKeys(tmp_path / "keys") for _ in range(6)]
        rings[0].newest()
        threads = [threading.Thread(target=ring.add) for ring in rings]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert rings[0].epochs() == tuple("1234567")

    def test_that_cannot_be_kept_say_so(self, tmp_path: Path) -> None:
        """A folder that is not there is an error of the operator's."""
        with pytest.raises(Unavailable, match="keys of the vault"):
            FileKeys(tmp_path / "nowhere" / "keys").newest()

    def test_that_are_no_text_are_not_shown(self, tmp_path: Path) -> None:
        """Bare bytes in place of a key are an error of the operator's, with nothing of them in it or behind it."""
        (tmp_path / "keys").write_bytes(b"1:" + bytes(range(0x80, 0xA0)))
        with pytest.raises(Unavailable, match="no name:base64") as error:
            FileKeys(tmp_path / "keys").newest()
        assert "x80" not in f"{error.value!r} {error.value.__cause__!r} {error.value.__context__!r}"


def aside(line: int) -> PutAside:
    return PutAside(
        id=f"row-{line}", source="a.csv", line=line, mapping="acme", row="{}", column=None, value=None, rule="r",
        reason="because",
    )  # fmt: skip


class TestQuarantine:
    @pytest.fixture
    def ring(self) -> KeyRing:
        return MemoryKeys()

    def put(self, desk: Desk, *lines: int) -> None:
        sealed, changes = desk.vault.seal_rows([aside(line) for line in lines])
        desk.store.append((), recorded_at=NINE, aside=sealed, changes=changes)

    def test_key_goes_with_the_last_row(self, backend_url: str, ring: KeyRing) -> None:
        """The key of a source is destroyed when nothing of it is put aside any more, and made anew when needed."""
        with Desk(backend_url, keys=ring) as desk:
            self.put(desk, 2)
            self.put(desk, 3)
            desk.store.append((), recorded_at=NINE, released=["row-2"])
            assert [row.line for row in desk.put_aside()] == [3]
            desk.store.append((), recorded_at=NINE, released=["row-3"])
            assert desk.store.personal.keys(["quarantine/a.csv"]) == {}
            with pytest.raises(Conflict):  # its key at hand is a copy of the destroyed one
                self.put(desk, 4)
            desk.vault.forget()
            self.put(desk, 4)
            assert [row.line for row in desk.put_aside()] == [4]

    def test_no_row_is_sealed_with_a_destroyed_key(self, backend_url: str, ring: KeyRing) -> None:
        """A copy of a destroyed key at hand elsewhere does not pass for the new one."""
        with Desk(backend_url, keys=ring) as desk:
            self.put(desk, 2)
            stale, changes = desk.vault.seal_rows([aside(5)])
            desk.store.append((), recorded_at=NINE, released=["row-2"])
            desk.vault.forget()
            self.put(desk, 3)
            with pytest.raises(Conflict):
                desk.store.append((), recorded_at=NINE, aside=stale, changes=changes)
            assert [row.line for row in desk.put_aside()] == [3]
