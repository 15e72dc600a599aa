"""What customers are worth: customer lifetime value, in one currency."""

from __future__ import annotations

from ventanilla.plugins.metrics.declare import declared
from ventanilla.projections.expressions import column
from ventanilla.projections.metric import Metric
from ventanilla.projections.summaries.lifetime_value import ContractValue, HistoricValue

_CURRENCIES = "Of several currencies there is no figure: ask for one (only currency=EUR), or cut by currency."
_ARTICLE = (
    "Articles 000 and 004. Article 004 works out 72 x 'every 3 months' x 7 years as 1,512, which multiplies by 3 in "
    "place of by 4 orders a year: right is 72 x (12/3) x 7 = 2,016; 1,512 would need 3 orders a year. It also calls it "
    "LCV: the acronym is CLV."
)

METRICS: tuple[Metric, ...] = (
    declared(
        name="clv",
        question="What does a customer spend with us over their lifetime?",
        formula="mean order value x orders a year x lifetime in years: spent by years of custom, times the mean "
        "lifetime.",
        population="customers who bought something, dated by their first order: a cohort.",
        edges="Returns are taken off. Who has been silent for 365 days is taken to have left with their last "
        "order; who "
        "has not counts by a Kaplan-Meier estimate of the lifetime, as far as was seen, so that it is rather too low. "
        f"Nothing is discounted. {_CURRENCIES}",
        source=_ARTICLE,
        table="purchases",
        unit="money",
        better="higher",
        where=column("first_at").given(),
        excludes={},
        value=column("life"),
        summary=HistoricValue(),
        dated=column("first_at"),
    ),
    declared(
        name="clv_contract",
        question="What does a subscription bring over its lifetime?",
        formula="mean price a month / churn a month; churn is endings by the months that all have run, the "
        "lifetime 1 / "
        "churn.",
        population="subscriptions, dated by their start: a cohort.",
        edges="Those that run still count with the months that they have run. While none has ended it is unknown. "
        "It is "
        "revenue: multiply by your margin, which this log does not know. Changes of price are not in it. Nothing is "
        f"discounted. {_CURRENCIES}",
        source="Articles 000 and 004; margin x revenue per period / churn per period.",
        table="subscriptions",
        unit="money",
        better="higher",
        where=column("started_at").given(),
        excludes={},
        value=column("life"),
        summary=ContractValue(),
        dated=column("started_at"),
    ),
)
"""All of them."""
