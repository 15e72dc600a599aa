"""Several processes that work for one command, and end when it does."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from ventanilla.core.errors import Unavailable

if TYPE_CHECKING:  # it takes the extra `audit`, which nobody else needs
    from ventanilla.adapters.timeline.build import Map

A = TypeVar("A")
B = TypeVar("B")


@contextmanager
def spread(workers: int) -> Iterator[Map]:
    """Give a ``map`` that so many processes carry out; one: this process.

    Ctrl-C, and every other error, ends them at once.

    Raises:
        Unavailable: One of them was killed, or ran out of memory.
    """
    if workers == 1:
        yield map
        return
    # Not forked: neither SQLite nor DuckDB outlive that.
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        try:
            with _unheard():  # Ctrl-C at a terminal goes to all of them, and each would print where it was
                for _ in range(workers):
                    pool.submit(int)
            yield partial(_map, pool)
        except BaseException as error:
            for child in multiprocessing.active_children():
                child.terminate()
            if isinstance(error, BrokenProcessPool):
                raise Unavailable(f"one of {workers} processes was killed, for want of memory perhaps") from error
            raise


def _map(pool: ProcessPoolExecutor, function: Callable[[A], B], things: Iterable[A], /) -> Iterator[B]:
    """Do as ``pool.map`` does, but cancel nothing at the end: a pool whose processes are gone stumbles over that."""
    found = [pool.submit(function, thing) for thing in things]
    return (future.result() for future in found)


@contextmanager
def _unheard() -> Iterator[None]:
    """Ignore Ctrl-C, and let processes that are started meanwhile ignore it for good."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
