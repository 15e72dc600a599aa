"""The period of a report, and the one before it."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from attrs import frozen

from ventanilla.core.errors import NotUnderstood
from ventanilla.projections.periods import first_day, period, preceding

_NAMES = {"month": re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])"), "quarter": re.compile(r"[0-9]{4}-Q[1-4]")}


@frozen(kw_only=True)
class Period:
    """A stretch of time.

    Attributes:
        name: What people call it.
        since: Its beginning.
        until: Its end, which is not in it.
    """

    name: str
    since: datetime
    until: datetime


def named(kind: str, name: str, zone: tzinfo) -> tuple[Period, Period]:
    """Return the month or quarter called *name* in *zone*, and the one before it.

    Raises:
        NotUnderstood: It is no such name.
    """
    if not _NAMES[kind].fullmatch(name):
        raise NotUnderstood(f"--{kind} {name!r} is no {kind}: write {'2015-01' if kind == 'month' else '2015-Q1'}")
    later = first_day(kind, name) + timedelta(days=32 if kind == "month" else 93)
    before, following = preceding(kind, name), period(kind, datetime.combine(later, time(), UTC), UTC)
    starts = [_midnight(first_day(kind, one), zone) for one in (before, name, following)]
    return Period(name=name, since=starts[1], until=starts[2]), Period(name=before, since=starts[0], until=starts[1])


def between(since: datetime, until: datetime, zone: tzinfo) -> tuple[Period, Period]:
    """Return the time from *since* to *until*, and as long a time before it.

    Raises:
        NotUnderstood: It ends before it begins.
    """
    if until <= since:
        raise NotUnderstood(f"--to {until.isoformat()} is not after --from {since.isoformat()}")
    before = since - (until - since)
    starts = [at.astimezone(zone).strftime("%Y-%m-%d") for at in (before, since, until)]
    return (
        Period(name=f"{starts[1]} to {starts[2]}", since=since, until=until),
        Period(name=f"{starts[0]} to {starts[1]}", since=before, until=since),
    )


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)
