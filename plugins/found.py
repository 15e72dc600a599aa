"""What became of a plug-in."""

from __future__ import annotations

from typing import Literal, TypeAlias

from attrs import frozen

Status: TypeAlias = Literal["ready", "broken", "blocked", "duplicate", "too-new", "too-old"]


@frozen(kw_only=True)
class Found:
    """What became of a plug-in.

    Attributes:
        name: The name of its entry point.
        status: Whether it can be used. What is *broken* failed while it was loaded, and nothing of it stays; what is
            *blocked* (the host does not want it), *duplicate* (another has its name), *too-new* or *too-old* (made for
            another contract) was not even imported.
        reason: Why not; empty when ready.
        distribution: The package that brought it; empty for what a program added by itself.
        version: Of that package.
        adds: What it brought, by kind and name: ``"channel sms"``, ``"metric acme.effort"``.
    """

    name: str
    status: Status
    reason: str = ""
    distribution: str = ""
    version: str = ""
    adds: tuple[str, ...] = ()

    @property
    def origin(self) -> str:
        """The package and its version, as people write them."""
        return f"{self.distribution} {self.version}".strip()
