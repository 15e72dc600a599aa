"""The fact table of decisions: one row a decision of a machine, with whether a person looked at it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import attrs
from attrs import frozen

from ventanilla.core import events as on
from ventanilla.core.events import Judgement
from ventanilla.projections.facts.history import History, history_table
from ventanilla.projections.facts.standing import VOIDING, Void, void


@frozen(kw_only=True)
class Decision:
    """What a machine decided on a ticket.

    Attributes:
        ticket: The ticket.
        model: What decided.
        model_version: Which version of it.
        what: About what.
        decided_at: When.
        reviewed: Whether a person looked at it.
        judgement: What they said last; ``None``: nobody looked.
        void: Why the ticket counts in no rate.
        evidence: The decision, and the reviews.
    """

    ticket: str
    model: str
    model_version: str
    what: str
    decided_at: datetime
    reviewed: bool = False
    judgement: Judgement | None = None
    void: Void | None
    evidence: tuple[int, ...]


def _rows(history: History, _: datetime) -> Iterable[Decision]:
    found: dict[str, Decision] = {}
    why = void(history)
    for recorded in history:
        match recorded.event:
            case on.AutomationDecided(decision=name) as event:
                found[name] = Decision(
                    ticket=recorded.stream,
                    model=event.model,
                    model_version=event.model_version,
                    what=event.what,
                    decided_at=event.at,
                    void=why,
                    evidence=(recorded.position,),
                )
            case on.AutomationReviewed(decision=name, judgement=judgement) if name in found:
                before = found[name]
                found[name] = attrs.evolve(
                    before, reviewed=True, judgement=judgement, evidence=(*before.evidence, recorded.position)
                )
            case _:
                pass
    return found.values()


DECISIONS = history_table(
    name="decisions",
    about="one row a decision of a machine",
    row=Decision,
    reads=VOIDING | {on.AutomationDecided, on.AutomationReviewed},
    rows=_rows,
    dimensions=("model", "model_version", "what", "judgement"),
)
"""The table."""
