"""What can be asked about the desk itself."""

from __future__ import annotations

from datetime import datetime

from attrs import field, frozen

from ventanilla.core.commands.base import ToSetting
from ventanilla.core.events.setting import SettingPublished, SettingWithdrawn
from ventanilla.core.fields import utc


@frozen(kw_only=True)
class PublishSetting(ToSetting):
    """Publish a version of a setting: :class:`~ventanilla.core.events.SettingPublished`."""

    version: int
    since: datetime = field(converter=utc)
    content: str

    def event(self) -> SettingPublished:
        """See :meth:`Asked.event`."""
        return SettingPublished(at=self.at, version=self.version, since=self.since, content=self.content)


@frozen(kw_only=True)
class WithdrawSetting(ToSetting):
    """Take a setting out of force: :class:`~ventanilla.core.events.SettingWithdrawn`."""

    since: datetime = field(converter=utc)

    def event(self) -> SettingWithdrawn:
        """See :meth:`Asked.event`."""
        return SettingWithdrawn(at=self.at, since=self.since)
