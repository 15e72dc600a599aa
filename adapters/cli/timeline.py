"""The commands around the timeline: make it, see that it is whole, measure it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import attrs
import typer
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from ventanilla.adapters.calendars.file import read_calendar
from ventanilla.adapters.cli import show
from ventanilla.adapters.cli.common import instant
from ventanilla.adapters.cli.options import DEFAULT_DESK, AsJson, AsOf, DeskUrl
from ventanilla.adapters.cli.progress import told
from ventanilla.adapters.cli.workers import spread
from ventanilla.adapters.report.words import duration
from ventanilla.adapters.store import Store, open_store
from ventanilla.adapters.store.url import is_server
from ventanilla.core.errors import NotUnderstood
from ventanilla.projections.measures import Hours, Measures
from ventanilla.projections.measures.standard import standard
from ventanilla.projections.policy_text import duration as read_duration
from ventanilla.projections.timeline import stamp

app = typer.Typer(
    no_args_is_help=True,
    help="The log as coded columns in files, to measure millions of tickets at once. Needs the extra `audit`.",
)

Folder = Annotated[
    Path | None,
    typer.Option("--timeline", help="Where it is. Default: beside a SQLite desk, as NAME.timeline.", metavar="FOLDER"),
]
Workers = Annotated[int, typer.Option("--workers", min=1, help="Processes to work in.", metavar="N")]
Targets = Annotated[
    list[str] | None,
    typer.Option(
        "--target",
        metavar="WHAT=TIME",
        help="How long something may take: `resolution=8h`, or for one priority `first_reply/urgent=30m`. Repeat it.",
    ),
]


@app.command()
def build(
    desk: DeskUrl = DEFAULT_DESK,
    timeline: Folder = None,
    workers: Workers = 1,
    anew: Annotated[bool, typer.Option("--anew", help="Throw away what there is.")] = False,
) -> None:
    """Bring the timeline up with the log.

    Stop it at any time: the same command goes on from there. It holds nothing that the log does not: delete it, and it
    is made again.
    """
    from ventanilla.adapters.timeline import Source
    from ventanilla.adapters.timeline import build as bring_up
    from ventanilla.adapters.timeline.manifest import NAME

    folder = _folder(desk, timeline)
    if anew:
        (folder / NAME).unlink(missing_ok=True)
    with _stoppable(), _opened(desk) as store, spread(workers) as run, told("timeline", "positions") as progress:
        now = bring_up(Source(url=desk, store=store), folder, workers=run, progress=progress)
    show.out.print(f"{folder}: {now.rows:,} events of tickets, up to position {now.head:,}", soft_wrap=True)


@app.command()
def verify(desk: DeskUrl = DEFAULT_DESK, timeline: Folder = None) -> None:
    """See that every file is as it was written. Exits 1 if one is not.

    `ventanilla timeline facts --full` compares it with the log itself.
    """
    from ventanilla.adapters.timeline import verify as look

    now, problems = look(_folder(desk, timeline))
    for problem in problems:
        show.err.print(problem, markup=False, soft_wrap=True)
    if problems:
        raise typer.Exit(1)
    show.out.print(f"All files are as they were written: {now.rows:,} events up to position {now.head:,}")


@app.command()
def facts(
    desk: DeskUrl = DEFAULT_DESK,
    timeline: Folder = None,
    workers: Workers = 1,
    full: Annotated[bool, typer.Option("--full", help="Decode the whole log again, and compare.")] = False,
    out: Annotated[
        Path | None, typer.Option("--out", help="Write a row a ticket: FILE.parquet or FILE.csv.", metavar="FILE")
    ] = None,
    as_of: AsOf = None,
    calendar: Annotated[
        Path | None, typer.Option("--calendar", help="The opening hours (TOML). Default: always open.", metavar="FILE")
    ] = None,
    target: Targets = None,
    by: Annotated[str | None, typer.Option("--by", help="Cut the figures by a dimension.", metavar="NAME")] = None,
    as_json: AsJson = False,
) -> None:
    """Measure every ticket: first reply, next replies, pauses, resolution, reopenings, what was late.

    A quick audit measures the timeline, once every file was found to be as it was written; a full one decodes the log
    itself again, and says what was otherwise. Exits 1 if anything was, or something is lacking.
    """
    from ventanilla.adapters.timeline import Source, audit
    from ventanilla.adapters.timeline.tables import DIMENSIONS, tabled

    if by is not None and by not in DIMENSIONS:
        raise NotUnderstood(f"--by {by!r}: there are {', '.join(DIMENSIONS)}")
    measures, at = _measures(calendar, target or []), instant(as_of)
    with _stoppable(), _opened(desk) as store, spread(workers) as run:
        with told("timeline", "positions") as progress:
            found, parts = audit(
                Source(url=desk, store=store),
                _folder(desk, timeline),
                measures,
                as_of=None if at is None else stamp(at),
                full=full,
                workers=run,
                progress=progress,
            )
        with told("measure", "tickets") as counted, tabled(parts, measures, lambda done: counted(done, done)) as table:
            figures = table.figures()
            if out is not None:
                table.write(out)
    when = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=found.as_of)
    if as_json:
        show.json({**attrs.asdict(found), "as_of": when.isoformat(), "figures": figures})
    else:
        show.out.print(_table([row for row in figures if [*row["by"]] == ([by] if by else [])], by))
        show.out.print(f"A {found.depth} audit of {found.events:,} events up to position {found.head:,}, as of {when}")
        for said in (*found.findings, *(f"incomplete: {lack}" for lack in found.incomplete)):
            show.out.print(said, markup=False, soft_wrap=True)
    if out is not None:
        show.err.print(f"Wrote {table.rows:,} tickets to {out}", soft_wrap=True)
    if found.findings or found.incomplete:
        raise typer.Exit(1)


def _measures(calendar: Path | None, targets: list[str]) -> Measures:
    said: dict[str, dict[str | None, float]] = {"first_reply": {}, "resolution": {}}
    for one in targets:
        what, _, time = one.partition("=")
        name, _, priority = what.partition("/")
        if name not in said or not time:
            raise NotUnderstood(f"--target {one!r} is not understood; write first_reply=1h or resolution/urgent=8h")
        said[name][priority or None] = read_duration(time, f"--target {what}")
    hours = Hours() if calendar is None else Hours(otherwise=read_calendar(calendar))
    return standard(hours=hours, first_reply=said["first_reply"], resolution=said["resolution"])


def _folder(desk: str, given: Path | None) -> Path:
    if given is not None:
        return given
    path = desk.removeprefix("sqlite:///")
    if is_server(desk) or path in (desk, ":memory:"):
        raise NotUnderstood(f"{desk} is no file that a timeline could lie beside: say where, with --timeline FOLDER")
    return Path(path).with_suffix(".timeline")


@contextmanager
def _opened(desk: str) -> Iterator[Store]:
    store, _ = open_store(desk, create=False)
    try:
        yield store
    finally:
        store.close()


@contextmanager
def _stoppable() -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        show.err.print("stopped: what was coded stays; the same command goes on from there")
        raise typer.Exit(130) from None


def _table(figures: list[dict[str, Any]], by: str | None) -> Table:
    table = Table(header_style="dim", box=SIMPLE_HEAD)
    for head in (by or "", "tickets", "settled", "first reply p50", "p90", "resolution p50", "p90", "late", "reopened"):
        table.add_column(head, justify="left" if head == by else "right")
    for row in figures:
        times = [row[name] for name in ("first_reply_p50", "first_reply_p90", "resolution_p50", "resolution_p90")]
        shares = [row[name] for name in ("resolution_late", "reopened")]
        table.add_row(
            "all" if by is None else escape(str(row["by"][by] or "-")),
            f"{row['tickets']:,}",
            f"{row['settled']:,}",
            *("-" if time is None else duration(time) for time in times),
            *("-" if share is None else f"{share:.1%}" for share in shares),
        )
    return table
