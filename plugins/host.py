"""Loads plug-ins, each on its own: a broken one is named and left out, never fatal."""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import EntryPoint, entry_points
from types import ModuleType
from typing import Any, Literal, cast

import pluggy
from attrs import frozen

from ventanilla.core import continuation
from ventanilla.core.commands import Command
from ventanilla.core.continuation import Contact, Matter
from ventanilla.core.errors import NotUnderstood
from ventanilla.core.recorded import Recorded
from ventanilla.plugins import builtin, hooks
from ventanilla.plugins.logs import log
from ventanilla.projections.clock import Clock
from ventanilla.projections.metric import Metric
from ventanilla.projections.table import FactTable


@frozen(kw_only=True)
class Found:
    """What became of a plug-in.

    Attributes:
        name: The name of its entry point.
        status: Whether it can be used.
        reason: Why not; empty when ready.
    """

    name: str
    status: Literal["ready", "broken"]
    reason: str = ""


class Host:
    """The plug-ins of a desk.

    Only our own metrics are there until :meth:`load` or :meth:`add` brings others in, so a test sees no plug-in that
    happens to be installed.

    Attributes:
        metrics: The questions that can be asked, by name.
        tables: The fact tables that they ask, by name.
        clocks: What is measured on every ticket; ours first.
        found: What became of each plug-in, in the order in which they came.
    """

    def __init__(self) -> None:
        self.metrics: dict[str, Metric] = {}
        self.tables: dict[str, FactTable[Any]] = {}
        self.clocks: tuple[Clock, ...] = ()
        self.found: list[Found] = []
        self._manager = pluggy.PluginManager(hooks.PROJECT)
        self._manager.add_hookspecs(hooks)
        self.add("builtin", builtin)

    def load(self) -> Host:
        """Bring in every installed plug-in, and return the host itself."""
        for entry in sorted(entry_points(group=hooks.GROUP), key=lambda entry: entry.name):
            if entry.value != builtin.__name__:
                self._load(entry)
        return self

    def add(self, name: str, plugin: ModuleType | object) -> Found:
        """Bring in one plug-in; if it breaks in any way, nothing of it stays."""
        try:
            if self._manager.has_plugin(name):
                raise ValueError(f"another plug-in is called {name}")
            self._manager.register(plugin, name)
            try:
                self._manager.check_pending()
                tables = self._tables_of(plugin)
                metrics, clocks = self._metrics_of(plugin), self._clocks_of(plugin)
            except BaseException:
                self._manager.unregister(plugin)
                raise
        except (Exception, SystemExit) as error:
            return self._note(Found(name=name, status="broken", reason=f"{type(error).__name__}: {error}"))
        self.metrics |= metrics
        self.tables |= tables
        self.clocks += clocks
        return self._note(Found(name=name, status="ready"))

    def metric(self, name: str) -> Metric:
        """Return the metric called *name*.

        Raises:
            NotUnderstood: There is none; the message lists those there are.
        """
        try:
            return self.metrics[name]
        except KeyError:
            raise NotUnderstood(f"no metric is called {name!r}; there are {', '.join(sorted(self.metrics))}") from None

    def objection(self, command: Command) -> str | None:
        """Return the first objection of a plug-in to *command*; ``None`` if there is none. One that raises objects."""
        for implementation in self._manager.hook.objection.get_hookimpls():
            try:
                found = implementation.function(command)
            except (Exception, SystemExit) as error:
                # Without its message: a guard has seen the command, and may repeat what is personal in it.
                where = traceback.format_tb(error.__traceback__)[-1].strip()
                what = type(error).__name__
                log("plugins").error(
                    "plugin.failed", plugin=implementation.plugin_name, hook="objection", error=what, at=where
                )
                found = f"the plug-in {implementation.plugin_name} failed: {type(error).__name__}"
            if found is not None:
                return str(found)
        return None

    def continued(self, contact: Contact, matters: Sequence[Matter]) -> str | None:
        """Return the ticket that *contact* continues, as the plug-ins see it or else by the desk's rules."""
        for implementation in self._manager.hook.continued.get_hookimpls():
            try:
                found = implementation.function(contact, matters)
            except (Exception, SystemExit):
                log("plugins").exception("plugin.failed", plugin=implementation.plugin_name, hook="continued")
                continue
            if found in {matter.ticket for matter in matters}:
                return str(found)
        return continuation.continued(contact, matters)

    def tell(self, events: Sequence[Recorded]) -> None:
        """Tell every plug-in that listens what was recorded."""
        for implementation in self._manager.hook.recorded.get_hookimpls():
            try:
                implementation.function(events)
            except (Exception, SystemExit):
                log("plugins").exception("plugin.failed", plugin=implementation.plugin_name, hook="recorded")

    def _load(self, entry: EntryPoint) -> None:
        try:
            plugin = entry.load()
        except (Exception, SystemExit) as error:
            self._note(Found(name=entry.name, status="broken", reason=f"{type(error).__name__}: {error}"))
        else:
            self.add(entry.name, plugin)

    def _tables_of(self, plugin: object) -> Mapping[str, FactTable[Any]]:
        """Return the fact tables that *plugin* folds."""
        found: dict[str, FactTable[Any]] = {}
        for implementation in self._manager.hook.tables.get_hookimpls():
            if implementation.plugin is not plugin:
                continue
            for table in cast("Iterable[FactTable[Any]]", implementation.function()):
                if table.name in self.tables or table.name in found:
                    raise ValueError(f"another fact table is called {table.name}")
                found[table.name] = table
        return found

    def _metrics_of(self, plugin: object) -> Mapping[str, Metric]:
        """Return what *plugin* registers; asked alone, so that one which raises spoils nobody else's."""
        found: dict[str, Metric] = {}
        for implementation in self._manager.hook.metrics.get_hookimpls():
            if implementation.plugin is not plugin:
                continue
            registered = cast("Iterable[Metric]", implementation.function())
            for metric in registered:
                if metric.name in self.metrics or metric.name in found:
                    raise ValueError(f"another metric is called {metric.name}")
                found[metric.name] = metric
        return found

    def _clocks_of(self, plugin: object) -> tuple[Clock, ...]:
        """Return what *plugin* declares."""
        found: list[Clock] = []
        for implementation in self._manager.hook.clocks.get_hookimpls():
            if implementation.plugin is not plugin:
                continue
            for clock in cast("Iterable[Clock]", implementation.function()):
                if not isinstance(clock, Clock):
                    raise TypeError(f"{clock!r} is no clock")
                names = {other.name for other in (*self.clocks, *found)}
                if clock.name in names:
                    raise ValueError(f"another clock is called {clock.name}")
                if clock.after is not None and clock.after not in names:
                    raise ValueError(f"the clock {clock.name} waits for {clock.after!r}, which is not before it")
                found.append(clock)
        return tuple(found)

    def _note(self, found: Found) -> Found:
        self.found.append(found)
        if found.status == "broken":
            log("plugins").warning("plugin.broken", plugin=found.name, reason=found.reason)
        return found
