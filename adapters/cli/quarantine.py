"""Rows of histories and deliveries that could not be taken: see them, try them again, forget them."""

from __future__ import annotations

from typing import Annotated

import attrs
import typer

from ventanilla.adapters.cli import show
from ventanilla.adapters.cli.common import catch_up, open_desk
from ventanilla.adapters.cli.options import DEFAULT_DESK, AsJson, DeskUrl, Map
from ventanilla.adapters.deliveries import deliver_again
from ventanilla.adapters.history import read_mapping
from ventanilla.adapters.history import retry as retry_rows

app = typer.Typer(no_args_is_help=True, help="Rows and deliveries that could not be taken: see them, try them again.")


@app.command("list")
def quarantine_list(desk: DeskUrl = DEFAULT_DESK, as_json: AsJson = False) -> None:
    """List what was put aside: where it stood, and why it cannot be true. Exits 1 if there is any."""
    with open_desk(desk) as opened:
        rows = opened.put_aside()
    if as_json:
        show.json([attrs.asdict(row) for row in rows])
    elif rows:
        show.aside(rows)
    else:
        show.out.print("Nothing is put aside.")
    if rows:
        raise typer.Exit(1)


@app.command("retry")
def quarantine_retry(map_: Map, desk: DeskUrl = DEFAULT_DESK) -> None:
    """Try the rows put aside again, through a mended mapping. Exits 1 if any is still put aside."""
    mapping = read_mapping(map_)
    with open_desk(desk) as opened:
        tally = retry_rows(opened, mapping)
        show.tally(tally)
        catch_up(opened)
    if tally.aside:
        raise typer.Exit(1)


@app.command("redeliver")
def quarantine_redeliver(
    channel: Annotated[str, typer.Argument(help="The channel.", metavar="CHANNEL")], desk: DeskUrl = DEFAULT_DESK
) -> None:
    """Deliver what a channel's plug-in could not take again, to a mended one. Exits 1 if any is still put aside."""
    with open_desk(desk) as opened:
        tried = deliver_again(opened, channel)
    still = sum(delivered.aside is not None for delivered in tried)
    show.out.print(f"{len(tried) - still:,} deliveries taken, {still:,} put aside again")
    if still:
        raise typer.Exit(1)


@app.command("drop")
def quarantine_drop(
    source: Annotated[str, typer.Argument(help="The source file's name, as `list` shows it.", metavar="SOURCE")],
    desk: DeskUrl = DEFAULT_DESK,
) -> None:
    """Forget the rows put aside from one source, for good."""
    with open_desk(desk) as opened:
        ids = [row.id for row in opened.store.aside() if row.source == source]
        opened.store.append((), recorded_at=opened.now(), released=ids)
    show.out.print(f"Dropped {len(ids):,} rows of {source}")
    if not ids:
        raise typer.Exit(1)
