"""First contact resolution, volume, recurrence, contact rate and backlog."""

from __future__ import annotations

from collections.abc import Mapping

from ventanilla.plugins.metrics.declare import COURTESY_EDGE, VOID, VOID_EDGE, declared
from ventanilla.projections.expressions import AS_OF, Expression, column
from ventanilla.projections.metric import Metric
from ventanilla.projections.summaries import Count, Mean, Share, Sum
from ventanilla.projections.summaries.groups import Arrivals, PerGroup

DAY = 86_400
_OPENED, _SETTLED = column("opened_at"), column("first_settled_at")
_FCR: Mapping[str, Expression] = {
    **VOID,
    "misrouted": column("code").equals("misrouted"),
    "proactive": column("origin").equals("proactive"),
    "window still open": AS_OF - _SETTLED <= 7 * DAY,
}
_ISSUE = (
    "The same issue is the same customer and category, or an explicit link to what is followed up, on any channel. "
    "Proactive tickets, and those that are void, repeat nothing."
)


def _fcr(name: str, which: str, excludes: Mapping[str, Expression], source: str) -> Metric:
    return declared(
        name=name,
        question=f"Which share of the tickets {which} was solved at the first contact?",
        formula="tickets settled without another word of the customer between the first answer and the settlement, not "
        "reopened and not followed by a contact about the same issue within 7 days, by settled tickets.",
        population=f"tickets {which} that were settled, dated by their opening.",
        edges=f"{_ISSUE} Provisional until the 7 days are over: those tickets are left out, and counted, as are "
        f"misrouted (code 'misrouted') and proactive ones. {COURTESY_EDGE} {VOID_EDGE}",
        source=source,
        table="contacts",
        unit="ratio",
        better="higher",
        where=_SETTLED.given(),
        excludes=excludes,
        value=column("first_contact"),
        summary=Share(),
        dated=_OPENED,
    )


METRICS: tuple[Metric, ...] = (
    _fcr("fcr", "that came in", _FCR, "Article 004; Call Centre Helper, the window of 7 days; Freshservice."),
    _fcr(
        "fcr_net",
        "that the first level can solve",
        {**_FCR, "escalated": column("escalated")},
        "Medallia: net first contact resolution leaves out what level 1 cannot solve; here, what was escalated.",
    ),
    declared(
        name="ticket_volume_gross",
        question="How many tickets came in, everything counted?",
        formula="count of tickets opened.",
        population="all tickets, spam, tests and merged ones too, dated by their opening.",
        edges="Nothing is left out.",
        source="Article 004, ticket volume.",
        table="contacts",
        unit="count",
        where=_OPENED.given(),
        excludes={},
        value=_OPENED,
        summary=Count(),
        dated=_OPENED,
    ),
    declared(
        name="ticket_volume",
        question="How many tickets came in that count?",
        formula="count of tickets opened.",
        population="tickets that count, dated by their opening.",
        edges=f"{VOID_EDGE} Compare periods of the same season only. Tickets that come in bursts vary more than the "
        "interval says.",
        source="Articles 002 and 004, volume by day, week, month, type of problem.",
        table="contacts",
        unit="count",
        where=_OPENED.given(),
        value=_OPENED,
        summary=Arrivals(),
        dated=_OPENED,
    ),
    declared(
        name="contacts",
        question="How many contacts were there?",
        formula="sum over tickets of conversations and inbound calls, one at least.",
        population="tickets that count, dated by their opening.",
        edges=VOID_EDGE,
        source="Article 004; a ticket may have several contacts.",
        table="contacts",
        unit="count",
        where=_OPENED.given(),
        value=column("contacts"),
        summary=Sum(),
        dated=_OPENED,
    ),
    declared(
        name="contacts_per_ticket",
        question="How many contacts does a ticket take?",
        formula="mean over tickets of conversations and inbound calls, one at least.",
        population="tickets that count, dated by their opening.",
        edges=VOID_EDGE,
        source="Article 004.",
        table="contacts",
        unit="score",
        better="lower",
        where=_OPENED.given(),
        value=column("contacts"),
        summary=Mean(),
        dated=_OPENED,
    ),
    declared(
        name="contact_rate",
        question="How many tickets does an active customer open?",
        formula="tickets of known customers, by the customers who did anything: opened a ticket, bought, gave back, "
        "subscribed, renewed, or helped themselves.",
        population="what customers did in the window.",
        edges="Tickets of nobody known, spam, tests, merged and proactive tickets are not in it. A customer whose "
        "subscription just runs is not active by that.",
        source="Article 004, volume; a rate per customer can be compared when the base grows.",
        table="activities",
        unit="score",
        better="lower",
        where=column("at").given(),
        excludes={},
        value=column("tickets").paired(column("customer")),
        summary=PerGroup(),
        dated=column("at"),
    ),
    declared(
        name="recurrence_rate",
        question="Which share of the tickets was followed by another of the same customer and category in 30 days?",
        formula="tickets followed within 30 days of their opening by another of the same customer and category, by "
        "tickets.",
        population="tickets with a customer and a category, dated by their opening. Cut by category.",
        edges=f"Provisional until the 30 days are over: those tickets are left out, and counted. {VOID_EDGE}",
        source="Articles 002 and 004, recurring problems.",
        table="contacts",
        unit="ratio",
        better="lower",
        where=column("recurred").given(),
        excludes={**VOID, "window still open": (AS_OF - _OPENED <= 30 * DAY) & ~column("recurred")},
        value=column("recurred"),
        summary=Share(),
        dated=_OPENED,
    ),
    declared(
        name="open_tickets",
        question="How many tickets are open at the end of a window, or by how many did they change in it?",
        formula="sum of 1 for each ticket that came in or came back, and -1 for each that was settled or withdrawn.",
        population="moves of tickets that count. Up to an instant (until=T) it is the backlog then, at whatever "
        "hour and "
        "zone T is told in; in a window, or cut by a period, the net change.",
        edges="Reopenings, spam and merges found out later move it when they happen: the past keeps its figure. "
        f"{COURTESY_EDGE}",
        source="Zendesk takes its backlog at about 23 h; here you say the instant.",
        table="moves",
        unit="count",
        better="lower",
        where=column("stock").equals("tickets"),
        excludes={},
        value=column("change"),
        summary=Sum(),
        dated=column("at"),
    ),
)
"""All of them."""
