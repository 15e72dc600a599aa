"""A setting of the desk as the rules see it: a calendar, a policy, an agreement, a survey, a list of categories."""

from __future__ import annotations

from datetime import datetime
from typing import assert_never

from attrs import frozen

from ventanilla.core import events as on
from ventanilla.core.aggregate import Aggregate, tell
from ventanilla.core.events import SettingEvent, SettingPublished

KINDS = ("calendar", "policy", "agreement", "survey", "categories", "continuation", "journey", "targets", "report")
"""What can be set; a setting's id is ``kind/name``."""


@frozen(kw_only=True, slots=False)
class Setting(Aggregate):
    """A setting, with all its versions.

    Attributes:
        versions: What was published, in the order of publication.
        withdrawn: From when on it is out of force; ``None``: it is in force.
    """

    versions: tuple[SettingPublished, ...] = ()
    withdrawn: datetime | None = None

    def in_force(self, at: datetime) -> SettingPublished | None:
        """Return the version in force at the instant *at*; ``None`` if there is none then.

        Of versions with the same beginning the one published last counts.
        """
        if self.withdrawn is not None and at >= self.withdrawn:
            return None
        begun = [version for version in self.versions if version.since <= at]
        return max(begun, key=lambda version: (version.since, version.version), default=None)


def happen_to_setting(draft: Setting, event: SettingEvent) -> None:
    """Let *event* happen to *draft* itself."""
    now = draft.__dict__
    tell(now, event)
    match event:
        case on.SettingPublished():
            now["versions"], now["withdrawn"] = (*draft.versions, event), None
        case on.SettingWithdrawn():
            now["withdrawn"] = event.since
        case _:
            assert_never(event)
