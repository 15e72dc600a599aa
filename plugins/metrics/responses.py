"""First responses, waits and updates, around the clock; :mod:`.clocks` has them in business time."""

from __future__ import annotations

from ventanilla.plugins.metrics.declare import COURTESY_EDGE, VOID, VOID_EDGE, Times, declared
from ventanilla.projections.expressions import AS_OF, column
from ventanilla.projections.metric import Metric
from ventanilla.projections.summaries import Count, Sum

_OPENED = column("opened_at")
_CLIPPED = "A span that clocks which disagree make negative is 0, and counted by negative_spans."

_FIRST = Times(
    name="first_response_time",
    what="a ticket waited for the first message of a person",
    formula="first message of a person that the customer sees, less the opening.",
    population="tickets that have been answered, dated by their opening.",
    edges="Bots, automatic acknowledgements, campaigns, notes and calls are no such message. On a ticket that an agent "
    f"opened it is the second. Until it happens there is no value: see awaiting_first_response. {_CLIPPED} {VOID_EDGE}",
    source="Article 004; Zendesk, first reply time. It says 'first answer of the team' and is silent on bots; "
    "these are "
    "left out, and have first_bot_response_time.",
    table="responses",
    where=column("first_response").given(),
    value=column("first_response"),
    dated=_OPENED,
)
_FIRST_BOT = Times(
    name="first_bot_response_time",
    what="a ticket waited for the first message of a bot",
    formula="first message of a bot, less the opening.",
    population="tickets that a bot answered, dated by their opening.",
    edges=f"{_CLIPPED} {VOID_EDGE}",
    source="Article 004, chatbots; beside the first response of a person, never in its place.",
    table="responses",
    where=column("first_bot_response").given(),
    value=column("first_bot_response"),
    dated=_OPENED,
)
_HUMAN = Times(
    name="time_to_human",
    what="a customer waited for a person after asking for one, or after the machine gave up",
    formula="first message or answered call of a person, less the first wish for one or hand-over before it.",
    population="tickets on which a person was wished for, or a machine gave up, and one came; dated by their opening.",
    edges=f"A call counts from when it was answered. {_CLIPPED} {VOID_EDGE}",
    source="Articles 001 and 004, the option to reach a human; Chatwoot, first response from the bot's hand-over.",
    table="responses",
    where=column("time_to_human").given(),
    value=column("time_to_human"),
    dated=_OPENED,
)
_ACKNOWLEDGE = Times(
    name="time_to_acknowledge",
    what="a ticket waited until somebody took it up (consideration time)",
    formula="first of an assignment, a message, a note or an answered call of a person, less the opening.",
    population="tickets that were taken up, dated by their opening.",
    edges=f"A ticket that an agent opened is taken up at once. A call counts from when it was answered. {_CLIPPED} "
    f"{VOID_EDGE}",
    source="Article 001, consideration time of a request or complaint.",
    table="responses",
    where=column("time_to_acknowledge").given(),
    value=column("time_to_acknowledge"),
    dated=_OPENED,
)
_ASSIGN = Times(
    name="time_to_assign",
    what="a ticket waited until somebody had it",
    formula="first assignment to an agent, less the opening.",
    population="tickets that were assigned, dated by their opening.",
    edges=f"An assignment to a team is none yet. {_CLIPPED} {VOID_EDGE}",
    source="Article 001, consideration time.",
    table="responses",
    where=column("time_to_assign").given(),
    value=column("time_to_assign"),
    dated=_OPENED,
)
_NEXT = Times(
    name="next_reply_time",
    what="a customer waited for the next answer of a person",
    formula="the answer of a person, less the oldest customer's message that nobody had answered.",
    population="waits after the first answer that were answered, one each; dated by when they began.",
    edges="Another message of the customer restarts nothing. A wait that the settlement ends has no value, and what is "
    f"written to a settled ticket waits from its reopening. A bot's answer ends no wait. {COURTESY_EDGE} {VOID_EDGE}",
    source="Zammad and Fivetran: the oldest unanswered message counts.",
    table="waits",
    where=column("answered") & ~column("first"),
    value=column("seconds"),
    dated=column("started_at"),
)
_LONGEST = Times(
    name="longest_wait",
    what="the longest wait of a ticket's customer lasted",
    formula="the longest of a ticket's waits for a person, the first among them; one that lasts counts up to now.",
    population="tickets on which a customer wrote, one wait each; dated by when it began.",
    edges="Of waits as long as each other the first counts. " + VOID_EDGE,
    source="Zammad keeps the longest exchange; others the mean.",
    table="waits",
    where=column("longest"),
    value=column("ended_at").or_else(AS_OF) - column("started_at"),
    dated=column("started_at"),
)
_PERIODIC = Times(
    name="periodic_update_time",
    what="a customer heard nothing between two words of the desk",
    formula="a message of a person to the customer, less the one before.",
    population="spans between two such messages; dated by when they began.",
    edges="A settlement between them makes no span. " + VOID_EDGE,
    source="Zendesk, periodic update.",
    table="updates",
    where=column("seconds").given(),
    value=column("seconds"),
    dated=column("started_at"),
)
_PAUSABLE = Times(
    name="pausable_update_time",
    what="a customer who owed the desk nothing heard nothing between two of its words",
    formula="as periodic_update_time, less the time that the desk waited for the customer.",
    population="spans between two messages of persons to the customer; dated by when they began.",
    edges="A settlement between them makes no span. " + VOID_EDGE,
    source="Zendesk, pausable update.",
    table="updates",
    where=column("pausable").given(),
    value=column("pausable"),
    dated=column("started_at"),
)
_SPANS = (_FIRST, _FIRST_BOT, _HUMAN, _ACKNOWLEDGE, _ASSIGN, _NEXT, _LONGEST, _PERIODIC, _PAUSABLE)

METRICS: tuple[Metric, ...] = (
    *(metric for times in _SPANS for metric in times.metrics()),
    declared(
        name="awaiting_first_response",
        question="How many open tickets has no person answered yet?",
        formula="count of open tickets without a first response.",
        population="tickets that are open at the instant of asking, dated by their opening.",
        edges=VOID_EDGE,
        source="Zendesk: the time is unknown until it happens, and the living age is a counter of its own.",
        table="responses",
        unit="count",
        better="lower",
        where=~column("first_response").given() & ~column("settled_at").given(),
        value=_OPENED,
        summary=Count(),
        dated=_OPENED,
    ),
    declared(
        name="unanswered_waits",
        question="How many customers wait for an answer now?",
        formula="count of waits that nothing has ended.",
        population="waits, one a run of customer's messages; dated by when they began.",
        edges="One a ticket at most. What is written to a settled ticket waits from its reopening. "
        f"{COURTESY_EDGE} {VOID_EDGE}",
        source="Article 003: never leave conversations open.",
        table="waits",
        unit="count",
        better="lower",
        where=~column("ended_at").given(),
        value=column("started_at"),
        summary=Count(),
        dated=column("started_at"),
    ),
    declared(
        name="negative_spans",
        question="How many spans would be negative, by clocks of other systems that disagree with ours?",
        formula="sum over tickets of the spans from the opening that end before it.",
        population="all tickets, dated by their opening.",
        edges="Such a span counts as 0 wherever it is measured. " + VOID_EDGE,
        source="Clocks of external systems are not ours.",
        table="responses",
        unit="count",
        better="lower",
        where=_OPENED.given(),
        value=column("skewed"),
        summary=Sum(),
        dated=_OPENED,
        excludes=VOID,
    ),
)
"""All of them."""
