from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ventanilla.core.continuation import Contact, Matter, Rule, Standing, continued

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def contact(category: str | None = None) -> Contact:
    return Contact(customer="c-1", channel="facebook", at=NOW, category=category)


def matter(ticket: str, status: Standing = "open", *, age: timedelta = SECOND, category: str | None = None) -> Matter:
    return Matter(ticket=ticket, status=status, category=category, last_at=NOW - age)


@pytest.mark.parametrize(
    ("found", "continues"),
    [
        (matter("T-1", "open", age=timedelta(days=30)), True),
        (matter("T-1", "open", age=timedelta(days=30) + SECOND), False),
        (matter("T-1", "resolved", age=timedelta(days=7)), True),
        (matter("T-1", "resolved", age=timedelta(days=7) + SECOND), False),
        (matter("T-1", "closed"), False),
    ],
)
def test_by_state_and_age(found: Matter, continues: bool) -> None:
    """By default an open matter goes on for a month, a resolved one for a week, to the second; a closed one never."""
    assert continued(contact(), [found]) == ("T-1" if continues else None)


def test_by_category() -> None:
    """Another category is another matter; one that nobody has named is not known to be."""
    assert continued(contact("billing"), [matter("T-1", category="repairs")]) is None
    assert continued(contact("billing"), [matter("T-1", category="billing")]) == "T-1"
    assert continued(contact("billing"), [matter("T-1")]) == "T-1"
    assert continued(contact(), [matter("T-1", category="repairs")]) == "T-1"


def test_rules_of_ones_own() -> None:
    """A rule can be for one category only, and can let any category go on."""
    rules = [
        Rule(statuses=frozenset({"closed"}), within=timedelta(days=1), category="repairs"),
        Rule(statuses=frozenset({"open"}), within=timedelta(days=1), same_category=False),
    ]
    assert continued(contact(), [matter("T-1", "closed", category="repairs")], rules) == "T-1"
    assert continued(contact(), [matter("T-1", "closed", category="billing")], rules) is None
    assert continued(contact("billing"), [matter("T-1", category="repairs")], rules) == "T-1"


def test_without_matters_it_is_a_new_one() -> None:
    """Whoever has no ticket continues none."""
    assert continued(contact(), []) is None


@given(
    st.permutations(
        [matter("T-1", age=timedelta(hours=2)), matter("T-2", age=timedelta(hours=1)), matter("T-3", "closed")]
    )
)
def test_the_one_touched_last(matters: list[Matter]) -> None:
    """Of several that fit it is the one touched last, in whatever order they come."""
    assert continued(contact(), matters) == "T-2"
