"""A desk whose keys are not at hand, or are another's, seals nothing that nobody could open again."""

from __future__ import annotations

import os
import secrets
from base64 import b64encode
from datetime import UTC, datetime
from pathlib import Path

import pytest
from imports import GOOD, csv, mapping, taken

from ventanilla import Actor, Desk, Personal, Unavailable
from ventanilla.adapters.report import html, make_page
from ventanilla.adapters.vault import FileKeys
from ventanilla.core.commands import AddCustomer

NINE = datetime(2026, 1, 5, 9, tzinfo=UTC)
MARIA = Actor("agent", "maria")


def add(desk: Desk, customer: str) -> None:
    name = Personal("Ana Secret", of=f"customer/{customer}")
    desk.handle(AddCustomer(customer=customer, at=NINE, actor=MARIA, name=name))


@pytest.fixture
def url(tmp_path: Path) -> str:
    """The address of a desk that has sealed a name with the keys of the file beside it."""
    found = f"sqlite:///{tmp_path}/desk.db"
    with Desk(found) as desk:
        add(desk, "c-1")
    return found


class TestWithoutTheFile:
    def test_nothing_is_sealed(self, url: str, tmp_path: Path) -> None:
        """A desk restored without its keys refuses what is personal, makes no new keys, and goes on with the old."""
        keys = (tmp_path / "desk.db.keys").rename(tmp_path / "elsewhere")
        with Desk(url) as desk:
            with pytest.raises(Unavailable, match=r"not at .*desk\.db\.keys: put their file back"):
                add(desk, "c-2")
            assert desk.log("customer/c-2") == []
        assert not (tmp_path / "desk.db.keys").exists()
        keys.rename(tmp_path / "desk.db.keys")
        with Desk(url) as desk:
            add(desk, "c-2")
            assert desk.read(desk.log("customer/c-1")[0], actor=MARIA) == {"name": "Ana Secret"}

    def test_no_epoch_begins(self, url: str, tmp_path: Path) -> None:
        """Nor does an epoch: it would retire keys that are not there."""
        (tmp_path / "desk.db.keys").unlink()
        with Desk(url) as desk, pytest.raises(Unavailable, match="are not at"):
            desk.vault.new_epoch()
        assert not (tmp_path / "desk.db.keys").exists()


def test_another_key_of_the_same_name_seals_nothing(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever gives other bytes under a known name is told, before anything is sealed with them."""
    monkeypatch.setenv("VENTANILLA_KEYS", f"1:{b64encode(secrets.token_bytes(32)).decode()}")
    with Desk(url) as desk:
        with pytest.raises(Unavailable, match="the key of customer/c-1 does not open with the key '1'"):
            add(desk, "c-2")
        assert desk.log("customer/c-2") == []


def test_an_epoch_needs_a_new_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the host makes the keys, an epoch without a new one ends nothing, and says so."""
    first, second = (f"{name}:{b64encode(secrets.token_bytes(32)).decode()}" for name in "12")
    monkeypatch.setenv("VENTANILLA_KEYS", first)
    with Desk(f"sqlite:///{tmp_path}/desk.db") as desk:
        add(desk, "c-1")
        with pytest.raises(Unavailable, match="all keys are wrapped under '1' already: add a new one"):
            desk.vault.new_epoch()
        monkeypatch.setenv("VENTANILLA_KEYS", f"{first},{second}")
        assert (desk.vault.new_epoch().name, os.environ["VENTANILLA_KEYS"].count(",")) == ("2", 1)


def test_a_page_needs_no_key(tmp_path: Path) -> None:
    """The page says where a row that was put aside stood, never what it says; so it needs no key, and makes none."""
    history = csv(tmp_path / "h.csv", [GOOD[0], "2,call ana.secret@example.org,,,open,Mail,,"])
    url, keys = f"sqlite:///{tmp_path}/desk.db", tmp_path / "desk.db.keys"
    with Desk(url) as desk:
        taken(desk, history, mapping(tmp_path))
    keys.unlink()
    with Desk(url) as desk:
        page = make_page(desk, zone=UTC)
    assert [(one.rule, one.column, one.rows, one.first) for one in page.aside] == [
        ("instant.unreadable", "opened", 1, "h.csv line 3, opened")
    ]
    assert b"ana.secret" not in page.as_json()
    assert "ana.secret" not in html.render(page)
    assert not keys.exists()


def test_keys_of_a_file_are_made_once(tmp_path: Path) -> None:
    """Whoever seals first makes the file; whoever only asks for a key of it does not."""
    ring = FileKeys(tmp_path / "keys")
    with pytest.raises(Unavailable):
        ring.key("1")
    assert ring.newest() == "1"
    assert len(ring.key("1")) == 32
