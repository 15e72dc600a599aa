"""A metric or a fact table that fails, in whichever way, is named with its plug-in, and spoils nobody else's answer."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, NoReturn, cast

import attrs
import pytest
from attrs import frozen

from ventanilla import Actor, Conflict, Desk, NotUnderstood, PluginError, Recorded, Refused, Unavailable, hookimpl
from ventanilla.core.commands import Open
from ventanilla.core.events import TicketOpened
from ventanilla.plugins import Host
from ventanilla.projections import FactTable, Metric
from ventanilla.projections.expressions import Expression, Run, column
from ventanilla.projections.metric import Question
from ventanilla.projections.summaries import Count, Figure

NINE = datetime(2026, 1, 5, 9, tzinfo=UTC)


def fails(error: BaseException) -> Callable[..., NoReturn]:
    def does(*given: object) -> NoReturn:
        raise error

    return does


def gives(value: Any) -> Callable[..., Any]:
    return lambda *given: value


YES = gives(gives(True))
SIZE = gives(frozenset({"size"}))


@frozen(eq=False)
class Odd(Expression):
    """An expression that does what functions do."""

    runs: Callable[..., Any] = YES
    reads: Callable[..., Any] = SIZE

    def run(self) -> Run:
        return cast("Run", self.runs())

    def columns(self) -> frozenset[str]:
        return cast("frozenset[str]", self.reads())


@frozen
class Says:
    """A summary that says what a function does."""

    says: Callable[[Sequence[Any]], Any]

    def of(self, values: Sequence[Any]) -> Figure:
        return cast("Figure", self.says(values))


@frozen(kw_only=True)
class Visit:
    ticket: str
    size: int = 3
    color: str = "red"
    opened_at: datetime
    evidence: Any


def visits(**changes: Any) -> FactTable[Any]:
    def fold(state: tuple[Visit, ...], recorded: Recorded) -> tuple[Visit, ...]:
        return (*state, Visit(ticket=recorded.stream, opened_at=recorded.event.at, evidence=(recorded.position,)))

    told: dict[str, Any] = {"name": "acme.visits", "about": "one row an opening", "row": Visit, "initial": ()}
    told |= {"reads": frozenset({TicketOpened}), "fold": fold, "rows": lambda state, as_of: state}
    told |= {"dimensions": ("color",)}
    return FactTable(**told | changes)


def asks(**changes: Any) -> Metric:
    told: dict[str, Any] = {"name": "acme.visits", "table": "acme.visits", "question": "How many?", "unit": "count"}
    told |= {"where": column("size").given(), "value": column("size"), "summary": Count(), "dated": column("opened_at")}
    return Metric(**told | changes)


def desk_with(table: FactTable[Any], metric: Metric) -> Desk:
    class Plugin:
        @hookimpl
        def tables(self) -> list[FactTable[Any]]:
            return [table]

        @hookimpl
        def metrics(self) -> list[Metric]:
            return [metric, attrs.evolve(asks(), name="acme.good")]

    host = Host()
    assert host.add("x-acme", Plugin()).status == "ready"
    desk = Desk("sqlite:///:memory:", host=host)
    for number in range(2):
        desk.handle(Open(ticket=f"T-{number}", at=NINE, actor=Actor("agent", "maria"), channel="mail"))
    return desk


def told_by(desk: Desk, **asked: Any) -> tuple[list[float | None], list[str]]:
    """Return the figures of the bad metric, the good one beside it, and one of ours, with what was told of failures."""
    questions = [
        Question(metric=desk.host.metric(name), zone=UTC, **(asked if name == "acme.visits" else {}))
        for name in ("acme.visits", "acme.good", "tickets")
    ]
    why: list[str] = []
    cuts = desk.answer(questions, failing=lambda question, error: why.append(f"{question.metric.name}: {error}"))
    return [cut[None].value if cut else None for cut in cuts], why


ERRORS = [
    NotUnderstood("not me"),
    Refused("a.b", "not me"),
    Unavailable("not me"),
    Conflict("not me"),
    PluginError("not me"),
    KeyError("not me"),
    SystemExit("not me"),
]


def names(error: BaseException) -> str:
    return type(error).__name__


class TestErrors:
    @pytest.mark.parametrize("error", ERRORS, ids=names)
    @pytest.mark.parametrize(
        ("part", "where"),
        [
            (lambda error: {"value": Odd(gives(fails(error)))}, "the row of position 1 of the log"),
            (lambda error: {"where": Odd(gives(fails(error)))}, "the row of position 1 of the log"),
            (lambda error: {"value": Odd(fails(error))}, "its expressions"),
            (lambda error: {"dated": Odd(reads=fails(error))}, "its expressions"),
            (lambda error: {"summary": Says(fails(error))}, "2 values"),
        ],
    )
    def test_of_a_metric(self, part: Callable[[BaseException], dict[str, Any]], where: str, error: Exception) -> None:
        """Whatever a metric raises, and where, is its own: it is told with plug-in and cause, and the rest answered."""
        with desk_with(visits(), asks(**part(error))) as desk:
            figures, (why,) = told_by(desk)
            assert figures == [None, 2, 2]
            assert why.startswith(
                f"acme.visits: the plug-in x-acme: the metric acme.visits@1 fails on {where}: {names(error)}: "
            )
            assert "not me" in why
            with pytest.raises(PluginError, match=r"x-acme: the metric acme\.visits@1 fails on"):
                desk.ask("acme.visits")

    @pytest.mark.parametrize("error", ERRORS, ids=names)
    @pytest.mark.parametrize("part", ["fold", "rows", "across"])
    def test_of_a_table(self, part: str, error: Exception) -> None:
        """Whatever a fact table raises is its own: its questions have no answer, those of others have theirs."""
        with desk_with(visits(**{part: fails(error)}), asks()) as desk:
            figures, why = told_by(desk)
            assert figures == [None, None, 2]
            where = "all its rows" if part == "across" else "T-0, at position 1 of the log"
            said = f"the plug-in x-acme: the table acme.visits@1 fails on {where}: {names(error)}: "
            assert [one.partition(": ")[2].startswith(said) for one in why] == [True, True]

    @pytest.mark.parametrize("reads", [gives(7), gives({7, "size"}), gives("size")])
    def test_of_columns_that_are_none(self, reads: Callable[..., Any]) -> None:
        """An expression that does not tell its columns as a set is told."""
        with desk_with(visits(), asks(value=Odd(reads=reads))) as desk:
            try:
                figures, why = told_by(desk)
            except NotUnderstood as error:
                assert "reads 7, which is no column" in str(error)  # noqa: PT017  # a column that there is not
            else:
                assert (figures, len(why)) == ([None, 2, 2], 1)

    def test_of_the_question_are_not_the_plugins(self) -> None:
        """A column that there is not is the question's matter, and so is a cut that cannot be pooled."""
        with desk_with(visits(), asks(value=column("weight"))) as desk:
            with pytest.raises(NotUnderstood, match=r"acme.visits@1 reads weight, which is no column of the table"):
                told_by(desk)
            with pytest.raises(NotUnderstood, match="can be pooled, not one by 'color'"):
                desk.ask("acme.good", by="color", pooled=2)


class TestColumnsThatAreNoDimension:
    @pytest.mark.parametrize("asked", [{"by": "size"}, {"only": {"size": "3"}}, {"by": "evidence"}])
    def test_are_not_the_plugins_fault(self, asked: dict[str, Any]) -> None:
        """A column of the table's own that it cannot be cut by is named, with the dimensions that there are."""
        with desk_with(visits(), asks()) as desk:
            with pytest.raises(
                NotUnderstood, match=r"of the table acme\.visits, but no dimension of it: say one of color,"
            ):
                desk.ask("acme.visits", **asked)

    def test_may_have_the_name_of_a_fact_of_tickets(self) -> None:
        """Whoever calls a fact as a column of tickets is called can cut tickets by it."""
        with Desk("sqlite:///:memory:") as desk:
            actor = Actor("agent", "maria")
            desk.handle(Open(ticket="T-1", at=NINE, actor=actor, channel="mail", facts={"reopens": "never"}))
            assert list(desk.ask("tickets", by="reopens")) == ["never"]


class TestFigures:
    @pytest.mark.parametrize(
        ("unit", "figure", "said"),
        [
            ("count", Figure(value=1, n=1, interval=(math.nan, 1)), "its interval's end is nan, which is no number"),
            ("count", Figure(value=1, n=1, interval=(2, 1)), "its interval ends before it begins"),
            (
                "count",
                Figure(value=1, n=1, interval=cast("Any", (1, 2, 3))),
                "interval is (1, 2, 3), which is none",
            ),
            ("count", Figure(value=1, n=1, interval=cast("Any", "ab")), "its interval is 'ab', which is none"),
            ("count", Figure(value=1, n=3), "it is of 3 values, and there are 2"),
            ("count", Figure(value=1, n=-1), "it is of -1 values, and there are 2"),
            ("count", Figure(value=1, n=1, numerator=math.inf), "its numerator is inf, which is no number"),
            ("count", Figure(value=1, n=1, error=cast("Any", "x")), "its standard error is 'x', which is no number"),
            ("ratio", Figure(value=-0.1, n=1), "its value is -0.1, which is no ratio"),
            ("ratio", Figure(value=1.1, n=1), "its value is 1.1, which is no ratio"),
            ("ratio", Figure(value=3.0, n=1, numerator=4, denominator=2), "its value is 3.0, which is no ratio"),
            ("points", Figure(value=100.5, n=1), "its value is 100.5, and points lie from -100 to 100"),
        ],
    )
    def test_that_cannot_be(self, unit: Any, figure: Figure, said: str) -> None:
        """A figure that cannot come of its rows, or in its unit, is told with the value."""
        with desk_with(visits(), asks(unit=unit, summary=Says(gives(figure)))) as desk:
            figures, (why,) = told_by(desk)
            assert figures == [None, 2, 2]
            assert "x-acme: the metric acme.visits@1 fails on 2 values: " in why
            assert said in why

    @pytest.mark.parametrize(
        ("unit", "figure"),
        [
            ("ratio", Figure(value=2.0, n=2, numerator=4, denominator=2)),
            ("ratio", Figure(value=1 + 1e-12, n=2)),
            ("points", Figure(value=-100.0, n=2)),
            ("score", Figure(value=-3.5, n=2, interval=(-4, -3.5))),
        ],
    )
    def test_that_can_be(self, unit: Any, figure: Figure) -> None:
        """A quotient may be past 1 where it says what of, and floats are not exact."""
        with desk_with(visits(), asks(unit=unit, summary=Says(gives(figure)))) as desk:
            assert told_by(desk) == ([figure.value, 2, 2], [])

    @pytest.mark.parametrize("evidence", [("x",), (1.5,), ((1,),), 1.5])
    def test_behind_which_is_no_event(self, evidence: Any) -> None:
        """What is no position of an event is no evidence."""
        table = visits(rows=lambda state, as_of: [attrs.evolve(row, evidence=evidence) for row in state])
        with desk_with(table, asks()) as desk:
            figures, why = told_by(desk)
            assert (figures, len(why)) == ([None, None, 2], 2)
            assert "the metric acme.visits@1 fails on" in why[0]


class TestListeners:
    def test_cannot_alter_what_others_hear(self) -> None:
        """What one listener is told it cannot take from the next."""
        heard: list[int] = []

        class Listens:
            @hookimpl
            def recorded(self, events: Any) -> None:
                heard.append(len(events))
                events.clear()

        host = Host()
        host.add("one", Listens())
        host.add("other", Listens())
        with Desk("sqlite:///:memory:", host=host) as desk:
            desk.handle(Open(ticket="T-1", at=NINE, actor=Actor("agent", "maria"), channel="mail"))
            host.tell(list(desk.log("T-1")))
        assert heard == [1, 1, 1, 1]


def test_what_is_ours_is_named_too() -> None:
    """A metric of our own that failed would be told as that of the built-in plug-in."""
    with Desk("sqlite:///:memory:") as desk:
        broken = attrs.evolve(desk.host.metric("tickets"), summary=Says(fails(KeyError("x"))))
        desk.host.metrics["tickets"] = broken
        with pytest.raises(PluginError, match="the plug-in builtin: the metric tickets@"):
            desk.ask("tickets")
