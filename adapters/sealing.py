"""Windows of an agreement that are held fast, and whether they would be otherwise by now."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING

import attrs
import msgspec

from ventanilla.adapters.agreements import KIND, Agreements, Sealed, evaluations, of_log
from ventanilla.core.commands import SealWindow
from ventanilla.core.errors import NotUnderstood
from ventanilla.core.recorded import Actor
from ventanilla.projections.xla import Evaluation

if TYPE_CHECKING:
    from ventanilla.adapters.desk import Desk


def seal(desk: Desk, name: str, at: datetime, *, actor: Actor, correct: bool = False) -> Sealed:
    """Hold fast what the agreement *name* came to in the window in which *at* lies, and return it.

    Sealed again it is idle, unless the log has something else by now, see :func:`anew`: then it takes a correction,
    made of all that has happened since, and both stay on record.

    Args:
        desk: The desk.
        name: The agreement's name.
        at: Any instant of the window, which has to be over.
        actor: Who asks: it takes the role ``admin``.
        correct: Replace what was sealed before, should it differ.

    Raises:
        NotUnderstood: There is no such agreement, or no window of it then that can be evaluated.
        Refused: The window is not over, differs from what was sealed, or the actor may not.
    """
    agreements, now = of_log(desk, name), desk.now()
    window = agreements.holding(at)
    version = agreements.at(window.since) if window else None
    if window is None or version is None:
        why = "".join(f"; {one.why}" for one in agreements.unread if one.since <= at)
        raise NotUnderstood(f"no window of the agreement {name!r} was in force at {at.isoformat()}{why}")
    before = agreements.sealed.get(window)
    if before is not None and anew(desk, agreements, before) == before.evaluation:
        return before
    (found,) = evaluations(desk, agreements, [window], as_of=now)
    text = _text(found)
    digest = sha256(text.encode()).hexdigest()
    desk.handle(
        SealWindow(
            setting=KIND + name,
            at=now,
            actor=actor,
            version=version.version,
            since=window.since,
            until=window.until,
            position=found.position,
            digest=digest,
            result=text,
            corrects=before.digest if before and correct else None,
        )
    )
    return of_log(desk, name).sealed[window]


def anew(desk: Desk, agreements: Agreements, sealed: Sealed) -> Evaluation | None:
    """Return what a sealed window comes to as of its sealing, with what was recorded since; it may equal the sealed.

    What happened later is no part of it, nor is what answers lack, which is not of the log alone. ``None``: the version
    in force then cannot be read, or was withdrawn.
    """
    as_of = sealed.evaluation.as_of
    return next(iter(evaluations(desk, agreements, [sealed.evaluation.window], as_of=as_of)), None)


def _text(evaluation: Evaluation) -> str:
    """Return *evaluation* as it is sealed: without the positions behind it, and without when it was looked at."""
    results = tuple(attrs.evolve(result, evidence=()) for result in evaluation.results)
    kept = attrs.evolve(evaluation, results=results, as_of=evaluation.window.until, position=0)
    return msgspec.json.encode(kept, order="sorted").decode()
