"""Policies and calendars as they come in: from a TOML file, or from the settings in the log."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from attrs import frozen

from ventanilla.core.errors import NotUnderstood
from ventanilla.core.events import SettingPublished, SettingRestated, SettingWithdrawn
from ventanilla.core.fields import utc
from ventanilla.core.recorded import Recorded
from ventanilla.core.streams import SETTING
from ventanilla.projections.calendar import Calendar, calendar
from ventanilla.projections.plain import Given
from ventanilla.projections.policy import Policy
from ventanilla.projections.policy_text import read_policy
from ventanilla.projections.settings import CalendarVersion, Moment, PolicyVersion, Settings

BEGINNING: Moment = (datetime.min.replace(tzinfo=UTC), -1)
"""Before everything: from when a policy counts that does not say."""


@frozen(kw_only=True)
class Document:
    """What a policy file, or the content of a setting, says.

    Attributes:
        policy: The policy.
        calendars: The calendars that it brings along, by name.
        since: From when on it counts; ``None``: from the beginning.
        restates: Why the past is to be judged anew by it, from when on it counts; ``None``: it is not.
    """

    policy: Policy
    calendars: Mapping[str, Calendar]
    since: datetime | None
    restates: str | None = None


def read_file(path: Path, *, calendars: Collection[str] = (), clocks: Collection[str] | None = None) -> Document:
    """Return what the policy file in *path* says.

    Args:
        path: A TOML file, see :mod:`ventanilla.projections.policy_text`.
        calendars: The names of calendars that it may use without bringing them along.
        clocks: The names of all clocks there are; ``None``: our own.

    Raises:
        NotUnderstood: It makes no sense; the message names the file and the place.
    """
    try:
        return read_text(path.read_text(encoding="utf-8"), calendars=calendars, clocks=clocks)
    except UnicodeDecodeError:
        raise NotUnderstood(f"{path} is no UTF-8 text") from None
    except NotUnderstood as error:
        raise NotUnderstood(f"{path}: {error}") from error


def read_text(text: str, *, calendars: Collection[str] = (), clocks: Collection[str] | None = None) -> Document:
    """Return what the TOML *text* of a policy says, as :func:`read_file` does.

    Raises:
        NotUnderstood: It makes no sense.
    """
    definition = _toml(text)
    return Document(
        policy=read_policy(definition, calendars=calendars, clocks=clocks),
        calendars={name: calendar(one, name=name) for name, one in definition.get("calendars", {}).items()},
        since=_instant(definition.get("since")),
        restates=Given(definition, "the policy").text("restates") if "restates" in definition else None,
    )


def of_document(document: Document, *, calendars: Mapping[str, Sequence[CalendarVersion]] | None = None) -> Settings:
    """Return the settings of a desk that has *document* and nothing else, as if it had always had it.

    Args:
        document: The policy.
        calendars: Calendars of the desk, which it may use; its own come in their place.
    """
    since = BEGINNING if document.since is None else (document.since, -1)
    own = {
        name: [CalendarVersion(published=BEGINNING, since=None, content=one)]
        for name, one in document.calendars.items()
    }
    version = PolicyVersion(name=document.policy.name, version=1, since=since, content=document.policy)
    return Settings(policies=[version], calendars={**(calendars or {}), **own})


def of_log(
    histories: Iterable[Sequence[Recorded]],
    *,
    clocks: Collection[str] | None = None,
    known_at: datetime | None = None,
) -> tuple[Settings, list[str]]:
    """Return the settings that the *histories* of settings' streams make, and what of them could not be read.

    What could not be read is as if it had not been published: the version before it stays in force.

    Args:
        histories: Each of one stream, by version; those of other kinds of settings are passed over.
        clocks: The names of all clocks there are; ``None``: our own.
        known_at: What was recorded later is left out; ``None``: nothing is.
    """
    found = [
        recorded
        for history in histories
        for recorded in history
        if known_at is None or recorded.recorded_at <= known_at
    ]
    found.sort(key=lambda recorded: (recorded.event.at, recorded.position))
    calendars: dict[str, list[CalendarVersion]] = {}
    policies: list[PolicyVersion] = []
    problems: list[str] = []
    for kind in ("calendar", "policy"):
        prefix = f"{SETTING}{kind}/"
        for recorded in found:
            if recorded.stream.startswith(prefix):
                name = recorded.stream.removeprefix(prefix)
                try:
                    if kind == "calendar":
                        _take_calendar(calendars, name, recorded)
                    else:
                        _take_policy(policies, calendars, name, recorded, clocks)
                except (NotUnderstood, ValueError) as error:
                    problems.append(f"{recorded.stream}, version {recorded.version}, is passed over: {error}")
    return Settings(policies=policies, calendars=calendars), problems


def _take_calendar(calendars: dict[str, list[CalendarVersion]], name: str, recorded: Recorded) -> None:
    event = recorded.event
    if isinstance(
        event, SettingPublished | SettingRestated
    ):  # one that is withdrawn stays for the clocks that are measured by it
        content = calendar(_toml(event.content), name=name)
        _add(calendars, name, recorded, event.since, content)


def _take_policy(
    policies: list[PolicyVersion],
    calendars: dict[str, list[CalendarVersion]],
    name: str,
    recorded: Recorded,
    clocks: Collection[str] | None,
) -> None:
    event = recorded.event
    if not isinstance(event, SettingPublished | SettingRestated | SettingWithdrawn):
        return
    content, version, restates = None, 0, False
    if not isinstance(event, SettingWithdrawn):
        document = read_text(event.content, calendars=calendars, clocks=clocks)
        content, version, restates = document.policy, event.version, document.restates is not None
        for own, hours in document.calendars.items():
            _add(calendars, own, recorded, event.since, hours, restates=restates)
    # It binds from when it is in force, and never before it was known, unless it says that it restates the past.
    late = event.since <= event.at and not restates
    since = (event.at, recorded.position) if late else (event.since, 0)
    if restates:  # what was published before it counts up to then, and no further
        policies[:] = [one for one in policies if one.name != name or one.since < since]
    policies.append(PolicyVersion(name=name, version=version, since=since, content=content))


def _add(
    calendars: dict[str, list[CalendarVersion]],
    name: str,
    recorded: Recorded,
    since: datetime,
    content: Calendar,
    *,
    restates: bool = False,
) -> None:
    published = BEGINNING if restates else (recorded.event.at, recorded.position)
    calendars.setdefault(name, []).append(CalendarVersion(published=published, since=since, content=content))


def _toml(text: str) -> dict[str, Any]:
    if not isinstance(text, str):
        raise TypeError(f"a policy is a text, TOML, not {text!r}")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise NotUnderstood(f"is no TOML: {error}") from None


def _instant(found: Any) -> datetime | None:
    if found is None:
        return None
    try:
        if isinstance(found, str):
            found = datetime.fromisoformat(found)
        if isinstance(found, date) and not isinstance(found, datetime):
            raise ValueError("has no time of day")
        return utc(found)
    except (ValueError, AttributeError) as error:
        raise NotUnderstood(f"since is {found}, not an instant like 2026-01-01T00:00:00Z ({error})") from None
