"""Runs what a plug-in does in a process of its own, with limits of time and memory.

No sandbox against malice: a plug-in is code that the operator installed, and may do there whatever the operator may. It
is a guard against accidents: what hangs or grows without end is stopped and named, and the caller goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar, Unpack, overload

import attrs
import msgspec
from attrs import frozen

from ventanilla.adapters.answers import Asked
from ventanilla.adapters.limited import Stopped, talk
from ventanilla.core import errors
from ventanilla.core.errors import DeskError, NotUnderstood, PluginError
from ventanilla.projections.metric import Answer, Cut

T = TypeVar("T")

SECONDS = 60.0
MEGABYTES = 1024
ISOLATED = "isolated"
"""What a command of the shell finds as its context's object when it runs in a process of its own already."""


@frozen(kw_only=True)
class Verdict:
    """What the kit found about one rule.

    Attributes:
        rule: What was looked at, and the rule: ``"channel sms: reads_alike_twice"``.
        broken: How it is broken; ``None``: it is kept.
    """

    rule: str
    broken: str | None


@overload
def answer_isolated(
    url: str,
    metric: str,
    *,
    by: None = None,
    replayed: bool = False,
    seconds: float = SECONDS,
    megabytes: int = MEGABYTES,
    **asked: Unpack[Asked],
) -> Answer: ...


@overload
def answer_isolated(
    url: str,
    metric: str,
    *,
    by: str,
    replayed: bool = False,
    seconds: float = SECONDS,
    megabytes: int = MEGABYTES,
    **asked: Unpack[Asked],
) -> Cut: ...


def answer_isolated(
    url: str,
    metric: str,
    *,
    by: str | None = None,
    replayed: bool = False,
    seconds: float = SECONDS,
    megabytes: int = MEGABYTES,
    **asked: Unpack[Asked],
) -> Answer | Cut:
    """Answer one question as :meth:`~ventanilla.adapters.desk.Desk.ask` does, in a process of its own.

    Args:
        url: The desk's address; one in memory is nobody else's.
        metric: The metric's name, among those of all installed plug-ins.
        by: As for :meth:`~ventanilla.adapters.desk.Desk.ask`.
        replayed: As for :meth:`~ventanilla.adapters.desk.Desk.answer`.
        seconds: How long it may take.
        megabytes: How much memory it may have.
        **asked: As for :meth:`~ventanilla.adapters.desk.Desk.ask`.

    Raises:
        Stopped: It was stopped at a limit, or crashed; the message names the plug-in.
        PluginError: What the plug-in gave is no answer.
        DeskError: As for :meth:`~ventanilla.adapters.desk.Desk.ask`.
    """
    if ":memory:" in url:
        raise NotUnderstood(f"{url} is in the memory of this process: another one cannot answer from it")
    job = {"job": "answer", "url": url, "metric": metric, "by": by, "replayed": replayed, "asked": asked}

    def read(result: dict[str, Any]) -> Answer | Cut:
        cut = msgspec.convert(result["cut"], list[tuple[str | None, Any]])
        found = {name: _read(answer) for name, answer in cut}
        return found if by else found[None]

    return _result(job, metric, read, seconds=seconds, megabytes=megabytes)


def run_isolated(
    arguments: Sequence[str],
    metric: str,
    *,
    columns: int,
    encoding: str = "utf-8",
    seconds: float = SECONDS,
    megabytes: int = MEGABYTES,
) -> tuple[str, int]:
    """Run a command of the shell that asks for *metric* in a process of its own.

    Args:
        arguments: The command and its arguments.
        metric: The metric, among those of all installed plug-ins.
        columns: How wide its tables may be.
        encoding: Which characters it may print: those of this encoding.
        seconds: How long it may take.
        megabytes: How much memory it may have.

    Returns:
        What it printed, and its exit code.

    Raises:
        DeskError: As for :func:`answer_isolated`.
    """
    job: dict[str, Any] = {"job": "command", "arguments": list(arguments), "metric": metric}
    job |= {"columns": columns, "encoding": encoding}

    def read(result: dict[str, Any]) -> tuple[str, int]:
        return result["printed"], result["code"]

    return _result(job, metric, read, seconds=seconds, megabytes=megabytes)


def _result(
    job: dict[str, Any], metric: str, read: Callable[[dict[str, Any]], T], *, seconds: float, megabytes: int
) -> T:
    """Return what *read* makes of the result of *job*, or raise what came of it there."""
    who = f"a plug-in that was loaded for the metric {metric}"
    try:
        for said in talk(job, seconds=seconds, megabytes=megabytes, in_all=True):
            match said:
                case {"plugin": plugin}:
                    who = f"the metric {metric} of the plug-in {plugin}"
                case {"error": name, "message": message}:
                    raise _error(name, message)
                case {"result": dict(result)}:
                    return read(result)
    except Stopped as error:
        raise Stopped(f"{who} {error}") from error
    except (msgspec.MsgspecError, LookupError) as error:
        raise PluginError(f"{who} gave what is no answer: {error}") from error
    raise Stopped(f"{who} ended without a word")


def check(name: str, *, seconds: float = SECONDS, megabytes: int = MEGABYTES) -> Iterator[Verdict]:
    """Run the kit on an installed plug-in, and yield a verdict a rule; each rule may take *seconds*.

    The first rule is that it loads. A rule that has to be stopped is broken, and of that channel, table or metric no
    other is tried.
    """
    done: list[str] = []
    stopped: list[str] = []
    rule = ""
    while rule != "loads":
        rule = "loads"
        job = {"job": "check", "name": name, "done": done, "stopped": stopped}
        try:
            for said in talk(job, seconds=seconds, megabytes=megabytes):
                match said:
                    case {"start": begun}:
                        rule = begun
                    case {"rule": ended, "broken": broken} if ended not in done:
                        done.append(ended)
                        yield Verdict(rule=ended, broken=broken)
            return
        except Stopped as error:
            what = rule.partition(": ")[0]
            yield Verdict(rule=rule, broken=f"{error}; the other rules of {what} were not tried")
            stopped.append(what)


def _read(said: dict[str, Any]) -> Answer:
    """Return the answer that *said* is; a whole number stays one."""
    numbers = {name: said[name] for name in ("value", "error", "numerator", "denominator")}
    interval = said["interval"] and tuple(said["interval"])
    return attrs.evolve(msgspec.convert(said, Answer), **numbers, interval=interval)


def _error(name: str, message: str) -> DeskError:
    kind = getattr(errors, name, None)
    plain = (errors.NotUnderstood, errors.Conflict, errors.Unavailable, errors.Damaged, errors.PluginError)
    return kind(message) if kind in plain else PluginError(f"{name}: {message}")
