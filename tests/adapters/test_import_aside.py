"""What an import puts aside, and what it takes as it is."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from imports import GOOD, HEADER, LOG_MAP, MAP, NOW, OPENED, content, counts, csv, events, many, mapping, taken

from ventanilla import Desk
from ventanilla.adapters.history import Mapping, Tally, import_history, retry
from ventanilla.adapters.vault import PutAside
from ventanilla.core.errors import NotUnderstood
from ventanilla.core.events import (
    TicketOpened,
)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with Desk(f"sqlite:///{tmp_path}/desk.db", clock=lambda: NOW) as opened:
        yield opened


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
