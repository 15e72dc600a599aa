"""Histories into the log: whole rows, never twice, whatever breaks."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from imports import GOOD, HEADER, LOG_MAP, MAP, NOW, OPENED, content, counts, csv, events, mapping, taken

from ventanilla import Desk, Recorded, hookimpl
from ventanilla.adapters.history import retry
from ventanilla.core.events import (
    TicketClosed,
    TicketDueSet,
    TicketOpened,
    TicketReopened,
    TicketResolved,
    TicketRouted,
)
from ventanilla.plugins import Host


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
