"""What the commands print."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import attrs
import msgspec
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ventanilla.adapters.history import Tally
from ventanilla.adapters.report.words import amount, say, say_interval
from ventanilla.adapters.vault import PutAside
from ventanilla.core.recorded import Recorded
from ventanilla.projections.clocks import Account
from ventanilla.projections.comparison import Point


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Let who runs the command see that nobody reads on; Rich would exit 1, a negative finding."""
        raise  # called where the error is handled


out = _Console(highlight=False)
"""Results: tables for people, JSON for programs."""

err = Console(stderr=True, highlight=False)
"""Progress, and what went wrong."""


def json(value: object) -> None:
    """Print *value* as JSON."""
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n")


def answers(
    points: Mapping[str | None, Point], question: str, by: str | None, *, evidence: bool, compared: bool = False
) -> None:
    """Print the answers to one question, and how they differ from those before."""
    table = Table(title=escape(question), title_justify="left", header_style="dim", box=SIMPLE_HEAD)
    if by:
        table.add_column(by)
    for head in ("value", "95 % interval", "n", *(("change", "by chance") if compared else ()), "metric"):
        table.add_column(head, justify="right")
    table.add_column("as of")
    for name, point in points.items():
        answer = point.answer
        cells = [say(answer), say_interval(answer), f"{answer.n:,}", *(_change(point) if compared else ())]
        cells += [answer.metric, instant(answer.as_of)]
        table.add_row(*map(escape, [*([name or "not said"] if by else []), *cells]))
    out.print(table)
    notes = [point.comparison.note for point in points.values() if point.comparison and point.comparison.note]
    notes += [point.answer.method for point in points.values() if point.answer.value is None and point.answer.method]
    for note in dict.fromkeys(notes):
        out.print(f"note: {note}", markup=False, soft_wrap=True)
    lacking(next((point.answer.incomplete for point in points.values()), ()))
    for name, point in points.items() if evidence else ():
        label = f"{name or 'not said'}: " if by else ""
        out.print(f"{label}events {', '.join(map(str, point.answer.evidence)) or 'none'}", soft_wrap=True)


def lacking(reasons: Iterable[str]) -> None:
    """Print what figures lack."""
    for reason in reasons:
        out.print(f"incomplete: {reason}", style="yellow", markup=False, soft_wrap=True)


def _change(point: Point) -> tuple[str, str]:
    found = point.comparison
    if found is None or found.change is None:
        return "", ""
    sign = "+" if found.change > 0 and point.answer.unit != "points" else ""
    chance = "" if found.p is None else f"{found.p:.3f}{' *' if found.significant else ''}"
    return f"{sign}{amount(found.change, point.answer.unit)}", chance


def story(history: Sequence[Recorded]) -> None:
    """Print what happened to one ticket."""
    for recorded in history:
        happened = recorded.event.TOPIC.partition("/")[0].removeprefix("ticket.")
        out.print(
            f"#{recorded.position:<8} {instant(recorded.event.at)}  {happened}  {escape(', '.join(_fields(recorded)))}"
        )


def log(history: Sequence[Recorded]) -> None:
    """Print the events of one ticket with all that is recorded around them."""
    for recorded in history:
        out.print(f"[bold]#{recorded.position} {recorded.event.TOPIC}[/bold]  {escape(', '.join(_fields(recorded)))}")
        out.print(f"    version {recorded.version} of {recorded.stream}", markup=False)
        out.print(f"    happened {instant(recorded.event.at)}, recorded {instant(recorded.recorded_at)}")
        out.print(
            f"    by {recorded.actor} ({recorded.allowed_by}), because of {recorded.cause}",
            markup=False,
            soft_wrap=True,
        )


def account(found: Account, left: str) -> None:
    """Print how a clock came to its verdict."""
    table = Table(title=f"The {found.clock} clock", title_justify="left", header_style="dim", box=SIMPLE_HEAD)
    for head in ("event", "at", "what it did"):
        table.add_column(head, justify="right" if head == "event" else "left")
    for entry in found.entries:
        table.add_row(f"#{entry.position}", instant(entry.at), escape(entry.what))
    out.print(table)
    out.print(f"[bold]{found.state}[/bold] as of {instant(found.as_of)}{left}")


def aside(rows: Iterable[PutAside]) -> None:
    """Print rows in quarantine."""
    table = Table(header_style="dim", box=SIMPLE_HEAD)
    for head in ("source", "line", "column", "value", "rule", "reason"):
        table.add_column(head, justify="right" if head == "line" else "left", overflow="fold")
    for row in rows:
        cells = (row.source, str(row.line or ""), row.column or "", row.value or "", row.rule, row.reason)
        table.add_row(*map(escape, cells))
    out.print(table)


def instant(at: Any) -> str:
    """Return *at* as people write it, in UTC."""
    return str(at.isoformat(sep=" ", timespec="seconds")).replace("+00:00", "Z")


def _fields(recorded: Recorded) -> Iterable[str]:
    for field in attrs.fields(type(recorded.event)):
        value = getattr(recorded.event, field.name)
        if field.name == "facts":
            yield from (f"{name} {word}" for name, word in value.items())
        elif field.name == "due":
            yield f"due {instant(value)}"
        elif field.name != "at" and value is not None:
            yield f"{field.name} {value}"


def tally(tally: Tally) -> None:
    """Say what an import, or a further try, came to."""
    parts = [f"{tally.rows:,} rows read", f"{tally.imported:,} taken into {tally.events:,} events"]
    parts += [f"{tally.known:,} known already"] if tally.known else []
    parts += [f"{tally.ignored:,} passed over"] if tally.ignored else []
    parts += [f"{tally.aside:,} put aside (`ventanilla quarantine list`)"] if tally.aside else []
    out.print(", ".join(parts), soft_wrap=True)
