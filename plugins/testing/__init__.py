"""The kit: the rules that a plug-in keeps, to be run in its own tests and by ``ventanilla plugins check``."""

from ventanilla.plugins.testing.channel import ChannelContract
from ventanilla.plugins.testing.contract import Broken, Contract
from ventanilla.plugins.testing.histories import histories
from ventanilla.plugins.testing.metric import MetricContract
from ventanilla.plugins.testing.table import TableContract

__all__ = ["Broken", "ChannelContract", "Contract", "MetricContract", "TableContract", "histories"]
