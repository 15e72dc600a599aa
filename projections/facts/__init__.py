"""Fact tables of how the desk works: each file makes one or two, of the events that it reads and no others."""

from __future__ import annotations

from ventanilla.projections.facts.activities import ACTIVITIES
from ventanilla.projections.facts.calls import CALLS
from ventanilla.projections.facts.cancellations import CANCELLATIONS
from ventanilla.projections.facts.contacts import CONTACTS
from ventanilla.projections.facts.decisions import DECISIONS
from ventanilla.projections.facts.frictions import FRICTIONS
from ventanilla.projections.facts.headcounts import HEADCOUNTS
from ventanilla.projections.facts.history import Chain
from ventanilla.projections.facts.labour import LABOUR
from ventanilla.projections.facts.memberships import MEMBERSHIPS
from ventanilla.projections.facts.messages import MESSAGES
from ventanilla.projections.facts.moves import MOVES
from ventanilla.projections.facts.opportunities import OPPORTUNITIES
from ventanilla.projections.facts.outcomes import OUTCOMES
from ventanilla.projections.facts.promises import FOLLOW_UPS, PROMISES
from ventanilla.projections.facts.purchases import PURCHASES
from ventanilla.projections.facts.responses import RESPONSES
from ventanilla.projections.facts.stages import STAGES
from ventanilla.projections.facts.subscriptions import RENEWALS, SUBSCRIPTIONS
from ventanilla.projections.facts.times import TIMES
from ventanilla.projections.facts.touches import CREDITS, EFFORTS
from ventanilla.projections.facts.visits import VISITS
from ventanilla.projections.facts.waits import UPDATES, WAITS
from ventanilla.projections.table import FactTable

OPERATIONS: tuple[FactTable[Chain], ...] = (
    RESPONSES,
    WAITS,
    UPDATES,
    CALLS,
    MESSAGES,
    TIMES,
    EFFORTS,
    CREDITS,
    CONTACTS,
    OUTCOMES,
    MOVES,
    FRICTIONS,
    PROMISES,
    FOLLOW_UPS,
    DECISIONS,
    OPPORTUNITIES,
    CANCELLATIONS,
    PURCHASES,
    SUBSCRIPTIONS,
    RENEWALS,
    *MEMBERSHIPS.values(),
    VISITS,
    ACTIVITIES,
    STAGES,
    *HEADCOUNTS.values(),
    LABOUR,
)
"""All of them."""
