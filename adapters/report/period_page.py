"""The figures of a period as one self-contained HTML file: charts in SVG, no script, nothing from anywhere else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from attrs import frozen
from jinja2 import Environment, PackageLoader, StrictUndefined

from ventanilla.adapters.audit.figures import Figures, Line, over_time
from ventanilla.adapters.audit.period import Period
from ventanilla.adapters.report.words import moment, say, say_interval
from ventanilla.projections.metric import Answer, Metric

_WIDE, _HIGH, _FOOT = 1000, 150, 20
_LABELS = 16
_ROWS = 40


@frozen(kw_only=True)
class Bar:
    """A bar, or a point, of a chart.

    Attributes:
        name: The period.
        said: What it says when looked at.
        x: Its left edge.
        y: Its upper edge.
        width: Its width.
        height: Its height.
        label: What stands below it; empty: nothing.
    """

    name: str
    said: str
    x: float
    y: float
    width: float
    height: float
    label: str


@frozen(kw_only=True)
class Section:
    """All that the page says of one metric.

    Attributes:
        metric: The metric.
        now: The figure of the period; ``None`` where it was not asked.
        before: That of the period before.
        bars: Its chart over time; empty: there is nothing to draw.
        cuts: Its tables, by dimension.
    """

    metric: Metric
    now: Answer | None
    before: Answer | None
    bars: Sequence[Bar]
    cuts: Mapping[str, Sequence[Line]]

    def share(self, line: Line) -> float:
        """Return how long the bar of *line* is in its table, in per cent."""
        values = [abs(one.answer.value or 0) for lines in self.cuts.values() if line in lines for one in lines]
        return 100 * abs(line.answer.value or 0) / (max(values) or 1)


def render(figures: Figures, this: Period, before: Period, *, title: str, zone: ZoneInfo, head: str) -> str:
    """Return the page; whatever comes from the log is escaped.

    Args:
        figures: The figures.
        this: The period that they are of.
        before: The one before it.
        title: What they are about.
        zone: The time zone in which instants are told.
        head: The hash of the log that they come from.
    """
    environment = Environment(
        loader=PackageLoader("ventanilla.adapters.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    words: dict[str, Any] = {"say": say, "say_interval": say_interval, "moment": lambda at: moment(at, zone)}
    return environment.get_template("period.html.jinja").render(
        figures=figures, sections=sections(figures, this), this=this, before=before, title=title, head=head,
        rows=_ROWS, high=_HIGH, foot=_FOOT, **words,
    )  # fmt: skip


def sections(figures: Figures, this: Period) -> list[Section]:
    """Return what there is to say of each metric, in the order of the questions."""
    found: list[Section] = []
    for metric in {question.metric.name: question.metric for question in figures.questions}.values():
        lines = [line for line in figures.lines if line.question.metric.name == metric.name]
        totals = {line.question.since == this.since: line.answer for line in lines if line.question.by is None}
        cuts: dict[str, list[Line]] = {}
        for line in lines:
            if line.question.by is not None and not over_time(line):
                cuts.setdefault(line.question.by, []).append(line)
        found.append(
            Section(
                metric=metric,
                now=totals.get(True),
                before=totals.get(False),
                bars=_bars([line for line in lines if over_time(line)]),
                cuts={by: sorted(some, key=lambda line: -line.answer.n) for by, some in cuts.items()},
            )
        )
    return found


def _bars(lines: Sequence[Line]) -> list[Bar]:
    most = max((abs(line.answer.value or 0) for line in lines), default=0)
    if not most:
        return []
    step = _WIDE / len(lines)
    sparse = max(1, -(-len(lines) // _LABELS))
    bars = []
    for number, line in enumerate(lines):
        high = (_HIGH - 20) * abs(line.answer.value or 0) / most
        interval = say_interval(line.answer)
        between = f" ({interval})" if interval else ""
        bars.append(
            Bar(
                name=line.key or "-",
                said=f"{line.key or 'not said'}: {say(line.answer)}{between}, n = {line.answer.n:,}",
                x=number * step + step * 0.1,
                y=_HIGH - high,
                width=step * 0.8,
                height=high,
                label=_label(line) if number % sparse == 0 else "",
            )
        )
    return bars


def _label(line: Line) -> str:
    name = line.key or "-"
    return name[5:] if line.question.by == "day" else name
