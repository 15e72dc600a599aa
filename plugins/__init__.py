"""What third parties build against: the hooks, and the host that loads whoever implements them."""

from ventanilla.plugins.channel import Channel, Delivery
from ventanilla.plugins.found import Found
from ventanilla.plugins.hooks import hookimpl
from ventanilla.plugins.host import Host

__all__ = ["Channel", "Delivery", "Found", "Host", "hookimpl"]
