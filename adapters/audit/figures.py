"""All figures of a period: every metric that has anything to say, in all, before, over time, and cut."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Any, TypeAlias

import attrs
import msgspec
from attrs import Factory, frozen

from ventanilla.adapters.audit.period import Period
from ventanilla.adapters.desk import Desk
from ventanilla.adapters.policies import Document
from ventanilla.core.errors import NotUnderstood, PluginError
from ventanilla.projections.metric import Answer, Question
from ventanilla.projections.periods import PERIODS

Progress: TypeAlias = Callable[[int, int], None]
Key: TypeAlias = tuple[str, str | None, datetime | None, str | None]

CUTS = ("channel", "team", "priority", "category", "kind", "type", "code", "segment")
"""By what every metric is cut."""

LONG = timedelta(days=62)
"""A period longer than this is told by the month, a shorter one by the day."""

_AT_ONCE = 10_000_000
"""Questions times events in one pass: it bounds the memory that evidence takes."""


@frozen(kw_only=True)
class Line:
    """One figure.

    Attributes:
        id: What names it in a list of differences: ``"on_time@1 by team red"``.
        question: What was asked.
        key: The value of the cut; ``None``: uncut, or not said.
        answer: The answer, without its evidence.
        events: How many events are behind it.
        evidence: The SHA-256 of their positions.
    """

    id: str
    question: Question
    key: str | None
    answer: Answer
    events: int
    evidence: str

    def plain(self) -> dict[str, Any]:
        """Return the figure with all that it depends on, for a program; what all figures lack is said elsewhere."""
        left_out = {"evidence", "incomplete", "position", "as_of", "known_at", "policy", "zone"}
        found = attrs.asdict(self.answer, filter=lambda field, _: field.name not in left_out)
        evidence = {"events": self.events, "sha256": self.evidence}
        return {"id": self.id, "by": self.question.by, "key": self.key, **found, "evidence": evidence}

    def sha256(self) -> str:
        """Return the hash of :meth:`plain`."""
        return hashlib.sha256(canonical(self.plain())).hexdigest()


@frozen(kw_only=True)
class Figures:
    """All figures under the same dials.

    Attributes:
        questions: What was asked, in order.
        lines: The figures, in the order of the questions.
        as_of: As of when.
        known_at: Known at; ``None``: by all that is recorded.
        position: The last position of the log that was looked at.
        incomplete: What they lack, in words.
        failed: The metrics that could not be asked, with the reason.
    """

    questions: Sequence[Question]
    lines: Sequence[Line]
    as_of: datetime
    known_at: datetime | None
    position: int
    incomplete: Sequence[str]
    failed: Mapping[str, str] = Factory(dict)

    def sha256(self) -> str:
        """Return the hash of all figures."""
        return hashlib.sha256("".join(line.sha256() for line in self.lines).encode()).hexdigest()


@frozen(kw_only=True)
class Dialled:
    """A desk whose log is asked under fixed dials, without any view.

    Attributes:
        desk: The desk.
        as_of: As of when.
        known_at: Known at; ``None``: by all that is recorded.
        policy: Whose clocks; ``None``: the desk's own.
        position: The last position that is looked at.
    """

    desk: Desk
    as_of: datetime
    known_at: datetime | None = None
    policy: Document | None = None
    position: int

    def figures(self, questions: Sequence[Question], progress: Progress = lambda done, total: None) -> Figures:
        """Return the answers to *questions*, in as few passes over the log as memory allows."""
        per_pass = max(8, _AT_ONCE // max(self.desk.store.behind(0)[0], 1))
        lines: list[Line] = []
        incomplete: dict[str, None] = {}
        failed: dict[str, str] = {}
        ordered = sorted(questions, key=lambda question: question.metric.table)  # a table is read once a pass
        found: dict[int, list[Line]] = {}
        for start in range(0, len(ordered), per_pass):
            some = ordered[start : start + per_pass]
            for question, cut in zip(some, self._ask(some, failed), strict=True):
                found[id(question)] = [_line(question, key, answer) for key, answer in cut.items()]
                incomplete |= dict.fromkeys(next(iter(cut.values())).incomplete if cut else ())
            progress(start + len(some), len(ordered))
        for question in questions:
            lines += found[id(question)]
        return Figures(
            questions=questions,
            lines=lines,
            as_of=self.as_of,
            known_at=self.known_at,
            position=self.position,
            incomplete=tuple(incomplete),
            failed=failed,
        )

    def _ask(self, questions: Sequence[Question], failed: dict[str, str]) -> Sequence[Mapping[str | None, Answer]]:
        """Answer *questions*; where one fails, it is named, and the others are answered all the same."""
        try:
            return self._answer(questions, failed)
        except NotUnderstood as error:  # which of them it was, is not told
            if len(questions) == 1:
                failed[str(questions[0].metric)] = str(error)
                return [{}]
        return [cut for question in questions for cut in self._ask([question], failed)]

    def _answer(self, questions: Sequence[Question], failed: dict[str, str]) -> Sequence[Mapping[str | None, Answer]]:
        def failing(question: Question, error: PluginError) -> None:
            failed[str(question.metric)] = str(error)

        dials: dict[str, Any] = {"as_of": self.as_of, "known_at": self.known_at, "policy": self.policy}
        return self.desk.answer(questions, replayed=True, until=self.position, failing=failing, **dials)


def of_period(
    dialled: Dialled,
    metrics: Iterable[str],
    this: Period,
    before: Period,
    zone: tzinfo,
    progress: Progress = lambda done, total: None,
) -> Figures:
    """Return the figures of *this* period and of that *before* it; metrics with nothing to say are left out."""
    host = dialled.desk.host
    step = "month" if this.until - this.since > LONG else "day"
    totals = [
        Question(metric=host.metric(name), since=one.since, until=one.until, zone=zone)
        for name in metrics
        for one in (this, before)
    ]
    first = dialled.figures(totals, progress)
    said = {line.answer.metric for line in first.lines if line.answer.n or line.answer.denominator}
    spoken = [question for question in totals if str(question.metric) in said]
    cuts = [
        attrs.evolve(question, by=by)
        for question in spoken
        if question.since == this.since
        for by in (step, *dict.fromkeys((*CUTS, *host.tables[question.metric.table].dimensions)))
    ]
    second = dialled.figures(cuts, progress)
    lines = [line for line in first.lines if line.answer.metric in said]
    cut_by = {
        (line.question.metric.name, line.question.by) for line in second.lines if line.key is not None
    }  # where no row has the dimension, there is nothing to see
    kept = [line for line in second.lines if (line.question.metric.name, line.question.by) in cut_by]
    return attrs.evolve(
        second,
        questions=[*spoken, *(q for q in cuts if (q.metric.name, q.by) in cut_by)],
        lines=[*lines, *kept],
        incomplete=tuple(dict.fromkeys((*first.incomplete, *second.incomplete))),
        failed={**first.failed, **second.failed},
    )


def canonical(value: Any) -> bytes:
    """Return *value* as JSON that is the same wherever it is written: names sorted, floats at their shortest."""
    return msgspec.json.encode(value, order="sorted")


def over_time(line: Line) -> bool:
    """Return whether *line* is one of a cut by period."""
    return line.question.by in PERIODS


def _line(question: Question, key: str | None, answer: Answer) -> Line:
    since = "" if question.since is None else f" from {question.since.date().isoformat()}"
    by = "" if question.by is None else f" by {question.by} {'(not said)' if key is None else key}"
    return Line(
        id=f"{question.metric}{since}{by}",
        question=question,
        key=key,
        answer=attrs.evolve(answer, evidence=(), incomplete=()),
        events=len(answer.evidence),
        evidence=hashlib.sha256(",".join(map(str, answer.evidence)).encode()).hexdigest(),
    )
