"""Questions: what a figure is, how a ticket's clock came to its verdict, what the log has."""

from __future__ import annotations

from typing import Annotated
from zoneinfo import ZoneInfo

import attrs
import typer

from ventanilla.adapters.cli import show
from ventanilla.adapters.cli.common import catch_up, instant, open_desk, time_zone
from ventanilla.adapters.cli.options import DEFAULT_DESK, AsJson, AsOf, DeskUrl, From, To, Zone
from ventanilla.adapters.desk import Desk
from ventanilla.adapters.report.words import duration
from ventanilla.core.errors import NotUnderstood
from ventanilla.core.recorded import Recorded
from ventanilla.core.streams import is_ticket
from ventanilla.plugins.host import Host
from ventanilla.projections.clocks import account
from ventanilla.projections.metric import Question

commands = typer.Typer()
metrics = typer.Typer(no_args_is_help=True, help="The questions that can be asked.")


@commands.command()
def ask(
    metric: Annotated[str, typer.Argument(help="See `ventanilla metrics list`.", metavar="METRIC")],
    by: Annotated[
        str | None,
        typer.Option(
            "--by", help="Cut by channel, category, priority, team, code, status, day, month, weekday, hour, or a fact."
        ),
    ] = None,
    desk: DeskUrl = DEFAULT_DESK,
    since: From = None,
    until: To = None,
    as_of: AsOf = None,
    zone: Zone = "UTC",
    evidence: Annotated[bool, typer.Option("--evidence", help="Name the events behind each figure.")] = False,
    as_json: AsJson = False,
) -> None:
    """Answer one question, with its interval, how many tickets it is made of, and the events behind it."""
    place = time_zone(zone)
    start, end, moment = (instant(text, place) for text in (since, until, as_of))
    with open_desk(desk) as opened:
        asked = Question(metric=opened.host.metric(metric), by=by, since=start, until=end, zone=place)
        catch_up(opened)
        (cut,) = opened.answer([asked], as_of=moment)
    if not as_json:
        show.answers(cut, asked.metric.question, by, evidence=evidence)
        return
    keep = (lambda _, __: True) if evidence else (lambda field, _: field.name != "evidence")
    found = [({by: name} if by else {}) | attrs.asdict(answer, filter=keep) for name, answer in cut.items()]
    show.json(found if by else found[0])


@commands.command()
def explain(
    ticket: Annotated[str, typer.Argument(help="The ticket's id.", metavar="TICKET")],
    desk: DeskUrl = DEFAULT_DESK,
    as_of: AsOf = None,
    as_json: AsJson = False,
) -> None:
    """Tell a ticket's story, and how its clock came to its verdict. Exits 1 if there is no such ticket."""
    with open_desk(desk) as opened:
        if not is_ticket(ticket):
            raise NotUnderstood(f"{ticket} is no ticket and has no clock: see `ventanilla log {ticket}`")
        history = _history(opened, ticket)
        moment = instant(as_of, ZoneInfo("UTC")) or opened.last_at()
    found = account(history, moment)
    if as_json:
        show.json({"ticket": ticket, "clocks": [] if found is None else [attrs.asdict(found)]})
        return
    show.story([recorded for recorded in history if recorded.event.at <= moment])
    if found is None:
        show.out.print(f"{ticket} was not open yet at {show.instant(moment)}")
        return
    left = "" if found.seconds_left is None else f": {duration(abs(found.seconds_left))} "
    left += "" if found.seconds_left is None else ("before its due instant" if found.seconds_left >= 0 else "late")
    show.account(found, left)


@commands.command()
def log(
    ticket: Annotated[str, typer.Argument(help="The ticket's id.", metavar="TICKET")],
    desk: DeskUrl = DEFAULT_DESK,
    as_json: AsJson = False,
) -> None:
    """Print a ticket's events as they are in the log. Exits 1 if there is no such ticket."""
    with open_desk(desk) as opened:
        history = _history(opened, ticket)
    if as_json:
        show.json([attrs.asdict(recorded) | {"topic": recorded.event.TOPIC} for recorded in history])
    else:
        show.log(history)


@metrics.command("list")
def metrics_list(as_json: AsJson = False) -> None:
    """List the questions that can be asked, and plug-ins that are broken."""
    host = Host().load()
    if as_json:
        show.json(
            [
                {"name": m.name, "version": m.version, "unit": m.unit, "better": m.better, "question": m.question}
                for m in host.metrics.values()
            ]
        )
        return
    for metric in host.metrics.values():
        show.out.print(f"[bold]{metric.name}[/bold] ({metric.unit})  {metric.question}")
    for found in host.found:
        if found.status == "broken":
            show.err.print(f"broken plug-in {found.name}: {found.reason}", markup=False)


def _history(desk: Desk, ticket: str) -> list[Recorded]:
    history = list(desk.log(ticket))
    if not history:
        show.err.print(f"there is no ticket {ticket!r}", markup=False)
        raise typer.Exit(1)
    return history
