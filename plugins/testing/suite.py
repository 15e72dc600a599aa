"""Which contracts a plug-in has to keep: one for each thing that it brings."""

from __future__ import annotations

from collections.abc import Iterator

from ventanilla.plugins.channel import Channel
from ventanilla.plugins.found import Found
from ventanilla.plugins.host import Host
from ventanilla.plugins.testing.channel import ChannelContract
from ventanilla.plugins.testing.contract import Contract


def contracts(host: Host, found: Found) -> Iterator[tuple[str, Contract]]:
    """Return the contracts of what *found* brought to *host*, each with what it is about: ``"channel sms"``."""
    for added in found.adds:
        kind, _, name = added.partition(" ")
        match kind:
            case "channel":
                yield added, _channel(host.channels[name])
            case _:
                pass


def _channel(channel: Channel) -> Contract:
    class Installed(ChannelContract):
        pass

    Installed.channel = channel
    return Installed()
