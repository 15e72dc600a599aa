"""Declared measures: one event at a time, over whole columns, and by a fold written by hand, all the same."""

from __future__ import annotations

import itertools
import pickle
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import attrs
import pytest
import timelines
from hypothesis import given
from hypothesis import strategies as st

from ventanilla.core import events as on
from ventanilla.core.recorded import Recorded
from ventanilla.projections.expressions import AS_OF, Constant, Expression, column
from ventanilla.projections.measures import Count, Elapsed, First, Hours, Last, Live, Measures, Spans, Target
from ventanilla.projections.measures.batch import measure
from ventanilla.projections.measures.over import Over
from ventanilla.projections.measures.standard import standard
from ventanilla.projections.timeline import Column as TimelineColumn
from ventanilla.projections.timeline import Kind, Says, happens, stamp

MICROS = 1_000_000
HOUR = 3_600 * MICROS
TARGETS = {"high": 3_600.0, None: 8 * 3_600.0}


class Longest:
    """What no declaration says: the longest silence on a ticket, and who broke it."""

    columns = ("at", "actor", "priority_now")
    kind: Kind = "word"

    def init(self) -> tuple[int | None, int, str | None]:
        """See :class:`Plain`."""
        return None, 0, None

    def step(self, state: tuple[int | None, int, str | None], row: Any) -> tuple[int | None, int, str | None]:
        """See :class:`Plain`."""
        last, longest, who = state
        if last is not None and row.at - last > longest:
            return row.at, row.at - last, f"{row.actor}/{row.priority_now}"
        return row.at, longest, who

    def value(self, state: tuple[int | None, int, str | None], as_of: int) -> str | None:
        """See :class:`Plain`."""
        return None if state[2] is None else f"{state[1]} {state[2]} {as_of}"


MEASURES = Measures(
    {
        **standard(first_reply=TARGETS, resolution=TARGETS).declared,
        "longest": Longest(),
        "handled": Spans(happens(on.TicketRouted), happens(on.TicketRouted, on.TicketClosed), time="wall").max,
    },
    hours=timelines.HOURS,
)


class TestBothEvaluators:
    @given(timelines.histories, timelines.instants)
    def test_agree_with_a_fold_written_by_hand(self, found: dict[str, list[Recorded]], as_of: datetime) -> None:
        """Event by event, over columns and by hand: the same facts, to the microsecond, over changes of the clock."""
        at, live, events = stamp(as_of), Live(MEASURES), timelines.in_columns(found)
        facts = measure(MEASURES, events, at)
        batch = dict(zip(events.until(at).ids, _rows(facts), strict=True))
        one_by_one = {
            ticket: live.value(live.fold(history, at), at)
            for ticket, history in found.items()
            if any(one.event.at <= as_of for one in history)
        }
        assert batch == one_by_one
        by_hand = {ticket: _by_hand(found[ticket], as_of) for ticket in batch}
        assert {ticket: {name: row[name] for name in by_hand[ticket]} for ticket, row in batch.items()} == by_hand

    @given(timelines.histories, timelines.instants, timelines.instants)
    def test_go_on_from_where_they_stood(
        self, found: dict[str, list[Recorded]], first: datetime, then: datetime
    ) -> None:
        """Folding up to an instant and going on gives what folding at once does."""
        until, as_of = stamp(min(first, then)), stamp(max(first, then))
        live = Live(MEASURES)
        for history in found.values():
            state = live.fold(history, until)
            for row in timelines.rows_of(history):
                if until < row.at <= as_of:
                    state = live.take(state, row)
            assert live.value(state, as_of) == live.value(live.fold(history, as_of), as_of)

    def test_know_an_empty_log(self) -> None:
        """Where nothing has happened there are no rows."""
        facts = measure(MEASURES, timelines.in_columns({}), 0)
        assert {name: values.to_list() for name, values in facts.items()} == {name: [] for name in MEASURES.declared}


_words = st.sampled_from(["topic", "status", "status_before", "settled_now", "priority", "actor"]).map(column)
_numbers = st.sampled_from(["at", "until", "due", "due_before"]).map(column) | st.integers(0, 3).map(
    lambda hour: Constant(stamp(timelines.BEGIN) + hour * 24 * HOUR)
)


def _pairs(kind: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    compare = st.sampled_from(["__lt__", "__le__", "__gt__", "__ge__", "equals"])
    return st.tuples(kind, compare, kind).map(lambda three: getattr(three[0], three[1])(three[2]))


_texts = st.sampled_from(["status", "status_before", "priority", "priority_now", "team", "topic"]).map(column)
_trees = st.recursive(
    _words.map(lambda one: one.given())
    | st.tuples(_words, st.sampled_from(["open", "resolved", "high", "ticket.opened/1"])).map(
        lambda two: two[0].equals(two[1])
    )
    | _numbers.map(lambda one: one.among(stamp(timelines.BEGIN), stamp(timelines.BEGIN) + HOUR))
    | _pairs(_numbers)
    | _pairs(_texts)
    | _pairs(st.tuples(_texts, _texts).map(lambda two: two[0].or_else(two[1])))
    | _pairs(st.tuples(_numbers, _numbers).map(lambda two: two[0].or_else(two[1]))),
    lambda inner: (
        st.tuples(inner, inner).map(lambda two: two[0] & two[1])
        | st.tuples(inner, inner).map(lambda two: two[0] | two[1])
        | inner.map(lambda one: ~one)
    ),
    max_leaves=5,
)


class TestExpressions:
    @given(_trees, timelines.histories)
    def test_are_the_same_over_columns_as_row_by_row(
        self, expression: Expression, found: dict[str, list[Recorded]]
    ) -> None:
        """A tree over whole columns gives, in each row, what it gives for that row alone."""
        events = timelines.in_columns(found)
        live = Live(Measures({"any": Count(expression)}))
        one_by_one, run = [], expression.run()
        for history in found.values():
            state = live.init()
            for row in timelines.rows_of(history):
                state = live.take(state, row)
                one_by_one.append(bool(run(row, timelines.BEGIN)))
        assert Over(len(events.ticket), events.column).flags(expression).tolist() == one_by_one


class TestSpans:
    @pytest.mark.parametrize(
        ("until", "expected"),
        [(None, (2, 5 * HOUR)), (1, (2, 2 * HOUR)), (3, (2, 4 * HOUR)), (9, (2, 5 * HOUR))],
    )
    def test_close_by_themselves(self, until: int | None, expected: tuple[int, int]) -> None:
        """A pause ends when it says so, if nothing ends it before."""
        ends = None if until is None else timelines.BEGIN + timedelta(hours=until)
        history = _history(
            (0, on.TicketPaused(at=timelines.BEGIN, reason="snoozed", until=ends)),
            (4, on.TicketResumed(at=timelines.BEGIN)),
            (5, on.TicketPaused(at=timelines.BEGIN, reason="customer")),
            (6, on.TicketResumed(at=timelines.BEGIN)),
        )
        live, as_of = Live(standard()), stamp(timelines.BEGIN) + 48 * HOUR
        facts = live.value(live.fold(history, as_of), as_of)
        assert (facts["pauses"], facts["paused"]) == expected


class TestDeclarations:
    @pytest.mark.parametrize(
        ("declared", "message"),
        [
            ({"a": Count(column("nothing"))}, "a: the timeline has no column 'nothing'"),
            ({"a": First(column("status"), "colour")}, "a: the timeline has no column 'colour'"),
            ({"a": Count(column("until") < AS_OF)}, "a: what happened does not depend on the instant of looking"),
            ({"a": column("b") > AS_OF}, "a: there is no fact 'b' before it"),
            (
                {"a": First(column("status")), "b": (AS_OF - column("a")) > AS_OF},
                "b: '-' is nothing for a measure, which compares; a duration is an Elapsed",
            ),
        ],
    )
    def test_that_make_no_sense_are_refused(self, declared: dict[str, Any], message: str) -> None:
        """What no evaluator can do is said when it is declared, by the name of the measure."""
        with pytest.raises(ValueError, match=message):
            Measures(declared)

    def test_need_the_calendar_first(self) -> None:
        """What is timed stands after the fact by which the calendar goes."""
        timed = Elapsed(column("at"), AS_OF)
        with pytest.raises(ValueError, match="the calendar goes by 'team': there is no such fact before it"):
            Measures({"at": First(column("status")), "open": timed}, hours=Hours(by="team"))

    def test_can_be_sent_to_another_process(self) -> None:
        """Declarations are data: they are pickled, and measure the same on the other side."""
        history = _history((0, on.TicketOpened(at=timelines.BEGIN, channel="mail")))
        copied, as_of = pickle.loads(pickle.dumps(MEASURES)), stamp(timelines.BEGIN) + HOUR
        here, there = Live(MEASURES), Live(copied)
        assert there.value(there.fold(history, as_of), as_of) == here.value(here.fold(history, as_of), as_of)

    def test_target_is_that_of_the_value_or_of_all_others(self) -> None:
        """A target goes by a fact; who has none is not late, and not in time either."""
        run = Target({"high": 2}, column("priority")).run()
        assert run(SimpleNamespace(priority="high"), timelines.BEGIN) == 2 * MICROS
        assert run(SimpleNamespace(priority="low"), timelines.BEGIN) is None

    def test_a_plug_in_adds_columns(self) -> None:
        """A further column is declared as ours are, and measured by both evaluators."""
        more = TimelineColumn(name="acme_tagged", kind="number", of={on.TicketTagged.TOPIC: Says(7)})
        columns = (*standard().columns, more)
        measures = Measures({"seven": Last(column("acme_tagged").given(), "acme_tagged")}, columns=columns)
        found = {"T-1": _history((0, on.TicketTagged(at=timelines.BEGIN, tag="t")))}
        live, as_of = Live(measures), stamp(timelines.BEGIN)
        facts = measure(measures, timelines.in_columns(found, columns), as_of)
        assert _rows(facts) == [{"seven": 7}] == [live.value(live.fold(found["T-1"], as_of), as_of)]

    def test_late_events_are_refused_one_by_one(self) -> None:
        """An event that happened before what is in already cannot be taken in: the history is folded anew."""
        first, second = _history((1, on.TicketResumed(at=timelines.BEGIN)), (0, on.TicketResumed(at=timelines.BEGIN)))
        live = Live(standard())
        with pytest.raises(ValueError, match="fold the history anew"):
            live.step(live.step(live.init(), first), second)


def _rows(facts: dict[str, Any]) -> list[dict[str, Any]]:
    lists = [values.to_list() for values in facts.values()]
    return [dict(zip(facts, row, strict=True)) for row in zip(*lists, strict=True)]


def _history(*given_: tuple[int, on.TicketEvent]) -> list[Recorded]:
    """Return events at hours after the beginning."""
    return timelines.recorded(
        1, [attrs.evolve(event, at=timelines.BEGIN + timedelta(hours=hour)) for hour, event in given_]
    )


def _by_hand(history: Sequence[Recorded], as_of: datetime) -> dict[str, Any]:
    """Return some of the facts by a fold that shares nothing with the evaluators, over datetimes and calendars."""
    events = [one.event for one in sorted(history, key=lambda one: (one.event.at, one.position))]
    events = [event for event in events if event.at <= as_of]
    opened = settled = calendar = priority = first_reply = asked = paused_at = off_at = None
    until: datetime | None = None
    off_until: datetime | None = None
    pauses: list[tuple[datetime, datetime]] = []
    off: list[tuple[datetime, datetime]] = []
    replies: list[tuple[datetime, datetime]] = []
    is_settled, reopens, touches = False, 0, 0
    for event in [*events, None]:
        now = as_of if event is None else event.at
        if paused_at is not None and until is not None and max(until, paused_at[1]) <= now:
            pauses.append((paused_at[0], max(until, paused_at[1])))
            paused_at = until = None
        if off_at is not None and off_until is not None and max(off_until, off_at[1]) <= now:
            off.append((off_at[0], max(off_until, off_at[1])))
            off_at = off_until = None
        match event:
            case on.TicketOpened():
                opened = opened or now
                calendar = event.facts.get("calendar", calendar)
                is_settled = False
                if event.origin == "customer":
                    asked = asked or now
            case on.FactSet(name="calendar"):
                calendar = event.value
            case on.TicketPrioritised():
                priority = event.priority
            case on.MessageReceived(author_kind="customer"):
                asked = asked or now
            case on.ReplySent(author_kind="agent"):
                touches += 1
                if asked is not None:
                    replies.append((asked, now))
                    asked = None
            case on.NoteWritten(author_kind="agent"):
                touches += 1
            case on.TicketPaused():
                paused_at, until = (paused_at[0] if paused_at else now, now), event.until
                off_at, off_until = (off_at[0] if off_at else now, now), event.until
            case on.TicketReopened(because="courtesy"):
                pass
            case on.TicketResumed() | on.TicketReopened():
                if paused_at is not None:
                    pauses.append((paused_at[0], now))
                if off_at is not None:
                    off.append((off_at[0], now))
                paused_at = until = off_at = off_until = None
                if isinstance(event, on.TicketReopened):
                    reopens, settled, is_settled = reopens + 1, None, False
            case on.TicketResolved() | on.TicketClosed():
                if not is_settled:
                    settled = now
                is_settled = True
                if paused_at is not None:
                    pauses.append((paused_at[0], now))
                paused_at = until = off_until = None
                off_at = (off_at[0] if off_at else now, now)
    if off_at is not None:
        off.append((off_at[0], datetime.max.replace(tzinfo=UTC) if off_until is None else off_until))
    hours = timelines.HOURS.of(calendar)

    def between(start: datetime, end: datetime) -> int:
        return round(hours.elapsed(start, end) * MICROS)

    waits = list(itertools.starmap(between, replies))
    first_reply = waits[0] if waits else None
    worked = None
    if opened is not None:
        end = settled or as_of
        worked = between(opened, end) - sum(between(max(a, opened), min(b, end)) for a, b in off)
    target = round(TARGETS.get(priority, TARGETS[None]) * MICROS)
    return {
        "opened_at": opened and stamp(opened),
        "settled_at": settled and stamp(settled),
        "priority": priority,
        "first_reply": first_reply,
        "next_replies": len(waits[1:]),
        "next_reply_sum": sum(waits[1:]),
        "next_reply_max": max(waits[1:], default=None),
        "pauses": len(pauses),
        "paused": sum(itertools.starmap(between, pauses)),
        "resolution": worked if settled else None,
        "worked": worked,
        "resolution_late": None if worked is None else worked > target,
        "reopens": reopens,
        "agent_touches": touches,
    }
