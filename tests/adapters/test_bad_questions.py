"""What hosts get wrong when they ask, and what plug-ins get wrong when they answer, is told where it went wrong."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import attrs
import pytest

from ventanilla import Actor, Answer, Desk, NotUnderstood, PluginError, Refused, Unavailable, hookimpl
from ventanilla.adapters.audit.claims import read_claim
from ventanilla.core.commands import Open
from ventanilla.core.continuation import Contact, Matter
from ventanilla.core.errors import said
from ventanilla.plugins import Host
from ventanilla.projections.comparison import compare
from ventanilla.projections.expressions import column
from ventanilla.projections.facts.purchases import Purchases
from ventanilla.projections.floor import told
from ventanilla.projections.metric import Question
from ventanilla.projections.summaries import Figure

NINE = datetime(2026, 1, 5, 9, tzinfo=UTC)
MARIA = Actor("agent", "maria")


@pytest.fixture
def desk() -> Iterator[Desk]:
    """A desk with a ticket of two weeks each."""
    with Desk("sqlite:///:memory:") as opened:
        for number in range(2):
            at = NINE + timedelta(days=7 * number)
            opened.handle(Open(ticket=f"T-{number}", at=at, actor=MARIA, channel="mail", facts={"site": "north"}))
        yield opened


class TestQuestions:
    def test_only_with_a_name_that_nothing_has(self, desk: Desk) -> None:
        """A dimension that no row has is named; one that has another value counts nothing."""
        with pytest.raises(NotUnderstood, match="'sight' is no dimension of these rows: say one of channel, kind"):
            desk.ask("tickets", only={"sight": "north"})
        assert desk.ask("tickets", only={"site": "south"}).value == 0
        assert desk.ask("tickets", only={"site": "north"}).value == 2

    @pytest.mark.parametrize("name", ["since", "until", "as_of", "known_at"])
    def test_instants_without_a_zone(self, desk: Desk, name: str) -> None:
        """An instant that could be any is refused by its name, and no plug-in is blamed."""
        with pytest.raises(ValueError, match=f"{name} is datetime.* give an aware datetime"):
            desk.ask("tickets", **cast("Any", {name: datetime(2026, 1, 5)}))

    @pytest.mark.parametrize(
        ("asked", "error", "said"),
        [
            ({"zone": "Europe/Madrid"}, TypeError, "the zone of a question is 'Europe/Madrid'"),
            ({"only": "team"}, TypeError, "only is 'team': give dimensions"),
            ({"pooled": 0}, ValueError, "pooled is 0"),
            ({"since": NINE, "until": NINE - timedelta(days=1)}, NotUnderstood, "is before since"),
        ],
    )
    def test_that_have_no_answer(self, desk: Desk, asked: Any, error: type[Exception], said: str) -> None:
        """What cannot be asked is refused by its name, and not answered by nothing."""
        with pytest.raises(error, match=said):
            desk.ask("tickets", **asked)

    def test_while_others_write(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        """What is recorded while a question is answered may be in its rows, and no metric is blamed for it."""
        head, late = desk.store.head, Open(ticket="T-9", at=NINE, actor=MARIA, channel="mail")

        def meanwhile() -> int:
            found = head()
            monkeypatch.undo()
            desk.handle(late)
            return found

        monkeypatch.setattr(desk.store, "head", meanwhile)
        answer = desk.ask("tickets")
        assert (answer.value, answer.position, answer.evidence[-1]) == (3, 3, 3)

    def test_pooled_over_more_periods_than_there_are(self, desk: Desk) -> None:
        """Two thousand years of months are those that there are."""
        one, other = desk.ask("tickets", by="week", pooled=24_000).values()
        assert (one.value, other.value) == (1, 2)

    def test_of_a_desk_that_is_closed(self, desk: Desk) -> None:
        """A desk that was closed says so."""
        desk.close()
        with pytest.raises(Unavailable, match="this desk is closed"):
            desk.log("T-0")

    def test_of_nobody(self, desk: Desk) -> None:
        """Who forgets to say what sort of person it is learns nothing of what is held, and is told."""
        with pytest.raises(NotUnderstood, match="'c-1' is no person"):
            desk.held("c-1", actor=MARIA)

    def test_volumes_are_compared(self, desk: Desk) -> None:
        """One ticket a week, and the week after: two counts, of which nothing can be said."""
        one, other = desk.ask("ticket_volume", by="week").values()
        found = compare(other, one)
        assert (found.change, found.significant, found.method) == (0, False, "two counts, exact")

    def test_two_small_groups_are_not_had_by_subtraction(self, desk: Desk) -> None:
        """Of groups of ten, two and one none is told where five must be: the small two together are but three."""
        answer = desk.ask("tickets")
        cut: dict[str | None, Answer] = {
            name: attrs.evolve(answer, n=n, value=n) for name, n in (("red", 10), ("blue", 2), ("green", 1))
        }
        assert [one.value for one in told(cut, 5).values()] == [None, None, None]
        several: dict[str | None, Answer] = {**cut, "blue": attrs.evolve(answer, n=4, value=4)}
        assert [one.value for one in told(several, 5).values()] == [10, None, None]


class TestCommands:
    def test_before_calendars_begin(self, desk: Desk) -> None:
        """One ticket before 1970 would stop every clock: it is refused."""
        early = Open(ticket="T-9", at=datetime(1969, 12, 31, tzinfo=UTC), actor=MARIA, channel="mail")
        with pytest.raises(Refused, match="before 1970") as refused:
            desk.handle(early)
        assert refused.value.rule == "open.too_early"

    def test_roles_that_are_a_word(self) -> None:
        """A word would grant by its letters."""
        with pytest.raises(TypeError, match="the roles of agent:x are a word, 'not-an-administrator'"):
            Actor("agent", "x", roles=cast("Any", "not-an-administrator"))


class TestPlugins:
    @pytest.mark.parametrize(
        ("gives", "message"),
        [
            (lambda values: {"value": 1}, "fails on 2 values: TypeError: {'value': 1} is no figure"),
            (lambda values: Figure(value=math.inf, n=2), "ValueError: its value is inf, which is no number"),
            (lambda values: Figure(value=cast("Any", "x"), n=2), "ValueError: its value is 'x', which is no number"),
        ],
    )
    def test_figures_that_are_none(self, desk: Desk, gives: Callable[[Sequence[Any]], Any], message: str) -> None:
        """What a summary gives that is no figure is told, and the other questions are answered."""

        class Odd:
            def of(self, values: Sequence[Any]) -> Figure:
                return cast("Figure", gives(values))

        odd = attrs.evolve(desk.host.metric("tickets"), name="acme.odd", summary=Odd())
        questions = [Question(metric=one, zone=UTC) for one in (odd, desk.host.metric("tickets"))]
        why: list[str] = []
        cuts = desk.answer(questions, failing=lambda question, error: why.append(str(error)))
        assert [cut and cut[None].value for cut in cuts] == [{}, 2]
        assert why[0].endswith(message)

    def test_events_that_are_not_there(self, desk: Desk) -> None:
        """Evidence past the end of the log is made up."""
        table = desk.host.tables["purchases"]
        made_up = attrs.evolve(table, name="acme.made_up", streams=("ticket",), reads=None, rows=_made_up)
        desk.host.tables["acme.made_up"] = made_up
        metric = attrs.evolve(
            desk.host.metric("clv"), name="acme.made_up", table="acme.made_up", where=column("customer").given()
        )
        with pytest.raises(PluginError, match=r"acme\.made_up@1 names events past 2, the end of the log"):
            desk.answer([Question(metric=metric, zone=UTC)])

    @pytest.mark.parametrize(
        ("wrong", "message"),
        [
            ({"where": lambda row, at: True}, "where is no expression"),
            ({"excludes": {"spam": "channel"}}, "spam is no expression"),
            ({"unit": "parsecs"}, "the unit 'parsecs' is none of count, ratio"),
            ({"fewest": "3"}, "fewest and version are whole numbers"),
            ({"summary": object()}, "is no summary"),
        ],
    )
    def test_metrics_that_are_none(self, desk: Desk, wrong: dict[str, Any], message: str) -> None:
        """What is no metric is refused where it is declared."""
        with pytest.raises((TypeError, ValueError), match=message):
            attrs.evolve(desk.host.metric("tickets"), **wrong)

    def test_answers_that_are_no_ticket(self) -> None:
        """What cannot be a ticket is no answer, and who alters what they are shown alters nobody else's."""

        class Odd:
            @hookimpl
            def continued(self, contact: Contact, matters: Sequence[Matter]) -> Any:
                """Give a list."""
                assert isinstance(matters, tuple)
                return [matter.ticket for matter in matters]

        host = Host()
        host.add("odd", Odd())
        matter = Matter(ticket="T-1", status="open", category=None, last_at=NINE)
        contact = Contact(customer="c-1", channel="mail", at=NINE + timedelta(hours=1))
        assert host.continued(contact, [matter]) == Host().continued(contact, [matter])

    def test_errors_that_cannot_be_printed(self) -> None:
        """Half a character, or an error that fails at saying what it is, spoils no line."""

        class Mute(Exception):
            def __str__(self) -> str:
                raise RuntimeError

        assert said(ValueError("half \ud800 char\nand more")) == "ValueError: half \\ud800 char and more"
        assert said(Mute()) == "Mute"


def _made_up(state: Any, as_of: datetime) -> Sequence[Any]:
    life = ("EUR", 1.0, 1.0, False)
    return [
        Purchases(
            customer="c-1", currency="EUR", first_at=NINE, last_at=NINE, orders=1, spent=1, years=1.0, left=False,
            life=life, evidence=(999,),
        )
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["77,0", "7,70", "1,2345"])
def test_a_decimal_comma_is_no_figure(text: str) -> None:
    """A comma stands before three digits, or is not understood: it might be a point."""
    with pytest.raises(NotUnderstood, match="is no figure in ratio"):
        read_claim(text, "ratio")
