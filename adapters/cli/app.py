"""The commands: each reads its arguments, asks the desk, prints."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import attrs
import typer

from ventanilla import __version__
from ventanilla.adapters import simulate as simulation
from ventanilla.adapters.cli import cases, clocks, doctor, moving, policy, show, vault, what_if, work
from ventanilla.adapters.cli.options import DEFAULT_DESK, AsJson, DeskUrl
from ventanilla.adapters.cli.progress import progress
from ventanilla.adapters.desk import Desk
from ventanilla.adapters.history import Tally, import_history, read_mapping
from ventanilla.adapters.history import retry as retry_rows
from ventanilla.adapters.report import html, make_page, terminal
from ventanilla.adapters.report.words import duration
from ventanilla.adapters.store.url import database_path
from ventanilla.core.errors import DeskError, NotUnderstood
from ventanilla.core.recorded import Recorded
from ventanilla.core.streams import is_ticket
from ventanilla.plugins.host import Host
from ventanilla.projections.clocks import account
from ventanilla.projections.metric import Question

app = typer.Typer(
    name="ventanilla",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    help="""Customer-service tickets whose every figure names the events behind it.

A first round:

`ventanilla init` · make a desk (desk.db)

`ventanilla simulate --tickets 5000 --seed 1 --out month.csv` · make a history up, with its mapping month.toml

`ventanilla import month.csv --map month.toml` · take it into the log

`ventanilla report` · read the page

`ventanilla ask on_time --by team` · ask one thing

`ventanilla explain simulated:S-000001` · see how a ticket came to its verdict

Exit codes: 0 all is well · 1 a negative finding · 2 an error, said in one line.""",
)
quarantine = typer.Typer(no_args_is_help=True, help="Rows that could not be taken: see them, try them again.")
metrics = typer.Typer(no_args_is_help=True, help="The questions that can be asked.")
app.add_typer(quarantine, name="quarantine")
app.add_typer(metrics, name="metrics")
app.add_typer(vault.app, name="vault")
app.add_typer(cases.app, name="cases")
app.add_typer(policy.app, name="policy")
app.command("clocks")(clocks.clocks)
app.command("due")(clocks.due)
app.command("what-if")(what_if.what_if)
moving.add_to(app)
doctor.add_to(app)
app.add_typer(work.commands)

From = Annotated[str | None, typer.Option("--from", help="Leave out what is dated before.", metavar="INSTANT")]
To = Annotated[str | None, typer.Option("--to", help="Leave out what is dated then or later.", metavar="INSTANT")]
AsOf = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        metavar="INSTANT",
        help="Look at this instant: an ISO date or time, or 'now'. Default: the newest event in the log, so that the "
        "same log gives the same answer on any day.",
    ),
]
Zone = Annotated[str, typer.Option("--zone", help="Time zone of periods, and of instants without one.", metavar="NAME")]
Map = Annotated[Path, typer.Option("--map", help="The mapping file (TOML): what the columns mean.", metavar="FILE")]


def run() -> None:
    """Run the command line; whatever ventanilla raises on purpose becomes one line and exit code 2."""
    try:
        app()
    except DeskError as error:
        show.err.print(f"error: {error}", markup=False, soft_wrap=True)
    except OSError as error:
        show.err.print(f"error: {error.filename or ''}: {error.strerror or error}", markup=False, soft_wrap=True)
    sys.exit(2)


def _version(wanted: bool) -> None:
    if wanted:
        show.out.print(f"ventanilla {__version__}")
        raise typer.Exit


@app.callback()
def _top(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Say which.")] = False,
) -> None:
    del version


@app.command()
def init(desk: DeskUrl = DEFAULT_DESK) -> None:
    """Make a desk: a database with an empty log. One that is there already is left as it is."""
    path = database_path(desk)
    was_there = path is not None and path.exists()
    with Desk(desk):
        show.out.print(f"{'There is a desk already' if was_there else 'Made a desk'}: {path or 'in memory'}")


@app.command()
def simulate(
    out: Annotated[Path, typer.Option("--out", help="FILE.csv or FILE.jsonl, with .gz for gzip.", metavar="FILE")],
    tickets: Annotated[int, typer.Option("--tickets", min=0, help="How many.")] = 5_000,
    seed: Annotated[int, typer.Option("--seed", help="The same seed makes the same month.")] = 1,
) -> None:
    """Make up a month at a service desk, with the mapping file to import it by."""
    if not {".csv", ".jsonl"} & set(out.suffixes):
        raise NotUnderstood(f"{out}: a history's name ends in .csv, .jsonl, .csv.gz or .jsonl.gz")
    with progress("rows") as bar:
        task = bar.add_task("simulate", total=tickets)
        for count in simulation.write(out, simulation.simulate(tickets, seed)):
            bar.update(task, completed=count)
    mapping = simulation.mapping_path(out)
    show.out.print(f"Wrote {tickets:,} tickets to {out}, and what its columns mean to {mapping}", soft_wrap=True)


@app.command("import")
def import_(
    history: Annotated[Path, typer.Argument(help="CSV or JSON Lines, gzipped or not.", metavar="FILE")],
    map_: Map,
    desk: DeskUrl = DEFAULT_DESK,
) -> None:
    """Take a history into the log.

    Stop it at any time, with Ctrl-C or worse: the same command goes on where it stopped, and adds nothing twice.
    Rows that cannot be true are put aside: see `ventanilla quarantine`.
    """
    mapping = read_mapping(map_)
    tally = Tally()
    with _desk(desk) as opened:
        try:
            with progress("events") as bar:
                task = bar.add_task(f"import {history.name}", total=None, count=0)
                for tally in import_history(opened, history, mapping):
                    bar.update(task, total=tally.size, completed=tally.done, count=tally.events)
        except KeyboardInterrupt:
            _say_tally(tally)
            show.err.print("stopped: what is counted above is safely in; the same command goes on from there")
            raise typer.Exit(130) from None
        _say_tally(tally)
        _catch_up(opened)


@app.command()
def report(
    desk: DeskUrl = DEFAULT_DESK,
    since: From = None,
    until: To = None,
    as_of: AsOf = None,
    zone: Zone = "UTC",
    title: Annotated[str, typer.Option("--title", help="What it is about.")] = "Tickets",
    as_json: AsJson = False,
    html_file: Annotated[
        Path | None, typer.Option("--html", help="Write it as one self-contained HTML file.", metavar="FILE")
    ] = None,
) -> None:
    """Show the page: volume, timeliness, durations, backlog, and what was put aside.

    Exits 1 if another system's verdicts are in the log and differ from ours.
    """
    place = _zone(zone)
    with _desk(desk) as opened:
        _catch_up(opened)
        page = make_page(
            opened,
            title=title,
            since=_instant(since, place),
            until=_instant(until, place),
            as_of=_instant(as_of, place),
            zone=place,
        )
    if html_file:
        html_file.write_text(html.render(page), encoding="utf-8")
        show.err.print(f"Wrote {html_file}", soft_wrap=True)
    if as_json:
        sys.stdout.write(page.as_json().decode() + "\n")
    elif not html_file:
        show.out.print(terminal.render(page))
    if any(agreement.disagreements for agreement in page.agreements):
        raise typer.Exit(1)


@app.command()
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
    place = _zone(zone)
    start, end, moment = (_instant(text, place) for text in (since, until, as_of))
    with _desk(desk) as opened:
        asked = Question(metric=opened.host.metric(metric), by=by, since=start, until=end, zone=place)
        _catch_up(opened)
        (cut,) = opened.answer([asked], as_of=moment)
    if not as_json:
        show.answers(cut, asked.metric.question, by, evidence=evidence)
        return
    keep = (lambda _, __: True) if evidence else (lambda field, _: field.name != "evidence")
    found = [({by: name} if by else {}) | attrs.asdict(answer, filter=keep) for name, answer in cut.items()]
    show.json(found if by else found[0])


@app.command()
def explain(
    ticket: Annotated[str, typer.Argument(help="The ticket's id.", metavar="TICKET")],
    desk: DeskUrl = DEFAULT_DESK,
    as_of: AsOf = None,
    as_json: AsJson = False,
) -> None:
    """Tell a ticket's story, and how its clock came to its verdict. Exits 1 if there is no such ticket."""
    with _desk(desk) as opened:
        if not is_ticket(ticket):
            raise NotUnderstood(f"{ticket} is no ticket and has no clock: see `ventanilla log {ticket}`")
        history = _history(opened, ticket)
        moment = _instant(as_of, ZoneInfo("UTC")) or opened.last_at()
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


@app.command()
def log(
    ticket: Annotated[str, typer.Argument(help="The ticket's id.", metavar="TICKET")],
    desk: DeskUrl = DEFAULT_DESK,
    as_json: AsJson = False,
) -> None:
    """Print a ticket's events as they are in the log. Exits 1 if there is no such ticket."""
    with _desk(desk) as opened:
        history = _history(opened, ticket)
    if as_json:
        show.json([attrs.asdict(recorded) | {"topic": recorded.event.TOPIC} for recorded in history])
    else:
        show.log(history)


@app.command()
def rebuild(desk: DeskUrl = DEFAULT_DESK) -> None:
    """Fold the whole log anew, beside the fact table that answers meanwhile: it comes out the same."""
    with _desk(desk) as opened, progress("events") as bar:
        task = bar.add_task("fold", total=opened.store.head(), count=0)
        reached = opened.rebuild(lambda done: bar.update(task, completed=done, count=done))
    show.out.print(f"Rebuilt up to position {reached:,}")


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


@quarantine.command("list")
def quarantine_list(desk: DeskUrl = DEFAULT_DESK, as_json: AsJson = False) -> None:
    """List the rows put aside: where they stood, and why they cannot be true. Exits 1 if there are any."""
    with _desk(desk) as opened:
        rows = opened.put_aside()
    if as_json:
        show.json([attrs.asdict(row) for row in rows])
    elif rows:
        show.aside(rows)
    else:
        show.out.print("Nothing is put aside.")
    if rows:
        raise typer.Exit(1)


@quarantine.command("retry")
def quarantine_retry(map_: Map, desk: DeskUrl = DEFAULT_DESK) -> None:
    """Try the rows put aside again, through a mended mapping. Exits 1 if any is still put aside."""
    mapping = read_mapping(map_)
    with _desk(desk) as opened:
        tally = retry_rows(opened, mapping)
        _say_tally(tally)
        _catch_up(opened)
    if tally.aside:
        raise typer.Exit(1)


@quarantine.command("drop")
def quarantine_drop(
    source: Annotated[str, typer.Argument(help="The source file's name, as `list` shows it.", metavar="SOURCE")],
    desk: DeskUrl = DEFAULT_DESK,
) -> None:
    """Forget the rows put aside from one source, for good."""
    with _desk(desk) as opened:
        ids = [row.id for row in opened.store.aside() if row.source == source]
        opened.store.append((), recorded_at=opened.now(), released=ids)
    show.out.print(f"Dropped {len(ids):,} rows of {source}")
    if not ids:
        raise typer.Exit(1)


@contextmanager
def _desk(url: str) -> Iterator[Desk]:
    with Desk(url, create=False, host=Host().load()) as desk:
        yield desk


def _history(desk: Desk, ticket: str) -> list[Recorded]:
    history = list(desk.log(ticket))
    if not history:
        show.err.print(f"there is no ticket {ticket!r}", markup=False)
        raise typer.Exit(1)
    return history


def _catch_up(desk: Desk) -> None:
    position, head = desk.view.position(), desk.store.head()
    if head - position < 20_000:
        desk.catch_up()
        return
    with progress("events") as bar:
        task = bar.add_task("fold", total=head - position, count=0)
        desk.catch_up(lambda done: bar.update(task, completed=done - position, count=done - position))


def _say_tally(tally: Tally) -> None:
    parts = [f"{tally.rows:,} rows read", f"{tally.imported:,} taken into {tally.events:,} events"]
    parts += [f"{tally.known:,} known already"] if tally.known else []
    parts += [f"{tally.ignored:,} passed over"] if tally.ignored else []
    parts += [f"{tally.aside:,} put aside (`ventanilla quarantine list`)"] if tally.aside else []
    show.out.print(", ".join(parts), soft_wrap=True)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise NotUnderstood(f"--zone {name!r} is no time zone; write it as Europe/Madrid") from None


def _instant(text: str | None, zone: ZoneInfo) -> datetime | None:
    if text is None:
        return None
    if text == "now":
        return datetime.now(UTC)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise NotUnderstood(f"{text!r} is no instant; write 2015-01-31 or 2015-01-31T18:00:00Z") from None
    return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
