"""Fact tables of how people find the desk: what they answer, say, post and feel."""

from ventanilla.projections.experience.actions import ACTIONS
from ventanilla.projections.experience.answers import ANSWERS
from ventanilla.projections.experience.ratings import RATINGS
from ventanilla.projections.experience.reasons import REASONS
from ventanilla.projections.experience.sentiments import SENTIMENTS
from ventanilla.projections.experience.signals import SIGNALS
from ventanilla.projections.experience.social import MENTIONS, REVIEWS
from ventanilla.projections.experience.surveys import SURVEYS
from ventanilla.projections.facts.history import Chain
from ventanilla.projections.table import FactTable

EXPERIENCE: tuple[FactTable[Chain], ...] = (
    ANSWERS,
    RATINGS,
    SURVEYS,
    REASONS,
    ACTIONS,
    SENTIMENTS,
    SIGNALS,
    MENTIONS,
    REVIEWS,
)
"""All of them."""
