"""The fact tables of what is said in public: one row a mention, and one row a review."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from attrs import frozen

from ventanilla.core import events as on
from ventanilla.core.events.feedback import AboutKind, MentionKind
from ventanilla.core.recorded import Recorded
from ventanilla.core.streams import FEEDBACK
from ventanilla.projections.experience.history import experience_table


@frozen(kw_only=True)
class Mention:
    """Somebody spoke of a brand in public.

    Attributes:
        feedback: The piece of feedback, an id.
        ticket: The ticket that was made of it; ``None``: none was.
        network: Where.
        mention_kind: In which form.
        topic: About what; ``None`` if not judged.
        brand: Which brand, ours or another.
        own: Whether we posted it ourselves.
        recommends: Whether it recommends the brand; ``None`` if it does neither.
        tone: 1 positive, 0 neutral, -1 negative, as measured last; ``None``: not measured.
        removed: Whether it is there no more.
        posted_at: When it was posted.
        evidence: The post, the measurements of its tone, its removal.
    """

    feedback: str
    ticket: str | None
    network: str
    mention_kind: MentionKind
    topic: str | None
    brand: str
    own: bool
    recommends: bool | None
    tone: int | None
    removed: bool
    posted_at: datetime
    evidence: tuple[int, ...]


@frozen(kw_only=True)
class Review:
    """A review or rating somewhere.

    Attributes:
        feedback: The piece of feedback, an id.
        site: Where.
        about_kind: What it is about.
        about: Which one.
        stars: How many.
        best: How many there are at most.
        removed: Whether it is there no more.
        posted_at: When it was posted.
        evidence: The review and its removal.
    """

    feedback: str
    site: str
    about_kind: AboutKind
    about: str
    stars: float
    best: float
    removed: bool
    posted_at: datetime
    evidence: tuple[int, ...]


_TONES = {"positive": 1, "neutral": 0, "negative": -1}


def _mentions(history: Sequence[Recorded]) -> Iterator[Mention]:
    post = next((recorded.event for recorded in history if isinstance(recorded.event, on.MentionPosted)), None)
    if not isinstance(post, on.MentionPosted):
        return
    tones = [told.event for told in history if isinstance(told.event, on.SentimentScored)]
    yield Mention(
        feedback=history[0].stream.removeprefix(FEEDBACK),
        ticket=post.ticket,
        network=post.network,
        mention_kind=post.kind,
        topic=post.topic,
        brand=post.brand,
        own=post.own,
        recommends=post.recommends,
        tone=_tone(tones[-1]) if tones else None,
        removed=_is_removed(history),
        posted_at=post.at,
        evidence=tuple(sorted(recorded.position for recorded in history)),
    )


def _tone(measured: on.SentimentScored) -> int:
    """Return 1, 0 or -1, by the label where it is one of the three, else by the sign of the score."""
    return _TONES.get(measured.label, (measured.score > 0) - (measured.score < 0))


def _reviews(history: Sequence[Recorded]) -> Iterator[Review]:
    for recorded in history:
        if isinstance(recorded.event, on.ReviewPosted):
            yield Review(
                feedback=recorded.stream.removeprefix(FEEDBACK),
                site=recorded.event.site,
                about_kind=recorded.event.about_kind,
                about=recorded.event.about,
                stars=recorded.event.stars,
                best=recorded.event.best,
                removed=_is_removed(history),
                posted_at=recorded.event.at,
                evidence=tuple(sorted(other.position for other in history)),
            )


def _is_removed(history: Sequence[Recorded]) -> bool:
    return any(isinstance(recorded.event, on.FeedbackRemoved) for recorded in history)


MENTIONS = experience_table(
    name="mentions",
    about="one row a public mention, comment or question",
    row=Mention,
    reads=(on.MentionPosted, on.SentimentScored, on.FeedbackRemoved),
    rows=_mentions,
    dimensions=("network", "mention_kind", "topic", "brand", "own", "recommends", "tone"),
)

REVIEWS = experience_table(
    name="reviews",
    about="one row a review or rating posted somewhere",
    row=Review,
    reads=(on.ReviewPosted, on.FeedbackRemoved),
    rows=_reviews,
    dimensions=("site", "about_kind", "about", "stars"),
)
