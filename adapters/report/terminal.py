"""The page in the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from zoneinfo import ZoneInfo

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from ventanilla.adapters.report.page import CUT, Line, Page
from ventanilla.adapters.report.words import LONG, TITLES, agreement_line, duration, moment, say, say_cell, say_interval

_BAR = 28
_MANY = 12


def render(page: Page) -> Group:
    """Return the page as something that a rich console prints."""
    return Group(*_parts(page))


def _parts(page: Page) -> Iterator[RenderableType]:
    zone = ZoneInfo(page.zone)
    since = moment(page.since, zone) if page.since else "the beginning"
    yield Panel(
        Text(f"{since}  to  {moment(page.as_of, zone)}", justify="center"), title=escape(page.title), style="bold"
    )
    if page.incomplete:
        yield Text("\n".join(["incomplete:", *page.incomplete]), style="bold yellow")
    yield _headlines(page)
    yield _cut("By channel", page.by_channel)
    yield _cut("By team", page.by_team)
    yield _over_time(page)
    yield _bars("How old the open tickets are", "age", [(label, count) for label, count in page.ages])
    yield _bars("How tickets were settled", "code", [(code or "not said", count) for code, count in page.codes])
    yield from _agreements(page, zone)
    if page.aside:
        yield _aside(page)


def _headlines(page: Page) -> Table:
    table = Table(title="The figures", title_justify="left", header_style="dim", box=SIMPLE_HEAD)
    table.add_column("figure")
    table.add_column("value", justify="right", style="bold")
    table.add_column("95 % interval", justify="right")
    table.add_column("of", justify="right")
    for metric, answer in page.headlines.items():
        table.add_row(LONG.get(metric, TITLES[metric]), say(answer), say_interval(answer), f"{answer.n:,} tickets")
    return table


def _cut(title: str, lines: Sequence[Line]) -> Table:
    table = Table(title=title, title_justify="left", header_style="dim", box=SIMPLE_HEAD)
    table.add_column("")
    for metric in CUT:
        table.add_column(TITLES[metric], justify="right")
    table.add_column("on time, 95 %", justify="right")
    for line in lines:
        answers = [say_cell(line, metric) for metric in CUT]
        table.add_row(escape(line.name or "not said"), *answers, say_interval(line.answers.get("on_time")))
    return table


def _over_time(page: Page) -> Table:
    most = max((line.answers["tickets"].n for line in page.over_time if "tickets" in line.answers), default=0)
    table = Table(title=f"By {page.period}", title_justify="left", header_style="dim", box=SIMPLE_HEAD)
    table.add_column(page.period)
    table.add_column("opened", justify="right")
    table.add_column("")
    table.add_column("due then, on time", justify="right")
    for line in page.over_time:
        opened = line.answers.get("tickets")
        table.add_row(
            line.name or "not said",
            say(opened),
            _bar(opened.n if opened else 0, most),
            say(line.answers.get("on_time")),
        )
    return table


def _bars(title: str, head: str, counts: Sequence[tuple[str, int]]) -> Table:
    most = max((count for _, count in counts), default=0)
    total = sum(count for _, count in counts) or 1
    table = Table(title=title, title_justify="left", header_style="dim", box=SIMPLE_HEAD)
    table.add_column(head)
    table.add_column("tickets", justify="right")
    table.add_column("share", justify="right")
    table.add_column("")
    shown, rest = counts[:_MANY], counts[_MANY:]
    for label, count in [*shown, *([(f"{len(rest)} more", sum(n for _, n in rest))] if rest else [])]:
        table.add_row(escape(label), f"{count:,}", f"{count / total:.1%}", _bar(count, most))
    return table


def _agreements(page: Page, zone: ZoneInfo) -> Iterator[RenderableType]:
    for agreement in page.agreements:
        yield Text(agreement_line(agreement), style="bold green" if not agreement.disagreements else "bold yellow")
        for one in agreement.disagreements[:_MANY]:
            late = duration((one.settled_at - one.due_at).total_seconds())
            yield Text(
                f"  {one.ticket}: they say {one.stated}, we say {one.ours}: settled {moment(one.settled_at, zone)}, "
                f"due {moment(one.due_at, zone)}, {late} after; `ventanilla explain {one.ticket}`"
            )
        if more := len(agreement.disagreements) - _MANY:
            yield Text(f"  and {more:,} more: `ventanilla report --json` lists them all" if more > 0 else "")


def _aside(page: Page) -> Table:
    total = sum(aside.rows for aside in page.aside)
    table = Table(
        title=f"Put aside, and in no figure: {total:,} rows that cannot be true",
        title_justify="left",
        header_style="dim",
        box=SIMPLE_HEAD,
    )
    table.add_column("rows", justify="right")
    table.add_column("rule")
    table.add_column("the first", overflow="fold")
    for aside in page.aside:
        table.add_row(f"{aside.rows:,}", escape(aside.rule), escape(aside.first))
    return table


def _bar(count: int, most: int) -> str:
    return "█" * max(1, round(_BAR * count / most)) if count and most else ""
