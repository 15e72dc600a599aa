"""Whether people are asked too often."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from ventanilla.projections.experience.surveys import Survey
from ventanilla.projections.xla.window import Window


def asked_too_soon(
    offers: Iterable[Survey], days: int, window: Window, counts: Callable[[Survey], bool] = lambda _: True
) -> tuple[int, int, tuple[int, ...]]:
    """Return how many offers in *window* came within *days* of one before to the same person, and of how many.

    Third come the positions of the events behind those that did, ascending. Offers to nobody known are not counted, nor
    those that *counts* leaves out: they are offers before another all the same.
    """
    asked: dict[str, datetime] = {}
    soon, known, evidence = 0, 0, set[int]()
    for offer in sorted(offers, key=lambda offer: (offer.offered_at, offer.evidence)):
        if offer.customer is None:
            continue
        before, asked[offer.customer] = asked.get(offer.customer), offer.offered_at
        if not window.since <= offer.offered_at < window.until or not counts(offer):
            continue
        known += 1
        if before is not None and offer.offered_at - before < timedelta(days=days):
            soon += 1
            evidence |= set(offer.evidence)
    return soon, known, tuple(sorted(evidence))
