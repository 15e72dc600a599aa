"""Questions asked of a desk twice: what has vanished since, and what is not whole yet."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from agreed import METRICS, Now, first
from asked_and_told import MARIA

from ventanilla import Desk
from ventanilla.adapters.comparing import compared
from ventanilla.core.commands import Open
from ventanilla.projections.comparison import NOT_WHOLE
from ventanilla.projections.metric import Question


@pytest.fixture
def desk() -> Iterator[Desk]:
    """Make up a desk of 56 tickets by phone in February, 31 by mail in March, and as many a day up to 5 May."""
    with Desk("sqlite:///:memory:", clock=Now()) as opened:
        for channel, since, count in (("phone", first(2), 56), ("mail", first(3), 31), ("mail", first(5), 5)):
            days = {56: 28, 31: 31, 5: 5}[count]
            for one in range(count):
                at = since + timedelta(days=one % days, hours=9)
                opened.handle(Open(ticket=f"{channel}-{since.month}-{one}", at=at, actor=MARIA, channel=channel))
        yield opened


def tickets(desk: Desk, as_of: datetime | None = None, **asked: Any) -> dict[str | None, Any]:
    found = compared(Question(metric=METRICS["tickets"], zone=UTC, **asked), partial(desk.answer, as_of=as_of))
    return {
        key: (point.answer.value, point.comparison and (point.comparison.change, point.comparison.significant))
        for key, point in found.items()
    }


def test_what_has_vanished_is_told(desk: Desk) -> None:
    """No ticket came by phone in March, and none by mail in February: both are counts, and 0."""
    assert tickets(desk, by="channel", since=first(3), until=first(4)) == {
        "mail": (31, (31, True)), "phone": (0, (-56, True)),
    }  # fmt: skip


def test_a_month_without_any_is_no_gap(desk: Desk) -> None:
    """April has no ticket and is 0, which is fewer; May is not over, and nothing is said of it."""
    assert tickets(desk, by="month") == {
        "2026-02": (56, None), "2026-03": (31, (-25, True)), "2026-04": (0, (-31, True)), "2026-05": (5, (5, None)),
    }  # fmt: skip
    assert tickets(desk, by="month", only={"channel": "phone"})["2026-05"] == (0, (0, None))


def test_what_is_not_over_is_not_tested(desk: Desk) -> None:
    """Five days of May are no whole May, whichever way it is asked; seen from June it is whole."""
    may: Any = {"since": first(5), "until": first(6)}
    (found,) = compared(Question(metric=METRICS["tickets"], zone=UTC, **may), desk.answer).values()
    assert found.comparison is not None
    assert (found.comparison.p, found.comparison.note) == (None, NOT_WHOLE)
    assert tickets(desk, **may, as_of=first(6)) == {None: (5, (5, False))}
    before: Any = {"since": first(2), "until": first(3)}
    assert tickets(desk, **before) == {None: (56, (56, None))}
