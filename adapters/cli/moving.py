"""The commands that carry a desk elsewhere."""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from ventanilla.adapters.cli import show
from ventanilla.adapters.cli.options import DEFAULT_DESK, DeskUrl
from ventanilla.adapters.cli.progress import told
from ventanilla.adapters.desk import Desk
from ventanilla.adapters.moving import back_up, export_log, import_log
from ventanilla.adapters.moving.export import Moved
from ventanilla.adapters.moving.restore import look_at
from ventanilla.adapters.store import open_store

File = Annotated[Path, typer.Argument(help="JSON Lines, gzipped if the name ends in .gz.", metavar="FILE")]
Out = Annotated[
    Path, typer.Argument(help="A new file; gzipped if its name ends in .gz. -: standard output.", metavar="FILE")
]


def add_to(app: typer.Typer) -> None:
    """Add the commands to *app*."""
    app.command()(export)
    app.command("import-log")(import_log_)
    app.command()(backup)


def export(
    file: Out,
    desk: DeskUrl = DEFAULT_DESK,
    without_vault: Annotated[
        bool, typer.Option("--without-vault", help="Leave out personal texts, their keys, and rows put aside.")
    ] = False,
) -> None:
    """Write a desk's whole log into a file that any backend reads.

    It shows one moment, whatever others write meanwhile. Personal texts stay sealed and their keys wrapped: the desk
    that reads the file needs the same key-encryption keys. `ventanilla import-log` takes it in.
    """
    store, _ = open_store(desk, create=False)
    with closing(store):
        if str(file) == "-":
            moved = export_log(store, sys.stdout.buffer, vault=not without_vault)
            sys.stdout.flush()
        else:
            with told(f"export {file.name}", "rows") as progress:
                moved = export_log(store, file, vault=not without_vault, progress=progress)
    show.err.print(f"Wrote {_said(moved)} to {'standard output' if str(file) == '-' else file}", soft_wrap=True)


def import_log_(file: File, desk: DeskUrl = DEFAULT_DESK) -> None:
    """Take an exported log into an empty desk; one is made if there is none.

    Every event keeps its position, so every answer is the same, down to its evidence. The desk has all of it or
    nothing: stop it at any time, and start it again. A file that was cut or altered is refused.
    """
    look_at(file)  # before a desk is made for nothing
    with Desk(desk) as opened:
        try:
            with told(f"import {file.name}", "rows") as progress:
                moved = import_log(opened, file, progress=progress)
        except KeyboardInterrupt:
            taken = (
                "all of it is in the desk" if opened.store.head() else "nothing was taken; the same command begins anew"
            )
            show.err.print(f"stopped: {taken}")
            raise typer.Exit(130) from None
    show.out.print(f"Took {_said(moved)} into the desk", soft_wrap=True)
    if moved.rows.get("subject_keys"):
        show.out.print(
            "Personal texts are sealed: give this desk the key-encryption keys of the old one "
            "(VENTANILLA_KEYS, or its .keys file beside this desk), then run `ventanilla doctor`",
            soft_wrap=True,
        )


def backup(
    file: Annotated[Path, typer.Argument(help="The copy: a new file.", metavar="FILE")], desk: DeskUrl = DEFAULT_DESK
) -> None:
    """Copy a SQLite desk while it is at work.

    The copy shows one moment, is checked, and is a desk at once. The keys of the vault are not in it: keep them
    elsewhere, since together they open everything. A desk on a server is backed up by the server's own means.
    """
    with told(f"back up to {file.name}", "pages") as progress:
        size = back_up(desk, file, progress=progress)
    show.out.print(f"Copied the desk to {file}: {size:,} bytes, checked", soft_wrap=True)


def _said(moved: Moved) -> str:
    texts = moved.rows.get("vault", 0)
    said = f"{moved.rows['events']:,} events up to position {moved.head:,}, {moved.rows['claims']:,} keys of commands"
    return f"{said}, {texts:,} sealed texts" if moved.vault else f"{said}, no vault"
