"""Experience agreements: indicators, objectives, what they come to, and what is green outside and red inside."""

from ventanilla.projections.xla.agreement import Agreement, Composite, Consequence, Exclusion, Service
from ventanilla.projections.xla.agreement_text import FORMAT, read_agreement
from ventanilla.projections.xla.answered import ANSWERED, EXAMPLES, AnsweredTicket, answered_table, watermelon_tickets
from ventanilla.projections.xla.asking import Key, about_tickets, questions
from ventanilla.projections.xla.barometer import Point, barometer
from ventanilla.projections.xla.evaluate import Index, composite, evaluate
from ventanilla.projections.xla.evaluation import Attained, Evaluation, Factor, Result
from ventanilla.projections.xla.fatigue import asked_too_soon
from ventanilla.projections.xla.indicator import Indicator, Normaliser
from ventanilla.projections.xla.objective import Baseline, Measured, Objective, Status, change, judge
from ventanilla.projections.xla.watermelon import Finding, findings, hidden, pair
from ventanilla.projections.xla.window import Cadence, Window

__all__ = [
    "ANSWERED",
    "EXAMPLES",
    "FORMAT",
    "Agreement",
    "AnsweredTicket",
    "Attained",
    "Baseline",
    "Cadence",
    "Composite",
    "Consequence",
    "Evaluation",
    "Exclusion",
    "Factor",
    "Finding",
    "Index",
    "Indicator",
    "Key",
    "Measured",
    "Normaliser",
    "Objective",
    "Point",
    "Result",
    "Service",
    "Status",
    "Window",
    "about_tickets",
    "answered_table",
    "asked_too_soon",
    "barometer",
    "change",
    "composite",
    "evaluate",
    "findings",
    "hidden",
    "judge",
    "pair",
    "questions",
    "read_agreement",
    "watermelon_tickets",
]
