"""Runs what a plug-in does in a process of its own, with limits of time and memory.

No sandbox against malice: a plug-in is code that the operator installed, and may do there whatever the operator may. It
is a guard against accidents: what hangs or grows without end is stopped and named, and the caller goes on.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any, Unpack, overload

import attrs
import msgspec
from attrs import frozen

from ventanilla.adapters.answers import Asked
from ventanilla.core import errors
from ventanilla.core.errors import DeskError, NotUnderstood, PluginError, Unavailable
from ventanilla.projections.metric import Answer, Cut

SECONDS = 60.0
MEGABYTES = 1024
_CHILD = "import sys; from ventanilla.adapters.isolated import main; main(int(sys.argv[1]))"
OUT_OF_MEMORY = 97
"""The exit code of a process that wanted more than it may have."""
_BEGIN = 120.0
"""Seconds until a process has begun: that is our own work, and no plug-in's."""
_LONGEST = 256 * 1024 * 1024
"""Bytes of what a child may say: an answer with the positions of some ten million events."""


class Stopped(PluginError):
    """What ran in a process of its own hung, grew without end or crashed there; the message says which."""


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
    who = f"a plug-in that was loaded for the metric {metric}"
    try:
        for said in talk(job, seconds=seconds, megabytes=megabytes):
            match said:
                case {"plugin": plugin}:
                    who = f"the metric {metric} of the plug-in {plugin}"
                case {"error": name, "message": message}:
                    raise _error(name, message)
                case {"cut": cut}:
                    found = {name: _read(answer) for name, answer in msgspec.convert(cut, list[tuple[str | None, Any]])}
                    return found if by else found[None]
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


def talk(asked: dict[str, Any], *, seconds: float, megabytes: int) -> Iterator[dict[str, Any]]:
    """Ask a process of its own, and yield what it says, one message after the other.

    Args:
        asked: What it is to do.
        seconds: How long it may be silent, once it has begun.
        megabytes: How much memory it may have.

    Raises:
        Stopped: It was stopped at a limit, or crashed.
        Unavailable: No such process can be had here.
    """
    if not hasattr(os, "killpg"):
        raise Unavailable("a process with limits of its own needs Linux or macOS")
    ours, theirs = os.pipe()
    with os.fdopen(ours, "rb", buffering=0) as answers:
        try:
            child = _start(asked | {"megabytes": megabytes, "seconds": seconds}, theirs)
        finally:
            os.close(theirs)
        try:
            for line in _lines(answers.fileno(), seconds):
                yield msgspec.json.decode(line)
            code = child.wait(seconds)
        except subprocess.TimeoutExpired:
            raise Stopped(f"did not end within {seconds:g} s and was stopped") from None
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)  # with all that it started
            child.wait()
    if code == OUT_OF_MEMORY:
        raise Stopped(f"wanted more than {megabytes:,} MB of memory")
    if code:
        raise Stopped(f"crashed with {signal.Signals(-code).name if code < 0 else f'exit code {code}'}")


def _start(asked: dict[str, Any], pipe: int) -> subprocess.Popen[bytes]:
    path = os.pathsep.join(filter(None, sys.path))  # what can be imported here can be imported there
    child = subprocess.Popen(
        [sys.executable, "-P", "-c", _CHILD, str(pipe)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"PYTHONPATH": path},
        pass_fds=[pipe],
        start_new_session=True,
    )
    assert child.stdin is not None
    with contextlib.suppress(BrokenPipeError), child.stdin as stdin:
        stdin.write(pickle.dumps(asked))
    return child


def _lines(pipe: int, seconds: float) -> Iterator[bytes]:
    """Return what comes out of *pipe* line by line, until it is closed; each but the first has *seconds* to come."""
    come, until = bytearray(), time.monotonic() + _BEGIN
    while True:
        ready, _, _ = select.select([pipe], [], [], max(0.0, until - time.monotonic()))
        if not ready:
            raise Stopped(f"took more than {seconds:g} s and was stopped")
        some = os.read(pipe, 1 << 20)
        if not some:
            return
        come += some
        if len(come) > _LONGEST:
            raise Stopped(f"said more than {_LONGEST:,} bytes and was stopped")
        while (end := come.find(b"\n")) >= 0:
            yield bytes(come[:end])
            del come[: end + 1]
            until = time.monotonic() + seconds


def _read(said: dict[str, Any]) -> Answer:
    """Return the answer that *said* is; a whole number stays one."""
    numbers = {name: said[name] for name in ("value", "error", "numerator", "denominator")}
    interval = said["interval"] and tuple(said["interval"])
    return attrs.evolve(msgspec.convert(said, Answer), **numbers, interval=interval)


def _error(name: str, message: str) -> DeskError:
    kind = getattr(errors, name, None)
    plain = (errors.NotUnderstood, errors.Conflict, errors.Unavailable, errors.Damaged, errors.PluginError)
    return kind(message) if kind in plain else PluginError(f"{name}: {message}")
