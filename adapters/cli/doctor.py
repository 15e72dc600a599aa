"""The command that examines a desk."""

from __future__ import annotations

import attrs
import typer

from ventanilla.adapters.cli import show
from ventanilla.adapters.cli.options import DEFAULT_DESK, AsJson, DeskUrl
from ventanilla.adapters.cli.progress import told
from ventanilla.adapters.doctor import examine


def add_to(app: typer.Typer) -> None:
    """Add the command to *app*."""
    app.command()(doctor)


def doctor(desk: DeskUrl = DEFAULT_DESK, as_json: AsJson = False) -> None:
    """Examine a desk's database, and say in words what is wrong with it. Exits 1 if anything is.

    It looks at every event, key and sealed text, and at how the database is set up. What may go wrong one day is a
    warning, and no reason to exit 1: so is a gap between positions, which on PostgreSQL are natural and not looked at.
    Nothing is changed.
    """
    with told("examine", "rows") as progress:
        found = examine(desk, progress=progress)
    serious = [finding for finding in found if finding.serious]
    if as_json:
        show.json([attrs.asdict(finding) for finding in found])
    else:
        for finding in found:
            said = f"{finding.says} ({finding.rule})"
            show.out.print(said if finding.serious else f"warning: {said}", markup=False, soft_wrap=True)
        if not serious:
            show.out.print("Nothing is wrong.")
    if serious:
        raise typer.Exit(1)
