"""The commands about what is personal: erase a person, hand out what is held on them, end an epoch of keys."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import attrs
import typer
from rich.box import SIMPLE_HEAD
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from ventanilla.adapters.cli import show
from ventanilla.adapters.desk import Desk
from ventanilla.adapters.vault import Receipt, read_register, write_register
from ventanilla.core.commands import EraseAgent, EraseCustomer
from ventanilla.core.errors import NotUnderstood
from ventanilla.core.recorded import Actor
from ventanilla.core.streams import AGENT, CUSTOMER
from ventanilla.plugins.host import Host

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="""What is personal: erase it, hand it out, see who read it, change the keys.

A person is named by their stream: `customer/c-1`, `agent/a-7`.""",
)

DeskUrl = Annotated[
    str, typer.Option("--desk", envvar="VENTANILLA_DESK", help="The desk's address: sqlite:///FILE.", metavar="URL")
]
Subject = Annotated[str, typer.Argument(help="Whom: customer/ID or agent/ID.", metavar="PERSON")]
By = Annotated[
    str | None,
    typer.Option("--by", help="The id of the agent who asks, for the record. Default: the command line.", metavar="ID"),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print data for a program.")]
DEFAULT_DESK = "sqlite:///desk.db"


@app.command()
def erase(
    subject: Subject,
    request: Annotated[str, typer.Option("--request", help="The id of the request.", metavar="ID")],
    because: Annotated[str, typer.Option("--because", help="Why, a code: asked, retention.", metavar="CODE")] = "asked",
    desk: DeskUrl = DEFAULT_DESK,
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Erase a person for good, and print the receipt. All figures stay as they are.

    There is no way back. Refused while they are under a legal hold. Again, it gives the same receipt.
    """
    with _desk(desk) as opened:
        said = {"at": opened.now(), "actor": _actor(by), "request": request, "because": because}
        if subject.startswith(CUSTOMER):
            receipt = opened.erase(EraseCustomer(customer=subject.removeprefix(CUSTOMER), **said))  # type: ignore[arg-type]
        elif subject.startswith(AGENT):
            receipt = opened.erase(EraseAgent(agent=subject.removeprefix(AGENT), **said))  # type: ignore[arg-type]
        else:
            raise NotUnderstood(f"{subject!r} is nobody: write customer/ID or agent/ID")
    if as_json:
        show.json(attrs.asdict(receipt))
    else:
        _say(receipt)


@app.command()
def erasures(desk: DeskUrl = DEFAULT_DESK, as_json: AsJson = False) -> None:
    """List who was erased; with --json as the register, a line each.

    Keep the register where the database's backups are not, and after restoring one: `ventanilla vault reapply FILE`.
    """
    with _desk(desk) as opened:
        found = opened.erasures()
    if as_json:
        sys.stdout.write(write_register(found))
    elif found:
        table = _table("person", "at", "request", "because", "texts", "addresses", "keys", "purged")
        for receipt in found:
            counts = (receipt.texts, receipt.addresses, receipt.keys)
            table.add_row(
                receipt.subject, show.instant(receipt.at), receipt.request, receipt.because, *map(str, counts),
                "yes" if receipt.purged else "not yet",
            )  # fmt: skip
        show.out.print(table)
    else:
        show.out.print("Nobody was erased.")


@app.command()
def reapply(
    register: Annotated[Path, typer.Argument(help="What `vault erasures --json` printed.", metavar="FILE")],
    desk: DeskUrl = DEFAULT_DESK,
    by: By = None,
) -> None:
    """Erase again, after a backup was restored, whom the register names. Again, it changes nothing."""
    try:
        receipts = read_register(register.read_text(encoding="utf-8").splitlines())
    except UnicodeDecodeError as error:
        raise NotUnderstood(f"{register} is no register of erasures: it is no text") from error
    with _desk(desk) as opened:
        done = opened.reapply(receipts, actor=_actor(by))
    again = sum(not receipt.repeated for receipt in done)
    show.out.print(f"Erased {again:,} again; {len(done) - again:,} of the register were erased already")


@app.command()
def export(
    subject: Subject,
    out: Annotated[Path, typer.Option("--out", help="A new file, JSON Lines.", metavar="FILE")],
    desk: DeskUrl = DEFAULT_DESK,
    by: By = None,
) -> None:
    """Write all that is held on a person to a file: facts, texts, addresses; nobody else's texts.

    It goes on record who had it. Exits 1 if nothing is held on them.
    """
    with _desk(desk) as opened:
        held = opened.held(subject, actor=_actor(by))
    if not held.events:
        show.err.print(f"nothing is held on {subject!r}", markup=False)
        raise typer.Exit(1)
    with open(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.writelines(held.lines())
    texts = sum(len(event.texts) for event in held.events)
    show.out.print(f"Wrote {len(held.events):,} events with {texts:,} texts to {out}", soft_wrap=True, markup=False)
    for one in held.unreadable:
        show.err.print(f"not readable, and so not in it: {one.reason}", soft_wrap=True, markup=False)


@app.command()
def readings(subject: Subject, desk: DeskUrl = DEFAULT_DESK, by: By = None, as_json: AsJson = False) -> None:
    """List who read what about a person, oldest first."""
    with _desk(desk) as opened:
        found = opened.readings(subject, actor=_actor(by))
    if as_json:
        show.json([attrs.asdict(reading) for reading in found])
    elif found:
        table = _table("at", "who", "allowed by", "stream", "version", "field")
        for reading in found:
            table.add_row(
                show.instant(reading.at), reading.actor, reading.allowed_by, reading.stream, str(reading.version),
                reading.field,
            )  # fmt: skip
        show.out.print(table)
    else:
        show.out.print("Nobody read anything about them.")


@app.command()
def epoch(desk: DeskUrl = DEFAULT_DESK) -> None:
    """Change the key-encryption key: backups made before open no text any more, of whomever.

    Stop it at any time: the same command goes on where it stopped. Where the keys come from the environment, add the
    new one at the end of VENTANILLA_KEYS first; then this says which of the others you may destroy.
    """
    with _desk(desk) as opened, _progress() as bar:
        task = bar.add_task("wrap", total=None)
        done = opened.vault.new_epoch(lambda count, total: bar.update(task, completed=count, total=total))
    show.out.print(f"Epoch {done.name}: {done.wrapped:,} keys wrapped anew", markup=False)
    over = ", ".join(done.over)
    if over and done.destroyed:
        show.out.print(
            f"Destroyed the key of {over}: older backups open nothing any more; make a new one now, and a copy of the "
            "key file apart from it",
            soft_wrap=True, markup=False,
        )  # fmt: skip
    elif over:
        show.out.print(f"Nothing needs the key of {over} any more: destroy it", soft_wrap=True, markup=False)
    if done.resumed:
        show.out.print("This ended an epoch that had been broken off: run it again to begin another", soft_wrap=True)


@contextmanager
def _desk(url: str) -> Iterator[Desk]:
    with Desk(url, create=False, host=Host().load()) as desk:
        yield desk


def _actor(by: str | None) -> Actor:
    return Actor("agent", by, roles=("privacy",)) if by else Actor("system", "command-line", roles=("privacy",))


def _say(receipt: Receipt) -> None:
    counts = f"{receipt.texts:,} texts, {receipt.addresses:,} addresses, {receipt.keys:,} keys"
    had = "had been erased before" if receipt.repeated else "was erased"
    show.out.print(
        f"{receipt.subject} {had} ({counts}): event #{receipt.position}, {show.instant(receipt.at)}, request "
        f"{receipt.request}",
        soft_wrap=True, markup=False,
    )  # fmt: skip
    if not receipt.purged:
        show.out.print(
            "The old bytes are still in the database's files: a reader holds them, or this user of the database may "
            "not clean up; that is tried again when the desk is next opened",
            soft_wrap=True,
        )
    if receipt.merged:
        merged = ", ".join(receipt.merged)
        show.out.print(f"The same person, and not erased yet: {merged}. Erase each", soft_wrap=True, markup=False)


def _table(*heads: str) -> Table:
    table = Table(header_style="dim", box=SIMPLE_HEAD)
    for head in heads:
        table.add_column(head, overflow="fold")
    return table


def _progress() -> Progress:
    return Progress(
        SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
        console=show.err, transient=True,
    )  # fmt: skip
