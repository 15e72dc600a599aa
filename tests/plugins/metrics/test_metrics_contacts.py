from __future__ import annotations

import pytest
from catalogue import Line, ask, cut, days

from ventanilla.core import events as on
from ventanilla.core.events import Event


def ticket(
    first: int,
    name: str,
    at: float,
    *more: Event,
    customer: str = "c-1",
    category: str = "bill",
    origin: on.Origin = "customer",
) -> list[Line]:
    begin: list[Event] = [
        on.TicketOpened(at=days(at), channel="mail", customer=customer, origin=origin),
        on.TicketCategorised(at=days(at), category=category),
    ]
    return [(first + place, name, event) for place, event in enumerate([*begin, *more])]


def said(at: float) -> on.ReplySent:
    return on.ReplySent(at=days(at), message=f"r{at}", channel="mail", author="maria")


def solved(at: float, code: str = "fixed") -> on.TicketResolved:
    return on.TicketResolved(at=days(at), code=code)


GOOD = ticket(1, "good", 0, said(0.5), solved(1))
ASKED = ticket(
    11, "asked", 0, said(0.5), on.MessageReceived(at=days(0.6), message="m", channel="mail"), solved(1), customer="c-2"
)
AGAIN = [*ticket(21, "first", 0, solved(1), customer="c-3"), *ticket(31, "second", 8, solved(9), customer="c-3")]
BACK = ticket(41, "back", 0, solved(1), on.TicketReopened(at=days(8)), solved(9), customer="c-4")
LINK = on.TicketLinked(at=days(4), kind="follow_up", to="good-2")
LINKED = [
    *ticket(51, "good-2", 0, solved(1), customer="c-5"),
    *ticket(61, "other", 4, LINK, customer="c-6", category="x"),
]


@pytest.mark.parametrize(
    ("lines", "good"),
    [
        (GOOD, {"good": True}),
        (ASKED, {"asked": False}),
        (AGAIN, {"first": False, "second": True}),
        (BACK, {"back": False}),
        (LINKED, {"good-2": False}),
    ],
)
def test_first_contact(lines: list[Line], good: dict[str, bool]) -> None:
    """Another word, a repeat of the same customer and category, a reopening and a follow-up fail the earlier one."""
    found = ask("fcr", lines, days(100))
    assert (found.numerator, found.denominator) == (sum(good.values()), len(good))


def test_a_repeat_after_the_window_fails_nothing() -> None:
    """Seven days after the settlement is the same issue, a moment more is not."""
    lines = [*ticket(1, "a", 0, solved(1)), *ticket(11, "b", 8.01, solved(9))]
    assert ask("fcr", lines, days(100)).value == 1
    assert ask("fcr", [*lines[:3], *ticket(11, "b", 8, solved(9))], days(100)).numerator == 1


def test_first_contact_names_the_repeat() -> None:
    """What makes another ticket a repeat is behind the figure, and what became of that one is not."""
    found = ask("fcr", AGAIN, days(100), until=days(1))
    assert (found.value, found.evidence) == (0, (21, 22, 23, 31, 32))
    linked = ask("fcr", LINKED, days(100), until=days(1), only={"category": "bill"})
    assert (linked.value, linked.evidence) == (0, (51, 52, 53, 61, 63))


@pytest.mark.parametrize(
    ("metric", "lines", "evidence"),
    [
        ("fcr", [*ticket(1, "a", 0, solved(1)), *ticket(11, "b", 8.01, solved(9))], (1, 3)),
        ("fcr", ASKED, (11, 13, 14, 15)),
        ("fcr", BACK, (41, 43, 44)),
        ("recurrence_rate", [*ticket(1, "a", 0, solved(1)), *ticket(11, "b", 29, solved(30))], (1, 2, 11, 12)),
        ("recurrence_rate", [*ticket(1, "a", 0, solved(1)), *ticket(11, "b", 31, solved(32))], (1, 2)),
        ("ticket_volume", AGAIN, (21,)),
        ("contacts", [*ticket(1, "a", 0, said(0.5), solved(1)), *ticket(11, "b", 3)], (1,)),
    ],
)
def test_only_what_decides_a_figure_is_behind_it(metric: str, lines: list[Line], evidence: tuple[int, ...]) -> None:
    """A ticket that repeats another too late, or repeats it where nobody asks for that, is not named."""
    assert ask(metric, lines, days(100), until=days(1)).evidence == evidence


def test_what_does_not_count_is_left_out_by_reason() -> None:
    """Spam, misrouted and proactive tickets, and those whose window is open, are counted apart."""
    lines = [
        *GOOD,
        *ticket(101, "spam", 0, solved(1), on.TicketMarkedSpam(at=days(2)), customer="d-1"),
        *ticket(111, "lost", 0, solved(1, "misrouted"), customer="d-2"),
        *ticket(121, "we", 0, solved(1), customer="d-3", origin="proactive"),
        *ticket(131, "new", 50, solved(94), customer="d-4"),
        *ticket(141, "up", 0, on.TicketEscalated(at=days(0.5), level=1, because="skill"), solved(1), customer="d-5"),
    ]
    found, net = ask("fcr", lines, days(100)), ask("fcr_net", lines, days(100))
    reasons = {"spam": 1, "misrouted": 1, "proactive": 1, "window still open": 1}
    assert (found.n, found.excluded) == (2, reasons)
    assert (net.n, net.excluded) == (1, {**reasons, "escalated": 1})


def test_volume() -> None:
    """Spam stays in the gross volume and leaves the net one, which has the interval of a count of chance events."""
    lines = [*GOOD, *ASKED, *ticket(101, "spam", 0, on.TicketMarkedSpam(at=days(2)), customer="d-1")]
    gross, net = ask("ticket_volume_gross", lines, days(9)), ask("ticket_volume", lines, days(9))
    assert (gross.value, gross.interval) == (3, None)
    assert (net.value, net.excluded) == (2, {"spam": 1})
    assert net.interval == pytest.approx((0.2422, 7.2247), abs=1e-4)  # Garwood 1936, for two
    assert {101, 102, 103} & set(net.evidence) == set()


def test_contacts() -> None:
    """Conversations and inbound calls are contacts; a ticket without any had one."""
    more: list[Event] = [
        on.ConversationJoined(at=days(0), conversation="a", channel="mail"),
        on.ConversationJoined(at=days(1), conversation="b", channel="chat", continues=True),
        on.CallEnded(at=days(2), call="c", direction="inbound", outcome="missed", waited=9),
    ]
    lines = [*GOOD, *ticket(11, "many", 0, *more, customer="c-2")]
    assert ask("contacts", lines, days(9)).value == 4
    assert ask("contacts_per_ticket", lines, days(9)).value == 2


def test_contact_rate() -> None:
    """Three tickets of two customers, and one who only bought, are one ticket a customer."""
    lines = [
        *GOOD,
        *ticket(11, "b", 1),
        *ticket(21, "c", 1, customer="c-2"),
        (31, "customer/c-3", on.OrderPlaced(at=days(1), order="o", amount=1, currency="EUR")),
    ]
    found = ask("contact_rate", lines, days(9))
    assert (found.value, found.numerator, found.denominator, found.evidence) == (1, 3, 3, (1, 11, 21, 31))


def test_recurrence() -> None:
    """A ticket of the same customer and category within 30 days makes the earlier one recurrent, for good."""
    lines = [*ticket(1, "a", 0), *ticket(11, "b", 30), *ticket(21, "c", 61), *ticket(31, "d", 0, category="x")]
    found = cut("recurrence_rate", lines, days(90), "category")
    assert {key: (one.value, one.n) for key, one in found.items()} == {"bill": (0.5, 2), "x": (0, 1)}
    assert found["bill"].excluded == {"window still open": 1}


def test_open_tickets_is_the_stock_at_any_instant() -> None:
    """Up to an instant it is what was open then; in a window, by how many that changed."""
    assert [ask("open_tickets", BACK, days(100), until=days(at)).value for at in (0.5, 2, 8.5, 10)] == [1, 0, 1, 0]
    assert ask("open_tickets", BACK, days(100), since=days(2), until=days(8.5)).value == 1
