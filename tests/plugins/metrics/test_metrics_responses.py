from __future__ import annotations

import pytest
from catalogue import HOUR, ask, hours

from ventanilla.core import events as on


def said(message: str, at: float, kind: on.AuthorKind = "agent") -> on.ReplySent:
    return on.ReplySent(at=hours(at), message=message, channel="mail", author="maria", author_kind=kind)


def wrote(message: str, at: float) -> on.MessageReceived:
    return on.MessageReceived(at=hours(at), message=message, channel="mail")


def opened(at: float, origin: on.Origin = "customer") -> on.TicketOpened:
    return on.TicketOpened(at=hours(at), channel="mail", origin=origin)


LINES = [
    (1, "T-1", opened(0)),
    (2, "T-1", wrote("a", 0)),
    (3, "T-1", said("b", 0.5, "bot")),
    (4, "T-1", on.HumanRequested(at=hours(1))),
    (5, "T-1", on.TicketAssigned(at=hours(1.5), agent="maria")),
    (6, "T-1", said("c", 2)),
    (7, "T-1", wrote("d", 3)),
    (8, "T-1", wrote("e", 4)),
    (9, "T-1", said("f", 7)),
    (10, "T-1", on.TicketPaused(at=hours(7), reason="customer")),
    (11, "T-1", said("g", 10)),
    (12, "T-1", on.TicketResolved(at=hours(11), code="fixed")),
    (13, "T-2", opened(0)),
    (14, "T-2", said("a", 9)),
    (15, "T-2", on.TicketMarkedSpam(at=hours(10))),
    (20, "T-3", opened(0, "agent")),
    (21, "T-3", said("a", 0)),
    (22, "T-3", said("b", 5)),
]


@pytest.mark.parametrize(
    ("metric", "expected", "evidence"),
    [
        ("first_response_time", 3.5, (1, 6, 20, 22)),
        ("first_response_time_p90", 4.7, (1, 6, 20, 22)),
        ("first_response_time_p95", 4.85, (1, 6, 20, 22)),
        ("first_response_time_mean", 3.5, (1, 6, 20, 22)),
        ("first_bot_response_time", 0.5, (1, 3)),
        ("time_to_human", 1, (4, 6)),
        ("time_to_acknowledge", 0.75, (1, 5, 20)),
        ("time_to_assign", 1.5, (1, 5)),
        ("next_reply_time", 4, (7, 9)),
        ("longest_wait", 4, (7, 9)),
        ("periodic_update_time", 5, (6, 9, 11, 21, 22)),
        ("periodic_update_time_mean", 13 / 3, (6, 9, 11, 21, 22)),
        ("pausable_update_time_mean", 10 / 3, (6, 9, 11, 21, 22)),
    ],
)
def test_times(metric: str, expected: float, evidence: tuple[int, ...]) -> None:
    """Each time runs between the two events that it names: bots do not answer, runs of messages restart nothing."""
    found = ask(metric, LINES, hours(100))
    assert found.value == pytest.approx(expected * HOUR)
    assert found.evidence == evidence


def test_void_tickets_are_left_out_and_counted() -> None:
    """Spam has no part in the figure, and is counted by its reason."""
    found = ask("first_response_time", LINES, hours(100))
    assert (found.n, found.excluded) == (2, {"spam": 1})
    before = ask("first_response_time", LINES, hours(9.5))
    assert (before.n, before.excluded) == (3, {})


def test_what_has_not_happened_is_counted_apart() -> None:
    """Without an answer there is no time; who waits is counted."""
    assert ask("first_response_time", LINES, hours(1)).value is None
    found = ask("awaiting_first_response", LINES, hours(1))
    assert (found.value, found.evidence) == (3, (1, 13, 20))
    waiting = ask("unanswered_waits", LINES, hours(4))
    assert (waiting.value, waiting.evidence) == (1, (7,))


def test_conversations_left_open() -> None:
    """Who has waited for more than a day is counted, whoever has waited less is not."""
    lines = [(1, "T", opened(0)), (2, "T", wrote("a", 0))]
    assert [ask("conversations_left_open", lines, hours(at)).value for at in (24, 24.1)] == [0, 1]


def test_a_wait_that_lasts_counts_up_to_now() -> None:
    """The longest wait may not be over."""
    lines = [(1, "T", opened(0)), (2, "T", wrote("a", 0)), (3, "T", said("b", 1)), (4, "T", wrote("c", 2))]
    assert ask("longest_wait", lines, hours(9)).value == 7 * HOUR


def test_a_settlement_ends_a_wait_and_a_reopening_begins_it_anew() -> None:
    """What is written to a settled ticket waits from its reopening."""
    lines = [
        (1, "T", opened(0)),
        (2, "T", said("a", 1)),
        (3, "T", wrote("b", 2)),
        (4, "T", on.TicketResolved(at=hours(3), code="fixed")),
        (5, "T", wrote("c", 4)),
        (6, "T", on.TicketReopened(at=hours(6))),
        (7, "T", said("d", 8)),
    ]
    found = ask("next_reply_time", lines, hours(9))
    assert (found.value, found.evidence) == (2 * HOUR, (6, 7))


def test_a_span_that_would_be_negative_is_nothing_and_counted() -> None:
    """A call that was answered before the ticket was opened took it up at once."""
    call = on.CallEnded(
        at=hours(1.5), call="c", direction="inbound", outcome="answered", agent="m", waited=9, talked=HOUR
    )
    lines = [(1, "T", opened(1)), (2, "T", call)]
    assert ask("time_to_acknowledge", lines, hours(2)).value == 0
    found = ask("negative_spans", lines, hours(2))
    assert (found.value, found.evidence) == (1, (1, 2))
    assert ask("negative_spans", LINES, hours(100)).value == 0
