"""What is asked in surveys, on desks small enough for pencil and paper."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from asked_and_told import MARIA, NINE, Teller, day, report

from ventanilla import Desk
from ventanilla.core import events as on
from ventanilla.core.commands import Assign, Open, PlanAction, Reopen, Resolve, Route, TakeAction
from ventanilla.projections.summaries import wilson

TEN, FIVE, SEVEN, YES_NO = (0, 10), (1, 5), (1, 7), (1, 2)


@pytest.fixture
def desk() -> Iterator[Desk]:
    with Desk("sqlite:///:memory:") as opened:
        yield opened


@pytest.fixture
def told(desk: Desk) -> Teller:
    return Teller(desk)


class TestNps:
    def test_is_promoters_less_detractors(self, desk: Desk, told: Teller) -> None:
        """Of 10, 9, 8, 7, 6 and 0 two promote and two detract: 0; the bands end at 6 and 8, and 0 is on the scale."""
        for score in (10, 9, 8, 7, 6, 0):
            told.ask(f"f-{score}", NINE, "nps", score, TEN)
        found = desk.ask("nps")
        assert (found.value, found.n, found.numerator, found.unit) == (0, 6, 0, "points")
        assert found.evidence == told.of("f-10", "f-9", "f-8", "f-7", "f-6", "f-0")
        assert {key: one.value for key, one in desk.ask("nps", by="band").items()} == {
            "detractor": -100,
            "passive": 0,
            "promoter": 100,
        }

    def test_takes_no_score_between_and_mixes_no_scales(self, desk: Desk, told: Teller) -> None:
        """7.5 and an answer from 1 to 10 are left out and counted, as what was taken back."""
        told.ask("a", NINE, "nps", 9, TEN)
        told.ask("b", NINE, "nps", 7.5, TEN)
        told.ask("c", NINE, "nps", 9, (1, 10))
        told.ask("d", NINE, "nps", 2, TEN)
        told.tell("d", on.AnswerWithdrawn(at=day(1), question="nps"))
        found = desk.ask("nps")
        assert (found.value, found.n) == (100, 1)
        assert found.excluded == {"another scale than 0 to 10": 1, "no whole score": 1, "withdrawn": 1}

    def test_an_answer_counts_as_it_was_changed(self, desk: Desk, told: Teller) -> None:
        """The later score counts, both are evidence; and before the change it was the earlier."""
        told.ask("a", NINE, "nps", 2, TEN)
        told.tell("a", on.AnswerAmended(at=day(1), question="nps", score=10))
        found = desk.ask("nps")
        assert (found.value, found.evidence) == (100, told.of("a"))
        assert desk.ask("nps", as_of=day(0.5)).value == -100

    def test_of_the_relationship_only_the_latest_of_a_window_counts(self, desk: Desk, told: Teller) -> None:
        """A customer's earlier answer counts in its own month, not in the quarter; the anonymous all count."""
        told.ask("jan", day(0), "nps", 2, TEN, level="relationship", respondent="c-1")
        told.ask("feb", day(31), "nps", 10, TEN, level="relationship", respondent="c-1")
        for name in ("x", "y"):
            told.ask(name, day(31), "nps", 8, TEN, level="relationship")
        whole = desk.ask("rnps")
        assert whole.value == pytest.approx(100 / 3)
        assert (whole.n, whole.excluded) == (3, {"answered again later": 1})
        assert whole.evidence == told.of("feb", "x", "y")
        months = desk.ask("rnps", by="month")
        assert {key: (one.value, one.n) for key, one in months.items()} == {
            "2026-01": (-100, 1),
            "2026-02": (pytest.approx(100 / 3), 3),
        }
        pooled = desk.ask("rnps", by="month", pooled=2)["2026-02"]
        assert (pooled.value, pooled.evidence) == (whole.value, whole.evidence)

    def test_of_contacts_all_count(self, desk: Desk, told: Teller) -> None:
        """Who has two contacts answers twice."""
        for name, score in (("a", 2), ("b", 10)):
            told.ask(name, NINE, "nps", score, TEN, respondent="c-1")
        assert (desk.ask("tnps").value, desk.ask("tnps").n, desk.ask("rnps").value) == (0, 2, None)

    def test_blind_ones_are_a_survey_of_their_own(self, desk: Desk, told: Teller) -> None:
        """Where nobody says who asks, each brand has its score, and our own customers' has none of it."""
        for name, brand, score in (("a", "ours", 9), ("b", "theirs", 3), ("c", "theirs", 8)):
            told.ask(name, NINE, "nps", score, TEN, blind=True, about_kind="brand", about=brand, level="relationship")
        found = desk.ask("nps_blind", by="about")
        assert {key: one.value for key, one in found.items()} == {"ours": 100, "theirs": -50}
        assert desk.ask("nps").value is None


class TestCsat:
    def test_each_question_of_a_survey_has_its_latest_answer(self, desk: Desk, told: Teller) -> None:
        """Two questions that one respondent answers both count, each as it was answered last."""
        for name, at, scores in (("jan", day(0), (2, 3)), ("feb", day(31), (5, 1))):
            told.offer(name, at, level="relationship", respondent="c-1")
            for question, score in zip("pq", scores, strict=True):
                told.answer(name, at, "csat", score, FIVE, question=question)
        found = desk.ask("csat_mean")
        assert (found.value, found.n, found.excluded) == (3, 2, {"answered again later": 2})
        assert found.evidence == told.of("feb")
        assert desk.ask("csat_mean", only={"question": "p"}).value == 5

    def test_is_the_two_best_of_five(self, desk: Desk, told: Teller) -> None:
        """4 and 5 of 5 are satisfied: 3 of 4, by Wilson."""
        for score in (5, 5, 4, 3):
            told.ask(f"f-{len(told.positions)}", NINE, "csat", score, FIVE)
        found = desk.ask("csat")
        assert (found.value, found.interval, found.numerator, found.denominator) == (0.75, wilson(3, 4), 3, 4)
        assert desk.ask("csat_mean").value == 4.25

    def test_yes_and_no_are_a_scale_of_which_the_lower_end_is_good(self, desk: Desk, told: Teller) -> None:
        """Of the codes 1 = yes and 2 = no, no mean is made and no inversion (article 003)."""
        for name, code in (("a", 1), ("b", 1), ("c", 2)):
            told.ask(name, NINE, "csat", code, YES_NO, better="lower")
        assert desk.ask("csat").value == pytest.approx(2 / 3)
        mean = desk.ask("csat_mean")
        assert (mean.value, mean.excluded) == (None, {"another scale than 1 to 5": 3})

    def test_a_scale_without_a_threshold_is_left_out(self, desk: Desk, told: Teller) -> None:
        """Of ten nobody knows where satisfaction begins."""
        told.ask("a", NINE, "csat", 8, (1, 10))
        reason = "nobody knows which scores of the scale are satisfied ones"
        assert (desk.ask("csat").value, desk.ask("csat").excluded) == (None, {reason: 1})

    def test_response_rate_is_of_the_delivered(self, desk: Desk, told: Teller) -> None:
        """Eighty of a hundred surveyed answered, as in article 004, and 60 are satisfied: 60 of 80, not of 100."""
        for number in range(100):
            name = f"f-{number}"
            told.offer(name, NINE)
            told.tell(name, on.SurveyDelivered(at=NINE, reached=True))
            if number < 80:
                told.answer(name, day(1), "csat", 5 if number < 60 else 2, FIVE)
        told.offer("lost", NINE)
        told.tell("lost", on.SurveyDelivered(at=NINE, reached=False))
        told.offer("unknown", NINE)
        csat, rate = desk.ask("csat"), desk.ask("csat_response_rate")
        assert (csat.value, csat.n) == (0.75, 80)
        assert (rate.value, rate.numerator, rate.denominator) == (0.8, 80, 100)
        assert rate.excluded == {"not delivered": 1, "not known to be delivered": 1}
        assert desk.ask("survey_response_rate", by="survey")["after"].value == 0.8

    def test_support_is_who_had_the_ticket_when_it_was_resolved(self, desk: Desk, told: Teller) -> None:
        """A rating is of whoever had the ticket at the resolution before the offer, not of whoever has it now."""
        desk.handle(Open(ticket="T-1", at=NINE, actor=MARIA, channel="mail"))
        desk.handle(Route(ticket="T-1", at=NINE, actor=MARIA, team="red"))
        positions = []
        for number, agent in enumerate(("ana", "ben")):
            assigned = desk.handle(Assign(ticket="T-1", at=day(number * 2), actor=MARIA, agent=agent)).events
            resolved = desk.handle(Resolve(ticket="T-1", at=day(number * 2 + 0.5), actor=MARIA, code="fixed")).events
            positions.append((assigned[-1].position, resolved[-1].position))
            told.ask(f"r-{number}", day(number * 2 + 1), "csat", 5 - 3 * number, FIVE, about_kind="ticket", about="T-1")
            if not number:
                desk.handle(Reopen(ticket="T-1", at=day(1.5), actor=MARIA))
        rated = desk.ask("csat_support", by="rated_agent")
        assert {agent: one.value for agent, one in rated.items()} == {"ana": 1, "ben": 0}
        assert set(positions[0]) < set(rated["ana"].evidence)
        assert {agent: one.value for agent, one in desk.ask("csat_support", by="agent").items()} == {"ben": 0.5}
        assert {key: one.n for key, one in desk.ask("csat_support", by="cycle").items()} == {"1": 1, "2": 1}
        assert desk.ask("csat_support", by="rated_team")["red"].n == 2


class TestCes:
    def test_has_three_published_results(self, desk: Desk, told: Teller) -> None:
        """Of 7, 6, 5, 4 and 1: mean 4.6; three in five find it easy; two less one in five are 20 points."""
        for score in (7, 6, 5, 4, 1):
            told.ask(f"f-{score}", NINE, "ces", score, SEVEN)
        found = {name: desk.ask(name).value for name in ("ces", "ces_share", "ces_index", "ces_1")}
        assert found == {"ces": pytest.approx(4.6), "ces_share": 0.6, "ces_index": 20, "ces_1": None}

    def test_effort_is_turned_round(self, desk: Desk, told: Teller) -> None:
        """CES 1.0 asks for effort, of which 1 is best: ease is 1 + 5 - effort."""
        for name, effort in (("a", 1), ("b", 2)):
            told.ask(name, NINE, "ces", effort, FIVE, better="lower")
        assert (desk.ask("ces_1").value, desk.ask("ces").value) == (4.5, None)


class TestExpectationGap:
    def test_is_what_was_got_less_what_was_expected(self, desk: Desk, told: Teller) -> None:
        """Expected 5 and 5, got 4 and 3 of 5: 62.5 less 100 on a scale of a hundred."""
        for name, score, expected in (("a", 5, True), ("b", 5, True), ("c", 4, False), ("d", 3, False)):
            told.ask(name, NINE, "csat", score, FIVE, expectation=expected)
        found = desk.ask("expectation_gap", only={"instrument": "csat"})
        assert (found.value, found.n) == (-37.5, 4)
        assert desk.ask("csat").n == 2


class TestOwnPeople:
    def team(self, told: Teller, name: str, scores: list[int], instrument: str = "esat") -> None:
        for number, score in enumerate(scores):
            scale = FIVE if instrument == "esat" else TEN
            told.ask(
                f"{name}-{number}", NINE, instrument, score, scale, about_kind="employer", about=name, respondent="a-1"
            )

    def test_few_are_not_told(self, desk: Desk, told: Teller) -> None:
        """Of four answers nothing is told, and why; of five all is."""
        self.team(told, "red", [5, 5, 4, 1])
        found = desk.ask("esat")
        assert (found.value, found.n, found.interval, found.numerator, found.evidence) == (None, 0, None, None, ())
        assert found.excluded == {"fewer than 5 answers": 4}
        self.team(told, "blue", [5])
        assert (desk.ask("esat").value, desk.ask("esat").n) == (0.8, 5)

    def test_nor_what_would_give_them_away(self, desk: Desk, told: Teller) -> None:
        """One team too small could be had by subtracting the others from the whole: the next smallest hides it."""
        for name, size in (("red", 3), ("blue", 6), ("green", 9)):
            self.team(told, name, [9] * size, "enps")
        found = desk.ask("enps", by="about")
        assert {key: one.value for key, one in found.items()} == {"red": None, "blue": None, "green": 100}
        assert found["blue"].excluded == {"would give away a smaller group": 6}

    def test_are_joined_with_nobody(self, desk: Desk, told: Teller) -> None:
        """Who answered is in no row, so no cut by customer or ticket can find them."""
        self.team(told, "red", [5] * 5)
        assert desk.ask("esat", by="segment").keys() == {None}
        assert desk.ask("csat").n == 0


class TestLoop:
    def test_goes_from_the_disappointed_to_the_told(self, desk: Desk, told: Teller) -> None:
        """Two are disappointed; for one an action is planned, taken after a day and told after three."""
        told.ask("a", NINE, "nps", 3, TEN)
        told.ask("b", NINE, "csat", 2, FIVE)
        told.ask("c", NINE, "csat", 5, FIVE)
        told.tell("a", on.CommentLeft(at=day(0.5)))
        (planned,) = desk.handle(PlanAction(feedback="a", at=day(1), actor=MARIA, action="x", owner="red")).events
        desk.handle(PlanAction(feedback="b", at=day(9), actor=MARIA, action="y", owner="red"))
        (taken,) = desk.handle(TakeAction(feedback="a", at=day(2), actor=MARIA, action="x")).events
        telling = report(desk, "feedback/a", on.ActionTold(at=day(3), action="x"))
        found = {name: desk.ask(name).value for name in ("loop_planned", "loop_taken", "loop_closed")}
        assert found == {"loop_planned": 1, "loop_taken": 0.5, "loop_closed": 0.5}
        assert desk.ask("loop_planned", as_of=day(5)).value == 0.5
        time = desk.ask("loop_time")
        assert time.value == 3 * 86_400 - 3_600
        assert {planned.position, taken.position, telling} < set(time.evidence)


def test_instants_are_those_of_answers(desk: Desk, told: Teller) -> None:
    """An answer is dated by when it was given, in the zone that is named."""
    told.ask("a", datetime(2026, 1, 31, 22, 30, tzinfo=UTC), "csat", 5, FIVE)
    assert desk.ask("csat", by="month", zone=ZoneInfo("Europe/Madrid")).keys() == {"2026-02"}
