from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from catalogue import HOUR, METRICS, Line, ask, cut, hours

from ventanilla.core import events as on


def on_day(month: int, day: int) -> datetime:
    return datetime(2026, month, day, tzinfo=UTC)


def test_turnover_is_of_the_average_headcount() -> None:
    """13 who left, of 200 on average, are 6.5 %."""
    lines: list[Line] = []
    for place in range(207):
        joined = on_day(1, 5) if place < 205 else on_day(2, 10)
        stream = f"agent/a-{place}"
        lines.append((2 * place, stream, on.AgentJoined(at=joined)))
        if place < 12:
            lines.append((2 * place + 1, stream, on.AgentLeft(at=on_day(2, 15), because="own_wish")))
    # 205 at the start of February and 195 at its end; one more came and left within it.
    lines += [
        (900, "agent/short", on.AgentJoined(at=on_day(2, 2))),
        (901, "agent/short", on.AgentLeft(at=on_day(2, 3), because="moved")),
        (902, "agent/bot", on.AgentJoined(at=on_day(1, 2), machine=True)),
    ]
    found = cut("staff_turnover", lines, on_day(3, 9), "month")
    assert found["2026-02"].value == pytest.approx(0.065)
    assert (found["2026-02"].numerator, found["2026-02"].denominator) == (13, 200)
    assert found["2026-03"].excluded == {"period not over": 195}
    assert {900, 901} <= set(found["2026-02"].evidence)
    assert 902 not in found["2026-02"].evidence


def test_turnover_of_longer_periods() -> None:
    """A quarter and a year have averages of their own."""
    lines = [
        (1, "agent/a", on.AgentJoined(at=on_day(1, 1))),
        (2, "agent/b", on.AgentJoined(at=on_day(1, 1))),
        (3, "agent/b", on.AgentLeft(at=on_day(5, 1), because="moved")),
    ]
    later = datetime(2027, 1, 1, tzinfo=UTC)
    assert cut("staff_turnover_quarterly", lines, later, "quarter")["2026-Q2"].value == pytest.approx(1 / 1.5)
    assert cut("staff_turnover_yearly", lines, later, "year")["2026"].value == pytest.approx(1 / 1.5)


def ticket(first: int, name: str, *more: Any) -> list[Line]:
    begin = on.TicketOpened(at=hours(0), channel="mail")
    return [(first + place, name, event) for place, event in enumerate([begin, *more])]


def spent(entry: str, agent: str, seconds: int) -> on.TimeSpent:
    return on.TimeSpent(at=hours(2), entry=entry, agent=agent, seconds=seconds)


LINES = [
    (1, "agent/ana", on.ShiftWorked(at=hours(8), shift="s", paid=8 * HOUR, available=2 * HOUR)),
    (2, "agent/luis", on.ShiftWorked(at=hours(8), shift="t", paid=2 * HOUR, available=1 * HOUR)),
    *ticket(11, "T-1", on.TicketAssigned(at=hours(1), agent="ana"), spent("a", "ana", 4 * HOUR)),
    *ticket(21, "T-2", on.TicketAssigned(at=hours(1), agent="ana"), spent("b", "luis", 1 * HOUR)),
    *ticket(31, "T-3", on.TicketAssigned(at=hours(1), agent="luis"), on.TicketClosed(at=hours(3))),
    *ticket(41, "T-4", on.TicketAssigned(at=hours(1), agent="luis")),
    *ticket(51, "T-5", on.TicketMarkedSpam(at=hours(1))),
]


@pytest.mark.parametrize(
    ("metric", "expected", "evidence"),
    [
        ("workload", 3, (11, 12, 21, 22, 41, 42)),
        ("workload_per_agent", 1.5, (11, 12, 21, 22, 41, 42)),
        ("work_put_in", 5 * HOUR, (13, 23)),
        ("arrivals_per_staffed_hour", 0.4, (1, 2, 11, 13, 21, 23, 31, 33, 41)),
        ("productivity", 0.1, (1, 2, 11, 13, 21, 23, 31, 33, 41)),
        ("utilisation", 0.8, (1, 2, 11, 13, 21, 23, 31, 33, 41)),
        ("occupancy", 5 / 8, (1, 2, 11, 13, 21, 23, 31, 33, 41)),
    ],
)
def test_labour(metric: str, expected: float, evidence: tuple[int, ...]) -> None:
    """Ten paid hours, five worked and three free; four tickets came, of which one is settled and three are open."""
    found = ask(metric, LINES, hours(9))
    assert found.value == pytest.approx(expected)
    assert found.evidence == evidence


def test_by_agent() -> None:
    """Everybody has their own: the desk's figure is pooled, no mean of theirs."""
    assert {who: one.value for who, one in cut("workload", LINES, hours(9), "agent").items()} == {"ana": 2, "luis": 1}
    found = cut("occupancy", LINES, hours(9), "agent")
    assert found["ana"].value == pytest.approx(4 / 6)
    assert found["luis"].value == pytest.approx(1 / 2)
    assert cut("productivity", LINES, hours(9), "agent")["ana"].value == 0


@pytest.mark.parametrize("metric", ["arrivals_per_staffed_hour", "productivity", "utilisation", "occupancy"])
def test_without_a_shift_nothing_is_known(metric: str) -> None:
    """Work without a shift on record fills nobody's time: in no window, and for no agent, and the answer says why."""
    found = ask(metric, LINES[2:], hours(9))
    assert (found.value, found.n, found.method, found.excluded) == (None, 0, "no shift is on record", {"no value": 7})
    assert ask(metric, LINES, hours(9), until=hours(8)).value is None
    assert cut(metric, LINES[1:], hours(9), "agent")["ana"].value is None
    assert cut(metric, LINES[1:], hours(9), "agent")["luis"].value is not None


def test_text_says_the_denominator() -> None:
    """Turnover and churn divide by different things, and say so."""
    assert "13 / 200 = 6.5 %" in METRICS["staff_turnover"].text.replace("\n    ", " ")
