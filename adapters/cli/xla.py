"""``ventanilla xla``: experience agreements, what they come to, and what is green outside and red inside."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import attrs
import typer
from rich.markup import escape

from ventanilla.adapters import agreements, sealing
from ventanilla.adapters.agreements import Agreements
from ventanilla.adapters.cli import show, show_xla
from ventanilla.adapters.cli.common import catch_up, instant, open_desk
from ventanilla.adapters.cli.options import DEFAULT_DESK, AsJson, AsOf, DeskUrl, From, To
from ventanilla.adapters.desk import Desk
from ventanilla.core.commands import PublishSetting
from ventanilla.core.errors import NotUnderstood
from ventanilla.core.recorded import Actor
from ventanilla.core.setting import Setting
from ventanilla.core.streams import setting
from ventanilla.plugins.host import Host
from ventanilla.projections.xla import Cadence, Window, findings, hidden

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
    for line in show_xla.said(agreement):
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
        sealed = {} if by else found.sealed
        last = sealed.get(windows[-1])
        again = sealing.anew(opened, found, last) if last else None
    by_window = {one.window: one for one in now}
    made = now if by else [sealed[one].evaluation if one in sealed else by_window[one] for one in windows]
    if as_json:
        show.json([attrs.asdict(one) | {"sealed": one.window in sealed} for one in made])
    else:
        show_xla.series(found, made, by)
        for one in made[-1:] if by is None else ():
            show_xla.in_full(one, again)
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
        windows = [window for window in windows if found.at(window.since)]  # the others are sealed, no more
        version = found.at(windows[-1].since) if windows else None
        if version is None:
            raise NotUnderstood(f"no version of the agreement {found.name!r} in force then can be read")
        if any(each.sla is None for window in windows if (each := found.at(window.since))):
            raise NotUnderstood(f"the agreement {found.name!r} has no sla to be held against")
        looked_at = [*found.before(windows[0]), *windows]  # whether it is the second in a row
        whole = agreements.evaluations(opened, found, looked_at, as_of=at)
        cut = agreements.evaluations(opened, found, looked_at, by=by, as_of=at) if by else []
        last = windows[-1]
        share, tickets = agreements.examples(opened, version, last, as_of=at)
    totals, parts = ([one for one in findings(made) if one.window in windows] for made in (whole, cut))
    unseen = [one for total in totals for one in hidden(total, [part for part in parts if part.window == total.window])]
    lacks = [*(made.incomplete for made in (*whole, *cut)), share.incomplete]
    incomplete = list(dict.fromkeys(why for lack in lacks for why in lack))
    if as_json:
        found_out = {"total": totals, "segments": parts, "hidden": unseen, "tickets": share, "examples": tickets}
        show.json({**found_out, "incomplete": incomplete})
    else:
        show_xla.pairs(totals, parts, by)
        for one in unseen:
            said = f"hidden in {one.window.name}: {one.segment or 'not said'} is {one.xla}"
            show.out.print(said, style="yellow", markup=False)
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
        show.lacking(incomplete)
    if any(one.alarm for one in (*totals, *parts)):
        raise typer.Exit(1)


@app.command()
def seal(
    name: Annotated[str, typer.Argument(help="An agreement that is published at the desk.", metavar="NAME")],
    month: Annotated[str, typer.Option("--month", help="The windows that begin in this month.", metavar="MONTH")],
    correct: Annotated[
        bool, typer.Option("--correct", help="Replace what was sealed and is otherwise by now.")
    ] = False,
    desk: DeskUrl = DEFAULT_DESK,
    by: By = None,
) -> None:
    """Hold fast what an agreement came to in the windows of a month that are over."""
    with open_desk(desk) as opened:
        found, windows, _ = _looked_at(opened, name, None, month, None, None, None)
        now = opened.now()
        for window in [one for one in windows if one.until <= now] or windows[:1]:
            sealed = sealing.seal(opened, found.name, window.since, actor=_actor(by), correct=correct)
            one = sealed.evaluation
            show.out.print(f"{one.window.name} is sealed: {one.status}, {sealed.digest}", markup=False)
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
    for one in found.unread:
        show.err.print(f"not evaluated: {one.why}", style="yellow", markup=False, soft_wrap=True)
    begins, ends = instant(since), instant(until) or at
    if month is not None:
        version = found.at(_middle(month)) or next(iter(found.versions[-1:]), None)
        whole = Cadence(zone=version.window.zone if version else "UTC").holding(_middle(month), at)
        begins, ends = whole.since, whole.until
    windows = found.windows(begins, ends)
    if not windows:
        versions = [f"; from {show.instant(one.since)} on it counts by {one.window}" for one in found.versions]
        raise NotUnderstood(f"no window of the agreement {found.name!r} begins in that time{''.join(versions)}")
    return found, windows, at


def _middle(month: str) -> datetime:
    try:
        return datetime.strptime(month, "%Y-%m").replace(day=15, tzinfo=UTC)
    except ValueError:
        raise NotUnderstood(f"--month {month!r} is no month; write 2026-01") from None


def _actor(by: str | None) -> Actor:
    return Actor("agent", by, roles=("admin",)) if by else Actor("system", "command-line", roles=("admin",))
