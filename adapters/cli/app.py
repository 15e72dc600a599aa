"""The commands: each reads its arguments, asks the desk, prints."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from ventanilla import __version__
from ventanilla.adapters import simulate as simulation
from ventanilla.adapters.cli import (
    audit,
    cases,
    clocks,
    deliver,
    doctor,
    drivers,
    lifetime,
    metrics,
    moving,
    plugins,
    policy,
    quarantine,
    questions,
    report,
    show,
    timeline,
    vault,
    what_if,
    work,
    xla,
)
from ventanilla.adapters.cli.common import catch_up, open_desk
from ventanilla.adapters.cli.isolated import Isolable
from ventanilla.adapters.cli.options import DEFAULT_DESK, DeskUrl, Map
from ventanilla.adapters.cli.progress import progress
from ventanilla.adapters.desk import Desk
from ventanilla.adapters.history import Tally, import_history, read_mapping
from ventanilla.core.errors import DeskError, NotUnderstood, Unavailable

_NOBODY_READS = 128 + 13
"""What a shell says of who was ended by SIGPIPE."""


class Commands(TyperGroup):
    """The commands; one whose reader has gone, as ``| head`` does, ends at once, and has found nothing out."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that *ctx* is about."""
        try:
            try:
                return super().invoke(ctx)
            finally:
                sys.stdout.flush()
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for what is flushed at the very end
            raise SystemExit(_NOBODY_READS) from None


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

Exit codes: 0 all is well · 1 a negative finding · 2 an error, said on standard error.""",
    cls=Commands,
)
app.add_typer(questions.commands)
app.add_typer(metrics.app, name="metrics")
app.add_typer(quarantine.app, name="quarantine")
app.add_typer(plugins.app, name="plugins")
app.add_typer(vault.app, name="vault")
app.add_typer(cases.app, name="cases")
app.add_typer(policy.app, name="policy")
app.add_typer(timeline.app, name="timeline")
app.command("report")(report.report)
app.command("audit", cls=Isolable)(audit.audit)
app.command("verify")(audit.verify_)
app.add_typer(xla.app, name="xla")
app.command("clocks")(clocks.clocks)
app.command("due")(clocks.due)
app.command("deliver")(deliver.deliver)
app.command("what-if")(what_if.what_if)
app.command("drivers")(drivers.drivers)
app.command("lifetime")(lifetime.lifetime)
moving.add_to(app)
doctor.add_to(app)
app.add_typer(work.commands)


def run() -> None:
    """Run the command line; whatever ventanilla raises on purpose becomes one line and exit code 2."""
    try:
        app()
    except DeskError as error:
        said = " ".join(str(error).splitlines())  # what a plug-in raises may have several
        show.err.print(f"error: {said}", markup=False, soft_wrap=True)
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
    try:
        Desk(desk, create=False).close()
        said = "There is a desk already"
    except Unavailable:
        said = "Made a desk"
    with Desk(desk) as made:
        show.out.print(f"{said}: {made.store.database.where}")


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
    with open_desk(desk) as opened:
        try:
            with progress("events") as bar:
                task = bar.add_task(f"import {history.name}", total=None, count=0)
                for tally in import_history(opened, history, mapping):
                    bar.update(task, total=tally.size, completed=tally.done, count=tally.events)
        except KeyboardInterrupt:
            show.tally(tally)
            show.err.print("stopped: what is counted above is safely in; the same command goes on from there")
            raise typer.Exit(130) from None
        show.tally(tally)
        catch_up(opened)


@app.command()
def rebuild(desk: DeskUrl = DEFAULT_DESK) -> None:
    """Fold the whole log anew, beside the fact table that answers meanwhile: it comes out the same."""
    with open_desk(desk) as opened, progress("events") as bar:
        task = bar.add_task("fold", total=opened.store.head(), count=0)
        reached = opened.rebuild(lambda done: bar.update(task, completed=done, count=done))
    show.out.print(f"Rebuilt up to position {reached:,}")
