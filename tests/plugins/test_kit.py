"""The kit finds what is bad, each thing by its rule, and has nothing against what is good."""

from __future__ import annotations

import itertools
import logging
import math
import os
import random
import socket
import time
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest
from attrs import frozen

from ventanilla.core import events as on
from ventanilla.core.commands import AddCustomer, Command, Open, Receive
from ventanilla.core.errors import NotUnderstood, PluginError
from ventanilla.core.fields import Personal
from ventanilla.core.recorded import Actor, Recorded
from ventanilla.plugins import Channel, Delivery, Host
from ventanilla.plugins.testing import Broken, ChannelContract, Contract, MetricContract, TableContract, histories
from ventanilla.plugins.testing.suite import contracts
from ventanilla.plugins.testing.watch import watched
from ventanilla.projections import FactTable, Metric
from ventanilla.projections.expressions import column
from ventanilla.projections.summaries import Figure, Share
from ventanilla.projections.tickets import TICKETS

NINE = datetime(2026, 1, 5, 9, tzinfo=UTC)
ACTOR = Actor("channel", "chat")
NUMBERS = itertools.count()
SAMPLE = Delivery(body=b"+34600123456 Where is my order?", received_at=NINE, headers={"X-Signature": "right"})


def chat(delivery: Delivery, **changes: Any) -> list[Command]:
    try:
        sender, text = delivery.body.decode().split(" ", 1)
    except ValueError as error:
        raise NotUnderstood("not a chat") from error
    at, ticket, of = changes.get("at", delivery.received_at), f"chat:{delivery.id}", f"customer/{delivery.id}"
    customer = changes.get("customer", delivery.id)
    return [
        AddCustomer(customer=delivery.id, at=at, actor=ACTOR, name=Personal(sender, of=of)),
        Open(ticket=ticket, at=at, actor=ACTOR, channel="chat", customer=customer),
        Receive(
            ticket=ticket,
            at=at,
            actor=ACTOR,
            channel="chat",
            message=changes.get("message", delivery.id),
            text=Personal(text, of=of),
        ),
    ]


def bad(does: Callable[[Delivery], object]) -> Callable[[Delivery], list[Command]]:
    """Return a reader that does something else besides."""

    def read(delivery: Delivery) -> list[Command]:
        commands = chat(delivery)
        does(delivery)
        return commands

    return read


def connects(delivery: Delivery) -> None:
    with socket.socket():
        pass


def changes_headers(delivery: Delivery) -> None:
    headers: Any = delivery.headers
    headers["seen"] = "yes"


def found(contract: Contract) -> dict[str, str]:
    """Return the rules that are broken, with what is said of each."""
    broken: dict[str, str] = {}
    for name, rule in contract.rules().items():
        try:
            rule()
        except Broken as error:
            broken[name] = str(error)
    return broken


class Chat(ChannelContract):
    channel = Channel(name="chat", read=chat, samples=(SAMPLE,))


class TestChannelContract:
    def test_has_nothing_against_a_good_one(self) -> None:
        """A channel that keeps the contract breaks no rule."""
        assert found(Chat()) == {}

    @pytest.mark.parametrize(
        ("rule", "read", "said"),
        [
            ("reads_alike_twice", lambda d: chat(d, message=str(uuid.uuid4())), "read twice gives different commands"),
            ("leaves_the_delivery_as_it_was", bad(changes_headers), "other headers after it was read"),
            ("survives_damage", lambda d: chat(d) if d.body[0] else [], "raises IndexError, not NotUnderstood"),
            ("survives_damage", bad(lambda d: os._exit if d.body.isascii() else exit(3)), "raises SystemExit"),
            ("survives_a_large_delivery", bad(lambda d: 1 // (len(d.body) < 2**20)), "raises ZeroDivisionError"),
            ("touches_no_network", bad(connects), "touches network: socket.__new__"),
            ("opens_no_file_and_reads_no_clock", bad(lambda d: Path(__file__).read_bytes()), "touches file: open"),
            ("opens_no_file_and_reads_no_clock", bad(lambda d: datetime.now(UTC)), "touches clock: now"),
            ("opens_no_file_and_reads_no_clock", bad(lambda d: time.monotonic()), "touches clock: monotonic"),
            ("opens_no_file_and_reads_no_clock", bad(lambda d: random.random()), "touches chance: random"),
            ("opens_no_file_and_reads_no_clock", bad(lambda d: uuid.uuid4()), "touches chance: urandom"),
            ("opens_no_file_and_reads_no_clock", bad(lambda d: os.system("true")), "touches program: os.system"),
            ("repeats_safely", lambda d: chat(d, message=str(next(NUMBERS))), "MessageReceived happen again"),
            (
                "tells_of_no_future",
                lambda d: chat(d, at=NINE + timedelta(hours=1)),
                "AddCustomer happens at 2026",
            ),
            ("keeps_people_out_of_facts", lambda d: chat(d, customer="+34600123456"), "Open.customer repeats"),
            ("keeps_people_out_of_logs", bad(lambda d: logging.getLogger("x").debug("%s", d.body)), "logs or prints"),
            ("keeps_people_out_of_logs", bad(lambda d: print(d.body)), "logs or prints what is personal"),
            ("reads_its_samples", lambda d: ["open"], "gives a str, which is no command"),
            ("reads_its_samples", lambda d: [], "has no sample that gives a command"),
        ],
    )
    def test_finds_by_its_rule(self, rule: str, read: Callable[[Delivery], list[Command]], said: str) -> None:
        """What a channel does wrong is found by the rule that is about it."""

        class Bad(ChannelContract):
            channel = Channel(name="chat", read=read, samples=(SAMPLE,))

        with pytest.raises(Broken) as broken:
            Bad().rules()[rule]()
        assert said in str(broken.value)

    @pytest.mark.parametrize(
        ("verify", "said"),
        [
            (lambda delivery: False, "is not accepted"),
            (lambda delivery: True, "is accepted though its body was changed"),
            (lambda delivery: delivery.body == SAMPLE.body, ""),
        ],
    )
    def test_tries_the_signature(self, verify: Callable[[Delivery], bool], said: str) -> None:
        """A channel that verifies is tried with its samples, and with others."""

        class Signed(ChannelContract):
            channel = Channel(name="chat", read=chat, samples=(SAMPLE,), verify=verify)

        broken = found(Signed()).get("knows_its_own", "")
        assert said in broken
        assert bool(said) == bool(broken)


@frozen(kw_only=True)
class Row:
    ticket: str
    opened_at: datetime
    evidence: tuple[int, ...]


def opened(state: tuple[Row, ...], recorded: Recorded) -> tuple[Row, ...]:
    at = recorded.event.at
    return (*state, Row(ticket=recorded.stream, opened_at=at, evidence=(recorded.position,)))


def every(state: tuple[Row, ...], as_of: datetime) -> Sequence[Row]:
    return state


def table(**changes: Any) -> FactTable[Any]:
    told: dict[str, Any] = {
        "name": "acme.rows",
        "about": "one row a ticket",
        "row": Row,
        "reads": frozenset({on.TicketOpened}),
        "initial": (),
        "fold": opened,
        "rows": every,
    }
    return FactTable(**told | changes)


kept: list[Recorded] = []


def keeps(state: tuple[Row, ...], recorded: Recorded) -> tuple[Row, ...]:
    kept.append(recorded)
    return (*state, Row(ticket=str(len(kept)), opened_at=NINE, evidence=(recorded.position,)))


def mutates(state: list[Row], recorded: Recorded) -> list[Row]:
    state.append(Row(ticket=recorded.stream, opened_at=NINE, evidence=(recorded.position,)))
    return state


def empties(state: list[Row], as_of: datetime) -> list[Row]:
    rows = list(state)
    state.clear()
    return rows


def knows_all(state: tuple[Row, ...], recorded: Recorded) -> tuple[Row, ...]:
    assert type(recorded.event).__module__.startswith("ventanilla.core"), "never heard of"
    return opened(state, recorded)


def asks_the_clock(state: tuple[Row, ...], recorded: Recorded) -> tuple[Row, ...]:
    return tuple(attrs.evolve(row, opened_at=datetime.now(UTC)) for row in opened(state, recorded))


class TestTableContract:
    @pytest.mark.parametrize(
        ("rule", "changes", "said"),
        [
            ("folds_purely", {"fold": mutates, "initial": []}, "changes the state that it is given"),
            (
                "reads_its_state_purely",
                {"fold": lambda s, r: [*s, 1], "rows": empties, "initial": []},
                "changes the state",
            ),
            ("folds_in_two_parts", {"fold": keeps}, "is something kept beside it"),
            ("answers_an_empty_log", {"rows": lambda s, as_of: [s[0]]}, "IndexError"),
            ("survives_unknown_events", {"fold": knows_all, "reads": None}, "never heard of"),
            ("gives_rows_of_its_class", {"rows": lambda s, as_of: [{"a": 1} for _ in s]}, "gives a dict, not a Row"),
            ("gives_rows_of_its_class", {"dimensions": ("regret",)}, "names columns that its rows lack: regret"),
            (
                "gives_rows_of_its_class",
                {"rows": lambda s, as_of: [attrs.evolve(row, opened_at=datetime(2026, 1, 5)) for row in s]},
                "an instant without a time zone: opened_at",
            ),
            (
                "names_real_evidence",
                {"rows": lambda s, as_of: [attrs.evolve(row, evidence=()) for row in s]},
                "a row without evidence",
            ),
            (
                "names_real_evidence",
                {"rows": lambda s, as_of: [attrs.evolve(row, evidence=("x",)) for row in s]},
                "has no positions in evidence but",
            ),
            (
                "names_real_evidence",
                {"rows": lambda s, as_of: [attrs.evolve(row, evidence=(0,)) for row in s]},
                "names position 0, which it was not given: made up",
            ),
            ("touches_nothing", {"fold": asks_the_clock}, "touches clock: now"),
        ],
    )
    def test_finds_by_its_rule(self, rule: str, changes: dict[str, Any], said: str) -> None:
        """What a table does wrong is found by the rule that is about it."""

        class Bad(TableContract):
            table: FactTable[Any] = table(**changes)

        with pytest.raises((Broken, PluginError, IndexError)) as broken:
            Bad().rules()[rule]()
        assert said in f"{type(broken.value).__name__} {broken.value}"

    def test_finds_a_state_that_cannot_be_stored(self) -> None:
        """A state with a function in it cannot be stored."""

        class Bad(TableContract):
            table: FactTable[Any] = table(fold=lambda state, recorded: lambda: state, initial=None)

        with pytest.raises((AttributeError, TypeError), match="pickle"):
            Bad().test_has_a_state_that_can_be_stored()


@frozen
class Says:
    """A summary that says what a function does."""

    says: Callable[[Sequence[Any]], Figure]

    def of(self, values: Sequence[Any]) -> Figure:
        return self.says(values)


def metric(of: Callable[[Sequence[Any]], Figure], unit: Any = "ratio") -> Metric:
    return Metric(
        name="acme.share",
        question="Which share?",
        unit=unit,
        where=column("opened_at").given(),
        value=column("opened_at"),
        summary=Says(of),
        dated=column("opened_at"),
    )


words: Any = Figure


def first(values: Sequence[Any]) -> Figure:
    return Figure(value=values[0].timestamp() if values else None, n=len(values))


class TestMetricContract:
    @pytest.mark.parametrize(
        ("rule", "of", "said"),
        [
            ("answers_an_empty_log", lambda values: Figure(value=0.0, n=0), "is 0.0 of 0: the unknown is None"),
            ("answers_an_empty_log", lambda values: Figure(value=1 / len(values), n=1), "ZeroDivisionError"),
            (
                "answers_every_log",
                lambda values: Figure(value=1 // (len(values) != 1), n=len(values)),
                "fails on 1 values",
            ),
            ("gives_a_figure", lambda values: Figure(value=1.5, n=len(values)), "is 1.5, which is no ratio"),
            ("gives_a_figure", lambda values: Figure(value=math.nan, n=len(values)), "is nan, which is no number"),
            ("gives_a_figure", lambda values: words(value="many", n=len(values)), "is 'many', which is no number"),
            (
                "gives_a_figure",
                lambda values: Figure(value=0.5, n=len(values), interval=(1, 0)),
                "ends before it begins",
            ),
            ("does_not_mind_the_order_of_rows", first, "when its rows come in another order"),
            ("touches_nothing", lambda values: Figure(value=time.time() % 1, n=len(values)), "touches clock: time"),
        ],
    )
    def test_finds_by_its_rule(self, rule: str, of: Callable[[Sequence[Any]], Figure], said: str) -> None:
        """What a metric does wrong is found by the rule that is about it."""

        class Bad(MetricContract):
            metric: Metric = metric(of, "count" if rule == "does_not_mind_the_order_of_rows" else "ratio")

        with pytest.raises((Broken, PluginError)) as broken:
            Bad().rules()[rule]()
        assert said in str(broken.value)

    def test_finds_a_figure_without_events(self) -> None:
        """A figure that is made of rows, none of which names an event, is found."""

        class Bad(MetricContract):
            metric: Metric = metric(lambda values: Figure(value=0.5, n=len(values)))
            table: FactTable[Any] = attrs.evolve(TICKETS, sources={})

        with pytest.raises(Broken, match="names no event behind it"):
            Bad().rules()["names_real_evidence"]()

    def test_finds_a_unit_that_is_none(self) -> None:
        """A unit that got past the declaration is found by the rule that is about it."""

        class Bad(MetricContract):
            metric: Metric = metric(first, "count")

        object.__setattr__(Bad.metric, "unit", "parsecs")
        with pytest.raises(Broken, match="has the unit 'parsecs', which is none of count, ratio, seconds"):
            Bad().rules()["has_a_known_unit"]()


class TestOurOwn:
    @pytest.mark.parametrize(
        ("what", "contract"), [pytest.param(*one, id=one[0]) for one in contracts(Host(), Host().found[0])]
    )
    def test_keep_the_contract(self, what: str, contract: Contract) -> None:
        """What is our own keeps the contract like everybody's."""
        slow = {"is_deterministic"} | ({"answers_every_log"} if what.startswith("metric") else set())
        for name, rule in contract.rules().items():
            if name not in slow:
                rule()

    def test_are_the_same_elsewhere(self) -> None:
        """All our tables and metrics give the same in other processes with other hash seeds."""
        of_tables = dict(contracts(Host(), Host().found[0]))
        for what in ("table tickets", "table customers", "metric backlog"):
            of_tables[what].rules()["is_deterministic"]()


class TestHistories:
    def test_are_true_and_of_every_sort(self) -> None:
        """The logs have an empty one, and most of the types of events there are, in the order of a log."""
        logs = histories()
        assert logs[0] == ()
        assert len({type(recorded.event) for log in logs for recorded in log}) > 90
        for log in logs:
            positions = [recorded.position for recorded in log]
            assert positions == sorted(set(positions))
            for stream in {recorded.stream for recorded in log}:
                versions = [recorded.version for recorded in log if recorded.stream == stream]
                assert versions == list(range(1, len(versions) + 1))

    def test_have_no_text_of_anybody(self) -> None:
        """What is personal is there as a reference only, as in a log."""
        said = [
            r.event.text for log in histories() for r in log if isinstance(r.event, on.MessageReceived) and r.event.text
        ]
        assert said
        for one in said:
            with pytest.raises(LookupError):
                _ = one.text


class TestWatch:
    def test_sees_nothing_where_nothing_is(self) -> None:
        """Pure work touches nothing, and a line of a log has its own clock."""
        with watched() as seen:
            sorted([3, 1, 2])
            datetime(2026, 1, 5, tzinfo=UTC).astimezone(UTC)
            logging.getLogger("x").warning("hello")
        assert seen == []

    def test_sees_no_further_than_the_block(self) -> None:
        """What happens before and after is nobody's business."""
        time.time()
        with watched() as seen:
            pass
        time.time()
        Path(__file__).read_bytes()
        assert seen == []

    def test_passes_over_what_is_imported(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A module that is imported only when it is needed is no file that was opened."""
        (tmp_path / "imported_late.py").write_text("import json\n")
        monkeypatch.syspath_prepend(tmp_path)
        with watched() as seen:
            __import__("imported_late")
        assert seen == []


class TestShare:
    def test_good_metric(self) -> None:
        """A metric that keeps the contract breaks no rule in this process."""

        class Good(MetricContract):
            metric = attrs.evolve(metric(first), value=column("settled_at").given(), summary=Share())

        good = Good()
        for name, rule in good.rules().items():
            if name != "is_deterministic":
                rule()
