"""Which plug-ins are installed, and what can be said of them before any of their code runs."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator
from importlib.metadata import Distribution, EntryPoint, distributions

import attrs
from attrs import frozen

from ventanilla.plugins import builtin
from ventanilla.plugins.found import Found
from ventanilla.plugins.hooks import API, PROJECT

_GROUP = re.compile(rf"{PROJECT}\.plugins\.v([0-9]+)")


@frozen(kw_only=True)
class Installed:
    """A plug-in that is installed.

    Attributes:
        entry: Its entry point: loading it runs its code.
        found: Who it is; *ready* if nothing speaks against loading it.
    """

    entry: EntryPoint
    found: Found


def installed(blocked: Collection[str] = ()) -> list[Installed]:
    """Return the plug-ins of every contract that are installed, by name; none is imported.

    Args:
        blocked: The names of those that are not wanted.
    """
    everything = sorted(_all(), key=lambda one: (one[1].name, one[0], one[1].distribution))
    same = Counter(found.name for contract, found, _ in everything if contract == API)
    there = []
    for contract, found, entry in everything:
        if found.name in blocked:
            found = attrs.evolve(found, status="blocked", reason="the host does not want it")
        elif contract != API:
            reason = f"made for hook contract {contract}; this host speaks {API}"
            found = attrs.evolve(found, status="too-new" if contract > API else "too-old", reason=reason)
        elif same[found.name] > 1:
            others = [other for c, other, _ in everything if c == API and other.name == found.name]
            reason = "this name is that of several: " + ", ".join(other.origin or "?" for other in others)
            found = attrs.evolve(found, status="duplicate", reason=reason)
        there.append(Installed(entry=entry, found=found))
    return there


def _all() -> Iterator[tuple[int, Found, EntryPoint]]:
    """Return contract, name and entry point of what others installed."""
    seen: set[str] = set()
    for distribution in distributions():
        name, version, entries = _look_into(distribution)
        key = re.sub(r"[-_.]+", "-", name).lower()
        if not entries or key in seen:  # the one that comes first on the path is the one that is imported
            continue
        seen.add(key)
        for contract, entry in entries:
            yield contract, Found(name=entry.name, status="ready", distribution=name, version=version), entry


def _look_into(distribution: Distribution) -> tuple[str, str, list[tuple[int, EntryPoint]]]:
    """Return name, version and plug-ins; of a package that has none, or whose own records are broken, nothing."""
    try:
        entries = [
            (int(contract[1]), entry)
            for entry in distribution.entry_points
            if (contract := _GROUP.fullmatch(entry.group)) and entry.value != builtin.__name__
        ]
        if not entries:  # as with nearly all: reading the rest would take most of the time
            return "", "", []
        return distribution.metadata["Name"] or "", distribution.metadata["Version"] or "", entries
    except Exception:
        return "", "", []
