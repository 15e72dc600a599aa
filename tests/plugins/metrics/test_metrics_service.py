from __future__ import annotations

from typing import Any

import pytest
from catalogue import HOUR, Line, ask, cut, days, hours

from ventanilla.core import events as on


def ticket(first: int, name: str, *more: Any, channel: str = "chat") -> list[Line]:
    begin = on.TicketOpened(at=hours(0), channel=channel)
    return [(first + place, name, event) for place, event in enumerate([begin, *more])]


def bot(message: str) -> on.ReplySent:
    return on.ReplySent(at=hours(1), message=message, channel="chat", author="b", author_kind="bot")


def wrote(message: str, channel: str = "chat") -> on.MessageReceived:
    return on.MessageReceived(at=hours(2), message=message, channel=channel)


LINES = [
    *ticket(
        1, "moved",
        on.TicketRouted(at=hours(1), team="a"), on.TicketAssigned(at=hours(1), agent="x"),
        on.TicketRouted(at=hours(2), team="b"), on.TicketAssigned(at=hours(2), agent="y"),
        on.TicketAssigned(at=hours(3), agent="z"), on.RepetitionNoticed(at=hours(4), by="agent"),
        wrote("m", "mail"),
    ),
    *ticket(11, "looped", bot("a"), bot("b"), bot("c"), wrote("d"), bot("e"), wrote("f")),
    *ticket(21, "smooth", on.ConversationJoined(at=hours(1), conversation="c", channel="mail", continues=True)),
    *ticket(31, "plain"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("metric", "expected", "evidence"),
    [
        ("transfers_per_ticket", 2 / 4, (1, 4, 6, 11, 21, 31)),
        ("transferred_more_than_once", 1 / 4, (1, 4, 6, 11, 21, 31)),
        ("repeated_information", 1 / 4, (1, 7, 11, 21, 31)),
        ("continuation_success", 1 / 2, (1, 7, 8, 21, 22)),
        ("bot_loops", 1, (1, 11, 15, 21, 31)),
    ],
)
def test_friction(metric: str, expected: float, evidence: tuple[int, ...]) -> None:
    """A new team with its agent is one transfer; three answers of a bot in a row and another question are a loop."""
    found = ask(metric, LINES, days(9))
    assert (found.value, found.evidence) == (expected, evidence)


def test_consistency_over_channels() -> None:
    """The channels lie as far apart as their means; one with fewer than 30 tickets does not count."""
    lines: list[Line] = []
    for place in range(61):
        channel = "mail" if place < 30 else "chat" if place < 60 else "phone"
        wait = {"mail": 4, "chat": 1, "phone": 90}[channel]
        reply = on.ReplySent(at=hours(wait), message="m", channel=channel, author="x")
        solved = on.TicketResolved(at=hours(wait), code="fixed")
        back = [on.TicketReopened(at=hours(wait + 1))] if channel == "mail" and place < 15 else []
        lines += ticket(10 * place, f"T-{place:02}", reply, solved, *back, channel=channel)
    found = ask("response_consistency", lines, days(30))
    assert (found.value, found.n) == (3 * HOUR, 60)
    assert ask("fcr_consistency", lines, days(30)).value == 0.5
    assert ask("response_consistency", lines[: 3 * 30], days(30)).value is None


def test_consistency_of_promised_times() -> None:
    """Clocks have channels, too."""
    lines: list[Line] = []
    for place in range(60):
        made = on.PromiseMade(at=hours(1), promise="p", due=hours(2), what="call")
        kept = on.PromiseKept(at=hours(2 if place < 45 else 3), promise="p")
        lines += ticket(10 * place, f"T-{place:02}", made, kept, channel="mail" if place < 30 else "chat")
    assert ask("sla_consistency", lines, days(9)).value == 0.5


JOURNEY = [
    (1, "customer/c-1", on.JourneyStageReached(at=days(0), journey="buying", stage="look")),
    (2, "customer/c-1", on.JourneyStageReached(at=days(2), journey="buying", stage="pay")),
    (3, "customer/c-2", on.JourneyStageReached(at=days(0), journey="buying", stage="look")),
    (4, "T", on.StageReached(at=days(1), stage="look")),
]


def test_journey_by_stage() -> None:
    """One in three who looked went on, after two days; who paid is there still."""
    found = cut("stage_conversion", JOURNEY, days(9), "stage")
    assert {stage: (one.value, one.n) for stage, one in found.items()} == {"look": (1 / 3, 3), "pay": (0, 1)}
    time = ask("stage_time", JOURNEY, days(9))
    assert (time.value, time.evidence) == (48 * HOUR, (1, 2))
    assert ask("stage_conversion", JOURNEY, days(9), only={"journey": "ticket"}).n == 1


VISITS = [
    (1, "customer/c-1", on.SelfServed(at=days(0), visit="a", channel="portal", solved=True)),
    (2, "customer/c-2", on.SelfServed(at=days(0), visit="b", channel="portal")),
    (3, "customer/c-3", on.SelfServed(at=days(0), visit="c", channel="portal", solved=False)),
    (4, "customer/c-4", on.SelfServed(at=days(8), visit="d", channel="portal")),
    (5, "T", on.TicketOpened(at=days(3), channel="mail", customer="c-2")),
    (6, "U", on.TicketOpened(at=days(3.1), channel="mail", customer="c-1")),
]


def test_self_service() -> None:
    """A ticket within three days, or a no, shows that the visit spared none; the newest visit may have one yet."""
    found = ask("self_service_deflection", VISITS, days(9))
    assert (found.value, found.n, found.excluded, found.evidence) == (1 / 3, 3, {"window still open": 1}, (1, 2, 3, 5))
    solved = ask("self_service_solved", VISITS, days(9))
    assert (solved.value, solved.evidence) == (1 / 2, (1, 3))


def test_automation() -> None:
    """Three of four decisions were looked at; the last word on one of the three was no."""

    def decided(name: str) -> on.AutomationDecided:
        return on.AutomationDecided(at=hours(1), decision=name, model="m", model_version="1", what="reply", value="v")

    def judged(name: str, judgement: on.Judgement) -> on.AutomationReviewed:
        return on.AutomationReviewed(at=hours(2), decision=name, judgement=judgement, reviewer="maria")

    reviews = [judged("a", "overruled"), judged("b", "overruled"), judged("b", "accepted"), judged("c", "accepted")]
    lines = ticket(1, "T", *map(decided, "abcd"), *reviews)
    found, overruled = (ask(f"automation_{what}", lines, days(1)) for what in ("reviewed", "overruled"))
    assert (found.value, found.evidence) == (3 / 4, (2, 3, 4, 5, 6, 7, 8, 9))
    assert (overruled.value, overruled.evidence) == (1 / 3, (2, 3, 4, 6, 7, 8, 9))
