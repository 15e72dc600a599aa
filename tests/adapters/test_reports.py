"""Rows that report: facts on customers, feedback, calls; sheets put into shape; and what the author is told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ventanilla import Desk
from ventanilla.adapters.history import Tally, import_history, read_mapping, retry
from ventanilla.adapters.history.reports import Slot, reportables, value_of
from ventanilla.core import events as on
from ventanilla.core.errors import NotUnderstood
from ventanilla.core.events import Event
from ventanilla.core.rights import TABLE

HEAD = """
format = "ventanilla-map/1"
name = "acme"
[source]
key = ["id"]
#source#
[instants]
zone = "UTC"
"""
MAP = (
    HEAD
    + """
[[steps]]
do = "open"
at = "at"
channel = { constant = "phone" }
[[steps]]
do = "report"
event = "call.ended"
at = "at"
[steps.fields]
call = "id"
direction = { constant = "inbound" }
outcome = { column = "got", values = { y = "answered", n = "abandoned" } }
waited = "waited"
talked = "talked"
[[steps]]
do = "report"
event = "feedback.survey-offered"
at = "at"
when = { column = "score", given = true }
[steps.fields]
survey = { constant = "after call" }
version = { constant = "1" }
about_kind = { constant = "ticket" }
about = { column = "id", id = true }
channel = { constant = "phone" }
blind = { constant = "false" }
[[steps]]
do = "report"
event = "feedback.survey-answered"
at = "at"
when = { column = "score", given = true }
[steps.fields]
question = { constant = "q" }
instrument = { constant = "csat" }
wording = { constant = "1" }
score = "score"
lowest = { constant = "1" }
highest = { constant = "5" }
"""
)
HEADER = "id,at,got,waited,talked,score"
GOOD = ["1,2026-01-05T09:00,y,12.0,0:02:23,4", "2,2026-01-05T10:00,n,9,,"]
AT = datetime(2026, 1, 5, 9, tzinfo=UTC)


@pytest.fixture
def desk() -> Iterator[Desk]:
    with Desk("sqlite:///:memory:") as desk:
        yield desk


def taken(desk: Desk, tmp_path: Path, mapping: str, lines: list[str]) -> Tally:
    """Import *lines* by *mapping*, and return the tally."""
    (tmp_path / "map.toml").write_text(mapping, encoding="utf-8")
    (tmp_path / "rows.csv").write_text("\n".join(lines), encoding="utf-8")
    *_, tally = import_history(desk, tmp_path / "rows.csv", read_mapping(tmp_path / "map.toml"))
    return tally


def told(desk: Desk, stream: str) -> list[Event]:
    """Return what happened on *stream*."""
    return [recorded.event for recorded in desk.log(stream)]


class TestReports:
    def test_a_row_tells_of_several_streams(self, desk: Desk, tmp_path: Path) -> None:
        """One row opens a ticket, tells of its call, and of what the caller answered about it."""
        tally = taken(desk, tmp_path, MAP, [HEADER, *GOOD])
        assert (tally.rows, tally.imported, tally.aside, tally.events) == (2, 2, 0, 6)
        assert told(desk, "acme:1")[1] == on.CallEnded(
            at=AT, call="1", direction="inbound", outcome="answered", waited=12, talked=143
        )
        offered, answered = told(desk, "feedback/acme:1")
        assert isinstance(offered, on.SurveyOffered)
        assert (offered.about, offered.version, offered.blind) == ("acme:1", 1, False)
        assert isinstance(answered, on.SurveyAnswered)
        assert (answered.score, answered.lowest, answered.highest) == (4.0, 1.0, 5.0)
        assert {(one.actor, one.cause) for one in desk.log("feedback/acme:1")} == {("importer:acme", "row:rows.csv:2")}

    def test_empty_is_unknown(self, desk: Desk, tmp_path: Path) -> None:
        """An empty cell leaves out a field that the event can do without: it is then what it is without."""
        taken(desk, tmp_path, MAP, [HEADER, *GOOD])
        call = told(desk, "acme:2")[1]
        assert isinstance(call, on.CallEnded)
        assert (call.outcome, call.agent, call.talked) == ("abandoned", None, 0)

    def test_again_adds_nothing(self, desk: Desk, tmp_path: Path) -> None:
        """The same file again is known row by row."""
        taken(desk, tmp_path, MAP, [HEADER, *GOOD])
        head = desk.store.head()
        tally = taken(desk, tmp_path, MAP, [HEADER, *GOOD])
        assert (tally.known, tally.imported, tally.events, desk.store.head()) == (2, 0, 0, head)

    def test_goes_on_after_a_stop(self, desk: Desk, tmp_path: Path) -> None:
        """Stopped after a batch, the same call takes the rest, on all streams."""
        taken(desk, tmp_path, MAP, [HEADER])
        (tmp_path / "rows.csv").write_text("\n".join([HEADER, *GOOD]))
        run = import_history(desk, tmp_path / "rows.csv", read_mapping(tmp_path / "map.toml"), batch=1)
        next(run)
        assert next(run).imported == 1
        del run
        *_, tally = import_history(desk, tmp_path / "rows.csv", read_mapping(tmp_path / "map.toml"))
        assert (tally.known, tally.imported) == (1, 1)

    @pytest.mark.parametrize(
        ("line", "column", "value", "rule", "reason"),
        [
            ("3,2026-01-05T09:00,y,1,1,7", "score", "7", "report.impossible", "is not on the scale from 1.0 to 5.0"),
            ("3,2026-01-05T09:00,y,-4,1,3", "waited", "-4", "report.impossible", "waited cannot be -4"),
            ("3,2026-01-05T09:00,y,soon,1,3", "waited", "soon", "value.unfit", "is no number"),
            ("3,2026-01-05T09:00,y,,1,3", "waited", "", "value.empty", "is empty"),
            ("3,2026-01-05T09:00,y,1.5,1,3", "waited", "1.5", "value.unfit", "is no whole number"),
            ("3,2026-01-05T09:00,maybe,1,1,3", "got", "maybe", "value.unknown", "is a word that the mapping"),
        ],
    )
    def test_a_bad_cell_puts_the_row_aside(
        self, desk: Desk, tmp_path: Path, line: str, column: str, value: str, rule: str, reason: str
    ) -> None:
        """The row is put aside whole, with line, column, value and reason; nothing of it is on any stream."""
        tally = taken(desk, tmp_path, MAP, [HEADER, line, GOOD[0]])
        assert (tally.imported, tally.aside) == (1, 1)
        (aside,) = desk.put_aside()
        assert (aside.line, aside.column, aside.value, aside.rule) == (2, column, value, rule)
        assert reason in aside.reason
        assert not desk.log("acme:3")
        assert not desk.log("feedback/acme:3")

    def test_a_mended_mapping_takes_it(self, desk: Desk, tmp_path: Path) -> None:
        """What was put aside is taken when the mapping knows the word, and leaves the quarantine."""
        taken(desk, tmp_path, MAP, [HEADER, "3,2026-01-05T09:00,maybe,1,1,3"])
        (tmp_path / "map.toml").write_text(MAP.replace('n = "abandoned"', 'n = "abandoned", maybe = "missed"'))
        tally = retry(desk, read_mapping(tmp_path / "map.toml"))
        assert (tally.imported, desk.put_aside()) == (1, [])
        assert told(desk, "feedback/acme:3")

    def test_customers(self, desk: Desk, tmp_path: Path) -> None:
        """A mapping of reports alone opens no ticket; the first row of a customer makes them known."""
        mapping = HEAD.replace('["id"]', '["who"]').replace("#source#", 'events = true\norder = "at"') + (
            '[[steps]]\ndo = "report"\nevent = "customer.added"\nat = "at"\n'
            'when = { column = "event:number", is = ["1"] }\n'
            '[[steps]]\ndo = "report"\nevent = "customer.order-placed"\nat = "at"\n'
            "[steps.fields]\n"
            'order = "id"\namount = { column = "euros", times = 100 }\ncurrency = { constant = "EUR" }\n'
        )
        lines = ["who,id,at,euros", "ana,o2,2026-01-06,0.29", "ana,o1,2026-01-05,29.85"]
        assert taken(desk, tmp_path, mapping, lines).imported == 2
        added, *orders = told(desk, "customer/acme:ana")
        assert isinstance(added, on.CustomerAdded)
        assert [(one.order, one.amount) for one in orders if isinstance(one, on.OrderPlaced)] == [
            ("o1", 2985),
            ("o2", 29),
        ]

    def test_of_another(self, desk: Desk, tmp_path: Path) -> None:
        """A report may be of another than the row's key: its id is made like the key's."""
        mapping = HEAD + '[[steps]]\ndo = "report"\nevent = "customer.added"\nat = "at"\nof = "who"\n'
        taken(desk, tmp_path, mapping, ["id,who,at", "1,ana,2026-01-05"])
        assert told(desk, "customer/acme:ana")

    def test_conditions_on_instants(self, desk: Desk, tmp_path: Path) -> None:
        """A step may depend on which of two instants is first; if one is missing neither holds."""
        mapping = HEAD + (
            '[[steps]]\ndo = "open"\nat = "at"\nchannel = { constant = "mail" }\n'
            '[[steps]]\ndo = "set_fact"\nat = "at"\nname = { constant = "clocks" }\nvalue = { constant = "agree" }\n'
            'when = { column = "answered", not_before = "at" }\n'
            '[[steps]]\ndo = "set_fact"\nat = "at"\nname = { constant = "clocks" }\nvalue = { constant = "disagree" }\n'
            'when = { column = "answered", before = "at" }\n'
        )
        taken(
            desk,
            tmp_path,
            mapping,
            ["id,at,answered", "1,2026-01-05,2026-01-05", "2,2026-01-05,2026-01-04", "3,2026-01-05,", "4,2026-01-05,?"],
        )
        facts = [[one.value for one in told(desk, f"acme:{n}") if isinstance(one, on.FactSet)] for n in (1, 2, 3, 4)]
        assert facts == [["agree"], ["disagree"], [], []]


SHEET = [
    "Figures of the north",
    "",
    "dept,measure,2026-01,Q1,2026-02",
    "sales,won,1,1,2",
    ",lost,3,3,",
    "care,won,5,5,6",
]
SHEET_MAP = (
    HEAD.replace('["id"]', '["signal"]').replace(
        "#source#",
        "header = 3\nfill = ['dept']\nunpivot = { columns = '\\d{4}-\\d\\d', name = 'month', value = 'figure' }\n"
        "constants = { scale = '10' }\n"
        "joined = { signal = ['file:name', 'dept', 'measure', 'month'] }",
    )
    + """
[instants.columns.month]
format = "%Y-%m"
zone = "UTC"
[[ignore]]
column = "figure"
given = false
[[steps]]
do = "report"
event = "feedback.signal-recorded"
at = "month"
[steps.fields]
subject = "file:name"
indicator = "measure"
score = "figure"
lowest = { constant = "0" }
highest = "scale"
"""
)


class TestSheets:
    def test_shape(self, desk: Desk, tmp_path: Path) -> None:
        """A sheet's header is found, words are filled down, each month becomes a row, other columns stay out."""
        tally = taken(desk, tmp_path, SHEET_MAP, SHEET)
        assert (tally.rows, tally.imported, tally.ignored, tally.aside) == (6, 5, 1, 0)
        (lost,) = told(desk, "feedback/acme:rows.csv sales lost 2026-01")
        assert lost == on.SignalRecorded(
            at=datetime(2026, 1, 1, tzinfo=UTC), subject="rows.csv", indicator="lost", score=3, lowest=0, highest=10
        )
        assert told(desk, "feedback/acme:rows.csv care won 2026-02")

    def test_again_adds_nothing(self, desk: Desk, tmp_path: Path) -> None:
        """A sheet again adds nothing; a cell that was filled in later is taken."""
        taken(desk, tmp_path, SHEET_MAP, SHEET)
        tally = taken(desk, tmp_path, SHEET_MAP, [line.replace(",lost,3,3,", ",lost,3,3,4") for line in SHEET])
        assert (tally.known, tally.imported) == (5, 1)

    def test_a_bad_cell_is_kept_in_shape(self, desk: Desk, tmp_path: Path) -> None:
        """A cell that cannot be is put aside with its own month, and taken again from there."""
        taken(desk, tmp_path, SHEET_MAP, [line.replace("won,5,5,6", "won,5,5,66") for line in SHEET])
        (aside,) = desk.put_aside()
        assert (aside.line, aside.column, aside.value) == (6, "figure", "66")
        assert json.loads(aside.row)["month"] == "2026-02"
        (tmp_path / "map.toml").write_text(SHEET_MAP.replace("'10'", "'100'"), encoding="utf-8")
        assert retry(desk, read_mapping(tmp_path / "map.toml")).aside == 1  # the constant lies with the row, as it was
        (tmp_path / "map.toml").write_text(SHEET_MAP.replace('"scale"', '{ constant = "100" }'), encoding="utf-8")
        assert retry(desk, read_mapping(tmp_path / "map.toml")).imported == 1

    def test_a_missing_part_is_named(self, desk: Desk, tmp_path: Path) -> None:
        """A column that the shape needs and the file lacks is named."""
        with pytest.raises(NotUnderstood, match="the header lacks 'dept'"):
            taken(desk, tmp_path, SHEET_MAP, [line.replace("dept", "unit") for line in SHEET])

    def test_order(self, desk: Desk, tmp_path: Path) -> None:
        """Rows of a file with the newest first are taken oldest first; an unreadable instant is still put aside."""
        mapping = HEAD.replace("#source#", 'events = true\norder = "at"') + (
            '[[steps]]\ndo = "open"\nat = "at"\nchannel = { constant = "x" }\n'
            'when = { column = "event:number", is = ["1"] }\n'
            '[[steps]]\ndo = "report"\nevent = "message.received"\nat = "at"\n'
            '[steps.fields]\nmessage = "m"\nchannel = { constant = "x" }\n'
        )
        lines = ["id,at,m", "1,2026-01-06,b", "1,2026-01-05,a", "2,never,c"]
        assert taken(desk, tmp_path, mapping, lines).aside == 1
        assert [one.message for one in told(desk, "acme:1") if isinstance(one, on.MessageReceived)] == ["a", "b"]


class TestMistakes:
    @pytest.mark.parametrize(
        ("old", "new", "said"),
        [
            ('"call.ended"', '"call.endet"', ("unknown event 'call.endet'", "call.ended", "steps[1].event")),
            ('"call.ended"', '"customer.erased"', ("unknown event 'customer.erased'", "steps[1].event")),
            ('call = "id"', 'cal = "id"', ("call.ended has no field 'cal'", "waited", "steps[1].fields.cal")),
            ('call = "id"\n', "", ("call.ended needs call", "steps[1].fields")),
            ('"inbound"', '"inwards"', ("'inwards' is none of inbound, outbound", "steps[1].fields.direction")),
            ('version = { constant = "1" }', 'version = { constant = "a" }', ("'a' is no number", "fields.version")),
            ('constant = "false"', 'constant = "no"', ("'no' is neither true nor false", "fields.blind")),
            ('call = "id"', 'call = { column = "id", times = 2 }', ("no number that can be multiplied", "fields.call")),
            ('score = "score"', 'score = "score"\ncomment = "note"', ("is personal", "steps[3].fields.comment")),
            ('score = "score"', 'score = { column = "s", pattern = "(" }', ("'('", "steps[3].fields")),
            ('event = "call.ended"\n', "", ("missing key", "`event`", "steps[1]")),
            ("[instants]", 'unpivot = { columns = "(", name = "n", value = "v" }\n[instants]', ("source.unpivot",)),
            ("[instants]", 'kind = "jsonl"\nheader = 2\n[instants]', ("are of CSV sheets", "`source`")),
            ("[instants]", "header = 0\n[instants]", ("source.header",)),
        ],
    )
    def test_said_in_one_line(self, tmp_path: Path, old: str, new: str, said: tuple[str, ...]) -> None:
        """What is wrong in a mapping is said in one line that names the place."""
        assert old in MAP
        path = tmp_path / "map.toml"
        path.write_text(MAP.replace(old, new, 1), encoding="utf-8")
        with pytest.raises(NotUnderstood) as error:
            read_mapping(path)
        message = str(error.value)
        assert "\n" not in message
        for word in said:
            assert word in message


class TestReportables:
    def test_all_that_an_import_may_record(self) -> None:
        """Whatever the importer's grant has can be reported, but for events that no cells can fill."""
        grant = next(grant for grant in TABLE if grant.name == "importer")
        topics = {event.TOPIC.rpartition("/")[0] for event in grant.events}
        assert topics - set(reportables()) == {"ticket.split"}
        assert set(reportables()) <= topics

    @pytest.mark.parametrize(
        ("sort", "text", "value"),
        [("whole", "12.0", 12), ("whole", "0:02:23", 143), ("number", "-1.5", -1.5), ("truth", "True", True)],
    )
    def test_values(self, sort: str, text: str, value: object) -> None:
        """A cell is read as its field needs it."""
        assert value_of(Slot(sort=sort, required=True), text) == value  # type: ignore[arg-type]

    @pytest.mark.parametrize("text", ["", "nan", "inf", "1:2", "a:00:01", "0:0:x", "1e99", "1e999999999"])
    def test_no_number(self, text: str) -> None:
        """What is no finite number is refused."""
        with pytest.raises(ValueError, match="is no"):
            value_of(Slot(sort="whole", required=True), text)
