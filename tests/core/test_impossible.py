"""Numbers and instants that cannot be true."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any, get_args

import attrs
import pytest

from ventanilla.core import events as on
from ventanilla.core.commands import Report
from ventanilla.core.errors import Refused
from ventanilla.core.events import Event
from ventanilla.core.recorded import Actor
from ventanilla.core.rules.common import MEASURED, refuse_impossible

AT = datetime(2026, 1, 5, 9, tzinfo=UTC)
# Which command asks is of no matter here: the numbers are the event's.
ASKED = Report(on="T-1", actor=Actor("agent", "maria"), fact=on.HumanRequested(at=AT))

CALL = on.CallEnded(at=AT, call="c", direction="inbound", outcome="answered", waited=0)
SPENT = on.TimeSpent(at=AT, entry="e", agent="a", seconds=0)
FILE = on.AttachmentKept(at=AT, message="m", attachment="a", media_type="image/png", size=0)
GOODWILL = on.GoodwillGranted(at=AT, goodwill="g", kind="coupon")
WON = on.OpportunityWon(at=AT, order="o")
ORDER = on.OrderPlaced(at=AT, order="o", amount=0, currency="EUR")
RETURNED = on.OrderReturned(at=AT, order="o", amount=0)
SUBSCRIBED = on.SubscriptionStarted(at=AT, subscription="s", plan="p", amount=0, currency="EUR", months=1)
DECIDED = on.AutomationDecided(at=AT, decision="d", model="m", model_version="1", what="category", value="noise")
REVIEWED = on.CaseReviewed(at=AT, review="r", kind="quality", reviewer="a", aspect="empathy")
ESCALATED = on.TicketEscalated(at=AT, level=1, because="breach")
SHIFT = on.ShiftPlanned(at=AT, shift="s", starts=AT, ends=AT.replace(hour=17))
WORKED = on.ShiftWorked(at=AT, shift="s", paid=0, available=0)
SKILL = on.SkillSet(at=AT, skill="french", level=0)
OFFERED = on.SurveyOffered(at=AT, survey="s", version=1, about_kind="brand", about="ours", channel="mail")
ANSWERED = on.SurveyAnswered(at=AT, question="q", instrument="csat", wording="1", score=1.0, lowest=1.0, highest=5.0)
SIGNAL = on.SignalRecorded(at=AT, subject="d-1", indicator="boot_time", score=0.0, lowest=0.0, highest=10.0)
POSTED = on.ReviewPosted(at=AT, site="shop", about_kind="product", about="p", stars=0.0, best=5.0)
SENTIMENT = on.SentimentScored(
    at=AT, about_kind="message", about="m", label="x", score=-1.0, model="m", model_version="1"
)
CODED = on.DriverCoded(at=AT, driver="speed", coded_by="a")
RECEIVED = on.MessageReceived(at=AT, message="m", channel="mail")
SENT = on.ReplySent(at=AT, message="m", channel="mail", author="a")
NOTE = on.NoteWritten(at=AT, message="m", author="a")

POSSIBLE: list[tuple[Event, dict[str, Any]]] = [
    (CALL, {}),
    (CALL, {"waited": 1, "talked": 1, "held": 1}),
    (SPENT, {}),
    (FILE, {}),
    (GOODWILL, {}),
    (GOODWILL, {"amount": 1, "currency": "EUR"}),
    (WON, {}),
    (WON, {"amount": 1, "currency": "EUR"}),
    (ORDER, {}),
    (RETURNED, {}),
    (SUBSCRIBED, {}),
    (DECIDED, {}),
    (DECIDED, {"confidence": 0.0}),
    (DECIDED, {"confidence": 1}),
    (REVIEWED, {}),
    (REVIEWED, {"score": 0, "best": 5}),
    (REVIEWED, {"score": 5.0, "best": 5.0}),
    (ESCALATED, {}),
    (SHIFT, {}),
    (WORKED, {}),
    (SKILL, {}),
    (OFFERED, {}),
    (ANSWERED, {}),
    (ANSWERED, {"score": 5}),
    (ANSWERED, {"score": -50.0, "lowest": -100.0, "highest": 100.0}),
    (SIGNAL, {}),
    (SIGNAL, {"lost_minutes": 0.0}),
    (POSTED, {}),
    (POSTED, {"stars": 5}),
    (SENTIMENT, {}),
    (SENTIMENT, {"score": 1}),
    (CODED, {}),
    (CODED, {"sentiment": 1}),
    (RECEIVED, {}),
    (RECEIVED, {"words": 0}),
    (SENT, {"words": 0}),
    (NOTE, {"words": 0}),
]

IMPOSSIBLE: list[tuple[Event, dict[str, Any], str]] = [
    (CALL, {"waited": -1}, "waited cannot be -1"),
    (CALL, {"talked": -1}, "talked cannot be -1"),
    (CALL, {"held": -1}, "held cannot be -1"),
    (CALL, {"waited": math.nan}, "waited cannot be nan"),
    (SPENT, {"seconds": -1}, "seconds cannot be -1"),
    (SPENT, {"seconds": math.inf}, "seconds cannot be inf"),
    (FILE, {"size": -1}, "size cannot be -1"),
    (GOODWILL, {"amount": -1, "currency": "EUR"}, "amount cannot be -1"),
    (GOODWILL, {"amount": 1}, "an amount needs a currency"),
    (GOODWILL, {"amount": 1, "currency": ""}, "an amount needs a currency"),
    (WON, {"amount": -1}, "amount cannot be -1"),
    (WON, {"amount": 1}, "an amount needs a currency"),
    (ORDER, {"amount": -1}, "amount cannot be -1"),
    (RETURNED, {"amount": -1}, "amount cannot be -1"),
    (SUBSCRIBED, {"amount": -1}, "amount cannot be -1"),
    (SUBSCRIBED, {"months": 0}, "months must be positive"),
    (DECIDED, {"confidence": 1.01}, "confidence 1.01 is not on the scale from 0 to 1"),
    (DECIDED, {"confidence": 2}, "confidence 2 is not on the scale from 0 to 1"),
    (DECIDED, {"confidence": math.nan}, "confidence nan is not on the scale"),
    (REVIEWED, {"score": 6.0, "best": 5.0}, "score 6.0 is not on the scale from 0 to 5.0"),
    (REVIEWED, {"score": 6, "best": 5}, "score 6 is not on the scale from 0 to 5"),
    (REVIEWED, {"score": 1.0, "best": 0.0}, "a scale from 0 to 0.0 is none"),
    (REVIEWED, {"score": 1.0}, "score and best need each other"),
    (REVIEWED, {"best": math.nan}, "score and best need each other"),
    (ESCALATED, {"level": 0}, "level must be positive"),
    (SHIFT, {"ends": AT}, "the shift ends before it starts"),
    (WORKED, {"paid": -1}, "paid cannot be -1"),
    (WORKED, {"available": -1}, "available cannot be -1"),
    (SKILL, {"level": -1}, "level cannot be -1"),
    (OFFERED, {"version": 0}, "version must be positive"),
    (ANSWERED, {"score": 0.0}, "score 0.0 is not on the scale from 1.0 to 5.0"),
    (ANSWERED, {"score": math.nan}, "score nan is not on the scale"),
    (ANSWERED, {"highest": 1.0}, "a scale from 1.0 to 1.0 is none"),
    (ANSWERED, {"lowest": 5.0, "highest": 1.0}, "a scale from 5.0 to 1.0 is none"),
    (ANSWERED, {"highest": math.inf}, "a scale from 1.0 to inf is none"),
    (ANSWERED, {"lowest": -math.inf}, "a scale from -inf to 5.0 is none"),
    (ANSWERED, {"lowest": math.nan}, "a scale from nan to 5.0 is none"),
    (SIGNAL, {"score": 11.0}, "score 11.0 is not on the scale from 0.0 to 10.0"),
    (SIGNAL, {"lost_minutes": -1.0}, "lost_minutes cannot be -1.0"),
    (SIGNAL, {"lost_minutes": math.nan}, "lost_minutes cannot be nan"),
    (POSTED, {"stars": 6}, "stars 6 is not on the scale from 0 to 5.0"),
    (POSTED, {"best": 0.0}, "a scale from 0 to 0.0 is none"),
    (SENTIMENT, {"score": -1.5}, "score -1.5 is not on the scale from -1 to 1"),
    (CODED, {"sentiment": 1.5}, "sentiment 1.5 is not on the scale from -1 to 1"),
    (CODED, {"sentiment": -2}, "sentiment -2 is not on the scale from -1 to 1"),
    (CODED, {"sentiment": math.nan}, "sentiment nan is not on the scale"),
    (RECEIVED, {"words": -1}, "words cannot be -1"),
    (SENT, {"words": -1}, "words cannot be -1"),
    (NOTE, {"words": -1}, "words cannot be -1"),
]


@pytest.mark.parametrize(("event", "but"), POSSIBLE, ids=lambda value: getattr(value, "TOPIC", None))
def test_what_can_be_true_is_taken(event: Event, but: dict[str, Any]) -> None:
    """Numbers at the very ends of what is possible are taken, whole or not, and so are those that nobody gave."""
    refuse_impossible(ASKED, attrs.evolve(event, **but))


@pytest.mark.parametrize(("event", "but", "why"), IMPOSSIBLE, ids=lambda value: getattr(value, "TOPIC", None))
def test_what_cannot_be_true_is_refused(event: Event, but: dict[str, Any], why: str) -> None:
    """Numbers beyond what is possible are refused, with the number; so is what is no number at all."""
    with pytest.raises(Refused) as refused:
        refuse_impossible(ASKED, attrs.evolve(event, **but))
    assert refused.value.rule == "report.impossible"
    assert refused.value.reason.startswith(why)


def test_every_measured_event_is_tried() -> None:
    """Each event that is looked at has been found possible and impossible above."""
    assert {type(event) for event, _ in POSSIBLE} == {type(event) for event, _, _ in IMPOSSIBLE} == MEASURED


def test_every_event_with_a_number_is_measured() -> None:
    """An event with a number is looked at, save those of which any number may be true or a rule of state says."""
    numbers = {
        kind
        for kind in get_args(Event)
        for f in attrs.fields(kind)
        if f.type in ("int", "float", "int | None", "float | None")
    }
    assert numbers - MEASURED == {
        on.AnswerAmended,
        on.SettingPublished,
        on.SettingRestated,
        on.ValueStated,
        on.WindowSealed,
    }
