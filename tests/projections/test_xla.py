"""Experience agreements as values: scores, windows, judgements, indexes, watermelons; every figure by hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ventanilla.core.errors import NotUnderstood
from ventanilla.projections.summaries import wilson
from ventanilla.projections.xla import (
    Agreement,
    Attained,
    Baseline,
    Cadence,
    Evaluation,
    Exclusion,
    Factor,
    Indicator,
    Measured,
    Normaliser,
    Objective,
    Result,
    Status,
    Window,
    barometer,
    change,
    composite,
    findings,
    hidden,
    judge,
    pair,
)

JANUARY = datetime(2026, 1, 1, tzinfo=UTC)
MADRID = Cadence(zone="Europe/Madrid")


def at(month: int, day: int = 1) -> datetime:
    return datetime(2026, month, day, tzinfo=UTC)


def indicator(name: str = "satisfied", **fields: Any) -> Indicator:
    given = {"normaliser": Normaliser.linear(worst=0, best=1), "metric": "csat", "driver": "experience", **fields}
    return Indicator(id=name, name=name, **given)


def objective(name: str = "satisfied", *, direction: Any = "higher", **fields: Any) -> Objective:
    comparator: Any = ">=" if direction == "higher" else "<="
    wanted = {"target": 0.8, "since": JANUARY, "comparator": comparator, **fields}
    return Objective(indicator=indicator(name, direction=direction), **wanted)


def agreement(*objectives: Objective, **fields: Any) -> Agreement:
    given = {"owner": "ana", "since": JANUARY, "green": 75, "amber": 60, **fields}
    return Agreement(name="experience", objectives=objectives or (objective(),), **given)


def share(hits: int, n: int) -> Measured:
    low, high = wilson(hits, n)
    return Measured(value=hits / n, n=n, low=low, high=high)


def result(name: str, score: float | None, status: Status = "green", **fields: Any) -> Result:
    return Result(
        indicator=f"{name}@1",
        name=name,
        driver="experience",
        metric="csat@1",
        window=Window(at(1), at(2), "2026-01"),
        value=None if score is None else score / 100,
        unit="ratio",
        n=100,
        score=score,
        status="unknown" if score is None else status,
        target=0.8,
        **{"weight": 1.0, "critical": False, **fields},
    )


class TestNormaliser:
    def test_is_a_line_from_worst_to_best(self) -> None:
        """Ten minutes are worst, one is best: five and a half lie in the middle, four at 360 of 540 seconds."""
        line = Normaliser.linear(worst=600, best=60)
        assert [line.score(seconds) for seconds in (600, 330, 60)] == [0, 50, 100]
        assert line.score(240) == pytest.approx(100 * 360 / 540)

    def test_of_nps_is_half_of_it_and_fifty(self) -> None:
        """(NPS + 100) / 2, as Userlane prints it."""
        assert [Normaliser.nps().score(value) for value in (-100, 0, 52, 100)] == [0, 50, 76, 100]

    def test_goes_through_its_points(self) -> None:
        """Between two points it is straight, beyond the ends flat."""
        bands = Normaliser(((0, 100), (2, 70), (7, 0)))
        assert [bands.score(days) for days in (-1, 0, 1, 2, 4.5, 7, 99)] == [100, 100, 85, 70, 35, 0, 0]

    @pytest.mark.parametrize("points", [((1, 0),), ((1, 0), (1, 100)), ((2, 0), (1, 100)), ((0, -1), (1, 100))])
    def test_that_makes_no_sense_is_refused(self, points: Any) -> None:
        """One point, two at one value, values that fall, and scores beyond 0 and 100 are refused."""
        with pytest.raises(NotUnderstood, match="normaliser"):
            Normaliser(points)

    @given(
        st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(0, 100)), min_size=2, max_size=6, unique_by=lambda p: p[0]),
        st.floats(-1e9, 1e9),
    )
    def test_never_leaves_its_scores(self, points: list[tuple[float, float]], value: float) -> None:
        """Whatever the value, the score lies between the least and the greatest of its points."""
        scores = [score for _, score in points]
        assert min(scores) <= Normaliser(tuple(sorted(points))).score(value) <= max(scores)


class TestWindows:
    def test_are_whole_months_of_a_zone(self) -> None:
        """A month begins at midnight in Madrid, and has an hour less where the clocks go forward."""
        march = MADRID.holding(at(3, 15), JANUARY)
        assert (march.name, march.since) == ("2026-03", datetime(2026, 2, 28, 23, tzinfo=UTC))
        assert march.until - march.since == timedelta(days=31) - timedelta(hours=1)

    def test_follow_each_other_without_gap(self) -> None:
        """Each begins where the one before ends; one that began before is left out."""
        found = list(Cadence(kind="quarter").between(at(1, 2), at(12), JANUARY))
        assert [window.name for window in found] == ["2026-Q2", "2026-Q3", "2026-Q4"]
        assert [one.until for one in found[:-1]] == [other.since for other in found[1:]]

    def test_of_days_are_counted_from_the_beginning(self) -> None:
        """Of so many days each they are tiled from the first day; what rolls ends with the last whole day."""
        fortnight = Cadence(kind="days", days=14)
        assert fortnight.holding(at(1, 20), JANUARY).name == "2026-01-15 to 2026-01-28"
        assert fortnight.ending(at(2)) == Window(at(1, 18), at(2), "")
        assert MADRID.ending(at(3, 15)).name == "2026-02"

    def test_first_is_the_first_whole_one(self) -> None:
        """Agreed on the second of January, the first whole month is February, and two are up to April."""
        assert Cadence().first(at(1, 2)).name == "2026-02"
        assert Cadence().first(JANUARY, 2) == Window(at(1), at(3), "")


class TestJudge:
    @pytest.mark.parametrize(
        ("hits", "status"),
        [(95, "green"), (80, "uncertain"), (85, "uncertain"), (60, "red")],
    )
    def test_by_its_interval(self, hits: int, status: Status) -> None:
        """Green where all of the interval is over 80 %, as of 95 of 100 (88.8 to 97.8); red where none is, as of 60."""
        assert judge(objective(), share(hits, 100), None) == status

    @pytest.mark.parametrize(("value", "status"), [(0.8, "green"), (0.78, "amber"), (0.75, "amber"), (0.74, "red")])
    def test_by_its_value(self, value: float, status: Status) -> None:
        """At the target it is green, in the band amber; the interval is not minded."""
        wanted = objective(judged_by="point", amber=0.05)
        assert judge(wanted, Measured(value=value, n=1), None) == status

    def test_where_lower_is_better(self) -> None:
        """The upper end must be under the target: 9 to 11 minutes are uncertain against 10, and green against 12."""
        time = Measured(value=10, n=50, low=9, high=11)
        statuses = [judge(objective(direction="lower", target=target), time, None) for target in (12, 10, 8)]
        assert statuses == ["green", "uncertain", "red"]

    def test_in_the_amber_band(self) -> None:
        """Surely under the target, but not surely under the band, it is amber."""
        assert judge(objective(amber=0.15), share(60, 100), None) == "amber"
        assert judge(objective(amber=0.05), share(60, 100), None) == "red"

    def test_without_an_interval_is_uncertain_unless_it_counts_all(self) -> None:
        """Nobody knows how far a value without an interval can be trusted; a full count is what it is."""
        assert judge(objective(), Measured(value=0.9, n=40), None) == "uncertain"
        assert judge(objective(), Measured(value=0.9, n=40, full=True), None) == "green"

    def test_improvement_is_tested_against_the_baseline(self) -> None:
        """56 of 70 against 48 of 80 is better by 0.2 (0.0524 to 0.3339, Newcombe 1998, method 10): by 0.05, surely."""
        found = change(share(48, 80), share(56, 70), "higher")
        assert (found.value, found.low, found.high) == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)
        before = share(48, 80)
        for improvement, status in ((0.05, "green"), (0.0, "green"), (0.1, "uncertain"), (0.4, "red")):
            wanted = objective(target=None, improvement=improvement)
            assert judge(wanted, share(56, 70), before) == status
        assert judge(objective(target=None, improvement=0.0), share(49, 80), before) == "uncertain"
        assert judge(objective(target=None, improvement=0.0), share(56, 70), None) == "unknown"

    def test_is_the_worse_of_target_and_improvement(self) -> None:
        """Better than before, but short of the target, it is not green."""
        both = objective(target=0.95, improvement=0.05)
        assert judge(both, share(56, 70), share(48, 80)) == "red"

    @given(st.integers(1, 200), st.integers(1, 200), st.data())
    def test_a_change_there_and_back_is_the_same(self, n: int, m: int, data: st.DataObject) -> None:
        """What is better by some is worse by as much the other way round, intervals and all."""
        one, other = share(data.draw(st.integers(0, n)), n), share(data.draw(st.integers(0, m)), m)
        there, back = change(one, other, "higher"), change(one, other, "lower")
        assert (there.value, there.low, there.high) == pytest.approx((-back.value, -(back.high or 0), -(back.low or 0)))


class TestObjectives:
    def test_that_make_no_sense_are_refused(self) -> None:
        """Without an aim, against its direction, twice, without weight, or on one agent: each is refused by name."""
        with pytest.raises(NotUnderstood, match="'satisfied' has neither a target nor an improvement"):
            objective(target=None)
        with pytest.raises(NotUnderstood, match="'satisfied' compares by '<=', but higher is better"):
            objective(comparator="<=")
        with pytest.raises(NotUnderstood, match="two objectives on 'satisfied'"):
            agreement(objective(), objective())
        with pytest.raises(NotUnderstood, match="weight 0: give more than 0"):
            agreement(objective(weight=0))
        with pytest.raises(NotUnderstood, match="narrowed to one agent: nobody is ranked"):
            agreement(only={"agent": "maria"})
        with pytest.raises(NotUnderstood, match="wants 2 of 1 objectives"):
            agreement(composite="k_of_n", k=2)
        with pytest.raises(NotUnderstood, match="green from 50 and amber from 60"):
            agreement(green=50)


class TestComposite:
    def test_is_the_weighted_mean(self) -> None:
        """(2 x 90 + 1 x 60) / 3 is 80: green from 75."""
        found = composite(agreement(), [result("a", 90, weight=2.0), result("b", 60)])
        assert (found.value, found.coverage, found.status) == (80, 1, "green")

    def test_leaves_out_the_unknown_and_weighs_the_others_anew(self) -> None:
        """Of weights 2, 1 and 1 the last is unknown: (2 x 90 + 1 x 60) / 3 is 80 still, of three quarters."""
        found = composite(
            agreement(), [result("a", 90, weight=2.0), result("b", 60), result("c", None, notes=("12 values",))]
        )
        assert (found.value, found.coverage, found.status) == (80, 0.75, "green")
        assert found.reasons == ("c is unknown: 12 values",)

    def test_is_unknown_where_too_little_is_known(self) -> None:
        """Half of the weights is less than 60 %: there is no index, and it is said why."""
        found = composite(agreement(), [result("a", 90), result("b", None)])
        assert (found.value, found.coverage, found.status) == (None, 0.5, "unknown")
        assert found.reasons[-1] == "50% of the weights is known, 60% has to be"
        assert composite(agreement(), [result("a", 90, weight=3.0), result("b", None, weight=2.0)]).value == 90

    def test_is_not_green_while_what_is_critical_is_red(self) -> None:
        """An index of 80 is green, but not with a critical objective in the red."""
        results = [result("a", 100, weight=3.0), result("b", 20, "red", critical=True)]
        found = composite(agreement(), results)
        assert (found.value, found.status) == (80, "amber")
        assert "not green, because b is critical and red" in found.reasons
        assert composite(agreement(), [results[0], attrs.evolve(results[1], critical=False)]).status == "green"

    def test_may_be_the_minimum_or_k_of_n(self) -> None:
        """The worst of 90 and 60 is 60; of three objectives two green are enough for two, and too few for three."""
        results = [result("a", 90), result("b", 60, "uncertain"), result("c", 80)]
        assert composite(agreement(composite="minimum"), results).value == 60
        three = (objective("a"), objective("b"), objective("c"))
        found = [composite(agreement(*three, composite="k_of_n", k=k), results) for k in (2, 3)]
        assert [(one.status, round(one.value or 0, 1)) for one in found] == [("green", 66.7), ("amber", 66.7)]
        red = [result("a", 90), result("b", 60, "red"), result("c", 80)]
        assert composite(agreement(*three, composite="k_of_n", k=3), red).status == "red"
        assert (
            composite(
                agreement(*three, composite="k_of_n", k=3, coverage=0.5), [*results[:2], result("c", None)]
            ).status
            == "unknown"
        )

    def test_waits_for_the_baseline(self) -> None:
        """While all objectives find their baseline, so does the agreement; its index is told."""
        found = composite(agreement(), [result("a", 40, "baselining")])
        assert (found.value, found.status) == (40, "baselining")

    SCORES = st.lists(st.tuples(st.one_of(st.none(), st.floats(0, 100)), st.floats(0.1, 10)), min_size=1, max_size=6)

    @given(SCORES, st.randoms())
    def test_minds_no_order_and_lies_between_its_scores(self, scores: Any, shuffle: Any) -> None:
        """However objectives are arranged, the index is the same; it is no less than the minimum and at most 100."""
        results = [result(f"o{place}", score, weight=weight) for place, (score, weight) in enumerate(scores)]
        mean, least = (
            composite(agreement(coverage=0, composite=how), results).value for how in ("weighted_mean", "minimum")
        )
        mixed = list(results)
        shuffle.shuffle(mixed)
        again = composite(agreement(coverage=0), mixed)
        assert again.value == (None if mean is None else pytest.approx(mean))
        if mean is not None and least is not None:
            assert 0 <= least <= mean <= max(score for score, _ in scores if score is not None) <= 100

    @given(SCORES, st.floats(0.5, 4))
    def test_minds_the_proportion_of_weights_alone(self, scores: Any, factor: float) -> None:
        """All weights times a factor, or without what is unknown: the same index."""
        results = [result(f"o{place}", score, weight=weight) for place, (score, weight) in enumerate(scores)]
        scaled = [attrs.evolve(one, weight=one.weight * factor) for one in results]
        known = [one for one in results if one.score is not None]
        found = [composite(agreement(coverage=0), some).value for some in (results, scaled, known)]
        assert found == [None if found[0] is None else pytest.approx(found[0])] * 3


def evaluation(
    month: int,
    xla: Status,
    index: float | None,
    sla: Status = "green",
    attained: float | None = 0.95,
    segment: str | None = None,
) -> Evaluation:
    return Evaluation(
        agreement="experience@1",
        window=Window(at(month), at(month + 1), f"2026-{month:02}"),
        segment=segment,
        complete=True,
        results=(),
        index=index,
        coverage=1,
        status=xla,
        worst="satisfied",
        factors=(Factor(name="speed", named=3),),
        sla=Attained(metric="on_time@1", value=attained, n=40, target=0.9, status=sla),
        as_of=at(12),
    )


class TestWatermelon:
    @pytest.mark.parametrize(
        ("sla", "xla", "kind"),
        [
            ("green", "red", "watermelon"),
            ("red", "green", "inverse"),
            ("green", "green", "none"),
            ("red", "red", "none"),
            ("green", "amber", "none"),
            ("green", "unknown", "unknown"),
            ("unknown", "red", "unknown"),
            ("green", "baselining", "unknown"),
        ],
    )
    def test_is_green_outside_and_red_inside(self, sla: Status, xla: Status, kind: str) -> None:
        """Service green, experience red; what is unknown is unknown, not "no"."""
        assert pair(sla, xla) == kind

    def test_alarms_when_severe_or_twice_in_a_row(self) -> None:
        """95 less 70 is 25: no alarm the first time, one the second; 95 less 65 is 30, and one at once."""
        found = findings([evaluation(month, "red", 70) for month in (1, 2)])
        assert [(one.severity, one.alarm) for one in found] == [(25, False), (25, True)]
        assert [one.alarm for one in findings([evaluation(1, "red", 65)])] == [True]
        assert [one.alarm for one in findings([evaluation(month, "red", 70) for month in (1, 3)])] == [False, False]
        assert [one.alarm for one in findings([evaluation(1, "amber", 10)])] == [False]

    def test_names_the_worst_indicator_and_factor(self) -> None:
        """It says where to begin."""
        (found,) = findings([evaluation(1, "red", 40)])
        assert (found.worst, found.factor, found.attainment) == ("satisfied", "speed", 95)

    def test_may_hide_in_a_segment(self) -> None:
        """The whole is green, one channel is red inside: it is named (Simpson); that of a red whole is no news."""
        parts = findings([evaluation(1, "green", 90, segment="mail"), evaluation(1, "red", 30, segment="chat")])
        (green,), (red,) = findings([evaluation(1, "green", 85)]), findings([evaluation(1, "red", 40)])
        assert [one.segment for one in hidden(green, parts)] == ["chat"]
        assert hidden(red, parts) == []

    def test_is_unknown_without_a_verdict(self) -> None:
        """Where no clock was judged there is no severity and no alarm."""
        (found,) = findings([evaluation(1, "red", 10, sla="unknown", attained=None)])
        assert (found.kind, found.severity, found.alarm) == ("unknown", None, False)


class TestBarometer:
    def moving(self, *shares: Measured, version: Sequence[int] = (1, 1, 1)) -> list[Any]:
        made = []
        for month, found in enumerate(shares, 1):
            window = Window(at(month), at(month + 1), f"2026-{month:02}")
            one = attrs.evolve(
                result("satisfied", found.value * 100), value=found.value, n=found.n, low=found.low, high=found.high,
                window=window, metric=f"csat@{version[month - 1]}",
            )  # fmt: skip
            made.append(attrs.evolve(evaluation(month, "green", 80), results=(one,), window=window))
        return [dict(point.moved) for point in barometer(made, {"satisfied@1": "higher"})]

    def test_says_what_moved_beyond_chance(self) -> None:
        """60 % to 80 % of 100 is a change, 80 % to 82 % is none; another version of the metric breaks the series."""
        assert self.moving(share(60, 100), share(80, 100), share(82, 100)) == [{}, {"satisfied@1": "better"}, {}]
        assert self.moving(share(80, 100), share(60, 100)) == [{}, {"satisfied@1": "worse"}]
        assert self.moving(share(60, 100), share(80, 100), version=(1, 2)) == [{}, {}]


def test_an_exclusion_touches_what_it_overlaps() -> None:
    """Its end is no part of it, as that of a window is none."""
    strike = Exclusion(since=at(2), until=at(3), because="strike")
    windows = [Window(at(month), at(month + 1), "") for month in (1, 2, 3)]
    assert [strike.touches(window) for window in windows] == [False, True, False]


def test_a_baseline_may_be_given() -> None:
    """What was measured before the agreement counts as such."""
    before = Baseline(measured=share(48, 80), since=at(1), until=at(2))
    assert objective(baseline=before, improvement=0.05).baseline == before
