"""Seals personal text on its way into the database, and opens it for those who may read.

Each person has a key of their own (AES-256-GCM), wrapped (AES-KW) under the host's key-encryption key. What is sealed
is bound to its place by associated data: it opens nowhere else. The log keeps a digest of the sealed bytes, so that an
auditor can prove what was recorded without a key.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, get_args

import attrs
from attrs import frozen
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from ventanilla.adapters.store.instants import stamp
from ventanilla.adapters.store.limits import refuse_large_text
from ventanilla.adapters.store.personal import Erasure, PersonalChanges, PersonalRows, Sealed, SubjectKey
from ventanilla.adapters.store.port import SealedRow
from ventanilla.adapters.vault.keyring import KeyRing
from ventanilla.core.errors import Refused, Unavailable
from ventanilla.core.events import AgentErased, CustomerErased, Event
from ventanilla.core.fields import Personal, personal_fields

QUARANTINE = "quarantine/"
"""Before the name of a source whose bad rows are kept: its key is destroyed when they are dropped."""

_NONCE = 12
_FORMAT = 1
_CACHED = 10_000
_FIELDS: dict[type[Event], tuple[str, ...]] = {cls: names for cls in get_args(Event) if (names := personal_fields(cls))}


@frozen(kw_only=True)
class PutAside:
    """A row that could not be taken, kept whole so that nothing is lost.

    Attributes:
        id: The idempotency key that the row would have claimed; the same bad row is kept once.
        source: The file it came from.
        line: The row's last line in that file, the header being line 1.
        mapping: The name of the mapping that did not take it.
        row: The row itself, as JSON text.
        column: The column to blame; ``None`` for the row as a whole.
        value: What stands there; ``None`` for the row as a whole.
        rule: The stable name of what it broke: ``"instant.unreadable"``, ``"resolve.before_opened"``.
        reason: Why, in words.
    """

    id: str
    source: str
    line: int
    mapping: str
    row: str
    column: str | None
    value: str | None
    rule: str
    reason: str


class Vault:
    """The vault of one log.

    Args:
        rows: Its rows in the database.
        ring: The key-encryption keys.
        log: The log's id: what is sealed for one log opens in no other.
    """

    def __init__(self, rows: PersonalRows, ring: KeyRing, log: str) -> None:
        self._rows = rows
        self._ring = ring
        self._log = log
        self._keys: dict[tuple[str, int], AESGCM] = {}
        self._newest: dict[str, int] = {}

    def seal(self, events: Sequence[Event], stream: str, version: int) -> tuple[tuple[Event, ...], PersonalChanges]:
        """Return *events* with references in place of personal texts, and what that changes in the vault.

        Args:
            events: What is about to be recorded.
            stream: Their stream.
            version: The stream's version before.

        Raises:
            Refused: A text is about a person who was erased, or is too large.
            Unavailable: There is no key to seal it with.
        """
        found = [
            (number, event, name, value)
            for number, event in enumerate(events, version + 1)
            for name in _FIELDS.get(type(event), ())
            if (value := getattr(event, name)) is not None
        ]
        erased = tuple(
            Erasure(subject=stream, request=event.request, erased_at=stamp(event.at))
            for event in events
            if isinstance(event, CustomerErased | AgentErased)
        )
        if not found:
            return tuple(events), PersonalChanges(erased=erased)
        keys, new = self._keys_for({value.of for *_, value in found})
        texts: list[Sealed] = []
        references: dict[int, dict[str, Personal]] = {}
        for number, _, name, value in found:
            refuse_large_text(value.of, value.length)
            key_number, key = keys[value.of]
            sealed = self._close(key, value.text.encode(), stream, number, name)
            digest = hashlib.sha256(sealed).hexdigest()
            texts.append(
                Sealed(
                    stream=stream,
                    version=number,
                    field=name,
                    subject=value.of,
                    sealed_with=key_number,
                    digest=digest,
                    sealed=sealed,
                )
            )
            references.setdefault(number, {})[name] = Personal(None, of=value.of, digest=digest, length=value.length)
        bare = [
            attrs.evolve(event, **changed) if (changed := references.get(number)) else event  # type: ignore[arg-type]
            for number, event in enumerate(events, version + 1)
        ]
        return tuple(bare), PersonalChanges(keys=new, texts=tuple(texts), erased=erased)

    def open(self, texts: Iterable[Sealed]) -> Mapping[str, str]:
        """Return *texts* of one event by field; one whose key was destroyed is left out.

        Raises:
            Unavailable: A text was changed or moved, or the key-encryption key is not there.
        """
        return {text.field: found for text in texts if (found := self._open(text)) is not None}

    def seal_rows(self, rows: Sequence[PutAside]) -> tuple[list[SealedRow], PersonalChanges]:
        """Return *rows* sealed, and the keys that are new for it."""
        keys, new = self._keys_for({QUARANTINE + row.source for row in rows}, reborn=True)
        sealed: list[SealedRow] = []
        for row in rows:
            number, key = keys[QUARANTINE + row.source]
            content = json.dumps([row.row, row.value, row.reason], ensure_ascii=False).encode()
            sealed.append(
                SealedRow(
                    id=row.id,
                    source=row.source,
                    line=row.line,
                    mapping=row.mapping,
                    column=row.column,
                    rule=row.rule,
                    sealed_with=number,
                    sealed=self._close(key, content, QUARANTINE + row.source, row.line, row.id),
                )
            )
        return sealed, PersonalChanges(keys=new)

    def open_rows(self, rows: Iterable[SealedRow]) -> list[PutAside]:
        """Return *rows* opened, in their order.

        Raises:
            Unavailable: One was changed, or the key-encryption key is not there.
        """
        opened: list[PutAside] = []
        for sealed in rows:
            subject = QUARANTINE + sealed.source
            key = self._key(subject, sealed.sealed_with)
            if key is None:
                raise Unavailable(f"the key of the rows put aside from {sealed.source} is gone: drop them")
            content = self._read(key, sealed.sealed, subject, sealed.line, sealed.id)
            row, value, reason = json.loads(content)
            opened.append(
                PutAside(
                    id=sealed.id,
                    source=sealed.source,
                    line=sealed.line,
                    mapping=sealed.mapping,
                    row=row,
                    column=sealed.column,
                    value=value,
                    rule=sealed.rule,
                    reason=reason,
                )
            )
        return opened

    def belong_to(self, log: str) -> None:
        """Seal and open for the log called *log* from now on."""
        self._log = log
        self.forget()

    def forget(self) -> None:
        """Forget the keys at hand: another process may have destroyed one."""
        self._keys.clear()
        self._newest.clear()

    def _keys_for(
        self, subjects: Collection[str], *, reborn: bool = False
    ) -> tuple[dict[str, tuple[int, AESGCM]], tuple[SubjectKey, ...]]:
        """Return the key of each of *subjects*, and those that had to be made."""
        found: dict[str, tuple[int, AESGCM]] = {}
        for subject in subjects:
            if (number := self._newest.get(subject)) and (key := self._keys.get((subject, number))):
                found[subject] = (number, key)
        missing = set(subjects) - set(found)
        for subject, row in self._rows.keys(missing).items():
            found[subject] = (row.number, self._remember(row))
            self._newest[subject] = row.number
        missing -= set(found)
        if missing and not reborn and (erased := self._rows.erasures(missing)):
            raise Refused("text.erased", f"{erased[0].subject} was erased: who writes again is somebody new")
        new: list[SubjectKey] = []
        for subject in sorted(missing):
            fresh = os.urandom(32)
            epoch = self._ring.newest()
            new.append(
                SubjectKey(subject=subject, number=1, epoch=epoch, wrapped=aes_key_wrap(self._ring.key(epoch), fresh))
            )
            found[subject] = (1, AESGCM(fresh))  # remembered once it is in the database, not before
        return found, tuple(new)

    def _open(self, text: Sealed) -> str | None:
        key = self._key(text.subject, text.sealed_with)
        return None if key is None else self._read(key, text.sealed, text.stream, text.version, text.field).decode()

    def _key(self, subject: str, number: int) -> AESGCM | None:
        """Return a key, ``None`` if it was destroyed."""
        if key := self._keys.get((subject, number)):
            return key
        row = self._rows.key(subject, number)
        return None if row is None else self._remember(row)

    def _remember(self, row: SubjectKey) -> AESGCM:
        try:
            key = AESGCM(aes_key_unwrap(self._ring.key(row.epoch), row.wrapped))
        except InvalidUnwrap as error:
            raise Unavailable(f"the key of {row.subject} does not open with the key {row.epoch!r}") from error
        if len(self._keys) >= _CACHED:
            self.forget()
        self._keys[row.subject, row.number] = key
        return key

    def _close(self, key: AESGCM, content: bytes, *place: Any) -> bytes:
        nonce = os.urandom(_NONCE)
        return nonce + key.encrypt(nonce, content, self._bound(place))

    def _read(self, key: AESGCM, sealed: bytes, *place: Any) -> bytes:
        try:
            return key.decrypt(sealed[:_NONCE], sealed[_NONCE:], self._bound(place))
        except InvalidTag as error:
            stream, version, field = place
            raise Unavailable(f"what is sealed at {stream} {version} {field} was changed, or moved there") from error

    def _bound(self, place: tuple[Any, ...]) -> bytes:
        return json.dumps([_FORMAT, self._log, *place]).encode()
