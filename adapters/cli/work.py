"""The commands around the view: keep it up with the log, see how far it is, what is parked."""

from __future__ import annotations

import signal
from typing import Annotated

import attrs
import typer
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from ventanilla.adapters.cli import show
from ventanilla.adapters.desk import Desk
from ventanilla.adapters.report.words import duration
from ventanilla.plugins.host import Host

commands = typer.Typer()
parked = typer.Typer(no_args_is_help=True, help="Tickets with an event that could not be read: see them, try again.")
commands.add_typer(parked, name="parked")

DeskUrl = Annotated[str, typer.Option("--desk", envvar="VENTANILLA_DESK", help="The desk's address.", metavar="URL")]
AsJson = Annotated[bool, typer.Option("--json", help="Print data for a program.")]
DEFAULT_DESK = "sqlite:///desk.db"


def _desk(url: str) -> Desk:
    return Desk(url, create=False, host=Host().load())


@commands.command()
def work(desk: DeskUrl = DEFAULT_DESK) -> None:
    """Keep the fact table up with the log until stopped, with Ctrl-C or SIGTERM.

    Run as many as you like: on a server one works and the others stand by.
    """
    stopped = False

    def stop(*_: object) -> None:
        nonlocal stopped
        stopped = True

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    with _desk(desk) as opened:
        show.err.print("working; stop with Ctrl-C")
        opened.work(lambda: stopped)
        lag = opened.lag()
        show.out.print(f"Stopped at position {opened.view.position():,}, {lag.events:,} events behind the log")


@commands.command()
def status(desk: DeskUrl = DEFAULT_DESK, as_json: AsJson = False) -> None:
    """Say how far the fact table is behind the log, and what is parked or put aside. Exits 1 if anything is parked."""
    with _desk(desk) as opened:
        head, position, lag = opened.store.head(), opened.view.position(), opened.lag()
        aside, found = len(opened.store.aside()), opened.parked()
    if as_json:
        show.json(
            {"head": head, "position": position, "events_behind": lag.events, "seconds_behind": lag.seconds}
            | {"parked": [attrs.asdict(one) for one in found], "quarantine": aside}
        )
    else:
        behind = f"{lag.events:,} events behind, the oldest for {duration(lag.seconds)}" if lag.events else "up to date"
        show.out.print(f"log at position {head:,}\nfact table at position {position:,}, {behind}")
        show.out.print(f"tickets parked: {len(found):,}" + (" (`ventanilla parked list`)" if found else ""))
        show.out.print(f"rows in quarantine: {aside:,}" + (" (`ventanilla quarantine list`)" if aside else ""))
    if found:
        raise typer.Exit(1)


@parked.command("list")
def parked_list(desk: DeskUrl = DEFAULT_DESK, as_json: AsJson = False) -> None:
    """List the tickets whose rows stand still, and the event that each stopped at. Exits 1 if there are any."""
    with _desk(desk) as opened:
        opened.catch_up()
        found = opened.parked()
    if as_json:
        show.json([attrs.asdict(one) for one in found])
    elif found:
        table = Table(header_style="dim", box=SIMPLE_HEAD)
        for head in ("ticket", "event", "topic", "not counted", "reason"):
            table.add_column(head, overflow="fold")
        for one in found:
            table.add_row(*map(escape, (one.stream, f"#{one.position}", one.topic, f"{one.events:,}", one.reason)))
        show.out.print(table)
    else:
        show.out.print("Nothing is parked.")
    if found:
        raise typer.Exit(1)


@parked.command("retry")
def parked_retry(desk: DeskUrl = DEFAULT_DESK) -> None:
    """Try what is parked again, after an upgrade say. Exits 1 if anything still is."""
    with _desk(desk) as opened:
        opened.catch_up()
        freed, left = opened.retry_parked(), len(opened.parked())
    show.out.print(f"Parked no longer: {freed:,}; parked still: {left:,}")
    if left:
        raise typer.Exit(1)
