"""``ventanilla xla``: experience agreements, what they come to, and what is green outside and red inside."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import attrs
import typer
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from ventanilla.adapters import agreements
from ventanilla.adapters.agreements import Agreements, Sealed
from ventanilla.adapters.cli import show
from ventanilla.adapters.cli.common import catch_up, instant, open_desk
from ventanilla.adapters.cli.options import DEFAULT_DESK, AsJson, AsOf, DeskUrl, From, To
from ventanilla.adapters.desk import Desk
from ventanilla.core.commands import PublishSetting
from ventanilla.core.errors import NotUnderstood
from ventanilla.core.recorded import Actor
from ventanilla.core.setting import Setting
from ventanilla.core.streams import setting
from ventanilla.plugins.host import Host
from ventanilla.projections.xla import Agreement, Evaluation, Finding, Result, Window, barometer, findings, hidden

app = typer.Typer(no_args_is_help=True, help="Experience agreements: objectives, index, watermelons.")

Name = Annotated[str | None, typer.Argument(help="An agreement that is published at the desk.", metavar="NAME")]
OfFile = Annotated[
    Path | None, typer.Option("--agreement", help="One from a file (TOML), in place of NAME.", metavar="FILE")
]
Month = Annotated[
    str | None, typer.Option("--month", help="The windows that begin in this month: 2026-01.", metavar="MONTH")
]
Cut = Annotated[
    str | None,
    typer.Option("--by", help="Cut by a dimension of the tickets: channel, team, segment, …; never by agent."),
]
By = Annotated[str | None, typer.Option("--by", help="The agent in whose name; default: the command line.")]


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="An agreement (TOML).", metavar="FILE")], as_json: AsJson = False
) -> None:
    """Say in words what an agreement's file says. Exits 2 if it makes no sense."""
    agreement = agreements.read_file(file, Host().load().metrics).versions[0]
    if as_json:
        show.json(attrs.asdict(agreement))
        return
    show.out.print(
        f"Agreement [bold]{escape(agreement.name)}[/bold], by {agreement.window}, from "
        f"{show.instant(agreement.since)} on, kept by {escape(agreement.owner)}",
        soft_wrap=True,
    )
    for line in _said(agreement):
        show.out.print(line, markup=False, soft_wrap=True)


@app.command()
def publish(
    file: Annotated[Path, typer.Argument(help="An agreement (TOML).", metavar="FILE")],
    desk: DeskUrl = DEFAULT_DESK,
    by: By = None,
) -> None:
    """Put an agreement, or a new version of it, into the desk's settings; it counts from its own `since` on."""
    with open_desk(desk) as opened:
        agreement = agreements.read_file(file, opened.host.metrics).versions[0]
        name = agreements.KIND + agreement.name
        before = opened.aggregate(setting(name))
        version = len(before.versions) + 1 if isinstance(before, Setting) else 1
        opened.handle(
            PublishSetting(
                setting=name,
                at=opened.now(),
                actor=_actor(by),
                version=version,
                since=agreement.since,
                content=file.read_text(encoding="utf-8"),
            )
        )
    show.out.print(
        f"{agreement.name}, version {version}, is in force from {show.instant(agreement.since)} on", markup=False
    )


@app.command("show")
def show_(
    name: Name = None,
    agreement: OfFile = None,
    desk: DeskUrl = DEFAULT_DESK,
    month: Month = None,
    since: From = None,
    until: To = None,
    by: Cut = None,
    as_of: AsOf = None,
    as_json: AsJson = False,
) -> None:
    """Show what an agreement came to, window by window, and the last one in full.

    Sealed windows are shown as they were sealed. Exits 1 if the last window is red.
    """
    with open_desk(desk) as opened:
        catch_up(opened)
        found, windows, at = _looked_at(opened, name, agreement, month, since, until, as_of)
        now = agreements.evaluations(opened, found, windows, by=by, as_of=at)
    made = now if by else [_as_sealed(found, one) for one in now]
    if as_json:
        show.json([attrs.asdict(one) | {"sealed": _sealed(found, one) is not None and by is None} for one in made])
    else:
        _series(found, made, by)
        for one in made[-1:] if by is None else ():
            _in_full(one, _sealed(found, one), now[-1])
    if any(one.window == windows[-1] and one.status == "red" for one in made):
        raise typer.Exit(1)


@app.command()
def watermelon(
    name: Name = None,
    agreement: OfFile = None,
    desk: DeskUrl = DEFAULT_DESK,
    month: Month = None,
    since: From = None,
    until: To = None,
    by: Cut = None,
    as_of: AsOf = None,
    as_json: AsJson = False,
) -> None:
    """Find what meets its service level and is a bad experience, down to the tickets. Exits 1 on an alarm."""
    with open_desk(desk) as opened:
        catch_up(opened)
        found, windows, at = _looked_at(opened, name, agreement, month, since, until, as_of)
        if any(version.sla is None for window in windows if (version := found.at(window.since))):
            raise NotUnderstood(f"the agreement {found.name!r} has no sla to be held against")
        totals = findings(agreements.evaluations(opened, found, windows, as_of=at))
        parts = findings(agreements.evaluations(opened, found, windows, by=by, as_of=at)) if by else []
        last = windows[-1]
        version = found.at(last.since)
        assert version is not None  # windows are those in which one is in force
        share, tickets = agreements.examples(opened, version, last, as_of=at)
    unseen = [one for total in totals for one in hidden(total, [part for part in parts if part.window == total.window])]
    if as_json:
        show.json({"total": totals, "segments": parts, "hidden": unseen, "tickets": share, "examples": tickets})
    else:
        _pairs(totals, parts, by)
        for one in unseen:
            show.out.print(f"hidden in {one.window.name}: {one.segment} is {one.xla}", style="yellow", markup=False)
        told = (
            "nobody answered about a ticket with a verdict"
            if share.value is None
            else f"{share.value:.1%} of {share.n:,}"
        )
        show.out.print(f"Watermelon tickets in {last.name}: {told}", markup=False)
        for ticket, answer in tickets.items():
            events = ", ".join(map(str, answer.evidence))
            show.out.print(
                f"    {ticket}  answer {answer.value or 0:.0%} of its scale  events {events}",
                markup=False,
                soft_wrap=True,
            )
    if any(one.alarm for one in (*totals, *parts)):
        raise typer.Exit(1)


@app.command()
def seal(
    name: Annotated[str, typer.Argument(help="An agreement that is published at the desk.", metavar="NAME")],
    month: Annotated[str, typer.Option("--month", help="The window that begins in this month.", metavar="MONTH")],
    correct: Annotated[
        bool, typer.Option("--correct", help="Replace what was sealed and is otherwise by now.")
    ] = False,
    desk: DeskUrl = DEFAULT_DESK,
    by: By = None,
) -> None:
    """Hold fast what an agreement came to in a window that is over."""
    with open_desk(desk) as opened:
        found, windows, _ = _looked_at(opened, name, None, month, None, None, None)
        sealed = agreements.seal(opened, found.name, windows[0].since, actor=_actor(by), correct=correct)
    show.out.print(
        f"{sealed.evaluation.window.name} is sealed: {sealed.evaluation.status}, {sealed.digest}", markup=False
    )
    for digest in sealed.corrects:
        show.out.print(f"    in place of {digest}", markup=False)


def _looked_at(
    desk: Desk,
    name: str | None,
    file: Path | None,
    month: str | None,
    since: str | None,
    until: str | None,
    as_of: str | None,
) -> tuple[Agreements, list[Window], datetime]:
    if (name is None) == (file is None):
        raise NotUnderstood("say which agreement: the name of a published one, or --agreement FILE")
    if month is not None and (since is not None or until is not None):
        raise NotUnderstood("give either --month, or --from and --to")
    at = instant(as_of) or desk.last_at()
    if file is not None:
        found = agreements.read_file(file, desk.host.metrics)
    else:
        found = agreements.of_log(desk, str(name), as_of=None if as_of is None else at)
    cadence = found.versions[-1].window
    zone = attrs.evolve(cadence, kind="month")
    if month is not None:
        whole = zone.holding(_middle(month), at)
        begins, ends = whole.since, whole.until
    else:
        begins = instant(since, UTC)
        ends = instant(until, UTC) or at
    windows = found.windows(begins, ends)
    if not windows:
        raise NotUnderstood(
            f"no window of the agreement {found.name!r} begins in that time: it counts from "
            f"{show.instant(min(version.since for version in found.versions))} on, by {cadence}"
        )
    return found, windows, at


def _middle(month: str) -> datetime:
    try:
        return datetime.strptime(month, "%Y-%m").replace(day=15, tzinfo=UTC)
    except ValueError:
        raise NotUnderstood(f"--month {month!r} is no month; write 2026-01") from None


def _actor(by: str | None) -> Actor:
    return Actor("agent", by, roles=("admin",)) if by else Actor("system", "command-line", roles=("admin",))


def _sealed(found: Agreements, evaluation: Evaluation) -> Sealed | None:
    return found.sealed.get(evaluation.window)


def _as_sealed(found: Agreements, evaluation: Evaluation) -> Evaluation:
    sealed = _sealed(found, evaluation)
    return sealed.evaluation if sealed else evaluation


def _said(agreement: Agreement) -> list[str]:
    how = (
        f"{agreement.k} of {len(agreement.objectives)} green"
        if agreement.composite == "k_of_n"
        else (
            f"{agreement.composite.replace('_', ' ')}, green from {agreement.green:g}, amber from {agreement.amber:g}"
        )
    )
    lines = [f"index: {how}; unknown under {agreement.coverage:.0%} of the weights"]
    for one in agreement.objectives:
        aims = [] if one.target is None else [f"{one.comparator} {one.target:g}"]
        aims += [] if one.improvement is None else [f"better than before by {one.improvement:g}"]
        over = f", over {one.window}" if one.window else ""
        first = "given baseline" if one.baseline else f"{one.baselining} window(s) of baseline"
        critical = ", critical" if one.critical else ""
        lines.append(
            f"{one.indicator}: {one.indicator.metric} {' and '.join(aims)}{over}, by {one.judged_by}, n >= "
            f"{one.indicator.minimum_n}, weight {one.weight:g}, {first}{critical}"
        )
    lines += (
        []
        if agreement.sla is None
        else [f"held against {agreement.sla.metric} {agreement.sla.comparator} {agreement.sla.target:g}"]
    )
    lines += [
        f"left out {show.instant(one.since)} to {show.instant(one.until)}: {one.because}"
        for one in agreement.exclusions
    ]
    return lines + [f"when {one.when}: {one.kind}, {one.what}" for one in agreement.consequences]


def _series(found: Agreements, made: Sequence[Evaluation], by: str | None) -> None:
    directions = {
        str(one.indicator): one.indicator.direction for version in found.versions for one in version.objectives
    }
    moved = {} if by else {point.window: point.moved for point in barometer(made, directions)}
    table = _table(f"Agreement {found.name}", "window", *([by] if by else []), "index", "status", "known", "version")
    names = list(dict.fromkeys(result.indicator for one in made for result in one.results))
    for indicator in names:
        table.add_column(escape(indicator), justify="right")
    for one in made:
        by_name = {result.indicator: result for result in one.results}
        cells = [
            one.window.name
            + ("" if one.complete else " (open)")
            + (" sealed" if not by and _sealed(found, one) else "")
        ]
        cells += [one.segment or "not said"] if by else []
        cells += [_number(one.index), one.status, f"{one.coverage:.0%}", one.agreement.rpartition("@")[2]]
        for indicator in names:
            result = by_name.get(indicator)
            arrow = {"better": " ↑", "worse": " ↓"}.get(moved.get(one.window, {}).get(indicator, ""), "")
            cells.append("" if result is None else f"{_number(result.score)} {result.status}{arrow}")
        table.add_row(*map(escape, cells))
    show.out.print(table)


def _in_full(one: Evaluation, sealed: Sealed | None, now: Evaluation) -> None:
    table = _table(
        f"{one.window.name}: {one.status}", "objective", "value", "95 % interval", "n", "target", "baseline", "status"
    )
    for result in one.results:
        target = "" if result.target is None else f"{result.target:g}"
        interval = "" if result.low is None or result.high is None else f"{result.low:.4g} to {result.high:.4g}"
        cells = (
            result.name,
            _value(result),
            interval,
            f"{result.n:,}",
            target,
            _number(result.baseline, 4),
            result.status,
        )
        table.add_row(*map(escape, cells))
    show.out.print(table)
    notes = [f"{result.name}: {note}" for result in one.results for note in result.notes]
    notes += [f"left out: {said}" for said in one.exclusions]
    notes += [f"named by the unhappy: {factor.name} ({factor.named:,})" for factor in one.factors]
    for line in (*one.reasons, *notes, *one.notes, *one.consequences):
        show.out.print(line, markup=False, soft_wrap=True)
    for reason in one.incomplete:
        show.out.print(f"incomplete: {reason}", style="yellow", markup=False, soft_wrap=True)
    if sealed is not None and agreements.differs(sealed, now):
        show.out.print(
            f"sealed; by now it would be {now.status}, {_number(now.index)}: `ventanilla xla seal … --correct`",
            style="yellow",
            markup=False,
            soft_wrap=True,
        )


def _pairs(totals: Sequence[Finding], parts: Sequence[Finding], by: str | None) -> None:
    table = _table(
        "Service level and experience",
        "window",
        *([by] if by else []),
        "service",
        "experience",
        "severity",
        "finding",
        "worst",
        "named most",
    )
    for one in sorted((*totals, *parts), key=lambda one: (one.window, one.segment or "")):
        cells = [one.window.name, *([one.segment or "all"] if by else [])]
        cells += [f"{_number(one.attainment)} {one.sla}", f"{_number(one.index)} {one.xla}", _number(one.severity)]
        cells += [one.kind + (", alarm" if one.alarm else ""), one.worst or "", one.factor or ""]
        table.add_row(*map(escape, cells))
    show.out.print(table)


def _table(title: str, *heads: str) -> Table:
    table = Table(title=title, title_justify="left", header_style="dim", box=SIMPLE_HEAD)
    for head in heads:
        table.add_column(head, overflow="fold")
    return table


def _value(result: Result) -> str:
    return "unknown" if result.value is None else f"{result.value:.4g}"


def _number(found: float | None, digits: int = 3) -> str:
    return "" if found is None else f"{found:.{digits}g}"
