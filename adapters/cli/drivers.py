"""``ventanilla drivers``: which features of the tickets go along with what customers answer."""

from __future__ import annotations

from collections.abc import Mapping
from math import expm1
from typing import Annotated

import attrs
import typer
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from ventanilla.adapters.answers import lacking
from ventanilla.adapters.cli import show
from ventanilla.adapters.cli.common import instant, open_desk, time_zone
from ventanilla.adapters.cli.options import DEFAULT_DESK, AsJson, DeskUrl, From, To, Zone
from ventanilla.adapters.cli.progress import told
from ventanilla.adapters.drivers import PERIOD, find, join
from ventanilla.adapters.report.words import duration
from ventanilla.core.events import Level
from ventanilla.projections.drivers import Analysis, Asked, Driver


def drivers(
    what: Annotated[
        str, typer.Argument(help="A question, or what it measures: csat, nps, ces.", metavar="QUESTION_OR_INSTRUMENT")
    ],
    desk: DeskUrl = DEFAULT_DESK,
    level: Annotated[
        Level,
        typer.Option("--level", help="One contact: features of its ticket; otherwise of the customer's last tickets."),
    ] = "transactional",
    days: Annotated[
        int, typer.Option("--days", min=1, max=36_500, help="How far back those last tickets go.", metavar="DAYS")
    ] = PERIOD,
    since: From = None,
    until: To = None,
    zone: Zone = "UTC",
    without: Annotated[
        list[str] | None, typer.Option("--without", help="Leave a feature out; may be repeated.", metavar="FEATURE")
    ] = None,
    samples: Annotated[int, typer.Option("--samples", min=1_000, max=100_000, help="Bootstrap samples.")] = 1_000,
    seed: Annotated[int, typer.Option("--seed", min=0, help="The same seed gives the same intervals.")] = 0,
    evidence: Annotated[bool, typer.Option("--evidence", help="Name the events that are the responses used.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show which features of the tickets go along with a score, and how far to trust it.

    The two levels are two analyses, never one after the other. Exits 1 if there is too little to say anything.
    """
    from ventanilla.projections.drivers.analyse import analyse  # needs the extra `drivers`

    place = time_zone(zone)
    asked = Asked(what=what, level=level, since=instant(since, place), until=instant(until, place))
    with open_desk(desk) as opened:
        with told("read", "events") as tell:
            found = find(opened.store, asked, tell)
        with told("join", "answers") as tell:
            responses, not_used = join(opened.store, found, days=days, tell=tell)
        incomplete = lacking(opened.store, opened.host.found)
    with told("draw", "samples") as tell:
        analysis = analyse(responses, without=without or (), samples=samples, seed=seed, tell=tell)
    if as_json:
        kept = attrs.asdict(analysis, filter=lambda field, _: evidence or field.name != "evidence")
        show.json({"asked": attrs.asdict(asked), "answers_not_used": not_used, "incomplete": incomplete, **kept})
    else:
        _show(analysis, asked, not_used)
        show.lacking(incomplete)
        if evidence:
            show.out.print(f"events {', '.join(map(str, analysis.evidence)) or 'none'}", soft_wrap=True)
    if analysis.why_not is not None:
        raise typer.Exit(1)


def _show(found: Analysis, asked: Asked, not_used: Mapping[str, int]) -> None:
    show.out.print(f"[bold]{escape(asked.what)}[/bold] ({asked.level}): {_counts(found)}", soft_wrap=True)
    if found.why_not is not None:
        show.out.print(f"No drivers are given: {found.why_not}.", style="yellow", markup=False, soft_wrap=True)
    else:
        show.out.print(_importance(found))
        show.out.print(_matrix(found))
    for reason, count in not_used.items():
        show.out.print(f"{count:,} answers are not used: {reason}", markup=False, soft_wrap=True)
    for feature, count in found.missing.items():
        if feature not in found.left_out:
            show.out.print(
                f"{feature} is unknown in {count:,} of {found.given:,} responses", markup=False, soft_wrap=True
            )
    for feature, why in found.left_out.items():
        show.out.print(f"{feature} is left out: {why}", markup=False, soft_wrap=True)
    for caveat in found.caveats:
        show.out.print(caveat, style="yellow", markup=False, soft_wrap=True)


def _counts(found: Analysis) -> str:
    said = f"{found.n:,} complete responses of {found.customers:,} customers"
    return said if found.r2 is None else f"{said}, R² {found.r2:.3f}, errors {found.errors}"


def _importance(found: Analysis) -> Table:
    table = _table("Importance: each driver's part of R² (Johnson)")
    for head in ("part", "95 % interval", "share", "rank", "score is", "p (Holm)", "stable"):
        table.add_column(head, justify="right", no_wrap=True)
    for one in found.drivers:
        table.add_row(
            _name(one),
            f"{one.weight:.3f}",
            f"{one.weight_interval[0]:.3f} to {one.weight_interval[1]:.3f}",
            f"{one.share:.0%}",
            f"{one.ranks[0]}" if one.ranks[0] == one.ranks[1] else f"{one.ranks[0]} to {one.ranks[1]}",
            "higher" if one.coefficient > 0 else "lower",
            f"{one.p:.3f}" if one.p >= 0.001 else "< 0.001",
            "yes" if one.stable else "no",
        )
    return table


def _matrix(found: Analysis) -> Table:
    table = _table("Importance and performance, and checks")
    for head in ("mean", "performance", "cell", "logit", "Shapley", "VIF"):
        table.add_column(head, justify="left" if head == "cell" else "right")
    for one in found.drivers:
        table.add_row(
            _name(one),
            _mean(one),
            "" if one.performance is None else f"{one.performance:.0%}",
            one.quadrant or "",
            "" if one.logit is None else f"{one.logit:+.2f}",
            "" if one.shapley is None else f"{one.shapley:.3f}",
            f"{one.vif:.1f}",
        )
    return table


def _table(title: str) -> Table:
    table = Table(title=title, title_justify="left", header_style="dim", box=SIMPLE_HEAD)
    table.add_column("driver", overflow="fold")
    return table


def _name(driver: Driver) -> str:
    return escape(driver.name if driver.reference is None else f"{driver.name}, not {driver.reference}")


def _mean(driver: Driver) -> str:
    return duration(expm1(driver.mean)) if driver.name.startswith("log_") else f"{driver.mean:.2f}"
