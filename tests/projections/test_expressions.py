from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from attrs import frozen

from ventanilla.projections.expressions import AS_OF, Expression, column

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
LATER = NOW + timedelta(seconds=90)


@frozen(kw_only=True)
class Row:
    """A row with what expressions meet: instants, words, and nothing at all."""

    small: int = 1
    big: int = 2
    yes: bool = True
    no: bool = False
    word: str = "met"
    other_word: str = "breached"
    now: datetime = NOW
    later: datetime = LATER
    nothing: None = None


def value(expression: Expression) -> object:
    return expression.run()(Row(), NOW)


small, big, yes, no, word, other_word, now, later, nothing = map(
    column, ["small", "big", "yes", "no", "word", "other_word", "now", "later", "nothing"]
)


class TestRun:
    @pytest.mark.parametrize(
        ("expression", "expected"),
        [
            (small < big, True),
            (small < small, False),
            (small <= small, True),
            (big <= small, False),
            (big > small, True),
            (big > big, False),
            (big >= big, True),
            (small >= big, False),
        ],
    )
    def test_compares(self, expression: Expression, expected: bool) -> None:
        """Two values compare as they do anywhere."""
        assert value(expression) is expected

    @pytest.mark.parametrize(
        ("expression", "expected"),
        [
            (yes & yes, True),
            (yes & no, False),
            (no & yes, False),
            (yes | no, True),
            (no | yes, True),
            (no | no, False),
            (~yes, False),
            (~no, True),
        ],
    )
    def test_chooses(self, expression: Expression, expected: bool) -> None:
        """And, or and not mean what they say."""
        assert value(expression) is expected

    def test_subtracts_to_seconds(self) -> None:
        """The difference of two instants is in seconds, negative when the first comes first."""
        assert (value(later - now), value(now - later)) == (90.0, -90.0)

    def test_tells_the_instant_of_the_question(self) -> None:
        """The instant at which the question is asked comes from the asker, not from the row."""
        assert AS_OF.run()(Row(), LATER) == LATER

    @pytest.mark.parametrize(
        ("expression", "expected"),
        [
            (word.equals("met"), True),
            (word.equals("breached"), False),
            (word.equals(word), True),
            (word.equals(other_word), False),
        ],
    )
    def test_knows_the_same(self, expression: Expression, expected: bool) -> None:
        """A value can be held against a word or against another column."""
        assert value(expression) is expected


class TestUnknown:
    @pytest.mark.parametrize(
        "expression",
        [
            small < nothing,
            nothing < small,
            small <= nothing,
            nothing > small,
            nothing >= nothing,
            nothing.equals("met"),
            word.equals(nothing),
            later - nothing,
            nothing - later,
            ~nothing,
            ~(small < nothing),
        ],
    )
    def test_spreads(self, expression: Expression) -> None:
        """What is made of something unknown is unknown."""
        assert value(expression) is None

    @pytest.mark.parametrize(
        ("expression", "expected"),
        [(yes & nothing, False), (nothing & yes, False), (nothing | nothing, False), (nothing | yes, True)],
    )
    def test_counts_as_no_in_a_choice(self, expression: Expression, expected: bool) -> None:
        """Where a choice is made the unknown is a no."""
        assert value(expression) is expected

    def test_can_be_asked_for(self) -> None:
        """Whether there is a value is known of every value, a false one included."""
        assert [value(asked.given()) for asked in (nothing, no, small)] == [False, True, True]

    def test_can_be_replaced(self) -> None:
        """Another value stands in for the unknown, and only for the unknown."""
        assert [value(asked.or_else(big)) for asked in (nothing, no, small)] == [2, False, 1]


class TestColumns:
    @pytest.mark.parametrize(
        ("expression", "expected"),
        [
            (small, {"small"}),
            (AS_OF, set()),
            (AS_OF - now, {"now"}),
            (word.equals("met"), {"word"}),
            (~(small < big) & nothing.given() | yes.or_else(small), {"small", "big", "nothing", "yes"}),
        ],
    )
    def test_are_all_that_is_read(self, expression: Expression, expected: set[str]) -> None:
        """An expression names every column that it reads, however deep, once."""
        assert expression.columns() == expected
