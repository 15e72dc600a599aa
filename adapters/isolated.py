"""The process on the other side of :mod:`ventanilla.adapters.limited`: it does one job and says what it found."""

from __future__ import annotations

import contextlib
import io
import math
import os
import pickle
import sys
import traceback
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import attrs
import msgspec

from ventanilla.adapters.answers import dialled, question
from ventanilla.adapters.desk import Desk
from ventanilla.adapters.isolation import ISOLATED
from ventanilla.adapters.limited import OUT_OF_MEMORY
from ventanilla.core.errors import DeskError, said
from ventanilla.plugins.host import Host
from ventanilla.plugins.installed import installed
from ventanilla.plugins.testing.contract import Contract
from ventanilla.plugins.testing.histories import histories
from ventanilla.plugins.testing.suite import contracts

Say: TypeAlias = Callable[[dict[str, Any]], None]

_INTERRUPTED = 130
"""What the shell's commands end with after an interrupt."""


def main(pipe: int) -> None:
    """Do what standard input asks for, and say what comes of it, a JSON object a line, on the descriptor *pipe*."""
    asked = pickle.load(sys.stdin.buffer)  # our parent's, who may have us do anything anyway

    def say(message: dict[str, Any]) -> None:
        line = memoryview(msgspec.json.encode(message) + b"\n")
        while line:
            line = line[os.write(pipe, line) :]

    job = {"check": _check, "answer": _answer, "command": _command}[asked["job"]]
    if asked["job"] == "check":
        histories()  # the kit's own work, and no plug-in's
    _limit(asked["seconds"], asked["megabytes"])
    say({"start": "loads"})
    job(asked, say)
    os._exit(0)  # without waiting for threads that a plug-in has left


def _limit(seconds: float, megabytes: int) -> None:
    """Limit the memory; and the time, too, in case that nobody is left who would stop us."""
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))
    last_resort = 60 + 100 * math.ceil(seconds)
    resource.setrlimit(resource.RLIMIT_CPU, (last_resort, last_resort))


def _answer(asked: dict[str, Any], say: Say) -> None:
    metric = asked["metric"]
    with _told(metric, say), Desk(asked["url"], create=False, host=Host().load()) as desk:
        asks = question(desk.host.metric(metric), asked["by"], asked["asked"])
        say({"plugin": desk.host.owner("metric", metric)})
        (cut,) = desk.answer([asks], replayed=asked["replayed"], **dialled(asked["asked"]))
        say({"result": {"cut": [(name, attrs.asdict(answer)) for name, answer in cut.items()]}})


def _command(asked: dict[str, Any], say: Say) -> None:
    metric = asked["metric"]
    os.environ["COLUMNS"] = str(asked["columns"])
    printed = io.BytesIO()
    with _told(metric, say):
        host = Host().load()
        host.metric(metric)
        say({"plugin": host.owner("metric", metric)})
        from ventanilla.adapters.cli.app import app

        out = io.TextIOWrapper(printed, encoding=asked["encoding"], newline="")  # tables are drawn as it can show them
        with contextlib.redirect_stdout(out):
            code = app(asked["arguments"], standalone_mode=False, obj=ISOLATED)
        if code == _INTERRUPTED:  # by a plug-in: no keyboard reaches this process
            raise KeyboardInterrupt
        out.flush()
        say({"result": {"printed": printed.getvalue().decode(asked["encoding"]), "code": code or 0}})


@contextlib.contextmanager
def _told(metric: str, say: Say) -> Iterator[None]:
    """Say what is raised within."""
    try:
        yield
    except DeskError as error:
        _leave_without_memory(error)
        say({"error": type(error).__name__, "message": str(error)})
    except BaseException as error:
        _leave_without_memory(error)
        say({"error": "PluginError", "message": f"the metric {metric} failed: {said(error)}"})


def _check(asked: dict[str, Any], say: Say) -> None:
    others = {one.found.name for one in installed()} - {asked["name"]}
    host = Host().load(blocked=others)
    (found,) = [found for found in host.found if found.name == asked["name"]][:1]
    say({"rule": "loads", "broken": None if found.status == "ready" else f"{found.status}: {found.reason}"})
    if found.status == "ready":
        for name, rule in _rules(contracts(host, found)):
            if name not in asked["done"] and name.partition(": ")[0] not in asked["stopped"]:
                say({"start": name})
                say({"rule": name, "broken": _broken(rule)})


def _rules(contracts: Iterator[tuple[str, Contract]]) -> Iterator[tuple[str, Callable[[], None]]]:
    for what, contract in contracts:
        for name, rule in contract.rules().items():
            yield f"{what}: {name}", rule


def _broken(rule: Callable[[], None]) -> str | None:
    """Return how *rule* is broken; ``None`` if it is kept."""
    try:
        rule()
    except AssertionError as error:
        return " ".join(str(error).split())
    except (Exception, SystemExit) as error:
        _leave_without_memory(error)
        where = traceback.extract_tb(error.__traceback__)[-1]
        return f"raises {said(error)} ({os.path.basename(where.filename)}, line {where.lineno})"
    return None


def _leave_without_memory(error: BaseException) -> None:
    """End this process if *error* comes from a want of memory: nothing more can be done in it for sure."""
    cause: BaseException | None = error
    while cause:
        if isinstance(cause, MemoryError):
            os._exit(OUT_OF_MEMORY)
        cause = cause.__cause__
