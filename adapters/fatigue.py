"""How many of those whom an agreement is about were asked too soon after they had been asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import attrs

from ventanilla.adapters.answers import Dials, joins_for, rows
from ventanilla.projections.experience.surveys import SURVEYS, Survey
from ventanilla.projections.joins import joining, joins_needed
from ventanilla.projections.metric import Question
from ventanilla.projections.tally import ELSEWHERE, Tally, place
from ventanilla.projections.xla import Agreement, Evaluation, asked_too_soon
from ventanilla.projections.xla.asking import RESPONSES

if TYPE_CHECKING:
    from ventanilla.adapters.desk import Desk


def with_fatigue(
    desk: Desk,
    version_at: Callable[[datetime], Agreement | None],
    made: Sequence[Evaluation],
    as_of: datetime,
    known_at: datetime | None,
) -> Iterator[Evaluation]:
    """Yield what was *made*, and say of each window how many were asked too soon after they had been asked.

    Whoever the agreement is not about does not count; to have been asked about anything before does.
    """
    versions = [version_at(evaluation.window.since) for evaluation in made]
    if all(version is None or version.quarantine is None for version in versions):
        yield from made
        return
    dials = Dials(as_of=as_of, known_at=known_at)
    offers = list(rows(desk.store, SURVEYS, desk.store.head(), dials, []))
    asked = {version.version: version for version in versions if version is not None and version.quarantine is not None}
    about = {number: _about(desk, version, dials) for number, version in asked.items()}
    for evaluation, version in zip(made, versions, strict=True):
        if version is None or version.quarantine is None:
            yield evaluation
            continue
        soon, known, _ = asked_too_soon(offers, version.quarantine, evaluation.window, about[version.version])
        note = f"{soon:,} of {known:,} asked had been asked in the {version.quarantine} days before"
        yield attrs.evolve(evaluation, notes=(*evaluation.notes, note))


def _about(desk: Desk, agreement: Agreement, dials: Dials) -> Callable[[Survey], bool]:
    """Return whether an offer is of those whom *agreement* is about."""
    if not agreement.only:
        return lambda _: True
    asked = Question(metric=RESPONSES, only=agreement.only, zone=UTC)
    joins = joins_for(desk.store, joins_needed([asked], SURVEYS), desk.store.head(), dials, [])
    joined = joining(SURVEYS, joins)
    tally = Tally.of(asked, SURVEYS)
    return lambda offer: place(tally, joined(offer), dials.as_of) is not ELSEWHERE
