"""A marker in every personal field of every event there is: where it is found, and that no figure needs it."""

from __future__ import annotations

import importlib.util
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any, get_args

import attrs
import pytest
from structlog.testing import capture_logs

from ventanilla import Actor, Desk, Personal, Refused
from ventanilla.adapters import simulate
from ventanilla.adapters.history import import_history, read_mapping
from ventanilla.adapters.vault import FileKeys, HostKeys, Vault
from ventanilla.core import commands as ask
from ventanilla.core.commands import Command, Report
from ventanilla.core.events import Event
from ventanilla.core.fields import personal_fields
from ventanilla.projections.metric import Question

NINE = datetime(2026, 1, 5, 9, tzinfo=UTC)
PRIVACY = Actor("system", "test", roles=("privacy", "admin"))
KINDS: list[type[Event]] = [kind for kind in get_args(Event) if personal_fields(kind)]
FIELDS = [(kind, name) for kind in KINDS for name in personal_fields(kind)]
MARK = "Canary"


@pytest.fixture(scope="module")
def vocabulary() -> ModuleType:
    """The tests of the vocabulary, which know how to make each event there is."""
    place = Path(__file__).parents[1] / "core" / "test_vocabulary.py"
    spec = importlib.util.spec_from_file_location("vocabulary_samples", place)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def mark(kind: type[Event], name: str) -> str:
    return f"{MARK} {kind.__name__}.{name} ñ"


def commands(vocabulary: ModuleType) -> Iterator[Command]:
    """Return what makes each event with personal fields happen, each on a stream of its own."""
    for number, kind in enumerate(KINDS):
        stream = vocabulary.STREAM_OF[kind]
        birth = vocabulary.BIRTH[stream]
        earlier = [] if kind is birth or kind in vocabulary.BORN else [birth]
        for before in [*earlier, *vocabulary.BEFORE.get(kind, ())]:
            yield moved(vocabulary.asking_for(vocabulary.sample(before, whole=False)), number)
        event = vocabulary.sample(kind)
        own = stream.startswith("customer/")
        of = f"{stream}-{number}" if own else f"customer/c-{number % 3}"
        said = {name: Personal(mark(kind, name), of=of) for name in personal_fields(kind)}
        yield moved(vocabulary.asking_for(attrs.evolve(event, **said)), number)


def moved(command: Any, number: int) -> Command:
    """Return *command* on another stream of the same kind."""
    if isinstance(command, Report):
        return attrs.evolve(command, on=f"{command.on}-{number}")
    names = ("ticket", "customer", "agent", "team", "feedback", "setting")
    mine = {type(command).stream.fget.__qualname__.partition(".")[0].removeprefix("To").lower()}
    (name,) = (name for name in names if name in mine)
    changed: Command = attrs.evolve(command, **{name: f"{getattr(command, name)}-{number}"})
    return changed


@pytest.fixture
def ring(tmp_path: Path) -> FileKeys:
    return FileKeys(tmp_path / "keys")


@pytest.fixture
def desk(backend_url: str, ring: FileKeys) -> Iterator[Desk]:
    with Desk(backend_url, keys=ring) as opened:
        yield opened


def rows(desk: Desk) -> dict[str, list[bytes]]:
    """Return all that the database holds, by table."""
    tables = ("events", "claims", "quarantine", "vault", "subject_keys", "addresses", "erasures", "readings")
    return {table: [_bytes(row) for row in desk.store.database.select(f"SELECT * FROM {table}")] for table in tables}


def _bytes(row: tuple[Any, ...]) -> bytes:
    return b"|".join(bytes(cell) if isinstance(cell, bytes | memoryview) else str(cell).encode() for cell in row)


def files(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())


def answers(desk: Desk) -> dict[tuple[str, str | None], Any]:
    """Return the answers to every question there is, with their evidence."""
    pairs = [(name, by) for name in desk.host.metrics for by in (None, "channel", "team", "month")]
    asked = [Question(metric=desk.host.metric(name), by=by, zone=UTC) for name, by in pairs]
    cuts = zip(pairs, desk.answer(asked), strict=True)
    return {pair: cut if pair[1] else cut[None] for pair, cut in cuts}


class TestCanary:
    def test_is_in_every_field(self, vocabulary: ModuleType) -> None:
        """The history of these tests has a text in each personal field that there is."""
        texts = [
            value.text
            for command in commands(vocabulary)
            for value in (getattr(command.event(), name) for name in personal_fields(type(command.event())))
            if value is not None and value.text.startswith(MARK)
        ]
        assert sorted(texts) == sorted(mark(kind, name) for kind, name in FIELDS)
        assert len(FIELDS) > 10

    def test_is_found_nowhere(
        self, desk: Desk, ring: FileKeys, vocabulary: ModuleType, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Not in a row, an answer, a refusal, a log line, a file; and after erasure it cannot be opened by anybody."""
        shown: list[object] = []
        with caplog.at_level(logging.DEBUG), capture_logs() as lines:
            for command in commands(vocabulary):
                shown += [command, desk.handle(command)]
                with pytest.raises(Refused) as refused:
                    desk.handle(attrs.evolve(command, actor=Actor("customer", "nobody")))
                shown.append(refused.value)
            desk.catch_up()
            streams = {command.stream for command in commands(vocabulary)}
            shown += [desk.aggregate(stream) for stream in streams]
            shown += [desk.log(stream) for stream in streams]
            shown += [answers(desk), list(desk.facts()), desk.store.stored(0, 10_000), desk.put_aside()]
            shown += [desk.timeline(stream) for stream in streams if "/" not in stream]
            events = [recorded for stream in streams for recorded in desk.log(stream)]
            opened = sorted(text for found in desk.read_many(events, actor=PRIVACY) for text in found.values())
            shown.append(desk.readings("customer/c-1", actor=PRIVACY))
        markers = sorted(mark(kind, name) for kind, name in FIELDS)
        assert [text for text in opened if text.startswith(MARK)] == markers
        assert MARK not in repr(shown)
        assert MARK not in str(lines) + caplog.text
        assert [table for table, found in rows(desk).items() if MARK.encode() in b"".join(found)] == []
        assert MARK.encode() not in files(tmp_path)

        before = answers(desk)
        sealed = desk.store.database.select("SELECT sealed FROM vault") + desk.store.database.select(
            "SELECT wrapped FROM subject_keys WHERE subject <> 'vault/index'"
        )
        subjects = {str(row[0]) for row in desk.store.database.select("SELECT DISTINCT subject FROM vault")}
        for subject in sorted(subjects):
            kind, _, name = subject.partition("/")
            said: dict[str, Any] = {kind: name, "at": NINE + timedelta(days=9), "actor": PRIVACY}
            command_of = ask.EraseCustomer if kind == "customer" else ask.EraseAgent
            assert desk.erase(command_of(request="r", because="asked", **said)).purged
        assert [found for found in desk.read_many(events, actor=PRIVACY) if found] == []
        assert all(desk.held(subject, actor=PRIVACY).addresses == [] for subject in subjects)
        left = [row for found in rows(desk).values() for row in found]
        secrets = [bytes(value) for (value,) in sealed]
        assert [secret for secret in secrets if any(secret in row for row in left)] == []
        content = files(tmp_path)
        assert [secret for secret in secrets if secret in content] == []
        assert MARK.encode() not in content
        assert {name: _figures(found) for name, found in answers(desk).items()} == {
            name: _figures(found) for name, found in before.items()
        }


def _figures(found: Any) -> Any:
    """Return an answer, or a cut of answers, without the instant at which it was looked."""
    if isinstance(found, dict):
        return {name: _figures(answer) for name, answer in found.items()}
    return (
        attrs.asdict(found, filter=lambda field, _: field.name not in ("as_of", "position"))
        if attrs.has(type(found))
        else found
    )


def test_answers_need_no_vault(desk: Desk, vocabulary: ModuleType, tmp_path: Path) -> None:
    """With the vault's tables emptied and no key, every answer there is is the same, and so is its evidence."""
    month = tmp_path / "month.csv"
    for _ in simulate.write(month, simulate.simulate(150, seed=3)):
        pass
    for _ in import_history(desk, month, read_mapping(simulate.mapping_path(month))):
        pass
    for command in commands(vocabulary):
        desk.handle(command)
    before = answers(desk)
    assert any(found.value for (_, by), found in before.items() if by is None)
    with desk.store.database.write() as cursor:
        for table in ("vault", "subject_keys", "addresses", "erasures", "readings", "quarantine"):
            cursor.execute(f"DELETE FROM {table}")

    def none(*_: object) -> Any:
        raise AssertionError("nobody asks for a key")

    desk.vault = Vault(desk.store.personal, HostKeys(none, none), desk.store.identity())
    assert answers(desk) == before
    desk.rebuild()
    assert answers(desk) == before
