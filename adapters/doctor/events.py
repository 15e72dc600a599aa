"""The events, stream by stream, and beside each the sealed texts that it refers to."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, get_args

from ventanilla.adapters.doctor.addresses import LinkedAddresses
from ventanilla.adapters.doctor.finding import Findings
from ventanilla.adapters.store.codec import CATALOGUE, try_decode
from ventanilla.adapters.store.database import Snapshot
from ventanilla.adapters.store.instants import stamp
from ventanilla.core.events import AgentErased, CustomerErased, Event
from ventanilla.core.fields import Personal, personal_fields
from ventanilla.core.recorded import ActorKind, Unreadable

_PERSONAL = {cls: names for cls in CATALOGUE.values() if (names := personal_fields(cls))}
_MANY = 500
_TYPES = (str, int, int, str, bytes, int, str)
_LATEST = stamp(datetime.max.replace(tzinfo=UTC))

Texts = dict[str, tuple[str, str, bytes]]
"""Of one event: by field its subject, its digest and what is sealed."""


class Examination:
    """One walk through the log of *snapshot*.

    Args:
        snapshot: The database.
        position: The column of positions.
        found: Where findings go.
        step: Told after each event.
    """

    def __init__(self, snapshot: Snapshot, position: str, found: Findings, step: Callable[[], None]) -> None:
        self._snapshot = snapshot
        self._position = position
        self._found = found
        self._step = step
        self._sealed = _Sealed(snapshot, found)
        self._addresses = LinkedAddresses(snapshot, found)
        self._missing: list[tuple[str, str]] = []
        self._unsealed = 0
        self._erased: set[str] = set()

    def run(self) -> None:
        """Look at every event."""
        stream: Any = ""
        last: Any = 0
        before = 0
        for row in self._snapshot.rows(
            f"SELECT originator_id, originator_version, {self._position}, topic, state, recorded_at, actor FROM events "
            "ORDER BY originator_id, originator_version"
        ):
            self._step()
            if not self._has_types(row):
                stream, last, before = row[0], row[1], 0
                if isinstance(stream, str) and isinstance(last, int):
                    self._sealed.texts(stream, last)
                continue
            name, version, position, topic, state, recorded_at, actor = row
            self._look_around(f"position {position} ({name}, version {version})", recorded_at, actor)
            if name != stream:
                stream, last, before = name, 0, 0
            if isinstance(last, int) and version != last + 1:
                gap = f"{last + 1}" if version == last + 2 else f"{last + 1} to {version - 1}"
                said = f"has no version {gap}" if version > last + 1 else f"has a version {version}, before the first"
                self._found.add("version.missing", f"{name} {said}")
            if position < 1:
                said = f"position {position} ({name}, version {version}) is below 1: who reads the log does not see it"
                self._found.add("position.hidden", said)
            elif position <= before:
                said = f"{name}: version {version} has position {position}, version {last} has {before}: out of order"
                self._found.add("position.order", said)
            last, before = version, position
            event = try_decode(position, topic, state)
            if isinstance(event, Unreadable):
                self._found.add("topic.unknown" if topic not in CATALOGUE else "event.unreadable", event.reason)
                self._sealed.texts(name, version)
            else:
                self._compare(name, version, event)
        self._sealed.rest()
        if self._sealed.any:  # else the vault was left behind, and they with it
            self._addresses.rest()
        self._say_missing()
        self._say_unsealed()
        self._compare_erasures()

    def _has_types(self, row: tuple[Any, ...]) -> bool:
        wrong = [type(value).__name__ for value, type_ in zip(row, _TYPES, strict=True) if not isinstance(value, type_)]
        if wrong:
            place = f"position {row[2]} ({row[0]!r}, version {row[1]!r})"
            self._found.add("event.type", f"{place} is stored as {', '.join(wrong)} where it should not be")
        return not wrong

    def _look_around(self, place: str, recorded_at: int, actor: str) -> None:
        """Look at what is recorded around an event."""
        if not 0 < recorded_at <= _LATEST:
            said = f"{place} was recorded {recorded_at} microseconds after 1970, which no desk did"
            self._found.add("event.recorded_at", said)
        kind, _, who = actor.partition(":")
        if kind not in get_args(ActorKind) or not who.strip():
            self._found.add("event.actor", f"{place} says that {actor!r} did it, who is nobody: kind:id is wanted")

    def _compare(self, stream: str, version: int, event: Event) -> None:
        """Compare the texts that *event* refers to with those that are kept."""
        if isinstance(event, CustomerErased | AgentErased):
            self._erased.add(stream)
        self._addresses.see(stream, event)
        texts = self._sealed.texts(stream, version)
        for name in _PERSONAL.get(type(event), ()):
            value: Personal | None = getattr(event, name)
            if value is None:
                continue
            kept = texts.pop(name, None)
            place = f"{stream}, version {version}, {name}"
            if kept is None:
                self._missing.append((value.of, place))
                if len(self._missing) >= _MANY:
                    self._say_missing()
            elif kept[1] != value.digest or hashlib.sha256(kept[2]).hexdigest() != value.digest:
                self._found.add("text.altered", f"{place}: what is sealed is not what the log has the digest of")
            elif kept[0] != value.of:
                self._found.add("text.altered", f"{place}: it is kept as {kept[0]}'s, the log says {value.of}'s")
        for name in texts:
            self._found.add("text.orphan", f"{stream}, version {version}, {name}: a sealed text that the log knows not")

    def _say_missing(self) -> None:
        """Tell of texts that are not kept, unless they are of somebody who was erased."""
        subjects = sorted({subject for subject, _ in self._missing})
        places = ", ".join("?" * len(subjects))
        statement = f"SELECT subject FROM erasures WHERE subject IN ({places})"
        erased = {subject for (subject,) in self._snapshot.rows(statement, subjects)} if subjects else set()
        for subject, place in self._missing:
            if subject not in erased:
                self._unsealed += 1
                if self._sealed.any:
                    self._found.add("text.missing", f"{place}: the text of {subject} is gone, who was not erased")
        self._missing.clear()

    def _say_unsealed(self) -> None:
        if self._unsealed and not self._sealed.any:
            said = f"the log refers to {self._unsealed:,} personal texts, and the vault is empty: it was left behind"
            self._found.warn("vault.absent", said)

    def _compare_erasures(self) -> None:
        for (subject,) in self._snapshot.rows("SELECT subject FROM erasures"):
            if subject in self._erased:
                self._erased.discard(subject)
            else:
                self._found.add("erasure.unrecorded", f"the vault says that {subject} was erased, the log does not")
        for subject in sorted(self._erased):
            self._found.add("erasure.undone", f"the log says that {subject} was erased, the vault says nothing of it")


class _Sealed:
    """The sealed texts, taken event by event in the order of the log's streams."""

    def __init__(self, snapshot: Snapshot, found: Findings) -> None:
        self._rows: Iterator[tuple[Any, ...]] = snapshot.rows(
            "SELECT stream, version, field, subject, digest, sealed FROM vault ORDER BY stream, version, field"
        )
        self._found = found
        self._next = next(self._rows, None)
        self.any = self._next is not None

    def texts(self, stream: str, version: int) -> Texts:
        """Return the texts of an event, and tell of those before it that have none."""
        texts: Texts = {}
        while self._next is not None and self._next[:2] <= (stream, version):
            of, number, field, subject, digest, sealed = self._next
            if (of, number) == (stream, version):
                texts[field] = subject, digest, bytes(sealed)
            else:
                self._orphan()
            self._next = next(self._rows, None)
        return texts

    def rest(self) -> None:
        """Tell of the texts that are left: no event has them."""
        while self._next is not None:
            self._orphan()
            self._next = next(self._rows, None)

    def _orphan(self) -> None:
        assert self._next is not None
        stream, version, field = self._next[:3]
        said = f"{stream}, version {version}, {field}: a sealed text of an event that is not there"
        self._found.add("text.orphan", said)
