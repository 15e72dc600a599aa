"""The fact table of answered tickets: what their clocks came to beside what people answered about them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, TypeAlias

from attrs import frozen

from ventanilla.core.recorded import Recorded
from ventanilla.core.streams import FEEDBACK
from ventanilla.projections.clock_table import ClockFacts, clock_table
from ventanilla.projections.experience.answers import ANSWERS, SurveyAnswer
from ventanilla.projections.expressions import column
from ventanilla.projections.metric import Metric, metric
from ventanilla.projections.policy import GIVEN
from ventanilla.projections.summaries import Mean, Share
from ventanilla.projections.table import FactTable
from ventanilla.projections.timekeeper import Timekeeper

SERVICE = ("customer", GIVEN)
"""The slots whose clocks are a promise to the customer; those of teams and suppliers are the desk's own affair."""

State: TypeAlias = "tuple[bool, Any]"


@frozen(kw_only=True)
class AnsweredTicket:
    """A ticket about which somebody answered a question.

    Attributes:
        ticket: The ticket.
        answered_at: When they answered last.
        answers: How many answers stand, of each question the latest.
        score: The worst of them, from 0, the worst end of its scale, to 1.
        disappointed: Whether one of them is: a detractor's, not a satisfied one, or in the worse half of its scale.
        sla_met: Whether all of its clocks with a verdict were met; ``None``: none has one.
        watermelon: Whether all were, and they are disappointed; ``None``: not known.
        breached: The clocks that were breached, by name.
        evidence: The answers, and what the clocks' verdicts come from.
    """

    ticket: str
    answered_at: datetime
    answers: int
    score: float
    disappointed: bool
    sla_met: bool | None
    watermelon: bool | None
    breached: tuple[str, ...]
    evidence: tuple[int, ...]


def answered_table(keeper: Timekeeper) -> FactTable[State | None]:
    """Return the table, with the clocks that *keeper* keeps."""
    clocks = clock_table(keeper)

    def fold(state: State | None, recorded: Recorded) -> State:
        feedback = recorded.stream.startswith(FEEDBACK)
        if feedback and type(recorded.event) not in (ANSWERS.reads or ()):
            return state or (True, ANSWERS.initial)
        part: FactTable[Any] = ANSWERS if feedback else clocks
        return feedback, part.fold(state[1] if state else part.initial, recorded)

    def rows(state: State | None, as_of: datetime) -> Iterable[Any]:
        if state is None or state[1] is None:
            return ()
        part: FactTable[Any] = ANSWERS if state[0] else clocks
        return part.rows(state[1], as_of)

    return FactTable(
        name="answered_tickets",
        about="one row a ticket about which somebody answered a question",
        row=AnsweredTicket,
        streams=("ticket", "feedback"),
        reads=None,
        initial=None,
        fold=fold,
        rows=rows,
        across=_joined,
        dimensions=("ticket", "disappointed", "sla_met", "watermelon"),
    )


def _joined(rows: Sequence[ClockFacts | SurveyAnswer], _: datetime) -> Iterator[AnsweredTicket]:
    clocks: dict[str, list[ClockFacts]] = defaultdict(list)
    answers: dict[str, dict[str, SurveyAnswer]] = defaultdict(dict)
    for row in rows:
        if isinstance(row, ClockFacts):
            if row.judged and row.slot in SERVICE:
                clocks[row.ticket].append(row)
        elif row.ticket is not None and not row.withdrawn and not row.expectation:
            before = answers[row.ticket].get(row.question)
            if before is None or row.answered_at >= before.answered_at:
                answers[row.ticket][row.question] = row
    for ticket in sorted(answers):
        yield _row(ticket, list(answers[ticket].values()), clocks[ticket])


def _row(ticket: str, answers: Sequence[SurveyAnswer], clocks: Sequence[ClockFacts]) -> AnsweredTicket:
    met = all(not clock.breached for clock in clocks) if clocks else None
    behind = [*(answer.evidence for answer in answers), *(clock.evidence for clock in clocks)]
    disappointed = any(answer.disappointed for answer in answers)
    return AnsweredTicket(
        ticket=ticket,
        answered_at=max(answer.answered_at for answer in answers),
        answers=len(answers),
        score=min((answer.good - answer.lowest) / (answer.highest - answer.lowest) for answer in answers),
        disappointed=disappointed,
        sla_met=met,
        watermelon=None if met is None else met and disappointed,
        breached=tuple(sorted({clock.clock for clock in clocks if clock.breached})),
        evidence=tuple(sorted({position for positions in behind for position in positions})),
    )


ANSWERED = answered_table(Timekeeper())
"""The table as it is without any policy: a desk puts its own policies in."""

_KNOWN = column("sla_met").given()


@metric
def watermelon_tickets() -> Metric:
    """Tickets that met every clock that was promised to the customer, and left the customer disappointed all the same.

    Formula: tickets with all verdicts met and a disappointed answer / answered tickets with a verdict.
    Unit: ratio, 0 to 1.
    Population: tickets about which an answer stands, dated by the last one, of whose clocks (of the slot "customer",
        and against given due instants) at least one has a verdict. Of several answers to one question the latest
        counts. Disappointed is a detractor, whoever is not satisfied on a scale of up to five, and the worse half of
        any longer scale. Clocks are judged at the instant of asking.
    Interval: Wilson score, 95 %: those who answer stand for those who might.
    Direction: lower is better.
    Edge cases: tickets of which no clock has a verdict are left out, and counted. Withdrawn answers, expectations, and
        answers of the desk's own people do not count.
    Source: the watermelon effect of service management, green outside and red inside; article 000 on experience
        agreements.
    """
    return Metric(
        name="watermelon_tickets",
        question="Which share of the answered tickets met every clock and left the customer disappointed?",
        table="answered_tickets",
        unit="ratio",
        better="lower",
        where=column("answered_at").given(),
        excludes={"no clock has a verdict": ~_KNOWN},
        value=column("watermelon"),
        summary=Share(),
        dated=column("answered_at"),
    )


EXAMPLES = Metric(
    name="watermelon_examples",
    question="How bad was the answer, of tickets that met every clock and left the customer disappointed?",
    table="answered_tickets",
    unit="ratio",
    where=column("watermelon"),
    value=column("score"),
    summary=Mean(),
    dated=column("answered_at"),
)
"""Cut by ticket: each with its worst answer, 0 to 1, and the events behind it."""
