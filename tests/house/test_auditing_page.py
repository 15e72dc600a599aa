"""The guide for those who audit is true: its commands run, and come to what it says."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

PAGE = (Path(__file__).parents[2] / "docs" / "auditing.md").read_text(encoding="utf-8")
FINDS = {"audit on_time --claimed 92.4": 1}
"""What is not as it was said to be."""


def test_commands_run(tmp_path: Path) -> None:
    """The commands run one after the other in a folder with the two files; what is a negative finding says so."""
    listings: list[tuple[str, str]] = re.findall(r"^```(\w+)\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    (shell,) = [text for language, text in listings if language == "sh"]
    agreement, policy = (text for language, text in listings if language == "toml")
    (tmp_path / "agreement.toml").write_text(agreement)
    (tmp_path / "policy.toml").write_text(policy)
    for line in filter(None, (line.strip() for line in shell.splitlines() if not line.startswith("#"))):
        words = shlex.split(line)
        program = [sys.executable, "-c", "from ventanilla.adapters.cli import main; main()", *words[1:]]
        done = subprocess.run(program, cwd=tmp_path, capture_output=True, text=True, check=False)
        wanted = next((code for start, code in FINDS.items() if line.startswith(f"ventanilla {start}")), 0)
        assert done.returncode == wanted, f"{line}\n{done.stdout}{done.stderr}"
        assert done.stdout.strip(), line
