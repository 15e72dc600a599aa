"""``ventanilla policy``: see what a policy file says before it counts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ventanilla.adapters.cli import show
from ventanilla.adapters.policies import read_file
from ventanilla.plugins.host import Host
from ventanilla.projections.account import show as instant
from ventanilla.projections.policy_text import explain

app = typer.Typer(no_args_is_help=True, help="Policies: targets, pauses, warnings, escalation.")


@app.callback()
def _top() -> None:
    """Policies: targets, pauses, warnings, escalation."""


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
