"""``ventanilla what-if``: history under another policy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from ventanilla.adapters.answers import lacking
from ventanilla.adapters.cli import show
from ventanilla.adapters.cli.common import instant, open_desk
from ventanilla.adapters.cli.options import DEFAULT_DESK, AsOf, DeskUrl, KnownAt
from ventanilla.adapters.desk import Desk
from ventanilla.adapters.policies import of_document, read_file
from ventanilla.adapters.publishing import histories, plain
from ventanilla.core.events import TicketEvent
from ventanilla.projections.account import span
from ventanilla.projections.clocks import history_as_of
from ventanilla.projections.what_if import Comparison, Count, Outcome, compare, needed


def what_if(
    policy: Annotated[Path, typer.Option("--policy", help="The policy to try (TOML).", metavar="FILE")],
    against: Annotated[
        Path | None,
        typer.Option("--against", help="Compare with this policy. Default: what the desk has set.", metavar="FILE"),
    ] = None,
    desk: DeskUrl = DEFAULT_DESK,
    since: Annotated[
        str | None, typer.Option("--from", help="Leave out tickets opened before.", metavar="INSTANT")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--to", help="Leave out tickets opened then or later.", metavar="INSTANT")
    ] = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    by: Annotated[str | None, typer.Option("--by", help="Count by a fact of the tickets: priority, team, …")] = None,
    limit: Annotated[int, typer.Option("--limit", min=0, help="How many differences to show.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="Print data for a program: every difference.")] = False,
) -> None:
    """Replay history under another policy, and say what would have been. Writes nothing."""
    with open_desk(desk) as opened:
        known = instant(known_at)
        mine = opened.dues.keeper(known)
        names, clocks = mine.settings.calendars, [clock.name for clock in mine.clocks]
        new = of_document(read_file(policy, calendars=names, clocks=clocks), calendars=names)
        old = (
            mine.settings
            if against is None
            else of_document(read_file(against, calendars=names, clocks=clocks), calendars=names)
        )
        before, after = needed(opened.dues.engine(old, known), opened.dues.engine(new, known))
        found = compare(
            _histories(opened, known),
            before,
            after,
            as_of=instant(as_of) or opened.last_at(),
            since=instant(since),
            until=instant(until),
            by=by,
        )
        incomplete = lacking(opened.store, opened.host.found)
    if as_json:
        show.json({**plain(found), "incomplete": incomplete})
    else:
        _show(found, by, limit)
        show.lacking(incomplete)


def _histories(desk: Desk, known_at: datetime | None) -> Iterator[tuple[str, Sequence[tuple[int, TicketEvent]]]]:
    """Return the tickets' histories; one with an event that cannot be read is left out, which is said."""
    for stream, history in histories(desk.store, desk.store.head(), _left_out):
        if known_at is not None:
            yield stream, history_as_of(desk.store.load(stream), desk.now(), known_at)
        else:
            yield stream, history


def _left_out(ticket: str, reason: str) -> None:
    show.err.print(f"left out: ticket {ticket}: {reason}", markup=False)


def _show(found: Comparison, by: str | None, limit: int) -> None:
    show.out.print(f"{found.tickets:,} tickets, as of {show.instant(found.as_of)}")
    if not found.counts:
        show.out.print("Neither policy has a target for any of them.")
        return
    _counts("clock", {f"{slot}: {clock}": count for (slot, clock), count in found.counts.items()})
    if by:
        _counts(by, {value or "not said": count for value, count in found.by.items()})
    show.out.print(f"{len(found.differences):,} instances would have come out otherwise")
    for one in found.differences[:limit]:
        which = f"{one.ticket} {one.slot}: {one.clock} {one.number}"
        show.out.print(f"    {which}: {_say(one.before)} → {_say(one.after)}", markup=False, soft_wrap=True)


def _counts(head: str, counts: dict[str, Count]) -> None:
    table = Table(header_style="dim", box=SIMPLE_HEAD)
    for name in (head, "instances", "breached", "would be", "more", "fewer"):
        table.add_column(name, justify="left" if name == head else "right")
    for name, count in counts.items():
        row = (count.instances, count.before, count.after, count.more, count.fewer)
        table.add_row(escape(name), *(f"{number:,}" for number in row))
    show.out.print(table)


def _say(outcome: Outcome | None) -> str:
    if outcome is None:
        return "no target"
    target = "" if outcome.target is None else f" in {span(outcome.target)}"
    due = "" if outcome.due is None else f", due {show.instant(outcome.due)}"
    return f"{'breached' if outcome.breached else outcome.state}{target}{due}"
