from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import attrs
import pytest

from ventanilla import Actor, Desk
from ventanilla.adapters.policies import read_text
from ventanilla.core.commands import AddCustomer, KeepPromise, MakePromise, Open, Reopen, Report, Resolve, Route
from ventanilla.core.errors import NotUnderstood, PluginError
from ventanilla.core.events import SegmentSet, TicketOpened
from ventanilla.core.recorded import Recorded
from ventanilla.core.streams import StreamKind
from ventanilla.plugins.host import Host
from ventanilla.projections.expressions import column
from ventanilla.projections.metric import Metric, Question
from ventanilla.projections.summaries import Share

NINE = datetime(2026, 1, 5, 9, tzinfo=UTC)
MARIA = Actor("agent", "maria", roles=("lead",))
TICKET: tuple[StreamKind, ...] = ("ticket",)
CUSTOMER: tuple[StreamKind, ...] = ("customer",)
BREACHED = Metric(
    name="acme.late",
    question="Which share of the clocks was breached?",
    table="clocks",
    unit="ratio",
    where=column("judged"),
    value=column("breached"),
    summary=Share(),
    dated=column("started_at"),
)
POLICY = """
format = "ventanilla-policy/1"
name = "{name}"
[[rules]]
name = "all"
calendar = "always"
[rules.targets]
resolution = "{target}"
"""


def hours(count: float) -> datetime:
    return NINE + timedelta(hours=count)


def segment(name: str, at: datetime) -> Report:
    return Report(on="customer/c-1", actor=Actor("system", "crm"), fact=SegmentSet(at=at, segment=name))


class Clock:
    """The instant of recording, which tests turn."""

    now = NINE

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def desk(backend_url: str, clock: Clock) -> Iterator[Desk]:
    """Two tickets: one settled after three hours, and told so a day late; one open."""
    host = Host()
    host.metrics[BREACHED.name] = BREACHED
    with Desk(backend_url, host=host, clock=clock) as opened:
        opened.handle(AddCustomer(customer="c-1", at=NINE, actor=MARIA))
        opened.handle(segment("gold", NINE))
        for ticket, team in (("T-1", "red"), ("T-2", "blue")):
            opened.handle(Open(ticket=ticket, at=NINE, actor=MARIA, channel="mail", customer="c-1"))
            opened.handle(Route(ticket=ticket, at=NINE, actor=MARIA, team=team))
        clock.now = hours(24)
        opened.handle(Resolve(ticket="T-1", at=hours(3), actor=MARIA, code="fixed"))
        yield opened


class TestStories:
    def test_are_of_the_kinds_asked_for(self, desk: Desk) -> None:
        """Streams of other kinds are left out, on whatever backend."""
        head = desk.store.head()
        found = [[stream for stream, _ in desk.store.stories(kinds, head)] for kinds in (TICKET, CUSTOMER)]
        assert found == [["T-1", "T-2"], ["customer/c-1"]]
        assert [stream for stream, _ in desk.store.stories((*CUSTOMER, *TICKET), head)] == [
            "T-1",
            "T-2",
            "customer/c-1",
        ]

    def test_have_what_is_read_and_was_known(self, desk: Desk) -> None:
        """Only the types of events that are read come, as far as they were recorded by then."""
        head = desk.store.head()
        ((_, history),) = desk.store.stories(CUSTOMER, head, reads=frozenset({SegmentSet, TicketOpened}))
        (told,) = history
        assert isinstance(told, Recorded)
        assert told.event == SegmentSet(at=NINE, segment="gold")
        known = dict(desk.store.stories(TICKET, head, known_at=hours(1)))
        assert [len(known["T-1"]), len(dict(desk.store.stories(TICKET, head))["T-1"])] == [2, 3]
        assert dict(desk.store.stories(TICKET, 3)).keys() == {"T-1"}


class TestDials:
    def test_as_of(self, desk: Desk) -> None:
        """What happened later is left out."""
        assert [desk.ask("settled", as_of=at).value for at in (hours(2), hours(3))] == [0, 1]

    def test_known_at(self, desk: Desk) -> None:
        """What was recorded later is left out, whenever it happened."""
        assert [desk.ask("settled", known_at=at).value for at in (hours(23), hours(24))] == [0, 1]
        found = desk.ask("settled", known_at=hours(23))
        assert (found.known_at, found.position) == (hours(23), desk.store.head())

    def test_policy(self, desk: Desk) -> None:
        """The same history is judged by another policy, which the answer names; without any, nothing is judged."""
        strict, lenient = (read_text(POLICY.format(name=name, target=target)) for name, target in _TARGETS)
        found = [desk.ask("acme.late", policy=policy, as_of=hours(24)) for policy in (strict, lenient, None)]
        assert [(one.value, one.n, one.policy) for one in found] == [
            (1, 2, "strict"),
            (0.5, 2, "lenient"),
            (None, 0, None),
        ]

    def test_policy_as_known(self, desk: Desk) -> None:
        """The dials go together."""
        strict = read_text(POLICY.format(name="strict", target="4h"))
        then = desk.ask("acme.late", policy=strict, as_of=hours(5), known_at=hours(23), by="team")
        now = desk.ask("acme.late", policy=strict, as_of=hours(5), by="team")
        assert {key: one.value for key, one in then.items()} == {"blue": 1, "red": 1}
        assert {key: one.value for key, one in now.items()} == {"blue": 1, "red": 0}

    def test_a_replay_gives_what_the_view_gives(self, desk: Desk, clock: Clock) -> None:
        """An answer that trusts no view is the same, down to its evidence."""
        questions = [
            Question(metric=desk.host.metric(name), by=by, zone=UTC)
            for name in desk.host.metrics
            for by in (None, "team", "month", "segment")
        ]
        clock.now = hours(48)
        desk.handle(Reopen(ticket="T-1", at=hours(30), actor=MARIA))
        assert desk.answer(questions, replayed=True) == desk.answer(questions)

    def test_default_is_the_newest_event_of_all(self, desk: Desk, clock: Clock) -> None:
        """Without an instant the newest event of any stream is looked at, not that of a ticket."""
        clock.now = hours(48)
        desk.handle(segment("silver", hours(40)))
        assert desk.ask("tickets").as_of == hours(40)
        assert {key: one.value for key, one in desk.ask("tickets", by="segment").items()} == {"silver": 2}


_TARGETS = (("strict", "2h"), ("lenient", "10h"))


class TestTables:
    def test_one_that_is_not_there_is_named(self, desk: Desk) -> None:
        """A metric of an unknown table is refused with the tables that there are."""
        lost = attrs.evolve(BREACHED, table="nowhere")
        with pytest.raises(NotUnderstood, match=r"no fact table is called 'nowhere'; there are .*clocks, .*customers"):
            desk.answer([Question(metric=lost, zone=UTC)])

    def test_questions_of_several_are_answered_in_their_order(self, desk: Desk) -> None:
        """Questions to several tables come back in the order in which they were asked."""
        names = ("settled", "acme.late", "tickets")
        cuts = desk.answer([Question(metric=desk.host.metric(name), zone=UTC) for name in names])
        assert [cut[None].metric for cut in cuts] == ["settled@1", "acme.late@1", "tickets@1"]

    def test_one_that_fails_spoils_no_other(self, desk: Desk) -> None:
        """Of a table whose fold raises no question has an answer, and says why; those of other tables have theirs."""

        def breaks(state: object, recorded: Recorded) -> object:
            raise KeyError("from")

        desk.host.tables["acme.broken"] = attrs.evolve(desk.host.tables["tickets"], name="acme.broken", fold=breaks)
        broken = attrs.evolve(desk.host.metric("tickets"), name="acme.count", table="acme.broken")
        questions = [Question(metric=one, zone=UTC) for one in (broken, desk.host.metric("tickets"), broken)]
        told: list[str] = []
        cuts = desk.answer(questions, failing=lambda question, error: told.append(f"{question.metric}: {error}"))
        assert [cut and cut[None].value for cut in cuts] == [{}, 2, {}]
        why = "the table acme.broken@1 fails on T-1, at position 3 of the log: KeyError: 'from'"
        assert told == [f"acme.count@1: {why}"] * 2
        with pytest.raises(PluginError, match=r"acme\.broken@1 fails on T-1, at position 3"):
            desk.answer(questions)

    def test_clocks_of_promises_need_no_policy(self, desk: Desk) -> None:
        """A promise is a clock with a due instant of its own."""
        desk.handle(MakePromise(ticket="T-2", at=hours(1), actor=MARIA, promise="p", due=hours(2), what="call_back"))
        desk.handle(KeepPromise(ticket="T-2", at=hours(4), actor=MARIA, promise="p"))
        found = desk.ask("acme.late")
        assert (found.value, found.n) == (1, 1)
        assert set(found.evidence) <= {recorded.position for recorded in desk.log("T-2")}
