from __future__ import annotations

from typing import Any

import pytest
from catalogue import Line, ask, days
from hypothesis import given
from hypothesis import strategies as st

from ventanilla.core import events as on


def complaint(first: int, name: str, at: float, *more: Any) -> list[Line]:
    begin = on.TicketOpened(at=days(at), channel="mail", kind="complaint")
    return [(first + place, name, event) for place, event in enumerate([begin, *more])]


GOODWILL = on.GoodwillGranted(at=days(2), goodwill="g", kind="coupon", amount=500, currency="EUR")
LINES = [
    *complaint(1, "solved", 0, on.TicketResolved(at=days(1), code="fixed")),
    *complaint(11, "both", 0, GOODWILL, on.TicketResolved(at=days(3), code="fixed")),
    *complaint(21, "goodwill", 0, GOODWILL, on.TicketClosed(at=days(3))),
    *complaint(31, "unsolved", 0, on.TicketClosed(at=days(3))),
    *complaint(41, "rejected", 0, on.TicketResolved(at=days(3), code="rejected")),
    *complaint(51, "open", 0),
    *complaint(61, "spam", 0, on.TicketMarkedSpam(at=days(1))),
    (71, "question", on.TicketOpened(at=days(0), channel="mail", kind="question")),
    (72, "question", on.TicketResolved(at=days(1), code="told")),
]


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("complaints_received", 6),
        ("complaints_resolved", 2),
        ("complaints_goodwill", 1),
        ("complaints_unresolved", 3),
        ("complaint_success", 2 / 6),
        ("case_resolution_rate", 3 / 6),
        ("case_resolution_rate_cohort", 3 / 7),
        ("complaints_open", 1),
        ("complaint_moves_received", 7),
        ("complaint_moves_settled", 5),
        ("complaint_moves_withdrawn", 1),
        ("complaint_moves_returned", 0),
    ],
)
def test_complaints(metric: str, expected: float) -> None:
    """Goodwill for what was not solved is a state of its own; success is of the cohort, the open ones in it."""
    assert ask(metric, LINES, days(9)).value == expected


def test_evidence_of_goodwill() -> None:
    """The opening, the coupon and the end are behind it."""
    assert ask("complaints_goodwill", LINES, days(9)).evidence == (21, 22, 23)


def test_what_is_classified_later_is_received_then() -> None:
    """A question that turns out to be a complaint moves into the stock at that moment, and out again."""
    lines = [
        (1, "T", on.TicketOpened(at=days(0), channel="mail", kind="question")),
        (2, "T", on.TicketClassified(at=days(2), kind="complaint")),
        (3, "T", on.TicketClassified(at=days(4), kind="question")),
    ]
    assert [ask("complaints_open", lines, days(9), until=days(at)).value for at in (2, 3, 5)] == [0, 1, 0]


EVENTS = st.sampled_from(["resolve", "close", "reopen", "complain", "ask", "spam", "ham", "merge", "unmerge", "test"])


def _event(what: str, at: float) -> Any:
    here = days(at)
    return {
        "resolve": on.TicketResolved(at=here, code="fixed"),
        "close": on.TicketClosed(at=here),
        "reopen": on.TicketReopened(at=here),
        "complain": on.TicketClassified(at=here, kind="complaint"),
        "ask": on.TicketClassified(at=here, kind="question"),
        "spam": on.TicketMarkedSpam(at=here),
        "ham": on.TicketClearedOfSpam(at=here),
        "merge": on.TicketMerged(at=here, into="other"),
        "unmerge": on.TicketUnmerged(at=here),
        "test": on.TicketTagged(at=here, tag="test"),
    }[what]


@given(
    st.lists(st.lists(st.tuples(st.integers(0, 50), EVENTS), max_size=8), max_size=4),
    st.integers(0, 60),
    st.integers(0, 60),
)
def test_flow_identity(stories: list[list[tuple[int, str]]], one: int, other: int) -> None:
    """Opening stock and what came in, less what left, is the closing stock: in every window, whatever happened."""
    since, until = days(min(one, other)), days(max(one, other))
    lines: list[Line] = []
    for place, story in enumerate(stories):
        lines += complaint(100 * place, f"T-{place}", 0, *(_event(what, at) for at, what in sorted(story)))
    opening, closing = (ask("complaints_open", lines, days(99), until=at).value for at in (since, until))
    came, back, left, gone = (
        ask(f"complaint_moves_{move}", lines, days(99), since=since, until=until).value
        for move in ("received", "returned", "settled", "withdrawn")
    )
    assert None not in (opening, closing, came, back, left, gone)
    assert closing == (opening or 0) + (came or 0) + (back or 0) - (left or 0) - (gone or 0)
    assert (closing or 0) >= 0


def test_conversion() -> None:
    """Won in the 30 days, of what was won or lost; undecided is left out while it can be won, lost after."""

    def lead(first: int, name: str, at: float, *more: Any) -> list[Line]:
        begin = on.TicketOpened(at=days(at), channel="mail", kind="lead")
        return [(first + place, name, event) for place, event in enumerate([begin, *more])]

    lines = [
        *lead(1, "won", 0, on.OpportunityWon(at=days(30), order="o")),
        *lead(11, "late", 0, on.OpportunityWon(at=days(31), order="p")),
        *lead(21, "lost", 0, on.OpportunityLost(at=days(1))),
        *lead(31, "silent", 0),
        *lead(41, "new", 40),
        (51, "helped", on.TicketOpened(at=days(0), channel="mail", kind="question")),
        (52, "helped", on.OpportunityWon(at=days(2), order="q")),
        (61, "plain", on.TicketOpened(at=days(0), channel="mail", kind="question")),
    ]
    found = ask("conversion_rate", lines, days(50))
    assert (found.numerator, found.denominator, found.excluded) == (2, 5, {"window still open": 1})
    assert found.evidence == (1, 2, 11, 12, 21, 22, 31, 51, 52)
