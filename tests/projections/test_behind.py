"""The rows behind a figure, and how near they are to being counted otherwise."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from fractions import Fraction

from attrs import frozen
from hypothesis import given
from hypothesis import strategies as st

from ventanilla.plugins.builtin import metrics
from ventanilla.projections.answering import answer
from ventanilla.projections.behind import CountedRow, Population
from ventanilla.projections.expressions import column
from ventanilla.projections.metric import Metric, Question
from ventanilla.projections.summaries import Count
from ventanilla.projections.table import FactTable
from ventanilla.projections.tickets import TicketFacts
from ventanilla.projections.tipping import hits_between, margin, nearest

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
OF_TICKETS = [one for one in metrics() if one.table == "tickets"]
HOURS = st.one_of(st.none(), st.integers(0, 60))


@frozen(kw_only=True)
class Visit:
    """A row of a table that has no key."""

    place: str
    evidence: tuple[int, ...]


VISITS: FactTable[None] = FactTable(
    name="acme.visits", about="one row a visit", row=Visit, reads=None, initial=None,
    fold=lambda state, _: state, rows=lambda _, __: (),
)  # fmt: skip
EVERY_VISIT = Metric(
    name="acme.visits", question="How many?", table="acme.visits", unit="count", where=column("place").given(),
    value=column("place"), summary=Count(), dated=column("place"),
)  # fmt: skip


def hour(count: int | None) -> datetime | None:
    return None if count is None else NOON + timedelta(hours=count)


@st.composite
def tickets(draw: st.DrawFn) -> list[TicketFacts]:
    found: list[TicketFacts] = []
    for number in range(draw(st.integers(0, 8))):
        due, settled, first = draw(HOURS), draw(HOURS), number * 10 + 1
        found.append(
            TicketFacts(
                ticket=f"T-{number}", last_at=NOON, channel="mail", opened_at=NOON, opened_position=first,
                team=draw(st.sampled_from([None, "red", "blue"])), routed_position=first + 1, due_at=hour(due),
                due_position=first + 2, settled_at=hour(settled), settled_position=first + 3,
                stated=draw(st.sampled_from([None, "met", "breached"])), stated_position=first + 4,
            )
        )  # fmt: skip
    return found


class TestBehind:
    @given(tickets(), st.sampled_from(OF_TICKETS), st.sampled_from([None, "team", "day"]))
    def test_come_to_the_figure(self, rows: list[TicketFacts], metric: Metric, by: str | None) -> None:
        """The rows behind any figure of our metrics of tickets come to its value, and their events are its evidence."""
        question = Question(metric=metric, by=by, since=NOON, until=NOON + timedelta(hours=50), zone=UTC)
        (cut,) = answer([question], rows, NOON + timedelta(hours=30))
        found = list(Population(question).behind(rows, NOON + timedelta(hours=30)))
        assert {row.key for row in found} <= cut.keys()
        for key, one in cut.items():
            here = [row for row in found if row.key == key]
            assert metric.summary.of([row.value for row in here]).value == one.value
            assert sorted({position for row in here for position in row.positions}) == list(one.evidence)

    def test_tell_rows_apart_without_a_key(self) -> None:
        """Rows of a table without a key are told apart by their first event and their order, under any dials."""
        question = Question(metric=EVERY_VISIT, zone=UTC)
        rows = [Visit(place="x", evidence=(3, 9)), Visit(place="x", evidence=(5,)), Visit(place="x", evidence=(5,))]
        assert ids(question, rows) == [("x", 3, 1), ("x", 5, 1), ("x", 5, 2)]
        assert ids(question, rows[1:]) == [("x", 5, 1), ("x", 5, 2)]

    def test_say_how_near_they_are(self) -> None:
        """A row of a share says how many seconds it is from the other side."""
        (on_time,) = (metric for metric in metrics() if metric.name == "on_time")
        row = TicketFacts(
            ticket="T", last_at=NOON, channel="mail", opened_at=NOON, opened_position=1, due_at=hour(4),
            settled_at=hour(5), settled_position=2,
        )  # fmt: skip
        (found,) = Population(Question(metric=on_time, zone=UTC)).behind([row], NOON)
        assert (found.value, found.margin, found.name) == (False, 3600, "T")
        (median,) = (metric for metric in metrics() if metric.name == "resolution_time")
        assert margin(median)(row, NOON) is None


class TestTipping:
    @given(st.integers(1, 2_000), st.data())
    def test_hits_are_those_whose_share_lies_between(self, n: int, data: st.DataObject) -> None:
        """A number of yes is implied if, and only if, its share lies between the two."""
        low = Fraction(data.draw(st.integers(0, 999)), 1000)
        high = low + Fraction(data.draw(st.integers(0, 5)), 1000)
        assert list(hits_between(low, high, n)) == [hits for hits in range(n + 1) if low <= Fraction(hits, n) <= high]

    def test_nearest(self) -> None:
        """Of nothing there is no nearest."""
        assert (nearest(range(3, 6), 9), nearest(range(0), 9)) == (5, None)


def ids(question: Question, rows: Iterable[Visit]) -> list[tuple[object, ...]]:
    found: Iterable[CountedRow] = Population(question, VISITS).behind(rows, NOON)
    return [row.id for row in found]
