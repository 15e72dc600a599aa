from __future__ import annotations

from datetime import timedelta
from typing import Any, get_args

import pytest
from catalogue import DAY, HOUR, NINE, Line, ask, days, hours, rows
from hypothesis import given
from hypothesis import strategies as st

from ventanilla.core import events as on

GITLAB = [
    (1, "T", on.TicketOpened(at=hours(0), channel="mail")),
    (2, "T", on.TicketPaused(at=hours(5), reason="customer")),
    (3, "T", on.TicketResumed(at=hours(15))),
    (4, "T", on.TicketPaused(at=hours(18.5), reason="third_party")),
    (5, "T", on.TicketResumed(at=hours(45.5))),
    (6, "T", on.TicketResolved(at=hours(45.5), code="fixed")),
]
"""The published Zendesk life cycle: new 5 h, pending 10 h, open 3.5 h, on hold 27 h."""


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("requester_wait_time", 35.5),
        ("agent_work_time", 8.5),
        ("on_hold_time", 27),
        ("agent_wait_time", 10),
        ("full_resolution_time", 45.5),
        ("net_resolution_time", 8.5),
    ],
)
def test_the_published_life_cycle(metric: str, expected: float) -> None:
    """The handbook prints 41 h, 13.5 h and 27.5 h for the first three; from its own times come 35.5, 8.5 and 27."""
    found = ask(metric, GITLAB, hours(100))
    assert (found.value, found.evidence) == (expected * HOUR, (1, 2, 3, 4, 5, 6))


REOPENED = [
    (1, "T", on.TicketOpened(at=days(0), channel="mail")),
    (2, "T", on.TicketResolved(at=days(1), code="fixed")),
    (3, "T", on.TicketReopened(at=days(3))),
    (4, "T", on.TicketPaused(at=days(4), reason="snoozed", until=days(5))),
    (5, "T", on.TicketResolved(at=days(7), code="fixed")),
    (6, "U", on.TicketOpened(at=days(0), channel="mail")),
    (7, "U", on.TicketClosed(at=days(2))),
    (8, "U", on.TicketReopened(at=days(3), because="courtesy")),
    (9, "V", on.TicketOpened(at=days(0), channel="mail")),
]


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("first_resolution_time", 1.5),
        ("full_resolution_time", 4.5),
        ("full_resolution_time_mean", 4.5),
        ("full_resolution_time_p90", 6.5),
        ("full_resolution_time_p95", 6.75),
        ("net_resolution_time", 3),  # T: one day, one more, and two after the snooze; U: two
        ("agent_work_time", 3.5),
        ("open_age", 10),
        ("time_to_resolve", 7),
    ],
)
def test_reopenings(metric: str, expected: float) -> None:
    """The first settlement, the last, and the time between count apart; courtesy brings nothing back."""
    assert ask(metric, REOPENED, days(10)).value == expected * DAY


def test_open_tickets_are_no_missing_ones() -> None:
    """Half is settled by day 7 with the open one counted; of three in ten settled, nobody knows when half will be."""
    found = ask("time_to_resolve", REOPENED, days(10))
    assert (found.n, found.evidence) == (3, (1, 2, 3, 4, 5, 6, 7, 9))
    assert ask("time_to_resolve", REOPENED, days(1)).value is None
    assert ask("time_to_resolve_p90", REOPENED, days(10)).value is None


@pytest.mark.parametrize(
    ("metric", "expected"),
    [("open_over_7_days", 2), ("open_over_30_days", 1), ("open_over_90_days", 0), ("stale_tickets", 1)],
)
def test_the_tail(metric: str, expected: float) -> None:
    """What is older than so many days, and what nothing happened to for a week, is counted."""
    lines = [
        (1, "A", on.TicketOpened(at=days(0), channel="mail")),
        (2, "B", on.TicketOpened(at=days(22), channel="mail")),
        (3, "C", on.TicketOpened(at=days(30), channel="mail")),
        (4, "A", on.TicketPaused(at=days(29), reason="customer")),
    ]
    assert ask(metric, lines, days(31)).value == expected


def test_reopen_rate() -> None:
    """One of the two that were ever settled came back."""
    found = ask("reopen_rate", REOPENED, days(10))
    assert (found.numerator, found.denominator) == (1, 2)


def _lines(steps: list[tuple[float, str]]) -> list[Line]:
    """Return the history of a ticket to which these *steps* happen, each so many hours after the one before."""
    at, found = 0.0, list[Line]([(1, "T", on.TicketOpened(at=hours(0), channel="mail"))])
    for position, (gap, what) in enumerate(steps, 2):
        at += gap
        event: Any = {
            "resume": on.TicketResumed(at=hours(at)),
            "resolve": on.TicketResolved(at=hours(at), code="fixed"),
            "close": on.TicketClosed(at=hours(at)),
            "reopen": on.TicketReopened(at=hours(at)),
            "nap": on.TicketPaused(at=hours(at), reason="customer", until=hours(at + 2)),
        }.get(what) or on.TicketPaused(at=hours(at), reason=what)  # type: ignore[arg-type]
        found.append((position, "T", event))
    return found


STEPS = st.sampled_from([*get_args(on.PauseReason), "nap", "resume", "resolve", "close", "reopen"])


@given(st.lists(st.tuples(st.floats(0, 100), STEPS), max_size=15), st.floats(0, 2_000))
def test_the_parts_are_the_whole(steps: list[tuple[float, str]], later: float) -> None:
    """Agent work, agent wait and time on hold are all time unsettled, whatever happened; nothing is negative."""
    (found,) = rows("times", _lines(steps), NINE + timedelta(hours=later))
    assert found.agent_work + found.agent_wait + found.on_hold == pytest.approx(found.unsettled, abs=1e-3)
    assert found.requester_wait == pytest.approx(found.agent_work + found.on_hold, abs=1e-3)
    assert min(found.agent_work, found.agent_wait, found.on_hold, found.age) >= 0
    if found.settled_at is not None:
        assert found.net_resolution <= found.unsettled + 1e-3 <= found.full_resolution + 2e-3
        assert found.first_resolution <= found.full_resolution
