"""The whole desk against a model made of plain Python: whatever is done, in whatever order, they agree."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from attrs import Factory, define
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from ventanilla import Actor, Desk, Personal, Refused
from ventanilla.core import commands as ask
from ventanilla.core import events as on
from ventanilla.core.commands import Command, Report
from ventanilla.core.streams import feedback
from ventanilla.projections.runner import replay

NINE = datetime(2026, 1, 5, 9, tzinfo=UTC)
ALL = Actor("system", "test", roles=("admin", "privacy"))
TICKETS = ["T-1", "T-2", "T-3"]
CUSTOMERS = ["c-1", "c-2"]


@define
class Said:
    """A message or note, as the model has it."""

    at: datetime
    kind: str
    of: str
    text: str


@define
class Matter:
    """A ticket, as the model has it."""

    opened: datetime
    customer: str
    status: str = "open"
    last: datetime = NINE
    team: str | None = None
    agent: str | None = None
    paused: bool = False
    merged_into: str | None = None
    said: dict[str, Said] = Factory(dict)
    promises: dict[str, str] = Factory(dict)
    splits: dict[str, tuple[str, ...]] = Factory(dict)


class DeskModel(RuleBasedStateMachine):
    """Drives a desk, and the model beside it."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.url = f"sqlite:///{Path(self.folder.name) / 'desk.db'}"
        self.desk = Desk(self.url)
        self.minute = 0
        self.matters: dict[str, Matter] = {}
        self.erased: set[str] = set()
        self.answers: dict[str, float | None] = {}
        self.done: list[tuple[Command, str, bool]] = []
        self.gone: dict[str, set[str]] = {ticket: set() for ticket in TICKETS}

    def teardown(self) -> None:
        self.desk.close()
        self.folder.cleanup()

    def now(self) -> datetime:
        self.minute += 1
        return NINE + timedelta(minutes=self.minute)

    def do(self, command: Command, *, allowed: bool, news: bool = True) -> bool:
        """Carry *command* out with a key of its own; return whether it happened, as the model says it must."""
        head, key = self.desk.store.head(), f"key-{len(self.done)}"
        if not allowed:
            with pytest.raises(Refused):
                self.desk.handle(command, key=key)
            assert self.desk.store.head() == head
            return False
        outcome = self.desk.handle(command, key=key)
        assert len(outcome.events) == news
        self.done.append((command, key, news))
        return news

    def live(self, ticket: str) -> Matter | None:
        """Return the ticket if it is neither closed nor merged."""
        matter = self.matters.get(ticket)
        return matter if matter and matter.status != "closed" and matter.merged_into is None else None

    def change(
        self, ticket: str, command: Command, effect: Callable[[Matter], Any], *, allowed: bool, news: bool
    ) -> None:
        if self.do(command, allowed=allowed or not news, news=news):
            matter = self.matters[ticket]
            effect(matter)
            matter.last = command.at

    @initialize()
    def customers(self) -> None:
        for name in CUSTOMERS:
            self.do(ask.AddCustomer(customer=name, at=NINE, actor=ALL), allowed=True)
        for ticket in TICKETS[:2]:  # the third may stay unborn for long
            self.open(ticket, "c-1")

    @rule(ticket=st.sampled_from(TICKETS), customer=st.sampled_from(CUSTOMERS))
    def open(self, ticket: str, customer: str) -> None:
        at = self.now()
        command = ask.Open(ticket=ticket, at=at, actor=ALL, channel="phone", customer=customer)
        if self.do(command, allowed=ticket not in self.matters):
            self.matters[ticket] = Matter(opened=at, customer=customer, last=at)

    @rule(
        ticket=st.sampled_from(TICKETS),
        message=st.sampled_from(["m-1", "m-2", "m-3"]),
        kind=st.sampled_from(["received", "reply", "note"]),
        late=st.integers(0, 5),
    )
    def say(self, ticket: str, message: str, kind: str, late: int) -> None:
        at = self.now() - timedelta(minutes=late)
        matter = self.matters.get(ticket)
        of = f"customer/{matter.customer if matter else 'c-1'}"
        text = f"{kind} {message} on {ticket} at {self.minute}"
        said: dict[str, Any] = {
            "ticket": ticket,
            "at": at,
            "actor": ALL,
            "message": message,
            "text": Personal(text, of=of),
        }
        commands: dict[str, Command] = {
            "received": ask.Receive(channel="mail", **said),
            "reply": ask.Reply(channel="mail", **said),
            "note": ask.WriteNote(**said),
        }
        before = matter.said.get(message) if matter else None
        again = before is not None and (before.at, before.kind) == (at, kind)
        allowed = matter is not None and (again or (before is None and at >= matter.opened))
        allowed = allowed and (again or of.removeprefix("customer/") not in self.erased)
        if self.do(commands[kind], allowed=allowed, news=not again) and matter:
            matter.said[message] = Said(at, kind, of, text)

    @rule(ticket=st.sampled_from(TICKETS), team=st.sampled_from(["red", "blue"]))
    def route(self, ticket: str, team: str) -> None:
        matter = self.matters.get(ticket)
        command = ask.Route(ticket=ticket, at=self.now(), actor=ALL, team=team)
        news = matter is None or matter.team != team
        self.change(ticket, command, lambda m: setattr(m, "team", team), allowed=bool(self.live(ticket)), news=news)

    @rule(ticket=st.sampled_from(TICKETS), agent=st.sampled_from(["a-1", "a-2"]))
    def assign(self, ticket: str, agent: str) -> None:
        matter = self.matters.get(ticket)
        command = ask.Assign(ticket=ticket, at=self.now(), actor=ALL, agent=agent)
        news = matter is None or matter.agent != agent
        self.change(ticket, command, lambda m: setattr(m, "agent", agent), allowed=bool(self.live(ticket)), news=news)

    @rule(ticket=st.sampled_from(TICKETS))
    def pause(self, ticket: str) -> None:
        matter = self.live(ticket)
        there = self.matters.get(ticket)
        command = ask.Pause(ticket=ticket, at=self.now(), actor=ALL, reason="customer")
        allowed = matter is not None and matter.status == "open"
        news = there is None or not there.paused
        self.change(ticket, command, lambda m: setattr(m, "paused", True), allowed=allowed, news=news)

    @rule(ticket=st.sampled_from(TICKETS))
    def resolve(self, ticket: str) -> None:
        there = self.matters.get(ticket)
        command = ask.Resolve(ticket=ticket, at=self.now(), actor=ALL, code="fixed")

        def effect(matter: Matter) -> None:
            matter.status, matter.paused = "resolved", False

        news = there is None or there.status == "open"
        self.change(ticket, command, effect, allowed=bool(self.live(ticket)), news=news)

    @rule(ticket=st.sampled_from(TICKETS))
    def reopen(self, ticket: str) -> None:
        there = self.matters.get(ticket)
        command = ask.Reopen(ticket=ticket, at=self.now(), actor=ALL)
        allowed = there is not None and there.merged_into is None and there.status != "open"
        self.change(ticket, command, lambda m: setattr(m, "status", "open"), allowed=allowed, news=True)

    @rule(ticket=st.sampled_from(TICKETS))
    def close(self, ticket: str) -> None:
        there = self.matters.get(ticket)
        command = ask.Close(ticket=ticket, at=self.now(), actor=ALL)

        def effect(matter: Matter) -> None:
            matter.status, matter.paused = "closed", False

        self.change(ticket, command, effect, allowed=there is not None, news=there is None or there.status != "closed")

    @rule(ticket=st.sampled_from(TICKETS), into=st.sampled_from(TICKETS))
    def merge(self, ticket: str, into: str) -> None:
        there = self.matters.get(ticket)
        command = ask.Merge(ticket=ticket, at=self.now(), actor=ALL, into=into)
        chain, place = [into], self.matters.get(into)
        while place and place.merged_into:
            chain.append(place.merged_into)
            place = self.matters.get(place.merged_into)
        already = there is not None and there.merged_into == into
        goes = into in self.matters and ticket not in chain
        allowed = there is not None and there.merged_into is None and goes
        self.change(ticket, command, lambda m: setattr(m, "merged_into", into), allowed=allowed, news=not already)

    @rule(ticket=st.sampled_from(TICKETS))
    def unmerge(self, ticket: str) -> None:
        there = self.matters.get(ticket)
        command = ask.Unmerge(ticket=ticket, at=self.now(), actor=ALL)
        news = there is None or there.merged_into is not None
        self.change(ticket, command, lambda m: setattr(m, "merged_into", None), allowed=there is not None, news=news)

    @rule(ticket=st.sampled_from(TICKETS), source=st.sampled_from(TICKETS))
    def split(self, ticket: str, source: str) -> None:
        there = self.matters.get(ticket)
        command = ask.Split(ticket=ticket, at=self.now(), actor=ALL, source=source, messages=("m-1",))
        said = source in self.matters and "m-1" in self.matters[source].said
        allowed = there is not None and there.merged_into is None and ticket != source and said
        # Of what was rejoined before nobody knows which of the splits came after that: one too many does no harm.
        news = there is None or source not in there.splits or source in self.gone[ticket] or not allowed
        if self.do(command, allowed=allowed, news=news) and there:
            there.splits[source] = ("m-1",)

    @rule(ticket=st.sampled_from(TICKETS), source=st.sampled_from(TICKETS))
    def rejoin(self, ticket: str, source: str) -> None:
        there = self.matters.get(ticket)
        command = ask.Rejoin(ticket=ticket, at=self.now(), actor=ALL, source=source)
        gone = there is not None and source in self.gone[ticket] and source not in there.splits
        allowed = there is not None and there.merged_into is None and (source in there.splits or gone)
        if self.do(command, allowed=allowed, news=not gone) and there:
            del there.splits[source]
            self.gone[ticket].add(source)

    @rule(ticket=st.sampled_from(TICKETS), promise=st.sampled_from(["p-1", "p-2"]))
    def promise(self, ticket: str, promise: str) -> None:
        matter, at = self.live(ticket), self.now()
        command = ask.MakePromise(ticket=ticket, at=at, actor=ALL, promise=promise, due=at, what="call_back")
        if self.do(command, allowed=matter is not None and promise not in matter.promises) and matter:
            matter.promises[promise] = "made"

    @rule(ticket=st.sampled_from(TICKETS), promise=st.sampled_from(["p-1", "p-2"]), kept=st.booleans())
    def end_promise(self, ticket: str, promise: str, kept: bool) -> None:
        there, at = self.matters.get(ticket), self.now()
        stands = there.promises.get(promise) if there else None
        said: dict[str, Any] = {"ticket": ticket, "at": at, "actor": ALL, "promise": promise}
        command: Command = ask.KeepPromise(**said) if kept else ask.BreakPromise(**said)
        wanted = "kept" if kept else "broken"
        allowed = there is not None and stands in ("made", wanted)  # also after a merge: it was promised here
        if self.do(command, allowed=allowed, news=stands != wanted) and there:
            there.promises[promise] = wanted

    @rule(survey=st.sampled_from(["f-1", "f-2"]))
    def offer(self, survey: str) -> None:
        command = ask.OfferSurvey(
            feedback=survey, at=self.now(), actor=ALL, survey="s", version=1, about_kind="ticket", about="T-1",
            channel="mail",
        )  # fmt: skip
        if self.do(command, allowed=survey not in self.answers):
            self.answers[survey] = None

    @rule(survey=st.sampled_from(["f-1", "f-2"]), score=st.integers(0, 6))
    def answer(self, survey: str, score: int) -> None:
        fact = on.SurveyAnswered(
            at=self.now(), question="q", instrument="csat", wording="1", score=score, lowest=1, highest=5
        )
        allowed = self.answers.get(survey, 0) is None and 1 <= score <= 5
        if self.do(Report(on=feedback(survey), actor=ALL, fact=fact), allowed=allowed):
            self.answers[survey] = score

    @rule(survey=st.sampled_from(["f-1", "f-2"]), score=st.integers(0, 6))
    def amend(self, survey: str, score: int) -> None:
        fact = on.AnswerAmended(at=self.now(), question="q", score=score)
        allowed = bool(self.answers.get(survey)) and 1 <= score <= 5
        if self.do(Report(on=feedback(survey), actor=ALL, fact=fact), allowed=allowed):
            self.answers[survey] = score

    @rule(customer=st.sampled_from(CUSTOMERS))
    def erase(self, customer: str) -> None:
        command = ask.EraseCustomer(customer=customer, at=self.now(), actor=ALL, request="r", because="asked")
        if self.do(command, allowed=True, news=customer not in self.erased):
            self.erased.add(customer)
            for matter in self.matters.values():
                for said in matter.said.values():
                    said.text = "" if said.of == f"customer/{customer}" else said.text

    @precondition(lambda self: self.done)
    @rule(data=st.data())
    def deliver_again(self, data: st.DataObject) -> None:
        """A command that comes again changes nothing, with its key or without."""
        command, key, was_news = data.draw(st.sampled_from(self.done))
        head = self.desk.store.head()
        assert self.desk.handle(command, key=key).repeated
        if was_news:  # what changed nothing left no trace, and may change something now
            assert self.desk.handle(command).events == ()
        assert self.desk.store.head() == head

    @rule()
    def open_anew(self) -> None:
        """Another process takes over."""
        self.desk.close()
        self.desk = Desk(self.url)

    @rule()
    def rebuild(self) -> None:
        self.desk.rebuild()

    @invariant()
    def tickets_stand_as_the_model_says(self) -> None:
        for name in TICKETS:
            found, matter = self.desk.ticket(name), self.matters.get(name)
            if matter is None:
                assert found.status == "unborn"
                continue
            assert (found.status, found.team, found.agent) == (matter.status, matter.team, matter.agent)
            assert (found.paused is not None, found.merged_into) == (matter.paused, matter.merged_into)
            promises = {id_: stands for (noun, id_), stands in found.things.items() if noun == "promise"}
            assert promises == matter.promises

    @invariant()
    def everything_said_is_read_where_it_belongs(self) -> None:
        for name in self.matters:
            family = [name]
            for one in family:
                family += [t for t, m in self.matters.items() if m.merged_into == one and t not in family]
            expected = {(one, message): said for one in family for message, said in self.matters[one].said.items()}
            for one in family:
                for source, messages in self.matters[one].splits.items():
                    there = self.matters[source].said if source in self.matters else {}
                    expected |= {(source, message): there[message] for message in messages if message in there}
            there_is = self.desk.timeline(name)
            found = {
                (recorded.stream, recorded.event.message): (recorded.event.at, texts.get("text", ""))
                for recorded, texts in zip(there_is, self.desk.read_many(there_is, actor=ALL), strict=True)
                if isinstance(recorded.event, on.MessageReceived | on.ReplySent | on.NoteWritten)
            }
            assert found == {key: (said.at, said.text) for key, said in expected.items()}
            instants = [recorded.event.at for recorded in self.desk.timeline(name)]
            assert instants == sorted(instants)
            public = sorted(message for (_, message), said in expected.items() if said.kind != "note")
            assert sorted(message.id for message in self.desk.transcript(name)) == public

    @invariant()
    def the_table_equals_a_replay(self) -> None:
        position = self.desk.catch_up()
        rows = {row.ticket: row for row in self.desk.view.rows()}
        assert rows == {row.ticket: row for row in replay(self.desk.store, position, datetime.max.replace(tzinfo=UTC))}
        assert {name: row.status for name, row in rows.items()} == {n: m.status for n, m in self.matters.items()}


SOME = settings(max_examples=80, stateful_step_count=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def test_the_desk_agrees_with_the_model() -> None:
    """Whatever is asked, twice or late or of the wrong thing, desk and model agree after every step."""
    run_state_machine_as_test(DeskModel, settings=SOME)


@pytest.mark.slow
def test_the_desk_agrees_with_the_model_for_long() -> None:
    """The same with many more and longer runs."""
    run_state_machine_as_test(DeskModel, settings=settings(SOME, max_examples=200, stateful_step_count=60))
