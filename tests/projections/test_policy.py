"""Policies: which rule holds, what it says, and what is refused."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from ventanilla.core.errors import NotUnderstood
from ventanilla.projections.calendar import CalendarNotUnderstood
from ventanilla.projections.policy import Margin, Options, Policy, Target
from ventanilla.projections.policy_text import duration, explain, read_policy

GOLD: dict[str, Any] = {
    "name": "gold",
    "when": {"segment": ["gold", "platinum"], "kind": "incident"},
    "calendar": "office",
    "targets": {
        "first_response": "30m",
        "resolution": {
            "by": "priority",
            "values": {"urgent": "4h"},
            "otherwise": "1h 30m 5s",
            "calendar": "always",
            "warn": ["75%", "10m"],
            "escalate": ["2h", "0m"],
        },
    },
    "pause": {"resolution": ["pending"]},
    "options": {"reopen": "restart"},
}
REST: dict[str, Any] = {"name": "rest", "none": True}


def policy(*rules: dict[str, Any], **more: Any) -> Policy:
    definition = {"format": "ventanilla-policy/1", "name": "standard", "rules": copy.deepcopy(list(rules)), **more}
    return read_policy(definition, calendars=["office"])


class TestReading:
    def test_says_what_is_written(self) -> None:
        """Targets by a fact, hours of their own, margins, levels in order, pauses and options."""
        (rule,) = policy(GOLD).rules
        assert rule.targets["first_response"] == Target(seconds={None: 1800.0}, calendar="office")
        assert rule.targets["resolution"] == Target(
            seconds={"urgent": 14_400.0, None: 5405.0},
            by="priority",
            warn=(Margin(part=0.75), Margin(seconds=600.0)),
            escalate=(0.0, 7200.0),
        )
        assert rule.pauses == {"resolution": ("pending",)}
        assert rule.options == Options(reopen="restart")

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"targets": {}}, "either targets, or none = true"),
            ({"none": True}, "either targets, or none = true"),
            ({"targets": {"speed": "1h"}}, "no clock 'speed'"),
            ({"pause": {"speed": []}}, "no clock 'speed'"),
            ({"targets": {"resolution": "2d"}}, "not a duration"),
            ({"targets": {"resolution": {}}}, "no duration"),
            ({"targets": {"resolution": {"by": "priority", "otherwise": "1h"}}}, "go together"),
            ({"targets": {"resolution": {"within": "1h", "warn": ["120%"]}}}, "between"),
            ({"targets": {"resolution": {"within": "1h", "warn": ["x%"]}}}, "between"),
            ({"targets": {"resolution": {"within": "1h", "soon": True}}}, "unknown 'soon'"),
            ({"calendar": "moon"}, "no calendar 'moon'"),
            ({"calendar": None}, "names no calendar"),
            ({"colour": "red"}, "unknown 'colour'"),
            ({"options": {"reopen": "never"}}, "reopen"),
            ({"options": {"status_counts_as_response": "x"}}, "list of statuses"),
        ],
    )
    def test_what_makes_no_sense(self, change: dict[str, Any], said: str) -> None:
        """It is refused in a line that names the rule."""
        with pytest.raises(NotUnderstood, match=said) as caught:
            policy({**GOLD, **change})
        assert "rule 'gold'" in str(caught.value)

    def test_a_target_of_nothing_is_refused(self) -> None:
        """Nobody can be in time for it."""
        with pytest.raises(CalendarNotUnderstood) as caught:
            policy({**GOLD, "targets": {"resolution": "0m"}})
        assert caught.value.code == "bad_target"

    def test_two_rules_of_one_name(self) -> None:
        """A name says which rule matched."""
        with pytest.raises(NotUnderstood, match="another rule"):
            policy(GOLD, GOLD)

    def test_another_format(self) -> None:
        """A file that is something else is told so."""
        with pytest.raises(NotUnderstood, match="format"):
            policy(GOLD, format="other/1")


class TestChoice:
    @pytest.mark.parametrize(
        ("facts", "name"),
        [
            ({"segment": "gold", "kind": "incident"}, "gold"),
            ({"segment": "platinum", "kind": "incident"}, "gold"),
            ({"segment": "gold"}, "rest"),
            ({}, "rest"),
        ],
    )
    def test_first_match(self, facts: dict[str, str], name: str) -> None:
        """Of each fact one of the values, of all facts together."""
        found = policy(GOLD, REST).choose("customer", facts)
        assert found is not None
        assert found.name == name

    def test_slots_are_apart(self) -> None:
        """What holds for the customer says nothing of a team."""
        assert policy(GOLD, REST).choose("team", {}) is None


def test_durations() -> None:
    """Hours, minutes, seconds, in this order."""
    assert [duration(text, "it") for text in ("4h", "1h30m", "45s", "0m")] == [14_400, 5400, 45, 0]


def test_explanation_names_what_is_never_reached() -> None:
    """Behind a rule that holds for every ticket no other rule of its slot counts."""
    lines = list(explain(policy({**GOLD, "when": {}}, REST)))
    said = "4 h if urgent, 1 h 30 min 5 s otherwise, around the clock, warn at 75%, warn 10 min before"
    levels = "level 1 when it is due, level 2 2 h after it was due"
    assert f"    resolution: {said}, {levels}" in lines
    assert [line for line in lines if "NEVER REACHED" in line] == [
        "    NEVER REACHED: rule 'gold' before it holds for every ticket"
    ]
