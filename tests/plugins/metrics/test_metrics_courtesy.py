from __future__ import annotations

from typing import Any

import pytest
from catalogue import METRICS, Line, ask, days, rows

from ventanilla.core import events as on

OPENED: list[Any] = [
    on.TicketOpened(at=days(0), channel="mail", customer="c"),
    on.TicketCategorised(at=days(0), category="bill"),
    on.TicketDueSet(at=days(0), due=days(5)),
    on.TicketAssigned(at=days(0), agent="ana"),
    on.ReplySent(at=days(0.5), message="r", channel="mail", author="ana"),
    on.TicketResolved(at=days(1), code="fixed"),
]
THANKS = on.MessageReceived(at=days(2), message="m", channel="mail")
BACK = on.TicketReopened(at=days(2), because="courtesy")
AGAIN: list[Any] = [on.TicketResolved(at=days(9), code="unsolved"), on.TicketClosed(at=days(9))]


def told(*events: Any) -> list[Line]:
    return [(place, "T-1", event) for place, event in enumerate(events, 1)]


@pytest.mark.parametrize("name", sorted(METRICS))
def test_changes_no_figure(name: str) -> None:
    """What is reopened out of courtesy, whether it is put away again or not, leaves every figure as it was."""
    before = ask(name, told(*OPENED), days(20))
    for more in [], AGAIN[:1], AGAIN[1:]:
        found = ask(name, told(*OPENED, BACK, *more), days(20))
        assert (found.value, found.n, found.excluded) == (before.value, before.n, before.excluded)


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("fcr", 1),
        ("case_resolution_rate", 1),
        ("agent_touches", 1),
        ("resolved_by_last_resolver", 1),
        ("unanswered_waits", 0),
        ("open_age", None),
        ("open_tickets", 0),
        ("backlog", 0),
        ("reopen_rate", 0),
        ("on_time", 1),
        ("full_resolution_time", 86_400),
    ],
)
def test_thanks_brings_nothing_back(metric: str, expected: float | None) -> None:
    """A customer who says thanks waits for nothing, and whoever solved it has solved it."""
    for more in [], AGAIN[:1], AGAIN[1:]:
        assert ask(metric, told(*OPENED, THANKS, BACK, *more), days(20)).value == expected


def test_another_reason_brings_it_back() -> None:
    """After thanks a reopening for any other reason is one, and the settlement after it is the last."""
    events = [*OPENED, BACK, *AGAIN, on.TicketReopened(at=days(10), because="wrong_fix")]
    last = on.TicketResolved(at=days(11), code="unsolved")
    assert ask("reopen_rate", told(*events), days(20)).value == 1
    assert ask("open_tickets", told(*events), days(20)).value == 1
    assert ask("case_resolution_rate", told(*events, last), days(20)).value == 0


def test_a_rating_is_of_the_resolution_that_was_thanked_for() -> None:
    """Settled again after thanks is no further cycle, and rates nobody else."""
    answer: list[Line] = [
        (
            21,
            "feedback/f",
            on.SurveyOffered(at=days(10), survey="s", version=1, about_kind="ticket", about="T-1", channel="mail"),
        ),
        (
            22,
            "feedback/f",
            on.SurveyAnswered(
                at=days(11), question="q", instrument="csat", wording="1", score=5.0, lowest=1.0, highest=5.0
            ),
        ),
    ]
    to_luis = on.TicketAssigned(at=days(3), agent="luis")
    (found,) = rows("ratings", [*told(*OPENED, BACK, to_luis, AGAIN[0]), *answer], days(20))
    assert (found.rated_agent, found.cycle) == ("ana", 1)
