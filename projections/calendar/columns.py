"""Business time over whole columns: the same index, asked about many instants at once. Needs numpy (extra ``audit``).

Instants are ``datetime64`` in UTC, of any unit, if they are whole microseconds; ``NaT`` is not known, and what would
come of it is not known either. An instant finer than that, or of another type, raises ``TypeError``.
"""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache
from typing import Any, TypeAlias

from ventanilla.core.errors import Unavailable
from ventanilla.projections.calendar.business_time import BusinessTime
from ventanilla.projections.calendar.errors import CalendarNotUnderstood
from ventanilla.projections.calendar.index import Known

try:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray
except ModuleNotFoundError as error:
    raise Unavailable(f"whole columns need {error.name}: pip install 'ventanilla[audit]'") from error

Instants: TypeAlias = NDArray[np.datetime64]
Integers: TypeAlias = NDArray[np.int64]
Seconds: TypeAlias = NDArray[np.float64]

MICRO = 1_000_000

_SHIFT = 31
"""What is asked about many instants looks up how many edges there were some 36 minutes before, and counts on."""

_MANY = 1_000
"""From so many on that is faster than bisecting."""

_NEVER = np.iinfo(np.int64).max

_ENDLESS = 1e16  # microseconds: more than the years of a calendar have


def elapsed(time: BusinessTime, start: ArrayLike, end: ArrayLike) -> Seconds:
    """Return the open seconds in each ``[start, end)``; 0 where reversed, ``nan`` where one of them is ``NaT``.

    Raises:
        CalendarNotUnderstood: ``bad_instant``: one lies outside the years that calendars cover.

    Example:
        >>> import numpy as np
        >>> from ventanilla.projections.calendar import ALWAYS
        >>> elapsed(ALWAYS, np.array(["2026-01-01", "NaT"], "M8[s]"), np.datetime64("2026-01-02"))
        array([86400.,    nan])
    """
    starts, ends = np.broadcast_arrays(_micros(start), _micros(end))
    given = ~(np.isnat(starts) | np.isnat(ends))
    seconds = np.full(starts.shape, np.nan)
    if given.any():
        seconds[given] = micros(time, starts[given].astype(np.int64), ends[given].astype(np.int64)) / MICRO
    return seconds


def micros(time: BusinessTime, start: Integers, end: Integers) -> Integers:
    """Return the open microseconds in each ``[start, end)``; 0 where reversed.

    Args:
        time: What is open when.
        start: Microseconds since 1970, UTC: all of them known.
        end: The same.

    Raises:
        CalendarNotUnderstood: ``bad_instant``: one lies outside the years that calendars cover.
    """
    if not len(start):
        return np.zeros(0, np.int64)
    finish = np.maximum(end, start)  # the reversed end where they start
    known = time.index.reach(_since(start.min()), _since(finish.max()))
    return _open_before(known, finish) - _open_before(known, start)


def add(time: BusinessTime, start: ArrayLike, seconds: ArrayLike) -> Instants:
    """Return each first instant at which so many open *seconds* have elapsed since *start*.

    ``NaT`` where the start is, or the seconds are ``nan``.

    Raises:
        CalendarNotUnderstood: ``bad_target``: one is not more than zero; ``never_open``: there is not so much open time
            until 2100; ``bad_instant``: one start lies outside the years that calendars cover.
    """
    starts, spans = np.broadcast_arrays(_micros(start), np.asarray(seconds, np.float64))
    given = ~(np.isnat(starts) | np.isnan(spans))
    due = np.full(starts.shape, "NaT", "M8[us]")
    if given.any():
        begin, span = starts[given].astype(np.int64), np.rint(spans[given] * MICRO)
        if (wrong := ~((span > 0) & (span < _ENDLESS))).any():
            target = spans[given][wrong][0]
            raise CalendarNotUnderstood("bad_target", f"the target is {target} seconds: it must be more than 0")
        latest = _since(begin.max())
        known = time.index.reach(_since(begin.min()), latest)
        while True:
            edges, base, before = _arrays(known)
            wanted = _open_before(known, begin) + span.astype(np.int64)
            if (wanted <= base[-1]).all():
                break
            known = time.index.later(known, latest)
        place = np.searchsorted(before, wanted, side="left")
        due[given] = (edges[place] - (before[place] - wanted)).astype("M8[us]")
    return due


def is_open(time: BusinessTime, at: ArrayLike) -> NDArray[np.bool_]:
    """Whether it is open at each instant; at ``NaT`` it is not.

    Raises:
        CalendarNotUnderstood: ``bad_instant``: one lies outside the years that calendars cover.
    """
    instants = _micros(at)
    given = ~np.isnat(instants)
    opened = np.zeros(instants.shape, np.bool_)
    if given.any():
        asked = instants[given].astype(np.int64)
        edges, _, _ = _arrays(time.index.reach(_since(asked.min()), _since(asked.max())))
        opened[given] = np.searchsorted(edges, asked, side="right") % 2 == 1
    return opened


def _micros(instants: ArrayLike) -> Instants:
    given = np.asarray(instants)
    if given.dtype.kind != "M":
        raise TypeError(f"instants are datetime64, not {given.dtype}")
    exact = given.astype("M8[us]")
    if np.datetime_data(given.dtype)[0] in ("ns", "ps", "fs", "as") and not np.array_equal(
        given, exact, equal_nan=True
    ):
        raise TypeError(f"instants are whole microseconds, and not all of these {given.dtype} are: round them first")
    return exact


def _since(instant: Any) -> timedelta:
    return timedelta(microseconds=int(instant))


@lru_cache(maxsize=16)
def _arrays(known: Known) -> tuple[Integers, Integers, Integers]:
    edges, base, before = (
        np.asarray(column, "m8[us]").astype(np.int64) for column in (known.edges, known.base, known.before)
    )
    return edges, base, before


@lru_cache(maxsize=16)
def _marks(known: Known) -> tuple[int, Integers, int]:
    """Return an instant, how many edges there are up to every 2**_SHIFT microseconds from it, and the most between."""
    edges, _, _ = _arrays(known)
    low, high = (int(np.asarray(end, "m8[us]").astype(np.int64)) for end in (known.low, known.high))
    marks = np.searchsorted(edges, np.arange(low, high + (2 << _SHIFT), 1 << _SHIFT), side="right")
    return low, marks, int(np.diff(marks).max())


def _places(known: Known, instants: Integers) -> Integers:
    """Return how many edges there are up to each instant."""
    edges, _, _ = _arrays(known)
    if len(instants) < _MANY:
        found: Integers = np.searchsorted(edges, instants, side="right")
        return found
    low, marks, most = _marks(known)
    edges = np.append(edges, _NEVER)
    place: Integers = marks[(instants - low) >> _SHIFT]
    for _ in range(most):
        place += edges[place] <= instants
    return place


def _open_before(known: Known, instants: Integers) -> Integers:
    """Return the open time before each instant, from when *known* begins."""
    _, base, _ = _arrays(known)
    place = _places(known, instants)
    return base[place] + np.where(place & 1, instants, 0)
