"""The view when its database fails: at every statement, before and after each commit."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ventanilla import Actor, Desk, Unavailable
from ventanilla.adapters.store.database import Cursor, Database, Snapshot
from ventanilla.core.commands import Open, Reopen, Resolve, Route
from ventanilla.projections import runner
from ventanilla.projections.parked import Parked

AT = datetime(2026, 1, 5, 9, tzinfo=UTC)
LATER = AT + timedelta(days=9)
AGENT = Actor("agent", "a7")


class FaultyDatabase:
    """A database that fails at the n-th step from when it is armed, once.

    Steps are statements, commits that do not happen, and commits whose answer is lost.
    """

    def __init__(self, database: Database) -> None:
        self.database = database
        self.where, self.dialect = database.where, database.dialect
        self.left: int | None = None

    def arm(self, steps: int) -> None:
        """Fail at the step after *steps* others."""
        self.left = steps

    def step(self) -> None:
        """Count a step, or fail."""
        if self.left is None:
            return
        if self.left == 0:
            self.left = None
            raise Unavailable("the cable was pulled")
        self.left -= 1

    def refuse_child(self) -> None:
        """See :meth:`Database.refuse_child`."""
        self.database.refuse_child()

    def select(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """See :meth:`Database.select`."""
        self.step()
        return self.database.select(statement, values)

    def stream(self, statement: str, values: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        """See :meth:`Database.stream`."""
        self.step()
        return self.database.stream(statement, values)

    @contextmanager
    def write(self) -> Iterator[Cursor]:
        """See :meth:`Database.write`."""
        self.step()
        with self.database.write() as cursor:
            yield FaultyCursor(cursor, self.step)
            self.step()
        self.step()

    def upsert(self, cursor: Any, table: str, columns: Mapping[str, str], rows: Collection[Sequence[Any]]) -> None:
        """See :meth:`Database.upsert`."""
        self.step()
        self.database.upsert(cursor.cursor, table, columns, rows)
        self.step()

    def purge(self) -> bool:
        """See :meth:`Database.purge`."""
        return self.database.purge()

    def snapshot(self) -> AbstractContextManager[Snapshot]:
        """See :meth:`Database.snapshot`."""
        return self.database.snapshot()

    def beside(self) -> Database:
        """See :meth:`Database.beside`."""
        return self.database.beside()

    def close(self) -> None:
        """See :meth:`Database.close`."""
        self.database.close()


class FaultyCursor:
    """A cursor that counts."""

    def __init__(self, cursor: Cursor, step: Callable[[], None]) -> None:
        self.cursor, self.step = cursor, step

    @property
    def rowcount(self) -> int:
        """See :meth:`Cursor.rowcount`."""
        return self.cursor.rowcount

    def execute(self, statement: str, values: Sequence[Any] = (), /) -> object:
        """See :meth:`Cursor.execute`."""
        self.step()
        return self.cursor.execute(statement, values)

    def executemany(self, statement: str, values: Collection[Sequence[Any]], /) -> object:
        """See :meth:`Cursor.executemany`."""
        self.step()
        return self.cursor.executemany(statement, values)

    def fetchall(self) -> list[Any]:
        """See :meth:`Cursor.fetchall`."""
        return self.cursor.fetchall()


@pytest.fixture
def desk(backend_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """Give a desk on each backend with a view that can fail, pages of five, and an event that cannot be read."""
    monkeypatch.setattr(runner, "PAGE", 5)
    with Desk(backend_url) as opened:
        fill(opened)
        yield opened


def fill(desk: Desk) -> None:
    desk.view.database = FaultyDatabase(desk.view.database)
    for n in range(4):
        desk.handle(Open(ticket=f"T-{n}", at=AT, actor=AGENT, channel="phone"))
    for n in range(4):
        desk.handle(Route(ticket=f"T-{n}", at=AT, actor=AGENT, team="blue"))
        desk.handle(Resolve(ticket=f"T-{n}", at=AT, actor=AGENT, code="fixed"))
    desk.handle(Reopen(ticket="T-2", at=AT, actor=AGENT))
    column = desk.store.database.dialect.position
    with desk.store.database.write() as cursor:
        cursor.execute(f"UPDATE events SET topic = 'ticket.lost/9' WHERE {column} = 7")


def arm(desk: Desk, steps: int) -> None:
    assert isinstance(desk.view.database, FaultyDatabase)
    desk.view.database.arm(steps)


def disarm(desk: Desk) -> bool:
    """Let the view fail no longer, and return whether it has not failed yet."""
    assert isinstance(desk.view.database, FaultyDatabase)
    left, desk.view.database.left = desk.view.database.left, None
    return left is not None


def equals_a_replay(desk: Desk) -> bool:
    """Whether rows and parked are those of a fresh replay at the view's position."""
    told: list[Parked] = []
    replayed = list(runner.replay(desk.store, desk.view.position(), LATER, told.append))
    return list(desk.view.rows()) == replayed and desk.view.parked() == told


class TestEveryStep:
    def test_of_catching_up(self, desk: Desk) -> None:
        """Wherever a catch-up fails the view is that of its position, and the next one goes on from there."""
        steps = 0
        for steps in itertools.count():
            desk.view.clear()
            arm(desk, steps)
            try:
                desk.catch_up()
            except Unavailable:
                assert equals_a_replay(desk)
                desk.catch_up()
            whole = disarm(desk)
            assert desk.view.position() == 13
            assert equals_a_replay(desk)
            if whole:
                break
        assert steps > 20

    def test_of_rebuilding(self, desk: Desk) -> None:
        """Wherever a rebuild fails the old or the new view answers, whole; and the next rebuild comes to its end."""
        desk.catch_up()
        before = list(desk.view.rows())
        steps = 0
        for steps in itertools.count():
            arm(desk, steps)
            try:
                assert desk.rebuild() == 13
            except Unavailable:
                assert list(desk.view.rows()) == before
                assert equals_a_replay(desk)
                assert desk.rebuild() == 13
            whole = disarm(desk)
            assert list(desk.view.rows()) == before
            assert equals_a_replay(desk)
            if whole:
                break
        assert steps > 30

    def test_of_trying_again(self, desk: Desk) -> None:
        """Wherever a retry fails all of it is done or nothing."""
        column = desk.store.database.dialect.position
        steps = 0
        for steps in itertools.count():
            desk.rebuild()
            assert len(desk.parked()) == 1
            with desk.store.database.write() as cursor:
                cursor.execute(f"UPDATE events SET topic = 'ticket.routed/1' WHERE {column} = 7")
            arm(desk, steps)
            try:
                desk.retry_parked()
            except Unavailable:
                desk.retry_parked()
            whole = disarm(desk)
            assert desk.parked() == []
            assert equals_a_replay(desk)
            if whole:
                break
            with desk.store.database.write() as cursor:
                cursor.execute(f"UPDATE events SET topic = 'ticket.lost/9' WHERE {column} = 7")
        assert steps > 5


class TestAnyOrder:
    @settings(max_examples=40)
    @given(
        seed=st.integers(0, 2**32),
        moves=st.lists(st.tuples(st.sampled_from(["fold", "rebuild", "retry", "record"]), st.integers(0, 40))),
    )
    def test_view_equals_replay(self, seed: int, moves: list[tuple[str, int]]) -> None:
        """Whatever is done in whatever order, failing at any step, the view is a fresh replay at its position."""
        chance = random.Random(seed)
        with Desk("sqlite:///:memory:") as desk, pytest.MonkeyPatch.context() as patch:
            patch.setattr(runner, "PAGE", 3)
            fill(desk)
            for number, (move, steps) in enumerate(moves):
                arm(desk, steps)
                try:
                    match move:
                        case "fold":
                            desk.catch_up()
                        case "rebuild":
                            desk.rebuild()
                        case "retry":
                            desk.retry_parked()
                        case _:
                            ticket = f"N-{number}"
                            desk.handle(Open(ticket=ticket, at=AT, actor=AGENT, channel="web"))
                            for _ in range(chance.randrange(4)):
                                desk.handle(Route(ticket=ticket, at=AT, actor=AGENT, team=f"team {chance.random()}"))
                except Unavailable:
                    pass
                disarm(desk)
                assert equals_a_replay(desk)
            assert desk.catch_up() == desk.store.head()
            assert equals_a_replay(desk)
