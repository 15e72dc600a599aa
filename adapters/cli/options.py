"""The options that many commands have."""

from __future__ import annotations

from typing import Annotated

import typer

DEFAULT_DESK = "sqlite:///desk.db"

DeskUrl = Annotated[
    str,
    typer.Option(
        "--desk",
        envvar="VENTANILLA_DESK",
        help="The desk's address: sqlite:///FILE, or postgresql://user@host/database.",
        metavar="URL",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print data for a program.")]
