"""What every aggregate is: the state that a stream of events leads to, just enough of it to decide the next command.

Figures are not made from this: projections fold the log for themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, Self, TypeAlias

from attrs import Factory, field, frozen

from ventanilla.core.events import Event

Noun: TypeAlias = Literal[
    "action",
    "answer",
    "article",
    "attachment",
    "call",
    "cancellation",
    "conversation",
    "decision",
    "entry",
    "fact",
    "follow-up",
    "goodwill",
    "hold",
    "identity",
    "journey",
    "link",
    "message",
    "order",
    "participant",
    "promise",
    "recognition",
    "reference",
    "review",
    "role",
    "session",
    "shift",
    "skill",
    "split",
    "subscription",
    "tag",
    "team",
    "training",
    "visit",
]
Thing: TypeAlias = tuple[Noun, str]


@frozen(kw_only=True, slots=False)
class Aggregate:
    """What has happened on one stream.

    Attributes:
        id: The stream.
        version: How many events it has; 0 before the first.
        last_at: The instant of the newest of those events that may only come in order; ``None`` before the first.
        things: Where each thing with an id of its own stands: ``{("promise", "p1"): "made"}``.
        told: Every event by its class, so that a command that comes again is known for what it is.
    """

    id: str
    version: int = 0
    last_at: datetime | None = None
    things: Mapping[Thing, str] = Factory(dict)
    told: Mapping[type[Event], tuple[Event, ...]] = field(default=Factory(dict), repr=False)

    def draft(self) -> Self:
        """Return a copy that only the caller holds, for the ``happen`` of its kind.

        A new value for every event would copy all that a stream has been told, each time: a long history would cost
        its square. So whoever folds many events makes one draft, and hands it on when it is done.
        """
        copy = object.__new__(type(self))
        now: dict[str, Any] = copy.__dict__
        now.update(self.__dict__)
        now["told"] = dict(self.told)
        now["things"] = dict(self.things)
        return copy


def tell(now: dict[str, Any], event: Event) -> None:
    """Keep *event* in a draft's attributes *now* as one that has happened."""
    now["version"] += 1
    told = now["told"]
    kind = type(event)
    told[kind] = (*told.get(kind, ()), event)
