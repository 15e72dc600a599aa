"""Calls and messages, each for itself: how many, how soon, how long."""

from __future__ import annotations

from ventanilla.plugins.metrics.declare import VOID_EDGE, Times, declared
from ventanilla.projections.expressions import Expression, column
from ventanilla.projections.metric import Metric
from ventanilla.projections.summaries import Count, Share

_INBOUND = column("direction").equals("inbound")
_ENDED, _SAID = column("ended_at"), column("said_at")
_CENTRES = "Article 001, the phone as a channel; call-centre practice."

_ANSWER = Times(
    name="speed_of_answer",
    what="a caller waited for the answer",
    formula="seconds before a call was answered.",
    population="inbound calls that were answered, dated by when they ended.",
    edges=f"Calls given up are not in it: see calls_abandoned. {VOID_EDGE}",
    source=_CENTRES + " Average speed of answer is the mean.",
    table="calls",
    where=_INBOUND & column("answered"),
    value=column("waited"),
    dated=_ENDED,
)
_TALK = Times(
    name="talk_time",
    what="an answered call was talked",
    formula="seconds of talk, holding left out.",
    population="calls that were answered, either way, dated by when they ended.",
    edges=VOID_EDGE,
    source=_CENTRES,
    table="calls",
    where=column("answered"),
    value=column("talked"),
    dated=_ENDED,
)
_REPLY = Times(
    name="reply_time",
    what="a message waited for the reply that names it",
    formula="a reply less the message that it names as answered.",
    population="replies that name a message of the same ticket, whoever wrote them; dated by when they were sent.",
    edges="A message answered twice counts twice, and one that is never named not at all: see next_reply_time for what "
    f"the customer waited. {VOID_EDGE}",
    source="Articles 000, 001 and 004, response time in general; the way in which conversations on networks are "
    "counted, where each reply says what it replies to.",
    table="messages",
    where=column("reply_time").given(),
    value=column("reply_time"),
    dated=_SAID,
)


def _share(name: str, question: str, formula: str, value: Expression, *, higher: bool) -> Metric:
    return declared(
        name=name,
        question=question,
        formula=formula,
        population="inbound calls, dated by when they ended.",
        edges=f"Missed calls and voicemail were neither answered nor given up. {VOID_EDGE}",
        source=_CENTRES,
        table="calls",
        unit="ratio",
        better="higher" if higher else "lower",
        where=_INBOUND,
        value=value,
        summary=Share(),
        dated=_ENDED,
    )


def _count(name: str, question: str, population: str, where: Expression) -> Metric:
    return declared(
        name=name,
        question=question,
        formula="count of messages.",
        population=f"{population}, dated by when.",
        edges=f"Notes are no messages. {VOID_EDGE}",
        source="Article 004, volume; a message is less than a contact, and a contact less than a ticket.",
        table="messages",
        unit="count",
        where=where,
        value=_SAID,
        summary=Count(),
        dated=_SAID,
    )


METRICS: tuple[Metric, ...] = (
    _share(
        "calls_answered",
        "Which share of the calls was answered?",
        "answered, by inbound calls.",
        column("answered"),
        higher=True,
    ),
    _share(
        "calls_abandoned",
        "Which share of the callers gave up?",
        "given up, by inbound calls.",
        column("abandoned"),
        higher=False,
    ),
    *_ANSWER.metrics(),
    *_TALK.metrics(),
    _count(
        "messages_received",
        "How many messages came in?",
        "messages from outside",
        column("way").equals("in"),
    ),
    _count(
        "messages_sent",
        "How many messages went out?",
        "messages of the desk, machines' too",
        column("way").equals("out"),
    ),
    *_REPLY.metrics(),
)
"""All of them."""
