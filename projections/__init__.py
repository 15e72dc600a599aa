"""Questions answered from the log: folds, fact tables, metrics, answers."""

from ventanilla.projections.metric import Answer, Metric, Question
from ventanilla.projections.tickets import TicketFacts

__all__ = ["Answer", "Metric", "Question", "TicketFacts"]
