"""Does the same in other processes with other hash seeds: what depends on the order of a set gives itself away."""

from __future__ import annotations

import functools
import importlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping

from ventanilla.core.errors import said
from ventanilla.plugins.host import Host
from ventanilla.plugins.installed import installed
from ventanilla.plugins.testing.contract import fail

INSTALLED = "plug-in:"
"""Before the name of a plug-in that is installed, where others give their module."""

_SEEDS = ("1", "2")
_CHILD = "import sys; from ventanilla.plugins.testing.elsewhere import main; main(sys.argv[1])"


def digests(module: str, what: str) -> list[str]:
    """Return the digest of *what*, ``"table acme.visits"``, under each of several hash seeds.

    Args:
        module: The module that is the plug-in; or ``plug-in:NAME`` for one that is installed.
        what: Kind and name.
    """
    found = [everything[what] for everything in _elsewhere(module) if what in everything]
    if len(found) < len(_SEEDS):
        fail(f"the plug-in in {module} brings no {what}: set plugin to the name of the module with the hooks")
    return found


@functools.cache
def _elsewhere(module: str) -> tuple[Mapping[str, str], ...]:
    """Return the digests of all that the plug-in brings, once for each seed: a process takes a second to begin."""
    path = os.pathsep.join(filter(None, sys.path))
    running = [
        subprocess.Popen(
            [sys.executable, "-P", "-c", _CHILD, module],
            env=os.environ | {"PYTHONPATH": path, "PYTHONHASHSEED": seed},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for seed in _SEEDS
    ]
    said = [process.communicate() for process in running]
    for process, (_, complained) in zip(running, said, strict=True):
        if process.returncode:
            why = (complained.strip().splitlines() or ["it ended without a word"])[-1]
            fail(f"{module} cannot be run in a process of its own: {why}")
    return tuple(json.loads(out.splitlines()[-1]) for out, _ in said)


def main(module: str) -> None:
    """Print the digests of all tables and metrics that *module* brings, as JSON."""
    from ventanilla.plugins.testing.suite import contracts  # which imports this module

    host = Host()
    if module.startswith(INSTALLED):
        name = module.removeprefix(INSTALLED)
        host.load(blocked={one.found.name for one in installed()} - {name})
        found = next(found for found in host.found if found.name == name)
    else:
        found = host.add("tried", importlib.import_module(module))
    if found.status != "ready":
        raise SystemExit(f"{module} is {found.status}: {found.reason}")
    digests: dict[str, str] = {}
    for what, contract in contracts(host, found):
        try:
            digests[what] = contract.digest()
        except (Exception, SystemExit) as error:
            digests[what] = said(error)
    print("\n" + json.dumps(digests))
