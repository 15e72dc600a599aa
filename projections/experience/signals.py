"""The fact table of signals: one row a word of a device or application on how it works for its user."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from attrs import frozen

from ventanilla.core import events as on
from ventanilla.core.events.feedback import AboutKind
from ventanilla.core.recorded import Recorded
from ventanilla.core.streams import FEEDBACK
from ventanilla.projections.experience.history import experience_table


@frozen(kw_only=True)
class Signal:
    """What a device or application told.

    Attributes:
        feedback: The piece of feedback, an id.
        ticket: The proactive ticket that was made of it; ``None``: none was.
        subject: Which device, application or user.
        about_kind: What it is.
        indicator: What was measured.
        score: How good it is, from 0, the worst there is, to 100, the best.
        level: ``"good"`` from 70 on, ``"frustrating"`` under 40, ``"average"`` between: our choice, after Nexthink,
            whose scale of 10 is good from 7 on.
        lost: Working seconds lost; ``None``: not known.
        removed: Whether it was removed.
        signalled_at: When it was told.
        evidence: The event.
    """

    feedback: str
    ticket: str | None
    subject: str
    about_kind: AboutKind
    indicator: str
    score: float
    level: str
    lost: float | None
    removed: bool
    signalled_at: datetime
    evidence: tuple[int, ...]


def _rows(history: Sequence[Recorded]) -> Iterator[Signal]:
    for recorded in history:
        if isinstance(recorded.event, on.SignalRecorded):
            told = recorded.event
            score = 100 * (told.score - told.lowest) / (told.highest - told.lowest)
            yield Signal(
                feedback=recorded.stream.removeprefix(FEEDBACK),
                ticket=told.ticket,
                subject=told.subject,
                about_kind=told.about_kind,
                indicator=told.indicator,
                score=score,
                level="good" if score >= 70 else "average" if score >= 40 else "frustrating",
                lost=None if told.lost_minutes is None else told.lost_minutes * 60,
                removed=any(isinstance(other.event, on.FeedbackRemoved) for other in history),
                signalled_at=told.at,
                evidence=tuple(other.position for other in history),
            )


SIGNALS = experience_table(
    name="signals",
    about="one row a word of a device or application on how it works for its user",
    row=Signal,
    reads=(on.SignalRecorded, on.FeedbackRemoved),
    rows=_rows,
    dimensions=("subject", "about_kind", "indicator", "level"),
)
