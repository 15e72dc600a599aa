"""A figure counted anew from the log alone, beside what was published."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

import attrs
from attrs import frozen

from ventanilla.adapters.audit.away import Away, away
from ventanilla.adapters.audit.buckets import Part, read_buckets
from ventanilla.adapters.audit.claimed_rows import Differing, compare, read_rows
from ventanilla.adapters.audit.claims import Claim, read_claim
from ventanilla.adapters.audit.explain import Explanation, explain
from ventanilla.adapters.audit.recount import ALL, Recount, answer_of
from ventanilla.adapters.audit.sweep import Progress
from ventanilla.adapters.desk import Desk
from ventanilla.adapters.policies import Document
from ventanilla.core.errors import NotUnderstood
from ventanilla.projections.behind import CountedRow
from ventanilla.projections.metric import Answer, Cut, Question


@frozen(kw_only=True)
class Audited:
    """What an audit of one figure came to.

    Attributes:
        recount: What was counted anew.
        cut: The answer from the log alone.
        seen: The answer of the fact table that is kept; the same, if all is well.
        parts: Which rows are shown.
        claim: The figure that was published.
        holds: Whether it is equal.
        explanation: The dials under which it was true.
        away: How far it is away, where no dials explain it.
        differing: The tickets that a file of rows counts otherwise; ``None`` without one.
    """

    recount: Recount
    cut: Cut
    seen: Cut
    parts: Sequence[Part]
    claim: Claim | None = None
    holds: bool = True
    explanation: Explanation | None = None
    away: Away | None = None
    differing: Sequence[Differing] | None = None

    @property
    def answer(self) -> Answer | None:
        """The answer of the bucket that is looked at."""
        return answer_of(self.cut, self.recount.bucket)

    @property
    def kept(self) -> bool:
        """Whether the fact table that is kept says the same."""
        return self.cut == self.seen

    @property
    def proved(self) -> bool:
        """Whether nothing was found to differ."""
        return self.kept and self.holds and not self.differing

    def rows(self) -> Iterator[CountedRow]:
        """Return the rows of the bucket and the parts; none where no row may be told alone."""
        if self.recount.withheld:
            return iter(())
        return (row for row in self.recount.rows() if all(part(row) for part in self.parts))


def audit_figure(
    desk: Desk,
    question: Question,
    *,
    buckets: Sequence[str] = (),
    claimed: str | None = None,
    claimed_rows: Path | None = None,
    as_of: datetime | None = None,
    known_at: datetime | None = None,
    policy: Document | None = None,
    progress: Progress = lambda done, total: None,
) -> Audited:
    """Count *question* anew from the log alone, and compare it with what was published.

    Args:
        desk: Whose log.
        question: What is asked.
        buckets: Which part is looked at, see :func:`~ventanilla.adapters.audit.buckets.read_buckets`.
        claimed: The figure that was published.
        claimed_rows: A file of the rows behind that.
        as_of: See :class:`~ventanilla.adapters.answers.Asked`.
        known_at: See there.
        policy: See there.
        progress: Told how far the search for the reason has come.

    Raises:
        NotUnderstood: A bucket, the figure or the file makes no sense.
    """
    claim = read_claim(claimed, question.metric.unit) if claimed is not None else None
    if claimed_rows and question.metric.fewest > 1:
        raise NotUnderstood(f"the rows of {question.metric.name} are not told one by one: nobody's answer is")
    theirs = read_rows(claimed_rows) if claimed_rows else None
    recount = Recount(desk=desk, question=question, given={"as_of": as_of, "known_at": known_at, "policy": policy})
    cut = recount.cut()
    bucket, parts = read_buckets(buckets, question.metric, question.by, cut)
    if question.by is not None and bucket == ALL and (claim is not None or theirs is not None):
        raise NotUnderstood(f"a figure cut by {question.by} is many: name the one that was published with --bucket")
    (seen,) = desk.answer([question], as_of=recount.dials.as_of, known_at=known_at, policy=policy)
    found = Audited(recount=attrs.evolve(recount, bucket=bucket), cut=cut, seen=seen, parts=parts)
    if claim is not None:
        found = _against(found, claim, progress)
    return found if theirs is None else attrs.evolve(found, differing=compare(theirs, found.rows()))


def _against(found: Audited, claim: Claim, progress: Progress) -> Audited:
    answer = found.answer
    if claim.holds(answer.value if answer else None):
        return attrs.evolve(found, claim=claim)
    if found.recount.withheld and (answer is None or answer.value is None):
        said = "the log has no such figure to tell"
        return attrs.evolve(found, claim=claim, holds=False, away=Away(said=said, rows=None, nearest=()))
    explanation = explain(found.recount, claim, progress)
    far = None if explanation else away(found.recount.question.metric, claim, found.recount.rows())
    if far and found.recount.withheld:
        far = attrs.evolve(far, nearest=())
    return attrs.evolve(found, claim=claim, holds=False, explanation=explanation, away=far)
