"""A desk whose customers, and whose own people, have said what they think of it: every figure can be had by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from ventanilla import Actor, Desk
from ventanilla.core import commands as ask
from ventanilla.core import events as on

NINE = datetime(2026, 1, 5, 9, tzinfo=UTC)
MARIA = Actor("agent", "maria", roles=("lead",))
SYSTEM = Actor("system", "surveys")


def day(count: float) -> datetime:
    """Return nine o'clock *count* days after the first Monday of 2026."""
    return NINE + timedelta(days=count)


def report(desk: Desk, stream: str, fact: Any) -> int:
    """Tell *desk* a fact, and return its position."""
    (recorded,) = desk.handle(ask.Report(on=stream, actor=SYSTEM, fact=fact)).events
    return recorded.position


class Teller:
    """Tells a desk what was asked and answered, and keeps the positions of it by the piece of feedback."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.positions: dict[str, list[int]] = {}

    def tell(self, name: str, fact: Any) -> int:
        """Tell one thing about a piece of feedback."""
        position = report(self.desk, f"feedback/{name}", fact)
        self.positions.setdefault(name, []).append(position)
        return position

    def offer(self, name: str, at: datetime, **more: Any) -> None:
        """Offer a survey."""
        how: dict[str, Any] = {
            "survey": "after", "version": 1, "about_kind": "relationship", "about": "us", "channel": "mail", **more
        }  # fmt: skip
        offered = ask.OfferSurvey(feedback=name, at=at, actor=SYSTEM, **how)
        (recorded,) = self.desk.handle(offered).events
        self.positions.setdefault(name, []).append(recorded.position)

    def answer(
        self, name: str, at: datetime, instrument: str, score: float, scale: tuple[float, float], **more: Any
    ) -> int:
        """Answer a question of a survey."""
        lowest, highest = scale
        how: dict[str, Any] = {"question": instrument, "wording": "1", "instrument": instrument, **more}
        return self.tell(name, on.SurveyAnswered(at=at, score=score, lowest=lowest, highest=highest, **how))

    def ask(
        self, name: str, at: datetime, instrument: str, score: float, scale: tuple[float, float], **more: Any
    ) -> None:
        """Offer a survey and have it answered an hour later; what *more* says of the question goes to the answer."""
        of_answer = {key: more.pop(key) for key in ("question", "better", "expectation", "wording") if key in more}
        self.offer(name, at, **more)
        self.answer(name, at + timedelta(hours=1), instrument, score, scale, **of_answer)

    def of(self, *names: str) -> tuple[int, ...]:
        """Return the positions of what was told of some pieces of feedback, ascending."""
        return tuple(sorted(position for name in names for position in self.positions[name]))
