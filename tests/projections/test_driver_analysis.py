from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import attrs
import numpy as np
import pytest

from ventanilla.core.errors import NotUnderstood
from ventanilla.projections.drivers import Analysis, Driver, Response, Value
from ventanilla.projections.drivers.analyse import analyse

CAUSAL = ("cause", "effect", "because", "impact", "leads to", "results in", "improve", "influence", "due to", "explain")


def desk(n: int = 400, seed: int = 1, per_customer: int = 1) -> list[Response]:
    """Make up responses in which waiting goes with low scores, a kept promise with high ones."""
    random = np.random.default_rng(seed)
    wait, kept, noise = random.normal(size=n), random.random(n) < 0.5, random.normal(size=n)
    channel = random.choice(["mail", "phone"], size=n, p=[0.7, 0.3])
    score = np.clip(np.round(6 - 1.5 * wait + 1.0 * kept + random.normal(size=n)), 0, 10)
    return [
        Response(
            score=float(score[i]),
            features={
                "wait": float(wait[i]),
                "kept": bool(kept[i]),
                "noise": float(noise[i]),
                "channel": str(channel[i]),
            },
            customer=f"c-{i // per_customer}",
            position=10 * i,
        )
        for i in range(n)
    ]


def with_feature(responses: list[Response], name: str, value: Callable[[int, Response], Value]) -> list[Response]:
    return [attrs.evolve(one, features={**one.features, name: value(i, one)}) for i, one in enumerate(responses)]


def driver(found: Analysis, name: str) -> Driver:
    (one,) = (one for one in found.drivers if one.name == name)
    return one


FOUND = analyse(desk())


class TestWhatItFinds:
    def test_the_known_driver_comes_first(self) -> None:
        """What the score was made of comes first, with its sign; noise comes out as nothing that is sure."""
        assert [one.name for one in FOUND.drivers[:2]] == ["wait", "kept"]
        wait, kept, noise = (driver(FOUND, name) for name in ("wait", "kept", "noise"))
        assert wait.coefficient < 0 < kept.coefficient
        assert (wait.stable, kept.stable) == (True, True)
        assert wait.p < 0.001
        assert noise.share < 0.02
        assert noise.p > 0.05
        assert wait.ranks == (1, 1)

    def test_parts_sum_up(self) -> None:
        """Weights, and Shapley values, sum to R²; shares to 1; a weight lies in its interval."""
        assert sum(one.weight for one in FOUND.drivers) == pytest.approx(FOUND.r2)
        assert sum(one.shapley or 0 for one in FOUND.drivers) == pytest.approx(FOUND.r2)
        assert sum(one.share for one in FOUND.drivers) == pytest.approx(1)
        wait = driver(FOUND, "wait")
        assert wait.weight_interval[0] < wait.weight < wait.weight_interval[1]
        assert wait.coefficient_interval[0] < wait.coefficient < wait.coefficient_interval[1]

    def test_a_word_is_compared_with_the_most_common(self) -> None:
        """A feature that is a word becomes a driver a word but the most common one."""
        phone = driver(FOUND, "channel: phone")
        assert (phone.feature, phone.reference) == ("channel", "mail")
        assert 0.2 < phone.mean < 0.4

    def test_the_logit_agrees(self) -> None:
        """The ordered logit gives the sure drivers the same sign."""
        for name in ("wait", "kept"):
            one = driver(FOUND, name)
            assert one.logit is not None
            assert one.logit * one.coefficient > 0

    def test_performance_is_turned_where_less_is_better(self) -> None:
        """Performance is near 1 where the driver is at its good end, whichever that is."""
        mostly_short = with_feature(desk(), "wait", lambda _, one: math.exp(2 * float(one.features["wait"] or 0)))
        wait = driver(analyse(mostly_short), "wait")
        assert wait.coefficient < 0
        assert wait.performance is not None
        assert wait.performance > 0.9
        assert wait.quadrant == "keep up the good work"
        turned = with_feature(mostly_short, "wait", lambda _, one: -float(one.features["wait"] or 0))
        assert driver(analyse(turned), "wait").performance == pytest.approx(wait.performance)

    def test_what_is_not_stable_has_no_cell(self) -> None:
        """Where the sign is not stable, good and bad are not known: no performance, no cell, and it is said."""
        noise = driver(FOUND, "noise")
        assert not noise.stable
        assert noise.performance is None
        assert noise.quadrant is None
        assert any("not stable" in caveat and "noise" in caveat for caveat in FOUND.caveats)

    def test_the_evidence_is_the_responses_used(self) -> None:
        """The positions of the responses used are given, and of no others."""
        some = with_feature(desk(), "noise", lambda i, one: None if i < 3 else one.features["noise"])
        assert analyse(some).evidence == tuple(10 * i for i in range(3, 400))


class TestSameAgain:
    def test_the_seed_decides(self) -> None:
        """The same seed gives the same result to the last bit; another seed other intervals, the same weights."""
        again, other = analyse(desk()), analyse(desk(), seed=1)
        assert again == FOUND
        assert other != FOUND
        assert [one.weight for one in other.drivers] == [one.weight for one in FOUND.drivers]

    def test_the_order_of_the_features_means_nothing(self) -> None:
        """Features in another order give the same result."""
        turned = [attrs.evolve(one, features=dict(sorted(one.features.items(), reverse=True))) for one in desk()]
        assert analyse(turned) == FOUND


class TestCustomers:
    def test_each_once(self) -> None:
        """Where every customer answered once, errors are HC3."""
        assert (FOUND.errors, FOUND.customers) == ("HC3", 400)

    def test_who_answers_often_counts_once(self) -> None:
        """Answers repeated tenfold by the same customers give the intervals of what they said once, not narrower."""
        tenfold = [one for one in desk() for _ in range(10)]
        found = analyse(tenfold)
        assert (found.errors, found.customers, found.n) == ("by customer", 400, 4_000)
        wait, once = driver(found, "wait"), driver(FOUND, "wait")
        width, before = (one.weight_interval[1] - one.weight_interval[0] for one in (wait, once))
        assert width == pytest.approx(before, rel=0.1)
        width, before = (one.coefficient_interval[1] - one.coefficient_interval[0] for one in (wait, once))
        assert width == pytest.approx(before, rel=0.1)

    def test_nobody_is_nobody_else(self) -> None:
        """Responses without a customer are of different people."""
        found = analyse([attrs.evolve(one, customer=None) for one in desk()])
        assert (found.errors, found.customers) == ("HC3", 400)


class TestGuards:
    @pytest.mark.parametrize(
        ("responses", "why"),
        [
            ([], "there are no responses"),
            (desk(99), "99 of 99 responses are complete; 4 drivers need 100"),
            (desk(400, per_customer=20), "the responses are of 20 customers; it needs 30"),
            ([attrs.evolve(one, score=5) for one in desk()], "all scores are the same"),
            ([attrs.evolve(one, features={"a": 1.0}) for one in desk()], "no feature differs"),
            (with_feature(desk(), "twin", lambda _, one: 2 * float(one.features["wait"] or 0) + 1), "twin, wait"),
        ],
    )
    def test_too_little_gives_nothing(self, responses: list[Response], why: str) -> None:
        """Where there is too little to say anything, nothing is said but why."""
        found = analyse(responses)
        assert found.why_not is not None
        assert why in found.why_not
        assert (found.drivers, found.r2) == ((), None)

    def test_ten_responses_a_driver(self) -> None:
        """Many drivers need ten responses each, though there are more than a hundred."""
        random = np.random.default_rng(4)
        many = [attrs.evolve(one, features={f"f{k}": float(random.normal()) for k in range(14)}) for one in desk(139)]
        assert analyse(many).why_not == "139 of 139 responses are complete; 14 drivers need 140"
        assert analyse(many, without=["f0"]).why_not is None

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"score": math.nan}, "response 1: score is nan, not a number"),
            ({"features": {"wait": math.inf}}, "response 1: wait is inf, not a number"),
            ({"features": {"wait": "long"}}, "response 2: wait is 0.8"),
            ({"features": {"wait": [1]}}, "response 1: wait is"),
        ],
    )
    def test_what_cannot_be_counted_with_is_named(self, change: dict[str, Any], said: str) -> None:
        """A value that is none is named, with its place."""
        first, *others = desk()
        with pytest.raises(NotUnderstood, match=said):
            analyse([attrs.evolve(first, **change), *others])

    def test_too_few_samples(self) -> None:
        """An interval of fewer than a thousand samples is not given; nor one of a seed that is none."""
        with pytest.raises(NotUnderstood, match="samples is 999"):
            analyse(desk(), samples=999)
        with pytest.raises(NotUnderstood, match="seed is -1"):
            analyse(desk(), seed=-1)

    def test_a_feature_that_is_not_there(self) -> None:
        """To leave out what is not there is a mistake, and named."""
        with pytest.raises(NotUnderstood, match="there is no feature wiat; there are channel, kept, noise, wait"):
            analyse(desk(), without=["wiat"])


class TestMissing:
    def test_is_counted_and_not_filled_in(self) -> None:
        """A response with an unknown feature is not used; how many are unknown is said."""
        some = with_feature(desk(), "wait", lambda i, one: None if i < 25 else one.features["wait"])
        found = analyse(some)
        assert (found.given, found.n, found.missing) == (400, 375, {"wait": 25})
        assert any("25 of 400 responses are not used" in caveat for caveat in found.caveats)

    def test_a_feature_mostly_unknown_is_left_out(self) -> None:
        """A feature that is unknown in half of the responses is left out, not the responses."""
        found = analyse(with_feature(desk(), "mood", lambda i, _: None if i % 2 else float(i)))
        assert (found.n, found.missing["mood"]) == (400, 200)
        assert found.left_out == {"mood": "known in 200 of 400 responses only"}

    def test_what_never_differs_is_left_out(self) -> None:
        """A constant, or what differs in a handful of responses, is no driver."""
        some = with_feature(desk(), "always", lambda *_: 1.0)
        found = analyse(with_feature(some, "rare", lambda i, _: i < 9))
        assert set(found.left_out) == {"always", "rare"}
        assert {one.name for one in found.drivers} == {one.name for one in FOUND.drivers}

    def test_rare_words_are_taken_together(self) -> None:
        """Words of fewer than ten responses are one word."""
        found = analyse(with_feature(desk(), "channel", lambda i, _: f"w{i}" if i < 20 else "mail"))
        assert driver(found, "channel: (other)").mean == pytest.approx(20 / 400)


class TestCaveats:
    def test_collinear_drivers_are_named(self) -> None:
        """Drivers that move together are named, and their inflation given."""
        random = np.random.default_rng(9)
        near = with_feature(desk(), "near", lambda _, one: float(one.features["wait"] or 0) + 0.1 * random.normal())
        found = analyse(near)
        assert driver(found, "near").vif > 5
        assert any("near" in caveat and "wait" in caveat for caveat in found.caveats if "together, so" in caveat)

    def test_chance_is_called_chance(self) -> None:
        """Where no driver can be told from chance, and all go along with little, that is said."""
        random = np.random.default_rng(2)
        found = analyse([attrs.evolve(one, score=float(random.integers(0, 11))) for one in desk(seed=8)])
        assert found.r2 is not None
        assert found.r2 < 0.1
        said = " ".join(found.caveats)
        assert "told from chance" in said
        assert "the rest is elsewhere" in said

    def test_a_score_without_steps_has_no_logit(self) -> None:
        """Where the score is no scale with steps there is no ordered logit, and it is said."""
        found = analyse([attrs.evolve(one, score=one.score + i / 1_000) for i, one in enumerate(desk())])
        assert all(one.logit is None for one in found.drivers)
        assert any("No ordered logit" in caveat for caveat in found.caveats)

    def test_yes_or_no_has_one(self) -> None:
        """A score of two values has a logit."""
        found = analyse([attrs.evolve(one, score=float(one.score > 6)) for one in desk()])
        logit = driver(found, "wait").logit
        assert logit is not None
        assert logit < 0

    def test_few_customers(self) -> None:
        """Errors by customer are rough for few customers, which is said."""
        found = analyse(desk(400, per_customer=10))
        assert any("of 40 customers only" in caveat for caveat in found.caveats)

    def test_too_many_for_shapley(self) -> None:
        """With more than fifteen drivers there are no Shapley values to check with, and it is said."""
        random = np.random.default_rng(4)
        many = [attrs.evolve(one, features={f"f{k:02}": float(random.normal()) for k in range(16)}) for one in desk()]
        found = analyse(many)
        assert found.drivers[0].shapley is None
        assert any("too many drivers for Shapley" in caveat for caveat in found.caveats)

    def test_nothing_is_said_to_make_another_thing_happen(self) -> None:
        """No word of cause and effect is in what is given."""
        random = np.random.default_rng(9)
        near = with_feature(desk(), "near", lambda _, one: float(one.features["wait"] or 0) + 0.1 * random.normal())
        for found in (FOUND, analyse(near), analyse(desk(50))):
            said = str(attrs.asdict(found)).lower()
            assert not [word for word in CAUSAL if word in said]
