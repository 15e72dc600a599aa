"""Addresses: whose they are is found by a blind index, and once it was verified."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from people import ANA, MARIA, MARK, at, erase, fill, link, unlink

from ventanilla import Desk, Personal, Refused
from ventanilla.adapters.vault import MemoryKeys
from ventanilla.core import events as on
from ventanilla.core.commands import Report


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


class TestAddresses:
    @pytest.mark.parametrize(
        ("kind", "linked", "looked_up"),
        [
            ("mail", "Ana@Example.org", " ana@example.ORG "),
            ("mail", "straße@example.org", "STRASSE@example.org"),
            ("mail", "ａｎａ@example.org", "ana@example.org"),
            ("phone", "+34 (91) 555-01-99", "+34915550199"),
            ("phone", "٠٩١ ٥٥٥", "091555"),
            ("social", " Ana", "Ana"),
        ],
    )
    def test_are_found_however_written(self, desk: Desk, kind: on.IdentityKind, linked: str, looked_up: str) -> None:
        """An address that was linked finds its customer, whatever way it is written."""
        assert desk.customer_of(kind=kind, address=looked_up) is None
        desk.handle(link("c-1", "i-1", linked, kind))
        assert desk.customer_of(kind=kind, address=looked_up) == "c-1"

    def test_are_not_mixed_up(self, desk: Desk) -> None:
        """The same words of another kind, or at another provider, are another address; so is the national number."""
        desk.handle(link("c-1", "i-1", "ana", "social", "facebook"))
        desk.handle(link("c-1", "i-2", "+34915550199", "phone"))
        assert desk.customer_of(kind="social", address="ana", provider="facebook") == "c-1"
        assert desk.customer_of(kind="social", address="ana", provider="x") is None
        assert desk.customer_of(kind="social", address="ana") is None
        assert desk.customer_of(kind="account", address="ana", provider="facebook") is None
        assert desk.customer_of(kind="phone", address="34915550199") is None

    def test_are_not_in_the_database(self, file: Desk, path: Path) -> None:
        """Whoever has the database has neither the address nor a digest that could be guessed."""
        file.handle(link("c-1", "i-1", f"{MARK}@example.org"))
        assert [f.name for f in path.parent.iterdir() if MARK.casefold().encode() in f.read_bytes().lower()] == []

    def test_that_are_claimed_are_not_linked(self, desk: Desk) -> None:
        """Whoever says that they are somebody is not found as them."""
        claim = on.IdentityClaimed(at=at(5), identity="i-1", kind="mail", address=Personal("a@example.org", of=ANA))
        desk.handle(Report(on=ANA, actor=MARIA, fact=claim))
        assert desk.customer_of(kind="mail", address="a@example.org") is None

    def test_are_one_customers(self, desk: Desk) -> None:
        """An address that is somebody's is refused to anybody else, and free again once unlinked."""
        desk.handle(link("c-1", "i-1", "a@example.org"))
        with pytest.raises(Refused, match=r"merge the two.*or unlink it there") as error:
            desk.handle(link("c-2", "i-2", "A@example.org"))
        assert error.value.rule == "linkidentity.taken"
        with pytest.raises(Refused) as error:
            desk.handle(link("c-1", "i-3", "A@example.org"))
        assert error.value.rule == "linkidentity.exists"
        desk.handle(unlink("c-1", "i-1"))
        assert desk.customer_of(kind="mail", address="a@example.org") is None
        desk.handle(link("c-2", "i-2", "A@example.org"))
        assert desk.customer_of(kind="mail", address="a@example.org") == "c-2"

    def test_go_with_their_person(self, desk: Desk) -> None:
        """Nobody is found by the address of who was erased, and somebody new may have it."""
        desk.handle(link("c-1", "i-1", "a@example.org"))
        assert desk.erase(erase()).addresses == 1
        assert desk.customer_of(kind="mail", address="a@example.org") is None
        desk.handle(link("c-2", "i-2", "a@example.org"))
        assert desk.customer_of(kind="mail", address="a@example.org") == "c-2"

    @pytest.mark.parametrize(("kind", "address"), [("phone", "unknown"), ("mail", "  "), ("social", "")])
    def test_of_nothing_are_refused(self, desk: Desk, kind: on.IdentityKind, address: str) -> None:
        """What no address is left of would be everybody's."""
        with pytest.raises(Refused) as error:
            desk.handle(link("c-1", "i-1", address, kind))
        assert error.value.rule == "linkidentity.empty"
        assert desk.customer_of(kind=kind, address=address) is None

    @pytest.mark.parametrize("backend", ["sqlite", "postgresql"])
    def test_are_one_customers_under_a_race(
        self, backend: str, request: pytest.FixtureRequest, path: Path, keys: MemoryKeys
    ) -> None:
        """Of two desks that link one address at once, to two customers, exactly one does."""
        url = f"sqlite:///{path}" if backend == "sqlite" else request.getfixturevalue("postgres_url")
        with Desk(url, keys=keys) as one, Desk(url, keys=keys) as two:
            fill(one)
            for number in range(8):
                ready, rules = threading.Barrier(2), list[str]()

                def go(
                    desk: Desk, customer: str, ready: threading.Barrier = ready, rules: list[str] = rules,
                    number: int = number,
                ) -> None:  # fmt: skip
                    ready.wait()
                    try:
                        desk.handle(link(customer, f"i-{number}", f"a{number}@example.org"))
                        rules.append("")
                    except Refused as error:
                        rules.append(error.rule)

                threads = [threading.Thread(target=go, args=pair) for pair in ((one, "c-1"), (two, "c-2"))]
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join()
                assert sorted(rules) == ["", "linkidentity.taken"]
                assert one.customer_of(kind="mail", address=f"a{number}@example.org") in ("c-1", "c-2")
