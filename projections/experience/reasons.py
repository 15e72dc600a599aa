"""The fact table of reasons behind scores: one row a piece of feedback that was read, and a reason."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import attrs
from attrs import frozen

from ventanilla.core import events as on
from ventanilla.core.recorded import Recorded
from ventanilla.core.streams import FEEDBACK
from ventanilla.projections.experience import answers
from ventanilla.projections.experience.history import experience_table


@frozen(kw_only=True)
class Reason:
    """Whether a piece of feedback names a reason, of all those that any piece names.

    Attributes:
        feedback: The piece of feedback, an id.
        ticket: The ticket that it is about; ``None``: it is about none.
        customer: Who gave it; ``None``: an anonymous respondent, or one of the desk's own people.
        driver: The reason.
        named: Whether it names that reason.
        sentiment: How they feel about it, -1 to 1; ``None``: not judged, or not named.
        coded_by: Who read it, or which model at which version.
        band: ``"promoter"``, ``"passive"``, ``"detractor"``, by their Net Promoter answer; ``None``: they gave none.
        satisfied: By their answer to a question of satisfaction; ``None``: they gave none.
        employee: Whether one of the desk's own people gave it.
        removed: Whether it was removed.
        coded_at: When it was read first.
        evidence: The readings, the answers and the offer.
    """

    feedback: str
    ticket: str | None
    customer: str | None
    driver: str
    named: bool
    sentiment: float | None
    coded_by: str
    band: str | None
    satisfied: bool | None
    employee: bool
    removed: bool
    coded_at: datetime
    evidence: tuple[int, ...]


def _rows(history: Sequence[Recorded]) -> Iterator[Reason]:
    coded = [recorded for recorded in history if isinstance(recorded.event, on.DriverCoded)]
    given = [answer for answer in answers.rows(history) if not answer.withdrawn]
    offer = next((recorded.event for recorded in history if isinstance(recorded.event, on.SurveyOffered)), None)
    asked = offer if isinstance(offer, on.SurveyOffered) else None
    employee = any(answer.instrument in answers.EMPLOYEES for answer in given)
    employee = employee or (asked is not None and asked.about_kind == "employer")
    bands = [answer.band for answer in given if answer.band]
    satisfied = [answer.satisfied for answer in given if answer.instrument == "csat" and answer.satisfied is not None]
    # Coded twice, by another reader say: the later one counts, both are kept as evidence.
    last = {recorded.event.driver: recorded.event for recorded in coded if isinstance(recorded.event, on.DriverCoded)}
    for driver, coding in last.items():
        yield Reason(
            feedback=history[0].stream.removeprefix(FEEDBACK),
            ticket=asked.about if asked and asked.about_kind == "ticket" and not employee else None,
            customer=asked.respondent if asked and not employee else None,
            driver=driver,
            named=True,
            sentiment=coding.sentiment,
            coded_by=coding.coded_by,
            band=bands[0] if bands else None,
            satisfied=satisfied[0] if satisfied else None,
            employee=employee,
            removed=any(isinstance(recorded.event, on.FeedbackRemoved) for recorded in history),
            coded_at=coded[0].event.at,
            evidence=tuple(sorted(recorded.position for recorded in history)),
        )


def _named_or_not(rows: Sequence[Any], _: datetime) -> Iterator[Reason]:
    """Add to each piece that was read the reasons that it does not name: a share needs those who did not, too."""
    drivers = sorted({row.driver for row in rows})
    pieces: dict[str, dict[str, Reason]] = {}
    for row in rows:
        pieces.setdefault(row.feedback, {})[row.driver] = row
    for named in pieces.values():
        any_of = next(iter(named.values()))
        for driver in drivers:
            yield named.get(driver) or attrs.evolve(any_of, driver=driver, named=False, sentiment=None)


REASONS = experience_table(
    name="reasons",
    about="one row a piece of feedback that somebody read, and a reason that it names or does not name",
    row=Reason,
    reads=(*answers.READS, on.DriverCoded),
    rows=_rows,
    across=_named_or_not,
    dimensions=("driver", "coded_by", "band", "satisfied", "named"),
)
