"""The house: links, what is in the wheel, and that what is built can be used."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PARTS = ("core", "projections", "plugins", "adapters")


@pytest.mark.parametrize("part", PARTS)
def test_part_is_linked(part: str) -> None:
    """``src/ventanilla/<part>`` is the root folder itself."""
    assert (ROOT / "src/ventanilla" / part).resolve() == ROOT / part


def test_sdist_to_wheel_to_import(tmp_path: Path) -> None:
    """A wheel built from the sdist has every module once, under one name, and works where nothing else is."""
    _run(sys.executable, "-m", "build", "--no-isolation", "--outdir", str(tmp_path), cwd=ROOT)
    (wheel,) = tmp_path.glob("*.whl")

    names = zipfile.ZipFile(wheel).namelist()
    code = sorted(name for name in names if ".dist-info/" not in name)
    expected = sorted(
        f"ventanilla/{path.relative_to(ROOT)}"
        for part in PARTS
        for path in (ROOT / part).rglob("*")
        if path.suffix in (".py", ".jinja")
    )
    assert code == sorted([*expected, "ventanilla/__init__.py", "ventanilla/py.typed"])

    site = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(site)
    program = (
        "import ventanilla, ventanilla.adapters.cli.app as app\n"
        f"assert ventanilla.__file__.startswith({str(site)!r}), ventanilla.__file__\n"
        "with ventanilla.Desk('sqlite:///:memory:') as desk: print(desk.ask('tickets').value)"
    )
    assert (
        _run(sys.executable, "-c", f"import sys; sys.path.insert(0, {str(site)!r})\n{program}", cwd=tmp_path) == "0\n"
    )


def test_nothing_names_this_machine() -> None:
    """No file of the project names a folder of the machine that it was written on."""
    home = str(Path.home())
    for name in _run("git", "ls-files", cwd=ROOT).splitlines():
        path = ROOT / name
        if path.is_file() and not path.is_symlink():
            text = path.read_text(encoding="utf-8")
            assert home + "/" not in text, name
            assert str(ROOT) not in text, name


def _run(*command: str, cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
