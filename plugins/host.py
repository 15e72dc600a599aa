"""Loads plug-ins, each on its own: a broken one is named and left out, never fatal."""

from __future__ import annotations

import difflib
import os
import reprlib
import traceback
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from types import ModuleType
from typing import Any, Protocol, TypeVar, cast

import attrs
import pluggy

from ventanilla.core import continuation
from ventanilla.core.commands import Command
from ventanilla.core.continuation import Contact, Matter
from ventanilla.core.errors import NotUnderstood, PluginError, said
from ventanilla.core.recorded import Recorded
from ventanilla.plugins import builtin, hooks
from ventanilla.plugins.channel import Channel
from ventanilla.plugins.found import Found
from ventanilla.plugins.installed import installed
from ventanilla.plugins.logs import log
from ventanilla.projections.clock import Clock
from ventanilla.projections.metric import Metric
from ventanilla.projections.table import FactTable

BLOCKED = "VENTANILLA_BLOCKED_PLUGINS"
"""The environment variable with the names of plug-ins that are not to be loaded, separated by commas."""


class Named(Protocol):
    """What has a name."""

    @property
    def name(self) -> str:
        """Its name."""
        ...


N = TypeVar("N", bound=Named)


_FEW = 50
"""Names that a message can list."""


class Host:
    """The plug-ins of a desk.

    Only what is our own is there until :meth:`load` or :meth:`add` brings others in, so a test sees no plug-in that
    happens to be installed.

    Attributes:
        channels: The ways in, by name.
        metrics: The questions that can be asked, by name.
        tables: The fact tables that they ask, by name.
        clocks: What is measured on every ticket; ours first.
        found: What became of each plug-in, in the order in which they came.
    """

    def __init__(self) -> None:
        self.channels: dict[str, Channel] = {}
        self.metrics: dict[str, Metric] = {}
        self.tables: dict[str, FactTable[Any]] = {}
        self.clocks: tuple[Clock, ...] = ()
        self.found: list[Found] = []
        self._manager = pluggy.PluginManager(hooks.PROJECT)
        self._manager.add_hookspecs(hooks)
        self._add(Found(name="builtin", status="ready", distribution="ventanilla"), lambda: builtin)

    def load(self, *, strict: bool = False, blocked: Collection[str] = ()) -> Host:
        """Bring in every installed plug-in, and return the host itself.

        Args:
            strict: Whether one that is not ready is an error.
            blocked: The names of those that are not to be loaded, besides those in the environment variable
                ``VENTANILLA_BLOCKED_PLUGINS``.

        Raises:
            PluginError: It is strict, and one that is not blocked is not ready.
        """
        unwanted = {*blocked, *(name.strip() for name in os.environ.get(BLOCKED, "").split(","))}
        for one in installed(unwanted):
            if one.found.status == "ready":
                self._add(one.found, one.entry.load)
            else:
                self._note(one.found)
        if strict and (broken := [found for found in self.found if found.status not in ("ready", "blocked")]):
            raise PluginError("; ".join(f"the plug-in {one.name} is {one.status}: {one.reason}" for one in broken))
        return self

    def add(self, name: str, plugin: ModuleType | object) -> Found:
        """Bring in one plug-in; if it breaks in any way, nothing of it stays."""
        return self._add(Found(name=name, status="ready"), lambda: plugin)

    def metric(self, name: str) -> Metric:
        """Return the metric called *name*.

        Raises:
            NotUnderstood: There is none; the message lists those there are.
            PluginError: It would be that of a plug-in that is not ready.
        """
        return self._one("metric", self.metrics, name)

    def table(self, name: str) -> FactTable[Any]:
        """Return the fact table called *name*; raises as :meth:`metric` does."""
        return self._one("fact table", self.tables, name)

    def channel(self, name: str) -> Channel:
        """Return the channel called *name*; raises as :meth:`metric` does."""
        return self._one("channel", self.channels, name)

    def owner(self, kind: str, name: str) -> str:
        """Return the plug-in that brought what is called *name*, ``owner("metric", "acme.effort")``; ``?``: none."""
        return next((found.name for found in self.found if f"{kind} {name}" in found.adds), "?")

    def plugin(self, name: str) -> object | None:
        """Return the plug-in called *name*, as it was brought in; ``None`` if nothing of it stayed."""
        found: object | None = self._manager.get_plugin(name)
        return found

    def objection(self, command: Command) -> str | None:
        """Return the first objection of a plug-in to *command*; ``None`` if there is none. One that raises objects."""
        for implementation in self._asked("objection"):
            try:
                found = implementation.function(command)
                if found is not None:
                    found = " ".join(str(found).split()).encode("utf-8", "backslashreplace").decode()
            except KeyboardInterrupt:
                raise
            except BaseException as error:  # a task that was cancelled, say
                # Without its message: a guard has seen the command, and may repeat what is personal in it.
                where = traceback.format_tb(error.__traceback__)[-1].strip()
                what = type(error).__name__
                log("plugins").error(
                    "plugin.failed", plugin=implementation.plugin_name, hook="objection", error=what, at=where
                )
                found = f"the plug-in {implementation.plugin_name} failed: {type(error).__name__}"
            if found is not None:
                return found
        return None

    def continued(self, contact: Contact, matters: Sequence[Matter]) -> str | None:
        """Return the ticket that *contact* continues, as the plug-ins see it or else by the desk's rules."""
        there = {matter.ticket for matter in matters}
        for implementation in self._asked("continued"):
            try:
                found = implementation.function(contact, tuple(matters))
            except KeyboardInterrupt:
                raise
            except BaseException:
                log("plugins").exception("plugin.failed", plugin=implementation.plugin_name, hook="continued")
                continue
            if isinstance(found, str) and found in there:
                return found
        return continuation.continued(contact, matters)

    def tell(self, events: Sequence[Recorded]) -> None:
        """Tell every plug-in that listens what was recorded."""
        told = tuple(events)  # which no listener can alter before the next hears of it
        for implementation in self._asked("recorded"):
            try:
                implementation.function(told)
            except KeyboardInterrupt:
                raise
            except BaseException:
                log("plugins").exception("plugin.failed", plugin=implementation.plugin_name, hook="recorded")

    def _add(self, found: Found, load: Callable[[], object]) -> Found:
        if self._manager.has_plugin(found.name):
            reason = f"another plug-in is called {found.name}"
            return self._note(attrs.evolve(found, status="duplicate", reason=reason))
        try:
            plugin = load()
            self._manager.register(plugin, found.name)
            try:
                self._manager.check_pending()
                self._refuse_wrappers(plugin)
                channels = self._registered(plugin, "channels", Channel, self.channels)
                tables = self._registered(plugin, "tables", FactTable, self.tables)
                metrics = self._registered(plugin, "metrics", Metric, self.metrics)
                clocks = self._registered(plugin, "clocks", Clock, {clock.name for clock in self.clocks})
                self._refuse_lost_clocks(clocks.values())
            except BaseException:
                self._manager.unregister(plugin)
                raise
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # GeneratorExit, say: whatever it is, the others load
            return self._note(attrs.evolve(found, status="broken", reason=said(error)))
        self.channels |= channels
        self.tables |= tables
        self.metrics |= metrics
        self.clocks += tuple(clocks.values())
        brought: dict[str, Iterable[str]] = {"channel": channels, "table": tables, "metric": metrics, "clock": clocks}
        return self._note(
            attrs.evolve(found, adds=tuple(f"{kind} {name}" for kind in brought for name in brought[kind]))
        )

    def _registered(self, plugin: object, hook: str, kind: type[N], taken: Collection[str]) -> dict[str, N]:
        """Return what *plugin* registers by *hook*; asked alone, so that one which raises spoils nobody else's."""
        found: dict[str, N] = {}
        word = "fact table" if kind is FactTable else kind.__name__.lower()
        for implementation in self._hook(hook, plugin):
            for one in cast("Iterable[object]", implementation.function()):
                if not isinstance(one, kind) or not isinstance(one.name, str):
                    raise TypeError(f"{reprlib.repr(one)} is no {word}")
                if one.name in taken or one.name in found:
                    raise ValueError(f"another {word} is called {one.name}")
                found[one.name] = one
        return found

    def _refuse_wrappers(self, plugin: object) -> None:
        for hook in self._manager.get_hookcallers(plugin) or ():
            for implementation in self._hook(hook.name, plugin):
                if implementation.wrapper or implementation.hookwrapper:
                    raise TypeError(
                        f"{hook.name} is a wrapper: a plug-in adds, it does not alter what another one does"
                    )

    def _refuse_lost_clocks(self, clocks: Iterable[Clock]) -> None:
        names = {clock.name for clock in self.clocks}
        for clock in clocks:
            if clock.after is not None and clock.after not in names:
                raise ValueError(f"the clock {clock.name} waits for {clock.after!r}, which is not before it")
            names.add(clock.name)

    def _hook(self, name: str, plugin: object) -> Sequence[pluggy.HookImpl]:
        return [one for one in self._asked(name) if one.plugin is plugin]

    def _asked(self, hook: str) -> Sequence[pluggy.HookImpl]:
        """Return who implements *hook*, in the order of being asked: ``tryfirst``, last loaded first, ``trylast``.

        Each is called by us: pluggy's own call would lose what all the others say if one raises.
        """
        implementations: Sequence[pluggy.HookImpl] = getattr(self._manager.hook, hook).get_hookimpls()
        return implementations[::-1]

    def _one(self, kind: str, there: Mapping[str, N], name: str) -> N:
        if name in there:
            return there[name]
        missing = [found for found in self.found if found.status != "ready"]
        for found in missing:
            if name.split(".", 1)[0] == found.name:
                raise PluginError(
                    f"{kind} {name} is not there: its plug-in {found.name} is {found.status}: {found.reason}"
                )
        others = "; not ready are the plug-ins " + ", ".join(f"{one.name} ({one.status})" for one in missing)
        raise NotUnderstood(f"no {kind} is called {name!r}; {_known(name, there)}{others if missing else ''}")

    def _note(self, found: Found) -> Found:
        self.found.append(found)
        if found.status not in ("ready", "blocked"):
            log("plugins").warning("plugin.left_out", plugin=found.name, status=found.status, reason=found.reason)
        return found


def _known(name: str, there: Iterable[str]) -> str:
    """Return which names there are, in words: all if they are few, or those that are like *name*."""
    names = sorted(there)
    if len(names) <= _FEW:
        return f"there are {', '.join(names)}"
    like = difflib.get_close_matches(name, names, n=5)
    return f"there are {len(names)}" + (f", like it {', '.join(like)}" if like else ", see `ventanilla metrics list`")
