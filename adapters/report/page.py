"""The figures of the page, gathered in two passes over the fact table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Any

import attrs
import msgspec
from attrs import frozen

from ventanilla.adapters.desk import Desk
from ventanilla.adapters.store.port import SealedRow
from ventanilla.projections.clocks import verdict
from ventanilla.projections.metric import Answer, Question
from ventanilla.projections.periods import period as name_of_period

HEADLINES = ("tickets", "settled", "on_time", "resolution_time", "resolution_time_p90", "backlog", "backlog_age")
CUT = ("tickets", "on_time", "resolution_time", "resolution_time_p90", "backlog")
AGES = (
    ("up to a day", timedelta(days=1)),
    ("up to a week", timedelta(days=7)),
    ("up to 30 days", timedelta(days=30)),
    ("up to 90 days", timedelta(days=90)),
    ("up to a year", timedelta(days=365)),
    ("older", timedelta.max),
)
MANY_DAYS = timedelta(days=92)
"""A period longer than this is charted by the month, a shorter one by the day."""


@frozen(kw_only=True)
class Line:
    """A line of a table: the answers for one value of a dimension, by metric; ``None`` is "not said"."""

    name: str | None
    answers: Mapping[str, Answer]


@frozen(kw_only=True)
class Disagreement:
    """A ticket that another system judges otherwise than we do.

    Attributes:
        ticket: Its id.
        stated: Their verdict.
        ours: Ours.
        due_at: By when it should have been settled.
        settled_at: When it was.
    """

    ticket: str
    stated: str
    ours: str
    due_at: datetime
    settled_at: datetime


@frozen(kw_only=True)
class Agreement:
    """How far another system's verdicts and ours are the same.

    Attributes:
        stated_by: The other system.
        agreed: On how many settled tickets with a due instant we agree.
        n: On how many we could.
        disagreements: The others, each with what it takes to see why.
    """

    stated_by: str
    agreed: int
    n: int
    disagreements: Sequence[Disagreement]


@frozen(kw_only=True)
class Aside:
    """Rows put aside for one reason.

    Attributes:
        rule: The rule they broke.
        column: The column to blame; ``None`` for rows as a whole.
        rows: How many.
        first: Where the first of them stood; what it says, `ventanilla quarantine list` shows who may read it.
    """

    rule: str
    column: str | None
    rows: int
    first: str


@frozen(kw_only=True)
class Page:
    """All that the page says.

    Attributes:
        title: What it is about.
        since: The first opening in it; ``None`` for an empty log.
        as_of: The instant of all its figures.
        zone: The time zone of its periods.
        period: Whether its chart goes by the month or by the day.
        headlines: The figures at the top, by metric.
        by_channel: The same, by the way in; most tickets first.
        by_team: The same, by team; most tickets first.
        over_time: Tickets opened and the share on time, by period.
        ages: How many open tickets are of which age, youngest first.
        codes: How many settled tickets ended how, most first.
        agreements: How far others' verdicts and ours are the same.
        aside: What is in quarantine and why, most first.
        incomplete: What all its figures lack, in words; empty: nothing.
    """

    title: str
    since: datetime | None
    as_of: datetime
    zone: str
    period: str
    headlines: Mapping[str, Answer]
    by_channel: Sequence[Line]
    by_team: Sequence[Line]
    over_time: Sequence[Line]
    ages: Sequence[tuple[str, int]]
    codes: Sequence[tuple[str | None, int]]
    agreements: Sequence[Agreement]
    aside: Sequence[Aside]
    incomplete: Sequence[str] = ()

    def as_json(self) -> bytes:
        """Return the page as JSON.

        The evidence is left out, since ``ventanilla ask --evidence`` gives it; what is incomplete is said once.
        """
        return msgspec.json.format(msgspec.json.encode(attrs.asdict(self, filter=_said_once)), indent=2)


def make_page(
    desk: Desk,
    *,
    title: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    as_of: datetime | None = None,
    zone: tzinfo,
) -> Page:
    """Gather the page.

    Args:
        desk: Whose log to read.
        title: What it is about.
        since: Leave out what is dated before, see :meth:`Desk.ask`.
        until: Leave out what is dated then or later.
        as_of: The instant of all figures; default: the newest event's.
        zone: The time zone of periods.
    """
    as_of = as_of or desk.last_at()
    rest = _rest(desk, as_of, since, until)
    period = "month" if rest.first is None or as_of - rest.first > MANY_DAYS else "day"

    def question(metric: str, by: str | None = None) -> Question:
        return Question(metric=desk.host.metric(metric), by=by, since=since, until=until, zone=zone)

    over_time = ("tickets", "on_time")
    last = name_of_period(period, as_of, zone)
    questions = [
        *(question(metric) for metric in HEADLINES),
        *(question(metric, by) for by in ("channel", "team") for metric in CUT),
        *(question(metric, period) for metric in over_time),
        question("settled", "code"),
    ]
    cuts = desk.answer(questions, as_of=as_of)
    head, channel, team = cuts[: len(HEADLINES)], cuts[len(HEADLINES) :][: len(CUT)], cuts[len(HEADLINES) + len(CUT) :]
    return Page(
        title=title,
        since=rest.first,
        as_of=as_of,
        zone=str(zone),
        period=period,
        headlines={metric: cut[None] for metric, cut in zip(HEADLINES, head, strict=True)},
        by_channel=sorted(_lines(CUT, channel), key=_most_tickets),
        by_team=sorted(_lines(CUT, team[: len(CUT)]), key=_most_tickets),
        # What is due later than the page looks is no part of its chart.
        over_time=[line for line in _lines(over_time, cuts[-3:-1]) if line.name and line.name <= last],
        ages=[(label, rest.ages[label]) for label, _ in AGES],
        codes=sorted(((code, answer.n) for code, answer in cuts[-1].items()), key=lambda pair: -pair[1]),
        agreements=rest.agreements(),
        aside=_aside(desk.store.aside()),
        incomplete=head[0][None].incomplete,
    )


@attrs.define
class _Rest:
    """What is not a metric: ages, first opening, verdicts compared."""

    first: datetime | None = None
    ages: Counter[str] = attrs.Factory(Counter)
    judged: Counter[str] = attrs.Factory(Counter)
    disagreements: list[tuple[str, Disagreement]] = attrs.Factory(list)

    def agreements(self) -> list[Agreement]:
        return [
            Agreement(
                stated_by=by,
                agreed=n - len(differing := [found for other, found in self.disagreements if other == by]),
                n=n,
                disagreements=differing,
            )
            for by, n in self.judged.items()
        ]


def _rest(desk: Desk, as_of: datetime, since: datetime | None, until: datetime | None) -> _Rest:
    rest = _Rest()
    for row in desk.facts(as_of=as_of):
        if (since and row.opened_at < since) or (until and row.opened_at >= until):
            continue
        rest.first = min(rest.first or row.opened_at, row.opened_at)
        if row.settled_at is None:
            age = as_of - row.opened_at
            rest.ages[next(label for label, limit in AGES if age <= limit)] += 1
        elif row.stated_by is not None and row.stated is not None and row.due_at is not None:
            rest.judged[row.stated_by] += 1
            if (ours := verdict(row, as_of)) != row.stated:
                found = Disagreement(
                    ticket=row.ticket, stated=row.stated, ours=ours, due_at=row.due_at, settled_at=row.settled_at
                )
                rest.disagreements.append((row.stated_by, found))
    return rest


def _lines(metrics: Sequence[str], cuts: Sequence[Mapping[str | None, Answer]]) -> list[Line]:
    names = sorted({name for cut in cuts for name in cut}, key=lambda name: (name is None, name or ""))
    return [
        Line(name=name, answers={metric: cut[name] for metric, cut in zip(metrics, cuts, strict=True) if name in cut})
        for name in names
    ]


def _most_tickets(line: Line) -> float:
    return -line.answers["tickets"].n if "tickets" in line.answers else 0


def _aside(rows: Sequence[SealedRow]) -> list[Aside]:
    groups: dict[tuple[str, str | None], list[SealedRow]] = {}
    for row in rows:
        groups.setdefault((row.rule, row.column), []).append(row)
    found = [
        Aside(rule=rule, column=column, rows=len(group), first=_place(group[0]))
        for (rule, column), group in groups.items()
    ]
    return sorted(found, key=lambda aside: -aside.rows)


def _place(row: SealedRow) -> str:
    """Say where *row* stood; what it says is sealed, and not for a page that is handed around."""
    where = f"{row.source} line {row.line}" if row.line else row.source
    return where if row.column is None else f"{where}, {row.column}"


def _said_once(field: attrs.Attribute[Any], _: Any) -> bool:
    return field not in (attrs.fields(Answer).evidence, attrs.fields(Answer).incomplete)
