from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import attrs
import pytest
from attrs import frozen

from ventanilla.core import events as on
from ventanilla.core.errors import NotUnderstood, PluginError
from ventanilla.core.events import Event
from ventanilla.core.recorded import Recorded, Unreadable
from ventanilla.projections.answering import answer
from ventanilla.projections.customers import CUSTOMERS, CustomerFacts
from ventanilla.projections.expressions import column
from ventanilla.projections.joins import Joins, joins_needed
from ventanilla.projections.metric import Answer, Cut, Metric, Question
from ventanilla.projections.parked import Parked
from ventanilla.projections.summaries import Count, Quantile, Share
from ventanilla.projections.table import FactTable, read
from ventanilla.projections.tickets import TICKETS, TicketFacts

NINE = datetime(2026, 1, 5, 9, tzinfo=UTC)
LATER = NINE + timedelta(days=400)


def hours(count: float) -> datetime:
    return NINE + timedelta(hours=count)


def recorded(position: int, stream: str, event: Event) -> Recorded:
    return Recorded(
        position=position,
        stream=stream,
        version=position,
        recorded_at=event.at,
        actor="agent:a",
        allowed_by="1/agent",
        cause="command:c",
        event=event,
    )


def stories(*lines: tuple[int, str, Event]) -> list[tuple[str, Sequence[Recorded | Unreadable]]]:
    found: dict[str, list[Recorded | Unreadable]] = {}
    for position, stream, event in lines:
        found.setdefault(stream, []).append(recorded(position, stream, event))
    return list(found.items())


@frozen(kw_only=True)
class Promise:
    """A row of the table that these tests make."""

    ticket: str
    promise: str
    made_at: datetime
    kept: bool
    repeated: bool = False
    evidence: tuple[int, ...]


def fold(promises: Mapping[str, Promise], told: Recorded) -> Mapping[str, Promise]:
    match told.event:
        case on.PromiseMade(promise=name, at=at):
            made = Promise(ticket=told.stream, promise=name, made_at=at, kept=False, evidence=(told.position,))
            return {**promises, name: made}
        case on.PromiseKept(promise=name):
            before = promises[name]
            kept = attrs.evolve(before, kept=True, evidence=(*before.evidence, told.position))
            return {**promises, name: kept}
        case _:
            return promises


def rows(promises: Mapping[str, Promise], _: datetime) -> Iterable[Promise]:
    return promises.values()


NONE: Mapping[str, Promise] = {}
PROMISES = FactTable(
    name="acme.promises",
    about="one row a promise",
    row=Promise,
    reads=frozenset({on.PromiseMade, on.PromiseKept}),
    initial=NONE,
    fold=fold,
    rows=rows,
    dimensions=("promise",),
)
KEPT = Metric(
    name="acme.kept",
    question="Which share of the promises was kept?",
    table="acme.promises",
    unit="ratio",
    where=column("made_at").given(),
    value=column("kept"),
    summary=Share(),
    dated=column("made_at"),
)


def made(name: str, at: datetime) -> on.PromiseMade:
    return on.PromiseMade(at=at, promise=name, due=at + timedelta(hours=4), what="call_back")


STORIES = stories(
    (2, "T-1", made("a", hours(0))),
    (3, "T-1", on.PromiseKept(at=hours(1), promise="a")),
    (5, "T-2", made("b", hours(2))),
    (6, "T-2", made("c", hours(800))),
)
TICKET_ROWS = {
    "T-1": TicketFacts(
        ticket="T-1", last_at=NINE, channel="mail", customer="c-1", opened_at=NINE, opened_position=1,
        customer_position=1, team="red", routed_position=7, facts={"shop": "Lugo"},
    ),
    "T-2": TicketFacts(ticket="T-2", last_at=NINE, channel="phone", opened_at=NINE, opened_position=4),
}  # fmt: skip
ANA = CustomerFacts(customer="c-1", segment="gold", profile={"region": "north"}, evidence=(8, 9))
JOINS = Joins(tickets=TICKET_ROWS, customers={"c-1": ANA})


def ask(metric: Metric = KEPT, by: str | None = None, *, only: Mapping[str, str] | None = None, pooled: int = 1) -> Cut:
    question = Question(metric=metric, by=by, only=only or {}, pooled=pooled, zone=UTC)
    (cut,) = answer([question], read(PROMISES, STORIES, LATER), LATER, table=PROMISES, joins=JOINS)
    return cut


def told(cut: Cut) -> dict[str | None, tuple[float | None, tuple[int, ...]]]:
    return {key: (found.value, found.evidence) for key, found in cut.items()}


class TestRead:
    def test_folds_each_stream_alone(self) -> None:
        """Every stream begins with the initial state, and gives its own rows."""
        assert [(row.ticket, row.promise, row.kept) for row in read(PROMISES, STORIES, LATER)] == [
            ("T-1", "a", True),
            ("T-2", "b", False),
            ("T-2", "c", False),
        ]

    def test_leaves_out_what_happened_later(self) -> None:
        """Rows stand as they did at the instant."""
        assert [(row.promise, row.kept) for row in read(PROMISES, STORIES, hours(0))] == [("a", False)]

    def test_goes_by_when_it_happened(self) -> None:
        """What was recorded late is folded where it belongs; equal instants go by position."""
        seen: list[int] = []

        def watch(state: None, one: Recorded) -> None:
            seen.append(one.position)
            return state

        watching = FactTable(
            name="seen", about="", row=Promise, reads=None, initial=None, fold=watch, rows=lambda *_: ()
        )
        history = [(1, "T", made("a", hours(2))), (2, "T", made("b", hours(1))), (3, "T", made("c", hours(1)))]
        assert list(read(watching, stories(*history), LATER)) == []
        assert seen == [2, 3, 1]

    def test_stops_at_what_cannot_be_read(self) -> None:
        """A stream with an event that cannot be read stands as before it, and is told with how many events wait."""
        lost = Unreadable(position=9, topic="ticket.lost/9", reason="position 9 is lost")
        (name, history), *others = STORIES
        parked: list[Parked] = []
        broken = [(name, [history[0], lost, history[1]]), *others]
        assert [row.kept for row in read(PROMISES, broken, LATER, parked.append)] == [False, False, False]
        assert parked == [
            Parked(stream="T-1", position=9, topic="ticket.lost/9", reason="position 9 is lost", events=2)
        ]

    def test_a_fold_that_fails_is_named(self) -> None:
        """A fold that raises, or wants to end the process, fails with the table's name and the position."""
        broken = stories((3, "T-9", on.PromiseKept(at=NINE, promise="never made")))
        with pytest.raises(PluginError, match=r"acme\.promises@1 fails on T-9, at position 3 of the log: KeyError"):
            list(read(PROMISES, broken, LATER))

        def leave(state: Mapping[str, Promise], one: Recorded) -> Mapping[str, Promise]:
            raise SystemExit(3)

        with pytest.raises(PluginError, match="SystemExit"):
            list(read(attrs.evolve(PROMISES, fold=leave), STORIES, LATER))

    def test_rows_may_depend_on_others(self) -> None:
        """A table may make its rows anew with all of them at hand."""

        def across(all_rows: Sequence[Promise], _: datetime) -> Iterable[Promise]:
            return [attrs.evolve(row, repeated=place > 0) for place, row in enumerate(all_rows)]

        again = attrs.evolve(PROMISES, across=across)
        assert [row.repeated for row in read(again, STORIES, LATER)] == [False, True, True]
        with pytest.raises(PluginError, match=r"acme\.promises@1 fails on all its rows: ZeroDivisionError"):
            list(read(attrs.evolve(PROMISES, across=lambda found, _: [1 // 0]), STORIES, LATER))


class TestJoins:
    def test_a_row_has_its_own_evidence(self) -> None:
        """The events behind a row are those that it names."""
        assert ask() == {
            None: Answer(
                value=1 / 3, unit="ratio", n=3, interval=Share().of([1, 0, 0]).interval, method="Wilson",
                error=Share().of([1, 0, 0]).error, numerator=1, denominator=3, metric="acme.kept@1",
                table="acme.promises@1", as_of=LATER, evidence=(2, 3, 5, 6),
            )
        }  # fmt: skip

    def test_a_row_is_cut_by_its_ticket(self) -> None:
        """A row with a ticket has the ticket's dimensions, and the events that gave them are evidence."""
        assert told(ask(by="channel")) == {"mail": (1, (1, 2, 3)), "phone": (0, (4, 5, 6))}
        assert told(ask(by="team")) == {"red": (1, (2, 3, 7)), None: (0, (5, 6))}

    def test_a_row_is_cut_by_a_fact_of_its_ticket(self) -> None:
        """A fact given at the opening is a dimension of all rows of the ticket."""
        assert told(ask(by="shop")) == {"Lugo": (1, (1, 2, 3)), None: (0, (4, 5, 6))}

    def test_a_row_is_cut_by_its_customer(self) -> None:
        """A row whose ticket has a customer has the customer's dimensions and profile."""
        assert told(ask(by="segment")) == {"gold": (1, (2, 3, 8, 9)), None: (0, (5, 6))}
        assert {key: found.value for key, found in ask(by="region").items()} == {"north": 1, None: 0}

    def test_one_value_alone_may_count(self) -> None:
        """A question may be narrowed to one value of a dimension."""
        assert told(ask(only={"channel": "phone"})) == {None: (0, (4, 5, 6))}
        assert told(ask(only={"promise": "a"}, by="team")) == {"red": (1, (2, 3, 7))}

    def test_what_is_missing_is_unknown(self) -> None:
        """A row whose ticket is not there still counts, with nothing known of the ticket."""
        question = Question(metric=KEPT, by="channel", zone=UTC)
        (cut,) = answer([question], read(PROMISES, STORIES, LATER), LATER, table=PROMISES)
        assert told(cut) == {None: (1 / 3, (2, 3, 5, 6))}

    def test_only_what_is_read_is_needed(self) -> None:
        """Whoever answers is told which other tables must be at hand."""
        needs = {by: joins_needed([Question(metric=KEPT, by=by, zone=UTC)], PROMISES) for by in _CUTS}
        both = {"tickets", "customers"}
        assert needs == {None: set(), "promise": set(), "month": set(), "team": {"tickets"}, "segment": both}
        of_tickets = attrs.evolve(KEPT, table="tickets", value=column("reopens") > 0, dated=column("opened_at"))
        of_tickets = attrs.evolve(of_tickets, where=column("opened_at").given())
        assert joins_needed([Question(metric=of_tickets, by="team", zone=UTC)], TICKETS) == set()
        assert joins_needed([Question(metric=of_tickets, by="segment", zone=UTC)], TICKETS) == {"customers"}

    def test_an_unknown_column_is_named(self) -> None:
        """A metric that reads what no row has is refused by name."""
        wrong = attrs.evolve(KEPT, value=column("kpet"))
        with pytest.raises(
            NotUnderstood, match=r"acme\.kept@1 reads kpet, which is no column of the table acme\.promises"
        ):
            ask(wrong)


_CUTS = (None, "promise", "month", "team", "segment")


class TestPopulation:
    def test_counts_what_it_leaves_out(self) -> None:
        """Rows that are left out are counted by the reason, and belong to no figure."""
        narrow = attrs.evolve(KEPT, excludes={"too new": column("made_at") > column("opened_at")})
        found = ask(narrow)[None]
        assert (found.value, found.n, found.excluded) == (1, 1, {"too new": 2})

    def test_says_how_many_have_no_value(self) -> None:
        """Rows of the population without a value are told, not taken for 0."""
        lifetime = attrs.evolve(KEPT, unit="seconds", value=column("made_at") - column("due_at"), summary=Quantile(0.5))
        found = ask(lifetime)[None]
        assert (found.value, found.n, found.excluded) == (None, 0, {"no value": 3})

    def test_pools_periods(self) -> None:
        """A pooled figure is of the rows of its period and those before it, not a mean of figures."""
        counted = attrs.evolve(KEPT, unit="count", summary=Count())
        assert {key: found.value for key, found in ask(counted, "month").items()} == {"2026-01": 2, "2026-02": 1}
        pooled = ask(counted, "month", pooled=2)
        assert {key: found.value for key, found in pooled.items()} == {"2026-01": 2, "2026-02": 3}
        assert told(ask(KEPT, "month", pooled=2))["2026-02"] == (1 / 3, (2, 3, 5, 6))

    def test_pools_what_follows_each_other_only(self) -> None:
        """Weekdays and teams do not follow each other, so nothing of them is pooled."""
        with pytest.raises(NotUnderstood, match="only a cut by day, week, month, quarter, year can be pooled"):
            ask(by="team", pooled=2)


class TestCustomers:
    def test_has_a_row_a_customer(self) -> None:
        """What is known of a customer is what was said last."""
        story = stories(
            (1, "customer/c-1", on.CustomerAdded(at=NINE, language="es")),
            (2, "customer/c-1", on.SegmentSet(at=NINE, segment="silver")),
            (3, "customer/c-1", on.ProfileFactSet(at=NINE, name="region", value="north")),
            (4, "customer/c-1", on.SegmentSet(at=hours(5), segment="gold")),
            (5, "customer/c-1", on.ChannelPreferred(at=hours(6), channel="chat")),
            (6, "customer/c-1", on.JourneyStageReached(at=hours(6), journey="buying", stage="before")),
        )
        (now,) = read(CUSTOMERS, story, LATER)
        assert now == CustomerFacts(
            customer="c-1", segment="gold", preferred_channel="chat", customer_language="es", stage="before",
            added_at=NINE, profile={"region": "north"}, evidence=(1, 2, 3, 4, 5, 6),
        )  # fmt: skip
        (then,) = read(CUSTOMERS, story, hours(1))
        assert (then.segment, then.evidence) == ("silver", (1, 2, 3))
