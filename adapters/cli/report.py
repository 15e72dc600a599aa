"""``ventanilla report``: the page, or all figures of a period in files that can be verified."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from ventanilla.adapters.answers import newest
from ventanilla.adapters.audit import period
from ventanilla.adapters.audit.figures import Dialled, of_period
from ventanilla.adapters.audit.manifest import make_manifest, naming, write_manifest
from ventanilla.adapters.audit.recompute import policy_of
from ventanilla.adapters.audit.written import write_csv, write_json
from ventanilla.adapters.cli import show
from ventanilla.adapters.cli.common import catch_up, instant, open_desk, time_zone
from ventanilla.adapters.cli.options import DEFAULT_DESK, AsJson, AsOf, DeskUrl, From, KnownAt, To, Zone
from ventanilla.adapters.cli.progress import told
from ventanilla.adapters.desk import Desk
from ventanilla.adapters.moving.aside import filled_aside
from ventanilla.adapters.report import html, make_page, period_page, terminal
from ventanilla.core.errors import NotUnderstood


def report(
    desk: DeskUrl = DEFAULT_DESK,
    month: Annotated[str | None, typer.Option("--month", help="All figures of a month: 2015-01.")] = None,
    quarter: Annotated[str | None, typer.Option("--quarter", help="All figures of a quarter: 2015-Q1.")] = None,
    since: From = None,
    until: To = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            help="Write all figures of the period into this folder: figures.json, figures.csv, a page with charts, and "
            "the manifest by which `ventanilla verify` makes them again.",
            metavar="DIR",
        ),
    ] = None,
    metrics: Annotated[
        list[str] | None, typer.Option("--metrics", help="Only these, with commas. Default: all.", metavar="NAMES")
    ] = None,
    policy: Annotated[
        Path | None, typer.Option("--policy", help="With --out: judge clocks by this policy (TOML).", metavar="FILE")
    ] = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    zone: Zone = "UTC",
    title: Annotated[str, typer.Option("--title", help="What it is about.")] = "Tickets",
    as_json: AsJson = False,
    html_file: Annotated[
        Path | None, typer.Option("--html", help="Write it as one self-contained HTML file.", metavar="FILE")
    ] = None,
) -> None:
    """Show the page: volume, timeliness, durations, backlog, and what was put aside.

    With --out, write all figures of a month, a quarter or the time from --from to --to, as of its end.

    Exits 1 if another system's verdicts are in the log and differ from ours.
    """
    place = time_zone(zone)
    start, end, moment, known = (instant(text, place) for text in (since, until, as_of, known_at))
    if out is None:
        if month or quarter or policy or metrics or known:
            raise NotUnderstood("--month, --quarter, --metrics, --policy and --known-at go with --out DIR")
        _page(desk, title, start, end, moment, place, as_json=as_json, html_file=html_file)
        return
    if as_json or html_file:
        raise NotUnderstood("--out writes JSON and HTML into its folder: leave --json and --html out")
    this, before = _period(month, quarter, start, end, place)
    names = [name.strip() for word in metrics or () for name in word.split(",")]
    with open_desk(desk) as opened:
        _write(opened, out, this, before, names, policy, moment, known, place, title)


def _period(
    month: str | None, quarter: str | None, since: datetime | None, until: datetime | None, zone: ZoneInfo
) -> tuple[period.Period, period.Period]:
    if sum((month is not None, quarter is not None, since is not None or until is not None)) == 1:
        if month is not None:
            return period.named("month", month, zone)
        if quarter is not None:
            return period.named("quarter", quarter, zone)
        if since is not None and until is not None:
            return period.between(since, until, zone)
    raise NotUnderstood("--out needs one period: --month 2015-01, --quarter 2015-Q1, or --from and --to")


def _write(
    desk: Desk,
    out: Path,
    this: period.Period,
    before: period.Period,
    names: list[str],
    policy: Path | None,
    as_of: datetime | None,
    known_at: datetime | None,
    zone: ZoneInfo,
    title: str,
) -> None:
    position = desk.store.head()
    text = policy.read_text(encoding="utf-8") if policy else None
    dialled = Dialled(
        desk=desk,
        as_of=as_of or min(this.until, newest(desk.store, position) or this.until),
        known_at=known_at,
        policy=None if text is None else policy_of(desk, text, position, f"{policy}: "),
        position=position,
    )
    for name in names:
        desk.host.metric(name)
    with told("count", "figures") as move:
        figures = of_period(dialled, names or list(desk.host.metrics), this, before, zone, move)
    with told("hash the log", "events") as move:
        manifest = make_manifest(dialled, figures, title=title, zone=zone, policy_text=text, progress=move)
    with filled_aside(out) as making:
        as_json, as_csv, as_page = (making / name for name in ("figures.json", "figures.csv", "index.html"))
        write_json(figures, title, as_json)
        write_csv(figures, as_csv)
        head = manifest["log"]["sha256"]
        page = period_page.render(figures, this, before, title=title, zone=zone, head=head)
        as_page.write_text(page, encoding="utf-8")
        write_manifest(naming(manifest, [as_json, as_csv, as_page]), making / "manifest.json")
    show.out.print(f"Wrote {len(figures.lines):,} figures of {this.name} to {out}", soft_wrap=True)
    for reason in manifest["completeness"]["reasons"]:
        show.out.print(f"incomplete: {reason}", style="yellow", markup=False, soft_wrap=True)


def _page(
    url: str,
    title: str,
    since: datetime | None,
    until: datetime | None,
    as_of: datetime | None,
    zone: ZoneInfo,
    *,
    as_json: bool,
    html_file: Path | None,
) -> None:
    with open_desk(url) as opened:
        catch_up(opened)
        page = make_page(opened, title=title, since=since, until=until, as_of=as_of, zone=zone)
    if html_file:
        html_file.write_text(html.render(page), encoding="utf-8")
        show.err.print(f"Wrote {html_file}", soft_wrap=True)
    if as_json:
        sys.stdout.write(page.as_json().decode() + "\n")
    elif not html_file:
        show.out.print(terminal.render(page))
    if any(agreement.disagreements for agreement in page.agreements):
        raise typer.Exit(1)
