"""Which code computes: our own files, the plug-ins, what they stand on, the rules of time zones."""

from __future__ import annotations

import hashlib
import platform
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from importlib import metadata, resources
from importlib.resources.abc import Traversable
from types import ModuleType
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import ventanilla
from ventanilla.plugins.host import Host

DEPENDENCIES = (
    *("attrs", "cryptography", "duckdb", "eventsourcing", "holidays", "msgspec", "numpy", "pluggy", "psycopg"),
    *("statsmodels", "structlog", "tzdata"),
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SUFFIXES = (".py", ".jinja")


def own_files() -> dict[str, str]:
    """Return the SHA-256 of each file of this package, by its path."""
    return dict(sorted(_files(resources.files("ventanilla"), "ventanilla")))


def sum_of(files: Mapping[str, str]) -> str:
    """Return one SHA-256 of all *files*, names and content."""
    lines = (f"{digest}  {name}\n" for name, digest in sorted(files.items()))
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def plugins(host: Host) -> list[dict[str, Any]]:
    """Return what is known of each plug-in, but for our own metrics: versions, and the hash of its files."""
    return [
        {
            "name": plugin.name,
            "status": plugin.status,
            "reason": plugin.reason,
            "distribution": plugin.distribution or None,
            "version": plugin.version or None,
            "sha256": _code_of(host.plugin(plugin.name)),
        }
        for plugin in host.found
        if plugin.name != "builtin"
    ]


def environment(backend: str) -> dict[str, Any]:
    """Return what the code runs on; none of it should change a figure."""
    return {
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "system": platform.system(),
        "backend": backend,
        "dependencies": {name: version for name in DEPENDENCIES if (version := _version(name))},
    }


def zone_rules(name: str, last_year: int) -> str | None:
    """Return the SHA-256 of what the time zone *name* does from 1970 to the end of *last_year*; ``None``: unknown here.

    That is its instants of change and its offsets, whatever file they come from: another release of the same rules
    gives the same.
    """
    try:
        zone = ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
    lines = (f"{at:%Y-%m-%dT%H:%M:%S} {offset}\n" for at, offset in _offsets(zone, last_year))
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def zones_in(texts: Iterable[str]) -> set[str]:
    """Return the time zones that the TOML *texts* of policies and calendars name; what is no TOML names none."""
    found: set[str] = set()
    for text in texts:
        try:
            found |= set(_zones(tomllib.loads(text)))
        except tomllib.TOMLDecodeError:  # the desk passes it over, too
            continue
    return found


def _zones(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            if name == "tz" and isinstance(inner, str):
                yield inner
            yield from _zones(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _zones(inner)


def _offsets(zone: ZoneInfo, last_year: int) -> Iterator[tuple[datetime, timedelta]]:
    """Return each instant from which on another offset holds: looked for day by day, then to the second."""
    at, offset = _EPOCH, _offset(zone, _EPOCH)
    yield at, offset
    while at.year <= last_year:
        after = at + timedelta(days=1)
        if _offset(zone, after) != offset:
            low, high = 0, 86_400
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if _offset(zone, at + timedelta(seconds=middle)) == offset else (low, middle)
            offset = _offset(zone, after)
            yield at + timedelta(seconds=high), offset
        at = after


def _offset(zone: ZoneInfo, at: datetime) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta()


def _files(folder: Traversable, name: str) -> Iterator[tuple[str, str]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            if entry.name != "__pycache__":
                yield from _files(entry, f"{name}/{entry.name}")
        elif entry.name.endswith(_SUFFIXES):
            yield f"{name}/{entry.name}", hashlib.sha256(entry.read_bytes()).hexdigest()


def _code_of(plugin: object | None) -> str | None:
    """Return the SHA-256 of the package, or the module, that *plugin* comes from; ``None`` if it has no files."""
    if plugin is None:
        return None
    module = plugin.__name__ if isinstance(plugin, ModuleType) else type(plugin).__module__
    top = sys.modules.get(module.partition(".")[0])
    if top is not None and hasattr(top, "__path__") and top is not ventanilla:
        return sum_of(dict(_files(resources.files(top), top.__name__)))
    file = getattr(sys.modules.get(module), "__file__", None)
    if file is None:
        return None
    with open(file, "rb") as code:
        return hashlib.sha256(code.read()).hexdigest()


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
