"""What an audit prints."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from ventanilla.adapters.audit.audited import Audited
from ventanilla.adapters.audit.buckets import NOT_SAID
from ventanilla.adapters.audit.explain import Change, Explanation
from ventanilla.adapters.audit.recount import ALL
from ventanilla.adapters.audit.verify import Verification
from ventanilla.adapters.cli import show
from ventanilla.adapters.report.words import amount, duration, say
from ventanilla.projections.behind import CountedRow
from ventanilla.projections.comparison import Point
from ventanilla.projections.metric import Unit

_MANY = 12


def audited(found: Audited, limit: int) -> None:
    """Print what an audit came to, with *limit* of its rows."""
    question, unit = found.recount.question, found.recount.question.metric.unit
    points = {name: Point(answer=answer, comparison=None) for name, answer in found.cut.items()}
    show.answers(points, question.metric.question, question.by, evidence=False)
    dials = found.recount.dials
    known = "all that is recorded" if dials.known_at is None else f"what was known at {show.instant(dials.known_at)}"
    show.out.print(f"counted anew from the log alone, as of {show.instant(dials.as_of)}, by {known}", soft_wrap=True)
    if not found.kept:
        show.out.print("the fact table that is kept says otherwise: `ventanilla rebuild`", style="yellow")
    if found.recount.withheld:
        fewest = question.metric.fewest
        show.out.print(f"its rows are not told one by one: it is told of {fewest} answers at least")
    else:
        _rows(found.rows(), unit, limit, None if found.recount.bucket == ALL else found.recount.bucket or NOT_SAID)
    if found.claim is not None:
        answer = say(found.answer)
        if found.holds:
            show.out.print(f"equal: {found.claim.text} was claimed, and is {answer}", style="green", markup=False)
        else:
            show.out.print(f"differs: {found.claim.text} was claimed, and is {answer}", style="yellow", markup=False)
    if found.explanation:
        _explanation(found.explanation, unit, limit)
    elif found.away:
        show.out.print(f"no dial explains it. {found.away.said}", markup=False, soft_wrap=True)
        if found.away.nearest:
            _rows(found.away.nearest, unit, limit, "nearest to counting otherwise")
    for one in itertools.islice(found.differing or (), limit):
        theirs, ours = (" and ".join(map(_number, values)) or "not counted" for values in (one.theirs, one.ours))
        show.out.print(f"{one.ticket}: they say {theirs}, the log says {ours}{_events(one.positions)}", markup=False)
    if found.differing is not None:
        count = len(found.differing)
        show.out.print(f"rows: {count:,} tickets are counted otherwise" if count else "rows: equal, each of them")


def verified(found: Verification) -> None:
    """Print what a verification came to."""
    for reason in found.told:
        show.out.print(f"told: {reason}", style="dim", markup=False, soft_wrap=True)
    if found.since:
        show.out.print(f"{found.since:,} events were recorded since; they are left out")
    for one in found.differences:
        values = "" if one.old == one.new else f": {_shown(one.old)} then, {_shown(one.new)} here"
        show.out.print(f"{one.part}: {one.said}{values}", style="yellow", markup=False, soft_wrap=True)
    changed = sum(one.part == "figure" for one in found.differences)
    if found.equal:
        more = f", and {found.files:,} files as they were published" if found.files else ""
        show.out.print(f"equal: all {found.figures:,} figures, the log and the code{more}", style="green")
    else:
        figures = (
            f"{changed:,} of {found.figures:,} figures" if changed else f"not the figures, all {found.figures:,} equal"
        )
        show.out.print(f"differs: {len(found.differences):,} findings; {figures}", style="bold yellow")


def _rows(rows: Iterable[CountedRow], unit: Unit, limit: int, title: str | None) -> None:
    table = Table(title=title, title_justify="left", header_style="dim", box=SIMPLE_HEAD)
    for head in ("row", "value", "from tipping", "events"):
        table.add_column(head, justify="right" if head in ("value", "from tipping") else "left", overflow="fold")
    count, excluded = 0, 0
    for row in rows:
        count += 1
        excluded += bool(row.excluded)
        if count <= limit:
            value = f"left out: {row.excluded}" if row.excluded else _value(row.value, unit)
            far = "" if row.margin is None else duration(row.margin)
            table.add_row(
                escape(row.name), escape(value), far, " ".join(map(str, row.positions[:_MANY])) + _more(row.positions)
            )
    if limit and count:
        show.out.print(table)
    left_out = f", {excluded:,} of them left out for a reason" if excluded else ""
    shown = f"; `--limit {count}` shows all" if count > limit else ""
    show.out.print(f"{count:,} rows{left_out}{shown}")


def _explanation(found: Explanation, unit: Unit, limit: int) -> None:
    parts = [f"as of {show.instant(found.as_of)}"]
    if found.held:
        gone = "" if found.held.before is None else f" until {show.instant(found.held.before)}"
        parts.append(f"known from {show.instant(found.held.first)}{gone}")
    if found.policy:
        parts.append(f"under the policy {found.policy}")
    show.out.print(f"it was true {', '.join(parts)}. Counted otherwise since:", markup=False, soft_wrap=True)
    for change in found.changes[:limit]:
        then, now = _counted(change, unit, then=True), _counted(change, unit, then=False)
        since = ", ".join(f"#{one.position} {one.topic.partition('/')[0]}" for one in change.since)
        show.out.print(
            f"    {change.name}: {then} → {now}{f' ({since})' if since else ''}", markup=False, soft_wrap=True
        )
    if len(found.changes) > limit:
        show.out.print(f"    and {len(found.changes) - limit:,} more: `--json` has all")
    if found.held and found.held.looked < found.held.instants:
        show.out.print(f"looked at {found.held.looked:,} of {found.held.instants:,} instants")


def _counted(change: Change, unit: Unit, *, then: bool) -> str:
    if not (change.counted_then if then else change.counted_now):
        return "not counted"
    return _value(change.then if then else change.now, unit)


def _value(value: Any, unit: Unit) -> str:
    if value is None:
        return "unknown"
    if unit == "ratio" and isinstance(value, bool | int):
        return "yes" if value else "no"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return amount(value, unit)
    return "counted" if unit == "count" else str(value)


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def _number(value: float | None) -> str:
    return "unknown" if value is None else f"{value:g}"


def _events(positions: tuple[int, ...]) -> str:
    return f" (events {', '.join(map(str, positions))})" if positions else ""


def _more(positions: tuple[int, ...]) -> str:
    return f" and {len(positions) - _MANY} more" if len(positions) > _MANY else ""
