"""A fault at the n-th call of the database, for every n, before it is carried out and after."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from invariants import check
from lived_in import MARIA, NINE, PRIVACY, content, live_in

from ventanilla import Desk, Personal, Unavailable
from ventanilla.adapters.history import import_history, read_mapping
from ventanilla.adapters.moving import export_log, import_log
from ventanilla.adapters.simulate import mapping_path, simulate, write
from ventanilla.adapters.store import Store
from ventanilla.core import commands as ask
from ventanilla.core.commands import Command
from ventanilla.core.errors import InDoubt

KEY = "MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI="


class Faults:
    """Stands between a store and its database, and lets one call go wrong.

    On SQLite each statement is a call, and so is the moment after a commit; on PostgreSQL each use of a connection is
    one, before anything was sent, and after all was carried out: the answer is lost.
    """

    def __init__(self, store: Store) -> None:
        self._left = 0
        database: Any = store.database
        if database.dialect.name == "sqlite":
            self._error: Exception = sqlite3.OperationalError("disk I/O error")
            inner = database._cursor
            database._cursor = lambda *, writes: self._cursor(inner, writes)
        else:
            self._error = psycopg.OperationalError("server closed the connection unexpectedly")
            outer = database.connection
            database.connection = lambda: self._connection(outer)

    def arm(self, at: int) -> None:
        """Let the call number *at* from now on go wrong."""
        self._left = at

    def disarm(self) -> bool:
        """Let nothing go wrong any more; return whether anything did."""
        fired, self._left = self._left == 0, -1
        return fired

    def point(self) -> None:
        """Go wrong, if it is time."""
        if self._left > 0:
            self._left -= 1
            if self._left == 0:
                raise self._error

    @contextmanager
    def _cursor(self, inner: Callable[..., Any], writes: bool) -> Iterator[Any]:
        with inner(writes=writes) as cursor:
            yield _Cursor(cursor, self.point)

    @contextmanager
    def _connection(self, inner: Callable[..., Any]) -> Iterator[Any]:
        with inner() as connection:
            self.point()
            yield connection
            self.point()


class _Cursor:
    def __init__(self, cursor: Any, point: Callable[[], None]) -> None:
        self._cursor = cursor
        self._point = point

    def execute(self, statement: str, *values: Any) -> Any:
        self._point()
        self._cursor.execute(statement, *values)
        if statement == "COMMIT":
            self._point()
        return self

    def executemany(self, *values: Any) -> Any:
        self._point()
        return self._cursor.executemany(*values)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Give the address of an empty desk on each backend."""
    monkeypatch.setenv("VENTANILLA_KEYS", f"1:{KEY}")
    return f"sqlite:///{tmp_path}/desk.db" if request.param == "sqlite" else request.getfixturevalue("postgres_url")


def opening(n: int) -> Command:
    return ask.Open(ticket=f"T-{n}", at=NINE, actor=MARIA, channel="phone")


def adding(n: int) -> Command:
    said = Personal(f"Ana {n}", of=f"customer/c-{n}")
    return ask.AddCustomer(customer=f"c-{n}", at=NINE, actor=MARIA, name=said)


def erasing(n: int) -> Command:
    later = NINE + timedelta(hours=1)
    return ask.EraseCustomer(customer=f"c-{n}", at=later, actor=PRIVACY, request=f"r-{n}", because="asked")


class TestCommand:
    @pytest.mark.parametrize("key", [True, False])
    @pytest.mark.parametrize("command", [opening, adding])
    def test_happens_once(self, url: str, command: Callable[[int], Command], key: bool) -> None:
        """Whichever call goes wrong: the command, asked again, has happened once, and its text can be read."""
        with Desk(url) as desk:
            faults = Faults(desk.store)
            n = 0
            while n < 99:
                n += 1
                asked = command(n)
                faults.arm(n)
                try:
                    first = [event.position for event in desk.handle(asked, key=f"k-{n}" if key else None).events]
                except Unavailable:
                    first = []
                fired = faults.disarm()
                before = len(desk.log(asked.stream))
                assert before == 1 or not first  # what was acknowledged is there
                again = desk.handle(asked, key=f"k-{n}" if key else None)
                (recorded,) = desk.log(asked.stream)
                assert first in ([], [recorded.position])
                if key:
                    assert [event.position for event in again.events] == [recorded.position]
                    assert again.repeated == (before == 1)
                if command is adding:
                    assert desk.read(recorded, actor=MARIA) == {"name": f"Ana {n}"}
                if not fired:
                    break
            assert 3 < n < 99
            ((claims,),) = desk.store.database.select("SELECT count(*) FROM claims")
            assert claims == (n if key else 0)
        check(url)

    def test_in_doubt(self, postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """A commit whose answer is lost is found to be ours: the desk gives the first outcome, key or no key."""
        monkeypatch.setenv("VENTANILLA_KEYS", f"1:{KEY}")
        with Desk(postgres_url) as desk:
            faults = Faults(desk.store)
            lost = 0
            for n in range(1, 20):
                faults.arm(n)
                outcome = desk.handle(opening(n))  # never raises: what can be found out is found out
                lost += faults.disarm()
                (recorded,) = desk.log(f"T-{n}")
                assert list(outcome.events) == [recorded]
            assert lost > 2

    def test_of_a_store_alone_is_in_doubt(self, postgres_url: str) -> None:
        """Whoever uses the store without a desk is told that nobody knows."""
        with Desk(postgres_url) as desk:
            faults = Faults(desk.store)
            faults.arm(2)
            with pytest.raises(InDoubt):
                desk.store.append([], recorded_at=NINE)
            assert faults.disarm()


class TestErasure:
    def test_is_whole_or_not_at_all(self, url: str) -> None:
        """Whichever call goes wrong: text, keys, fact and receipt go together, and asked again it has happened once."""
        with Desk(url) as desk:
            faults = Faults(desk.store)
            n = 0
            while n < 99:
                n += 1
                desk.handle(adding(n))
                faults.arm(n)
                with suppress(Unavailable):
                    desk.handle(erasing(n), key=f"x-{n}")
                fired = faults.disarm()
                stream = f"customer/c-{n}"
                done = len(desk.log(stream)) == 2
                assert (desk.store.personal.texts_about(stream) == []) == done
                assert (len(desk.store.personal.erasures([stream])) == 1) == done
                assert (dict(desk.store.personal.keys([stream])) == {}) == done
                desk.handle(erasing(n), key=f"x-{n}")
                assert len(desk.log(stream)) == 2
                assert desk.store.personal.texts_about(stream) == []
                if not fired:
                    break
            assert 3 < n < 99
        check(url)


class TestImport:
    def test_a_row_counts_once(self, url: str, tmp_path: Path) -> None:
        """Whichever call goes wrong: the import, run again, has every row once, and those put aside once."""
        file = tmp_path / "month.csv"
        list(write(file, simulate(12, 1)))
        with file.open("a") as more:
            more.write("no row\n")
        meaning = mapping_path(file).read_text()
        with Desk(url) as desk:
            faults = Faults(desk.store)
            events = 0
            n = 0
            while n < 99:
                n += 1
                (tmp_path / "map.toml").write_text(meaning.replace('name = "simulated"', f'name = "r{n}"'))
                mapping = read_mapping(tmp_path / "map.toml")
                before = desk.store.head() and len(desk.store.page(0, 10**6))
                acknowledged = 0
                faults.arm(n)
                try:
                    for tally in import_history(desk, file, mapping, batch=5):
                        acknowledged = tally.imported
                except Unavailable:
                    pass
                fired = faults.disarm()
                *_, tally = import_history(desk, file, mapping, batch=5)
                assert (tally.rows, tally.imported + tally.known) == (13, 12)
                assert tally.known >= acknowledged
                recorded = len(desk.store.page(0, 10**6)) - before
                events = events or recorded
                assert recorded == events
                assert len(desk.put_aside()) == n
                if not fired:
                    break
            assert 5 < n < 99
        check(url)


class TestMoving:
    def test_all_or_nothing(self, url: str, tmp_path: Path) -> None:
        """Whichever call goes wrong while a log is taken in: the desk is empty, or has all of it."""
        file = tmp_path / "log.jsonl"
        with Desk("sqlite:///:memory:") as source:
            live_in(source, tmp_path, tickets=12)
            export_log(source.store, file)
            everything = content(source.store)
        with Desk(url) as desk:
            faults = Faults(desk.store)
            empty = content(desk.store)
            n = 0
            while n < 99:
                n += 1
                faults.arm(n)
                with suppress(Unavailable):
                    import_log(desk, file)
                fired = faults.disarm()
                found = content(desk.store)
                assert found in (empty, everything)
                if not fired:
                    assert found == everything
                    break
                with desk.store.database.write() as cursor:  # empty again
                    for name in everything:
                        if name != "desk":
                            cursor.execute(f"DELETE FROM {name}")
                    cursor.execute("UPDATE desk SET id = ?", (empty["desk"][0][0],))
            assert 3 < n < 99
