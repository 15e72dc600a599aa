"""What the desk decides about itself, in versions with a date, so that the past keeps its meaning."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from attrs import frozen

from ventanilla.core.events.base import Happened
from ventanilla.core.fields import fact


@frozen(kw_only=True)
class SettingPublished(Happened):
    """A version of a setting was made known.

    Attributes:
        version: 1, 2, 3, …
        since: From when on it is in force.
        content: The whole of it, as text (TOML); never personal.
    """

    TOPIC: ClassVar[str] = "setting.published/1"

    version: int
    since: datetime
    content: str = fact()


@frozen(kw_only=True)
class SettingWithdrawn(Happened):
    """The setting is in force no more.

    Attributes:
        since: From when on.
    """

    TOPIC: ClassVar[str] = "setting.withdrawn/1"

    since: datetime
