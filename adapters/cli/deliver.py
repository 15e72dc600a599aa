"""``ventanilla deliver``: hand a channel what it was sent, from a file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import attrs
import typer

from ventanilla.adapters.cli import show
from ventanilla.adapters.cli.common import open_desk
from ventanilla.adapters.cli.options import DEFAULT_DESK, AsJson, DeskUrl
from ventanilla.adapters.deliveries import Delivered
from ventanilla.core.errors import NotUnderstood
from ventanilla.plugins.channel import Delivery


def deliver(
    channel: Annotated[str, typer.Argument(help="See `ventanilla plugins list`.", metavar="CHANNEL")],
    file: Annotated[Path, typer.Argument(help="The body, as it came; '-' for standard input.", metavar="FILE")],
    header: Annotated[
        list[str] | None, typer.Option("--header", help="'Name: value'; as often as needed.", metavar="HEADER")
    ] = None,
    desk: DeskUrl = DEFAULT_DESK,
    as_json: AsJson = False,
) -> None:
    """Take what a channel was sent. Again, it changes nothing. Exits 1 if it was put aside."""
    body = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    headers = dict(map(_header, header or []))
    with open_desk(desk) as opened:
        delivered = opened.deliver(channel, Delivery(body=body, headers=headers, received_at=opened.now()))
    show_delivered(delivered, as_json=as_json)
    if delivered.aside:
        raise typer.Exit(1)


def show_delivered(delivered: Delivered, *, as_json: bool) -> None:
    """Print what became of a delivery."""
    events = [recorded for outcome in delivered.outcomes for recorded in outcome.events]
    if as_json:
        aside = attrs.asdict(delivered.aside) if delivered.aside else None
        positions = [recorded.position for recorded in events]
        show.json({"id": delivered.id, "repeated": delivered.repeated, "events": positions, "aside": aside})
        return
    if delivered.aside:
        said = f"put aside: {delivered.aside.reason} ({delivered.aside.rule}); see `ventanilla quarantine list`"
        show.err.print(said, markup=False, soft_wrap=True)
    again = " before" if delivered.repeated else ""
    show.out.print(f"{delivered.id}: {len(events):,} events recorded{again}", markup=False, soft_wrap=True)
    for recorded in events:
        line = f"    #{recorded.position} {recorded.stream} {recorded.event.TOPIC}"
        show.out.print(line, markup=False, soft_wrap=True)


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        raise NotUnderstood(f"--header {text!r} is none; write it as 'X-Signature: abc'")
    return name.strip(), value.strip()
