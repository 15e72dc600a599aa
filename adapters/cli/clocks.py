"""``ventanilla clocks`` and ``ventanilla due``: what the clocks show, and what has come due."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated

import attrs
import typer
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from ventanilla.adapters.cli import show
from ventanilla.adapters.cli.common import instant, open_desk
from ventanilla.adapters.cli.options import DEFAULT_DESK, AsJson, AsOf, DeskUrl, KnownAt
from ventanilla.adapters.due_table import Due
from ventanilla.projections.account import span
from ventanilla.projections.clock import Reading


def clocks(
    ticket: Annotated[str, typer.Argument(help="The ticket's id.", metavar="TICKET")],
    desk: DeskUrl = DEFAULT_DESK,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    every: Annotated[bool, typer.Option("--all", help="Show clocks without a target, too.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show every clock of a ticket and its account: what was true at an instant, as known at another.

    Exits 1 if there is no such ticket.
    """
    with open_desk(desk) as opened:
        if not opened.log(ticket):
            show.err.print(f"there is no ticket {ticket!r}", markup=False)
            raise typer.Exit(1)
        found = opened.clocks(ticket, as_of=instant(as_of) or opened.last_at(), known_at=instant(known_at))
        problems = opened.dues.problems()
    for problem in problems:
        show.err.print(problem, markup=False, soft_wrap=True)
    shown = [reading for reading in found if every or reading.state != "none"]
    if as_json:
        show.json({"ticket": ticket, "clocks": [attrs.asdict(reading) for reading in shown]})
        return
    for reading in shown:
        _show(reading)
    if not shown:
        show.out.print("No clock of it has a target.")


def due(
    desk: DeskUrl = DEFAULT_DESK,
    now: Annotated[
        str | None, typer.Option("--now", help="Up to this instant. Default: now.", metavar="INSTANT")
    ] = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="Acknowledge nothing: it is printed again when its lease is over.")
    ] = False,
    lease: Annotated[
        float, typer.Option("--lease", help="For how long nobody else is given it, in seconds.", metavar="SECONDS")
    ] = 60,
    as_json: AsJson = False,
) -> None:
    """Print what has come due and was not printed before: whoever asks must act on it.

    It is acknowledged once it is printed: killed before, it is printed again when its lease is over.
    """
    with open_desk(desk) as opened:
        found = opened.due(instant(now), lease=lease)
        _print(found, as_json)
        sys.stdout.flush()
        if not keep:
            opened.acknowledge(found)


def _print(found: Sequence[Due], as_json: bool) -> None:
    if as_json:
        show.json([{**attrs.asdict(one), "key": one.key} for one in found])
        return
    for one in found:
        level = f" {one.level}" if one.level else ""
        show.out.print(
            f"{show.instant(one.at)}  {one.kind}{level}  {one.ticket}  {one.slot}: {one.clock} {one.number}",
            markup=False,
            soft_wrap=True,
        )
    if not found:
        show.out.print("Nothing has come due.")


def _show(reading: Reading) -> None:
    which = f" {reading.each}" if reading.each else f" {reading.number}" if reading.number > 1 else ""
    title = f"{reading.slot}: {reading.clock}{which}"
    table = Table(title=escape(title), title_justify="left", header_style="dim", box=SIMPLE_HEAD)
    for head in ("event", "at", "what it did"):
        table.add_column(head, justify="right" if head == "event" else "left")
    for entry in reading.entries:
        table.add_row(f"#{entry.position}" if entry.position > 0 else "", show.instant(entry.at), escape(entry.what))
    show.out.print(table)
    said = [f"ran {span(reading.elapsed)}"]
    said += [f"paused {span(reading.paused)}"] if reading.paused else []
    said += [f"due {show.instant(reading.due)}"] if reading.due else []
    said += [f"breached {show.instant(reading.breached_at)} ({reading.because})"] if reading.breached_at else []
    show.out.print(f"[bold]{reading.state}[/bold] as of {show.instant(reading.as_of)}: {', '.join(said)}")
