"""The City of Boston's requests of 2015, where the public file is at hand: real rows, and a verdict to compare with."""

from __future__ import annotations

import csv
import gzip
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import cast

import public_data
import pytest
from public_data import ROOT

from ventanilla import Desk
from ventanilla.adapters.history import Tally, import_history, read_mapping
from ventanilla.core.events import TicketEvent, VerdictStated
from ventanilla.projections.standard import DUE_DATE
from ventanilla.projections.timekeeper import Timekeeper

DATA = public_data.DATA / "boston311_2015_a"
pytestmark = pytest.mark.skipif(not DATA.exists(), reason="the Boston file is not at hand")


@pytest.fixture(scope="module")
def boston() -> Iterator[tuple[Desk, Tally]]:
    """Give a desk with the whole file in it, and the tally of its import."""
    with Desk("sqlite:///:memory:") as desk:
        *_, tally = import_history(desk, DATA / "requests.csv.gz", read_mapping(ROOT / "examples/boston311.toml"))
        yield desk, tally


def test_every_row_is_taken_or_put_aside(boston: tuple[Desk, Tally]) -> None:
    """Of 63,248 rows the 43 that close before they open are put aside, and all others taken."""
    desk, tally = boston
    assert (tally.rows, tally.imported, tally.aside) == (63_248, 63_205, 43)
    assert {aside.rule for aside in desk.put_aside()} == {"resolve.before_opened"}


def test_our_clock_gives_the_citys_verdict(boston: tuple[Desk, Tally]) -> None:
    """On each closed row with a due date and the city's verdict we say the same: 35,046 and 8,646, less the 43."""
    desk, _ = boston
    answer = desk.ask("verdict_agreement")
    assert (answer.value, answer.n) == (1.0, 35_046 + 8_646 - 43)


def test_the_engine_gives_the_citys_verdict(boston: tuple[Desk, Tally]) -> None:
    """Folded by the engine of all clocks, each closed row with a due date has the city's verdict, without exception."""
    desk, _ = boston
    engine = Timekeeper(clocks=(DUE_DATE,))
    agreed = Counter[bool]()
    for _, history in desk.store.histories(desk.store.head()):
        stated = [event.verdict for _, event in history if isinstance(event, VerdictStated)]
        state = engine.fold(cast("Sequence[tuple[int, TicketEvent]]", history))
        assert state is not None
        (found,) = engine.read(state, state.now[0])
        if stated and found.met_at is not None and found.due is not None:
            agreed[("breached" if found.breached else "met") == stated[-1]] += 1
    assert agreed == {True: 35_046 + 8_646 - 43}


def test_published_figures_come_out(boston: tuple[Desk, Tally]) -> None:
    """Requests by channel, by status and the median hours to close are those that pandas finds, less the 43 rows."""
    desk, _ = boston
    reference = json.loads((DATA / "reference.json").read_text(encoding="utf-8"))
    channels = {name: answer.n for name, answer in desk.ask("tickets", by="channel").items()}
    aside = [json.loads(row.row) for row in desk.put_aside()]
    phone = sum(row["Source"] == "Constituent Call" for row in aside)
    assert channels["phone"] == reference["source"]["Constituent Call"] - phone
    assert channels["twitter"] == reference["source"]["Twitter"]
    assert desk.ask("backlog").n == reference["status"]["Open"]
    assert desk.ask("settled").n == reference["status"]["Closed"] - 43
    median = desk.ask("resolution_time").value
    assert median is not None
    assert median / 3600 == pytest.approx(reference["close_hours"]["median"], rel=0.01)


def test_rebuilt_view_equals_replay(boston: tuple[Desk, Tally]) -> None:
    """The fact table, the table rebuilt, and the log replayed without it are equal, row for row."""
    from ventanilla.projections.runner import replay

    desk, _ = boston
    before = list(desk.facts())
    desk.rebuild()
    assert list(desk.facts()) == before
    assert list(replay(desk.store, desk.store.head(), desk.now())) == before


def test_free_text_stays_out_of_the_log(boston: tuple[Desk, Tally]) -> None:
    """What somebody wrote behind the closure's code is nowhere in the log."""
    desk, _ = boston
    with gzip.open(DATA / "requests.csv.gz", "rt", encoding="utf-8", newline="") as file:
        words = {
            word
            for row in csv.DictReader(file)
            for word in re.findall(r"[A-Za-z']{9,}", row["CLOSURE_REASON"].partition("Case Resolved")[2])
        }
    said: set[str] = set()
    for _, event_of in ((ticket, history) for ticket, history in desk.store.histories(desk.store.head())):
        for _, event in event_of:
            said.update(value for value in _texts(event) if len(value) >= 9)
    assert len(said) < 150  # words from closed lists
    assert {"luminaires", "operational", "contractor"} & words
    assert not {"luminaires", "operational", "contractor"} & {word for text in said for word in text.split()}


def _texts(event: object) -> Iterator[str]:
    for name in ("channel", "category", "team", "code", "by"):
        value = getattr(event, name, None)
        if isinstance(value, str):
            yield value
    yield from getattr(event, "facts", {}).values()
