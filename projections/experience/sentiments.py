"""The fact table of sentiments: one row a text whose tone was measured, with who said it and when."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import attrs
from attrs import frozen

from ventanilla.core import events as on
from ventanilla.core.events.feedback import AboutKind
from ventanilla.core.recorded import Recorded
from ventanilla.core.streams import is_ticket
from ventanilla.projections.experience.history import experience_table


@frozen(kw_only=True)
class Sentiment:
    """How a text sounds, as a model measured it. Of one model's measurements of a text the last counts.

    Attributes:
        about_kind: Of what.
        about: Of which one.
        ticket: On which ticket; ``None``: on none.
        author: Whose words: of a message the kind of its author. ``None``: the message is not in the log, or it is
            none.
        label: In words.
        score: From -1 to 1.
        model: What measured.
        model_version: Which version of it, for the last measurement.
        language: BCP 47 tag; ``None`` if unknown.
        said_at: When the message was received or sent; when it was measured, where that is not known.
        first: Whether it is the customer's first measured message of the ticket, for this model.
        last: Whether it is the last.
        recovery: On the last, the score less that of the first; ``None`` elsewhere, and where they are the same.
        evidence: The measurements and the message; of a recovery those of the first, too.
    """

    about_kind: AboutKind
    about: str
    ticket: str | None
    author: str | None = None
    label: str
    score: float
    model: str
    model_version: str
    language: str | None
    said_at: datetime
    first: bool = False
    last: bool = False
    recovery: float | None = None
    evidence: tuple[int, ...]


@frozen(kw_only=True)
class _Message:
    """A message of a ticket, whoever wrote it."""

    ticket: str
    message: str
    author: str
    at: datetime
    position: int


def _rows(history: Sequence[Recorded]) -> Iterator[Sentiment | _Message]:
    for recorded in history:
        match recorded.event:
            case on.SentimentScored() as told:
                yield Sentiment(
                    about_kind=told.about_kind,
                    about=told.about,
                    ticket=told.ticket or (told.about if told.about_kind == "ticket" else None),
                    label=told.label,
                    score=told.score,
                    model=told.model,
                    model_version=told.model_version,
                    language=told.language,
                    said_at=told.at,
                    evidence=(recorded.position,),
                )
            case on.MessageReceived() | on.ReplySent() as said if is_ticket(recorded.stream):
                yield _Message(
                    ticket=recorded.stream,
                    message=said.message,
                    author=said.author_kind,
                    at=said.at,
                    position=recorded.position,
                )
            case _:
                pass


def _joined(rows: Sequence[Any], _: datetime) -> Iterator[Sentiment]:
    messages: dict[tuple[str | None, str], _Message] = {
        (row.ticket, row.message): row for row in rows if isinstance(row, _Message)
    }
    texts: dict[tuple[str | None, str, str, str], Sentiment] = {}
    measured = [row for row in rows if isinstance(row, Sentiment)]
    for row in sorted(measured, key=lambda row: (row.said_at, row.evidence)):
        key = row.ticket, row.about_kind, row.about, row.model
        before = texts[key].evidence if key in texts else ()
        texts[key] = attrs.evolve(row, evidence=(*before, *row.evidence))
    said = [_said(row, messages.get((row.ticket, row.about))) for row in texts.values()]
    by_ticket: dict[tuple[str, str], list[Sentiment]] = {}
    for row in said:
        if row.author == "customer" and row.ticket is not None:
            by_ticket.setdefault((row.ticket, row.model), []).append(row)
        else:
            yield row
    for of_ticket in by_ticket.values():
        yield from _in_order(of_ticket)


def _said(row: Sentiment, message: _Message | None) -> Sentiment:
    if message is None or row.about_kind != "message":
        return row
    evidence = tuple(sorted((*row.evidence, message.position)))
    return attrs.evolve(row, author=message.author, said_at=message.at, evidence=evidence)


def _in_order(of_ticket: Sequence[Sentiment]) -> Iterator[Sentiment]:
    ordered = sorted(of_ticket, key=lambda row: (row.said_at, row.evidence))
    first = ordered[0]
    for row in ordered:
        if row is ordered[-1] and row is not first:
            both = tuple(sorted({*first.evidence, *row.evidence}))
            yield attrs.evolve(row, last=True, recovery=row.score - first.score, evidence=both)
        else:
            yield attrs.evolve(row, first=row is first, last=row is ordered[-1])


SENTIMENTS = experience_table(
    name="sentiments",
    about="one row a text whose tone was measured",
    row=Sentiment,
    streams=("feedback", "ticket"),
    reads=(on.SentimentScored, on.MessageReceived, on.ReplySent),
    rows=_rows,
    across=_joined,
    dimensions=("about_kind", "author", "label", "model", "model_version", "language"),
)
