"""Questions: what a figure is, how a ticket's clock came to its verdict, what the log has."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import attrs
import typer

from ventanilla.adapters.cli import show
from ventanilla.adapters.cli.common import catch_up, conditions, instant, open_desk, policy_file, time_zone
from ventanilla.adapters.cli.isolated import Isolable, Isolated, Megabytes, Seconds, elsewhere
from ventanilla.adapters.cli.options import DEFAULT_DESK, AsJson, AsOf, DeskUrl, From, KnownAt, To, Zone
from ventanilla.adapters.comparing import compared
from ventanilla.adapters.desk import Desk
from ventanilla.adapters.isolation import ISOLATED, MEGABYTES, SECONDS
from ventanilla.adapters.report.words import duration
from ventanilla.core.errors import NotUnderstood
from ventanilla.core.recorded import Recorded
from ventanilla.core.streams import is_ticket
from ventanilla.projections.clocks import account
from ventanilla.projections.comparison import Point
from ventanilla.projections.metric import Cut, Question

commands = typer.Typer()


@commands.command(cls=Isolable)
def ask(
    ctx: typer.Context,
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
    only: Annotated[
        list[str] | None,
        typer.Option("--only", help="Count only what has this value: channel=mail. Repeatable.", metavar="NAME=VALUE"),
    ] = None,
    pooled: Annotated[
        int, typer.Option("--pooled", min=1, help="Take each figure of a cut by period over so many.", metavar="COUNT")
    ] = 1,
    compare: Annotated[
        Literal["previous"] | None,
        typer.Option("--compare", help="Say how each figure differs from the window before, and whether by chance."),
    ] = None,
    known_at: KnownAt = None,
    policy: Annotated[
        Path | None, typer.Option("--policy", help="Judge clocks by this policy (TOML).", metavar="FILE")
    ] = None,
    evidence: Annotated[bool, typer.Option("--evidence", help="Name the events behind each figure.")] = False,
    as_json: AsJson = False,
    isolated: Isolated = False,
    seconds: Seconds = SECONDS,
    megabytes: Megabytes = MEGABYTES,
) -> None:
    """Answer one question, with its interval, how many tickets it is made of, and the events behind it."""
    if isolated and ctx.obj != ISOLATED:
        elsewhere(ctx, metric, seconds, megabytes)
        return
    place = time_zone(zone)
    start, end, moment, known = (instant(text, place) for text in (since, until, as_of, known_at))
    with open_desk(desk) as opened:
        asked = Question(
            metric=opened.host.metric(metric),
            by=by,
            only=conditions(only or ()),
            since=start,
            until=end,
            pooled=pooled,
            zone=place,
        )
        document = policy_file(opened, policy)
        catch_up(opened)
        answered = partial(opened.answer, as_of=moment, known_at=known, policy=document)
        points = compared(asked, answered) if compare else _alone(answered([asked])[0])
        # A cut of nothing has no answer that says what it lacks: the whole has one.
        whole = points or _alone(answered([attrs.evolve(asked, by=None, pooled=1)])[0])
    if not as_json:
        show.answers(points, asked.metric.question, by, evidence=evidence, compared=compare is not None)
        show.lacking(whole[None].answer.incomplete if not points else ())
        return
    keep = (lambda _, __: True) if evidence else (lambda field, _: field.name != "evidence")
    found = [
        ({by: name} if by else {})
        | attrs.asdict(point.answer, filter=keep)
        | ({"comparison": point.comparison and attrs.asdict(point.comparison)} if compare else {})
        for name, point in points.items()
    ]
    show.json(found if by else found[0])


def _alone(cut: Cut) -> Mapping[str | None, Point]:
    return {key: Point(answer=answer, comparison=None) for key, answer in cut.items()}


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
        history = _history(opened, ticket, {"ticket": ticket, "clocks": []} if as_json else None)
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
        history = _history(opened, ticket, [] if as_json else None)
    if as_json:
        show.json([attrs.asdict(recorded) | {"topic": recorded.event.TOPIC} for recorded in history])
    else:
        show.log(history)


def _history(desk: Desk, ticket: str, nothing: object) -> list[Recorded]:
    """Return the history of *ticket*, or exit 1 with *nothing* as JSON: a program is told in its own language."""
    history = list(desk.log(ticket))
    if not history:
        if nothing is not None:
            show.json(nothing)
        show.err.print(f"there is no ticket {ticket!r}", markup=False)
        raise typer.Exit(1)
    return history
