"""Metrics of how people find the desk: what they answer, say, post and feel."""

from ventanilla.plugins.experience.ces import CES
from ventanilla.plugins.experience.csat import CSAT
from ventanilla.plugins.experience.employees import EMPLOYEES
from ventanilla.plugins.experience.nps import NPS
from ventanilla.plugins.experience.reasons import REASONS
from ventanilla.plugins.experience.signals import SIGNALS
from ventanilla.plugins.experience.social import SOCIAL

METRICS = (*NPS, *CSAT, *CES, *EMPLOYEES, *REASONS, *SIGNALS, *SOCIAL)
"""All of them."""
