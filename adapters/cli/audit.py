"""``ventanilla audit`` and ``verify``: what is behind a figure, and whether published ones come out again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import attrs
import typer

from ventanilla.adapters.audit.audited import Audited, audit_figure
from ventanilla.adapters.audit.buckets import NOT_SAID
from ventanilla.adapters.audit.manifest import read_manifest
from ventanilla.adapters.audit.recount import ALL
from ventanilla.adapters.audit.verify import verify
from ventanilla.adapters.cli import show, show_audit
from ventanilla.adapters.cli.common import conditions, instant, open_desk, policy_file, time_zone
from ventanilla.adapters.cli.isolated import Isolated, Megabytes, Seconds, elsewhere
from ventanilla.adapters.cli.options import DEFAULT_DESK, AsJson, AsOf, DeskUrl, From, KnownAt, To, Zone
from ventanilla.adapters.cli.progress import progress, told
from ventanilla.adapters.isolation import ISOLATED, MEGABYTES, SECONDS
from ventanilla.projections.behind import CountedRow
from ventanilla.projections.metric import Question


def audit(
    ctx: typer.Context,
    metric: Annotated[str, typer.Argument(help="See `ventanilla metrics list`.", metavar="METRIC")],
    by: Annotated[str | None, typer.Option("--by", help="Cut by a dimension, a period or a fact.")] = None,
    only: Annotated[
        list[str] | None, typer.Option("--only", help="Count only what has this value: team=red.", metavar="NAME=VALUE")
    ] = None,
    bucket: Annotated[
        list[str] | None,
        typer.Option(
            "--bucket",
            help="Name the events behind a part: a value of the cut, 'not said', yes, no, '>4 h', excluded. "
            "Several narrow it down.",
            metavar="VALUE",
        ),
    ] = None,
    claimed: Annotated[
        str | None, typer.Option("--claimed", help="A figure that was published: 92.4, 0.924, '2 d 5 h'.")
    ] = None,
    claimed_rows: Annotated[
        Path | None,
        typer.Option("--claimed-rows", help="The rows behind it: a CSV with ticket and value.", metavar="FILE"),
    ] = None,
    desk: DeskUrl = DEFAULT_DESK,
    since: From = None,
    until: To = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    policy: Annotated[
        Path | None, typer.Option("--policy", help="Judge clocks by this policy (TOML).", metavar="FILE")
    ] = None,
    zone: Zone = "UTC",
    limit: Annotated[int, typer.Option("--limit", min=0, help="How many rows to show.")] = 20,
    as_json: AsJson = False,
    isolated: Isolated = False,
    seconds: Seconds = SECONDS,
    megabytes: Megabytes = MEGABYTES,
) -> None:
    """Count a figure anew from the log alone, and name each row and event behind it.

    With a figure that was published: equal, or the dials under which it was true and the tickets that have changed
    since, or how many rows it is away. Exits 1 if anything differs.
    """
    if isolated and ctx.obj != ISOLATED:
        elsewhere(ctx, metric, seconds, megabytes)
        return
    place = time_zone(zone)
    start, end, moment, known = (instant(text, place) for text in (since, until, as_of, known_at))
    with open_desk(desk) as opened:
        asked = Question(
            metric=opened.host.metric(metric), by=by, only=conditions(only or ()), since=start, until=end, zone=place
        )
        with told("look when it was true", "events") as move:
            found = audit_figure(
                opened,
                asked,
                buckets=bucket or (),
                claimed=claimed,
                claimed_rows=claimed_rows,
                progress=move,
                as_of=moment,
                known_at=known,
                policy=policy_file(opened, policy),
            )
        if as_json:
            show.json(_plain(found))
        else:
            show_audit.audited(found, limit)
    if not found.proved:
        raise typer.Exit(1)


def verify_(
    manifest: Annotated[Path, typer.Argument(help="What `ventanilla report --out` wrote.", metavar="MANIFEST")],
    desk: DeskUrl = DEFAULT_DESK,
    as_json: AsJson = False,
) -> None:
    """Make the figures of a manifest again, on this machine, from this log, and say `equal` or exactly what differs.

    What was recorded since the manifest is left out. The files published beside it are compared, too. Exits 1 if
    anything differs that can change a figure, or a file does.
    """
    known = read_manifest(manifest)
    with open_desk(desk) as opened, progress("done") as bar:
        tasks = {what: bar.add_task(what, total=None) for what in ("figures", "events")}
        found = verify(
            opened,
            known,
            lambda what, done, total: bar.update(tasks[what], completed=done, total=total),
            folder=manifest.parent,
        )
    if as_json:
        show.json({"equal": found.equal, **attrs.asdict(found)})
    else:
        show_audit.verified(found)
    if not found.equal:
        raise typer.Exit(1)


def _plain(found: Audited) -> dict[str, Any]:
    by = found.recount.question.by
    figures = [({by: name} if by else {}) | attrs.asdict(answer) for name, answer in found.cut.items()]
    said: dict[str, Any] = {
        "metric": str(found.recount.question.metric),
        "bucket": None if found.recount.bucket == ALL else found.recount.bucket or NOT_SAID,
        "figures": figures,
        "fact_table_agrees": found.kept,
        "rows": [_row(row) for row in found.rows()],
    }
    if found.claim is not None:
        said["claimed"] = {"text": found.claim.text, "equal": found.holds}
        said["explanation"] = attrs.asdict(found.explanation) if found.explanation else None
        said["away"] = (
            {"said": found.away.said, "rows": found.away.rows, "nearest": [_row(row) for row in found.away.nearest]}
            if found.away
            else None
        )
    if found.differing is not None:
        said["rows_differing"] = [attrs.asdict(one) for one in found.differing]
    return said


def _row(row: CountedRow) -> Mapping[str, Any]:
    return {
        "row": row.name,
        "ticket": row.ticket,
        "bucket": row.key,
        "value": row.value,
        "excluded": row.excluded or None,
        "margin": row.margin,
        "events": row.positions,
    }
