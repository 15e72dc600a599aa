"""Makes the figures of a manifest again, and says what differs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, TypeAlias

import msgspec
from attrs import frozen

from ventanilla.adapters.audit import code
from ventanilla.adapters.audit.figures import Dialled, Figures
from ventanilla.adapters.audit.log_hash import Block, differing
from ventanilla.adapters.audit.manifest import (
    Manifest,
    completeness,
    computed_by,
    is_whole,
    questions_of,
    setting_lines,
    sum_of_file,
)
from ventanilla.adapters.audit.recompute import dialled_by
from ventanilla.adapters.desk import Desk

Part: TypeAlias = Literal["manifest", "log", "code", "plug-in", "zone", "setting", "metric", "figure", "file"]
Progress: TypeAlias = Callable[[str, int, int], None]

NAMED = 20
"""How many files, or figures of a kind, are named one by one."""


@frozen(kw_only=True)
class Difference:
    """Something that is not as the manifest says.

    Attributes:
        part: Of what.
        said: What, in words.
        old: As the manifest has it; ``None`` where that cannot be shown.
        new: As it is here.
    """

    part: Part
    said: str
    old: Any = None
    new: Any = None


@frozen(kw_only=True)
class Verification:
    """What a verification came to.

    Attributes:
        figures: How many figures were made again.
        files: How many files were found to be as they were published.
        differences: What can change a figure and is not as it was, or did change one.
        told: What differs and cannot change a figure.
        since: How many events were recorded after the manifest's head; they are left out.
    """

    figures: int
    files: int
    differences: tuple[Difference, ...]
    told: tuple[str, ...]
    since: int

    @property
    def equal(self) -> bool:
        """Whether all that matters is as the manifest says."""
        return not self.differences


def verify(
    desk: Desk,
    manifest: Manifest,
    progress: Progress = lambda what, done, total: None,
    *,
    folder: Path | None = None,
) -> Verification:
    """Make the figures of *manifest* again from *desk*'s log, as far as the manifest's head, and compare everything.

    Args:
        desk: The desk: on any machine, any backend.
        manifest: See :func:`~ventanilla.adapters.audit.manifest.read_manifest`.
        progress: Told what is done, how much of it, and how much there is.
        folder: Where the files that were published with it are; ``None``: they are not looked at.

    Raises:
        NotUnderstood: The manifest's policy makes no sense here.
    """
    position = manifest["log"]["head"]
    dialled = dialled_by(desk, manifest)
    questions, missing = questions_of(manifest, desk)
    figures = dialled.figures(questions, lambda done, total: progress("figures", done, total))
    files, altered, without = (0, [], []) if folder is None else _files(manifest, folder)
    differences = [
        *([] if is_whole(manifest) else [Difference(part="manifest", said="it is not as it was made")]),
        *_log(desk, manifest, lambda done, total: progress("events", done, total)),
        *_code(manifest, computed_by(desk)),
        *_zones(manifest),
        *_settings(manifest, desk, dialled),
        *_metrics(manifest, desk, missing),
        *_figures(manifest, figures),
        *altered,
    ]
    return Verification(
        figures=len(figures.lines),
        files=files,
        differences=tuple(differences),
        told=(*_told(manifest, desk, figures), *without),
        since=desk.store.behind(position)[0],
    )


def _files(manifest: Manifest, folder: Path) -> tuple[int, list[Difference], list[str]]:
    """Return how many published files are in *folder* as they were, which are not, and whether none is there at all."""
    published = manifest.get("files", {})
    there = {name for name in published if (folder / name).is_file()}
    if published and not there:
        return 0, [], [f"none of the files is beside the manifest: {', '.join(published)}"]
    altered = [name for name in published if name in there and sum_of_file(folder / name) != published[name]]
    said = [f"{name} is not as it was published" for name in altered]
    said += [f"{name} is not there" for name in published if name not in there]
    return len(there) - len(altered), [Difference(part="file", said=one) for one in said], []


def _log(desk: Desk, manifest: Manifest, progress: Callable[[int, int], None]) -> Iterator[Difference]:
    old, identity = manifest["log"], desk.store.identity()
    if identity != old["identity"]:
        yield Difference(part="log", said="it is another log", old=old["identity"], new=identity)
    known = [_block(line) for line in old["blocks"]]
    for block, events in differing(desk.store, known, old["head"], progress):
        count = "" if events == block.events else f": there were {block.events:,} events and are {events:,}"
        yield Difference(part="log", said=f"positions {block.first:,} to {block.last:,} are not as they were{count}")


def _block(line: str) -> Block:
    first, last, events, sha256 = line.split(" ")
    return Block(first=int(first), last=int(last), events=int(events), sha256=sha256)


def _code(manifest: Manifest, now: Mapping[str, Any]) -> Iterator[Difference]:
    old, new = manifest["code"], now["code"]
    if old["sha256"] != new["sha256"]:
        names = sorted(
            name for name in old["files"].keys() | new["files"] if old["files"].get(name) != new["files"].get(name)
        )
        more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
        yield Difference(
            part="code", said=f"other files: {', '.join(names[:NAMED])}{more}", old=old["version"], new=new["version"]
        )
    before, after = ({one["name"]: one for one in plugins} for plugins in (manifest["plugins"], now["plugins"]))
    for name in sorted(before.keys() | after):
        was, is_ = before.get(name), after.get(name)
        if was != is_:
            yield Difference(part="plug-in", said=name, old=_plugin(was), new=_plugin(is_))


def _plugin(one: Mapping[str, Any] | None) -> str | None:
    if one is None:
        return None
    origin = " ".join(filter(None, (one["distribution"], one["version"])))
    return ", ".join(filter(None, (one["status"], origin, (one["sha256"] or "")[:12])))


def _zones(manifest: Manifest) -> Iterator[Difference]:
    for name, old in manifest["zones"].items():
        if (new := code.zone_rules(name, old["until"])) != old["sha256"]:
            said = f"{name} has other rules here, up to {old['until']}" if new else f"{name} is not known here"
            yield Difference(part="zone", said=said)


def _settings(manifest: Manifest, desk: Desk, dialled: Dialled) -> Iterator[Difference]:
    now = msgspec.json.decode(msgspec.json.encode(setting_lines(desk, dialled.position, dialled.known_at)))
    before, after = ({one["position"]: one for one in lines} for lines in (manifest["settings"], now))
    for position in sorted(before.keys() | after):
        was, is_ = before.get(position), after.get(position)
        if was != is_:
            one = was or is_ or {}
            version = f", version {one['version']}" if one["version"] else ""
            said = f"{one['setting']}{version}, at position {position:,}"
            yield Difference(part="setting", said=said, old=was and was["sha256"], new=is_ and is_["sha256"])


def _metrics(manifest: Manifest, desk: Desk, missing: list[str]) -> Iterator[Difference]:
    for name in missing:
        yield Difference(part="metric", said=f"{name} is not there", old=manifest["metrics"][name])
    for kind, there in (("metric", desk.host.metrics), ("table", desk.host.tables)):
        for name, old in manifest[f"{kind}s"].items():
            if name in there and there[name].version != old:
                new = there[name].version
                yield Difference(part="metric", said=f"the {kind} {name} has another version", old=old, new=new)


def _figures(manifest: Manifest, figures: Figures) -> Iterator[Difference]:
    old = {one["id"]: one for one in manifest["result"]["figures"]}
    new = {line.id: line for line in figures.lines}
    for name in dict.fromkeys((*old, *new)):
        was, line = old.get(name), new.get(name)
        if was and line and was["sha256"] == line.sha256():
            continue
        values = (was["value"] if was else None, line.answer.value if line else None)
        said = name
        if was is None or line is None:
            said += ": not there before" if was is None else ": not there now"
        elif values[0] == values[1]:
            said += (
                f": the same value, of {was['n']:,} rows then and {line.answer.n:,} now, by other events or interval"
            )
        yield Difference(part="figure", said=said, old=values[0], new=values[1])


def _told(manifest: Manifest, desk: Desk, figures: Figures) -> Iterator[str]:
    old, new = manifest["environment"], code.environment(desk.store.database.dialect.name)
    for name in ("python", "implementation", "system", "backend"):
        if old[name] != new[name]:
            yield f"{name}: {old[name]} then, {new[name]} here"
    for name in sorted(old["dependencies"].keys() | new["dependencies"]):
        versions = [one["dependencies"].get(name) for one in (old, new)]
        if versions[0] != versions[1]:
            yield f"{name}: {versions[0] or 'not there'} then, {versions[1] or 'not there'} here"
    before, now = manifest["completeness"], completeness(desk, figures)
    for reason in before["reasons"]:
        yield f"incomplete then{' and now' if reason in now['reasons'] else ''}: {reason}"
    for reason in now["reasons"]:
        if reason not in before["reasons"]:
            yield f"incomplete here: {reason}"
