"""A setting of the desk as the rules see it: a calendar, a policy, an agreement, a survey, a list of categories."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import assert_never

from attrs import Factory, frozen

from ventanilla.core import events as on
from ventanilla.core.aggregate import Aggregate, tell
from ventanilla.core.events import SettingEvent, SettingPublished, SettingRestated

KINDS = ("calendar", "policy", "agreement", "survey", "categories", "continuation", "journey", "targets", "report")
"""What can be set; a setting's id is ``kind/name``."""


@frozen(kw_only=True, slots=False)
class Setting(Aggregate):
    """A setting, with all its versions.

    Attributes:
        versions: What was published, in the order of publication.
        withdrawn: From when on it is out of force; ``None``: it is in force.
        withdrawals: From when on the versions up to a number are out of force, by that number.
        sealed: The digests of the results of an agreement's sealed windows, by beginning and end; the last counts.
    """

    versions: tuple[SettingPublished | SettingRestated, ...] = ()
    withdrawn: datetime | None = None
    withdrawals: Mapping[int, datetime] = Factory(dict)
    sealed: Mapping[tuple[datetime, datetime], str] = Factory(dict)

    def in_force(self, at: datetime) -> SettingPublished | SettingRestated | None:
        """Return the version in force at the instant *at*; ``None`` if there is none then.

        Of versions with the same beginning the one published last counts.
        """
        begun = [version for version in self.versions if version.since <= at]
        last = max(begun, key=lambda version: (version.since, version.version), default=None)
        # A later version does not bring back what was withdrawn before it: the past keeps its meaning.
        if last and any(last.version <= number and since <= at for number, since in self.withdrawals.items()):
            return None
        return last


def happen_to_setting(draft: Setting, event: SettingEvent) -> None:
    """Let *event* happen to *draft* itself."""
    now = draft.__dict__
    tell(now, event)
    match event:
        case on.SettingPublished() | on.SettingRestated():
            now["versions"], now["withdrawn"] = (*draft.versions, event), None
        case on.SettingWithdrawn():
            now["withdrawn"] = event.since
            now["withdrawals"] = {**draft.withdrawals, len(draft.versions): event.since}
        case on.WindowSealed():
            now["sealed"] = {**draft.sealed, (event.since, event.until): event.digest}
        case _:
            assert_never(event)
