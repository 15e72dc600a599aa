"""The doctor: says nothing of a healthy desk, and names whatever is planted in a sick one."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from lived_in import ANA, BEN, MARIA, NINE, content, live_in

from ventanilla import Actor, Desk, Personal, Unavailable
from ventanilla.adapters.doctor import Finding, examine, settings
from ventanilla.adapters.doctor.finding import SHOWN, Findings
from ventanilla.adapters.moving import export_log, import_log
from ventanilla.adapters.store import Store
from ventanilla.adapters.store.sqlite import SqliteDatabase
from ventanilla.adapters.store.url import open_store
from ventanilla.adapters.vault.keyring import MemoryKeys
from ventanilla.core.commands import AddAgent, LinkIdentity, UnlinkIdentity
from ventanilla.core.errors import Damaged

ADMIN = Actor("system", "x", ("admin",))
KEYS = MemoryKeys()
SERVERS = ("sqlite", "postgresql")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with a desk in which everything has happened, and its export."""
    folder = tmp_path_factory.mktemp("made")
    with Desk(f"sqlite:///{folder}/desk.db", keys=KEYS) as desk:
        live_in(desk, folder)
        desk.catch_up()
        export_log(desk.store, folder / "log.jsonl")
    return folder


@pytest.fixture
def path(made: Path, tmp_path: Path) -> Path:
    """Give a desk's file of one's own."""
    for name in ("desk.db", "desk.views.db"):
        shutil.copy(made / name, tmp_path)
    return tmp_path / "desk.db"


@pytest.fixture(params=SERVERS)
def address(request: pytest.FixtureRequest, made: Path) -> str:
    """Give the address of a desk of one's own on each backend."""
    if request.param == "sqlite":
        return f"sqlite:///{request.getfixturevalue('path')}"
    url = str(request.getfixturevalue("postgres_url"))
    with Desk(url, keys=KEYS) as desk:
        import_log(desk, made / "log.jsonl")
    return url


def found(address: str) -> list[Finding]:
    """Return what the doctor finds, but for the version of SQLite and the gaps that everybody's history here has."""
    passed_over = ("sqlite.version", "position.gap")
    return [finding for finding in examine(address, keys=KEYS) if finding.rule not in passed_over]


def plant(address: str, *statements: str) -> None:
    """Change the database by hand; ``position`` is the column of positions."""
    store, _ = open_store(address, create=False)
    with closing(store):
        for statement in statements:
            run(store, statement.replace("position", store.database.dialect.position))


def run(store: Store, statement: str) -> None:
    with store.database.write() as cursor:
        cursor.execute(statement)


def says(address: str, rule: str) -> str:
    """Return what the one finding says, which is of *rule*."""
    (one,) = found(address)
    assert (one.rule, one.serious) == (rule, True)
    return one.says


class TestHealthy:
    def test_desk(self, address: str) -> None:
        """Of a desk in which everything has happened, with gaps and an erasure, it says nothing."""
        assert found(address) == []

    def test_changes_nothing(self, address: str) -> None:
        """An examination leaves every row as it was."""
        before = rows(address)
        examine(address, keys=KEYS)
        assert rows(address) == before

    def test_in_memory(self) -> None:
        """A desk in memory is new, and healthy."""
        assert examine("sqlite:///:memory:") == []

    def test_tells_its_progress(self, address: str) -> None:
        """The progress ends with all of it."""
        told: list[tuple[int, int]] = []
        examine(address, keys=KEYS, progress=lambda done, total: told.append((done, total)))
        assert told[-1][0] == told[-1][1] > 400

    def test_no_desk(self, tmp_path: Path) -> None:
        """Where there is no desk none is made."""
        with pytest.raises(Unavailable, match="there is no desk"):
            examine(f"sqlite:///{tmp_path}/desk.db")
        assert list(tmp_path.iterdir()) == []


def rows(address: str) -> dict[str, Any]:
    store, _ = open_store(address, create=False)
    with closing(store):
        return content(store)


class TestEvents:
    def test_hole_in_a_stream(self, address: str) -> None:
        """An event that was taken out of a stream is named by its version, and the text that lacks it."""
        plant(address, "DELETE FROM events WHERE originator_id = 'T-1' AND originator_version = 2")
        by_rule = {finding.rule: finding.says for finding in found(address)}
        assert by_rule.pop("version.missing") == "T-1 has no version 2"
        assert "'receive-1'" in by_rule.pop("claim.orphan")
        assert by_rule == {}  # its text was erased

    def test_missing_beginning(self, address: str) -> None:
        """A stream without its first events is named."""
        plant(address, "DELETE FROM events WHERE originator_id = 'simulated:S-000003' AND originator_version < 3")
        assert [f.says for f in found(address) if f.rule == "version.missing"] == [
            "simulated:S-000003 has no version 1 to 2"
        ]

    def test_cut_tail(self, address: str) -> None:
        """The last event, gone: its command's key says that it was there, and the vault that somebody was erased."""
        plant(address, f"DELETE FROM events WHERE originator_id = '{ANA}' AND originator_version = 2")
        assert {finding.rule for finding in found(address)} >= {"claim.orphan", "erasure.unrecorded"}

    def test_hidden_position(self, address: str) -> None:
        """An event below the first position, which no reader of the log sees, is named."""
        plant(address, f"UPDATE events SET position = -5 WHERE originator_id = '{BEN}' AND originator_version = 1")
        assert f"position -5 ({BEN}, version 1) is below 1" in says(address, "position.hidden")

    def test_positions_out_of_order(self, address: str) -> None:
        """Positions that do not grow with the versions are named."""
        plant(
            address,
            "UPDATE events SET position = 999999 WHERE originator_id = 'T-1' AND originator_version = 2",
            "SELECT 1" if address.startswith("sqlite") else
            "SELECT setval(pg_get_serial_sequence('events', 'notification_id'), 999999)",
        )  # fmt: skip
        assert "T-1: version 3 has position" in says(address, "position.order")

    def test_payload_of_another_type(self, path: Path) -> None:
        """A payload that is stored as text, not bytes, is named."""
        plant(f"sqlite:///{path}", "UPDATE events SET state = CAST(state AS TEXT) WHERE rowid = 3")
        assert says(f"sqlite:///{path}", "event.type").startswith("position 3 (")

    def test_unreadable(self, address: str) -> None:
        """A payload that does not fit its topic is named by its position."""
        state = "x'7b7d'" if address.startswith("sqlite") else "'\\x7b7d'"
        plant(address, f"UPDATE events SET state = {state} WHERE position = 3")
        assert "position 3 of the log is no" in says(address, "event.unreadable")

    def test_unknown_topic(self, address: str) -> None:
        """A topic that this version does not know is named, and not one event of it after the other."""
        plant(address, "UPDATE events SET topic = 'ticket.vanished/9' WHERE position BETWEEN 3 AND 30")
        told = found(address)
        assert {finding.rule for finding in told} == {"topic.unknown"}
        assert len(told) == SHOWN + 1
        assert "'ticket.vanished/9'" in told[0].says
        assert told[-1].says == "… and 18 more like it"

    @pytest.mark.parametrize("stamp", [9 * 10**18, -9 * 10**18, 0])
    def test_recorded_at_no_instant(self, address: str, stamp: int) -> None:
        """An instant of recording that no desk has written is named; who loads the event is told its position."""
        plant(address, f"UPDATE events SET recorded_at = {stamp} WHERE position = 3")
        assert f"was recorded {stamp} microseconds after 1970" in says(address, "event.recorded_at")
        if stamp:
            with Desk(address, keys=KEYS) as desk:
                (stream,) = {stream for position, stream, _ in desk.store.page(2, 1) if position == 3}
                with pytest.raises(Damaged, match="position 3 of the log"):
                    desk.log(stream)
                with pytest.raises(Damaged, match="no instant"):
                    desk.store.behind(2)

    @pytest.mark.parametrize("actor", ["", "xx", "agent:", "nobody:x"])
    def test_actor_who_is_nobody(self, address: str, actor: str) -> None:
        """An actor who is not written as kind and id is named."""
        plant(address, f"UPDATE events SET actor = '{actor}' WHERE position = 3")
        assert f"says that {actor!r} did it" in says(address, "event.actor")

    def test_next_position(self, postgres_url: str, made: Path) -> None:
        """Positions that would be given out twice are named."""
        with Desk(postgres_url, keys=KEYS) as desk:
            import_log(desk, made / "log.jsonl")
        plant(postgres_url, "SELECT setval(pg_get_serial_sequence('events', 'notification_id'), 7)")
        assert says(postgres_url, "position.next").startswith("position 8 is the next to be given out")

    def test_two_desks(self, address: str) -> None:
        """A desk without its id is named."""
        plant(address, "UPDATE desk SET id = ''")
        assert "desk.identity" in {finding.rule for finding in found(address)}


class TestBeside:
    def test_claim_without_events(self, address: str) -> None:
        """A key of a command whose events are not there is named."""
        plant(address, "INSERT INTO claims (key, stream, version, events) VALUES ('lost', 'T-9', 0, 2)")
        said = "the key 'lost' says that T-9 after version 0 has 2 events of it; 0 are there"
        assert says(address, "claim.orphan") == said

    def test_text_without_event(self, address: str) -> None:
        """A sealed text of no event is named, wherever it stands."""
        plant(
            address,
            "INSERT INTO vault SELECT 'A', 1, 'text', subject, sealed_with, digest, sealed FROM vault LIMIT 1",
            "INSERT INTO vault SELECT 'zz', 1, 'text', subject, sealed_with, digest, sealed FROM vault LIMIT 1",
            "INSERT INTO vault SELECT 'T-1', 3, 'other', subject, sealed_with, digest, sealed FROM vault LIMIT 1",
        )
        told = [finding for finding in found(address) if finding.rule != "text.unopened"]
        assert {finding.rule for finding in told} == {"text.orphan"}
        assert sorted(finding.says.split(":")[0] for finding in told) == [
            "A, version 1, text",
            "T-1, version 3, other",
            "zz, version 1, text",
        ]

    def test_event_without_text(self, address: str) -> None:
        """A text that the log refers to and that is gone is named; one of who was erased is not missed."""
        plant(address, "DELETE FROM vault WHERE stream = 'T-1' AND version = 3")
        said = f"T-1, version 3, text: the text of {BEN} is gone, who was not erased"
        assert says(address, "text.missing") == said

    def test_altered_text(self, address: str) -> None:
        """A sealed text that is not what the log has the digest of is named."""
        sealed = "x'00'" if address.startswith("sqlite") else "'\\x00'"
        plant(address, f"UPDATE vault SET sealed = {sealed} WHERE stream = 'T-1' AND version = 3")
        assert says(address, "text.altered").startswith("T-1, version 3, text: ")

    def test_exchanged_text(self, address: str) -> None:
        """A sealed text that was put under another name is named."""
        plant(address, f"UPDATE vault SET subject = 'agent/x' WHERE subject = '{BEN}' AND stream = 'T-1'")
        told = {finding.rule: finding.says for finding in found(address)}
        assert told["text.altered"].endswith(f"it is kept as agent/x's, the log says {BEN}'s")
        assert "texts of agent/x are sealed with key 1, which is not there" in told["key.missing"]

    def test_lost_key(self, address: str) -> None:
        """Texts whose key is gone although nobody was erased are named."""
        plant(address, f"DELETE FROM subject_keys WHERE subject = '{BEN}'")
        assert says(address, "key.missing").startswith(f"texts of {BEN} are sealed with key 1, which is not there")

    def test_lost_key_of_the_quarantine(self, address: str) -> None:
        """Rows put aside whose key is gone are named."""
        plant(address, "DELETE FROM subject_keys WHERE subject = 'quarantine/month.csv'")
        assert says(address, "quarantine.key_missing").startswith(
            "the key of the rows put aside from month.csv is gone"
        )

    def test_address_of_who_was_erased(self, address: str) -> None:
        """What an erasure should have taken is named: an address, a key, a text."""
        plant(address, f"UPDATE addresses SET stream = '{ANA}'")
        assert says(address, "erased.address") == f"{ANA} was erased and still has 1 addresses"

    def test_rest_of_who_was_erased(self, address: str) -> None:
        """A key that came back after an erasure, and a text under it, are named."""
        plant(
            address,
            f"INSERT INTO subject_keys SELECT '{ANA}', number, epoch, wrapped FROM subject_keys "
            f"WHERE subject = '{BEN}'",
            f"INSERT INTO vault SELECT 'T-1', 2, 'text', '{ANA}', 1, digest, sealed FROM vault WHERE stream = 'T-1'",
        )
        rules = {"erased.key", "erased.text", "text.altered", "text.unopened"}
        assert {finding.rule for finding in found(address)} == rules

    def test_erasure_undone(self, address: str) -> None:
        """An erasure that the log has and the vault has not, as after a restored backup, is named."""
        plant(address, "DELETE FROM erasures")
        assert "erasure.undone" in {finding.rule for finding in found(address)}

    def test_address_without_customer(self, address: str) -> None:
        """An address of nobody is named."""
        plant(address, "UPDATE addresses SET stream = 'customer/nobody'")
        assert says(address, "address.orphan") == "customer/nobody has the address i-1 and no history"

    def test_left_vault(self, made: Path, tmp_path: Path) -> None:
        """A desk that was moved without its vault gets one warning, not one a text."""
        with Desk(f"sqlite:///{made}/desk.db", keys=KEYS) as desk:
            export_log(desk.store, tmp_path / "log.jsonl", vault=False)
        with Desk(f"sqlite:///{tmp_path}/new.db") as desk:
            import_log(desk, tmp_path / "log.jsonl")
        (one,) = found(f"sqlite:///{tmp_path}/new.db")
        assert (one.rule, one.serious) == ("vault.absent", False)

    def test_lost_address(self, address: str) -> None:
        """An address that the log has linked and that finds nobody is named; one that was unlinked is not missed."""
        said = Personal("ben@example.org", of=BEN)
        with Desk(address, keys=KEYS) as desk:
            for identity in ("i-2", "i-3"):
                desk.handle(
                    LinkIdentity(
                        customer="c-2", at=NINE, actor=MARIA, identity=identity, kind="mail", verified_by="login",
                        address=said if identity == "i-2" else Personal("other@example.org", of=BEN),
                    )
                )  # fmt: skip
            desk.handle(UnlinkIdentity(customer="c-2", at=NINE, actor=MARIA, identity="i-3"))
        assert found(address) == []
        plant(address, "DELETE FROM addresses WHERE identity = 'i-2'")
        assert says(address, "address.missing").startswith(f"{BEN} has linked the address i-2, and it finds nobody")


class TestSchema:
    @pytest.mark.parametrize(
        ("kind", "name", "rules"),
        [
            ("table", "readings", {"schema.missing"}),
            ("table", "addresses", {"schema.missing", "database.unreadable"}),
            ("index", "vault_by_subject", {"schema.missing"}),
            ("view", "log", {"schema.missing"}),
        ],
    )
    def test_that_is_not_whole(self, address: str, kind: str, name: str, rules: set[str]) -> None:
        """A table, an index or a view that is not there is named."""
        plant(address, f"DROP {kind} {name}")
        told = found(address)
        assert {finding.rule for finding in told} == rules
        assert any(finding.says.startswith(f"the {kind} {name} is not there") for finding in told)


class TestGaps:
    def gaps(self, path: Path) -> list[str]:
        told = examine(f"sqlite:///{path}", keys=KEYS)
        assert not any(finding.serious for finding in told)
        return [finding.says for finding in told if finding.rule == "position.gap"]

    def test_of_a_file_are_warned_of(self, path: Path) -> None:
        """Positions at which nothing is are named on SQLite, which leaves none out: a whole stream is gone."""
        before = self.gaps(path)
        assert len(before) == 2
        plant(
            f"sqlite:///{path}",
            "DELETE FROM claims WHERE stream = (SELECT originator_id FROM events WHERE position = 3)",
            "DELETE FROM events WHERE originator_id = (SELECT originator_id FROM events WHERE position = 3)",
        )
        assert len(self.gaps(path)) > 2
        said = "nothing at positions 1 to 8 is in the log: it was taken out, or came from PostgreSQL"
        assert self.gaps(path)[0].startswith(said)

    def test_at_the_end_are_warned_of(self, path: Path) -> None:
        """Positions that were given out after the last are named: the end of a stream is gone."""
        plant(
            f"sqlite:///{path}",
            "INSERT INTO events SELECT NULL, 'agent/z', 1, topic, state, recorded_at, actor, cause, allowed_by "
            "FROM events WHERE originator_id = 'T-1' AND originator_version = 1",
            "DELETE FROM events WHERE originator_id = 'agent/z'",
        )
        assert "the log lost its end" in self.gaps(path)[-1]


class TestKeys:
    @pytest.mark.parametrize("subject", [BEN, "quarantine/month.csv"])
    def test_of_somebody_else(self, address: str, subject: str) -> None:
        """A key that opens, and not the texts that are sealed with it, is named."""
        other = "agent/none"
        with Desk(address, keys=KEYS) as desk:
            agent = AddAgent(agent="none", at=NINE, actor=ADMIN, name=Personal("None", of=other))
            desk.handle(agent)
        plant(
            address,
            f"UPDATE subject_keys SET wrapped = (SELECT wrapped FROM subject_keys WHERE subject = '{other}') "
            f"WHERE subject = '{subject}'",
        )
        assert f"is not opened by the key of {subject}" in says(address, "text.unopened")

    def test_of_a_desk_that_was_renamed(self, address: str) -> None:
        """What is sealed for one log opens in no other: a desk whose id was changed is named."""
        with Desk(address, keys=KEYS) as desk:
            desk.catch_up()
        plant(address, "UPDATE desk SET id = 'other'")
        assert "text.unopened" in {finding.rule for finding in found(address)}

    def test_of_another_desk(self, address: str) -> None:
        """Keys that do not open with what the host gives are named."""
        told = {finding.rule: finding.says for finding in examine(address, keys=MemoryKeys()) if finding.serious}
        assert list(told) == ["key.unopened"]

    def test_that_are_not_there(self, address: str) -> None:
        """A key-encryption key that is not there is named, once."""
        plant(address, "UPDATE subject_keys SET epoch = '2019'")
        assert "has no key '2019'" in says(address, "key.epoch_missing")

    def test_file_that_is_not_there(self, path: Path) -> None:
        """A missing file of keys is named, and none is made."""
        rules = {finding.rule for finding in examine(f"sqlite:///{path}")}
        assert "key.file_missing" in rules
        assert not path.with_name("desk.db.keys").exists()


class Said:
    """A database that says what it is told to."""

    def __init__(self, **rows: Sequence[tuple[Any, ...]]) -> None:
        self._rows = rows

    def rows(self, statement: str, values: Sequence[Any] = (), /) -> Iterator[tuple[Any, ...]]:
        """Return the rows that are told for a word of *statement*."""
        return iter(next(rows for word, rows in self._rows.items() if word in statement))


class TestSettings:
    def test_damaged_file(self, path: Path) -> None:
        """A damaged file is named, not a crash."""
        with closing(sqlite3.connect(path)) as connection:
            ((root,),) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'claims'").fetchall()
            ((size,),) = connection.execute("PRAGMA page_size").fetchall()
        with path.open("r+b") as raw:
            raw.seek((root - 1) * size + 3)
            raw.write(b"\xee" * 900)
        assert "file.damaged" in {finding.rule for finding in found(f"sqlite:///{path}")}

    def test_no_database(self, path: Path) -> None:
        """A file that is no database is named."""
        path.write_text("Dear diary,\n" * 500)
        assert "not a database" in says(f"sqlite:///{path}", "file.unreadable")

    @pytest.mark.parametrize(
        ("pragma", "rule"), [("application_id = 7", "file.foreign"), ("user_version = 99", "file.format")]
    )
    def test_of_another_program(self, path: Path, pragma: str, rule: str) -> None:
        """A file that says it is no desk, or one of another format, is named."""
        with closing(sqlite3.connect(path)) as connection:
            connection.execute(f"PRAGMA {pragma}")
        assert str(path) in says(f"sqlite:///{path}", rule)

    def test_journal_mode(self, path: Path) -> None:
        """A file that was put into another journal mode is named."""
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA journal_mode = DELETE")
        assert "journal mode delete, not wal" in says(f"sqlite:///{path}", "file.journal")

    def test_careless_connection(self, path: Path) -> None:
        """A connection that syncs less than it should, or forgets what it should overwrite, is named."""
        told = Findings()
        careless = SqliteDatabase(path, settings=("synchronous = NORMAL", "secure_delete = OFF"))
        with closing(careless), careless.snapshot() as snapshot:
            settings.look_at_sqlite(snapshot, told)
        assert [finding.rule for finding in told.all()] == ["setting.synchronous", "setting.secure_delete"]

    @pytest.mark.parametrize(("version", "warned"), [((3, 40, 1), True), ((3, 51, 2), True), ((3, 51, 3), False)])
    def test_sqlite_version(self, version: tuple[int, ...], warned: bool) -> None:
        """A SQLite that can damage a file with several writers is warned of, which is no reason to exit 1."""
        told = Findings()
        settings.look_at_version(version, told)
        assert [(finding.rule, finding.serious) for finding in told.all()] == [("sqlite.version", False)] * warned

    def test_careless_server(self) -> None:
        """A server that does not sync, or keeps other text than UTF-8, is named."""
        told = Findings()
        told_by = Said(pg_settings=[("fsync", "off"), ("synchronous_commit", "local")], encoding=[("LATIN1",)])
        settings.look_at_postgres(told_by, told)
        assert [finding.rule for finding in told.all()] == [
            "setting.fsync",
            "setting.synchronous_commit",
            "setting.encoding",
        ]

    def test_view_past_the_head(self, address: str) -> None:
        """A view that has seen more than the log has is named: the log lost its end."""
        with Desk(address, keys=KEYS) as desk:
            desk.catch_up()
            with desk.view.database.write() as cursor:
                cursor.execute("UPDATE view_progress SET position = position + 9")
        assert "the log lost its end" in says(address, "view.past_the_head")

    def test_view_of_another_log(self, path: Path) -> None:
        """A view of another log, or one that cannot be read, is warned of: it is made anew."""
        view = path.with_suffix(".views.db")
        with closing(sqlite3.connect(view)) as connection:
            connection.execute("UPDATE view_progress SET log = 'other'")
            connection.commit()
        assert [(one.rule, one.serious) for one in found(f"sqlite:///{path}")] == [("view.of_another_log", False)]
        for name in (view, view.with_name(view.name + "-wal"), view.with_name(view.name + "-shm")):
            name.unlink(missing_ok=True)
        view.write_text("Dear diary,\n" * 500)
        assert [(one.rule, one.serious) for one in found(f"sqlite:///{path}")] == [("view.unreadable", False)]


class TestCommand:
    def test_says_what_it_found(self, path: Path) -> None:
        """Each finding is one line, with its rule; as JSON, an object each; and it exits 1."""
        plant(f"sqlite:///{path}", "UPDATE events SET topic = 'ticket.vanished/9' WHERE rowid = 3")
        program = [sys.executable, "-c", "from ventanilla.adapters.cli import main; main()", "doctor"]
        address = ["--desk", f"sqlite:///{path}"]
        done = subprocess.run([*program, *address], capture_output=True, text=True, check=False)
        assert done.returncode == 1
        assert any("'ticket.vanished/9' (topic.unknown)" in line for line in done.stdout.splitlines())
        told = subprocess.run([*program, *address, "--json"], capture_output=True, text=True, check=False)
        assert told.returncode == 1
        assert {"rule", "says", "serious"} == set(json.loads(told.stdout)[0])
