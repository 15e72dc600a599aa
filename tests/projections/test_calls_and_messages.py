"""The fact tables of calls and messages, and the metrics of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import pytest

from ventanilla import Actor, Desk
from ventanilla.core import events as on
from ventanilla.core.commands import MarkSpam, Open, Receive, Reply, Report
from ventanilla.core.events import CallOutcome
from ventanilla.core.recorded import Recorded
from ventanilla.plugins.metrics.talk import METRICS
from ventanilla.projections.facts.calls import CALLS, Call
from ventanilla.projections.facts.messages import MESSAGES, Message
from ventanilla.projections.table import FactTable

AT = datetime(2026, 1, 5, 9, tzinfo=UTC)
AGENT = Actor("agent", "a1")


def at(minutes: float) -> datetime:
    return AT + timedelta(minutes=minutes)


@pytest.fixture
def desk() -> Iterator[Desk]:
    with Desk("sqlite:///:memory:") as desk:
        desk.handle(Open(ticket="T", at=AT, actor=AGENT, channel="chat"))
        yield desk


def call(desk: Desk, name: str, outcome: CallOutcome, **told: Any) -> None:
    """Tell *desk* of a call."""
    fact = on.CallEnded(at=at(1), call=name, outcome=outcome, **{"direction": "inbound", "waited": 7, **told})
    desk.handle(Report(on="T", fact=fact, actor=Actor("system", "pbx")))


def receive(desk: Desk, message: str, minutes: float) -> None:
    desk.handle(Receive(ticket="T", at=at(minutes), actor=Actor("channel", "chat"), message=message, channel="chat"))


def reply(desk: Desk, message: str, minutes: float, answers: str | None) -> None:
    told = Reply(ticket="T", at=at(minutes), actor=AGENT, message=message, channel="chat", answers=answers)
    desk.handle(told)


def rows(desk: Desk, table: FactTable[Any]) -> list[Any]:
    """Return the rows of *table*, of the ticket alone."""
    state = table.initial
    history: list[Recorded] = [recorded for recorded in desk.log("T") if type(recorded.event) in (table.reads or ())]
    for recorded in history:
        state = table.fold(state, recorded)
    return list(table.rows(state, at(60)))


class TestCalls:
    def test_row(self, desk: Desk) -> None:
        """A call is a row with what was told of it."""
        call(desk, "c", "answered", agent="a1", talked=60, held=5)
        (row,) = rows(desk, CALLS)
        assert isinstance(row, Call)
        assert (row.answered, row.abandoned, row.answered_by, row.waited) == (True, False, "a1", 7)
        assert (row.talked, row.held, row.void, row.evidence) == (60, 5, None, (2,))

    def test_shares(self, desk: Desk) -> None:
        """Of inbound calls those answered and those given up are counted; what the desk calls is in neither."""
        for name, outcome in (("a", "answered"), ("b", "abandoned"), ("c", "missed"), ("d", "voicemail")):
            call(desk, name, outcome)  # type: ignore[arg-type]
        call(desk, "e", "answered", direction="outbound")
        answered, abandoned = desk.ask("calls_answered"), desk.ask("calls_abandoned")
        assert (answered.numerator, answered.denominator) == (1, 4)
        assert (abandoned.numerator, abandoned.denominator) == (1, 4)

    def test_times(self, desk: Desk) -> None:
        """Who gave up is in no speed of answer and no time of talk."""
        call(desk, "a", "answered", waited=10, talked=100)
        call(desk, "b", "answered", waited=30, talked=200)
        call(desk, "c", "answered", waited=50, talked=300)
        call(desk, "d", "abandoned", waited=500)
        speed, talk = desk.ask("speed_of_answer_mean"), desk.ask("talk_time")
        assert (speed.value, speed.n) == (30, 3)
        assert (talk.value, talk.n) == (200, 3)

    def test_spam_is_left_out(self, desk: Desk) -> None:
        """Calls of spam are left out, and counted."""
        call(desk, "a", "answered")
        desk.handle(MarkSpam(ticket="T", at=at(2), actor=AGENT))
        found = desk.ask("calls_answered")
        assert (found.value, dict(found.excluded)) == (None, {"spam": 1})

    def test_nothing(self, desk: Desk) -> None:
        """Without calls there is no share and no time, never 0."""
        assert [desk.ask(name).value for name in ("calls_answered", "speed_of_answer", "talk_time_mean")] == [None] * 3


class TestMessages:
    def test_reply_names_a_message(self, desk: Desk) -> None:
        """A reply took as long as since the message that it names, whichever came last."""
        receive(desk, "m1", 1)
        receive(desk, "m2", 5)
        reply(desk, "r1", 11, "m1")
        *_, row = rows(desk, MESSAGES)
        assert isinstance(row, Message)
        assert (row.way, row.reply_time, row.evidence) == ("out", 600, (2, 4))

    @pytest.mark.parametrize("answers", [None, "elsewhere"])
    def test_reply_to_nothing_known(self, desk: Desk, answers: str | None) -> None:
        """A reply that names no message, or none of this ticket, took nobody knows how long."""
        receive(desk, "m1", 1)
        reply(desk, "r1", 11, answers)
        *_, row = rows(desk, MESSAGES)
        assert row.reply_time is None
        assert desk.ask("reply_time").value is None

    def test_told_late(self, desk: Desk) -> None:
        """A message told after its reply, as mail may be, is found all the same."""
        reply(desk, "r1", 11, "m1")
        receive(desk, "m1", 1)
        assert desk.ask("reply_time").value == 600

    def test_counts(self, desk: Desk) -> None:
        """Messages are counted by their way, and cut by who wrote them."""
        receive(desk, "m1", 1)
        receive(desk, "m2", 2)
        reply(desk, "r1", 3, "m2")
        assert (desk.ask("messages_received").value, desk.ask("messages_sent").value) == (2, 1)
        assert {kind: one.value for kind, one in desk.ask("messages_sent", by="author_kind").items()} == {"agent": 1}


class TestTexts:
    def test_metrics_say_all(self) -> None:
        """Each metric says formula, unit, population, interval, direction, edge cases and source, and has a name."""
        sections = ("Formula:", "Unit:", "Population:", "Interval:", "Direction:", "Edge cases:", "Source:")
        names = [metric.name for metric in METRICS]
        assert len(names) == len(set(names)) == 16
        for metric in METRICS:
            assert all(f"\n{section}" in metric.text for section in sections)

    @pytest.mark.parametrize("table", [CALLS, MESSAGES])
    def test_columns_have_sources(self, table: FactTable[Any]) -> None:
        """Each column of a table says which positions are behind it."""
        sources: Mapping[str, tuple[str, ...]] = table.sources
        assert set(sources) == set(attrs.fields_dict(table.row))
