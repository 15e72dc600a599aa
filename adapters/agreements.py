"""Experience agreements as they come in, from a TOML file or from the settings in the log; and what they come to."""

from __future__ import annotations

import itertools
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import msgspec
from attrs import Factory, frozen

from ventanilla.adapters.fatigue import with_fatigue
from ventanilla.adapters.policies import Document
from ventanilla.core.errors import Damaged, NotUnderstood, PluginError
from ventanilla.core.events import SettingPublished, SettingWithdrawn, WindowSealed
from ventanilla.core.recorded import Recorded
from ventanilla.core.streams import setting
from ventanilla.projections.metric import Answer, Cut, Metric, Question
from ventanilla.projections.xla import (
    Agreement,
    Evaluation,
    Window,
    about_tickets,
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
class Unread:
    """A version of an agreement that cannot be read here: the plug-in of one of its metrics is not there, say.

    Attributes:
        version: Its number.
        since: From when on it is in force.
        why: What is wrong, in words.
    """

    version: int
    since: datetime
    why: str


@frozen(kw_only=True)
class Agreements:
    """The versions of an agreement.

    Attributes:
        name: Its name.
        versions: Those that can be read, in the order of publication.
        sealed: Its sealed windows, by the window.
        unread: The other versions, in the order of publication.
    """

    name: str
    versions: Sequence[Agreement]
    sealed: Mapping[Window, Sealed] = Factory(dict)
    unread: Sequence[Unread] = ()

    def at(self, at: datetime) -> Agreement | None:
        """Return the version in force at the instant *at*, if it can be read; of those that begin alike the later."""
        begun = [version for version in self._published() if version.since <= at]
        last = max(begun, key=lambda version: (version.since, version.version), default=None)
        if last is None or isinstance(last, Unread):
            return None
        return None if last.until is not None and last.until <= at else last

    def windows(self, since: datetime | None, until: datetime) -> list[Window]:
        """Return its windows that begin at *since* or later and before *until*, oldest first; ``None``: the last.

        Each is of the version in force when it begins. What is sealed stays a window, whatever was published later.
        """
        found = sorted({*self._agreed(until), *(window for window in self.sealed if window.since < until)})
        return found[-WINDOWS:] if since is None else [window for window in found if window.since >= since]

    def before(self, window: Window) -> list[Window]:
        """Return the window that ends where *window* begins, if there is one."""
        return [one for one in self._agreed(window.since) if one.until == window.since][-1:]

    def holding(self, at: datetime) -> Window | None:
        """Return the window in which *at* lies; of several the one that began last."""
        begun = self.windows(datetime.min.replace(tzinfo=UTC), at + timedelta(microseconds=1))
        return next((window for window in reversed(begun) if at < window.until), None)

    def _published(self) -> list[Agreement | Unread]:
        return [*self.versions, *self.unread]

    def _agreed(self, until: datetime) -> Iterator[Window]:
        """Yield the windows that begin before *until*, from each version those that begin while it is in force."""
        begins = sorted({version.since for version in self._published()})
        for since, next_one in itertools.pairwise((*begins, until)):
            if version := self.at(since):
                yield from version.windows(since, min(next_one, until))


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
    whole = desk.log(stream)
    history = [
        recorded
        for recorded in whole
        if (as_of is None or recorded.event.at <= as_of) and (known_at is None or recorded.recorded_at <= known_at)
    ]
    versions: list[Agreement] = []
    unread: list[Unread] = []
    sealed: dict[Window, Sealed] = {}
    origin: datetime | None = None
    for recorded in history:
        match recorded.event:
            case SettingPublished() as published:
                origin = origin or published.since
                try:
                    versions.append(_version(stream, published, versions, desk.host.metrics, origin))
                except NotUnderstood as error:
                    unread.append(Unread(version=published.version, since=published.since, why=str(error)))
            case SettingWithdrawn(since=since):
                versions = [attrs.evolve(version, until=_earlier(version.until, since)) for version in versions]
            case WindowSealed() as event:
                found = _unsealed(event, recorded)
                before = sealed.get(found.window)
                corrects = (*before.corrects, before.digest) if before else ()
                sealed[found.window] = Sealed(evaluation=found, digest=event.digest, corrects=corrects)
            case _:
                pass
    if not versions and not sealed:
        raise NotUnderstood(unread[-1].why if unread else _no_agreement(name, whole))
    return Agreements(name=name, versions=versions, sealed=sealed, unread=unread)


def _no_agreement(name: str, published: Sequence[Recorded]) -> str:
    if published:
        at = published[0].event.at.isoformat(sep=" ", timespec="seconds")
        return f"the agreement {name!r} was published at {at} only: look at a later instant"
    return f"no agreement is called {name!r}: publish it, or give a file"


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

    A window that is sealed is looked at anew all the same: what was sealed is in :attr:`Agreements.sealed`. An
    objective whose metric fails is unknown, and says why.

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
    failures: list[tuple[Question, PluginError]] = []
    cuts = desk.answer(
        every, as_of=at, known_at=known_at, policy=policy, failing=lambda *failure: failures.append(failure)
    )
    answers = iter(cuts)
    made: list[Evaluation] = []
    for version, window, keys in asked:
        found = {key: next(answers) for key in keys}
        failed = {key: str(why) for key, question in keys.items() for of, why in failures if of is question}
        segments: list[str | None] = [None] if by is None else _segments(found.values())
        made += [evaluate(version, window, found, at, segment=segment, failed=failed) for segment in segments]
    return made if by is not None else list(with_fatigue(desk, agreements.at, made, at, known_at))


def examples(
    desk: Desk, agreement: Agreement, window: Window, *, as_of: datetime | None = None
) -> tuple[Answer, Mapping[str, Answer]]:
    """Return the share of watermelon tickets among the answered ones, and ten examples, the worst answers first.

    Each example has the worst answer (0 to 1), by ticket, with the events behind it.
    """
    share, tickets = desk.answer(about_tickets(agreement, window), as_of=as_of)
    found = sorted((answer.value or 0.0, ticket, answer) for ticket, answer in tickets.items() if ticket and answer.n)
    return share[None], {ticket: answer for _, ticket, answer in found[:EXAMPLES]}


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
    stream: str,
    published: SettingPublished,
    before: Sequence[Agreement],
    metrics: Mapping[str, Metric],
    origin: datetime,
) -> Agreement:
    begun = {str(one.indicator): one.since for one in before[-1].objectives} if before else {}
    try:
        return read_agreement(
            _toml(published.content),
            metrics,
            version=published.version,
            since=published.since,
            origin=origin,
            begun=begun,
        )
    except NotUnderstood as error:
        raise NotUnderstood(f"{stream}, version {published.version}: {error}") from error


def _earlier(one: datetime | None, other: datetime) -> datetime:
    return other if one is None else min(one, other)


def _segments(cuts: Iterable[Cut]) -> list[str | None]:
    found = {segment for cut in cuts for segment, answer in cut.items() if answer.n}
    return sorted(found, key=lambda segment: (segment is None, segment or ""))


def _toml(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise NotUnderstood(f"is no TOML: {error}") from None
