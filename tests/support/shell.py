"""The command line, as tests type it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

Shell: TypeAlias = Callable[..., subprocess.CompletedProcess[str]]
PROGRAM = [sys.executable, "-c", "from ventanilla.adapters.cli import main; main()"]
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "VENTANILLA_DESK"} | {"COLUMNS": "100"}


def shell_in(folder: Path) -> Shell:
    """Return a function that runs ``ventanilla`` in *folder*."""

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*PROGRAM, *words], cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, check=False
        )

    return run
