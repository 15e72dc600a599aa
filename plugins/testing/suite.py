"""Which contracts a plug-in has to keep: one for each thing that it brings."""

from __future__ import annotations

from collections.abc import Iterator

from ventanilla.plugins.found import Found
from ventanilla.plugins.host import Host
from ventanilla.plugins.testing.channel import ChannelContract
from ventanilla.plugins.testing.contract import Contract
from ventanilla.plugins.testing.elsewhere import INSTALLED
from ventanilla.plugins.testing.metric import MetricContract
from ventanilla.plugins.testing.table import TableContract


def contracts(host: Host, found: Found) -> Iterator[tuple[str, Contract]]:
    """Return the contracts of what *found* brought to *host*, each with what it is about: ``"channel sms"``."""
    plugin = INSTALLED + found.name
    for added in found.adds:
        kind, _, name = added.partition(" ")
        match kind:
            case "channel":
                yield added, channel_contract(host, name)
            case "table":
                yield added, table_contract(host, name, plugin)
            case "metric":
                yield added, metric_contract(host, name, plugin)
            case _:
                pass  # a clock is data, and was looked at when it was loaded


def channel_contract(host: Host, name: str) -> ChannelContract:
    """Return the contract of the channel called *name*."""
    contract = ChannelContract()
    contract.channel = host.channel(name)
    return contract


def table_contract(host: Host, name: str, plugin: str) -> TableContract:
    """Return the contract of the fact table called *name*."""
    contract = TableContract()
    contract.table, contract.plugin = host.table(name), plugin
    return contract


def metric_contract(host: Host, name: str, plugin: str) -> MetricContract:
    """Return the contract of the metric called *name*.

    Raises:
        NotUnderstood: It asks a table that nobody brought.
    """
    contract = MetricContract()
    contract.metric, contract.plugin = host.metric(name), plugin
    contract.table = host.table(contract.metric.table)
    return contract
