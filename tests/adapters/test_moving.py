"""A desk carried elsewhere: the same bytes, the same positions, the same answers; or nothing at all."""

from __future__ import annotations

import gzip
import io
import json
import tracemalloc
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from uuid import uuid4

import attrs
import psycopg
import pytest
from lived_in import ANA, BEN, MARIA, NINE, answers, content, live_in, talk
from moved import export_lived_in, opened

from ventanilla import Desk, NotUnderstood, Personal, Refused
from ventanilla.adapters.moving import export_log, import_log
from ventanilla.adapters.moving.tables import BLOCK, TABLES
from ventanilla.adapters.vault.keyring import MemoryKeys
from ventanilla.core.commands import Open, Receive

BACKENDS = ("memory", "sqlite", "postgresql")
Urls = Callable[[str], str]


@pytest.fixture
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Urls]:
    """Give a function that returns the address of one more empty desk on a backend."""
    schemas: list[tuple[str, str]] = []

    def address(backend: str) -> str:
        if backend == "memory":
            return "sqlite:///:memory:"
        if backend == "sqlite":
            return f"sqlite:///{tmp_path}/{uuid4().hex}.db"
        server = str(request.getfixturevalue("postgres"))
        schemas.append((server, f"t_{uuid4().hex[:12]}"))
        return f"{server}{'&' if '?' in server else '?'}schema={schemas[-1][1]}"

    yield address
    for server, schema in schemas:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute("SET client_min_messages = warning")
            connection.execute(f'DROP SCHEMA IF EXISTS "{schema}" CASCADE'.encode())


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Give the name of an export that is not there yet."""
    return tmp_path / "log.jsonl.gz"


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    """Give an export of a desk in which everything has happened, as plain lines."""
    return export_lived_in(tmp_path)


class TestMoving:
    @pytest.mark.parametrize(("old", "new"), list(product(BACKENDS, BACKENDS)))
    def test_gives_the_same_bytes_and_answers(self, url: Urls, tmp_path: Path, file: Path, old: str, new: str) -> None:
        """From any backend to any other: every row, position and id, every answer with its evidence, every text."""
        keys = MemoryKeys()
        with Desk(url(old), keys=keys) as source, Desk(url(new), keys=keys) as target:
            live_in(source, tmp_path)
            moved = export_log(source.store, file)
            assert import_log(target, file) == moved
            assert content(target.store) == content(source.store)
            assert answers(target) == answers(source)
            assert target.put_aside() == source.put_aside() != []
            for stream in (ANA, BEN, "T-1"):
                assert target.log(stream) == source.log(stream)
                for recorded in source.log(stream):
                    assert target.read(recorded, actor=MARIA) == source.read(recorded, actor=MARIA)

    @pytest.mark.parametrize("backend", BACKENDS)
    def test_goes_on_where_the_log_ends(self, url: Urls, tmp_path: Path, file: Path, backend: str) -> None:
        """The next event comes after the last one; a key used before gives its first outcome; texts are sealed on."""
        keys = MemoryKeys()
        with Desk("sqlite:///:memory:", keys=keys) as source, Desk(url(backend), keys=keys) as target:
            live_in(source, tmp_path)
            moved = export_log(source.store, file)
            import_log(target, file)
            again = Open(ticket="T-new", at=NINE, actor=MARIA, channel="phone")
            assert target.handle(again, key="new").events[0].position > moved.head
            talk(target)  # whose commands have keys that were used, all but one
            assert target.store.head() == moved.head + 1
            assert [reading for reading in content(target.store)["readings"] if reading[3] == BEN] != []
            with Desk("sqlite:///:memory:", keys=keys) as back:
                export_log(target.store, tmp_path / "back.jsonl")
                import_log(back, tmp_path / "back.jsonl")
                assert content(back.store) == content(target.store)

    def test_of_the_same_log_gives_the_same_file(self, url: Urls, tmp_path: Path, file: Path) -> None:
        """A log has one file, whatever the backend."""
        with Desk(url("sqlite")) as one, Desk(url("postgresql")) as other:
            live_in(one, tmp_path)
            export_log(one.store, file)
            import_log(other, file)
            export_log(other.store, tmp_path / "other.jsonl.gz")
        assert (tmp_path / "other.jsonl.gz").read_bytes() == file.read_bytes()

    @pytest.mark.parametrize("backend", BACKENDS)
    def test_carries_what_it_does_not_understand(self, url: Urls, file: Path, backend: str) -> None:
        """Unknown topics, broken payloads and odd ids arrive as they are."""
        with Desk("sqlite:///:memory:") as source, Desk(url(backend)) as target:
            with source.store.database.write() as cursor:
                for number, (topic, state) in enumerate(
                    [("ticket.vanished/9", b'{"a": 1 }\n'), ("os:system", b"\xff\x00\xfe"), ("x", b""), ("y", b"\0")], 1
                ):
                    cursor.execute(
                        "INSERT INTO events (rowid, originator_id, originator_version, topic, state, recorded_at, "
                        "actor, cause, allowed_by) VALUES (?, ?, 1, ?, ?, ?, '', '\u2028', '\U0001f600')",
                        (number * 10**15, f"T-{number} ' \"\\\n", topic, state, -(2**62)),
                    )
            export_log(source.store, file)
            import_log(target, file)
            assert target.store.stored(0, 9) == source.store.stored(0, 9)
            assert [row.state for row in target.store.stored(0, 9)] == [b'{"a": 1 }\n', b"\xff\x00\xfe", b"", b"\0"]

    def test_of_an_empty_desk(self, url: Urls, file: Path) -> None:
        """A desk in which nothing has happened can be moved."""
        for backend in BACKENDS:
            with Desk("sqlite:///:memory:") as source, Desk(url(backend)) as target:
                moved = export_log(source.store, file)
                assert import_log(target, file) == moved
                assert target.store.identity() == source.store.identity()
                assert list(target.store.append([opened(1)], recorded_at=NINE)) == [1]
            file.unlink()

    def test_every_column_of_every_table(self, url: Urls) -> None:
        """What is declared to be carried is what a desk has: no table and no column is forgotten."""
        with Desk(url("sqlite")) as desk:
            for table in TABLES:
                columns = desk.store.database.select(f"SELECT name FROM pragma_table_info('{table.name}')")
                there = {name for (name,) in columns}
                assert there == {desk.store.database.dialect.say(column) for column in table.columns}, table.name
            tables = desk.store.database.select("SELECT name FROM sqlite_master WHERE type = 'table'")
        ours = {name for (name,) in tables if not name.startswith("sqlite_")}
        assert ours == {table.name for table in TABLES} | {"desk"}


class TestExport:
    def test_without_the_vault(self, url: Urls, tmp_path: Path, file: Path) -> None:
        """Without it no sealed text, key, address, reading or row put aside goes along; every answer is the same."""
        with Desk("sqlite:///:memory:") as source, Desk(url("sqlite")) as target:
            live_in(source, tmp_path)
            export_log(source.store, file, vault=False)
            text = gzip.decompress(file.read_bytes())
            assert b"sealed" not in text
            assert b"wrapped" not in text
            import_log(target, file)
            found = content(target.store)
            assert [found[name] for name in ("subject_keys", "vault", "addresses", "readings", "quarantine")] == [
                []
            ] * 5
            # The rows put aside stayed behind: nobody waits for them here.
            here = {name: attrs.evolve(answer, incomplete=()) for name, answer in answers(source).items()}
            assert answers(target) == here
            with pytest.raises(Refused, match="was erased"):
                talk_to_the_erased(target)

    def test_shows_one_moment(self, url: Urls, file: Path) -> None:
        """What is recorded while it is written is not in it, whole commands or in part."""
        for backend in ("sqlite", "postgresql"):
            address = url(backend)
            with Desk(address) as desk, Desk(address) as other, Desk("sqlite:///:memory:") as target:
                desk.store.append([opened(n) for n in range(3_000)], recorded_at=NINE)
                late: list[int] = []

                def write(done: int, total: int, other: Desk = other, late: list[int] = late) -> None:
                    other.handle(Open(ticket=f"late-{done}", at=NINE, actor=MARIA, channel="x"), key=f"k-{done}")
                    late.append(done)

                moved = export_log(desk.store, file, progress=write)
                assert len(late) > 2
                assert moved.rows["events"] == 3_000
                assert moved.rows["claims"] == 0
                import_log(target, file)
                assert target.store.head() == 3_000
            file.unlink()

    def test_never_replaces_a_file(self, file: Path) -> None:
        """A file that is there is left as it is."""
        file.write_text("precious")
        with Desk("sqlite:///:memory:") as desk, pytest.raises(FileExistsError, match="there already"):
            export_log(desk.store, file)
        assert file.read_text() == "precious"

    def test_that_breaks_off_leaves_nothing(self, file: Path) -> None:
        """An export that was stopped leaves no file that looks like one."""

        def stop(done: int, total: int) -> None:
            raise KeyboardInterrupt

        with Desk("sqlite:///:memory:") as desk:
            desk.store.append([opened(n) for n in range(2_000)], recorded_at=NINE)
            with pytest.raises(KeyboardInterrupt):
                export_log(desk.store, file, progress=stop)
            assert list(file.parent.iterdir()) == []
            desk.store.append([opened(9_999)], recorded_at=NINE)  # and holds no lock

    def test_to_an_open_file(self, exported: Path) -> None:
        """It can be written anywhere that takes bytes."""
        with Desk("sqlite:///:memory:") as desk:
            import_log(desk, exported)
            out = io.BytesIO()
            export_log(desk.store, out)
        assert out.getvalue() == exported.read_bytes()

    def test_is_readable(self, exported: Path) -> None:
        """Each line is a JSON object that says which table it is of; an event shows its payload as text."""
        lines = exported.read_bytes().splitlines()
        header, first, *_, end = map(json.loads, lines)
        assert (header["table"], header["format"]) == ("header", "ventanilla-log/1")
        assert (first["table"], first["position"], first["version"]) == ("events", 1, 1)
        assert json.loads(first["state"])["channel"]
        assert (end["table"], end["lines"]) == ("end", len(lines) - 1)

    def test_memory_stays_flat(self, file: Path, tmp_path: Path) -> None:
        """Ten times the log takes no more memory to carry."""
        peaks = []
        for count in (2_000, 20_000):
            with Desk(f"sqlite:///{tmp_path}/{count}.db") as desk, Desk(f"sqlite:///{tmp_path}/{count}-n.db") as target:
                for start in range(0, count, 1_000):
                    desk.store.append(
                        [opened(n, padding="x" * 200) for n in range(start, start + 1_000)], recorded_at=NINE
                    )
                tracemalloc.start()
                export_log(desk.store, file)
                import_log(target, file)
                peaks.append(tracemalloc.get_traced_memory()[1])
                tracemalloc.stop()
            file.unlink()
        assert peaks[1] < 1.5 * peaks[0] + 1_000_000


def talk_to_the_erased(desk: Desk) -> None:
    """Say once more what somebody said who was erased."""
    said = Personal("again", of=ANA)
    desk.handle(Receive(ticket="T-1", at=NINE, actor=MARIA, message="m-9", channel="mail", text=said))


class TestRefused:
    @pytest.mark.parametrize("backend", BACKENDS)
    def test_into_a_desk_that_is_not_empty(self, url: Urls, exported: Path, backend: str) -> None:
        """A log is taken into an empty desk only, and a second time not at all; what is there stays."""
        with Desk(url(backend)) as desk:
            desk.handle(Open(ticket="T-0", at=NINE, actor=MARIA, channel="phone"))
            before = content(desk.store)
            with pytest.raises(Refused, match="there is something in it already"):
                import_log(desk, exported)
            assert content(desk.store) == before
        with Desk(url(backend)) as desk:
            import_log(desk, exported)
            before = content(desk.store)
            with pytest.raises(Refused, match="this very log is in it already"):
                import_log(desk, exported)
            assert content(desk.store) == before

    @pytest.mark.parametrize("backend", BACKENDS)
    def test_cut_anywhere(self, url: Urls, exported: Path, backend: str) -> None:
        """A file that was cut, at any line or within one, is refused with the line, and the desk stays empty."""
        lines = exported.read_bytes().splitlines(keepends=True)
        with Desk(url(backend)) as desk:
            empty = content(desk.store)
            for keep in {0, 1, 2, len(lines) // 2, len(lines) - 1}:
                exported.write_bytes(b"".join(lines[:keep]))
                with pytest.raises(NotUnderstood, match=f"line {keep + 1:,}: the file was cut here"):
                    import_log(desk, exported)
            exported.write_bytes(b"".join(lines)[:-1])
            with pytest.raises(NotUnderstood, match=f"line {len(lines):,}: the file was cut here"):
                import_log(desk, exported)
            assert content(desk.store) == empty
            exported.write_bytes(b"".join(lines))
            import_log(desk, exported)

    def test_altered_anywhere(self, exported: Path) -> None:
        """A line that was altered, left out, doubled or moved is refused; the message names where to look."""
        lines = exported.read_bytes().splitlines(keepends=True)
        events = sum(b'"table":"events"' in line for line in lines)
        altered = {
            "altered": [*lines[:5], lines[5].replace(b"T", b"U", 1).replace(b"S-", b"R-", 1), *lines[6:]],
            "left out": [*lines[:5], *lines[6:]],
            "doubled": [*lines[:5], lines[5], *lines[5:]],
            "moved": [*lines[:5], lines[6], lines[5], *lines[7:]],
            "header": [lines[0].replace(f'"events":{events}'.encode(), b'"events":1'), *lines[1:]],
        }
        with Desk("sqlite:///:memory:") as desk:
            empty = content(desk.store)
            for how, text in altered.items():
                assert text != lines
                exported.write_bytes(b"".join(text))
                with pytest.raises(
                    NotUnderstood, match=r"line [0-9,]+: a line from 1 on was altered, added or left out"
                ):
                    import_log(desk, exported)
                assert content(desk.store) == empty, how

    def test_only_the_rest_is_in_question(self, tmp_path: Path) -> None:
        """What a check has vouched for is not in question: the message names the lines after it."""
        path = tmp_path / "long.jsonl"
        with Desk("sqlite:///:memory:") as desk:
            desk.store.append([opened(n) for n in range(2 * BLOCK + 10)], recorded_at=NINE)
            export_log(desk.store, path)
        text = path.read_bytes().replace(b'"stream":"T-1500"', b'"stream":"T-9500"')
        path.write_bytes(text)
        with Desk("sqlite:///:memory:") as desk, pytest.raises(NotUnderstood, match="line 2,003: a line from 1,003 on"):
            import_log(desk, path)

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            (b"", "line 1: the file was cut here"),
            (b"id,opened\n1,2\n", "line 1: this is no line of an exported log"),
            (b'{"table":"claims","key":"k","stream":"s","version":1,"events":1}\n', "does not begin with a header"),
            (b'{"table":"header","format":"ventanilla-log/2"}\n', "line 1: this is no line of an exported log"),
            (b"\x1f\x8bnonsense", "line 1: the file was cut or altered here: broken gzip data"),
            (b'{"table":"header","format":"ventanilla-log/1","log":"x","desk_format":99,"head":0,"vault":true,'
             b'"rows":{}}\n', "of the desk format 99, this ventanilla reads up to"),
        ],
    )  # fmt: skip
    def test_no_exported_log(self, tmp_path: Path, text: bytes, said: str) -> None:
        """Whatever else is given is refused in one sentence."""
        path = tmp_path / "odd"
        path.write_bytes(text)
        with Desk("sqlite:///:memory:") as desk, pytest.raises(NotUnderstood, match=said):
            import_log(desk, path)

    def test_cut_gzip(self, exported: Path, file: Path) -> None:
        """A zipped file that was cut is refused with the line."""
        file.write_bytes(gzip.compress(exported.read_bytes())[:-2_000])
        with Desk("sqlite:///:memory:") as desk, pytest.raises(NotUnderstood, match=r"line [0-9,]+: the file was cut"):
            import_log(desk, file)

    def test_more_than_it_says(self, exported: Path) -> None:
        """A file that goes on after its end is refused."""
        with exported.open("ab") as more:
            more.write(b"\n")
        with Desk("sqlite:///:memory:") as desk, pytest.raises(NotUnderstood, match="there is more after the end"):
            import_log(desk, exported)

    def test_missing(self, tmp_path: Path) -> None:
        """A file that is not there is named."""
        with Desk("sqlite:///:memory:") as desk, pytest.raises(NotUnderstood, match="nowhere"):
            import_log(desk, tmp_path / "nowhere")


class TestStopped:
    @pytest.mark.parametrize("backend", BACKENDS)
    def test_leaves_an_empty_desk(self, url: Urls, exported: Path, backend: str) -> None:
        """An import that was stopped in the middle leaves the desk empty, and can begin anew at once."""

        def stop(done: int, total: int) -> None:
            raise KeyboardInterrupt

        with Desk(url(backend)) as desk:
            empty = content(desk.store)
            with pytest.raises(KeyboardInterrupt):
                import_log(desk, exported, progress=stop)
            assert content(desk.store) == empty
            import_log(desk, exported)
            assert desk.store.head() > 0

    @pytest.mark.parametrize("backend", ["sqlite", "postgresql"])
    def test_is_seen_by_nobody_before_its_end(self, url: Urls, exported: Path, backend: str) -> None:
        """Whoever looks at the desk meanwhile sees it empty."""
        address = url(backend)
        with Desk(address) as desk, Desk(address) as other:
            seen: list[int] = []
            import_log(desk, exported, progress=lambda done, total: seen.append(other.store.head()))
            assert set(seen) == {0}
            assert other.store.head() == desk.store.head() > 0
