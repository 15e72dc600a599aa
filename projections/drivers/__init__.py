"""Driver analysis: which operational features go along with the score that customers give.

What is importable from here needs nothing; :mod:`~ventanilla.projections.drivers.analyse` needs the extra ``drivers``.
"""

from ventanilla.projections.drivers.analysis import Analysis, Driver, Quadrant
from ventanilla.projections.drivers.period import period_features
from ventanilla.projections.drivers.ratings import Asked, Rating, ratings
from ventanilla.projections.drivers.response import Response, Value
from ventanilla.projections.drivers.ticket import ticket_features

__all__ = [
    "Analysis",
    "Asked",
    "Driver",
    "Quadrant",
    "Rating",
    "Response",
    "Value",
    "period_features",
    "ratings",
    "ticket_features",
]
