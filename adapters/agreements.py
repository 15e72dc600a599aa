"""Experience agreements as they come in, from a TOML file or from the settings in the log; and what they come to."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import msgspec
from attrs import Factory, frozen

from ventanilla.adapters.answers import Dials, rows
from ventanilla.adapters.policies import Document
from ventanilla.core.commands import SealWindow
from ventanilla.core.errors import Damaged, NotUnderstood
from ventanilla.core.events import SettingPublished, SettingWithdrawn, WindowSealed
from ventanilla.core.recorded import Actor, Recorded
from ventanilla.core.streams import setting
from ventanilla.projections.experience.surveys import SURVEYS
from ventanilla.projections.metric import Answer, Cut, Metric
from ventanilla.projections.xla import (
    Agreement,
    Evaluation,
    Window,
    about_tickets,
    asked_too_soon,
    evaluate,
    questions,
    read_agreement,
)

if TYPE_CHECKING:
    from ventanilla.adapters.desk import Desk

KIND = "agreement/"
WINDOWS = 12
"""How many windows are looked at where nobody says which."""
EXAMPLES = 10
"""How many watermelon tickets are shown."""


@frozen(kw_only=True)
class Sealed:
    """A window that is held fast.

    Attributes:
        evaluation: What was sealed.
        digest: SHA-256 of that.
        corrects: The digests of what it replaced, oldest first.
    """

    evaluation: Evaluation
    digest: str
    corrects: tuple[str, ...] = ()


@frozen(kw_only=True)
class Agreements:
    """The versions of an agreement.

    Attributes:
        name: Its name.
        versions: In the order of publication, at least one.
        sealed: Its sealed windows, by the window.
    """

    name: str
    versions: Sequence[Agreement]
    sealed: Mapping[Window, Sealed] = Factory(dict)

    def at(self, at: datetime) -> Agreement | None:
        """Return the version in force at the instant *at*; of versions that begin alike the later one."""
        begun = [version for version in self.versions if version.since <= at]
        last = max(begun, key=lambda version: (version.since, version.version), default=None)
        return None if last is None or (last.until is not None and last.until <= at) else last

    def windows(self, since: datetime | None, until: datetime) -> list[Window]:
        """Return its windows that begin at *since* or later and before *until*; ``None``: the last of them."""
        origin = min(version.since for version in self.versions)
        begins = origin if since is None else max(since, origin)
        cadence = self.versions[-1].window
        found = [window for window in cadence.between(begins, until, origin) if self.at(window.since)]
        return found[-WINDOWS:] if since is None else found


def read_file(path: Path, metrics: Mapping[str, Metric]) -> Agreements:
    """Return the agreement that the file in *path* describes, see :mod:`ventanilla.projections.xla.agreement_text`.

    Raises:
        NotUnderstood: It makes no sense; the message names the file, the place and the value.
    """
    try:
        agreement = read_agreement(_toml(path.read_text(encoding="utf-8")), metrics)
    except UnicodeDecodeError:
        raise NotUnderstood(f"{path} is no UTF-8 text") from None
    except NotUnderstood as error:
        raise NotUnderstood(f"{path}: {error}") from error
    return Agreements(name=agreement.name, versions=[agreement])


def of_log(desk: Desk, name: str, *, as_of: datetime | None = None, known_at: datetime | None = None) -> Agreements:
    """Return the agreement *name* as it is published in the log, with its sealed windows.

    Args:
        desk: The desk.
        name: The agreement's name.
        as_of: What happened later is left out; ``None``: nothing is.
        known_at: What was recorded later is left out; ``None``: nothing is.

    Raises:
        NotUnderstood: There is none of that name; or a version of it makes no sense.
    """
    stream = setting(KIND + name)
    history = [
        recorded
        for recorded in desk.log(stream)
        if (as_of is None or recorded.event.at <= as_of) and (known_at is None or recorded.recorded_at <= known_at)
    ]
    versions: list[Agreement] = []
    sealed: dict[Window, Sealed] = {}
    for recorded in history:
        match recorded.event:
            case SettingPublished() as published:
                versions.append(_version(stream, published, versions, desk.host.metrics))
            case SettingWithdrawn(since=since):
                versions = [attrs.evolve(version, until=_earlier(version.until, since)) for version in versions]
            case WindowSealed() as event:
                found = _unsealed(event, recorded)
                before = sealed.get(found.window)
                corrects = (*before.corrects, before.digest) if before else ()
                sealed[found.window] = Sealed(evaluation=found, digest=event.digest, corrects=corrects)
            case _:
                pass
    if not versions:
        raise NotUnderstood(f"no agreement is called {name!r}: publish it, or give a file")
    return Agreements(name=name, versions=versions, sealed=sealed)


def evaluations(
    desk: Desk,
    agreements: Agreements,
    windows: Iterable[Window],
    *,
    by: str | None = None,
    as_of: datetime | None = None,
    known_at: datetime | None = None,
    policy: Document | None = None,
) -> list[Evaluation]:
    """Return what *agreements* come to in *windows* as the log is now, each by the version in force at its beginning.

    A window that is sealed is looked at anew all the same: what was sealed is in :attr:`Agreements.sealed`.

    Args:
        desk: The desk.
        agreements: The versions of an agreement.
        windows: Which windows, oldest first.
        by: A dimension to cut by: then one evaluation a window and value of it.
        as_of: See :class:`~ventanilla.adapters.answers.Asked`.
        known_at: See there.
        policy: See there.

    Raises:
        NotUnderstood: It would be cut by individuals, or reads what is not there.
    """
    at = as_of or desk.last_at()
    planned = [(version, window) for window in windows if (version := agreements.at(window.since))]
    asked = [
        (version, window, questions(version, [window], desk.host.metrics, desk.host.tables, by=by))
        for version, window in planned
    ]
    every = [question for _, _, found in asked for question in found.values()]
    answers = iter(desk.answer(every, as_of=at, known_at=known_at, policy=policy))
    made: list[Evaluation] = []
    for version, window, keys in asked:
        found = {key: next(answers) for key in keys}
        segments: list[str | None] = [None] if by is None else _segments(found.values())
        made += [evaluate(version, window, found, at, segment=segment) for segment in segments]
    if by is None:
        made = list(_with_fatigue(desk, agreements, made, at, known_at))
    return made


def examples(
    desk: Desk, agreement: Agreement, window: Window, *, as_of: datetime | None = None
) -> tuple[Answer, Mapping[str, Answer]]:
    """Return the share of watermelon tickets among the answered ones, and ten examples, the worst answers first.

    Each example has the worst answer (0 to 1), by ticket, with the events behind it.
    """
    share, tickets = desk.answer(about_tickets(agreement, window), as_of=as_of)
    found = sorted((answer.value or 0.0, ticket, answer) for ticket, answer in tickets.items() if ticket and answer.n)
    return share[None], {ticket: answer for _, ticket, answer in found[:EXAMPLES]}


def seal(desk: Desk, name: str, at: datetime, *, actor: Actor, correct: bool = False) -> Sealed:
    """Hold fast what the agreement *name* came to in the window in which *at* lies, and return it.

    Sealed again it is idle, unless it comes to something else by now: then it takes a correction, and both stay on
    record.

    Args:
        desk: The desk.
        name: The agreement's name.
        at: Any instant of the window, which has to be over.
        actor: Who asks: it takes the role ``admin``.
        correct: Replace what was sealed before, should it differ.

    Raises:
        NotUnderstood: There is no such agreement, or none was in force then.
        Refused: The window is not over, differs from what was sealed, or the actor may not.
    """
    agreements, now = of_log(desk, name), desk.now()
    origin = min(version.since for version in agreements.versions)
    window = agreements.versions[-1].window.holding(at, origin)
    version = agreements.at(window.since)
    if version is None:
        raise NotUnderstood(f"the agreement {name!r} was not in force when {window.name} began")
    (found,) = evaluations(desk, agreements, [window], as_of=max(now, desk.last_at()))
    text = _text(found)
    digest = sha256(text.encode()).hexdigest()
    before = agreements.sealed.get(window)
    if before is not None and before.digest == digest:
        return before
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


def differs(sealed: Sealed, now: Evaluation) -> bool:
    """Return whether the window comes to something else *now* than what was sealed."""
    return sealed.digest != sha256(_text(now).encode()).hexdigest()


def _text(evaluation: Evaluation) -> str:
    """Return *evaluation* as it is sealed: without the positions behind it, and without when it was looked at."""
    results = tuple(attrs.evolve(result, evidence=()) for result in evaluation.results)
    kept = attrs.evolve(evaluation, results=results, as_of=evaluation.window.until, position=0)
    return msgspec.json.encode(kept, order="sorted").decode()


def _unsealed(event: WindowSealed, recorded: Recorded) -> Evaluation:
    try:
        found = msgspec.json.decode(event.result, type=Evaluation)
    except msgspec.MsgspecError as error:
        raise Damaged(
            f"the sealed window at position {recorded.position} of the log cannot be read: {error}"
        ) from error
    if sha256(event.result.encode()).hexdigest() != event.digest:
        raise Damaged(f"the sealed window at position {recorded.position} of the log has not the digest that it says")
    return attrs.evolve(found, as_of=event.at, position=event.position)


def _version(
    stream: str, published: SettingPublished, before: Sequence[Agreement], metrics: Mapping[str, Metric]
) -> Agreement:
    begun = {str(one.indicator): one.since for one in before[-1].objectives} if before else {}
    try:
        return read_agreement(
            _toml(published.content), metrics, version=published.version, since=published.since, begun=begun
        )
    except NotUnderstood as error:
        raise NotUnderstood(f"{stream}, version {published.version}: {error}") from error


def _earlier(one: datetime | None, other: datetime) -> datetime:
    return other if one is None else min(one, other)


def _segments(cuts: Iterable[Cut]) -> list[str | None]:
    found = {segment for cut in cuts for segment, answer in cut.items() if segment is not None and answer.n}
    return [*sorted(found)]


def _with_fatigue(
    desk: Desk, agreements: Agreements, made: Sequence[Evaluation], as_of: datetime, known_at: datetime | None
) -> Iterator[Evaluation]:
    """Say of each window how many were asked too soon after they had been asked."""
    if all(version.quarantine is None for version in agreements.versions):
        yield from made
        return
    dials = Dials(as_of=as_of, known_at=known_at)
    offers = list(rows(desk.store, SURVEYS, desk.store.head(), dials, []))
    for evaluation in made:
        version = agreements.at(evaluation.window.since)
        if version is None or version.quarantine is None:
            yield evaluation
            continue
        soon, known, _ = asked_too_soon(offers, version.quarantine, evaluation.window)
        note = f"{soon:,} of {known:,} asked had been asked in the {version.quarantine} days before"
        yield attrs.evolve(evaluation, notes=(*evaluation.notes, note))


def _toml(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise NotUnderstood(f"is no TOML: {error}") from None
