from __future__ import annotations

import pytest
from catalogue import METRICS, ask, cut, hours

from ventanilla.core import events as on


def said(message: str, at: float, who: str = "maria", kind: on.AuthorKind = "agent") -> on.ReplySent:
    return on.ReplySent(at=hours(at), message=message, channel="chat", author=who, author_kind=kind)


MINUTE = 1 / 60
LINES = [
    (1, "T-1", on.TicketOpened(at=hours(0), channel="chat")),
    (2, "T-1", said("a", 1)),
    (3, "T-1", said("b", 1 + 9 * MINUTE)),  # the same burst
    (4, "T-1", said("c", 1 + 18 * MINUTE)),  # nine minutes after the last of it
    (5, "T-1", said("d", 1 + 19 * MINUTE, "luis")),  # somebody else
    (6, "T-1", said("e", 1 + 20 * MINUTE, "bot", "bot")),
    (7, "T-1", on.NoteWritten(at=hours(2), message="f", author="luis")),
    (8, "T-1", on.TimeSpent(at=hours(2), entry="x", agent="luis", seconds=600)),
    (9, "T-1", on.TimeSpent(at=hours(2), entry="y", agent="maria", seconds=300)),
    (10, "T-1", on.TicketResolved(at=hours(3), code="fixed")),
    (11, "T-1", said("g", 4)),  # after the settlement
    (12, "T-2", on.TicketOpened(at=hours(0), channel="phone")),
    (13, "T-2", on.CallEnded(at=hours(0.1), call="c", direction="inbound", outcome="answered", agent="ana", waited=5)),
    (14, "T-2", on.TicketResolved(at=hours(0.2), code="fixed")),
]


@pytest.mark.parametrize(
    ("metric", "expected", "evidence"),
    [
        ("agent_touches", 1.5, (2, 3, 4, 5, 10, 13, 14)),  # two and one
        ("agent_touches_median", 1.5, (2, 3, 4, 5, 10, 13, 14)),
        ("agent_touches_p90", 1.9, (2, 3, 4, 5, 10, 13, 14)),
        ("agent_touches_all", 2, (2, 3, 4, 5, 7, 10, 13, 14)),
        ("agent_touches_all_median", 2, (2, 3, 4, 5, 7, 10, 13, 14)),
        ("one_touch", 0.5, (2, 3, 4, 5, 10, 13, 14)),
        ("two_touch", 0, (2, 3, 4, 5, 10, 13, 14)),
        ("multi_touch", 0.5, (2, 3, 4, 5, 10, 13, 14)),  # four messages
        ("handling_effort", 900, (8, 9, 10)),
        ("handling_effort_p90", 900, (8, 9, 10)),
        ("handling_effort_mean", 900, (8, 9, 10)),
    ],
)
def test_effort(metric: str, expected: float, evidence: tuple[int, ...]) -> None:
    """Bursts are one touch, bots none; effort is what was put in, and unknown where nobody said."""
    found = ask(metric, LINES, hours(9))
    assert found.value == pytest.approx(expected)
    assert found.evidence == evidence


def test_a_word_of_the_customer_ends_a_burst() -> None:
    """Two messages with an answer between them are two touches, however soon; after ten minutes, too."""
    lines = [
        (1, "T", on.TicketOpened(at=hours(0), channel="chat")),
        (2, "T", said("a", 0)),
        (3, "T", on.MessageReceived(at=hours(MINUTE), message="b", channel="chat")),
        (4, "T", said("c", 2 * MINUTE)),
        (5, "T", said("d", 13 * MINUTE)),
        (6, "T", on.TicketResolved(at=hours(1), code="fixed")),
    ]
    assert ask("agent_touches", lines, hours(9)).value == 3


def test_credit_of_shared_tickets() -> None:
    """The last resolver has the whole, or everybody their part of the touches: both come to the tickets there are."""
    last = cut("resolved_by_last_resolver", LINES, hours(9), "agent")
    parts = cut("resolved_by_touch_share", LINES, hours(9), "agent")
    assert {who: one.value for who, one in last.items()} == {"maria": 2}
    assert {who: one.value for who, one in parts.items()} == {"maria": 1 / 3, "luis": 2 / 3, "ana": 1}
    assert parts["luis"].evidence == (5, 7, 10)
    assert ask("resolved_by_touch_share", LINES, hours(9)).value == pytest.approx(2)


def test_text_says_what_is_credited() -> None:
    """Whoever reads either figure is told of the other."""
    assert "resolved_by_touch_share" in METRICS["resolved_by_last_resolver"].text
