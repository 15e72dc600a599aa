"""The command line. Needs the extra ``cli``; the core does not."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command ``ventanilla``; it exits 0 when all is well, 1 on a negative finding, 2 on an error."""
    try:
        from ventanilla.adapters.cli.app import run
    except ModuleNotFoundError as error:
        if error.name not in ("typer", "rich", "jinja2"):
            raise
        print(f"error: the command line needs {error.name}: pip install 'ventanilla[cli]'", file=sys.stderr)
        sys.exit(2)
    run()
