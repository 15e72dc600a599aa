"""The Net Promoter Score in its forms: would they recommend us?"""

from __future__ import annotations

from ventanilla.projections.expressions import Expression, column
from ventanilla.projections.metric import Metric, metric
from ventanilla.projections.summaries import Net

_OWN = column("instrument").equals("nps") & ~column("blind") & ~column("expectation")
_EXCLUDES = {
    "withdrawn": column("withdrawn"),
    "another scale than 0 to 10": ~column("scale").equals("0 to 10"),
    "no whole score": ~column("score").among(*range(11)),
}
NET_PROMOTER = Net(9, 6)


def _of(name: str, question: str, where: Expression) -> Metric:
    return Metric(
        name=name,
        question=question,
        table="survey_answers",
        unit="points",
        better="higher",
        where=where,
        excludes=_EXCLUDES,
        value=column("score"),
        summary=NET_PROMOTER,
        dated=column("answered_at"),
        once=column("once"),
    )


@metric
def nps() -> Metric:
    """The Net Promoter Score of our own customers.

    Formula: 100 x (promoters - detractors) / answers. 9 and 10 are promoters, 7 and 8 passives, 0 to 6 detractors.
    Unit: points, -100 to 100: a difference of percentages, no percentage.
    Population: answers that stand to questions of instrument "nps" on the scale 0 to 10, asked openly, by when they
        were given. On the relationship the latest of a customer to each question counts in the window; of contacts
        and journeys all do.
    Interval: adjusted Wald, 95 % (Rocks 2016): it has a width even where all answers are alike.
    Direction: higher is better.
    Edge cases: 7.5 and answers on another scale, as 1 to 10, are left out and counted. 11 and -1 cannot be recorded.
        An answer that was changed counts as changed. Nothing answered: no value.
    Source: Reichheld 2003; Rocks 2016, The American Statistician 70:4; articles 000, 001, 003, 004.
    """
    return _of("nps", "How many more would recommend us than would not?", _OWN)


@metric
def tnps() -> Metric:
    """The Net Promoter Score after a contact.

    Formula: as that of nps.
    Unit: points, -100 to 100.
    Population: as that of nps, of surveys on level "transactional": every answer counts.
    Interval: adjusted Wald, 95 %; of customers who answer often it is too narrow, as their answers are alike.
    Direction: higher is better.
    Edge cases: as those of nps.
    Source: as that of nps; the levels are kept apart as article 004 mixes them.
    """
    question = "After a contact, how many more would recommend us than would not?"
    return _of("tnps", question, _OWN & column("level").equals("transactional"))


@metric
def rnps() -> Metric:
    """The Net Promoter Score of the relationship.

    Formula: as that of nps.
    Unit: points, -100 to 100.
    Population: as that of nps, of surveys on level "relationship": of a customer's answers to a question in the window
        the latest counts; anonymous ones all count, for nobody knows whose they are.
    Interval: adjusted Wald, 95 %.
    Direction: higher is better.
    Edge cases: as those of nps; earlier answers of the same customer are counted as left out.
    Source: as that of nps.
    """
    question = "All in all, how many more customers would recommend us than would not?"
    return _of("rnps", question, _OWN & column("level").equals("relationship"))


@metric
def nps_blind() -> Metric:
    """The Net Promoter Score where respondents are not told who asks; by brand, ours and the competitors'.

    Formula: as that of nps.
    Unit: points, -100 to 100.
    Population: as that of nps, but of blind surveys about a brand: a study of the market, not of our customers. Cut it
        by "about" to have each brand.
    Interval: adjusted Wald, 95 %.
    Direction: higher is better.
    Edge cases: as those of nps. A survey after a contact cannot be blind, and is not in here.
    Source: article 004.
    """
    question = "How many more would recommend a brand than would not, not knowing who asks?"
    where = column("instrument").equals("nps") & column("blind") & column("about_kind").equals("brand")
    return _of("nps_blind", question, where & ~column("level").equals("transactional"))


NPS = (nps, tnps, rnps, nps_blind)
