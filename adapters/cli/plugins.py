"""``ventanilla plugins``: which are installed, whether they keep their contract, and how to begin one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import attrs
import typer

from ventanilla.adapters import isolation
from ventanilla.adapters.cli import show
from ventanilla.adapters.cli.options import AsJson
from ventanilla.core.errors import NotUnderstood
from ventanilla.plugins.host import Host
from ventanilla.plugins.installed import installed
from ventanilla.plugins.template import Kind, files

app = typer.Typer(
    no_args_is_help=True, help="Plug-ins: which are installed, whether they keep their contract, how to begin one."
)


@app.command("list")
def plugins_list(as_json: AsJson = False) -> None:
    """List the plug-ins, and what each brings or why it is not ready. Exits 1 if any is not."""
    found = Host().load().found
    if as_json:
        show.json([attrs.asdict(one) for one in found])
    else:
        width = max(len(one.name) for one in found)
        origins = max(len(one.origin) for one in found)
        for one in found:
            said = one.reason or ", ".join(one.adds) or "hooks only"
            line = f"{one.name:<{width}}  {one.status:<9}  {one.origin:<{origins}}  {said}"
            show.out.print(line, markup=False, soft_wrap=True)
    if any(one.status != "ready" for one in found):
        raise typer.Exit(1)


@app.command("check")
def plugins_check(
    name: Annotated[str, typer.Argument(help="The plug-in, as `list` shows it.", metavar="NAME")],
    seconds: Annotated[float, typer.Option("--limit-seconds", min=0.1, help="How long a rule may take.")] = 20,
    megabytes: Annotated[int, typer.Option("--limit-memory", min=64, help="How much memory, in MB.")] = 1024,
    as_json: AsJson = False,
) -> None:
    """Run the conformance kit on a plug-in, in a process of its own. Exits 1 if a rule is broken.

    What hangs, grows without end or crashes is stopped and named: a guard against accidents, not against malice.
    """
    names = {"builtin", *(one.found.name for one in installed())}
    if name not in names:
        raise NotUnderstood(f"no plug-in is called {name!r}; there are {', '.join(sorted(names))}")
    verdicts: list[isolation.Verdict] = []
    for verdict in isolation.check(name, seconds=seconds, megabytes=megabytes):
        verdicts.append(verdict)
        if not as_json:
            how = f": {verdict.broken}" if verdict.broken else ""
            word = "broken" if verdict.broken else "ok"
            show.out.print(f"{word:<6}  {verdict.rule}{how}", markup=False, soft_wrap=True)
    if as_json:
        show.json([attrs.asdict(verdict) for verdict in verdicts])
    if any(verdict.broken for verdict in verdicts):
        raise typer.Exit(1)


@app.command("new")
def plugins_new(
    name: Annotated[str, typer.Argument(help="Of the plug-in: a word in lower case.", metavar="NAME")],
    kind: Annotated[Kind, typer.Option("--kind", help="What it is to bring.")] = "channel",
    out: Annotated[
        Path | None, typer.Option("--out", help="A new folder. Default: x-NAME, here.", metavar="DIR")
    ] = None,
) -> None:
    """Begin a plug-in that keeps its contract: a module, its packaging, a test, a README, and CI."""
    made = files(name, kind)
    folder = out or Path(f"x-{name}")
    if folder.exists():
        raise NotUnderstood(f"{folder} is there already: give another --out")
    for path, text in made.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    show.out.print(f"Wrote {', '.join(made)} to {folder}", markup=False, soft_wrap=True)
    show.out.print(f"Next: pip install -e {folder}, ventanilla plugins check {name}", markup=False, soft_wrap=True)
