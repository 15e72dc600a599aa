"""Histories into the log: whole rows, never twice, whatever breaks."""

from __future__ import annotations

import gzip
import itertools
import json
import random
import signal
import subprocess
import sys
import tracemalloc
from collections.abc import Generator, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ventanilla import Desk, Recorded, hookimpl
from ventanilla.adapters.history import Mapping, Tally, import_history, read_mapping, retry
from ventanilla.adapters.vault import PutAside
from ventanilla.core.errors import NotUnderstood
from ventanilla.core.events import (
    Event,
    TicketClosed,
    TicketDueSet,
    TicketOpened,
    TicketReopened,
    TicketResolved,
    TicketRouted,
)
from ventanilla.core.recorded import Unreadable
from ventanilla.plugins import Host

NOW = datetime(2026, 2, 1, 12, tzinfo=UTC)
OPENED = datetime(2015, 3, 5, 14, 7, tzinfo=UTC)

MAP = """
format = "ventanilla-map/1"
name = "acme"
[source]
key = ["id"]
#source#
[instants]
format = "%Y-%m-%d %H:%M"
zone = "America/New_York"
[[refuse]]
when = { column = "state", is = ["impossible"] }
because = "is impossible"
[[ignore]]
column = "state"
is = ["test"]
[[steps]]
do = "open"
at = "opened"
channel = { column = "channel", values = { Tel = "phone", Mail = "mail" } }
facts = { town = "town" }
[[steps]]
do = "set_due"
at = "opened"
due = "due"
[[steps]]
do = "resolve"
at = "solved"
when = { column = "state", is_not = ["open"] }
code = { constant = "fixed" }
"""
HEADER = "id,opened,due,solved,state,channel,town,note"
GOOD = [
    "1,2015-03-05 09:07,2015-03-06 09:07,2015-03-05 10:00,done,Tel,Köln,first",
    "2,2015-03-05 09:07,,,open,Mail,,second",
    "3,2015-03-05 09:07,2015-03-05 09:30,2015-03-05 10:00,done,Tel,Bonn,",
]
"""Three rows: 3 + 1 + 3 events."""

LOG_MAP = """
format = "ventanilla-map/1"
name = "log"
[source]
key = ["project", "ticket"]
kind = "jsonl"
[instants]
format = "unix"
[[steps]]
do = "open"
at = "at"
when = { column = "event", is = ["new"] }
channel = "via"
[[steps]]
do = "route"
at = "at"
when = { column = "event", is = ["moved"] }
team = "team"
[[steps]]
do = "reopen"
at = "at"
when = { column = "event", is = ["back"] }
[[steps]]
do = "close"
at = "at"
when = { column = "event", is = ["gone"] }
"""


def mapping(folder: Path, text: str = MAP, *, source: str = "") -> Mapping:
    path = folder / "map.toml"
    path.write_text(text.replace("#source#", source), encoding="utf-8")
    return read_mapping(path)


def csv(path: Path, rows: Iterable[str] = GOOD, *, header: str = HEADER, encoding: str = "utf-8") -> Path:
    path.write_bytes("".join(f"{line}\n" for line in (header, *rows)).encode(encoding, "surrogateescape"))
    return path


def taken(desk: Desk, path: Path, by: Mapping, *, batch: int = 1_000) -> Tally:
    """Return the last tally of an import of the whole file."""
    *_, tally = import_history(desk, path, by, batch=batch)
    return tally


def counts(tally: Tally) -> tuple[int, int, int, int, int]:
    """Return how many rows were read, imported, known and put aside, and how many events recorded."""
    return tally.rows, tally.imported, tally.known, tally.aside, tally.events


def events(desk: Desk, ticket: str) -> list[Event]:
    return [recorded.event for recorded in desk.log(ticket)]


def content(desk: Desk) -> list[tuple[str, list[Event]]]:
    """Return what is in the log, ticket by ticket, without positions."""
    return [
        (ticket, [event for _, event in history if not isinstance(event, Unreadable)])
        for ticket, history in desk.store.histories(desk.store.head())
    ]


class Hears:
    """A plug-in that remembers what it heard."""

    def __init__(self) -> None:
        self.heard: list[Recorded] = []

    @hookimpl
    def recorded(self, events: Sequence[Recorded]) -> None:
        """Remember what was recorded."""
        self.heard.extend(events)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with Desk(f"sqlite:///{tmp_path}/desk.db", clock=lambda: NOW) as opened:
        yield opened


class TestForms:
    def test_csv(self, desk: Desk, tmp_path: Path) -> None:
        """Every row's columns become events, at their instants, with the row as their cause."""
        tally = taken(desk, csv(tmp_path / "a.csv"), mapping(tmp_path))
        assert counts(tally) == (3, 3, 0, 0, 7)
        assert events(desk, "acme:1") == [
            TicketOpened(at=OPENED, channel="phone", facts={"town": "Köln"}),
            TicketDueSet(at=OPENED, due=OPENED + timedelta(days=1)),
            TicketResolved(at=OPENED + timedelta(minutes=53), code="fixed"),
        ]
        assert events(desk, "acme:2") == [TicketOpened(at=OPENED, channel="mail", facts={})]
        assert [(r.actor, r.cause) for r in desk.log("acme:2")] == [("importer:acme", "row:a.csv:3")]

    def test_recorded_when_it_was_imported(self, desk: Desk, tmp_path: Path) -> None:
        """When it happened is the file's to say, when it was recorded is the clock's."""
        taken(desk, csv(tmp_path / "a.csv"), mapping(tmp_path))
        assert {(r.event.at, r.recorded_at) for r in desk.log("acme:2")} == {(OPENED, NOW)}

    @pytest.mark.parametrize(
        ("source", "encoding", "bom"),
        [
            ("", "utf-8", ""),
            ("", "utf-8", "\ufeff"),
            ('encoding = "UTF_8"', "utf-8", "\ufeff"),
            ('encoding = "cp1252"', "cp1252", ""),
            ('encoding = "utf-16"', "utf-16", ""),
        ],
    )
    @pytest.mark.parametrize("zipped", [False, True])
    @pytest.mark.parametrize("delimiter", [",", ";"])
    def test_variants(
        self, desk: Desk, tmp_path: Path, source: str, encoding: str, bom: str, zipped: bool, delimiter: str
    ) -> None:
        """Encodings, byte order marks, gzip and other delimiters give the same log."""
        path = csv(
            tmp_path / "a.csv",
            [row.replace(",", delimiter) for row in GOOD],
            header=bom + HEADER.replace(",", delimiter),
            encoding=encoding,
        )
        if zipped:
            path.write_bytes(gzip.compress(path.read_bytes()))
        tally = taken(desk, path, mapping(tmp_path, source=f'delimiter = "{delimiter}"\n{source}'))
        assert counts(tally) == (3, 3, 0, 0, 7)
        assert desk.log("acme:1")[0].event == TicketOpened(at=OPENED, channel="phone", facts={"town": "Köln"})
        assert (tally.done, tally.size) == (path.stat().st_size, path.stat().st_size)

    def test_quoted_cells(self, desk: Desk, tmp_path: Path) -> None:
        """Line breaks, quotes and delimiters inside quotes belong to the cell; the line named is the row's last."""
        rows = [
            '1,2015-03-05 09:07,,,open,Tel,"Bad ""X"", Y",two\n'.replace("two\n", '"two\nlines"'),
            GOOD[1],
            "",
            GOOD[2],
        ]
        assert counts(taken(desk, csv(tmp_path / "a.csv", rows), mapping(tmp_path))) == (3, 3, 0, 0, 5)
        (opened,) = desk.log("acme:1")
        assert opened.event == TicketOpened(at=OPENED, channel="phone", facts={"town": 'Bad "X", Y'})
        assert [desk.log(f"acme:{n}")[0].cause for n in (1, 2, 3)] == ["row:a.csv:3", "row:a.csv:4", "row:a.csv:6"]

    def test_windows_line_ends(self, desk: Desk, tmp_path: Path) -> None:
        """Line ends of Windows give the same rows, and the same keys."""
        path = csv(tmp_path / "a.csv")
        taken(desk, path, mapping(tmp_path))
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
        assert counts(taken(desk, path, mapping(tmp_path))) == (3, 0, 3, 0, 0)

    def test_log_of_events(self, desk: Desk, tmp_path: Path) -> None:
        """A log with a row an event builds up tickets over many rows, whatever else the rows hold."""
        t = int(OPENED.timestamp())
        rows = [
            {"event": "new", "project": "a", "ticket": 1, "at": t, "via": "chat", "extra": {"deep": [1, 2]}},
            {"event": "new", "project": "a", "ticket": 2, "at": t + 1, "via": "mail"},
            {"event": "moved", "project": "a", "ticket": 1, "at": t + 2.5, "team": "blue"},
            {"event": "gone", "project": "a", "ticket": 1, "at": t + 3, "team": None},
            {"event": "back", "project": "a", "ticket": 1, "at": t + 4},
        ]
        path = tmp_path / "log.jsonl"
        path.write_text("\n\n".join(json.dumps(row) for row in rows))
        tally = taken(desk, path, mapping(tmp_path, LOG_MAP), batch=2)
        assert counts(tally) == (5, 5, 0, 0, 5)
        assert events(desk, "log:a/1") == [
            TicketOpened(at=OPENED, channel="chat"),
            TicketRouted(at=OPENED + timedelta(seconds=2.5), team="blue"),
            TicketClosed(at=OPENED + timedelta(seconds=3)),
            TicketReopened(at=OPENED + timedelta(seconds=4)),
        ]
        assert [r.version for r in desk.log("log:a/1")] == [1, 2, 3, 4]
        assert counts(taken(desk, path, mapping(tmp_path, LOG_MAP), batch=2)) == (5, 0, 5, 0, 0)

    def test_ignored_rows(self, desk: Desk, tmp_path: Path) -> None:
        """Rows that the mapping passes over are counted and leave no trace."""
        path = csv(tmp_path / "a.csv", [*GOOD, "9,rubbish,,,test,,,"])
        tally = taken(desk, path, mapping(tmp_path))
        assert (tally.ignored, *counts(tally)) == (1, 4, 3, 0, 0, 7)
        assert desk.put_aside() == []

    def test_no_alarms(self, tmp_path: Path) -> None:
        """No plug-in hears of imported history, nor of rows tried again."""
        host, hears = Host(), Hears()
        assert host.add("hears", hears).status == "ready"
        with Desk("sqlite:///:memory:", host=host, clock=lambda: NOW) as desk:
            taken(
                desk,
                csv(tmp_path / "a.csv", [*GOOD, GOOD[0].replace("1,", "4,", 1).replace("Tel", "Fon")]),
                mapping(tmp_path),
            )
            assert retry(desk, mapping(tmp_path, MAP.replace("Tel =", 'Fon = "phone", Tel ='))).imported == 1
            assert desk.store.head() == 10
        assert hears.heard == []


class TestTwice:
    def test_adds_nothing(self, desk: Desk, tmp_path: Path) -> None:
        """The same file again adds nothing, under whatever name."""
        by = mapping(tmp_path)
        taken(desk, csv(tmp_path / "a.csv"), by)
        before = content(desk)
        assert counts(taken(desk, csv(tmp_path / "b.csv"), by)) == (3, 0, 3, 0, 0)
        assert content(desk) == before

    def test_later_export_adds_the_news(self, desk: Desk, tmp_path: Path) -> None:
        """A row that has changed in a later export adds what is new in it, a new row all of it."""
        by = mapping(tmp_path)
        taken(desk, csv(tmp_path / "a.csv"), by)
        solved = "2,2015-03-05 09:07,,2015-03-07 09:07,done,Mail,,second"
        fresh = "4,2015-03-05 09:07,,,open,Tel,,"
        tally = taken(desk, csv(tmp_path / "b.csv", [GOOD[0], solved, GOOD[2], fresh]), by)
        assert counts(tally) == (4, 2, 2, 0, 2)
        assert events(desk, "acme:2") == [
            TicketOpened(at=OPENED, channel="mail", facts={}),
            TicketResolved(at=OPENED + timedelta(days=2), code="fixed"),
        ]

    def test_changed_beyond_belief(self, desk: Desk, tmp_path: Path) -> None:
        """A row that says in a later export that it was opened otherwise is put aside, and the log stays."""
        by = mapping(tmp_path)
        taken(desk, csv(tmp_path / "a.csv"), by)
        tally = taken(desk, csv(tmp_path / "b.csv", [GOOD[0].replace("09:07,2015-03-06", "08:00,2015-03-06")]), by)
        assert counts(tally) == (1, 0, 0, 1, 0)
        (aside,) = desk.put_aside()
        assert (aside.rule, aside.column, aside.value) == ("open.exists", "opened", "2015-03-05 08:00")

    @pytest.mark.parametrize("batch", [1, 2, 1_000])
    def test_duplicate_rows(self, desk: Desk, tmp_path: Path, batch: int) -> None:
        """A row that stands twice in the file counts once, in one batch or in two."""
        path = csv(tmp_path / "a.csv", [GOOD[0], GOOD[1], GOOD[0], GOOD[0]])
        assert counts(taken(desk, path, mapping(tmp_path), batch=batch)) == (4, 2, 2, 0, 4)

    def test_mended_mapping_adds_nothing_to_good_rows(self, desk: Desk, tmp_path: Path) -> None:
        """Rows that were taken mean the same under a mapping that only learnt another word."""
        path = csv(tmp_path / "a.csv")
        taken(desk, path, mapping(tmp_path))
        tally = taken(desk, path, mapping(tmp_path, MAP.replace("Tel =", 'Fon = "phone", Tel =')))
        assert (tally.events, tally.aside, desk.store.head()) == (0, 0, 7)


BAD = [
    (
        "10,2015-03-05 09:07,,2015-03-05 09:00,done,Tel,,",
        "resolve.before_opened",
        "solved",
        "2015-03-05 09:00",
        "before",
    ),
    (
        "11,2015-03-05 09:07,2015-03-04 09:07,,open,Tel,,",
        "setdue.due_before_opened",
        "opened",
        "2015-03-05 09:07",
        "due",
    ),
    ("12,2015-03-05 09:07,,,open,Fax,,", "value.unknown", "channel", "Fax", "'Tel', 'Mail'"),
    ("13,2015-03-05 09:07,,,open,,,", "value.empty", "channel", "", "empty"),
    ("14,yesterday,,,open,Tel,,", "instant.unreadable", "opened", "yesterday", "%Y-%m-%d %H:%M"),
    ("15,2015-03-08 02:30,,,open,Tel,,", "instant.skipped", "opened", "2015-03-08 02:30", "New_York"),
    ("16,2026-03-01 00:00,,,open,Tel,,", "open.in_the_future", "opened", "2026-03-01 00:00", "not come yet"),
    (" ,2015-03-05 09:07,,,open,Tel,,", "key.empty", "id", "", "part of the key"),
    ("17,2015-03-05 09:07,,,impossible,Tel,,", "row.refused", "state", "impossible", "is impossible"),
    ("18,,,,open,Tel,,", "row.meaningless", None, None, "no step"),
    ("19,,,2015-03-05 10:00,done,Tel,,", "resolve.unborn", "solved", "2015-03-05 10:00", "open it first"),
    ("20,2015-03-05 09:07,,,open,Tel", "row.unreadable", None, None, "6 cells, the header has 8"),
    ("21,2015-03-05 09:07,,,open,Tel,,,more", "row.unreadable", None, None, "9 cells, the header has 8"),
    ("22,2015-03-05 09:07,,,open,Tel,M\udcfcnchen,", "row.encoding", "town", None, "no utf-8 text"),
    ("23,2015-03-05 09:07,,,open,Tel,,n\udcff", "row.encoding", "note", None, "no utf-8 text"),
]


class TestQuarantine:
    @pytest.mark.parametrize(("row", "rule", "column", "value", "reason"), BAD)
    def test_bad_row(
        self,
        desk: Desk,
        tmp_path: Path,
        row: str,
        rule: str,
        column: str | None,
        value: str | None,
        reason: str,
    ) -> None:
        """A row that cannot be true is put aside whole, with what is wrong where; the rows around it are in."""
        tally = taken(desk, csv(tmp_path / "a.csv", [GOOD[0], row, GOOD[1], GOOD[2]]), mapping(tmp_path))
        assert counts(tally) == (4, 3, 0, 1, 7)
        (aside,) = desk.put_aside()
        assert (aside.source, aside.line, aside.mapping) == ("a.csv", 3, "acme")
        assert (aside.rule, aside.column, aside.value) == (rule, column, value)
        assert reason in aside.reason
        kept = json.loads(aside.row)
        if rule == "row.unreadable":
            assert kept.split("\x1f") == row.split(",")
        else:
            assert list(kept.items()) == list(zip(HEADER.split(","), row.split(","), strict=True))
        assert {ticket for ticket, _ in content(desk)} == {"acme:1", "acme:2", "acme:3"}

    @pytest.mark.parametrize(
        ("line", "reason"),
        [
            ('{"event": "new", "proj', "no JSON"),
            ("[1, 2]", "no JSON object"),
            ('"new"', "no JSON object"),
            ("\udcff\udcfe", "no JSON"),
        ],
    )
    def test_bad_line(self, desk: Desk, tmp_path: Path, line: str, reason: str) -> None:
        """A line that is no JSON object is put aside as it is."""
        good = '{"event": "new", "project": "a", "ticket": 1, "at": 1425564420, "via": "chat"}'
        path = tmp_path / "log.jsonl"
        path.write_bytes(f"{line}\n{good}\n".encode(errors="surrogateescape"))
        assert counts(taken(desk, path, mapping(tmp_path, LOG_MAP))) == (2, 1, 0, 1, 1)
        (aside,) = desk.put_aside()
        assert (aside.rule, aside.line, json.loads(aside.row)) == ("row.unreadable", 1, line)
        assert reason in aside.reason

    def test_all_at_once(self, desk: Desk, tmp_path: Path) -> None:
        """Bad rows are put aside each on its own, and again only once."""
        rows = [row for row, *_ in BAD]
        path = csv(tmp_path / "a.csv", [GOOD[0], *rows, *GOOD[1:]])
        for imported in (3, 0):
            tally = taken(desk, path, mapping(tmp_path), batch=4)
            assert (tally.imported, tally.aside) == (imported, len(BAD))
            assert [a.line for a in desk.put_aside()] == list(range(3, 3 + len(BAD)))

    def test_row_counts_whole_or_not_at_all(self, desk: Desk, tmp_path: Path) -> None:
        """If the last step of a row is forbidden, nothing of the row is in the log."""
        taken(desk, csv(tmp_path / "a.csv", [BAD[0][0]]), mapping(tmp_path))
        assert (desk.store.head(), desk.ticket("acme:10").status) == (0, "unborn")

    def test_retry_with_a_mended_mapping(self, desk: Desk, tmp_path: Path) -> None:
        """Rows that fit the mended mapping leave the quarantine, and the file again adds nothing."""
        path = csv(tmp_path / "a.csv", [*GOOD, BAD[2][0], BAD[3][0]])
        taken(desk, path, mapping(tmp_path))
        mended = mapping(tmp_path, MAP.replace("Tel = ", 'Fax = "fax", Tel = ').replace("} }", '}, empty = "none" }'))
        tally = retry(desk, mended)
        assert counts(tally) == (2, 2, 0, 0, 2)
        assert desk.put_aside() == []
        assert events(desk, "acme:12") == [TicketOpened(at=OPENED, channel="fax", facts={})]
        assert desk.log("acme:12")[0].cause == "row:a.csv:5"
        before = content(desk)
        again = taken(desk, path, mended)
        assert (again.events, again.aside) == (0, 0)
        assert (content(desk), desk.put_aside()) == (before, [])

    def test_retry_keeps_what_is_still_bad(self, desk: Desk, tmp_path: Path) -> None:
        """A row that is still bad stays whole, with the reason that holds now, and can be tried ever again."""
        taken(desk, csv(tmp_path / "a.csv", [row for row, *_ in BAD]), mapping(tmp_path))
        before = desk.put_aside()
        mended = mapping(tmp_path, MAP.replace("Tel = ", "Telephone = "))
        after: Sequence[PutAside] = []
        for _ in range(2):
            tally = retry(desk, mended)
            assert counts(tally) == (len(BAD), 0, 0, len(BAD), 0)
            after = desk.put_aside()
            assert [(a.source, a.line, a.row) for a in after] == [(b.source, b.line, b.row) for b in before]
        (twelve,) = [a for a in after if a.line == 4]
        assert (twelve.rule, twelve.column) == ("value.unknown", "channel")
        assert "'Telephone'" in twelve.reason
        (ten,) = [a for a in after if a.line == 2]
        assert (ten.rule, ten.column, ten.value) == ("value.unknown", "channel", "Tel")

    def test_retry_after_the_rows_became_true(self, tmp_path: Path) -> None:
        """A row from the future is taken, by the same mapping, once its time has come."""
        now = [NOW]
        with Desk("sqlite:///:memory:", clock=lambda: now[0]) as desk:
            by = mapping(tmp_path)
            path = csv(tmp_path / "a.csv", [BAD[6][0]])
            taken(desk, path, by)
            assert counts(retry(desk, by)) == (1, 0, 0, 1, 0)
            now[0] += timedelta(days=60)
            assert counts(retry(desk, by)) == (1, 1, 0, 0, 1)
            assert desk.put_aside() == []
            assert counts(taken(desk, path, by)) == (1, 0, 1, 0, 0)

    def test_import_again_releases(self, tmp_path: Path) -> None:
        """A row in quarantine that is taken by importing its file again leaves the quarantine."""
        now = [NOW]
        with Desk("sqlite:///:memory:", clock=lambda: now[0]) as desk:
            path = csv(tmp_path / "a.csv", [BAD[6][0]])
            taken(desk, path, mapping(tmp_path))
            now[0] += timedelta(days=60)
            assert counts(taken(desk, path, mapping(tmp_path))) == (1, 1, 0, 0, 1)
            assert desk.put_aside() == []

    def test_retry_of_json_lines(self, desk: Desk, tmp_path: Path) -> None:
        """Lines of JSON are kept as they were, so a mended mapping may read other fields of them."""
        path = tmp_path / "log.jsonl"
        path.write_text('{"event": "new", "project": "a", "ticket": 1, "at": 1425564420, "source": "chät"}\n')
        assert counts(taken(desk, path, mapping(tmp_path, LOG_MAP))) == (1, 0, 0, 1, 0)
        mended = mapping(tmp_path, LOG_MAP.replace('channel = "via"', 'channel = "source"'))
        assert counts(retry(desk, mended)) == (1, 1, 0, 0, 1)
        assert events(desk, "log:a/1") == [TicketOpened(at=OPENED, channel="chät")]
        assert counts(taken(desk, path, mended)) == (1, 0, 1, 0, 0)

    def test_retry_leaves_other_mappings_alone(self, desk: Desk, tmp_path: Path) -> None:
        """Only rows that came through a mapping of that name are tried again."""
        taken(desk, csv(tmp_path / "a.csv", [BAD[2][0]]), mapping(tmp_path))
        other = mapping(tmp_path, MAP.replace('"acme"', '"other"').replace("Tel = ", 'Fax = "fax", Tel = '))
        assert counts(retry(desk, other)) == (0, 0, 0, 0, 0)
        assert len(desk.put_aside()) == 1

    def test_row_that_became_true_on_the_way(self, desk: Desk, tmp_path: Path) -> None:
        """A row put aside that stands in the file again, after what it lacked, is taken and leaves the quarantine."""
        rows = [
            {"event": "gone", "project": "a", "ticket": 1, "at": 1425564421},
            {"event": "new", "project": "a", "ticket": 1, "at": 1425564420, "via": "chat"},
            {"event": "gone", "project": "a", "ticket": 1, "at": 1425564421},
        ]
        path = tmp_path / "log.jsonl"
        path.write_text("\n".join(json.dumps(row) for row in rows))
        taken(desk, path, mapping(tmp_path, LOG_MAP), batch=1)
        assert len(events(desk, "log:a/1")) == 2
        assert desk.put_aside() == []


class TestOddText:
    """Text that must not stop an import: the row is put aside, or taken, and the rows around it are in."""

    GOOD = b'{"event": "new", "project": "a", "ticket": 1, "at": 1425564420, "via": "chat"}\n'

    @pytest.mark.parametrize(
        "line",
        [
            b'{"event": "new", "project": "a", "ticket": 2, "at": 1425564420, "via": "ch\xe4t"}\n',
            b'{"event": "new", "project": "a", "ticket": 2, "at": 1425564420, "via": "ch\\ud800t"}\n',
            b'{"event": "new", "project": "a", "ticket": "\\udc00", "at": 1425564420, "via": "chat"}\n',
            b'{"event": "new", "project": "a", "ticket": 2, "at": "soon", "via": "chat", "note": "\xff"}\n',
        ],
    )
    def test_lone_surrogates_in_json(self, desk: Desk, tmp_path: Path, line: bytes) -> None:
        """Undecodable bytes and escaped lone surrogates in a line of JSON put the row aside."""
        path = tmp_path / "log.jsonl"
        path.write_bytes(line + self.GOOD)
        assert counts(taken(desk, path, mapping(tmp_path, LOG_MAP))) == (2, 1, 0, 1, 1)

    def test_deep_json(self, desk: Desk, tmp_path: Path) -> None:
        """A line nested beyond all measure is put aside."""
        path = tmp_path / "log.jsonl"
        path.write_bytes(b"[" * 200_000 + b"\n" + self.GOOD)
        assert counts(taken(desk, path, mapping(tmp_path, LOG_MAP))) == (2, 1, 0, 1, 1)

    def test_undecodable_header(self, desk: Desk, tmp_path: Path) -> None:
        """A file in another encoding, header and cells alike, puts its odd rows aside."""
        path = csv(
            tmp_path / "a.csv",
            [f"{GOOD[0].replace('ö', 'oe')},Weißweg", f"{GOOD[1]},"],
            header=f"{HEADER},Straße",
            encoding="cp1252",
        )
        tally = taken(desk, path, mapping(tmp_path))
        assert (tally.imported, tally.aside) == (1, 1)

    def test_never(self, desk: Desk, tmp_path: Path) -> None:
        """A row with 9999-12-31 for "never" is put aside, and the others are in."""
        never = "9,2015-03-05 09:07,9999-12-31 23:59,,open,Tel,,"
        assert counts(taken(desk, csv(tmp_path / "a.csv", [never, *GOOD]), mapping(tmp_path))) == (4, 3, 0, 1, 7)

    def test_keys_with_slashes(self, desk: Desk, tmp_path: Path) -> None:
        """Keys of several columns are two tickets however their parts are cut."""
        path = tmp_path / "log.jsonl"
        rows = [
            {"event": "new", "project": "a/b", "ticket": "c", "at": 1425564420, "via": "chat"},
            {"event": "new", "project": "a", "ticket": "b/c", "at": 1425564420, "via": "mail"},
        ]
        path.write_text("\n".join(json.dumps(row) for row in rows))
        assert counts(taken(desk, path, mapping(tmp_path, LOG_MAP))) == (2, 2, 0, 0, 2)


class TestBrokenFile:
    def refused(self, desk: Desk, path: Path, by: Mapping) -> str:
        """Return the message with which the file is refused before any row is taken."""
        with pytest.raises(NotUnderstood) as error:
            taken(desk, path, by)
        assert (desk.store.head(), list(desk.put_aside())) == (0, [])
        assert str(error.value).startswith(f"{path}: ")
        return str(error.value)

    def test_missing(self, desk: Desk, tmp_path: Path) -> None:
        """A file that is not there is refused in the system's words."""
        assert "No such file" in self.refused(desk, tmp_path / "none.csv", mapping(tmp_path))

    def test_folder(self, desk: Desk, tmp_path: Path) -> None:
        """A folder is no history."""
        assert "Is a directory" in self.refused(desk, tmp_path, mapping(tmp_path))

    def test_empty(self, desk: Desk, tmp_path: Path) -> None:
        """A file without even a header is refused."""
        (tmp_path / "a.csv").write_bytes(b"")
        assert "empty" in self.refused(desk, tmp_path / "a.csv", mapping(tmp_path))

    def test_header_only(self, desk: Desk, tmp_path: Path) -> None:
        """A header alone is a history in which nothing happened."""
        assert counts(taken(desk, csv(tmp_path / "a.csv", []), mapping(tmp_path))) == (0, 0, 0, 0, 0)

    def test_lacks_a_column(self, desk: Desk, tmp_path: Path) -> None:
        """A header that lacks mapped columns is refused, with the columns lacking and those there are."""
        path = csv(tmp_path / "a.csv", header=HEADER.replace("due", "target").replace("channel", "via"))
        said = self.refused(desk, path, mapping(tmp_path))
        assert "lacks 'channel', 'due'" in said or "lacks 'due', 'channel'" in said
        assert "'target'" in said

    def test_column_twice(self, desk: Desk, tmp_path: Path) -> None:
        """A header with a name twice is refused: nobody knows which is meant."""
        assert "'town' more than once" in self.refused(
            desk, csv(tmp_path / "a.csv", header=HEADER.replace("note", "town")), mapping(tmp_path)
        )

    def test_utf16(self, desk: Desk, tmp_path: Path) -> None:
        """A UTF-16 file under a UTF-8 mapping is refused, with a message that can be printed."""
        said = self.refused(desk, csv(tmp_path / "a.csv", encoding="utf-16"), mapping(tmp_path))
        assert "lacks 'id'" in said
        assert said.encode()

    def test_other_encoding_altogether(self, desk: Desk, tmp_path: Path) -> None:
        """A UTF-8 file under a UTF-16 mapping is refused as no such text."""
        said = self.refused(desk, csv(tmp_path / "a.csv"), mapping(tmp_path, source='encoding = "utf-16"'))
        assert "no text of this encoding" in said

    def test_huge_unclosed_quote(self, desk: Desk, tmp_path: Path) -> None:
        """A quote that is never closed is noticed before it has eaten the memory, and the line is named."""
        rows = ['7,2015-03-05 09:07,,,open,Tel,"never closed,', *[GOOD[0]] * 5_000]
        said = self.refused(desk, csv(tmp_path / "a.csv", rows), mapping(tmp_path))
        assert "broken CSV near line" in said

    def test_no_gzip_after_all(self, desk: Desk, tmp_path: Path) -> None:
        """A file that begins like gzip and is none is refused."""
        (tmp_path / "a.csv").write_bytes(b"\x1f\x8bnot at all")
        assert "gzip" in self.refused(desk, tmp_path / "a.csv", mapping(tmp_path))

    def test_truncated_gzip(self, desk: Desk, tmp_path: Path) -> None:
        """Of a gzip file cut off the batches before the cut are in; the mended file takes the rest."""
        path = many(tmp_path / "a.csv", 3_000)
        whole = gzip.compress(path.read_bytes())
        path.write_bytes(whole[: len(whole) // 2])
        by = mapping(tmp_path)
        tallies: list[Tally] = []
        with pytest.raises(NotUnderstood, match=r"a\.csv: broken gzip data after line \d+"):
            tallies.extend(import_history(desk, path, by, batch=50))
        before = desk.ask("tickets").value
        assert before is not None
        assert 0 < before < 3_000
        assert before % 50 == 0
        path.write_bytes(whole)
        tally = taken(desk, path, by, batch=50)
        assert (tally.rows, tally.known, tally.imported) == (3_000, before, 3_000 - before)
        assert desk.ask("tickets").value == 3_000

    def test_damaged_gzip(self, desk: Desk, tmp_path: Path) -> None:
        """Of a gzip file with a damaged middle nothing wrong gets in, and the damage is named."""
        path = many(tmp_path / "a.csv", 3_000)
        whole = bytearray(gzip.compress(path.read_bytes()))
        whole[len(whole) // 2] ^= 0xFF
        path.write_bytes(whole)
        with pytest.raises(NotUnderstood, match="broken gzip data"):
            taken(desk, path, mapping(tmp_path), batch=50)


def many(path: Path, number: int) -> Path:
    """Write a history of *number* rows, one or two events each."""
    with path.open("w") as file:
        file.write(HEADER + "\n")
        for n in range(number):
            solved = f"2015-03-0{n % 3 + 6} 10:{n % 60:02d}" if n % 2 else ""
            file.write(f"N-{n},2015-03-05 09:07,,{solved},{'done' if n % 2 else 'open'},Tel,town {n % 7},{n * n}\n")
    return path


class TestInterrupted:
    def test_stopped_and_run_again(self, desk: Desk, tmp_path: Path) -> None:
        """Stopped after any batch, an import goes on where it was, and nothing is doubled."""
        path, by = many(tmp_path / "a.csv", 60), mapping(tmp_path)
        with Desk("sqlite:///:memory:", clock=lambda: NOW) as clean:
            taken(clean, path, by)
            recorded: list[int] = []
            for stop in (1, 3, 2):
                running = import_history(desk, path, by, batch=7)
                *_, tally = itertools.islice(running, stop + 1)
                assert isinstance(running, Generator)
                running.close()
                recorded.append(tally.imported + tally.known)
                assert desk.ask("tickets").value == max(recorded)
            assert recorded == [7, 21, 14]
            last = taken(desk, path, by, batch=7)
            assert (last.rows, last.known, last.imported) == (60, 21, 39)
            assert content(desk) == content(clean)

    def test_what_was_yielded_is_recorded(self, desk: Desk, tmp_path: Path) -> None:
        """Every tally is told after its batch is in the log, for another desk to see."""
        path = many(tmp_path / "a.csv", 30)
        with Desk(f"sqlite:///{tmp_path}/desk.db") as other:
            for tally in import_history(desk, path, mapping(tmp_path), batch=10):
                assert other.store.head() == tally.events

    def kill_at_random(self, folder: Path, rounds: int, rows: int) -> None:
        """Kill an import again and again, then let it finish, and compare with a clean one."""
        path, by = many(folder / "a.csv", rows), mapping(folder)
        code = (
            "import sys; from pathlib import Path; from ventanilla import Desk\n"
            "from ventanilla.adapters.history import import_history, read_mapping\n"
            "with Desk(sys.argv[1]) as desk:\n"
            "    for tally in import_history(desk, Path(sys.argv[2]), read_mapping(Path(sys.argv[3])), batch=5):\n"
            "        print(tally.imported + tally.known, flush=True)\n"
        )
        url = f"sqlite:///{folder}/desk.db"
        dice = random.Random(7)
        killed = 0
        for _ in range(rounds):
            child = subprocess.Popen(
                [sys.executable, "-c", code, url, str(path), str(folder / "map.toml")],
                stdout=subprocess.PIPE,
                text=True,
            )
            assert child.stdout is not None
            acknowledged, patience = 0, dice.randrange(2, rows // 5)
            for line in child.stdout:
                acknowledged = int(line)
                patience -= 1
                if patience == 0:
                    child.send_signal(signal.SIGKILL)
                    break
            acknowledged = max([acknowledged, *map(int, child.stdout.read().split())])
            child.stdout.close()
            killed += child.wait() == -signal.SIGKILL
            with Desk(url) as desk:
                present = {ticket for ticket, _ in content(desk)}
                assert {f"acme:N-{n}" for n in range(acknowledged)} <= present
                assert len(present) % 5 == 0
        assert killed > rounds // 2
        with Desk(url) as desk, Desk("sqlite:///:memory:") as clean:
            taken(desk, path, by)
            taken(clean, path, by)
            assert content(desk) == content(clean)
            assert desk.ask("tickets").value == rows
            assert desk.put_aside() == []

    def test_killed(self, tmp_path: Path) -> None:
        """Killed at any moment, an import keeps what it acknowledged, and running it again completes the log."""
        self.kill_at_random(tmp_path, rounds=4, rows=400)

    @pytest.mark.slow
    def test_killed_many_times(self, tmp_path: Path) -> None:
        """The same, thirty times over a longer history."""
        self.kill_at_random(tmp_path, rounds=30, rows=2_000)


class TestMemory:
    def peak(self, folder: Path, rows: int) -> int:
        path, by = many(folder / f"{rows}.csv", rows), mapping(folder)
        with Desk(f"sqlite:///{folder}/{rows}.db", clock=lambda: NOW) as desk:
            tracemalloc.start()
            for _ in import_history(desk, path, by, batch=200):
                pass
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
        return peak

    def test_stays_flat(self, tmp_path: Path) -> None:
        """Ten times the rows need no more memory."""
        self.peak(tmp_path, 400)  # caches and imports
        small, large = self.peak(tmp_path, 2_000), self.peak(tmp_path, 20_000)
        assert large < 1.5 * small
