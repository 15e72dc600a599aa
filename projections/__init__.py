"""Questions answered from the log: folds, fact tables, metrics, answers."""

from ventanilla.projections.metric import Answer, Metric, Question, metric
from ventanilla.projections.table import FactTable
from ventanilla.projections.tickets import TicketFacts

__all__ = ["Answer", "FactTable", "Metric", "Question", "TicketFacts", "metric"]
