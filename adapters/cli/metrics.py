"""``ventanilla metrics``: which questions can be asked, and all that is to know of one."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import Annotated, Any

import attrs
import typer

from ventanilla.adapters.cli import show
from ventanilla.adapters.cli.options import AsJson
from ventanilla.plugins.host import Host
from ventanilla.projections.customers import CUSTOMERS
from ventanilla.projections.metric import Metric
from ventanilla.projections.periods import PERIODS
from ventanilla.projections.table import FactTable
from ventanilla.projections.tickets import DIMENSIONS

app = typer.Typer(no_args_is_help=True, help="The questions that can be asked.")


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """List the questions that can be asked, by the fact table that they ask, and plug-ins that are broken."""
    host = Host().load()
    if as_json:
        keys = ("name", "version", "table", "unit", "better", "question")
        show.json([{key: getattr(metric, key) for key in keys} for metric in host.metrics.values()])
        return
    for name, of_table in groupby(sorted(host.metrics.values(), key=lambda metric: metric.table), lambda m: m.table):
        about = host.tables[name].about if name in host.tables else "no such fact table"
        show.out.print(f"[bold]{name}[/bold]: {about}", soft_wrap=True)
        for metric in of_table:
            better = "" if metric.better == "neither" else f", {metric.better} is better"
            head = f"    [bold]{metric.name}[/bold] ({metric.unit}{better})"
            show.out.print(f"{head}  {metric.question}", soft_wrap=True)
    for found in host.found:
        if found.status == "broken":
            show.err.print(f"broken plug-in {found.name}: {found.reason}", markup=False)


@app.command("show")
def show_(
    name: Annotated[str, typer.Argument(help="See `ventanilla metrics list`.", metavar="METRIC")],
    as_json: AsJson = False,
) -> None:
    """Say all there is to know of a question: formula, population, interval, direction, edge cases, source."""
    host = Host().load()
    metric = host.metric(name)
    known = _known(metric, host.tables.get(metric.table))
    if as_json:
        show.json(known)
        return
    show.out.print(f"[bold]{metric}[/bold]  {metric.question}", soft_wrap=True)
    show.out.print(metric.text or "It says no more of itself.", markup=False, soft_wrap=True)
    for key in ("table", "columns", "dimensions", "periods", "left out"):
        value = known[key]
        show.out.print(f"{key}: {value if isinstance(value, str) else ', '.join(value)}", markup=False, soft_wrap=True)


def _known(metric: Metric, table: FactTable[Any] | None) -> Mapping[str, Any]:
    read = metric.where.columns() | metric.value.columns() | metric.dated.columns()
    read = read.union(*(left_out.columns() for left_out in metric.excludes.values()))
    own = table.dimensions if table else ()
    joined = {field.name for field in attrs.fields(table.row)} & {"ticket", "customer"} if table else set[str]()
    of_ticket = DIMENSIONS if "ticket" in joined else ()
    of_customer = CUSTOMERS.dimensions if joined else ()
    return {
        "name": metric.name,
        "version": metric.version,
        "question": metric.question,
        "text": metric.text,
        "table": str(table) if table else metric.table,
        "unit": metric.unit,
        "better": metric.better,
        "columns": sorted(read),
        "dimensions": list(dict.fromkeys((*own, *of_ticket, *of_customer))),
        "periods": list(PERIODS),
        "left out": list(metric.excludes),
        "fewest": metric.fewest,
    }
