"""``--isolated``: the same command in a process of its own, where a metric of a plug-in can do no harm."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from ventanilla.adapters.cli import show
from ventanilla.adapters.isolation import run_isolated

Isolated = Annotated[
    bool,
    typer.Option("--isolated", help="Run the metric, and all plug-ins, in a process with limits of time and memory."),
]
Seconds = Annotated[float, typer.Option("--seconds", min=0.1, help="With --isolated: how long it may take.")]
Megabytes = Annotated[int, typer.Option("--megabytes", min=64, help="With --isolated: how much memory it may have.")]

_GIVEN = "ventanilla.arguments"


class Isolable(TyperCommand):
    """A command that remembers how it was called."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read *args*, and keep them."""
        ctx.meta[_GIVEN] = list(args)
        return super().parse_args(ctx, args)


def elsewhere(ctx: typer.Context, metric: str, seconds: float, megabytes: int) -> None:
    """Run the command of *ctx* in a process of its own, print what it printed, and end as it did."""
    printed, code = run_isolated(
        [ctx.info_name or "", *ctx.meta[_GIVEN]],
        metric,
        columns=show.out.width,
        encoding=sys.stdout.encoding or "utf-8",
        seconds=seconds,
        megabytes=megabytes,
    )
    sys.stdout.write(printed)
    if code:
        raise typer.Exit(code)
