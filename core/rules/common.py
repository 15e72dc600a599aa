"""What the rules of all aggregates share."""

from __future__ import annotations

import math
from datetime import datetime

from ventanilla.core import events as on
from ventanilla.core.aggregate import Aggregate
from ventanilla.core.commands import Asked
from ventanilla.core.errors import Refused
from ventanilla.core.events import Event
from ventanilla.core.steps import REPEATS, STEPS, becomes, thing


def refused(asked: Asked, state: str, reason: str) -> Refused:
    """Return the refusal of *asked* under the rule ``<command>.<state>``."""
    return Refused(f"{type(asked).__name__.lower()}.{state}", reason)


def is_step(asked: Asked, event: Event, aggregate: Aggregate) -> bool:
    """Return whether *event* takes its thing a step further; not if it stands there already.

    Raises:
        Refused: The thing is not there yet, is there already, or stands where this cannot follow.
    """
    step = STEPS[type(event)]
    noun, id_ = thing(event, step)
    if step.needs and (step.needs[0], getattr(event, step.needs[1])) not in aggregate.things:
        raise refused(asked, "unknown", _lacks(aggregate, step.needs[0], getattr(event, step.needs[1])))
    stands = aggregate.things.get((noun, id_), "")
    new_only = step.after == ("",)
    if stands == becomes(event, step) and not new_only and not isinstance(event, REPEATS):
        return False
    if step.after and stands not in step.after:
        if not stands or stands == "off":
            raise refused(asked, "unknown", _lacks(aggregate, noun, id_))
        if new_only:
            raise refused(asked, "exists", f"{aggregate.id} has a {noun} {id_!r} already: give another id")
        raise refused(asked, stands.replace("_", ""), f"{noun} {id_!r} of {aggregate.id} is {stands}: name another")
    return True


def refuse_impossible(asked: Asked, event: Event) -> None:
    """Raise :class:`Refused` if the numbers and instants of *event* cannot be true."""
    if why := _impossible(event):
        raise refused(asked, "impossible", why)


def show(at: datetime) -> str:
    """Return *at* as people read it."""
    return at.isoformat().replace("+00:00", "Z")


MEASURED = frozenset(
    {
        on.AttachmentKept,
        on.AutomationDecided,
        on.CallEnded,
        on.CaseReviewed,
        on.DriverCoded,
        on.GoodwillGranted,
        on.MessageReceived,
        on.NoteWritten,
        on.OpportunityWon,
        on.OrderPlaced,
        on.OrderReturned,
        on.ReplySent,
        on.ReviewPosted,
        on.SentimentScored,
        on.ShiftPlanned,
        on.ShiftWorked,
        on.SignalRecorded,
        on.SkillSet,
        on.SubscriptionStarted,
        on.SurveyAnswered,
        on.SurveyOffered,
        on.TicketEscalated,
        on.TimeSpent,
    }
)
"""Events with numbers that may be impossible; the others are spared the look."""


def _lacks(aggregate: Aggregate, noun: str, id_: str) -> str:
    return f"{aggregate.id} has no {noun} {id_!r}: say that first, or name another"


def _impossible(event: Event) -> str | None:
    match event:
        case on.CallEnded():
            return _negative(waited=event.waited, talked=event.talked, held=event.held)
        case on.TimeSpent():
            return _negative(seconds=event.seconds)
        case on.AttachmentKept():
            return _negative(size=event.size)
        case on.GoodwillGranted() | on.OpportunityWon():
            unpriced = event.amount > 0 and not event.currency
            return _negative(amount=event.amount) or ("an amount needs a currency" if unpriced else None)
        case on.OrderPlaced() | on.OrderReturned():
            return _negative(amount=event.amount)
        case on.MessageReceived() | on.ReplySent() | on.NoteWritten():
            return None if event.words is None else _negative(words=event.words)
        case on.SurveyOffered():
            return "version must be positive" if event.version < 1 else None
        case on.SubscriptionStarted():
            return _negative(amount=event.amount) or ("months must be positive" if event.months < 1 else None)
        case on.AutomationDecided(confidence=confidence) if confidence is not None:
            return _outside("confidence", confidence, 0, 1)
        case on.CaseReviewed(score=None, best=None):
            return None
        case on.CaseReviewed(score=score, best=best):
            return (
                "score and best need each other" if score is None or best is None else _outside("score", score, 0, best)
            )
        case on.TicketEscalated():
            return "level must be positive" if event.level < 1 else None
        case on.ShiftPlanned():
            return "the shift ends before it starts" if event.ends <= event.starts else None
        case on.ShiftWorked():
            return _negative(paid=event.paid, available=event.available)
        case on.SkillSet():
            return _negative(level=event.level)
        case on.SurveyAnswered():
            return _outside("score", event.score, event.lowest, event.highest)
        case on.SignalRecorded():
            lost = None if event.lost_minutes is None else _negative(lost_minutes=event.lost_minutes)
            return lost or _outside("score", event.score, event.lowest, event.highest)
        case on.ReviewPosted():
            return _outside("stars", event.stars, 0, event.best)
        case on.SentimentScored():
            return _outside("score", event.score, -1, 1)
        case on.DriverCoded(sentiment=sentiment) if sentiment is not None:
            return _outside("sentiment", sentiment, -1, 1)
        case _:
            return None


def _negative(**numbers: float) -> str | None:
    for name, number in numbers.items():
        if not 0 <= number < math.inf:
            return f"{name} cannot be {number}"
    return None


def _outside(name: str, number: float, lowest: float, highest: float) -> str | None:
    if not -math.inf < lowest < highest < math.inf:
        return f"a scale from {lowest} to {highest} is none"
    return None if lowest <= number <= highest else f"{name} {number} is not on the scale from {lowest} to {highest}"
