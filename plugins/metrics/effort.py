"""Effort: how many touches and how much work a ticket takes, and to whom it is credited."""

from __future__ import annotations

from ventanilla.plugins.metrics.declare import COURTESY_EDGE, MEDIAN, P90, VOID_EDGE, Times, declared
from ventanilla.projections.expressions import Expression, column
from ventanilla.projections.metric import Metric
from ventanilla.projections.summaries import Count, Mean, Share, Sum, Summary

_SETTLED = column("settled_at")
_BURST = "Messages of one agent within ten minutes of each other, with no word of the customer between, are one touch."


def _touches(name: str, words: str, value: Expression, summary: Summary, of: str) -> Metric:
    return declared(
        name=name,
        question=f"How many touches of agents did a settled ticket take ({of}; {words})?",
        formula=f"{of} of the touches up to the settlement ({words}). {_BURST} An answered call is one.",
        population="tickets that are settled, dated by their settlement.",
        edges=f"Bots, machines and system messages are no touches. {COURTESY_EDGE} {VOID_EDGE}",
        source="Article 004, agent touches; Zendesk counts each message: see replies. The ten minutes are our choice.",
        table="efforts",
        unit="score",
        better="lower",
        where=_SETTLED.given(),
        value=value,
        summary=summary,
        dated=_SETTLED,
    )


def _class(name: str, words: str, value: Expression) -> Metric:
    return declared(
        name=name,
        question=f"Which share of the settled tickets took {words}?",
        formula=f"settled tickets with {words}, by settled tickets.",
        population="tickets that are settled, dated by their settlement.",
        edges=f"Each message counts, whether of a burst or not; notes and bots do not. {COURTESY_EDGE} {VOID_EDGE}",
        source="Zendesk and Fivetran: one-touch, two-touch, multi-touch by public messages of agents.",
        table="efforts",
        unit="ratio",
        better="neither" if name == "two_touch" else "higher" if name == "one_touch" else "lower",
        where=_SETTLED.given(),
        value=value,
        summary=Share(),
        dated=_SETTLED,
    )


_SEEN, _ALL = ("what the customer sees", column("touches")), ("notes, too", column("touches_all"))

METRICS: tuple[Metric, ...] = (
    _touches("agent_touches", *_SEEN, Mean(), "mean"),
    _touches("agent_touches_median", *_SEEN, MEDIAN, "median"),
    _touches("agent_touches_p90", *_SEEN, P90, "90th percentile"),
    _touches("agent_touches_all", *_ALL, Mean(), "mean"),
    _touches("agent_touches_all_median", *_ALL, MEDIAN, "median"),
    _class("one_touch", "one message of an agent at most", column("replies") <= 1),
    _class("two_touch", "two messages of agents", column("replies").equals(2)),
    _class("multi_touch", "three messages of agents or more", column("replies") > 2),
    *Times(
        name="handling_effort",
        what="agents worked on a settled ticket",
        formula="sum of the entries of working time on the ticket; never elapsed time.",
        population="tickets that are settled and have such entries, dated by their settlement.",
        edges="Without any entry nobody knows: such tickets are left out. Cost is effort by a rate of yours. "
        f"{VOID_EDGE}",
        source="Article 003, resources spent per solution; Freshdesk, time entries; Intercom, handling time.",
        table="efforts",
        where=_SETTLED.given() & column("handled").given(),
        value=column("handled"),
        dated=_SETTLED,
    ).metrics(),
    declared(
        name="resolved_by_last_resolver",
        question="How many tickets did an agent settle, credited to the last who did? Cut by agent.",
        formula="count of settled tickets, each credited to whoever settled it last: the agent who asked for it, or "
        "else the one who had it.",
        population="settled tickets whose last resolver is known, dated by their settlement.",
        edges="Of a shared ticket the last resolver has the whole: resolved_by_touch_share divides it. "
        f"{COURTESY_EDGE} {VOID_EDGE}",
        source="Article 001, productivity per person.",
        table="credits",
        unit="count",
        better="higher",
        where=column("resolver"),
        value=column("ticket"),
        summary=Count(),
        dated=_SETTLED,
    ),
    declared(
        name="resolved_by_touch_share",
        question="How many tickets did an agent settle, credited by their part in the touches? Cut by agent.",
        formula="sum over settled tickets of an agent's touches by all touches, notes included.",
        population="settled tickets that an agent touched, or whose last resolver is known; dated by their settlement.",
        edges="Without any touch the last resolver has the whole, so that the sum is the number of tickets. "
        f"{COURTESY_EDGE} {VOID_EDGE}",
        source="Article 001, productivity per person.",
        table="credits",
        unit="score",
        better="higher",
        where=column("share") > 0,
        value=column("share"),
        summary=Sum(),
        dated=_SETTLED,
    ),
)
"""All of them."""
