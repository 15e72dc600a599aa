"""From many values to one, with an interval that says how far to trust it."""

from ventanilla.projections.summaries.count import Count, Distinct, Sum
from ventanilla.projections.summaries.figure import Figure, Interval, Summary
from ventanilla.projections.summaries.mean import Gap, Mean, Spread
from ventanilla.projections.summaries.net import Net, adjusted_wald
from ventanilla.projections.summaries.poisson import poisson
from ventanilla.projections.summaries.quantile import Quantile
from ventanilla.projections.summaries.ratio import Rate, Ratio, RatioOfKnown
from ventanilla.projections.summaries.share import Share, wilson
from ventanilla.projections.summaries.student import student

__all__ = [
    "Count",
    "Distinct",
    "Figure",
    "Gap",
    "Interval",
    "Mean",
    "Net",
    "Quantile",
    "Rate",
    "Ratio",
    "RatioOfKnown",
    "Share",
    "Spread",
    "Sum",
    "Summary",
    "adjusted_wald",
    "poisson",
    "student",
    "wilson",
]
