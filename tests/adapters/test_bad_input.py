"""What users hand in that is not as it should be: each gives one clear error, and nothing is lost."""

from __future__ import annotations

import gzip
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ventanilla import Desk, NotUnderstood
from ventanilla.adapters.history import Tally, import_history, read_mapping, retry
from ventanilla.adapters.simulate import mapping_path, simulate, write

MAP = """
format = "ventanilla-map/1"
name = "acme"
[source]
key = ["id"]
[instants]
format = "%Y-%m-%d %H:%M"
zone = "America/New_York"
[[steps]]
do = "open"
at = "opened"
channel = "channel"
[[steps]]
do = "resolve"
at = "resolved"
code = { constant = "done" }
[[steps]]
do = "state_verdict"
at = "resolved"
when = { column = "verdict", given = true }
by = { constant = "acme" }
verdict = { column = "verdict", values = { ok = "met", late = "breached" } }
"""
HEADER = "id,opened,channel,resolved,verdict,note"
GOOD = "1,2025-01-06 09:00,phone,2025-01-06 10:00,ok,call back Mrs. Müller"


@pytest.fixture
def desk() -> Iterator[Desk]:
    """Give an empty desk."""
    with Desk("sqlite:///:memory:") as opened:
        yield opened


def take(desk: Desk, file: Path, mapping: str = MAP) -> Tally:
    """Import *file* and return the last tally."""
    map_file = file.with_suffix(".map.toml")
    map_file.write_text(mapping, encoding="utf-8")
    *_, tally = import_history(desk, file, read_mapping(map_file))
    return tally


def history(folder: Path, *rows: str, header: str = HEADER) -> Path:
    """Write a CSV history."""
    file = folder / "history.csv"
    file.write_text("\n".join([header, *rows, ""]), encoding="utf-8")
    return file


class TestRows:
    @pytest.mark.parametrize(
        ("row", "column", "value", "rule"),
        [
            ("2,2025-01-06 09:00,web,2025-01-05 10:00,ok,x", "resolved", "2025-01-05 10:00", "resolve.before_opened"),
            ("2,06.01.2025,web,,,x", "opened", "06.01.2025", "instant.unreadable"),
            ("2,2025-03-09 02:30,web,,,x", "opened", "2025-03-09 02:30", "instant.skipped"),
            ("2,2999-01-06 09:00,web,,,x", "opened", "2999-01-06 09:00", "open.in_the_future"),
            ("2,2025-01-06 09:00,web,2025-01-07 09:00,maybe,x", "verdict", "maybe", "value.unknown"),
            ("2,2025-01-06 09:00,,,,x", "channel", "", "value.empty"),
            (" ,2025-01-06 09:00,web,,,x", "id", "", "key.empty"),
            ("2,2025-01-06 09:00,web", None, None, "row.unreadable"),
            ("2,,web,,,x", None, None, "row.meaningless"),
            ("2,,web,2025-01-06 09:00,,x", "resolved", "2025-01-06 09:00", "resolve.unborn"),
        ],
    )
    def test_that_cannot_be_true_are_put_aside(
        self, desk: Desk, tmp_path: Path, row: str, column: str | None, value: str | None, rule: str
    ) -> None:
        """The row goes to quarantine with its line, the column, the value and the rule; its neighbours are taken."""
        tally = take(desk, history(tmp_path, GOOD, row, GOOD.replace("1,", "3,", 1)))
        (aside,) = desk.put_aside()
        assert (aside.line, aside.column, aside.value, aside.rule) == (3, column, value, rule)
        assert (tally.rows, tally.imported, tally.aside) == (3, 2, 1)
        assert desk.ask("tickets").value == 2
        assert desk.ticket("acme:2").status == "unborn"

    def test_undecodable_bytes_are_put_aside(self, desk: Desk, tmp_path: Path) -> None:
        """A row that is not of the file's encoding goes to quarantine, byte for byte; the others are taken."""
        file = history(tmp_path, GOOD)
        with file.open("ab") as more:
            more.write("2,2025-01-06 09:00,Schönbrunn,,,x\n".encode("cp1252"))
        assert take(desk, file).aside == 1
        (aside,) = desk.put_aside()
        assert (aside.column, aside.rule) == ("channel", "row.encoding")
        assert "Sch\\udcf6nbrunn" in aside.row

    def test_retry_after_mending_the_mapping(self, desk: Desk, tmp_path: Path) -> None:
        """A mended mapping takes the rows put aside; the quarantine is then empty, and the file adds nothing more."""
        file = history(tmp_path, GOOD, "2,2025-01-06 09:00,web,2025-01-07 09:00,maybe,x")
        take(desk, file)
        mended = MAP.replace('late = "breached"', 'late = "breached", maybe = "met"')
        map_file = tmp_path / "mended.toml"
        map_file.write_text(mended, encoding="utf-8")
        tally = retry(desk, read_mapping(map_file))
        assert (tally.imported, tally.aside, desk.put_aside()) == (1, 0, [])
        again = take(desk, file, mended)
        assert (again.events, again.aside) == (0, 0)

    def test_retry_in_vain_keeps_the_row(self, desk: Desk, tmp_path: Path) -> None:
        """A row that still cannot be true stays, whole."""
        take(desk, history(tmp_path, "2,2025-01-06 09:00,web,2025-01-07 09:00,maybe,x"))
        (before,) = desk.put_aside()
        assert retry(desk, read_mapping(tmp_path / "history.map.toml")).aside == 1
        (after,) = desk.put_aside()
        assert after == before

    def test_twice_and_changed(self, desk: Desk, tmp_path: Path) -> None:
        """The same row adds nothing the second time; a later export of it adds only what is new."""
        still_open = "2,2025-01-06 09:00,web,,,x"
        assert take(desk, history(tmp_path, GOOD, still_open, still_open)).events == 4
        assert take(desk, history(tmp_path, GOOD, still_open)).events == 0
        later = take(desk, history(tmp_path, GOOD, "2,2025-01-06 09:00,web,2025-01-08 09:00,ok,x"))
        assert later.events == 2
        assert desk.ask("settled").value == 2

    def test_an_hour_that_occurs_twice(self, desk: Desk, tmp_path: Path) -> None:
        """When the clock is set back the first of both is meant, unless the mapping says otherwise."""
        take(desk, history(tmp_path, "2,2015-11-01 01:16,web,,,x"))
        assert desk.log("acme:2")[0].event.at.isoformat() == "2015-11-01T05:16:00+00:00"
        second = MAP.replace("[[steps]]", 'ambiguous = "second"\n[[steps]]', 1).replace('"acme"\n[s', '"other"\n[s')
        take(desk, history(tmp_path, "2,2015-11-01 01:16,web,,,x"), second)
        assert desk.log("other:2")[0].event.at.isoformat() == "2015-11-01T06:16:00+00:00"


class TestFiles:
    @pytest.mark.parametrize(
        ("content", "said"),
        [
            (b"", "the file is empty"),
            (b"id,opened,channel,resolved\n", "the header lacks 'verdict'; it has 'id', 'opened'"),
            (HEADER.encode("utf-16"), "the header lacks 'id'"),
            (b"id,id,opened,channel,resolved,verdict\n", "the header has 'id' more than once"),
            (HEADER.encode() + b'\n1,"' + b"x" * 200_000, "broken CSV near line"),
            (gzip.compress(HEADER.encode(), mtime=0)[:20], "broken gzip data"),
        ],
    )
    def test_broken(self, desk: Desk, tmp_path: Path, content: bytes, said: str) -> None:
        """A file that cannot be read is one error that names the file and what is wrong."""
        file = tmp_path / "history.csv"
        file.write_bytes(content)
        with pytest.raises(NotUnderstood, match=f"history.csv: .*{said}"):
            take(desk, file)

    def test_missing_or_a_folder(self, desk: Desk, tmp_path: Path) -> None:
        """So is one that is not there, or is a folder."""
        with pytest.raises(NotUnderstood, match=r"none.csv: No such file"):
            take(desk, tmp_path / "none.csv")
        with pytest.raises(NotUnderstood, match="Is a directory"):
            *_, _ = import_history(desk, tmp_path, read_mapping(tmp_path / "none.map.toml"))

    def test_header_alone(self, desk: Desk, tmp_path: Path) -> None:
        """A history without rows is taken: there is nothing in it."""
        assert take(desk, history(tmp_path)).rows == 0

    def test_gzip_that_breaks_off(self, tmp_path: Path) -> None:
        """What stood before the break is in; the whole file, taken afterwards, adds the rest and nothing twice."""
        whole = tmp_path / "month.csv.gz"
        for _ in write(whole, simulate(3_000, 1)):
            pass
        mapping = read_mapping(mapping_path(whole))
        broken = tmp_path / "broken.csv.gz"
        broken.write_bytes(whole.read_bytes()[:-9_000])
        with Desk(f"sqlite:///{tmp_path / 'desk.db'}") as desk:
            with pytest.raises(NotUnderstood, match=r"broken.csv.gz: broken gzip data after line \d+"):
                list(import_history(desk, broken, mapping, batch=200))
            before = desk.ask("tickets").n
            *_, tally = import_history(desk, whole, mapping, batch=200)
            assert 0 < before < desk.ask("tickets").n == 3_000 - len(desk.put_aside())
            assert tally.imported == desk.ask("tickets").n - before

    def test_byte_order_mark_and_semicolons(self, desk: Desk, tmp_path: Path) -> None:
        """A spreadsheet's export is read: a byte-order mark is no part of a name."""
        file = tmp_path / "history.csv"
        file.write_text("\n".join([HEADER, GOOD]).replace(",", ";"), encoding="utf-8-sig")
        assert take(desk, file, MAP.replace('key = ["id"]', 'key = ["id"]\ndelimiter = ";"')).imported == 1


class TestJsonLines:
    def test_an_event_a_row(self, desk: Desk, tmp_path: Path) -> None:
        """A log with one event a line tells one ticket over many lines; which word means which command is mapped."""
        file = tmp_path / "log.jsonl"
        file.write_text(
            '{"case": 7, "what": "created", "when": 1736150400}\n'
            "\n"
            '{"case": 7, "what": "chatter", "when": 1736150500}\n'
            '{"case": 7, "what": "done", "when": 1736154000}\n'
            '{"case": 7, "what": "back", "when": 1736157600}\n'
            "not json\n[1]\n"
            '{"case": 8, "what": "done", "when": 1736154000}\n',
            encoding="utf-8",
        )
        steps = "".join(
            f'[[steps]]\ndo = "{do}"\nat = "when"\nwhen = {{ column = "what", is = ["{what}"] }}\n{rest}\n'
            for do, what, rest in [
                ("open", "created", 'channel = { constant = "web" }'),
                ("resolve", "done", 'code = { constant = "done" }'),
                ("reopen", "back", ""),
            ]
        )
        head = 'format = "ventanilla-map/1"\nname = "log"\nignore = [{ column = "what", is = ["chatter"] }]\n'
        source = '[source]\nkind = "jsonl"\nkey = ["case"]\n[instants]\nformat = "unix"\n'
        tally = take(desk, file, head + source + steps)
        assert (tally.rows, tally.imported, tally.ignored, tally.aside) == (7, 3, 1, 3)
        assert [r.event.TOPIC for r in desk.log("log:7")] == [
            "ticket.opened/1",
            "ticket.resolved/1",
            "ticket.reopened/1",
        ]
        assert [aside.rule for aside in desk.put_aside()] == ["row.unreadable", "row.unreadable", "resolve.unborn"]


class TestMappings:
    @pytest.mark.parametrize(
        ("old", "new", "said"),
        [
            ('do = "resolve"', 'do = "frobnicate"', "commands are assign, categorise, close, open, prioritise"),
            ('zone = "America/New_York"', 'zone = "America/Gotham"', "unknown time zone 'America/Gotham'"),
            ('zone = "America/New_York"', 'colour = "red"', "unknown key `colour` - at `instants`"),
            ('key = ["id"]', 'key = ["id"]\nencoding = "klingon"', "unknown encoding 'klingon'"),
            ('key = ["id"]', "", "missing key `key` - at `source`"),
            ('{ constant = "done" }', "{ }", "give either a column or a constant - at `steps\\[1\\].code`"),
            ('{ constant = "done" }', '{ column = "note", pattern = "(" }', "is no regular expression"),
            ('"acme"', '"Acme Ltd"', "name"),
            ('format = "ventanilla-map/1"', 'format = "other/9"', "format"),
            ("[source]", "[source", "no TOML"),
        ],
    )
    def test_wrong(self, tmp_path: Path, old: str, new: str, said: str) -> None:
        """A mapping that is wrong is one error that names the file, the place and what is wrong."""
        file = tmp_path / "acme.toml"
        file.write_text(MAP.replace(old, new, 1), encoding="utf-8")
        with pytest.raises(NotUnderstood, match=f"acme.toml: .*{said}"):
            read_mapping(file)

    def test_digest_is_of_the_meaning(self, tmp_path: Path) -> None:
        """A comment or a title changes nothing; a column does."""
        file = tmp_path / "acme.toml"
        digests = []
        for text in (MAP, "# hello\ntitle = 'x'\n" + MAP, MAP.replace('channel = "channel"', 'channel = "note"')):
            file.write_text(text, encoding="utf-8")
            digests.append(read_mapping(file).digest())
        assert digests[0] == digests[1] != digests[2]


CHILD = """
import sys
from pathlib import Path
from ventanilla import Desk
from ventanilla.adapters.history import import_history, read_mapping
from ventanilla.core.errors import Unavailable
file, map_file, url = sys.argv[1:]
try:
    with Desk(url) as desk:
        for tally in import_history(desk, Path(file), read_mapping(Path(map_file)), batch=20):
            print(tally.imported, flush=True)
except Unavailable as error:
    print("unavailable:", error, flush=True)
    sys.exit(2)
"""


class TestCrash:
    @pytest.mark.parametrize("rounds", [3, pytest.param(40, marks=pytest.mark.slow)])
    def test_kill_9_in_the_middle(self, tmp_path: Path, rounds: int) -> None:
        """Killed at any point, what was acknowledged is in; run again, all is in, and nothing twice."""
        file = tmp_path / "month.csv"
        for _ in write(file, simulate(2_000, 1)):
            pass
        with Desk("sqlite:///:memory:") as clean:
            *_, expected = import_history(clean, file, read_mapping(mapping_path(file)))
            rows = list(clean.facts())
        for number in range(rounds):
            database = tmp_path / f"{number}.db"
            command = [sys.executable, "-c", CHILD, str(file), str(mapping_path(file)), f"sqlite:///{database}"]
            acknowledged = 0
            with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
                assert child.stdout is not None
                for line in child.stdout:
                    acknowledged = int(line)
                    if acknowledged > 150 + 37 * number % 1_500:
                        child.kill()
                        break
                rest = [int(line) for line in child.stdout if line.endswith("\n")]
            assert child.returncode == -signal.SIGKILL
            with Desk(f"sqlite:///{database}") as desk:
                assert desk.ask("tickets").n >= max([acknowledged, *rest])
                *_, tally = import_history(desk, file, read_mapping(mapping_path(file)))
                assert tally.known + tally.imported == expected.imported
                assert desk.store.head() == expected.events
                assert [row.ticket for row in desk.facts()] == [row.ticket for row in rows]

    def test_disk_full(self, tmp_path: Path) -> None:
        """On a full disk the import says so; what was acknowledged is in, and the rest follows when there is room."""
        file = tmp_path / "month.csv"
        for _ in write(file, simulate(2_000, 1)):
            pass

        def small_disk() -> None:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, 600_000))

        url = f"sqlite:///{tmp_path / 'desk.db'}"
        command = [sys.executable, "-c", CHILD, str(file), str(mapping_path(file)), url]
        done = subprocess.run(command, preexec_fn=small_disk, capture_output=True, text=True, check=False)
        *counts, complaint = done.stdout.splitlines()
        assert done.returncode == 2, done.stdout + done.stderr
        assert complaint.startswith("unavailable:")
        with Desk(url) as desk:
            assert desk.ask("tickets").n >= int(counts[-1]) > 0
            list(import_history(desk, file, read_mapping(mapping_path(file))))
            assert desk.ask("tickets").n + len(desk.put_aside()) == 2_000
