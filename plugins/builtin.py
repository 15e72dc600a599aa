"""Our own channel, metrics and clocks; they come in by the same door as everybody's."""

from __future__ import annotations

from ventanilla.plugins.channel import Channel
