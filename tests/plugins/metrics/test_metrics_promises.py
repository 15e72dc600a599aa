from __future__ import annotations

from typing import Any

import pytest
from catalogue import Line, ask, cut, hours

from ventanilla.core import events as on


def promise(first: int, name: str, *more: Any, due: float = 2) -> list[Line]:
    begin = on.PromiseMade(at=hours(1), promise=name, due=hours(due), what="call")
    return [(first + place, "T", event) for place, event in enumerate([begin, *more])]


LINES = [
    (1, "T", on.TicketOpened(at=hours(0), channel="mail")),
    *promise(11, "kept", on.PromiseKept(at=hours(2), promise="kept")),
    *promise(
        21, "told", on.PromiseKept(at=hours(1.5), promise="told"), on.PromiseKeptTold(at=hours(3), promise="told")
    ),
    *promise(31, "late", on.PromiseKept(at=hours(2.1), promise="late")),
    *promise(41, "broken", on.PromiseBroken(at=hours(1.5), promise="broken")),
    *promise(51, "off", on.PromiseWithdrawn(at=hours(1.5), promise="off")),
    *promise(61, "overdue"),
    *promise(71, "pending", due=100),
    (81, "T", on.FollowUpPlanned(at=hours(1), follow_up="a", due=hours(5))),
    (82, "T", on.FollowUpDone(at=hours(5), follow_up="a")),
    (83, "T", on.FollowUpPlanned(at=hours(1), follow_up="b", due=hours(5))),
    (84, "T", on.FollowUpPlanned(at=hours(1), follow_up="c", due=hours(5))),
    (85, "T", on.FollowUpDropped(at=hours(4), follow_up="c")),
]


@pytest.mark.parametrize(
    ("metric", "expected", "evidence"),
    [
        ("promises_kept", 2 / 5, (11, 12, 21, 22, 23, 31, 32, 41, 42, 61)),
        ("promises_kept_and_told", 1 / 5, (11, 12, 21, 22, 23, 31, 32, 41, 42, 61)),
        ("promises_late", 1, (31, 32)),
        ("promises_broken", 1, (41, 42)),
        ("promises_overdue", 1, (61,)),
        ("promises_pending", 1, (71,)),
        ("promises_withdrawn", 1, (51, 52)),
        ("follow_ups_done", 1 / 2, (81, 82, 83)),
    ],
)
def test_promises(metric: str, expected: float, evidence: tuple[int, ...]) -> None:
    """Kept exactly when due is kept; what was withdrawn or is not due yet is in no share."""
    found = ask(metric, LINES, hours(10))
    assert (found.value, found.evidence) == (expected, evidence)


def test_every_promise_has_one_state() -> None:
    """The states divide the promises there are."""
    counts = [ask(f"promises_{state}", LINES, hours(10)).value or 0 for state in ("pending", "withdrawn")]
    assert sum(counts) + ask("promises_kept", LINES, hours(10)).n == 7
    assert cut("promises_kept", LINES, hours(10), "what")["call"].n == 5
