from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import attrs
import pytest

from ventanilla.core.errors import NotUnderstood, PluginError
from ventanilla.core.events import (
    TicketDueSet,
    TicketEvent,
    TicketOpened,
    TicketReopened,
    TicketResolved,
    TicketRouted,
)
from ventanilla.projections.answering import answer
from ventanilla.projections.expressions import AS_OF, column
from ventanilla.projections.metric import Answer, Cut, Metric, Question
from ventanilla.projections.summaries import Count, Mean, Quantile, Share, wilson
from ventanilla.projections.tickets import TicketFacts, fold

BOSTON = ZoneInfo("America/New_York")
AS_OF_MAY = datetime(2026, 5, 1, tzinfo=UTC)


def day(month: int, day_: int, hour: int = 12) -> datetime:
    return datetime(2026, month, day_, hour, tzinfo=UTC)


def row(ticket: str, *history: tuple[int, TicketEvent]) -> TicketFacts:
    folded = fold(None, ticket, history)
    assert folded is not None
    return folded


def opened(at: datetime, channel: str = "phone", **facts: str) -> TicketOpened:
    return TicketOpened(at=at, channel=channel, facts=facts)


ROWS = [
    row(
        "T-1",
        (1, opened(day(1, 5), district="Roxbury")),
        (4, TicketRouted(at=day(1, 5), team="roads")),
        (5, TicketDueSet(at=day(1, 5), due=day(1, 9))),
        (9, TicketResolved(at=day(1, 7), code="fixed")),
    ),
    row(
        "T-2",
        (2, opened(day(1, 6), "mail", district="Dorchester")),
        (6, TicketRouted(at=day(1, 6), team="parks")),
        (7, TicketDueSet(at=day(1, 6), due=day(1, 9))),
        (10, TicketResolved(at=day(2, 6), code="fixed")),
        (11, TicketReopened(at=day(2, 7))),
        (12, TicketResolved(at=day(2, 8), code="fixed")),
    ),
    row("T-3", (3, opened(day(2, 1))), (8, TicketRouted(at=day(2, 1), team="roads"))),
    row("T-4", (13, opened(day(2, 9), "mail"))),
]

TICKETS = Metric(
    name="tickets",
    question="How many?",
    unit="count",
    where=column("opened_at").given(),
    value=column("opened_at"),
    summary=Count(),
    dated=column("opened_at"),
)
SETTLED = Metric(
    name="settled",
    question="How many were settled?",
    unit="count",
    where=column("settled_at").given(),
    value=column("settled_at"),
    summary=Count(),
    dated=column("settled_at"),
)
ON_TIME = Metric(
    name="acme.on_time",
    version=3,
    question="Which share was on time?",
    unit="ratio",
    where=column("settled_at").given() & column("due_at").given(),
    value=column("settled_at") <= column("due_at"),
    summary=Share(),
    dated=column("due_at"),
)
AGE = Metric(
    name="age",
    question="How old?",
    unit="seconds",
    where=~column("settled_at").given(),
    value=AS_OF - column("opened_at"),
    summary=Quantile(0.5),
    dated=column("settled_at"),
)


def ask(
    metric: Metric,
    by: str | None = None,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    zone: ZoneInfo = BOSTON,
    rows: list[TicketFacts] = ROWS,
) -> Cut:
    (cut,) = answer([Question(metric=metric, by=by, since=since, until=until, zone=zone)], rows, AS_OF_MAY)
    return cut


def values(cut: Cut) -> list[tuple[str | None, float | None]]:
    return [(key, found.value) for key, found in cut.items()]


class TestUncut:
    def test_is_one_answer(self) -> None:
        """An uncut question has one answer, with everything that is needed to believe it."""
        assert ask(ON_TIME) == {
            None: Answer(
                value=0.5,
                unit="ratio",
                n=2,
                interval=wilson(1, 2),
                method="Wilson",
                error=(0.25 / 2) ** 0.5,
                numerator=1,
                denominator=2,
                metric="acme.on_time@3",
                zone="America/New_York",
                as_of=AS_OF_MAY,
                evidence=(5, 7, 9, 11, 12),
            )
        }

    def test_says_what_the_rows_lack(self) -> None:
        """What the rows lack is asked when all have been read, and every answer says it."""
        lacking: list[str] = []

        def rows() -> Iterator[TicketFacts]:
            yield from ROWS
            lacking.append("ticket T-9 stands still")

        questions = [Question(metric=TICKETS, zone=BOSTON), Question(metric=TICKETS, by="channel", zone=BOSTON)]
        cuts = answer(questions, rows(), AS_OF_MAY, lacking)
        assert {found.incomplete for cut in cuts for found in cut.values()} == {("ticket T-9 stands still",)}
        assert ask(TICKETS)[None].incomplete == ()

    def test_counts_the_population_only(self) -> None:
        """Rows outside the population are not counted."""
        assert (values(ask(TICKETS)), values(ask(SETTLED))) == ([(None, 4)], [(None, 2)])

    @pytest.mark.parametrize("name", sorted(attrs.fields_dict(TicketFacts)))
    def test_may_ask_for_any_column(self, name: str) -> None:
        """A metric may read any column of the row, and still has evidence or none."""
        asked = attrs.evolve(TICKETS, value=column(name))
        assert ask(asked)[None].n == 4

    def test_of_no_rows_is_answered(self) -> None:
        """Where no row counts a count is 0, a share is unknown, and there is no evidence."""
        none = [ask(metric, rows=[])[None] for metric in (TICKETS, ON_TIME)]
        assert [(found.value, found.n, found.evidence) for found in none] == [(0, 0, ()), (None, 0, ())]

    def test_looks_at_the_instant_of_the_question(self) -> None:
        """What is asked of the present is measured at the instant of the question."""
        ages = [(AS_OF_MAY - day(2, 1)).total_seconds(), (AS_OF_MAY - day(2, 9)).total_seconds()]
        assert ask(AGE)[None].value == sum(ages) / 2

    def test_population_depends_on_the_instant_of_the_question(self) -> None:
        """Rows may belong to the population at one instant and not at another."""
        overdue = Metric(
            name="overdue",
            question="How many are older than their due instant?",
            unit="count",
            where=column("due_at") < AS_OF,
            value=column("due_at"),
            summary=Count(),
            dated=column("due_at"),
        )
        question = Question(metric=overdue, zone=UTC)
        counts = [answer([question], ROWS, as_of)[0][None].value for as_of in (day(1, 9), day(1, 9, hour=13))]
        assert counts == [0, 2]

    def test_names_what_is_measured_and_why_it_counts_as_evidence(self) -> None:
        """The events behind a row's value and those that put it into the population are both evidence."""
        lifetime = attrs.evolve(SETTLED, value=column("settled_at") - column("opened_at"), summary=Quantile(0.5))
        assert ask(lifetime)[None].evidence == (1, 2, 9, 11, 12)

    def test_names_the_due_instant_that_was_breached_as_evidence(self) -> None:
        """A breach comes from the due instant that passed unsettled, not from a softer one set later."""
        softened = row(
            "T-9",
            (1, opened(day(1, 5))),
            (2, TicketDueSet(at=day(1, 5), due=day(1, 9))),
            (3, TicketDueSet(at=day(1, 10), due=day(1, 20))),
        )
        breached = attrs.evolve(TICKETS, where=column("breached_at").given(), value=column("breached_at"))
        found = ask(breached, rows=[softened])[None]
        assert found.n == 1
        assert found.evidence == (2,)

    def test_writes_few_words_of_its_evidence(self) -> None:
        """An answer shown to a person counts its evidence rather than listing it."""
        assert "evidence=<5 positions>, " in repr(ask(ON_TIME)[None])


class TestCutByDimension:
    def test_gives_an_answer_for_each_value(self) -> None:
        """Cut by a dimension, each of its values has an answer, in their order, and what lacks it comes last."""
        assert values(ask(TICKETS, "team")) == [("parks", 1), ("roads", 2), (None, 1)]

    def test_of_no_rows_is_empty(self) -> None:
        """Cut by anything, no rows give no answers."""
        assert ask(TICKETS, "team", rows=[]) == {}

    def test_names_the_cut_as_evidence(self) -> None:
        """The events that put a row into its part belong to the evidence."""
        cut = ask(TICKETS, "team")
        assert {key: found.evidence for key, found in cut.items()} == {
            "parks": (2, 6),
            "roads": (1, 3, 4, 8),
            None: (13,),
        }

    def test_may_lack_the_dimension_altogether(self) -> None:
        """A dimension that no row has is still a dimension."""
        assert values(ask(TICKETS, "priority")) == [(None, 4)]


class TestCutByFact:
    def test_gives_an_answer_for_each_value(self) -> None:
        """A fact given at the opening can be cut by like any dimension."""
        assert values(ask(TICKETS, "district")) == [("Dorchester", 1), ("Roxbury", 1), (None, 2)]

    def test_names_the_opening_as_evidence(self) -> None:
        """A fact comes from the opening, so that is its evidence."""
        cut = ask(SETTLED, "district")
        assert {key: found.evidence for key, found in cut.items()} == {"Dorchester": (2, 11, 12), "Roxbury": (1, 9)}

    def test_may_be_empty_in_one_row_and_missing_in_another(self) -> None:
        """A fact that is empty is a value of its own, and what lacks it still comes last."""
        rows = [row("T-8", (1, opened(day(1, 5), district=""))), row("T-9", (2, opened(day(1, 6))))]
        assert values(ask(TICKETS, "district", rows=rows)) == [("", 1), (None, 1)]

    def test_that_no_row_has_is_not_understood(self) -> None:
        """Cutting by what no row has is refused, and the dimensions there are named."""
        with pytest.raises(NotUnderstood) as error:
            ask(TICKETS, "colour")
        assert str(error.value) == (
            "'colour' is no dimension of these tickets: cut by channel, kind, type, category, priority, team, agent, "
            "code, status, day, week, month, quarter, year, weekday, hour, or by a fact they have"
        )

    def test_of_no_rows_is_empty(self) -> None:
        """Where no row counts nobody can tell whether the fact is known, so there are no answers."""
        assert ask(TICKETS, "colour", rows=[]) == {}


class TestCutByPeriod:
    @pytest.mark.parametrize(
        ("by", "expected"),
        [
            ("day", [("2026-01-05", 1), ("2026-01-06", 1), ("2026-02-01", 1), ("2026-02-09", 1)]),
            ("month", [("2026-01", 2), ("2026-02", 2)]),
            ("weekday", [("1 Mon", 2), ("2 Tue", 1), ("7 Sun", 1)]),
            ("hour", [("07", 4)]),
        ],
    )
    def test_gives_an_answer_for_each_period(self, by: str, expected: list[tuple[str, int]]) -> None:
        """Cut by a period, each period in which a row is dated has an answer, in the order of the calendar."""
        assert values(ask(TICKETS, by)) == expected

    def test_is_told_in_the_zone_of_the_question(self) -> None:
        """An instant belongs to the month that it had where the question is asked."""
        rows = [row("T-9", (1, opened(datetime(2026, 2, 1, 4, 59, tzinfo=UTC))))]
        assert list(ask(TICKETS, "month", rows=rows, zone=BOSTON)) == ["2026-01"]
        assert list(ask(TICKETS, "month", rows=rows, zone=ZoneInfo("UTC"))) == ["2026-02"]

    def test_knows_daylight_saving(self) -> None:
        """The hour is the one on the wall, in winter as in summer."""
        rows = [row("T-8", (1, opened(day(1, 5)))), row("T-9", (2, opened(day(7, 6))))]
        assert values(ask(TICKETS, "hour", rows=rows)) == [("07", 1), ("08", 1)]

    def test_keeps_rows_without_a_date(self) -> None:
        """A row that is in no period has a part of its own."""
        assert [key for key, _ in values(ask(AGE, "month"))] == [None]

    def test_names_the_date_as_evidence(self) -> None:
        """The events that date a row belong to the evidence of a figure cut by period."""
        late = Metric(
            name="late",
            question="How many came by mail?",
            unit="count",
            where=column("channel").equals("mail"),
            value=column("channel"),
            summary=Count(),
            dated=column("settled_at"),
        )
        assert ask(late)[None].evidence == (2, 13)
        assert [found.evidence for found in ask(late, "month").values()] == [(2, 11, 12), (13,)]


class TestSinceAndUntil:
    def test_are_half_open(self) -> None:
        """What is dated at the beginning is in, what is dated at the end is out."""
        second = timedelta(seconds=1)
        assert ask(TICKETS, since=day(1, 6))[None].n == 3
        assert ask(TICKETS, since=day(1, 6) + second)[None].n == 2
        assert ask(TICKETS, until=day(2, 1))[None].n == 2
        assert ask(TICKETS, until=day(2, 1) + second)[None].n == 3
        assert ask(TICKETS, since=day(1, 6), until=day(2, 1))[None].n == 1

    def test_leave_out_what_has_no_date(self) -> None:
        """A row without a date lies in no stretch of time, whether it has a beginning or an end."""
        assert ask(AGE)[None].n == 2
        assert [ask(AGE, since=day(1, 1))[None].n, ask(AGE, until=day(12, 1))[None].n] == [0, 0]

    def test_go_with_a_cut(self) -> None:
        """A stretch of time can be cut by a dimension, and its dates belong to the evidence."""
        cut = ask(TICKETS, "channel", since=day(2, 1))
        assert {key: (found.n, found.evidence) for key, found in cut.items()} == {
            "mail": (1, (13,)),
            "phone": (1, (3,)),
        }

    def test_name_the_date_as_evidence(self) -> None:
        """The events that date a row belong to the evidence of a figure over a stretch of time."""
        assert ask(ON_TIME, "channel")["phone"].evidence == (1, 5, 9)
        by_age = Metric(
            name="mailed",
            question="How many came by mail?",
            unit="count",
            where=column("channel").equals("mail"),
            value=column("channel"),
            summary=Count(),
            dated=column("due_at"),
        )
        assert [ask(by_age)[None].evidence, ask(by_age, since=day(1, 1))[None].evidence] == [(2, 13), (2, 7)]
        assert ask(by_age, until=day(12, 1))[None].evidence == (2, 7)


class TestManyQuestions:
    def test_are_answered_in_their_order(self) -> None:
        """Many questions over one pass give what each gives alone, in their order."""
        pairs: list[tuple[Metric, str | None]] = [(TICKETS, None), (ON_TIME, "team"), (SETTLED, "month")]
        questions = [Question(metric=metric, by=by, zone=BOSTON) for metric, by in pairs]
        assert answer(questions, iter(ROWS), AS_OF_MAY) == [ask(metric, by) for metric, by in pairs]

    def test_of_one_metric_do_not_mix(self) -> None:
        """The same question asked twice is answered twice, not once with twice the rows."""
        question = Question(metric=TICKETS, zone=UTC)
        first, second = answer([question, question], ROWS, AS_OF_MAY)
        assert first == second
        assert first[None].n == 4

    def test_one_that_fails_spoils_no_other(self) -> None:
        """A metric that fails on a row, or on its values, is told with the reason; the others have their answers."""
        on_a_row = attrs.evolve(TICKETS, name="acme.row", where=column("reopens") > column("channel"))
        on_values = attrs.evolve(TICKETS, name="acme.values", summary=Mean())
        questions = [Question(metric=one, zone=BOSTON) for one in (on_a_row, TICKETS, on_values)]
        told: dict[str, str] = {}
        cuts = answer(questions, ROWS, AS_OF_MAY, failing=lambda one, why: told.update({one.metric.name: str(why)}))
        assert cuts == [{}, ask(TICKETS), {}]
        assert told["acme.row"].startswith(
            "the metric acme.row@1 fails on the row of T-1: TypeError: '>' not supported"
        )
        assert told["acme.values"].startswith("the metric acme.values@1 fails on 4 values: TypeError")
        with pytest.raises(PluginError, match=r"the metric acme\.row@1 fails on the row of T-1: TypeError"):
            answer(questions, ROWS, AS_OF_MAY)


class TestMetric:
    def test_is_written_with_its_version(self) -> None:
        """A metric is named together with its version, since another version may answer otherwise."""
        assert str(ON_TIME) == "acme.on_time@3"

    def test_begins_at_version_one_and_takes_no_side(self) -> None:
        """Unless its author says otherwise, a metric is in its first version and neither higher nor lower is better."""
        assert (str(TICKETS), TICKETS.better) == ("tickets@1", "neither")
