"""The fact tables of promises and follow-ups: one row each, with whether it was kept by when."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal, TypeAlias

import attrs
from attrs import frozen

from ventanilla.core import events as on
from ventanilla.projections.facts.history import History, history_table
from ventanilla.projections.facts.standing import VOIDING, Void, void

Kept: TypeAlias = Literal["kept", "late", "broken", "overdue", "pending", "withdrawn"]


@frozen(kw_only=True)
class Word:
    """What the desk said it would do by an instant.

    Attributes:
        ticket: The ticket.
        promise: Its id; that of the follow-up, where it is one.
        what: A code; ``None``: it is a follow-up.
        made_at: When it was said.
        due: By when; done exactly then is kept.
        done_at: When it was done.
        state: ``kept`` by then; ``late``; ``broken``: it will not be done; ``overdue``: not done yet, and past due;
            ``pending``: not due yet; ``withdrawn`` with the customer's consent.
        told: Whether the customer was told, unasked, that it was kept.
        void: Why the ticket counts in no rate.
        evidence: The events behind it.
    """

    ticket: str
    promise: str
    what: str | None = None
    made_at: datetime
    due: datetime
    done_at: datetime | None = None
    state: Kept = "pending"
    told: bool = False
    void: Void | None
    evidence: tuple[int, ...]


def _promises(history: History, as_of: datetime) -> Iterable[Word]:
    found: dict[str, Word] = {}
    why = void(history)
    for recorded in history:
        event, here = recorded.event, (recorded.position,)
        match event:
            case on.PromiseMade(promise=name):
                found[name] = Word(
                    ticket=recorded.stream, promise=name, what=event.what, made_at=event.at, due=event.due, void=why,
                    evidence=here,
                )  # fmt: skip
            case on.FollowUpPlanned(follow_up=name):
                found[name] = Word(
                    ticket=recorded.stream, promise=name, made_at=event.at, due=event.due, void=why, evidence=here
                )
            case on.PromiseKept(promise=name) | on.FollowUpDone(follow_up=name) if name in found:
                state: Kept = "kept" if event.at <= found[name].due else "late"
                found[name] = _then(found[name], here, done_at=event.at, state=state)
            case on.PromiseBroken(promise=name) if name in found:
                found[name] = _then(found[name], here, state="broken")
            case on.PromiseWithdrawn(promise=name) | on.FollowUpDropped(follow_up=name) if name in found:
                found[name] = _then(found[name], here, state="withdrawn")
            case on.PromiseKeptTold(promise=name) if name in found:
                found[name] = _then(found[name], here, told=True)
            case _:
                pass
    return [
        attrs.evolve(word, state="overdue") if word.state == "pending" and word.due < as_of else word
        for word in found.values()
    ]


def _then(word: Word, here: tuple[int, ...], **changes: Any) -> Word:
    return attrs.evolve(word, evidence=(*word.evidence, *here), **changes)


PROMISES = history_table(
    name="promises",
    about="one row a promise",
    row=Word,
    reads=VOIDING | {on.PromiseMade, on.PromiseKept, on.PromiseBroken, on.PromiseWithdrawn, on.PromiseKeptTold},
    rows=_promises,
    dimensions=("what", "state"),
)
"""The table of promises."""

FOLLOW_UPS = history_table(
    name="follow_ups",
    about="one row a follow-up",
    row=Word,
    reads=VOIDING | {on.FollowUpPlanned, on.FollowUpDone, on.FollowUpDropped},
    rows=_promises,
    dimensions=("state",),
)
"""The table of follow-ups."""
