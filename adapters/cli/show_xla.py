"""What ``ventanilla xla`` prints."""

from __future__ import annotations

from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from ventanilla.adapters.agreements import Agreements
from ventanilla.adapters.cli import show
from ventanilla.projections.xla import Agreement, Evaluation, Finding, Result, barometer
from ventanilla.projections.xla.indicator import Direction


def said(agreement: Agreement) -> list[str]:
    """Return what *agreement* says, line by line."""
    how = (
        f"{agreement.k} of {len(agreement.objectives)} green"
        if agreement.composite == "k_of_n"
        else (
            f"{agreement.composite.replace('_', ' ')}, green from {agreement.green:g}, amber from {agreement.amber:g}"
        )
    )
    lines = [f"index: {how}; unknown under {agreement.coverage:.0%} of the weights"]
    for one in agreement.objectives:
        aims = [] if one.target is None else [f"{one.comparator} {one.target:g}"]
        aims += [] if one.improvement is None else [f"better than before by {one.improvement:g}"]
        over = f", over {one.window}" if one.window else ""
        first = "given baseline" if one.baseline else f"{one.baselining} window(s) of baseline"
        critical = ", critical" if one.critical else ""
        lines.append(
            f"{one.indicator}: {one.indicator.metric} {' and '.join(aims)}{over}, by {one.judged_by}, n >= "
            f"{one.indicator.minimum_n}, weight {one.weight:g}, {first}{critical}"
        )
    lines += (
        []
        if agreement.sla is None
        else [f"held against {agreement.sla.metric} {agreement.sla.comparator} {agreement.sla.target:g}"]
    )
    lines += [
        f"left out {show.instant(one.since)} to {show.instant(one.until)}: {one.because}"
        for one in agreement.exclusions
    ]
    return lines + [f"when {one.when}: {one.kind}, {one.what}" for one in agreement.consequences]


def series(found: Agreements, made: Sequence[Evaluation], by: str | None) -> None:
    """Print what an agreement came to, a row a window, and a segment of it."""
    directions: dict[str, Direction] = {
        str(one.indicator): one.indicator.direction for version in found.versions for one in version.objectives
    }
    moved = {} if by else {point.window: point.moved for point in barometer(made, directions)}
    table = _table(f"Agreement {found.name}", "window", *([by] if by else []), "index", "status", "known", "version")
    names = list(dict.fromkeys(result.indicator for one in made for result in one.results))
    for indicator in names:
        table.add_column(escape(indicator), justify="right")
    for one in made:
        by_name = {result.indicator: result for result in one.results}
        cells = [
            one.window.name
            + ("" if one.complete else " (open)")
            + (" sealed" if not by and found.sealed.get(one.window) else "")
        ]
        cells += [one.segment or "not said"] if by else []
        cells += [_number(one.index), one.status, f"{one.coverage:.0%}", one.agreement.rpartition("@")[2]]
        for indicator in names:
            result = by_name.get(indicator)
            arrow = {"better": " ↑", "worse": " ↓"}.get(moved.get(one.window, {}).get(indicator, ""), "")
            cells.append("" if result is None else f"{_number(result.score)} {result.status}{arrow}")
        table.add_row(*map(escape, cells))
    show.out.print(table)


def in_full(one: Evaluation, anew: Evaluation | None) -> None:
    """Print an evaluation, and whether what was sealed would be otherwise *anew*; ``None``: it is not sealed."""
    table = _table(
        f"{one.window.name}: {one.status}", "objective", "value", "95 % interval", "n", "target", "baseline", "status"
    )
    for result in one.results:
        target = "" if result.target is None else f"{result.target:g}"
        interval = "" if result.low is None or result.high is None else f"{result.low:.4g} to {result.high:.4g}"
        cells = (
            result.name,
            _value(result),
            interval,
            f"{result.n:,}",
            target,
            _number(result.baseline, 4),
            result.status,
        )
        table.add_row(*map(escape, cells))
    show.out.print(table)
    notes = [f"{result.name}: {note}" for result in one.results for note in result.notes]
    notes += [f"left out: {said}" for said in one.exclusions]
    notes += [f"named by the unhappy: {factor.name} ({factor.named:,})" for factor in one.factors]
    for line in (*one.reasons, *notes, *one.notes, *one.consequences):
        show.out.print(line, markup=False, soft_wrap=True)
    show.lacking(one.incomplete)
    if anew is not None and anew != one:
        show.out.print(
            f"sealed; by now it would be {anew.status}, {_number(anew.index)}: `ventanilla xla seal … --correct`",
            style="yellow",
            markup=False,
            soft_wrap=True,
        )


def pairs(totals: Sequence[Finding], parts: Sequence[Finding], by: str | None) -> None:
    """Print service level against experience, a row a window and a segment of it."""
    table = _table(
        "Service level and experience",
        "window",
        *([by] if by else []),
        "service",
        "experience",
        "severity",
        "finding",
        "worst",
        "named most",
    )
    rows = [(one, "all") for one in totals] + [(one, one.segment or "not said") for one in parts]
    for one, segment in sorted(rows, key=lambda row: row[0].window):
        cells = [one.window.name, *([segment] if by else [])]
        cells += [f"{_number(one.attainment)} {one.sla}", f"{_number(one.index)} {one.xla}", _number(one.severity)]
        cells += [one.kind + (", alarm" if one.alarm else ""), one.worst or "", one.factor or ""]
        table.add_row(*map(escape, cells))
    show.out.print(table)


def _table(title: str, *heads: str) -> Table:
    table = Table(title=title, title_justify="left", header_style="dim", box=SIMPLE_HEAD)
    for head in heads:
        table.add_column(head, overflow="fold")
    return table


def _value(result: Result) -> str:
    return "unknown" if result.value is None else f"{result.value:.4g}"


def _number(found: float | None, digits: int = 3) -> str:
    return "" if found is None else f"{found:.{digits}g}"
