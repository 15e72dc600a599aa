"""What is said, posted and felt unasked, on desks small enough for pencil and paper."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from asked_and_told import MARIA, NINE, Teller, day

from ventanilla import Desk
from ventanilla.core import events as on
from ventanilla.core.commands import Open, Receive, Reply


@pytest.fixture
def desk() -> Iterator[Desk]:
    with Desk("sqlite:///:memory:") as opened:
        yield opened


@pytest.fixture
def told(desk: Desk) -> Teller:
    return Teller(desk)


def post(told: Teller, name: str, at: datetime = NINE, **more: Any) -> None:
    how: dict[str, Any] = {"network": "social", "kind": "comment", "brand": "ours", **more}
    told.tell(name, on.MentionPosted(at=at, **how))


def tone(told: Teller, name: str, label: str, score: float) -> None:
    how: dict[str, Any] = {"about_kind": "brand", "about": "ours", "model": "m", "model_version": "1"}
    told.tell(name, on.SentimentScored(at=day(1), label=label, score=score, **how))


class TestSocial:
    def test_counts_what_others_posted_and_left(self, desk: Desk, told: Teller) -> None:
        """Two of four posts count: not our own, not the removed; by the hour on the wall that is named."""
        post(told, "a", kind="question", topic="technical", ticket="T-9", recommends=True)
        post(told, "b", at=day(0.5), kind="question", topic="account", recommends=False)
        post(told, "own", own=True)
        post(told, "gone")
        told.tell("gone", on.FeedbackRemoved(at=day(1)))
        found = desk.ask("social_mentions")
        assert (found.value, found.evidence) == (2, told.of("a", "b"))
        assert found.excluded == {"our own posts": 1, "removed": 1}
        hours = desk.ask("social_mentions", by="hour", zone=ZoneInfo("Europe/Madrid"))
        assert {key: one.value for key, one in hours.items() if key in ("10", "22")} == {"10": 1, "22": 1}
        names = ("social_questions", "social_technical", "social_account", "social_escalated", "social_recommended")
        assert [desk.ask(name).value for name in names] == [2, 1, 1, 0.5, 0.5]
        assert desk.ask("social_mentions", as_of=day(0.9)).value == 3

    def test_tones_are_as_measured_last(self, desk: Desk, told: Teller) -> None:
        """Two positive, one negative, one neutral, one not measured: 25 points of the four."""
        for name in ("a", "b", "c", "d", "e"):
            post(told, name)
        for name, label, score in (("a", "negative", -0.9), ("a", "positive", 0.4), ("b", "joy", 0.9)):
            tone(told, name, label, score)
        tone(told, "c", "anger", -0.2)
        tone(told, "d", "neutral", 0.1)
        assert [desk.ask(name).value for name in ("social_positive", "social_negative")] == [2, 1]
        net = desk.ask("social_net_sentiment")
        assert (net.value, net.n, net.excluded) == (25, 4, {"no value": 1})

    def test_reviews_have_stars_of_five(self, desk: Desk, told: Teller) -> None:
        """Stars of another best are counted among the reviews, and are in no mean."""
        how: dict[str, Any] = {"at": NINE, "site": "shop", "about_kind": "product", "about": "p"}
        for name, stars, best in (("a", 5, 5), ("b", 2, 5), ("c", 9, 10), ("gone", 1, 5)):
            told.tell(name, on.ReviewPosted(stars=stars, best=best, **how))
        told.tell("gone", on.FeedbackRemoved(at=day(1)))
        count, mean = desk.ask("social_reviews"), desk.ask("social_stars")
        assert (count.value, mean.value, mean.evidence) == (3, 3.5, told.of("a", "b"))
        assert mean.excluded == {"another best than 5": 1, "removed": 1}


class TestSentiment:
    def measured(self, told: Teller, message: str, score: float, ticket: str = "T-1", version: str = "1") -> None:
        how: dict[str, Any] = {"about_kind": "message", "label": "x", "model": "m", "model_version": version}
        told.tell("tones", on.SentimentScored(at=day(9), about=message, ticket=ticket, score=score, **how))

    def test_is_of_customers_words_first_and_last(self, desk: Desk, told: Teller) -> None:
        """A ticket begins at -0.8 and ends at 0.4, whatever the agent says between: it recovers by 1.2."""
        for ticket in ("T-1", "T-2"):
            desk.handle(Open(ticket=ticket, at=NINE, actor=MARIA, channel="mail"))
        for number, ticket in enumerate(("T-1", "T-1", "T-1", "T-2")):
            desk.handle(Receive(ticket=ticket, at=day(number), actor=MARIA, message=f"m-{number}", channel="mail"))
        desk.handle(Reply(ticket="T-1", at=day(5), actor=MARIA, message="r", channel="mail", author="maria"))
        # Measured in another order than said; the first twice, of which the later counts.
        for message, score, ticket in (("m-2", 0.4, "T-1"), ("m-1", -0.2, "T-1"), ("m-0", 0.9, "T-1"), ("r", 1, "T-1")):
            self.measured(told, message, score, ticket)
        self.measured(told, "m-0", -0.8, version="2")
        self.measured(told, "m-3", 0.6, "T-2")
        self.measured(told, "lost", 0.1)
        names = ("sentiment", "sentiment_first", "sentiment_last", "sentiment_recovery")
        found = {name: desk.ask(name) for name in names}
        # (-0.8 - 0.2 + 0.4 + 0.6) / 4; (-0.8 + 0.6) / 2; (0.4 + 0.6) / 2; 0.4 + 0.8
        assert [one.value for one in found.values()] == pytest.approx([0, -0.1, 0.5, 1.2])
        assert found["sentiment"].excluded == {"not a customer's words": 1, "not known who said it": 1}
        positions = told.positions["tones"]
        # The measurements of the last and of the first message, and the two messages themselves.
        assert {positions[0], positions[2], positions[4]} < set(found["sentiment_recovery"].evidence)
        assert len(found["sentiment_recovery"].evidence) == 5


class TestSignals:
    def test_are_from_0_to_100(self, desk: Desk, told: Teller) -> None:
        """3 of 1 to 5 is 50, 9 of 0 to 10 is 90, 1 of 0 to 10 is 10: that one is frustrating and has a ticket."""
        for name, score, lowest, highest, lost, ticket in (
            ("a", 3, 1, 5, 12, None),
            ("b", 9, 0, 10, None, None),
            ("c", 1, 0, 10, 48, "T-1"),
        ):
            how: dict[str, Any] = {"subject": f"pc-{name}", "indicator": "boot_time", "lowest": lowest}
            told.tell(
                name, on.SignalRecorded(at=NINE, score=score, highest=highest, lost_minutes=lost, ticket=ticket, **how)
            )
        names = ("dex_score", "dex_frustrating", "dex_acted", "lost_time", "lost_time_mean")
        assert [desk.ask(name).value for name in names] == pytest.approx([50, 1 / 3, 1, 3_600, 1_800])
        assert desk.ask("lost_time").excluded == {"no value": 1}
        assert desk.ask("dex_score", by="subject")["pc-b"].evidence == told.of("b")


class TestReasons:
    def test_are_shares_of_what_was_read(self, desk: Desk, told: Teller) -> None:
        """Of three pieces that were read two name speed: among detractors it is one of one, with its feeling."""
        for name, score, drivers in (("a", 2, ("speed",)), ("b", 10, ("speed", "courtesy")), ("c", 9, ("courtesy",))):
            told.ask(name, NINE, "nps", score, (0, 10))
            for driver in drivers:
                how: dict[str, Any] = {"driver": driver, "coded_by": "ana", "sentiment": (score - 5) / 5}
                told.tell(name, on.DriverCoded(at=day(1), **how))
        told.ask("unread", NINE, "nps", 0, (0, 10))
        found = desk.ask("reason_share", by="driver")
        assert {key: (one.numerator, one.denominator) for key, one in found.items()} == {
            "courtesy": (2, 3),
            "speed": (2, 3),
        }
        assert found["speed"].evidence == told.of("a", "b", "c")
        low = desk.ask("reason_share", by="driver", only={"band": "detractor"})
        assert {key: one.value for key, one in low.items()} == {"courtesy": 0, "speed": 1}
        assert desk.ask("reason_sentiment", by="driver")["speed"].value == pytest.approx(0.2)
