"""Event logs of real desks, where the public files are at hand, and XES: the published figures come out."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import mean, median
from typing import Any, cast

import pytest
from attrs import define
from public_data import DATA, ROOT

from ventanilla import Desk
from ventanilla.adapters.history import import_history, read_mapping
from ventanilla.core.errors import NotUnderstood
from ventanilla.core.events import Event, FactSet, TicketOpened, TicketReopened

ITALIAN, VOLVO = DATA / "helpdesk_italian", DATA / "bpi2013_closed_problems"

CSV_OF_VOLVO = {
    'kind = "xes"': 'kind = "csv"',
    'key = ["case:concept:name"]': 'key = ["case"]',
}
CSV_OF_ITALIAN = {
    'kind = "xes"': 'kind = "csv"',
    'key = ["case:concept:name"]': 'key = ["Case ID"]\n[instants]\nformat = "%Y/%m/%d %H:%M:%S.%f"\nzone = "UTC"',
    "time:timestamp": "Complete Timestamp",
    "concept:name": "Activity",
    "org:resource": "Resource",
}


@define
class Case:
    """What a desk's log says of a case, in the words of its source."""

    opened: datetime
    last: datetime
    events: int
    reopened: int
    resolved: datetime | None


def case_of(history: Sequence[tuple[int, Event]]) -> Case:
    events = [event for _, event in history]
    assert isinstance(events[0], TicketOpened)
    numbers = [event for event in events if isinstance(event, FactSet) and event.name == "event"]
    reopened = sum(isinstance(event, TicketReopened) for event in events)
    activity, resolved = "", None
    for event in events:
        if isinstance(event, FactSet) and event.name == "activity":
            activity = event.value
        elif isinstance(event, FactSet) and event.name == "event" and activity == "Resolve ticket":
            resolved = event.at
    return Case(events[0].at, numbers[-1].at, len(numbers), reopened, resolved)


def take(desk: Desk, file: Path, mapping: Path) -> list[Case]:
    for tally in import_history(desk, file, read_mapping(mapping)):
        assert tally.aside == 0
    return [case_of(cast("Any", history)) for _, history in desk.store.histories(desk.store.head())]


def mapping(tmp_path: Path, example: str, changes: dict[str, str]) -> Path:
    text = (ROOT / "examples" / example).read_text(encoding="utf-8")
    for old, new in changes.items():
        text = text.replace(old, new)
    path = tmp_path / example
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def desk() -> Iterator[Desk]:
    with Desk("sqlite:///:memory:") as opened:
        yield opened


@pytest.mark.skipif(not ITALIAN.exists(), reason="the Italian log is not at hand")
@pytest.mark.parametrize(("file", "changes"), [("helpdesk.xes.gz", {}), ("helpdesk.csv.gz", CSV_OF_ITALIAN)])
def test_italian_help_desk(desk: Desk, tmp_path: Path, file: str, changes: dict[str, str]) -> None:
    """4,580 cases of 21,348 events, 40.858 days on average; 161 reopenings in 152 cases."""
    cases = take(desk, ITALIAN / file, mapping(tmp_path, "helpdesk_italian.toml", changes))
    reference = json.loads((ITALIAN / "reference.json").read_text(encoding="utf-8"))
    assert (len(cases), sum(case.events for case in cases)) == (reference["cases"], reference["events"])
    days = [(case.last - case.opened) / timedelta(days=1) for case in cases]
    assert round(mean(days), 3) == reference["throughput_days_mean"]
    hours = [(case.resolved - case.opened) / timedelta(hours=1) for case in cases if case.resolved]
    published = reference["resolution_h"]
    assert (len(hours), round(mean(hours), 4), round(median(hours), 4)) == (
        published["n"],
        published["mean"],
        published["median"],
    )
    assert sum(case.reopened for case in cases) == reference["reopen_events"]
    assert sum(case.reopened > 0 for case in cases) == reference["reopen_cases"]


@pytest.mark.skipif(not VOLVO.exists(), reason="the log of problems is not at hand")
@pytest.mark.parametrize(
    ("file", "changes"),
    [("bpi2013_closed_problems.xes.gz", {}), ("bpi2013_closed_problems.csv.gz", CSV_OF_VOLVO)],
)
def test_problems_of_volvo(desk: Desk, tmp_path: Path, file: str, changes: dict[str, str]) -> None:
    """1,487 cases of 6,660 events, 178.885 days on average, 82.022 in the median; 81 reopenings in 61 cases."""
    cases = take(desk, VOLVO / file, mapping(tmp_path, "volvo_problems.toml", changes))
    reference = json.loads((VOLVO / "reference.json").read_text(encoding="utf-8"))
    assert (len(cases), sum(case.events for case in cases)) == (reference["cases"], reference["events"])
    days = [(case.last - case.opened) / timedelta(days=1) for case in cases]
    published = reference["throughput_days"]
    assert (round(mean(days), 3), round(median(days), 3)) == (published["mean"], published["median"])
    assert sum(case.reopened for case in cases) == reference["reopen_events"]
    assert sum(case.reopened > 0 for case in cases) == reference["reopen_cases"]
    impacts = Counter(row.priority for row in desk.facts())
    assert impacts == reference["cases_per_impact_last_event"]


MAPPING = """
format = "ventanilla-map/1"
name = "log"
[source]
kind = "xes"
events = true
key = ["case:concept:name"]
[[steps]]
do = "open"
at = "time:timestamp"
when = { column = "event:number", is = ["1"] }
channel = { constant = "mail" }
[[steps]]
do = "set_fact"
at = "time:timestamp"
name = { constant = "activity" }
value = "concept:name"
"""
LOG = """<?xml version="1.0"?>
<log xmlns="http://www.xes-standard.org/">
  <global scope="event"><string key="concept:name" value="UNKNOWN"/></global>
  <trace>
    <string key="concept:name" value="C-1"/>
    <event>
      <string key="concept:name" value="first"/>
      <date key="time:timestamp" value="2026-01-05T09:00:00+01:00"/>
    </event>
    <event>
      <string key="concept:name" value="second"><string key="concept:name" value="nested"/></string>
      <date key="time:timestamp" value="2026-01-05T10:00:00+01:00"/>
    </event>
  </trace>
</log>
"""


class TestXes:
    def test_an_event_a_row(self, desk: Desk, tmp_path: Path) -> None:
        """What is said of a trace names the ticket, what is said of its events happens to it; twice adds nothing."""
        file, map_ = tmp_path / "log.xes", tmp_path / "log.toml"
        file.write_text(LOG)
        map_.write_text(MAPPING)
        tallies = [list(import_history(desk, file, read_mapping(map_)))[-1] for _ in range(2)]
        assert [(tally.rows, tally.known) for tally in tallies] == [(2, 0), (2, 2)]
        events = [recorded.event for recorded in desk.log("log:C-1")]
        assert [event.at.astimezone(UTC).hour for event in events] == [8, 8, 9]
        assert [event.value for event in events if isinstance(event, FactSet)] == ["first", "second"]

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            (LOG[:-20], "breaks off|no XML"),
            ("no log", "no XML"),
            ("<html></html>", "not a log of XES"),
            (LOG.replace("<log", "<!DOCTYPE log [<!ENTITY a 'b'>]>\n<log", 1), "document type"),
        ],
    )
    def test_what_is_no_log(self, desk: Desk, tmp_path: Path, text: str, said: str) -> None:
        """It is refused in a line that names the file."""
        file, map_ = tmp_path / "log.xes", tmp_path / "log.toml"
        file.write_text(text)
        map_.write_text(MAPPING)
        with pytest.raises(NotUnderstood, match=said):
            list(import_history(desk, file, read_mapping(map_)))
