"""What figures were made of, so that somebody else can make them again: log, code, rules, questions, results."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

import attrs
import msgspec

import ventanilla
from ventanilla.adapters.audit import code
from ventanilla.adapters.audit.figures import Dialled, Figures, canonical
from ventanilla.adapters.audit.log_hash import LogHash, hash_log
from ventanilla.adapters.audit.settings import settings
from ventanilla.adapters.desk import Desk
from ventanilla.core.errors import NotUnderstood
from ventanilla.core.events import SettingPublished
from ventanilla.core.recorded import Recorded
from ventanilla.projections.metric import Question

# NOTE: storage format. An auditor keeps manifests for years.
FORMAT = "ventanilla-manifest/1"

Manifest: TypeAlias = Mapping[str, Any]
Progress: TypeAlias = Callable[[int, int], None]

_PARKED = re.compile(r"^(ticket |and [0-9,]+ more tickets)")


def make_manifest(
    dialled: Dialled,
    figures: Figures,
    *,
    title: str,
    zone: tzinfo,
    policy_text: str | None = None,
    progress: Progress = lambda done, total: None,
) -> dict[str, Any]:
    """Return the manifest of *figures*.

    Args:
        dialled: The desk and the dials that they were made by.
        figures: The figures.
        title: What they are about.
        zone: The time zone of their periods.
        policy_text: The text of the policy that they were made under; ``None``: the desk's own policies.
        progress: Told how many events of the log are hashed, and how many there are.
    """
    desk, position = dialled.desk, dialled.position
    log = hash_log(desk.store, position, progress)
    known = list(settings(desk.store, position, dialled.known_at))
    texts = [one.event.content for one in known if isinstance(one.event, SettingPublished)]
    last_year = figures.as_of.year + 1
    zones = sorted({str(zone), *code.zones_in([*texts, policy_text or ""])})
    made: dict[str, Any] = {
        "format": FORMAT,
        "title": title,
        "made_at": desk.now(),
        "log": {"identity": desk.store.identity(), **_log(log)},
        "dials": {
            "as_of": figures.as_of,
            "known_at": figures.known_at,
            "position": position,
            "zone": str(zone),
            "policy": None if policy_text is None else {"sha256": _sum(policy_text), "text": policy_text},
        },
        **computed_by(desk),
        "zones": {name: {"until": last_year, "sha256": code.zone_rules(name, last_year)} for name in zones},
        "settings": [_setting(one) for one in known],
        **_versions(desk, figures.questions),
        "questions": [_question(one) for one in figures.questions],
        "completeness": completeness(desk, figures),
        "result": {
            "sha256": figures.sha256(),
            "figures": [
                {"id": line.id, "value": line.answer.value, "n": line.answer.n, "sha256": line.sha256()}
                for line in figures.lines
            ],
        },
    }
    return _sealed(made)


def naming(manifest: Manifest, files: Sequence[Path]) -> dict[str, Any]:
    """Return *manifest* with the names and hashes of the *files* that are published beside it."""
    rest = {name: value for name, value in manifest.items() if name != "sha256"}
    return _sealed({**rest, "files": {file.name: sum_of_file(file) for file in files}})


def sum_of_file(file: Path) -> str:
    """Return the SHA-256 of *file*."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def computed_by(desk: Desk) -> dict[str, Any]:
    """Return which code computes the figures of *desk*, and on what it runs."""
    files = code.own_files()
    return {
        "code": {"version": ventanilla.__version__, "sha256": code.sum_of(files), "files": files},
        "plugins": code.plugins(desk.host),
        "environment": code.environment(desk.store.database.dialect.name),
    }


def completeness(desk: Desk, figures: Figures) -> dict[str, Any]:
    """Return what *figures* lack: tickets that are parked, rows in quarantine, plug-ins and metrics that failed."""
    waiting = desk.store.aside_by_source()
    broken = {one.name: one.reason for one in desk.host.found if one.status not in ("ready", "blocked")}
    return {
        "complete": not (figures.incomplete or figures.failed),
        "reasons": [*figures.incomplete, *(f"{name} cannot be asked: {why}" for name, why in figures.failed.items())],
        "parked": [reason for reason in figures.incomplete if _PARKED.match(reason)],
        "quarantine": dict(waiting),
        "broken_plugins": broken,
        "failed_metrics": dict(figures.failed),
    }


def setting_lines(desk: Desk, position: int, known_at: datetime | None) -> list[dict[str, Any]]:
    """Return the settings up to *position*, with the hash of each."""
    return [_setting(one) for one in settings(desk.store, position, known_at)]


def write_manifest(manifest: Manifest, path: Path) -> None:
    """Write *manifest* for people and programs to read."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n")


def read_manifest(path: Path) -> Manifest:
    """Return the manifest in *path*.

    Raises:
        NotUnderstood: It is none.
    """
    try:
        found = msgspec.json.decode(path.read_bytes())
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise NotUnderstood(f"{path} is no manifest: {error}") from None
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise NotUnderstood(f"{path} is no manifest of the format {FORMAT}")
    return found


def is_whole(manifest: Manifest) -> bool:
    """Return whether *manifest* is as it was made: its own hash is the last thing in it."""
    rest = {name: value for name, value in manifest.items() if name != "sha256"}
    return _sum_of(rest) == manifest.get("sha256")


def questions_of(manifest: Manifest, desk: Desk) -> tuple[list[Question], list[str]]:
    """Return the questions that *manifest* asks, and the metrics among them that *desk* does not have."""
    asked: list[Question] = []
    missing: dict[str, None] = {}
    for one in manifest["questions"]:
        name = one["metric"].partition("@")[0]
        if name not in desk.host.metrics:
            missing[name] = None
            continue
        asked.append(
            Question(
                metric=desk.host.metrics[name],
                by=one["by"],
                only=one["only"],
                since=_instant(one["since"]),
                until=_instant(one["until"]),
                pooled=one["pooled"],
                zone=ZoneInfo(one["zone"]),
            )
        )
    return asked, list(missing)


def _sealed(made: Mapping[str, Any]) -> dict[str, Any]:
    return {**made, "sha256": _sum_of(made)}


def _sum_of(made: Mapping[str, Any]) -> str:
    return hashlib.sha256(canonical(made)).hexdigest()


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _question(question: Question) -> dict[str, Any]:
    around = attrs.asdict(question, filter=lambda field, _: field.name not in ("metric", "zone"))
    return {"metric": str(question.metric), "table": question.metric.table, **around, "zone": str(question.zone)}


def _versions(desk: Desk, questions: Sequence[Question]) -> dict[str, Any]:
    metrics = {question.metric.name: question.metric for question in questions}
    tables = {metric.table: desk.host.tables[metric.table].version for metric in metrics.values()}
    return {"metrics": {name: metric.version for name, metric in metrics.items()}, "tables": tables}


def _log(log: LogHash) -> dict[str, Any]:
    return {
        "head": log.head,
        "events": log.events,
        "sha256": log.sha256,
        "recorded": {"first": log.recorded_first, "last": log.recorded_last},
        "blocks": [f"{block.first} {block.last} {block.events} {block.sha256}" for block in log.blocks],
    }


def _setting(recorded: Recorded) -> dict[str, Any]:
    event = recorded.event
    published = event if isinstance(event, SettingPublished) else None
    return {
        "setting": recorded.stream.partition("/")[2],
        "event": event.TOPIC,
        "version": published.version if published else None,
        "since": getattr(event, "since", None),
        "position": recorded.position,
        "sha256": _sum(published.content) if published else None,
    }


def _sum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
