"""The options that many commands have."""

from __future__ import annotations

from pathlib import Path
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
KnownAt = Annotated[
    str | None, typer.Option("--known-at", help="Leave out what was recorded later.", metavar="INSTANT")
]
