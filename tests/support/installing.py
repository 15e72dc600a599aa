"""Plug-ins as they are when somebody has installed them: in a folder of their own on the path."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path


def install(project: Path, target: Path) -> None:
    """Build a wheel of *project*, in a copy of nothing, and unpack it into *target*: what an installer does with it."""
    out = target.with_name(f"{target.name}-wheel-{project.name}")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(project)],
        capture_output=True,
        check=True,
    )
    (wheel,) = out.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(target)


def record(target: Path, entries: Mapping[str, str], *, distribution: str = "x-test", contract: int = 1) -> None:
    """Write into *target* what an installer records of a package with these plug-ins, name by module."""
    folder = target / f"{distribution.replace('-', '_')}-1.0.dist-info"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
    lines = "\n".join(f"{name} = {module}" for name, module in entries.items())
    (folder / "entry_points.txt").write_text(f"[ventanilla.plugins.v{contract}]\n{lines}\n")
