"""What can be asked about the desk itself."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from attrs import field, frozen

from ventanilla.core.commands.base import ToSetting
from ventanilla.core.events.setting import SettingPublished, SettingRestated, SettingWithdrawn, WindowSealed
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
class RestateSetting(ToSetting):
    """Publish a version that judges the past anew: :class:`~ventanilla.core.events.SettingRestated`.

    A desk makes its report: :meth:`~ventanilla.adapters.desk.Desk.publish`.
    """

    version: int
    since: datetime = field(converter=utc)
    content: str
    because: str
    position: int
    as_of: datetime = field(converter=utc)
    tickets: int
    left_out: int
    tickets_changed: int
    instances_changed: int
    clocks: Mapping[str, tuple[int, ...]] = field(hash=False)
    digest: str

    def event(self) -> SettingRestated:
        """See :meth:`Asked.event`."""
        return SettingRestated(
            at=self.at,
            version=self.version,
            since=self.since,
            content=self.content,
            because=self.because,
            position=self.position,
            as_of=self.as_of,
            tickets=self.tickets,
            left_out=self.left_out,
            tickets_changed=self.tickets_changed,
            instances_changed=self.instances_changed,
            clocks=self.clocks,
            digest=self.digest,
        )


@frozen(kw_only=True)
class WithdrawSetting(ToSetting):
    """Take a setting out of force: :class:`~ventanilla.core.events.SettingWithdrawn`."""

    since: datetime = field(converter=utc)

    def event(self) -> SettingWithdrawn:
        """See :meth:`Asked.event`."""
        return SettingWithdrawn(at=self.at, since=self.since)


@frozen(kw_only=True)
class SealWindow(ToSetting):
    """Hold fast what an agreement came to in a window: :class:`~ventanilla.core.events.WindowSealed`."""

    version: int
    since: datetime = field(converter=utc)
    until: datetime = field(converter=utc)
    position: int
    digest: str
    result: str
    corrects: str | None = None

    def event(self) -> WindowSealed:
        """See :meth:`Asked.event`."""
        return WindowSealed(
            at=self.at,
            version=self.version,
            since=self.since,
            until=self.until,
            position=self.position,
            digest=self.digest,
            result=self.result,
            corrects=self.corrects,
        )
