"""``ventanilla cases``: the tool with which a desk that moves from another help desk checks us."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import attrs
import typer

from ventanilla.adapters.cli import show
from ventanilla.core.errors import NotUnderstood
from ventanilla.projections.cases import Result, run

app = typer.Typer(no_args_is_help=True, help="Business-time and SLA cases of other systems, run against ours.")


@app.callback()
def _top() -> None:
    """Business-time and SLA cases of other systems, run against ours."""


@app.command("run")
def run_file(
    file: Annotated[Path, typer.Argument(help="Cases in the neutral form sla-cases/1 (JSON).", metavar="FILE")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one object per case and line.")] = False,
) -> None:
    """Run the cases of a file, and explain each difference. Exits 1 if there is one."""
    results = list(run(_read(file)))
    different = [result for result in results if not result.agrees]
    if as_json:
        for result in results:
            sys.stdout.write(json.dumps(attrs.asdict(result, recurse=False), ensure_ascii=False) + "\n")
    else:
        for result in different:
            _show(result)
        say = f"{len(results) - len(different):,} of {len(results):,} cases agree"
        show.out.print(say if results else "There are no cases in the file.")
    if different:
        raise typer.Exit(1)


def _read(file: Path) -> object:
    try:
        return json.loads(file.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError:
        raise NotUnderstood(f"{file} is no UTF-8 text") from None
    except (json.JSONDecodeError, RecursionError) as error:
        raise NotUnderstood(f"{file} is no JSON: {error}") from None


def _show(result: Result) -> None:
    show.out.print(f"[bold]{result.id}[/bold] ({result.kind}) differs", soft_wrap=True)
    for name, value in (("expected", result.expected), ("we say", result.got)):
        show.out.print(f"    {name}: {json.dumps(value, ensure_ascii=False)}", markup=False, soft_wrap=True)
    for line in result.why.split("; "):
        show.out.print(f"    because {line}", markup=False, soft_wrap=True)
