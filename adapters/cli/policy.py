"""``ventanilla policy``: see what a policy file says, publish it, and see what judged the past anew."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import attrs
import typer

from ventanilla.adapters.cli import show
from ventanilla.adapters.cli.common import instant as moment
from ventanilla.adapters.cli.common import open_desk
from ventanilla.adapters.cli.options import DEFAULT_DESK, AsJson, DeskUrl
from ventanilla.adapters.policies import read_file
from ventanilla.core.errors import NotUnderstood
from ventanilla.core.events import SettingPublished, SettingRestated
from ventanilla.core.recorded import Actor, Recorded
from ventanilla.plugins.host import Host
from ventanilla.projections.account import show as instant
from ventanilla.projections.policy_text import explain

app = typer.Typer(no_args_is_help=True, help="Policies: targets, pauses, warnings, escalation.")


@app.callback()
def _top() -> None:
    """Policies: targets, pauses, warnings, escalation."""


@app.command()
def publish(
    file: Annotated[Path, typer.Argument(help="A policy (TOML).", metavar="FILE")],
    desk: DeskUrl = DEFAULT_DESK,
    since: Annotated[
        str | None,
        typer.Option("--since", help="From when on it counts. Default: as FILE says, or now.", metavar="INSTANT"),
    ] = None,
    restates: Annotated[
        str | None, typer.Option("--restates", help="Judge the past anew, from --since on, and why.", metavar="WHY")
    ] = None,
    report: Annotated[
        Path | None, typer.Option("--report", help="Write every difference that this makes to a file.", metavar="OUT")
    ] = None,
    by: Annotated[
        str | None,
        typer.Option(
            "--by", help="The agent who publishes it, for the record. Default: the command line.", metavar="ID"
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Publish the next version of a policy. One that restates the past is recorded with the report of what changes."""
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise NotUnderstood(f"{file} is no UTF-8 text") from None
    with open_desk(desk) as opened:
        roles = ("admin",)
        actor = Actor("agent", by, roles=roles) if by else Actor("system", "command-line", roles=roles)
        outcome = opened.publish(text, actor=actor, since=moment(since), restates=restates, report=report)
        history = opened.log(outcome.aggregate.id)
    recorded = outcome.events[0] if outcome.events else history[-1]
    if as_json:
        show.json(_plain(recorded))
        return
    if not outcome.events:
        show.out.print("It is in force already, word for word; nothing was recorded:", soft_wrap=True)
    _say(recorded)


@app.command()
def restatements(desk: DeskUrl = DEFAULT_DESK, as_json: AsJson = False) -> None:
    """List the versions that judged the past anew, each with its report."""
    with open_desk(desk) as opened:
        found = opened.restatements()
    if as_json:
        show.json([_plain(recorded) for recorded in found])
        return
    for recorded in found:
        _say(recorded)
    if not found:
        show.out.print("The past was never judged anew.")


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="A policy (TOML).", metavar="FILE")],
    calendar: Annotated[
        list[str] | None, typer.Option("--calendar", help="A calendar that the desk has already.", metavar="NAME")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print data for a program.")] = False,
) -> None:
    """Say in words what a policy file says. Exits 1 if a rule can never be reached, 2 if it makes no sense."""
    document = read_file(file, calendars=calendar or (), clocks=[clock.name for clock in Host().load().clocks])
    lines = list(explain(document.policy))
    if as_json:
        show.json({"policy": document.policy.name, "since": document.since, "lines": lines})
    else:
        since = "from the beginning" if document.since is None else f"from {instant(document.since)} on"
        show.out.print(f"Policy [bold]{document.policy.name}[/bold], {since}", soft_wrap=True)
        for line in lines:
            show.out.print(line, markup=False, soft_wrap=True)
    if any("NEVER REACHED" in line for line in lines):
        raise typer.Exit(1)


def _plain(recorded: Recorded) -> dict[str, object]:
    return {
        "setting": recorded.stream,
        "position": recorded.position,
        "recorded_at": recorded.recorded_at,
        "actor": recorded.actor,
        "event": attrs.asdict(recorded.event),
    }


def _say(recorded: Recorded) -> None:
    event = recorded.event
    if not isinstance(event, SettingPublished | SettingRestated):
        return
    title = f"#{recorded.position} {recorded.stream}, version {event.version}, from {instant(event.since)} on"
    show.out.print(f"{title}, by {recorded.actor}", markup=False, soft_wrap=True)
    if not isinstance(event, SettingRestated):
        return
    show.out.print(f"    restates the past: {event.because}", markup=False, soft_wrap=True)
    said = f"{event.tickets:,} tickets up to position {event.position:,}, as of {instant(event.as_of)}"
    left = f"; {event.left_out:,} cannot be read" if event.left_out else ""
    show.out.print(f"    {said}{left}", markup=False, soft_wrap=True)
    changed = f"{event.instances_changed:,} instances of {event.tickets_changed:,} tickets come out otherwise"
    show.out.print(f"    {changed}", markup=False, soft_wrap=True)
    for clock, (instances, before, after, more, fewer) in event.clocks.items():
        line = f"{clock}: breached {before:,} before, {after:,} now ({more:,} more, {fewer:,} fewer) of {instances:,}"
        show.out.print(f"    {line}", markup=False, soft_wrap=True)
    show.out.print(f"    report sha256 {event.digest}", markup=False, soft_wrap=True)
