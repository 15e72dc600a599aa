"""``ventanilla lifetime``: what customers without a contract are expected to buy, and to pay."""

from __future__ import annotations

from typing import Annotated, Any

import attrs
import typer
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from ventanilla.adapters.answers import lacking, newest
from ventanilla.adapters.cli import show
from ventanilla.adapters.cli.common import instant, open_desk, time_zone
from ventanilla.adapters.cli.options import DEFAULT_DESK, AsJson, AsOf, DeskUrl, KnownAt, Zone
from ventanilla.adapters.cli.progress import told
from ventanilla.adapters.lifetime import bought
from ventanilla.adapters.report.words import amount, moment, percent
from ventanilla.core.errors import NotUnderstood
from ventanilla.projections.parked import NAMED


def lifetime(
    desk: DeskUrl = DEFAULT_DESK,
    days: Annotated[
        int, typer.Option("--days", min=1, max=36_500, help="How far to look ahead.", metavar="DAYS")
    ] = 365,
    currency: Annotated[
        str | None, typer.Option("--currency", help="Of orders in several, those in which.", metavar="CODE")
    ] = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    zone: Zone = "UTC",
    top: Annotated[int, typer.Option("--top", min=0, help="How many customers to list.", metavar="N")] = 10,
    evidence: Annotated[bool, typer.Option("--evidence", help="Name the events that the orders are.")] = False,
    as_json: AsJson = False,
) -> None:
    """Say how often customers without a contract will buy, and what they will pay.

    Nobody sees when such a customer leaves: two models of the literature, BG/NBD and gamma-gamma, estimate it from how
    often they came back, how lately and since when. All that is bought on a day is one purchase. With `--json`, of
    every customer. Exits 1 if a customer cannot be read.
    """
    from ventanilla.projections.lifetime import lifetimes  # needs the extra `drivers`

    place = time_zone(zone)
    with open_desk(desk) as opened, told("read", "customers") as tell:
        at = instant(as_of, place) or newest(opened.store)
        if at is None:
            raise NotUnderstood("the log is empty: nobody bought anything")
        known, unreadable = bought(
            opened.store, at, currency=currency, known_at=instant(known_at, place), zone=place,
            tell=lambda count: tell(count, count),
        )  # fmt: skip
        others = lacking(opened.store, opened.host.found)
    found = lifetimes(known, days)
    incomplete = [*others, *(f"{one} cannot be read to its end" for one in unreadable)]
    head = {"currency": known[0].currency, "as_of": at, "zone": zone, "customers": len(known),
            "came_back": sum(one.custom.returns > 0 for one in known), "incomplete": incomplete}  # fmt: skip
    if as_json:
        kept = attrs.asdict(found, filter=lambda field, _: evidence or field.name != "evidence")
        show.json({**head, **kept})
    else:
        _show(found, head, moment(at, place), top, evidence=evidence)
    if unreadable:
        raise typer.Exit(1)


def _show(found: Any, head: dict[str, Any], when: str, top: int, *, evidence: bool) -> None:
    say, money = show.out.print, head["currency"]
    came = f"{head['came_back']:,} came back" if head["came_back"] != 1 else "1 came back"
    say(f"{head['customers']:,} customers who paid in {money}, as of {when}; {came}", markup=False, soft_wrap=True)
    value = "" if found.value is None else f", worth {amount(found.value, 'money')} {money}"
    say(f"Expected in the next {found.ahead:,} days: {found.purchases:,.1f} purchases{value}", soft_wrap=True)
    model = ", ".join(f"{name} {number:.4g}" for name, number in attrs.asdict(found.buying).items())
    say(f"BG/NBD, in days: {model}", soft_wrap=True)
    if found.spending is not None:
        model = ", ".join(f"{name} {number:.4g}" for name, number in attrs.asdict(found.spending).items())
        say(f"gamma-gamma, in the smallest unit: {model}", soft_wrap=True)
    else:
        say(f"What they will pay is not told: {found.why_not}", style="yellow", markup=False, soft_wrap=True)
    if shown := found.expectations[:top]:
        say(_table(shown, valued=found.spending is not None))
    for one in shown if evidence else ():
        say(f"{one.buyer.customer}: events {', '.join(map(str, one.buyer.evidence))}", markup=False, soft_wrap=True)
    show.lacking(head["incomplete"][:NAMED])


def _table(shown: Any, *, valued: bool) -> Table:
    table = Table(header_style="dim", box=SIMPLE_HEAD)
    table.add_column("customer", overflow="fold")
    for name in ("came back", "last", "here still", "purchases", *(("a time", "in all") if valued else ())):
        table.add_column(name, justify="right", no_wrap=True)
    for one in shown:
        buyer = one.buyer
        table.add_row(
            escape(buyer.customer), f"{buyer.custom.returns:,}", buyer.last.isoformat(), percent(one.here),
            f"{one.purchases:.2f}",
            *((amount(one.spend, "money"), amount(one.value, "money")) if valued else ()),
        )  # fmt: skip
    return table
