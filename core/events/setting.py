"""What the desk decides about itself, in versions with a date, so that the past keeps its meaning."""

from __future__ import annotations

from collections.abc import Mapping
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
class SettingRestated(Happened):
    """A version of a policy was made known that judges the past anew, with the report of what that changes.

    Attributes:
        version: 1, 2, 3, …
        since: From when on it judges.
        content: The whole of it, as text (TOML); never personal.
        because: Why the past is judged anew; never personal.
        position: Up to which position of the log the report was made.
        as_of: The instant at which the clocks were read for it.
        tickets: How many tickets were replayed.
        left_out: How many were not, because they cannot be read.
        tickets_changed: How many have an instance that comes out otherwise.
        instances_changed: How many instances come out otherwise.
        clocks: By slot and clock (``"customer: resolution"``), of its instances with a target: how many there are, how
            many were breached as it was, how many are as it is now, and how many of these only now, and only before.
        digest: The SHA-256 of the whole report, as it was written to its file.
    """

    TOPIC: ClassVar[str] = "setting.restated/1"

    version: int
    since: datetime
    content: str = fact()
    because: str = fact()
    position: int
    as_of: datetime
    tickets: int
    left_out: int
    tickets_changed: int
    instances_changed: int
    clocks: Mapping[str, tuple[int, ...]] = fact(hash=False)
    digest: str = fact()


@frozen(kw_only=True)
class SettingWithdrawn(Happened):
    """The setting is in force no more.

    Attributes:
        since: From when on.
    """

    TOPIC: ClassVar[str] = "setting.withdrawn/1"

    since: datetime


@frozen(kw_only=True)
class WindowSealed(Happened):
    """What an experience agreement came to in a window is held fast; it is never edited, only corrected.

    Attributes:
        version: The agreement's version by which it was evaluated.
        since: From when on the window runs.
        until: Up to when, which is no part of it.
        position: How far the log was read.
        digest: SHA-256 of the result.
        result: The whole evaluation, as text (JSON); never personal.
        corrects: The digest of the sealed result that this one replaces; ``None``: it is the first.
    """

    TOPIC: ClassVar[str] = "setting.window-sealed/1"

    version: int
    since: datetime
    until: datetime
    position: int
    digest: str = fact()
    result: str = fact()
    corrects: str | None = fact(default=None)
