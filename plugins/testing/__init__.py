"""The kit: the rules that a plug-in keeps, to be run in its own tests and by ``ventanilla plugins check``."""

from ventanilla.plugins.testing.channel import ChannelContract
from ventanilla.plugins.testing.contract import Broken, Contract

__all__ = ["Broken", "ChannelContract", "Contract"]
